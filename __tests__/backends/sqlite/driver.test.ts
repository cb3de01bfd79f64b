import {
  type DriverSources,
  loadDriver,
  type SqlDatabase,
  sqliteProblem,
} from '../../../lib/backends/sqlite/driver.js';
import { BackendError, type HttpCacheError } from '../../../lib/errors.js';

const database: SqlDatabase = {
  exec: () => undefined,
  prepare: () => {
    throw new Error('unused');
  },
  close: () => undefined,
};

function failure(message: string, code: string): Error {
  return Object.assign(new Error(message), { code });
}
const missing = failure("Cannot find module 'better-sqlite3'", 'MODULE_NOT_FOUND');
const unbuilt = failure('Could not locate the bindings file. Tried:\n → x', 'MODULE_NOT_FOUND');

/** Sources where each driver is there, or fails as given. */
function sources(wanted: {
  better?: 'works' | Error;
  unbuilt?: Error;
  node?: boolean;
}): DriverSources & { opened: string[] } {
  const opened: string[] = [];
  function Database(file: string): SqlDatabase {
    if (wanted.unbuilt !== undefined) throw wanted.unbuilt;
    opened.push(`better-sqlite3 ${file}`);
    return database;
  }
  function DatabaseSync(file: string): SqlDatabase {
    opened.push(`node:sqlite ${file}`);
    return database;
  }
  return {
    opened,
    importBetterSqlite3: async () => {
      if (wanted.better instanceof Error) throw wanted.better;
      return { default: Database };
    },
    nodeSqlite: () => (wanted.node === true ? { DatabaseSync } : undefined),
  };
}

const errorFrom = (...args: Parameters<typeof loadDriver>): Promise<HttpCacheError> =>
  loadDriver(...args).then(
    () => Promise.reject(new Error('it was loaded')),
    (error: HttpCacheError) => error,
  );

describe('loadDriver', () => {
  it('takes better-sqlite3 where it works, after trying it out', async () => {
    const from = sources({ node: true });
    const driver = await loadDriver(undefined, from);
    expect(driver.name).toBe('better-sqlite3');
    driver.open('file');
    expect(from.opened).toEqual(['better-sqlite3 :memory:', 'better-sqlite3 file']);
  });

  it.each<[string, Parameters<typeof sources>[0]]>([
    ['is not installed', { better: missing, node: true }],
    ['is installed without its binary', { unbuilt, node: true }],
    ['is broken', { better: new Error('boom'), node: true }],
  ])('takes node:sqlite where better-sqlite3 %s', async (_, wanted) => {
    const from = sources(wanted);
    const driver = await loadDriver(undefined, from);
    expect(driver.name).toBe('node:sqlite');
    driver.open('file');
    expect(from.opened).toEqual(['node:sqlite file']);
  });

  it('tells both ways out where neither is there', async () => {
    const error = await errorFrom(undefined, sources({ better: missing }));
    expect(error.code).toBe('ERR_CACHE_MISSING_PACKAGE');
    expect(error.message).toContain('npm install better-sqlite3@"^12.0.0"');
    expect(error.message).toContain('Node 22.13 or later, which has node:sqlite');
  });

  it('tells to rebuild, and the other way out, where the binary is missing', async () => {
    const error = await errorFrom(undefined, sources({ unbuilt }));
    expect(error.code).toBe('ERR_CACHE_PACKAGE_LOAD');
    expect(error.message).toContain('npm rebuild better-sqlite3');
    expect(error.message).toContain('Node 22.13 or later, which has node:sqlite');
    expect(error.cause).toBe(unbuilt);
  });

  it('takes only the driver that was asked for', async () => {
    expect((await loadDriver('node:sqlite', sources({ node: true }))).name).toBe('node:sqlite');
    expect((await loadDriver('better-sqlite3', sources({ node: true }))).name).toBe('better-sqlite3');
    const noBetter = await errorFrom('better-sqlite3', sources({ better: missing, node: true }));
    expect(noBetter.code).toBe('ERR_CACHE_MISSING_PACKAGE');
    const noNode = await errorFrom('node:sqlite', sources({}));
    expect(noNode.code).toBe('ERR_CACHE_MISSING_PACKAGE');
    expect(noNode.message).toContain(`this is Node ${process.versions.node}`);
    expect(noNode.message).toContain('npm install better-sqlite3');
  });

  it('loads the real better-sqlite3', async () => {
    const driver = await loadDriver('better-sqlite3');
    expect(driver.name).toBe('better-sqlite3');
    const opened = driver.open(':memory:');
    expect(opened.prepare('SELECT 1 AS one').get()).toEqual({ one: 1 });
    opened.close();
  });
});

describe('sqliteProblem', () => {
  it.each<[unknown, string]>([
    [failure('database is locked', 'SQLITE_BUSY'), 'busy'],
    [failure('database is locked', 'SQLITE_BUSY_SNAPSHOT'), 'busy'],
    [failure('locked', 'SQLITE_LOCKED_SHAREDCACHE'), 'busy'],
    [failure('not a database', 'SQLITE_NOTADB'), 'unreadable'],
    [failure('malformed', 'SQLITE_CORRUPT_INDEX'), 'unreadable'],
    [failure('too big', 'SQLITE_TOOBIG'), 'too-big'],
    [new RangeError('The bound string, buffer, or bigint is too big'), 'too-big'],
    [failure('database or disk is full', 'SQLITE_FULL'), 'full'],
    [failure('readonly', 'SQLITE_READONLY'), 'other'],
    [{ code: 'ERR_SQLITE_ERROR', errcode: 5, message: 'database is locked' }, 'busy'],
    [{ code: 'ERR_SQLITE_ERROR', errcode: 261, message: 'database is locked' }, 'busy'],
    [{ code: 'ERR_SQLITE_ERROR', errcode: 26, message: 'file is not a database' }, 'unreadable'],
    [{ code: 'ERR_SQLITE_ERROR', errcode: 13, message: 'database or disk is full' }, 'full'],
    [{ code: 'ERR_SQLITE_ERROR', errcode: 18, message: 'string or blob too big' }, 'too-big'],
    [{ code: 'ERR_SQLITE_ERROR', errcode: 1, message: 'logic error' }, 'other'],
    [
      new BackendError({ backend: 'sqlite', operation: 'open' }, { cause: failure('x', 'SQLITE_NOTADB') }),
      'unreadable',
    ],
    [new BackendError({ backend: 'sqlite', operation: 'open' }), 'other'],
    [new Error('boom'), 'other'],
    ['SQLITE_BUSY', 'other'],
    [null, 'other'],
  ])('of %p is %s', (error, problem) => {
    expect(sqliteProblem(error)).toBe(problem);
  });
});
