import { Buffer } from 'node:buffer';
import { MemoryBackend } from '../../lib/backends/memory.js';
import { describeBackend } from '../../lib/backend-suite/describe-backend.js';
import { type BackendHarness } from '../../lib/backend-suite/harness.js';
import { aRecord, assertStored, listAll } from '../../lib/backend-suite/records.js';
import { type BackendError } from '../../lib/errors.js';
import { gzip } from '../../lib/serializers/compression.js';
import { encrypted } from '../../lib/serializers/encrypted.js';
import { initSerializer } from '../../lib/serializers/named-serializer.js';
import { SerializerPipeline } from '../../lib/serializers/pipeline.js';
import { RecordSerializer } from '../../lib/serializers/record-serializer.js';
import { SerializedBackend } from '../../lib/serializers/serialized-backend.js';
import { signed } from '../../lib/serializers/signed.js';
import { type RecordMeta } from '../../lib/storage/backend.js';
import { type SerializerStage } from '../../lib/storage/serializer-stage.js';
import { memoryHarness, sqliteHarness } from '../backends/conformance/harnesses.js';
import { OTHER_SECRET, SECRET } from './records.js';

/** Takes longer for what comes first, so that the order is the wrapper's own merit. */
function slowly(): SerializerStage {
  let calls = 0;
  const later = (value: unknown): Promise<unknown> =>
    new Promise((resolve) => setTimeout(() => resolve(value), (calls += 1) % 2 === 0 ? 0 : 3));
  return { dumps: later, loads: later };
}

/** 0 stands for a head that cannot be read. (Any bytes match an empty array, so `toMatchObject` would not do.) */
function headLengths(records: readonly RecordMeta[]): readonly number[] {
  return records.map(({ head }) => head.byteLength);
}

const STAGES: Readonly<Record<string, () => readonly SerializerStage[]>> = {
  json: () => [initSerializer('json')],
  v8: () => [initSerializer('v8')],
  'bson, compressed and encrypted': () => [initSerializer('bson'), gzip({ threshold: 0 }), encrypted(SECRET)],
  'bytes, signed': () => [signed(SECRET)],
  'slow stages': () => [initSerializer('v8'), slowly()],
};

function serialized(
  stages: readonly SerializerStage[],
  backend: ConstructorParameters<typeof SerializedBackend>[0],
) {
  return new SerializedBackend(backend, new RecordSerializer(new SerializerPipeline(stages)), 'cache');
}

for (const [title, stages] of Object.entries(STAGES)) {
  const inMemory = memoryHarness((backend) => serialized(stages(), backend));
  describeBackend(`memory, ${title}`, { ...inMemory, limitsRecords: false });
}

const files = sqliteHarness({ fastSave: true });
const onDisk: BackendHarness = {
  ...files,
  limitsRecords: false,
  createStore: async (request) => {
    const store = await files.createStore(request);
    const open = async () => serialized([initSerializer('json'), signed(SECRET)], await store.open());
    return { ...store, open };
  },
};
describeBackend('sqlite, json and signed', onDisk);

