import fc from 'fast-check';
import { MemoryBackend } from '../../lib/backends/memory.js';
import { loadDriver, type SqlDatabase } from '../../lib/backends/sqlite/driver.js';
import { SqliteBackend } from '../../lib/backends/sqlite/index.js';
import { type SqliteOptions } from '../../lib/storage/backend-options.js';
import { aRecord, bytesOf, noise } from '../../lib/backend-suite/records.js';
import { aTemporaryDirectory, type TemporaryDirectory } from '../helpers/temporary-directory.js';
import { limitActions, type LimitedStore, runActions } from './limits-model.js';

const memoryStore = (): LimitedStore => ({
  open: (limits) => new MemoryBackend(limits),
  dispose: () => undefined,
});

function sqliteStore(options: SqliteOptions): LimitedStore {
  const directory = aTemporaryDirectory();
  return {
    open: (limits) => new SqliteBackend(directory.path('cache.sqlite'), { ...options, ...limits }),
    dispose: () => directory.remove(),
  };
}

describe.each<[string, boolean, number, () => LimitedStore]>([
  ['memory', false, 500, memoryStore],
  ['sqlite', true, 150, () => sqliteStore({ fastSave: true })],
  ['sqlite in memory', false, 300, () => sqliteStore({ useMemory: true })],
])('limits of %s', (_, reopens, numRuns, create) => {
  it('are kept exactly, and what was used least recently goes first, whatever is done', async () => {
    await fc.assert(
      fc.asyncProperty(limitActions(reopens), async (plan) => {
        const store = create();
        try {
          await runActions(store, plan);
        } finally {
          await store.dispose();
        }
      }),
      { seed: 20261126, numRuns },
    );
  }, 120_000);
});

