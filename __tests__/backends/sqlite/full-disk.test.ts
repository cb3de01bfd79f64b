import { closeSync, fstatSync, openSync, statSync } from 'node:fs';
import { loadDriver, type SqliteDriver } from '../../../lib/backends/sqlite/driver.js';
import { sqliteProblem } from '../../../lib/backends/sqlite/driver.js';
import { SqliteBackend } from '../../../lib/backends/sqlite/index.js';
import { BackendError } from '../../../lib/errors.js';
import { type SqliteOptions } from '../../../lib/storage/backend-options.js';
import { aTemporaryDirectory, type TemporaryDirectory } from '../../helpers/temporary-directory.js';
import { aRecord, assertStored, bytesOf, errorOf, noise, NOON } from '../../../lib/backend-suite/records.js';

/** Pages of 4 KiB that the file may have: room for some twenty bodies of 10,000 bytes. */
const MAX_PAGES = 80;

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

/** @param refuse is asked before each statement without values whether it finds the disk full */
async function openLimited(
  options: SqliteOptions = {},
  refuse: (sql: string) => boolean = () => false,
): Promise<SqliteBackend> {
  const driver = await loadDriver(undefined);
  const full = Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' });
  const limited: SqliteDriver = {
    name: driver.name,
    open: (file) => {
      const database = driver.open(file);
      database.exec(`PRAGMA max_page_count = ${MAX_PAGES}`);
      return {
        prepare: (sql) => database.prepare(sql),
        close: () => database.close(),
        exec: (sql) => {
          if (refuse(sql)) throw full;
          return database.exec(sql);
        },
      };
    },
  };
  const backend = new SqliteBackend(directory.path('cache.sqlite'), options, async () => limited);
  backends.push(backend);
  return backend;
}

const large = (key: string, retainUntil: number | undefined) =>
  aRecord({ key, body: noise(10_000), createdAt: NOON, retainUntil });

/** Stores records until there is no more room. @returns their number, and the error of the one that did not fit */
async function fill(backend: SqliteBackend, retainUntil: number | undefined) {
  for (let count = 0; count < MAX_PAGES; count++) {
    try {
      await backend.put(large(`old ${count}`, retainUntil));
    } catch (error) {
      return { count, error };
    }
  }
  throw new Error('There is room for all.');
}

describe.each<[string, SqliteOptions]>([
  ['a file', {}],
  ['a file with a rollback journal', { wal: false }],
  ['a database in memory', { useMemory: true }],
])('%s that has no room left', (_, options) => {
  it('drops what is past retention for a new record', async () => {
    const backend = await openLimited(options);
    const { count } = await fill(backend, NOON + 1);
    const next = { ...large('next', undefined), createdAt: NOON + 1 };
    expect(await backend.put(next)).toBe(true);
    await assertStored(backend, next);
    expect(count).toBeGreaterThan(10);
    expect(await backend.count()).toBe(1);
  });

  it('keeps what is not past retention at the time of the new record, which is refused', async () => {
    const backend = await openLimited(options);
    const { count, error } = await fill(backend, NOON + 1);
    expect(error).toBeInstanceOf(BackendError);
    expect(error).toMatchObject({
      operation: 'put',
      message: expect.stringContaining('full'),
    });
    // By whichever driver: their errors differ.
    expect(sqliteProblem(error)).toBe('full');
    expect(await backend.count()).toBe(count);
    for (let index = 0; index < count; index++) await assertStored(backend, large(`old ${index}`, NOON + 1));
  });

  it('leaves the older record as it was when the newer one has no room', async () => {
    const backend = await openLimited(options);
    await fill(backend, undefined);
    const newer = { ...large('old 0', undefined), body: noise(200_000), head: bytesOf('newer') };
    expect(await errorOf(() => backend.put(newer))).toMatchObject({ code: 'ERR_CACHE_BACKEND' });
    await assertStored(backend, large('old 0', undefined));
  });

  it('works again once something was deleted', async () => {
    const backend = await openLimited(options);
    await fill(backend, undefined);
    expect(await backend.delete('old 0')).toBe(1);
    expect(await backend.put(large('next', undefined))).toBe(true);
  });

  it('is empty and works after clear()', async () => {
    const backend = await openLimited(options);
    await fill(backend, undefined);
    await backend.clear();
    expect(await backend.count()).toBe(0);
    expect(await backend.put(large('next', undefined))).toBe(true);
  });
});

describe('a disk without room even for deleting', () => {
  it('makes clear() put a new file in place of the old one', async () => {
    let isFull = false;
    const backend = await openLimited({}, (sql) => isFull && sql.startsWith('DELETE'));
    await backend.put(large('old', undefined));
    // Held open, so that the new file cannot get the old one's number.
    const old = openSync(directory.path('cache.sqlite'), 'r');
    isFull = true;
    await backend.clear();
    expect(statSync(directory.path('cache.sqlite')).ino).not.toBe(fstatSync(old).ino);
    closeSync(old);
    expect(await backend.count()).toBe(0);
    expect(await backend.put(large('next', undefined))).toBe(true);
  });

  it('makes clear() of a database in memory fail', async () => {
    const backend = await openLimited({ useMemory: true }, (sql) => sql.startsWith('DELETE'));
    await backend.put(aRecord());
    expect(await errorOf(() => backend.clear())).toMatchObject({ operation: 'clear' });
    await assertStored(backend, aRecord());
  });

  it('makes put() fail with the error of the disk, whatever else fails while room is made', async () => {
    let isFull = false;
    const backend = await openLimited({}, (sql) => isFull && /^(BEGIN|PRAGMA)/.test(sql));
    await backend.put(aRecord());
    isFull = true;
    const error = await errorOf(() => backend.put(aRecord({ body: bytesOf('newer') })));
    expect(error).toMatchObject({ operation: 'put', cause: { code: 'SQLITE_FULL' } });
    isFull = false;
    await assertStored(backend, aRecord());
  });
});
