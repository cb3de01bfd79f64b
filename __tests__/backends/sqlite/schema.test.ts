import { loadDriver, type SqlDatabase } from '../../../lib/backends/sqlite/driver.js';
import {
  APPLICATION_ID,
  inTransaction,
  pragma,
  prepareDatabase,
} from '../../../lib/backends/sqlite/schema.js';
import { SqliteStore } from '../../../lib/backends/sqlite/store.js';
import { aTemporaryDirectory, type TemporaryDirectory } from '../../helpers/temporary-directory.js';

let directory: TemporaryDirectory;
let opened: SqlDatabase[];

beforeEach(() => {
  directory = aTemporaryDirectory();
  opened = [];
});
afterEach(() => {
  for (const database of opened) database.close();
  directory.remove();
});

async function open(name = 'cache.sqlite'): Promise<{ database: SqlDatabase; file: string }> {
  const file = directory.path(name);
  const database = (await loadDriver(undefined)).open(file);
  opened.push(database);
  return { database, file };
}

const text = (database: SqlDatabase, name: string): unknown =>
  (database.prepare(`PRAGMA ${name}`).get() as Record<string, unknown>)[name];

describe('prepareDatabase', () => {
  it.each([
    [{ wal: true, fastSave: false }, 'wal', 1],
    [{ wal: false, fastSave: false }, 'delete', 2],
    [{ wal: true, fastSave: true }, 'wal', 0],
    [{ wal: false, fastSave: true }, 'delete', 0],
  ])('with %j sets journal %s and synchronous %d', async (settings, journal, synchronous) => {
    const { database, file } = await open();
    prepareDatabase(database, settings, file);
    expect(text(database, 'journal_mode')).toBe(journal);
    expect(pragma(database, 'synchronous')).toBe(synchronous);
    expect(pragma(database, 'auto_vacuum')).toBe(2);
    expect(pragma(database, 'application_id')).toBe(APPLICATION_ID);
    expect(pragma(database, 'user_version')).toBe(1);
    expect((database.prepare('PRAGMA busy_timeout').get() as { timeout: number }).timeout).toBe(20);
  });

  it('can be done again, and by another connection, without changing anything', async () => {
    const first = await open();
    prepareDatabase(first.database, { wal: true, fastSave: false }, first.file);
    const version = pragma(first.database, 'schema_version');
    const second = await open();
    prepareDatabase(second.database, { wal: true, fastSave: false }, second.file);
    expect(pragma(first.database, 'schema_version')).toBe(version);
  });

  it('follows the journal mode that was asked for last', async () => {
    const { database, file } = await open();
    prepareDatabase(database, { wal: true, fastSave: false }, file);
    prepareDatabase(database, { wal: false, fastSave: false }, file);
    expect(text(database, 'journal_mode')).toBe('delete');
  });

  it('leaves WAL mode on while others use the file in it', async () => {
    const first = await open();
    prepareDatabase(first.database, { wal: true, fastSave: false }, first.file);
    first.database.exec('BEGIN; SELECT * FROM responses');
    const second = await open();
    prepareDatabase(second.database, { wal: false, fastSave: false }, second.file);
    expect(text(second.database, 'journal_mode')).toBe('wal');
  });

  it('refuses a newer schema and says what to do', async () => {
    const { database, file } = await open();
    prepareDatabase(database, { wal: true, fastSave: false }, file);
    database.exec('PRAGMA user_version = 7');
    expect(() => prepareDatabase(database, { wal: true, fastSave: false }, file)).toThrow(
      expect.objectContaining({
        code: 'ERR_CACHE_STORE_FORMAT',
        operation: 'open',
        message: expect.stringMatching(/schema 7; this release knows up to 2.*Update axios-persistent-cache/),
      }),
    );
  });

  it.each([
    ['tables of its own', 'CREATE TABLE responses (key TEXT PRIMARY KEY, value BLOB, expires INTEGER)'],
    ['another application id', 'PRAGMA application_id = 1234'],
    ['a version of its own', 'PRAGMA user_version = 3'],
  ])('refuses a file with %s and writes nothing into it', async (_, sql) => {
    const { database, file } = await open();
    database.exec(sql);
    database.close();
    opened.pop();
    const before = directory.read('cache.sqlite');
    const again = await open();
    expect(() => prepareDatabase(again.database, { wal: true, fastSave: false }, file)).toThrow(
      expect.objectContaining({
        code: 'ERR_CACHE_STORE_FORMAT',
        message: expect.stringContaining('another program'),
      }),
    );
    again.database.close();
    opened.pop();
    expect(directory.read('cache.sqlite').equals(before)).toBe(true);
    expect(directory.list()).toEqual(['cache.sqlite']);
  });

  it.each([
    ['get', 'SELECT * FROM responses WHERE key = 1'],
    ['deleteResource', 'DELETE FROM responses WHERE resource = 1'],
    ['prune', 'SELECT id FROM responses WHERE retain_until <= 1 ORDER BY retain_until, id LIMIT 5'],
    ['count of expired', 'SELECT count(*) FROM responses WHERE TRUE AND expires_at <= 1'],
    ['count of older', 'SELECT count(*) FROM responses WHERE TRUE AND created_at < 1'],
    ['scan', 'SELECT * FROM responses WHERE id > 5 AND +expires_at <= 1 ORDER BY id LIMIT 5'],
  ])('has an index for %s', async (_, sql) => {
    const { database, file } = await open();
    prepareDatabase(database, { wal: true, fastSave: false }, file);
    const plan = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all() as { detail: string }[];
    for (const { detail } of plan)
      expect(detail).toMatch(/^SEARCH .* USING (COVERING )?(INDEX|INTEGER PRIMARY KEY)/);
  });
});

describe('inTransaction', () => {
  it('keeps all or nothing, and is over after an error', async () => {
    const { database, file } = await open();
    prepareDatabase(database, { wal: true, fastSave: false }, file);
    const boom = new Error('boom');
    const work = (): never => {
      database.exec("INSERT INTO bodies VALUES (1, x'00')");
      throw boom;
    };
    expect(() => inTransaction(database, work)).toThrow(boom);
    expect(inTransaction(database, () => database.prepare('SELECT count(*) AS n FROM bodies').get())).toEqual(
      { n: 0 },
    );
  });

  it('tells the first error, also when SQLite has rolled back by itself', async () => {
    const { database, file } = await open();
    prepareDatabase(database, { wal: true, fastSave: false }, file);
    const boom = new Error('boom');
    const work = (): never => {
      database.exec('ROLLBACK');
      throw boom;
    };
    expect(() => inTransaction(database, work)).toThrow(boom);
  });
});

describe('SqliteStore', () => {
  it('gives space back in steps', async () => {
    const { database, file } = await open();
    prepareDatabase(database, { wal: true, fastSave: true }, file);
    const store = new SqliteStore(database);
    const empty = store.size();
    const body = new Uint8Array(1_000_000);
    const times = { createdAt: 0, expiresAt: 1, retainUntil: 1 };
    store.put({
      key: 'key',
      variant: '',
      resource: '',
      head: Uint8Array.of(1),
      body,
      bodyBytes: 0,
      ...times,
    });
    const full = store.size();
    store.prune(2, 10);
    expect(store.size()).toBe(full);
    const left = store.shrink(100);
    expect(store.size()).toBe(full - 100 * pragma(database, 'page_size'));
    expect(store.shrink(10_000)).toBe(0);
    expect(left).toBeGreaterThan(100);
    expect(store.size()).toBe(empty);
  });
});