describe('limits of sqlite', () => {
  let directory: TemporaryDirectory;
  let backends: SqliteBackend[];

  beforeEach(() => {
    directory = aTemporaryDirectory();
    backends = [];
  });
  afterEach(async () => {
    for (const backend of backends) await backend.close();
    directory.remove();
  });

  function open(options: SqliteOptions = {}): SqliteBackend {
    const backend = new SqliteBackend(directory.path('cache.sqlite'), { fastSave: true, ...options });
    backends.push(backend);
    return backend;
  }

  async function raw<T>(ask: (database: SqlDatabase) => T): Promise<T> {
    const database = (await loadDriver(undefined)).open(directory.path('cache.sqlite'));
    try {
      return ask(database);
    } finally {
      database.close();
    }
  }

  const record = (key: string, bytes = 10) => aRecord({ key, body: noise(bytes) });
  const version = () => raw((database) => database.prepare('PRAGMA user_version').get());
  async function keysOf(backend: SqliteBackend): Promise<string[]> {
    const keys: string[] = [];
    for await (const { key } of backend.scan()) keys.push(key);
    return keys.sort();
  }
  const counted = () => raw((database) => database.prepare('SELECT records, bytes FROM totals').get());

  it('are no limits by default, and leave no trace in the file', async () => {
    const backend = open({ maxBytes: Infinity, maxEntries: Infinity, maxEntryBytes: 10_000 });
    await backend.put(record('a'));
    expect(await version()).toEqual({ user_version: 1 });
    expect(backend.maxEntryBytes).toBe(10_000);
    expect(open().maxEntryBytes).toBe(1_000_000_000);
    expect(open({ maxBytes: 5000 }).maxEntryBytes).toBe(5000);
  });

  it('are taken on by an older file: what was stored first goes first', async () => {
    const older = open();
    for (const [index, key] of ['c', 'a', 'b'].entries())
      await older.put({ ...record(key), createdAt: index });
    await older.close();
    const backend = open({ maxEntries: 2 });
    expect(await keysOf(backend)).toEqual(['a', 'b']);
    expect(await version()).toEqual({ user_version: 2 });
    await backend.put(record('d'));
    expect(await keysOf(backend)).toEqual(['b', 'd']);
  });

  it('count what a handle without limits does, too, and go on after it', async () => {
    const free = open();
    await free.put(record('a', 100));
    const limited = open({ maxBytes: 300 });
    await limited.put(record('b', 100));
    await free.put(record('c', 100));
    expect(await counted()).toEqual({ records: 3, bytes: 3 * 109 });
    await limited.put(record('b', 50));
    expect(await counted()).toEqual({ records: 3, bytes: 2 * 109 + 59 });
    await limited.put(record('d', 60));
    expect(await keysOf(limited)).toEqual(['b', 'c', 'd']);
  });

  it('of two handles: each keeps its own, and reads of the one count for the other once they are written', async () => {
    const [first, second] = [open({ maxEntries: 3 }), open({ maxEntries: 3 })];
    for (const key of ['a', 'b', 'c']) await first.put(record(key));
    await first.get('a');
    await second.get('b');
    await first.put(record('d'));
    expect(await keysOf(second)).toEqual(['a', 'c', 'd']);
    await second.get('c');
    await second.close();
    await first.put(record('e'));
    expect(await keysOf(first)).toEqual(['c', 'd', 'e']);
  });

  it('count as use: get and body, and nothing else', async () => {
    const backend = open({ maxEntries: 3 });
    for (const key of ['a', 'b', 'c']) await backend.put(record(key));
    await backend.body({ key: 'a', variant: '' });
    await keysOf(backend);
    await backend.put(record('d'));
    await backend.get('c');
    await backend.put(record('e'));
    expect(await keysOf(backend)).toEqual(['c', 'd', 'e']);
    await backend.body({ key: 'd', variant: '' });
    await backend.put(record('f'));
    expect(await keysOf(backend)).toEqual(['d', 'e', 'f']);
  });

  it('cost no write when something is read', async () => {
    const backend = open({ maxEntries: 100 });
    for (const key of ['a', 'b', 'c']) await backend.put(record(key));
    const dataVersion = () => watcher.prepare('PRAGMA data_version').get();
    const watcher = (await loadDriver(undefined)).open(directory.path('cache.sqlite'));
    const before = dataVersion();
    for (let turn = 0; turn < 2000; turn++) await backend.get('abc'[turn % 3] as string);
    expect(dataVersion()).toEqual(before);
    watcher.close();
  });

  it('note the use of at most 1,000 records in memory, and then write it', async () => {
    const backend = open({ maxEntries: 1002 });
    for (let index = 0; index < 1002; index++) await backend.put(record(`key ${index}`));
    for (let index = 0; index < 1000; index++) await backend.get(`key ${index}`);
    const oldest = await raw((database) =>
      database.prepare('SELECT key FROM responses JOIN usage USING (id) ORDER BY used LIMIT 3').all(),
    );
    expect(oldest).toEqual([{ key: 'key 1000' }, { key: 'key 1001' }, { key: 'key 0' }]);
  });

  it('are kept by clear(), which counts from zero', async () => {
    const backend = open({ maxEntries: 2 });
    for (const key of ['a', 'b', 'c']) await backend.put(record(key));
    await backend.clear();
    expect(await counted()).toEqual({ records: 0, bytes: 0 });
    for (const key of ['d', 'e', 'f']) await backend.put(record(key));
    expect(await keysOf(backend)).toEqual(['e', 'f']);
    expect(await counted()).toEqual({ records: 2, bytes: 38 });
  });

  it('are kept again when what was counted is damaged', async () => {
    for (const damage of [
      'UPDATE totals SET records = 1000000',
      'DELETE FROM totals',
      'DELETE FROM usage; UPDATE totals SET bytes = 1000000',
      'DELETE FROM responses; UPDATE totals SET bytes = 1000000',
      'INSERT INTO usage VALUES (1000, 0)',
    ]) {
      const backend = open({ maxEntries: 2, maxBytes: 1000 });
      await backend.clear();
      for (const key of ['a', 'b']) await backend.put(record(key));
      await raw((database) => database.exec(damage));
      for (const key of ['c', 'd', 'e']) expect(await backend.put(record(key))).toBe(true);
      expect(await keysOf(backend)).toEqual(['d', 'e']);
      await backend.close();
    }
  });

  it('lowered a lot are kept from the first answer on, in small steps', async () => {
    const older = open();
    for (let index = 0; index < 1200; index++)
      await older.put(aRecord({ key: `key ${index}`, createdAt: index }));
    await older.close();
    const backend = open({ maxEntries: 1 });
    let turns = 0;
    await loadDriver(undefined);
    const counting = (): void => void (turns++, (immediate = setImmediate(counting)));
    let immediate = setImmediate(counting);
    expect(await backend.count()).toBe(1);
    clearImmediate(immediate);
    expect(turns).toBeGreaterThanOrEqual(2);
    expect(await backend.get('key 1199')).toHaveLength(1);
  });

  it('a newer head that makes a record too large takes it along, in the limit of one record too', async () => {
    const backend = open({ maxEntryBytes: 50 });
    await backend.put(record('a'));
    const { body: _body, ...meta } = record('a');
    expect(await backend.replaceHead({ ...meta, head: noise(41) }, bytesOf('another'))).toBe(false);
    expect(await backend.count()).toBe(1);
    expect(await backend.replaceHead({ ...meta, head: noise(39) }, bytesOf('the head'))).toBe(true);
    expect(await backend.replaceHead({ ...meta, head: noise(40) })).toBe(false);
    expect(await backend.count()).toBe(0);
  });

  it.each([{ maxBytes: 0 }, { maxEntries: 1.5 }, { maxEntryBytes: 11, maxBytes: 10 }])(
    'reject %j',
    (options) => {
      expect(() => open(options)).toThrow(/Option "max/);
    },
  );
});
