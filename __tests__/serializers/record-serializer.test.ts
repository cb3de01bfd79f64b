import { Buffer } from 'node:buffer';
import zlib from 'node:zlib';
import { brotli, gzip, zstd } from '../../lib/serializers/compression.js';
import { encrypted } from '../../lib/serializers/encrypted.js';
import { initSerializer, SERIALIZERS } from '../../lib/serializers/named-serializer.js';
import { SerializerPipeline } from '../../lib/serializers/pipeline.js';
import { RecordSerializer } from '../../lib/serializers/record-serializer.js';
import { signed } from '../../lib/serializers/signed.js';
import { type SerializerName, type SerializerStage } from '../../lib/storage/serializer-stage.js';
import { BODIES, contextOf, HEADS, SECRET } from './records.js';

const hasZstd = 'zstdCompress' in zlib;

const FURTHER: Readonly<Record<string, () => readonly SerializerStage[]>> = {
  plain: () => [],
  gzip: () => [gzip({ threshold: 0 })],
  brotli: () => [brotli()],
  ...(hasZstd ? { zstd: () => [zstd()] } : {}),
  signed: () => [signed(SECRET)],
  encrypted: () => [encrypted(SECRET)],
  'text of the user': () => [gzip(), inBase64],
  'compressed, signed and encrypted': () => [gzip(), signed(SECRET), encrypted([SECRET])],
};

const FIRST: Readonly<Record<string, () => SerializerStage>> = {
  ...Object.fromEntries(SERIALIZERS.map((name) => [name, () => initSerializer(name)])),
  'json, decoded': () => initSerializer('json', { decodeContent: true }),
  'bson, decoded': () => initSerializer('bson', { decodeContent: true }),
  'yaml, decoded': () => initSerializer('yaml', { decodeContent: true }),
  'v8, decoded': () => initSerializer('v8', { decodeContent: true }),
  'JSON of the user': () => ({
    dumps: (value) => JSON.stringify(value),
    loads: (text) => JSON.parse(text as string) as unknown,
  }),
  'asynchronous JSON of the user': () => ({
    dumps: (value) => Promise.resolve(JSON.stringify(value)),
    loads: (text) => Promise.resolve(JSON.parse(text as string) as unknown),
  }),
};

/** Writes into the same buffer each time, and reads in place. */
function sparing(): SerializerStage {
  const buffer = Buffer.alloc(1000);
  const turned = (bytes: Buffer): Buffer => {
    for (let index = 0; index < bytes.length; index++) bytes[index] = (bytes[index] ?? 0) ^ 0xff;
    return bytes;
  };
  return {
    dumps: (value) => {
      const bytes = Buffer.from(value as string);
      return turned(buffer.subarray(0, bytes.copy(buffer)));
    },
    loads: (value) => turned(value as Buffer),
  };
}

const inBase64: SerializerStage = {
  dumps: (value) => Buffer.from(value as Uint8Array).toString('base64'),
  loads: (text) => Buffer.from(text as string, 'base64'),
};

it('keeps what it has written apart from a stage that uses its buffer again, or reads in place', async () => {
  const serializer = new RecordSerializer(new SerializerPipeline([initSerializer('json'), sparing()]));
  const bodies = [Buffer.from('a body'), Buffer.from('another body')];
  const stored = await Promise.all(bodies.map(async (body) => serializer.dumpsBody(body, contextOf())));
  for (const _time of ['once', 'again']) {
    const read = await Promise.all(stored.map(async (bytes) => serializer.loadsBody(bytes, contextOf())));
    expect(read).toEqual(bodies);
  }
});

