import { Buffer } from 'node:buffer';
import v8 from 'node:v8';
import { initSerializer } from '../../lib/serializers/named-serializer.js';
import { RecordSerializer } from '../../lib/serializers/record-serializer.js';
import { type SerializerName } from '../../lib/storage/serializer-stage.js';
import { BODIES, contextOf } from './records.js';

/*
 * Short records that claim to be long. Where one is not refused, the process runs out of memory, or is busy for hours.
 */

const body = (name: SerializerName, stored: Uint8Array): Promise<unknown> =>
  (async () => new RecordSerializer(name).loadsBody(stored, contextOf()))();
const head = (name: SerializerName, stored: Uint8Array): Promise<unknown> =>
  (async () => new RecordSerializer(name).loadsHead(stored, contextOf({ part: 'head' })))();

/** A list of ten times the same list of ten times the same list …: 10^12 members. */
function sameAgain(): unknown {
  let list: unknown[] = ['member'];
  for (let depth = 0; depth < 12; depth++) list = Array<unknown>(10).fill(list);
  return list;
}

describe('v8', () => {
  it('refuses lists that say that they are longer than the record', async () => {
    // A list of 12 lists of 31,000,000 holes each.
    const list = '61c08be40e4000c08be40e';
    const record = Buffer.from(`ff0f6f22046a736f6e410c${list.repeat(12)}24000c7b01`, 'hex');
    await expect(body('v8', record)).rejects.toThrow('longer than all of it');
  });

  it('refuses what is much longer when it is written out', async () => {
    await expect(body('v8', v8.serialize({ json: sameAgain() }))).rejects.toThrow('more than is ever');
    const document = { head: { member: sameAgain() }, bodyBytes: 0, bodyCrc32: 0 };
    await expect(head('v8', v8.serialize(document))).rejects.toThrow('more than is ever');
  });

  const cycle: { self?: unknown } = {};
  cycle.self = cycle;
  it.each<[string, unknown]>([
    [
      'values of every kind',
      [undefined, null, true, false, -1, 2 ** 31, 2 ** 32 - 1, 1.5, '', 'é', '€', NaN],
    ],
    ['big integers', [0n, -(2n ** 200n), Object(5n)]],
    [
      'objects of every kind',
      [new Date(0), /a+/giu, new Map([[1, { a: 'b' }]]), new Set(['a']), Object('text'), Object(1)],
    ],
    [
      'bytes of every kind',
      [
        Buffer.from('bytes'),
        new Uint8Array(3),
        new Float64Array([1.5]),
        new ArrayBuffer(5),
        new DataView(new ArrayBuffer(2)),
      ],
    ],
    ['lists with holes', [Array(3).fill(0), Object.freeze(['a']), [1, , 3], { 1: 'a', 2: ['b'] }]],
    ['long texts', { text: 'a€'.repeat(50_000), other: 'a'.repeat(50_000) }],
    ['references', cycle],
  ])('reads what it has written: %s', (_title, value) => {
    const stage = initSerializer('v8');
    const again = stage.loads(stage.dumps(value));
    expect(again).toEqual(v8.deserialize(v8.serialize(value)));
  });

  it('refuses what is cut', () => {
    const record = v8.serialize({ a: ['text', 1.5, 5n, Buffer.from('bytes')] });
    for (let length = 0; length < record.length; length++) {
      expect(() => initSerializer('v8').loads(record.subarray(0, length))).toThrow();
    }
  });
});

describe('json', () => {
  it('refuses bytes that say how long they are', async () => {
    const meta = { values: { bytes: [['typed-array', 'Uint8Array']] } };
    const record = Buffer.from(JSON.stringify({ json: { bytes: 2_000_000_000 }, meta }));
    await expect(body('json', record)).rejects.toThrow('before stages that make bytes');
  });

  it('refuses what is much longer when it is written out', async () => {
    // Each has the next twice: "the second is the same as the first".
    const names = Array.from({ length: 30 }, (_, depth) => `o${depth}`);
    const json = Object.fromEntries(names.map((name) => [name, { a: null, b: null }]));
    const referentialEqualities = Object.fromEntries(
      names.slice(1).map((name, depth) => [`json.${name}`, [`json.o${depth}.a`, `json.o${depth}.b`]]),
    );
    const record = Buffer.from(JSON.stringify({ json: { json }, meta: { referentialEqualities } }));
    await expect(body('json', record)).rejects.toThrow('more than is ever');
  });
});

describe('yaml', () => {
  it('refuses what refers to something else', async () => {
    await expect(body('yaml', Buffer.from('text: &a text\njson: *a\n'))).rejects.toThrow('Alias');
  });

  it('refuses what would keep the process busy for minutes', async () => {
    const record = Buffer.from('- a\n'.repeat(10_000_000));
    await expect(body('yaml', record)).rejects.toThrow('too long to be read as YAML');
  });

  it('writes what its indents would make long as JSON', async () => {
    const deep = Buffer.from(`${'{"a":'.repeat(600)}0${'}'.repeat(600)}`);
    const serializer = new RecordSerializer(initSerializer('yaml', { decodeContent: true }));
    const stored = await serializer.dumpsBody(deep, contextOf());
    expect(stored.length).toBeLessThan(2 * deep.length);
    expect(Buffer.compare(await serializer.loadsBody(stored, contextOf()), deep)).toBe(0);
  });
});

it.each<SerializerName>(['json', 'yaml', 'bson', 'v8'])(
  '%s still reads the longest JSON as a value',
  async (name) => {
    const longest = Buffer.from(`[${'1,'.repeat(499_998)}1]`);
    const serializer = new RecordSerializer(initSerializer(name, { decodeContent: true }));
    for (const text of [longest, BODIES['a long JSON'] as Buffer]) {
      const stored = await serializer.dumpsBody(text, contextOf());
      expect(Buffer.compare(await serializer.loadsBody(stored, contextOf()), text)).toBe(0);
      if (name !== 'bson') expect(stored.length).toBeLessThan(1.3 * text.length);
    }
  },
);
