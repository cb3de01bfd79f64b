import { BackendError, isHttpCacheError } from '../../errors.js';
import { importLazily, loadOptionalPackage } from '../../optional-package.js';
import type { SqliteDriverName } from '../../storage/backend-options.js';
import { BETTER_SQLITE3 } from './options.js';

/** What a statement takes. */
export type SqlValue = string | number | null | Uint8Array;

/** The part of a prepared statement that both drivers have in common. */
export interface SqlStatement {
  run(...values: SqlValue[]): { readonly changes: number | bigint };
  get(...values: SqlValue[]): unknown;
  all(...values: SqlValue[]): unknown[];
}

/** The part of an open database that both drivers have in common. All of it is synchronous. */
export interface SqlDatabase {
  exec(sql: string): unknown;
  prepare(sql: string): SqlStatement;
  close(): unknown;
}

/** A way to SQLite. */
export interface SqliteDriver {
  readonly name: SqliteDriverName;
  /** Opens or creates a file; `:memory:` is a database in memory. Waits for no lock. */
  open(file: string): SqlDatabase;
}

/** Where the drivers come from. Tests pass their own, so that they do not depend on what is installed. */
export interface DriverSources {
  readonly importBetterSqlite3: () => Promise<unknown>;
  /** Node's own module; `undefined` where this Node has none. */
  readonly nodeSqlite: () => unknown;
}

type BetterSqlite3 = new (file: string, options: { timeout: number }) => SqlDatabase;
type NodeSqlite = { readonly DatabaseSync: new (file: string) => SqlDatabase };

const systemSources: DriverSources = {
  importBetterSqlite3: () =>
    // @ts-expect-error: the package comes without declarations, and its types would be of no use to our users.
    importLazily<unknown>(BETTER_SQLITE3.packageName, () => import('better-sqlite3')),
  // Without `import`, which bundlers for older Nodes trip over. Every Node that has node:sqlite has this function.
  nodeSqlite: () => {
    const { getBuiltinModule } = process as { getBuiltinModule?: (name: string) => unknown };
    return getBuiltinModule?.('node:sqlite');
  },
};

/**
 * Loads a driver: the one that was asked for; otherwise better-sqlite3, and where that does not load, node:sqlite.
 * @throws MissingPackageError, PackageLoadError or BackendError; the message tells both ways out
 */
export async function loadDriver(
  wanted: SqliteDriverName | undefined,
  sources: DriverSources = systemSources,
): Promise<SqliteDriver> {
  if (wanted === 'node:sqlite') return requireNodeSqlite(sources);
  try {
    return await loadBetterSqlite3(sources);
  } catch (error) {
    const substitute = wanted === undefined ? findNodeSqlite(sources) : undefined;
    if (substitute === undefined) throw error;
    return substitute;
  }
}

async function loadBetterSqlite3(sources: DriverSources): Promise<SqliteDriver> {
  const Database = await loadOptionalPackage<BetterSqlite3>({
    backend: 'sqlite',
    ...BETTER_SQLITE3,
    alternative: 'use Node 22.13 or later, which has node:sqlite',
    load: async () => {
      const loaded = await sources.importBetterSqlite3();
      tryOut(loaded);
      return loaded;
    },
  });
  return { name: 'better-sqlite3', open: (file) => new Database(file, { timeout: 0 }) };
}

/** The compiled part is loaded by the first database and not by the import: without this it would fail too late. */
function tryOut(loaded: unknown): void {
  const exported = (loaded as { default?: unknown }).default ?? loaded;
  new (exported as BetterSqlite3)(':memory:', { timeout: 0 }).close();
}

function findNodeSqlite(sources: DriverSources): SqliteDriver | undefined {
  const found = sources.nodeSqlite() as NodeSqlite | undefined;
  if (typeof found?.DatabaseSync !== 'function') return undefined;
  return { name: 'node:sqlite', open: (file) => new found.DatabaseSync(file) };
}

function requireNodeSqlite(sources: DriverSources): SqliteDriver {
  const driver = findNodeSqlite(sources);
  if (driver !== undefined) return driver;
  throw new BackendError({
    backend: 'sqlite',
    operation: 'open',
    code: 'ERR_CACHE_MISSING_PACKAGE',
    message:
      `the driver node:sqlite needs Node 22.13 or later, and this is Node ${process.versions.node}. ` +
      `Or run: npm install ${BETTER_SQLITE3.packageName}@"${BETTER_SQLITE3.range}", and leave the option "driver" out.`,
  });
}

/** The primary result codes that are told apart. @see https://www.sqlite.org/rescode.html */
const RESULT_CODES: Readonly<Record<number, SqliteProblem>> = {
  5: 'busy',
  6: 'busy',
  11: 'unreadable',
  13: 'full',
  18: 'too-big',
  26: 'unreadable',
};

/**
 * What is told apart: locked by another; not a database or a damaged one; no room on the disk; a value over SQLite's
 * limits.
 */
export type SqliteProblem = 'busy' | 'unreadable' | 'full' | 'too-big' | 'other';

const PROBLEM_OF_NAME: readonly (readonly [RegExp, SqliteProblem])[] = [
  [/^SQLITE_(BUSY|LOCKED)/, 'busy'],
  [/^SQLITE_(CORRUPT|NOTADB)/, 'unreadable'],
  [/^SQLITE_FULL/, 'full'],
  [/^SQLITE_TOOBIG/, 'too-big'],
];

/** What went wrong, whichever driver says it. */
export function sqliteProblem(error: unknown): SqliteProblem {
  if (typeof error !== 'object' || error === null) return 'other';
  if (isHttpCacheError(error)) return sqliteProblem(error.cause);
  const { code, errcode, message } = error as { code?: unknown; errcode?: unknown; message?: unknown };
  // node:sqlite gives the number, whose low byte is the primary code; better-sqlite3 gives the name.
  if (typeof errcode === 'number') return RESULT_CODES[errcode & 0xff] ?? 'other';
  if (typeof code === 'string') {
    const known = PROBLEM_OF_NAME.find(([pattern]) => pattern.test(code));
    if (known !== undefined) return known[1];
  }
  // better-sqlite3 refuses a value over the limit by a RangeError without a code.
  return typeof message === 'string' && /\btoo big$/.test(message) ? 'too-big' : 'other';
}
