import { chmodSync, existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import {
  loadDriver,
  type SqlDatabase,
  type SqliteDriver,
  type SqlStatement,
  type SqlValue,
} from '../../../lib/backends/sqlite/driver.js';
import { SqliteBackend } from '../../../lib/backends/sqlite/index.js';
import { MAX_BODY_BYTES } from '../../../lib/backends/sqlite/store.js';
import { BackendError, InvalidOptionError } from '../../../lib/errors.js';
import { type SqliteOptions } from '../../../lib/storage/backend-options.js';
import { guardBackend, type GuardEvent } from '../../../lib/storage/guarded-backend.js';
import { ManualClock } from '../../helpers/manual-clock.js';
import { asOrdinaryUser } from '../../helpers/ordinary-user.js';
import { aTemporaryDirectory, type TemporaryDirectory } from '../../helpers/temporary-directory.js';
import { until } from '../../helpers/until.js';
import {
  aRecord,
  assertStored,
  bytesOf,
  errorOf,
  metaOf,
  noise,
} from '../../../lib/backend-suite/records.js';

let directory: TemporaryDirectory;
let backends: SqliteBackend[];
let databases: SqlDatabase[];

beforeEach(() => {
  directory = aTemporaryDirectory();
  backends = [];
  databases = [];
});
afterEach(async () => {
  for (const database of databases) database.close();
  for (const backend of backends) await backend.close();
  directory.remove();
});

function open(
  name = 'cache.sqlite',
  options: SqliteOptions = {},
  load?: () => Promise<SqliteDriver>,
): SqliteBackend {
  const backend = new SqliteBackend(directory.path(name), options, load);
  backends.push(backend);
  return backend;
}

/** A connection that is not ours, as another process has it. */
async function openRaw(name = 'cache.sqlite'): Promise<SqlDatabase> {
  const database = (await loadDriver(undefined)).open(directory.path(name));
  databases.push(database);
  return database;
}

const permissions = (name: string): string => (statSync(directory.path(name)).mode & 0o777).toString(8);

describe('options', () => {
  it.each<[object, string]>([
    [{ busyTimeout: -1 }, 'busyTimeout'],
    [{ busyTimeout: NaN }, 'busyTimeout'],
    [{ busyTimeout: '5s' }, 'busyTimeout'],
    [{ wal: 1 }, 'wal'],
    [{ driver: 'sqlite3' }, 'driver'],
    [{ fast_save: true }, 'fast_save'],
  ])('rejects %j', (options, option) => {
    expect(() => open('x', options)).toThrow(InvalidOptionError);
    expect(() => open('x', options)).toThrow(option);
  });
});

describe('the file', () => {
  it('is created at the first use, with its directories, for its owner only', async () => {
    const backend = open('a/b/cache');
    expect(directory.list()).toEqual([]);
    await backend.put(aRecord());
    expect(backend.path).toBe(directory.path('a/b/cache.sqlite'));
    expect([permissions('a'), permissions('a/b')]).toEqual(['700', '700']);
    for (const suffix of ['', '-wal', '-shm']) expect(permissions(`a/b/cache.sqlite${suffix}`)).toBe('600');
  });

  it('keeps the permissions that it has', async () => {
    writeFileSync(directory.path('cache.sqlite'), '');
    chmodSync(directory.path('cache.sqlite'), 0o640);
    await open().put(aRecord());
    expect(permissions('cache.sqlite')).toBe('640');
  });

  it('is one file after close', async () => {
    const backend = open();
    await backend.put(aRecord());
    await backend.close();
    expect(directory.list()).toEqual(['cache.sqlite']);
  });

  it('is not created by useMemory', async () => {
    const backend = open('cache.sqlite', { useMemory: true });
    await backend.put(aRecord());
    expect(backend.path).toBe(':memory:');
    expect(directory.list()).toEqual([]);
  });

  it('whose parent is a file: an error that says so, and a new try when that was mended', async () => {
    writeFileSync(directory.path('parent'), '');
    const backend = open('parent/cache.sqlite');
    const error = await errorOf(() => backend.get('key'));
    expect(error).toBeInstanceOf(BackendError);
    expect(error).toMatchObject({ operation: 'open', cause: { code: 'EEXIST' } });
    expect((error as Error).message).toContain('is a file');
    const deeper = await errorOf(() => open('parent/child/cache.sqlite').get('key'));
    expect((deeper as Error).message).toContain('is a file');
    rmSync(directory.path('parent'));
    expect(await backend.get('key')).toEqual([]);
  });

  it('that is a directory: an error with its path', async () => {
    mkdirSync(directory.path('cache.sqlite'));
    const error = await errorOf(() => open().get('key'));
    expect(error).toMatchObject({ code: 'ERR_CACHE_BACKEND', operation: 'open' });
    expect((error as Error).message).toContain(directory.path('cache.sqlite'));
  });

  it('in a read-only directory: an error that says so', async () => {
    await loadDriver(undefined);
    chmodSync(directory.path(), 0o555);
    await asOrdinaryUser(async () => {
      const error = await errorOf(() => open().get('key'));
      expect(error).toMatchObject({ code: 'ERR_CACHE_BACKEND', operation: 'open' });
      expect((error as Error).message).toContain('no permission to create');
    });
    chmodSync(directory.path(), 0o755);
  });

  it('that is read-only: an error for configuration, and for requests none', async () => {
    const writer = open('cache.sqlite', { wal: false });
    await writer.put(aRecord());
    await writer.close();
    chmodSync(directory.path('cache.sqlite'), 0o444);
    chmodSync(directory.path(), 0o555);
    await asOrdinaryUser(async () => {
      const backend = open('cache.sqlite', { wal: false });
      const error = await errorOf(() => backend.put(aRecord()));
      expect(error).toMatchObject({ code: 'ERR_CACHE_BACKEND' });
      expect(error).toBeInstanceOf(BackendError);
      const events: GuardEvent[] = [];
      const guard = guardBackend(backend, {
        clock: new ManualClock(),
        report: (event) => events.push(event),
      });
      expect(await guard.put(aRecord())).toBeNull();
      expect(events).toMatchObject([{ type: 'backendError', operation: 'put' }]);
    });
    chmodSync(directory.path(), 0o755);
  });

  it('that is no database: an error with operation and cause, the file untouched', async () => {
    writeFileSync(directory.path('cache.sqlite'), 'my diary '.repeat(100));
    const error = await errorOf(() => open().get('key'));
    expect(error).toBeInstanceOf(BackendError);
    expect(error).toMatchObject({ operation: 'open', message: expect.stringContaining('not a database') });
    expect((error as Error).cause).toBeDefined();
    expect(directory.read('cache.sqlite').toString()).toBe('my diary '.repeat(100));
    expect(directory.list()).toEqual(['cache.sqlite']);
  });

  it('that is damaged in the middle: errors, until clear() makes a new one', async () => {
    const backend = open();
    for (let index = 0; index < 50; index++)
      await backend.put(aRecord({ key: `key ${index}`, body: noise(20_000) }));
    await backend.close();
    const bytes = directory.read('cache.sqlite');
    bytes.fill(0x55, 4096, bytes.length);
    writeFileSync(directory.path('cache.sqlite'), bytes);
    const damaged = open();
    expect(await errorOf(() => damaged.get('key 1'))).toMatchObject({ code: 'ERR_CACHE_BACKEND' });
    await damaged.clear();
    expect(await damaged.count()).toBe(0);
    await damaged.put(aRecord());
    await assertStored(damaged, aRecord());
    expect(permissions('cache.sqlite')).toBe('600');
  });

  it.each([
    ['another program’s database', "CREATE TABLE notes (text); INSERT INTO notes VALUES ('dear')"],
    [
      'requests-cache’s own database',
      'CREATE TABLE responses (key TEXT PRIMARY KEY, value BLOB, expires INTEGER)',
    ],
  ])('that is %s: refused, by clear() too, and left as it is', async (_, sql) => {
    const raw = await openRaw();
    raw.exec(sql);
    raw.close();
    databases = [];
    const before = directory.read('cache.sqlite');
    const backend = open();
    for (const call of [() => backend.get('key'), () => backend.put(aRecord()), () => backend.clear()]) {
      expect(await errorOf(call)).toMatchObject({ code: 'ERR_CACHE_STORE_FORMAT', operation: 'open' });
    }
    expect(directory.read('cache.sqlite').equals(before)).toBe(true);
    expect(directory.list()).toEqual(['cache.sqlite']);
  });

  it('of a later release: refused, by clear() too', async () => {
    const writer = open();
    await writer.put(aRecord());
    await writer.close();
    const raw = await openRaw();
    raw.exec('PRAGMA user_version = 3');
    const backend = open();
    for (const call of [() => backend.get('key'), () => backend.clear()]) {
      const error = await errorOf(call);
      expect(error).toMatchObject({ code: 'ERR_CACHE_STORE_FORMAT' });
      expect((error as Error).message).toContain('schema 3; this release knows up to 2');
    }
  });

  it('that was deleted while it was open: clear() makes a new one', async () => {
    const backend = open();
    await backend.put(aRecord());
    for (const suffix of ['', '-wal', '-shm']) rmSync(directory.path(`cache.sqlite${suffix}`));
    await backend.clear();
    expect(existsSync(directory.path('cache.sqlite'))).toBe(true);
    await backend.put(aRecord());
    await backend.close();
    expect(await open().count()).toBe(1);
  });

  it('shrinks when it is cleared', async () => {
    const backend = open('cache.sqlite', { fastSave: true });
    for (let index = 0; index < 30; index++)
      await backend.put(aRecord({ key: `key ${index}`, body: noise(100_000) }));
    await backend.clear();
    expect(await backend.size()).toBeLessThan(100_000);
    await backend.close();
    expect(statSync(directory.path('cache.sqlite')).size).toBeLessThan(100_000);
  });

  it('shrinks a little with each prune', async () => {
    const backend = open('cache.sqlite', { fastSave: true });
    await backend.put(aRecord({ body: noise(5_000_000), retainUntil: 1 }));
    const full = await backend.size();
    expect(await backend.prune(1, 10)).toBe(1);
    expect(await backend.size()).toBe(full - 256 * 4096);
  });
});

describe('pruning', () => {
  it('deletes 50 records at a time and lets others run between, up to the limit', async () => {
    const backend = open('cache.sqlite', { fastSave: true });
    for (let index = 0; index < 450; index++)
      await backend.put(aRecord({ key: `key ${index}`, retainUntil: 1 }));
    const pruning = backend.prune(1, 330);
    const counts: number[] = [];
    let isOver = false;
    void Promise.resolve(pruning).then(() => (isOver = true));
    while (!isOver) {
      counts.push(await backend.count());
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await pruning).toBe(330);
    expect([...new Set(counts)]).toEqual(expect.arrayContaining([400, 350, 300, 250, 200, 150]));
    expect(await backend.prune(1, 330)).toBe(120);
    expect(await backend.prune(1, 330)).toBe(0);
    expect(backend.prune(1, 1000)).toBe(0);
  });
});

describe('answers', () => {
  it('come without a promise once the file is open', async () => {
    const backend = open();
    await backend.count();
    expect(backend.put(aRecord())).toBe(true);
    expect(backend.get('key')).toHaveLength(1);
    expect(backend.body({ key: 'key', variant: '' })).toHaveLength(aRecord().body.length);
    expect(backend.replaceHead(metaOf(aRecord()))).toBe(true);
    expect(backend.prune(0, 1)).toBe(0);
    expect(backend.delete('key')).toBe(1);
    expect(backend.deleteResource('resource')).toBe(0);
    expect(backend.count()).toBe(0);
  });

  it('to a new head do not rewrite the body', async () => {
    const backend = open();
    const record = aRecord({ body: noise(3_000_000) });
    await backend.put(record);
    const raw = await openRaw();
    raw.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    await backend.replaceHead({ ...metaOf(record), head: bytesOf('newer') });
    expect(statSync(directory.path('cache.sqlite-wal')).size).toBeLessThan(100_000);
    await assertStored(backend, { ...record, head: bytesOf('newer') });
  });

  it('hold bodies of 100 MB', async () => {
    const backend = open('cache.sqlite', { fastSave: true });
    const record = aRecord({ body: Buffer.alloc(100_000_000, 'a large body ') });
    await backend.put(record);
    await assertStored(backend, record);
  });

  it.each([MAX_BODY_BYTES + 1, 2 ** 31])(
    'D33: refuse a body of %d bytes, and drop the older one',
    async (length) => {
      const backend = open();
      await backend.put(aRecord());
      await backend.put(aRecord({ variant: 'sibling' }));
      expect(await backend.put(aRecord({ body: new Uint8Array(length) }))).toBe(false);
      expect((await backend.get('key')).map(({ variant }) => variant)).toEqual(['sibling']);
    },
  );

  it('D33: refuse a body that is over SQLite’s own limit, and drop the older one', async () => {
    const driver = await loadDriver(undefined);
    const tooBig = Object.assign(new Error('string or blob too big'), { code: 'SQLITE_TOOBIG' });
    const limited: SqliteDriver = {
      name: driver.name,
      open: (file) => {
        const database = driver.open(file);
        const refuse = (): never => {
          throw tooBig;
        };
        return {
          exec: (sql) => database.exec(sql),
          close: () => database.close(),
          prepare: (sql) => {
            const statement = database.prepare(sql);
            const isBody = sql.startsWith('INSERT OR REPLACE INTO bodies');
            return {
              run: (...values) =>
                (values[1] as Uint8Array).length > 50 && isBody ? refuse() : statement.run(...values),
              get: (...values) => statement.get(...values),
              all: (...values) => statement.all(...values),
            };
          },
        };
      },
    };
    const backend = open('cache.sqlite', {}, async () => limited);
    expect(await backend.put(aRecord())).toBe(true);
    expect(await backend.put(aRecord({ body: noise(51) }))).toBe(false);
    expect(await backend.count()).toBe(0);
  });

  it('D18: an error inside a write leaves the backend usable', async () => {
    const backend = open();
    await backend.put(aRecord());
    const wrong = {
      ...aRecord({ key: 'wrong' }),
      head: 'text' as unknown as Uint8Array,
      resource: null as unknown as string,
    };
    expect(await errorOf(() => backend.put(wrong))).toMatchObject({
      code: 'ERR_CACHE_BACKEND',
      operation: 'put',
    });
    await assertStored(backend, aRecord());
    expect(await backend.put(aRecord({ key: 'right' }))).toBe(true);
  });
});

describe('a lock that another process holds', () => {
  it('delays writes without blocking the event loop, and keeps their order', async () => {
    const backend = open();
    await backend.put(aRecord());
    const raw = await openRaw();
    raw.exec('BEGIN IMMEDIATE');
    const first = backend.put(aRecord({ body: bytesOf('first') }));
    const second = backend.put(aRecord({ body: bytesOf('second') }));
    expect([first, second]).toEqual([expect.any(Promise), expect.any(Promise)]);
    await new Promise((resolve) => setImmediate(resolve));
    await assertStored(backend, aRecord());
    raw.exec('COMMIT');
    expect(await Promise.all([first, second])).toEqual([true, true]);
    await assertStored(backend, aRecord({ body: bytesOf('second') }));
  });

  it('fails a write when it lasts longer than busyTimeout', async () => {
    const backend = open('cache.sqlite', { busyTimeout: 60 });
    await backend.put(aRecord());
    const raw = await openRaw();
    raw.exec('BEGIN IMMEDIATE');
    const error = await errorOf(() => backend.put(aRecord({ body: bytesOf('newer') })));
    expect(error).toBeInstanceOf(BackendError);
    expect(error).toMatchObject({ operation: 'put', message: expect.stringContaining('locked') });
    raw.exec('ROLLBACK');
    expect(backend.put(aRecord())).toBe(true);
  });

  it('has one of many reads tried for all, without the driver’s own waiting, where reads have to wait', async () => {
    const driver = await loadDriver(undefined);
    const tries: string[] = [];
    const watched: SqliteDriver = {
      name: driver.name,
      open: (file) => {
        const database = driver.open(file);
        const exec = (sql: string): unknown => {
          if (sql.startsWith('PRAGMA busy_timeout')) tries.push(sql);
          return database.exec(sql);
        };
        const prepare = (sql: string): SqlStatement => {
          const statement = database.prepare(sql);
          const all = (...values: SqlValue[]): unknown[] => {
            tries.push('read');
            return statement.all(...values);
          };
          return {
            run: (...values) => statement.run(...values),
            get: (...values) => statement.get(...values),
            all,
          };
        };
        return { exec, prepare, close: () => database.close() };
      },
    };
    const backend = open('cache.sqlite', { wal: false, recentBytes: 0 }, async () => watched);
    await backend.put(aRecord());
    const raw = await openRaw();
    raw.exec('BEGIN EXCLUSIVE');
    tries.length = 0;
    const reads = Array.from({ length: 50 }, () => Promise.resolve(backend.get('key')));
    expect(tries).toEqual(['read']);
    await until(() => tries.length >= 5);
    expect(tries.slice(0, 5)).toEqual(['read', 'PRAGMA busy_timeout = 0', 'read', 'read', 'read']);
    raw.exec('COMMIT');
    expect((await Promise.all(reads)).map(({ length }) => length)).toEqual(Array(50).fill(1));
    tries.length = 0;
    expect(backend.get('key')).toHaveLength(1);
    expect(tries).toEqual(['PRAGMA busy_timeout = 20', 'read']);
  });

  it('delays opening', async () => {
    const raw = await openRaw();
    raw.exec('BEGIN EXCLUSIVE; CREATE TABLE t (x)');
    const backend = open();
    const opening = backend.count();
    await new Promise((resolve) => setTimeout(resolve, 30));
    raw.exec('ROLLBACK');
    expect(await opening).toBe(0);
  });

  it('delays close() until what was asked for is written', async () => {
    const backend = open();
    await backend.count();
    const raw = await openRaw();
    raw.exec('BEGIN IMMEDIATE');
    const putting = backend.put(aRecord());
    const closing = backend.close();
    raw.exec('COMMIT');
    await closing;
    expect(await putting).toBe(true);
    expect(await open().count()).toBe(1);
  });
});

describe('loading', () => {
  it('happens at the first call and not before; what failed is tried again', async () => {
    const driver = await loadDriver(undefined);
    const load = jest.fn<Promise<SqliteDriver>, []>(() => Promise.resolve(driver));
    load.mockRejectedValueOnce(
      new BackendError({ backend: 'sqlite', operation: 'open', message: 'no driver' }),
    );
    const backend = open('cache.sqlite', {}, load);
    expect(load).not.toHaveBeenCalled();
    expect(await errorOf(() => backend.get('key'))).toMatchObject({
      message: expect.stringContaining('no driver'),
    });
    expect(await backend.get('key')).toEqual([]);
    expect(load).toHaveBeenCalledTimes(2);
  });
});
