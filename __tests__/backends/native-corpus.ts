import fc from 'fast-check';
import { crc32 } from '../../lib/storage/crc32.js';
import { encodeHead } from '../../lib/storage/record-codec.js';
import { aRecord, bytesOf } from '../../lib/backend-suite/records.js';
import { type StoredRecord } from '../../lib/storage/backend.js';

/** The same values in each run. */
export const SAME = { seed: 20_261_126, numRuns: 400 } as const;

const AWKWARD_NAMES = [
  '',
  '$where',
  'a$b',
  'a.b',
  '.',
  '\0',
  'a\0b',
  '\u0001',
  '__proto__',
  'constructor',
  'toString',
  'toJSON',
  '_bsontype',
  '$ref',
  '_id',
  '0',
  '10',
  '9',
  '-1',
  '4294967295',
  'é',
  'e\u0301',
  '\ud83d\ude00',
  '\ud800',
  'x-header',
  'n'.repeat(300),
];

const AWKWARD_NUMBERS = [
  '-0',
  '0',
  '1.0',
  '1e5',
  '1e21',
  '1e+21',
  '1e-7',
  '5e-324',
  '1.7976931348623157e+308',
  '1e400',
  '1e-131',
  '1e-130',
  '9.9e+125',
  '1e+126',
  '2147483647',
  '2147483648',
  '-2147483648',
  '-2147483649',
  '9007199254740991',
  '9007199254740993',
  '12345678901234567890123456789012345678901234567890',
  '0.1',
  '0.30000000000000004',
];

const AWKWARD_STRINGS = [
  '',
  '\0',
  '\ud800',
  '\udc00x',
  '\ufeff',
  '\ufffd',
  '\u2028',
  '"\\',
  'null',
  '\u0001"',
];

const name = fc.oneof(
  { weight: 6, arbitrary: fc.stringMatching(/^[a-z-]{1,8}$/) },
  { weight: 2, arbitrary: fc.constantFrom(...AWKWARD_NAMES) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
);
const scalar = fc.oneof(
  fc.constantFrom('null', 'true', 'false'),
  fc.integer().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => JSON.stringify(number)),
  fc.string().map((text) => JSON.stringify(text)),
  { weight: 1, arbitrary: fc.constantFrom(...AWKWARD_NUMBERS) },
  { weight: 1, arbitrary: fc.constantFrom(...AWKWARD_STRINGS).map((text) => JSON.stringify(text)) },
);

const { object, value } = fc.letrec<{ object: string; list: string; value: string }>((tie) => ({
  object: fc
    .array(fc.tuple(name, tie('value')), { maxLength: 6 })
    .map((members) => `{${members.map(([key, member]) => `${JSON.stringify(key)}:${member}`).join(',')}}`),
  list: fc.array(tie('value'), { maxLength: 5 }).map((members) => `[${members.join(',')}]`),
  value: fc.oneof({ maxDepth: 4, depthSize: 'small' }, scalar, tie('object'), tie('list')),
}));

/** Texts of JSON, many of which are not what `JSON.stringify` would write, or not what databases hold. */
export const anyJsonText = fc.oneof(object, value);

/** What heads may say, and more. */
export const anyPayload = object.map((text) => JSON.parse(text) as object);

/** A head such as the cache writes, but for what the test wants otherwise. */
export function aPayload(more: object = {}): object {
  return {
    key: 'key',
    variant: '',
    url: 'https://example.org/things?page=2',
    method: 'GET',
    status: 404,
    headers: { 'content-type': 'application/json', date: 'x', etag: '"1"', 'set-cookie': ['a', 'b'] },
    requestSentAt: 1_753_000_000_000.25,
    request: { method: 'GET', headers: { accept: '*/*', 'content-type': 'text/plain' } },
    redirects: [
      { status: 301, headers: { location: '/', date: 'y' } },
      { headers: {}, status: 302 },
    ],
    ...more,
  };
}

/** A record with a head of this library, of a body of JSON by default. */
export function aRealRecord(
  wanted: Omit<Partial<StoredRecord>, 'head'> & { payload?: object } = {},
): StoredRecord {
  const {
    payload = aPayload(),
    body = bytesOf('{"user":{"name":"Ada"},"tags":["a","b"],"n":[1,2.5,null]}'),
  } = wanted;
  const { payload: _payload, ...rest } = wanted;
  return aRecord({ ...rest, body, head: encodeHead(payload, body) });
}

/** A sound head, but not as this library writes it. */
export function aHeadWithSpaces(): Uint8Array {
  const head = Buffer.from(encodeHead({ aa: 1 }, bytesOf('')));
  head.write('{"a": 1}', head.byteLength - 8);
  head.writeUInt32BE(crc32(head.subarray(9)), 5);
  return head;
}