describe.each(Object.keys(FIRST))('%s', (first) => {
  it.each(Object.keys(FURTHER))('%s: every head and every body comes back to the byte', async (further) => {
    const stages = [FIRST[first]?.() as SerializerStage, ...(FURTHER[further]?.() ?? [])];
    const serializer = new RecordSerializer(new SerializerPipeline(stages));
    for (const [name, body] of Object.entries(BODIES)) {
      const stored = await serializer.dumpsBody(body, contextOf());
      const read = await serializer.loadsBody(stored, contextOf());
      if (!body.equals(read)) throw new Error(`${name} came back otherwise`);
    }
    for (const [name, head] of Object.entries(HEADS)) {
      const context = contextOf({ part: 'head' });
      const stored = await serializer.dumpsHead({ head, bodyBytes: 4 }, context);
      const read = await serializer.loadsHead(stored, context);
      if (!head.equals(read.head) || read.bodyBytes !== 4)
        throw new Error(`the head ${name} came back otherwise`);
    }
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

it.each(SERIALIZERS)('%s: long bodies come back to the byte', async (name) => {
  const serializer = new RecordSerializer(name);
  for (const body of [Buffer.alloc(20_000_000, 'text é'), Buffer.alloc(20_000_000, 0xff)]) {
    const stored = await serializer.dumpsBody(body, contextOf());
    expect(Buffer.compare(await serializer.loadsBody(stored, contextOf()), body)).toBe(0);
  }
});

/** Also by another instance, as after a restart: `loads` first. */
it.each(Object.keys(FIRST))('%s is read by another instance', async (first) => {
  const make = (): RecordSerializer => new RecordSerializer(FIRST[first]?.() as SerializerStage);
  const body = BODIES['a long text'] as Buffer;
  const stored = await make().dumpsBody(body, contextOf());
  expect(body.equals(await make().loadsBody(stored, contextOf()))).toBe(true);
});

describe('what is stored can be read', () => {
  const stored = async (name: SerializerName, options: object, body: string | Buffer): Promise<string> => {
    const serializer = new RecordSerializer(initSerializer(name, options));
    return (await serializer.dumpsBody(Buffer.from(body as string), contextOf())).toString('utf8');
  };

  it.each<[SerializerName, object, string, string]>([
    ['json', {}, 'Käse', '{"json":{"text":"Käse"}}'],
    ['json', {}, '{"a":1}', '{"json":{"text":"{\\"a\\":1}"}}'],
    ['json', { decodeContent: true }, '{"a":1}', '{"json":{"json":{"a":1}}}'],
    ['json', { decodeContent: true }, '{"a": 1}', '{"json":{"text":"{\\"a\\": 1}"}}'],
    ['json', {}, '\0\u0001', '{"json":{"base64":"AAE="}}'],
    ['yaml', {}, 'one\ntwo\n', 'text: |\n  one\n  two\n'],
    ['yaml', { decodeContent: true }, '{"a":[1]}', 'json:\n  a:\n    - 1\n'],
  ])('%s %j: %j', async (name, options, body, expected) => {
    expect(await stored(name, options, body)).toBe(expected);
  });

  it('by gunzip, which is told that it is text', async () => {
    const serializer = new RecordSerializer(new SerializerPipeline([initSerializer('json'), gzip()]));
    const text = 'as any tool reads it '.repeat(100);
    const file = await serializer.dumpsBody(Buffer.from(text), contextOf());
    expect(zlib.gunzipSync(file).toString()).toBe(JSON.stringify({ json: { text } }));
    expect(file[3]).toBe(1);
  });
});

it('refuses a serializer that loses something, and does not store it', async () => {
  const lossy = { dumps: () => '{}', loads: () => ({}) };
  const serializer = new RecordSerializer(lossy);
  await expect(async () => serializer.dumpsBody(Buffer.from('x'), contextOf())).rejects.toThrow();
});

it('falls back to base64 where a notation loses something', async () => {
  const trims = {
    dumps: (value: unknown) => JSON.stringify(value).replaceAll(' ', ''),
    loads: (text: unknown) => JSON.parse(text as string) as unknown,
  };
  const serializer = new RecordSerializer(trims);
  const body = Buffer.from('a b');
  const stored = await serializer.dumpsBody(body, contextOf());
  expect(stored.toString()).toBe('{"base64":"YSBi"}');
  expect(body.equals(await serializer.loadsBody(stored, contextOf()))).toBe(true);
});

it.each([
  ['an unknown name', () => new RecordSerializer('pickle' as never), /pickle.*binary, json, yaml, bson, v8/],
  ['an unknown name of a property of objects', () => initSerializer('constructor' as never), /constructor/],
  ['an unknown option', () => initSerializer('json', { decode: true } as never), /decode/],
  ['an option of another type', () => initSerializer('json', { decodeContent: 1 } as never), /decodeContent/],
  ['no stage', () => new SerializerPipeline([]), /stages/],
  [
    'something that is no stage',
    () => new SerializerPipeline([initSerializer('json'), {} as never]),
    /stages\[1\]/,
  ],
])('%s is refused at once', (_title, make, message) => {
  expect(make).toThrow(message);
});
