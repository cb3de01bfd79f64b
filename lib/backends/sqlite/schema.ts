import { BackendError } from '../../errors.js';
import { ACCOUNTING, withoutCounting } from './accounting.js';
import { type SqlDatabase, sqliteProblem } from './driver.js';
import { hasTagIndex, withoutUntagging } from './tag-index.js';

/** "APCH": marks the file as a cache of this library. @see https://www.sqlite.org/pragma.html#pragma_application_id */
export const APPLICATION_ID = 0x41504348;
/** Kept as `user_version`: a file in which records are not counted, since nobody has ever set a limit for it. */
const PLAIN_VERSION = 1;
/** The version of a file with the tables of accounting.ts. A greater one was written by a later release. */
export const SCHEMA_VERSION = 2;

/**
 * Milliseconds for which the driver itself waits for a lock. It blocks the event loop meanwhile; longer waits are made
 * of retries (busy-retry.ts).
 */
export const DRIVER_WAIT_MS = 20;

/** Bytes to which the write-ahead log is cut after a checkpoint, so that one large body does not leave it large. */
const JOURNAL_SIZE_LIMIT_BYTES = 16 * 1024 * 1024;
/** SQLite's own default. Drivers may be compiled with another: better-sqlite3 keeps 16 MB. */
const FEW_PAGES_KIB = 2000;

/*
 * Bodies lie in a table of their own, so that a head is replaced and heads are listed without touching a body. Times
 * are REAL: they may have fractions, or be greater than the integers that both drivers can read. Bodies have no foreign
 * key: the two tables are only ever changed together, in one transaction. NULL is an empty body, which some drivers
 * make of an empty array.
 */
const TABLES = `
  CREATE TABLE responses (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL,
    variant TEXT NOT NULL,
    resource TEXT NOT NULL,
    head BLOB NOT NULL,
    body_bytes INTEGER NOT NULL,
    created_at REAL NOT NULL,
    expires_at REAL,
    retain_until REAL,
    UNIQUE (key, variant)
  );
  CREATE INDEX responses_by_resource ON responses (resource);
  CREATE INDEX responses_by_created_at ON responses (created_at);
  CREATE INDEX responses_by_expires_at ON responses (expires_at) WHERE expires_at IS NOT NULL;
  CREATE INDEX responses_by_retain_until ON responses (retain_until) WHERE retain_until IS NOT NULL;
  CREATE TABLE bodies (id INTEGER PRIMARY KEY, body BLOB);
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${PLAIN_VERSION};
`;

/** How an opened file is set up. */
export interface DatabaseSettings {
  readonly wal: boolean;
  readonly fastSave: boolean;
  /** Whether records are to be counted and their use noted. What was once begun goes on for everybody. */
  readonly accounting?: boolean;
  /** Whether what was read is to be kept at hand; `false` where all is read once. */
  readonly keepsPages?: boolean;
}

/**
 * Makes an opened database ready: creates the tables in a new file, adds to an older one what is missing, and refuses a file that is not ours. Nothing is
 * written into a file that is refused.
 * @param file its path, for messages
 * @throws BackendError: ERR_CACHE_STORE_FORMAT for another program's or a later release's database; else the driver's
 * own error
 */
export function prepareDatabase(database: SqlDatabase, settings: DatabaseSettings, file: string): void {
  database.exec(`PRAGMA busy_timeout = ${DRIVER_WAIT_MS}`);
  const isNew = isNewDatabase(database, file);
  // Only a database without tables takes this setting.
  if (isNew) database.exec('PRAGMA auto_vacuum = INCREMENTAL');
  if (file !== ':memory:') setJournalMode(database, settings.wal ? 'wal' : 'delete');
  database.exec(`PRAGMA journal_size_limit = ${JOURNAL_SIZE_LIMIT_BYTES}`);
  if (settings.keepsPages === false) database.exec(`PRAGMA cache_size = -${FEW_PAGES_KIB}`);
  // In WAL mode NORMAL is safe: a power cut may lose the last writes, never the file.
  const synchronous = settings.wal ? 'NORMAL' : 'FULL';
  database.exec(`PRAGMA synchronous = ${settings.fastSave ? 'OFF' : synchronous}`);
  if (isNew) createTables(database, file);
  if (settings.accounting === true && !hasAccounting(database)) addAccounting(database);
}

/** Whether records are counted in this file. May change at any time, outside of transactions. */
function hasAccounting(database: SqlDatabase): boolean {
  return pragma(database, 'user_version') >= SCHEMA_VERSION;
}

function addAccounting(database: SqlDatabase): void {
  inTransaction(database, () => {
    // Another process may have been first.
    if (!hasAccounting(database)) database.exec(`${ACCOUNTING}; PRAGMA user_version = ${SCHEMA_VERSION}`);
  });
}

/** Deletes all records. Without conditions and triggers SQLite drops whole tables instead of rows. */
export function deleteAll(database: SqlDatabase): void {
  let records = 'DELETE FROM bodies; DELETE FROM responses';
  if (hasTagIndex(database)) records = withoutUntagging(records);
  database.exec(hasAccounting(database) ? withoutCounting(records) : records);
}

function createTables(database: SqlDatabase, file: string): void {
  inTransaction(database, () => {
    // Another process may have been first, between the look and the lock.
    if (isNewDatabase(database, file)) database.exec(TABLES);
  });
}

/** Runs statements as one change, under the write lock from the start. */
export function inTransaction<T>(database: SqlDatabase, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    try {
      database.exec('ROLLBACK');
    } catch {
      // SQLite has rolled back by itself, as it does after some errors. The first error is the one that tells.
    }
    throw error;
  }
}

function isNewDatabase(database: SqlDatabase, file: string): boolean {
  // In this order: another process may commit its tables, together with both numbers, between two of these looks, and then
  // the last one shows that they are ours.
  const row = database.prepare('SELECT count(*) AS tables FROM sqlite_schema').get() as { tables: number };
  const version = pragma(database, 'user_version');
  const applicationId = pragma(database, 'application_id');
  if (applicationId === APPLICATION_ID) {
    if (version > SCHEMA_VERSION) {
      throw refusal(
        `the file ${file} was written by a later release (schema ${version}; this release knows up to ` +
          `${SCHEMA_VERSION}). Update axios-persistent-cache, choose another cacheName, or delete the file`,
      );
    }
    return false;
  }
  if (applicationId === 0 && version === 0 && row.tables === 0) return true;
  throw refusal(
    `the file ${file} is a database of another program and is left as it is. Choose another cacheName`,
  );
}

function refusal(message: string): BackendError {
  return new BackendError({ backend: 'sqlite', operation: 'open', code: 'ERR_CACHE_STORE_FORMAT', message });
}

/** A pragma's value, which must be a number. */
export function pragma(database: SqlDatabase, name: string): number {
  const row = database.prepare(`PRAGMA ${name}`).get() as Record<string, number> | undefined;
  return row?.[name] ?? 0;
}

/** The mode is a property of the file: it is changed only where it differs, since that needs the file for oneself. */
function setJournalMode(database: SqlDatabase, wanted: 'wal' | 'delete'): void {
  const row = database.prepare('PRAGMA journal_mode').get() as { journal_mode: string };
  if (row.journal_mode === wanted) return;
  try {
    // Where the file system cannot do WAL, SQLite stays in the mode it was, which works as well.
    database.prepare(`PRAGMA journal_mode = ${wanted}`).get();
  } catch (error) {
    // Others have it open in WAL mode. Then this process uses it so, too, until they are gone.
    if (wanted === 'wal' || sqliteProblem(error) !== 'busy') throw error;
  }
}
