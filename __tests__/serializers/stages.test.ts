import { Buffer } from 'node:buffer';
import zlib from 'node:zlib';
import { brotli, gzip, zstd } from '../../lib/serializers/compression.js';
import { encrypted } from '../../lib/serializers/encrypted.js';
import { initSerializer } from '../../lib/serializers/named-serializer.js';
import { SerializerPipeline } from '../../lib/serializers/pipeline.js';
import { signed } from '../../lib/serializers/signed.js';
import { type SerializerContext } from '../../lib/storage/serializer-stage.js';
import { Stage } from '../../lib/serializers/stage.js';
import { contextOf, noise, OTHER_SECRET, SECRET } from './records.js';

const text = 'a text that can be made smaller '.repeat(100);

describe('pipelines', () => {
  const log: string[] = [];
  const stage = (name: string, isAsync = false) => ({
    dumps: (value: unknown) => step(`dumps ${name}`, `${String(value)}${name}`, isAsync),
    loads: (value: unknown) => step(`loads ${name}`, String(value).slice(0, -1), isAsync),
  });
  const step = (what: string, value: string, isAsync: boolean): unknown => {
    log.push(what);
    return isAsync ? Promise.resolve(value) : value;
  };
  beforeEach(() => void (log.length = 0));

  it('run forwards on writing and backwards on reading, at once where all answer at once', () => {
    const pipeline = new SerializerPipeline([stage('a'), new SerializerPipeline([stage('b'), stage('c')])]);
    expect(pipeline.dumps('x')).toBe('xabc');
    expect(pipeline.loads('xabc')).toBe('x');
    expect(log).toEqual(['dumps a', 'dumps b', 'dumps c', 'loads c', 'loads b', 'loads a']);
  });

  it('wait for stages that take their time', async () => {
    const pipeline = new SerializerPipeline([stage('a'), stage('b', true), stage('c'), stage('d', true)]);
    expect(await pipeline.dumps('x')).toBe('xabcd');
    expect(await pipeline.loads('xabcd')).toBe('x');
  });

  it('give stages of the user the value alone, and those of the library what it is about', () => {
    const given: unknown[][] = [];
    const own = {
      dumps: (...args: unknown[]) => (given.push(args), args[0]),
      loads: (value: unknown) => value,
    };
    const pipeline = new SerializerPipeline([own, signed(SECRET)]);
    const stored = pipeline.dumps('x', contextOf());
    expect(given).toEqual([['x']]);
    expect(pipeline.loads(stored, contextOf())).toBe('x');
    expect(() => pipeline.loads(stored, contextOf({ key: 'other' }))).toThrow('signature');
  });

  it.each([[null], [{ nmae: 'x' }], [{ name: '' }]])('refuse the options %j', (options) => {
    expect(() => new SerializerPipeline([gzip()], options as never)).toThrow(
      expect.objectContaining({ code: 'ERR_CACHE_INVALID_OPTION' }),
    );
  });

  it('are not changed by who changes the list afterwards', () => {
    const stages = [stage('a')];
    const pipeline = new SerializerPipeline(stages);
    stages.push(stage('b'));
    expect(pipeline.dumps('x')).toBe('xa');
    expect(() => (pipeline.stages as unknown[]).push(stage('c'))).toThrow();
  });
});

