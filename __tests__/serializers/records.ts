import { Buffer } from 'node:buffer';
import zlib from 'node:zlib';
import { type SerializerContext } from '../../lib/storage/serializer-stage.js';
import { encodeHead } from '../../lib/storage/record-codec.js';

export function contextOf(changes: Partial<SerializerContext> = {}): SerializerContext {
  return { namespace: 'cache', key: 'key', variant: '', part: 'body', maxBytes: 100_000_000, ...changes };
}

export const SECRET = 'a secret of thirty-two bytes, or more';
export const OTHER_SECRET = Buffer.alloc(32, 7);

/** Bodies of all kinds, by what is special about them. */
export const BODIES: Readonly<Record<string, Buffer>> = {
  empty: Buffer.alloc(0),
  'one byte': Buffer.of(0),
  text: Buffer.from('Hello'),
  'text with a line break at the end': Buffer.from('a: b\r\n\r\n  c\t\n'),
  'what looks like YAML': Buffer.from(
    '--- &a [*a, !!js/function "x", 1_000, 0o7, yes, ~, 2001-01-01]\n...\n',
  ),
  'what looks like a document of ours': Buffer.from('{"text":"x","base64":"eA=="}'),
  'every character below 256': Buffer.from(
    Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join(''),
  ),
  'other scripts and pairs of surrogates': Buffer.from('Ωμέγα 漢字 🙂 \u2028\u2029'),
  'a byte order mark': Buffer.from('\ufeffabc'),
  'the sign for what is no character': Buffer.from('a\ufffdb'),
  'every byte': Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
  'Latin-1': Buffer.from('käse', 'latin1'),
  'UTF-16': Buffer.from('Hello', 'utf16le'),
  'a cut character': Buffer.from('é').subarray(0, 1),
  'a lone surrogate in UTF-8': Buffer.of(0xed, 0xa0, 0x80),
  JSON: Buffer.from('{"a":[1,2.5,null,true,"é"],"b":{}}'),
  'JSON that would be written otherwise': Buffer.from(
    '{ "n": 1.10, "n": 1e3, "big": 12345678901234567890, "s": "\\u00e9" }\n',
  ),
  'JSON with __proto__': Buffer.from(
    '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}',
  ),
  'JSON that is a string': Buffer.from('"text"'),
  'JSON that is null': Buffer.from('null'),
  'JSON that is -0': Buffer.from('-0'),
  'a long text': Buffer.from('All work and no play makes Jack a dull boy.\n'.repeat(3000)),
  'a long JSON': Buffer.from(
    JSON.stringify(Array.from({ length: 3000 }, (_, id) => ({ id, name: `name ${id}` }))),
  ),
  noise: noise(10_000),
  'more noise': noise(400_000),
  gzip: zlib.gzipSync(Buffer.from('compressed already '.repeat(500))),
  'the beginning of a PNG': Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.alloc(5000)]),
  'what a signature begins with': Buffer.concat([Buffer.of(0x10), noise(100)]),
  'what is encrypted begins with': Buffer.concat([Buffer.of(0x20), noise(100)]),
  zeros: Buffer.alloc(100_000),
};

export const HEADS: Readonly<Record<string, Buffer>> = {
  usual: head({
    method: 'GET',
    url: 'https://example.org/a?b=c',
    status: 200,
    headers: [
      ['content-type', 'application/json'],
      ['set-cookie', 'a=b'],
      ['set-cookie', 'c=d'],
    ],
    createdAt: 1_750_000_000_123.5,
  }),
  empty: head({}),
  'with awkward names': head({
    __proto__x: 1,
    'a.b': { $c: [null, 0, -1.5e300] },
    constructor: 'x',
    '': { '': '' },
  }),
  'with its own __proto__': Buffer.from(
    encodeHead(JSON.parse('{"__proto__":{"polluted":true}}') as object, Buffer.alloc(4)),
  ),
  'with unpaired surrogates': head({ url: 'http://x/\ud800' }),
  'with control characters': head({ value: '\0\u0001\u007f\ufeff\ufffd\u2028' }),
  'with what YAML takes for something else': head({
    a: 'yes',
    b: '1e3',
    c: '~',
    d: '2001-01-01',
    e: '<<',
    '<<': 'x',
  }),
  long: head({ headers: Array.from({ length: 500 }, (_, index) => [`x-${index}`, 'value '.repeat(20)]) }),
};

function head(payload: object): Buffer {
  return Buffer.from(encodeHead(payload, Buffer.from('body')));
}

/** Bytes that do not compress, the same each time. */
export function noise(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length);
  let state = seed;
  for (let index = 0; index < length; index++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}