describe('what the serializer cannot read', () => {
  const told: (readonly [error: BackendError, key: string | undefined])[] = [];
  const wrap = (backend: MemoryBackend, ...stages: SerializerStage[]): SerializedBackend => {
    const wrapped = serialized(stages, backend);
    wrapped.onTrouble((error, key) => told.push([error, key]));
    return wrapped;
  };
  beforeEach(() => void (told.length = 0));

  it.each([
    ['signed by somebody else', [signed(OTHER_SECRET)]],
    ['not signed at all', []],
    ['of another serializer', [initSerializer('json')]],
  ])('reads as a head that nobody can read, and is replaced: %s', async (_title, stages) => {
    const backend = new MemoryBackend();
    const other = stages.length === 0 ? backend : serialized(stages, backend);
    await other.put(aRecord());
    const own = wrap(backend, signed(SECRET));
    expect(headLengths(await own.get('key'))).toEqual([0]);
    expect(headLengths(await listAll(own.scan()))).toEqual([0]);
    expect(told.map(([{ code, cause }, key]) => [code, (cause as { code: string }).code, key])).toEqual(
      Array(2).fill(['ERR_CACHE_BACKEND', 'ERR_CACHE_CORRUPT_RECORD', 'key']),
    );
    await own.put(aRecord());
    await assertStored(own, aRecord());
  });

  it('a record that was copied under another key, or as another variant, or into another cache', async () => {
    const backend = new MemoryBackend();
    const own = wrap(backend, encrypted(SECRET));
    await own.put(aRecord());
    const [stored] = backend.get('key');
    if (stored?.body === undefined) throw new Error('nothing was stored');
    backend.put({ ...stored, body: stored.body, key: 'other' });
    backend.put({ ...stored, body: stored.body, variant: 'other' });
    expect(headLengths(await own.get('other'))).toEqual([0]);
    const variants = await own.get('key');
    expect(variants.filter(({ head }) => head.byteLength === 0).map(({ variant }) => variant)).toEqual([
      'other',
    ]);
    const elsewhere = new SerializedBackend(
      backend,
      new RecordSerializer(encrypted(SECRET)),
      'another cache',
    );
    expect(headLengths(await elsewhere.get('other'))).toEqual([0]);
  });

  it.each([
    ['expiresAt', undefined],
    ['expiresAt', 9_999_999_999_999],
    ['retainUntil', undefined],
    ['createdAt', 1],
    ['resource', 'another'],
  ])('a record whose %s was changed to %p', async (column, value) => {
    for (const stage of [signed(SECRET), encrypted(SECRET)]) {
      const backend = new MemoryBackend();
      const own = wrap(backend, stage);
      await own.put(aRecord());
      const [stored] = backend.get('key');
      if (stored?.body === undefined) throw new Error('nothing was stored');
      backend.put({ ...stored, body: stored.body, [column]: value });
      expect(headLengths(await own.get('key'))).toEqual([0]);
      expect(headLengths(await listAll(own.scan()))).toEqual([0]);
    }
  });

  it('a body in the place of a head, and the body of another record', async () => {
    const backend = new MemoryBackend();
    const own = wrap(backend, signed(SECRET));
    await own.put(aRecord());
    await own.put(aRecord({ key: 'other', body: Buffer.from('of the other') }));
    const [[one], [other]] = [backend.get('key'), backend.get('other')];
    if (one?.body === undefined || other?.body === undefined) throw new Error('nothing was stored');
    backend.put({ ...one, body: other.body, bodyBytes: other.body.byteLength });
    const found = await own.get('key');
    expect([headLengths(found), found[0]?.body]).toEqual([[0], undefined]);
    expect(await own.body(aRecord())).toBeUndefined();
    backend.put({ ...one, head: one.body, body: one.body });
    expect(headLengths(await own.get('key'))).toEqual([0]);
  });
});

it('a serializer that fails fails the call, by an error that says so, and leaves what is there', async () => {
  const backend = new MemoryBackend();
  await serialized([initSerializer('v8')], backend).put(aRecord());
  const broken = serialized(
    [{ dumps: () => Promise.reject(new Error('broken')), loads: (value) => value }],
    backend,
  );
  await expect(async () => broken.put(aRecord({ body: Buffer.from('new') }))).rejects.toMatchObject({
    code: 'ERR_CACHE_BACKEND',
    operation: 'put',
  });
  await assertStored(serialized([initSerializer('v8')], backend), aRecord());
});

it('answers at once where backend and stages do', async () => {
  const own = serialized([initSerializer('v8'), signed(SECRET)], new MemoryBackend());
  expect(own.put(aRecord())).toBe(true);
  expect(own.get('key')).toHaveLength(1);
  expect(own.get('key')).not.toBeInstanceOf(Promise);
  await own.close();
});

describe('what is larger than the backend takes', () => {
  it('is not stored, however small it becomes, since it could not be read; and the older record goes', async () => {
    const backend = new MemoryBackend({ maxEntryBytes: 10_000 });
    const own = serialized([initSerializer('v8'), gzip()], backend);
    expect(own.maxEntryBytes).toBe(10_000);
    expect(await own.put(aRecord({ body: Buffer.alloc(5000) }))).toBe(true);
    expect(await own.put(aRecord({ body: Buffer.alloc(20_000) }))).toBe(false);
    expect(await own.get('key')).toEqual([]);
  });

  it.each([
    ['v8', [initSerializer('v8'), gzip()]],
    ['JSON, which is longer than what it says', [initSerializer('json'), gzip()]],
  ])('can be read wherever it was stored: %s', async (_title, stages) => {
    const own = serialized(stages, new MemoryBackend({ maxEntryBytes: 10_000 }));
    let stored = 0;
    for (let length = 3000; length <= 10_100; length += 100) {
      const record = aRecord({ body: Buffer.alloc(length, '"') });
      if (!(await own.put(record))) continue;
      stored += 1;
      await assertStored(own, record);
    }
    expect(stored).toBeGreaterThan(0);
  });

  it('a small record that would become more is refused, also where the limit is known only later', async () => {
    const storage = new MemoryBackend();
    await serialized([gzip()], storage).put(aRecord({ body: Buffer.alloc(50_000) }));
    const limits: number[] = [];
    const opened = { name: 'opened late', traits: storage.traits, get: (key: string) => storage.get(key) };
    const reading = Object.defineProperty(opened as MemoryBackend, 'maxEntryBytes', { get: () => limits[0] });
    const own = serialized([gzip()], reading);
    expect(await own.get('key')).toMatchObject([{ bodyBytes: 50_000 }]);
    limits.push(10_000);
    expect(headLengths(await own.get('key'))).toEqual([0]);
  });
});