describe('Stage', () => {
  it('adapts objects whose functions have other names, with their own this', () => {
    class Codec {
      readonly #mark = '!';
      encode(value: string): string {
        return value + this.#mark;
      }
      decode(value: string): string {
        return value.slice(0, -this.#mark.length);
      }
    }
    const stage = new Stage(new Codec(), { dumps: 'encode', loads: 'decode' });
    expect(stage.dumps('x')).toBe('x!');
    expect(stage.loads('x!')).toBe('x');
  });

  it('adapts two functions', () => {
    const stage = new Stage({ dumps: zlib.deflateSync, loads: zlib.inflateSync });
    expect(String(stage.loads(stage.dumps('x')))).toBe('x');
    const named = new Stage(
      {},
      { dumps: (value: string) => value + 1, loads: (value: string) => value.slice(0, -1) },
    );
    expect(named.loads(named.dumps('x'))).toBe('x');
  });

  it.each([[{}], [{ dumps: () => 1 }], [null], [{ dumps: 'x', loads: 'y' }]])('refuses %p', (source) => {
    expect(() => new Stage(source as object)).toThrow(/dumps|loads/);
  });
});

const KINDS = { gzip, brotli, ...('zstdCompress' in zlib ? { zstd } : {}) };

describe.each(Object.entries(KINDS))('%s', (_name, make) => {
  it('makes text and bytes smaller, and gives them back as they were', async () => {
    const stage = make();
    for (const value of [text, Buffer.from(text), text.repeat(100), Buffer.from(text.repeat(100))]) {
      const stored = (await stage.dumps(value)) as Buffer;
      expect(stored.length).toBeLessThan(value.length / 5);
      expect(await stage.loads(stored)).toEqual(value);
    }
  });

  it('answers at once for what is small, and leaves what is large to another thread', () => {
    const stage = make();
    expect(stage.dumps(text)).toBeInstanceOf(Buffer);
    expect(stage.dumps(text.repeat(100))).toBeInstanceOf(Promise);
  });

  it('compresses nothing below its threshold, nor what would not shrink', async () => {
    const stage = make({ threshold: 10 });
    const isPlain = async (value: string | Buffer): Promise<boolean> => {
      const stored = (await stage.dumps(value)) as Buffer;
      expect(await stage.loads(stored)).toEqual(value);
      return stored.length === Buffer.byteLength(value) + 1;
    };
    expect(await isPlain('a'.repeat(9))).toBe(true);
    expect(await isPlain('a'.repeat(1000))).toBe(false);
    expect(await isPlain(noise(5000))).toBe(true);
    expect(await isPlain('')).toBe(true);
    // What could shrink a little more, but came compressed.
    expect(await isPlain(zlib.gzipSync(text.repeat(100), { level: 1 }))).toBe(true);
  });

  it('makes no more of what is stored than is allowed', async () => {
    const stage = make();
    const bomb = (await stage.dumps(Buffer.alloc(50_000_000))) as Buffer;
    expect(bomb.length).toBeLessThan(100_000);
    await expect(async () => stage.loads(bomb, contextOf({ maxBytes: 1_000_000 }))).rejects.toThrow();
    expect(await stage.loads(bomb, contextOf({ maxBytes: 50_000_000 }))).toHaveLength(50_000_000);
  });

  it('leaves what is longer than maxBytes as it is, and makes no more of anything', async () => {
    const stage = make({ maxBytes: 10_000 });
    const long = Buffer.alloc(10_001);
    const stored = (await stage.dumps(long)) as Buffer;
    expect(stored).toHaveLength(10_002);
    expect(await stage.loads(stored)).toEqual(long);
    const bomb = (await make().dumps(long)) as Buffer;
    await expect(async () => stage.loads(bomb)).rejects.toThrow();
    expect(await stage.loads((await make().dumps(long.subarray(1))) as Buffer)).toEqual(long.subarray(1));
  });

  it('reads what others here have compressed', async () => {
    for (const other of Object.values(KINDS)) {
      expect(await make().loads(await other().dumps(text))).toBe(text);
    }
  });

  it.each([
    { level: 100 },
    { level: 1.5 },
    { level: '1' },
    { threshold: -1 },
    { maxBytes: 0 },
    { treshold: 1 },
  ])('refuses %j', (options) => {
    expect(() => make(options as never)).toThrow(Object.keys(options)[0]);
  });
});

it('zstd says which Node it needs, where it is not there', () => {
  if ('zstdCompress' in zlib) expect(zstd()).toBeDefined();
  else expect(() => zstd()).toThrow(/22\.15/);
});

describe.each(Object.entries({ signed, encrypted }))('%s', (_name, make) => {
  const changes: readonly Partial<SerializerContext>[] = [
    { key: 'other' },
    { variant: 'other' },
    { namespace: 'other' },
    { part: 'head' },
    // The same characters, elsewhere.
    { namespace: 'cachek', key: 'ey' },
  ];

  it.each([text, '', Buffer.alloc(0), noise(5000)])('gives back what it was given', (value) => {
    expect(make(SECRET).loads(make(SECRET).dumps(value, contextOf()), contextOf())).toEqual(value);
  });

  it.each(changes)('is bound to where it belongs: %j', (change) => {
    const stored = make(SECRET).dumps(text, contextOf());
    expect(() => make(SECRET).loads(stored, contextOf(change))).toThrow(TypeError);
  });

  it('notices every bit that is changed, and every cut', () => {
    const stage = make(SECRET);
    const stored = stage.dumps('short', contextOf()) as Buffer;
    for (let bit = 0; bit < stored.length * 8; bit++) {
      const changed = Buffer.from(stored);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => stage.loads(changed, contextOf())).toThrow(TypeError);
    }
    for (let length = 0; length < stored.length; length++) {
      expect(() => stage.loads(stored.subarray(0, length), contextOf())).toThrow(TypeError);
    }
    for (const other of ['text', undefined, null, {}]) {
      expect(() => stage.loads(other, contextOf())).toThrow(TypeError);
    }
  });

  it('lets secrets be replaced: the first writes, all read', () => {
    const [older, both, newer] = [make(SECRET), make([OTHER_SECRET, SECRET]), make(OTHER_SECRET)];
    const [byOlder, byBoth] = [older.dumps(text, contextOf()), both.dumps(text, contextOf())];
    expect(both.loads(byOlder, contextOf())).toBe(text);
    expect(both.loads(byBoth, contextOf())).toBe(text);
    expect(newer.loads(byBoth, contextOf())).toBe(text);
    expect(() => newer.loads(byOlder, contextOf())).toThrow(TypeError);
    expect(() => older.loads(byBoth, contextOf())).toThrow(TypeError);
  });

  it.each([
    ['x'.repeat(31), /31 bytes/],
    [Buffer.alloc(31), /31 bytes/],
    [[SECRET, 'short'], /\[1\].*5 bytes/],
    [[], /at least one/],
    [undefined, /text or bytes/],
    [42, /text or bytes/],
  ])('refuses %p', (secret, message) => {
    expect(() => make(secret as never)).toThrow(message);
  });

  it('does not show a secret that it refuses, and keeps no reference to one that it takes', () => {
    expect(() => make('swordfish')).not.toThrow(/swordfish/);
    const secret = Buffer.alloc(32, 1);
    const stage = make(secret);
    const stored = stage.dumps(text, contextOf());
    secret.fill(2);
    expect(stage.loads(stored, contextOf())).toBe(text);
  });
});

it('what is signed can be read, what is encrypted cannot, and is never the same twice', () => {
  const [plain, secret] = [signed(SECRET), encrypted(SECRET)].map(
    (stage) => stage.dumps(text, contextOf()) as Buffer,
  );
  expect(plain?.includes(text)).toBe(true);
  expect(secret?.includes('smaller')).toBe(false);
  const stage = encrypted(SECRET);
  const all = new Set(Array.from({ length: 1000 }, () => String(stage.dumps('x', contextOf()))));
  expect(all.size).toBe(1000);
});

it('json makes no objects of classes that the program has registered elsewhere', async () => {
  const { default: superjson } = await import('superjson');
  class Registered {
    readonly name = 'x';
  }
  superjson.registerClass(Registered);
  const text = superjson.stringify(new Registered());
  expect(superjson.parse(text)).toBeInstanceOf(Registered);
  await expect(async () => initSerializer('json').loads(text)).rejects.toThrow(/Registered/);
});
