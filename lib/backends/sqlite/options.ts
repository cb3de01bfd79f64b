import { expectBoolean, expectNonNegativeInteger, expectOneOf, validateOptions } from '../../options.js';
import type { BackendTraits } from '../../storage/backend.js';
import type { SqliteOptions } from '../../storage/backend-options.js';
import { RECORD_LIMITS_SCHEMA, requireEntryWithinTotal } from '../../storage/record-limits.js';
import { isInMemory, validateCacheName } from './location.js';

/** The package, for the table of backends and for messages. */
export const BETTER_SQLITE3 = { packageName: 'better-sqlite3', range: '^12.0.0' };

const SCHEMA = {
  ...RECORD_LIMITS_SCHEMA,
  useCacheDir: expectBoolean,
  useTemp: expectBoolean,
  useMemory: expectBoolean,
  fastSave: expectBoolean,
  wal: expectBoolean,
  busyTimeout: expectNonNegativeInteger,
  recentBytes: expectNonNegativeInteger,
  driver: expectOneOf(['better-sqlite3', 'node:sqlite']),
};

/** Checks options and cache name of the backend `sqlite`. @throws InvalidOptionError: ERR_CACHE_INVALID_OPTION */
export function validateSqliteOptions(
  options: unknown,
  cacheName: string,
  path: string,
): asserts options is SqliteOptions {
  validateOptions(options, SCHEMA, path);
  requireEntryWithinTotal(options as SqliteOptions, Infinity, path);
  validateCacheName(cacheName);
}

/** A file is persistent and shared; a database in memory is neither. */
export function sqliteTraits(options: SqliteOptions, cacheName: string): BackendTraits {
  const isFile = !isInMemory(cacheName, options);
  return Object.freeze({ persistent: isFile, shared: isFile });
}