describe('a stage that fails', () => {
  it('at once for the body, and later for the head: the put fails, and nothing is left unhandled', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    const failing: SerializerStage = {
      dumps: (document) => {
        if (!('bodyBytes' in (document as object))) throw new Error('at once');
        return new Promise((_resolve, reject) => setTimeout(() => reject(new Error('later')), 5));
      },
      loads: (value) => value,
    };
    const put = async (): Promise<boolean> => serialized([failing], new MemoryBackend()).put(aRecord());
    await expect(put()).rejects.toMatchObject({ code: 'ERR_CACHE_BACKEND' });
    await new Promise((resolve) => setTimeout(resolve, 30));
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });

  it('by never settling: calls fail after 30 seconds, those behind them are done, and it can be closed', async () => {
    jest.useFakeTimers();
    try {
      let isStuck = true;
      const stage: SerializerStage = {
        dumps: (value) => (isStuck ? new Promise(() => undefined) : JSON.stringify(value)),
        loads: (text) => (isStuck ? new Promise(() => undefined) : (JSON.parse(text as string) as unknown)),
      };
      const backend = serialized([stage], new MemoryBackend());
      const failed = expect(backend.put(aRecord())).rejects.toThrow('longer than 30000 ms');
      const other = backend.put(aRecord({ key: 'other' }));
      const behind = backend.deleteResource('another');
      isStuck = false;
      await jest.advanceTimersByTimeAsync(30_000);
      await failed;
      await expect(other).rejects.toThrow('longer than 30000 ms');
      expect(await behind).toBe(0);
      expect(await backend.put(aRecord())).toBe(true);
      isStuck = true;
      const read = backend.get('key');
      await jest.advanceTimersByTimeAsync(30_000);
      expect(headLengths(await read)).toEqual([0]);
      await backend.close();
    } finally {
      jest.useRealTimers();
    }
  });
});

describe('stages that take longer for what comes first', () => {
  /** Only the first two calls, which are the first record's, take their time. */
  const slowAtFirst = (): SerializerStage => {
    let calls = 0;
    return {
      dumps: (value) => {
        calls += 1;
        const text = JSON.stringify(value);
        return calls > 2 ? text : new Promise((resolve) => setTimeout(() => resolve(text), 20));
      },
      loads: (text) => JSON.parse(text as string) as unknown,
    };
  };

  it('do not let a later write overtake an earlier one', async () => {
    const backend = serialized([slowAtFirst()], new MemoryBackend());
    const later = aRecord({ body: Buffer.from('later') });
    const writes = [backend.put(aRecord()), backend.put(later)];
    expect(await Promise.all(writes.map(async (write) => write))).toEqual([true, true]);
    await assertStored(backend, later);
  });

  it.each<[string, (backend: SerializedBackend) => unknown]>([
    ['delete', (backend) => backend.delete('key')],
    ['deleteResource', (backend) => backend.deleteResource(aRecord().resource)],
    ['clear', (backend) => backend.clear()],
  ])('are waited for by %s', async (_name, remove) => {
    const backend = serialized([slowAtFirst()], new MemoryBackend());
    const written = backend.put(aRecord());
    await remove(backend);
    expect(await written).toBe(true);
    expect(await backend.count()).toBe(0);
  });

  it('are waited for by close', async () => {
    const memory = new MemoryBackend();
    const put = jest.spyOn(memory, 'put');
    const backend = serialized([slowAtFirst()], memory);
    const written = backend.put(aRecord());
    await backend.close();
    expect(put).toHaveBeenCalledTimes(1);
    expect(await written).toBe(true);
  });
});
