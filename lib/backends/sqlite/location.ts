import path from 'node:path';
import { InvalidOptionError } from '../../errors.js';
import type { SqliteOptions } from '../../storage/backend-options.js';
import { absolutePath, currentSurroundings, type Surroundings } from '../../storage/location.js';

/**
 * {@link databasePath} as of now.
 * @throws InvalidOptionError (ERR_CACHE_INVALID_OPTION) for a path that depends on a directory that does not exist, such
 * as a working directory that was deleted
 */
export function currentDatabasePath(cacheName: string, options: SqliteOptions): string {
  try {
    return databasePath(cacheName, options, currentSurroundings());
  } catch (cause) {
    const accepted = 'an absolute path, since the directory on which it depends cannot be told';
    throw new InvalidOptionError('cacheName', cacheName, accepted, { cause });
  }
}

/** Whether the database lives in memory instead of a file. */
export function isInMemory(cacheName: string, options: SqliteOptions): boolean {
  return options.useMemory === true || cacheName === ':memory:';
}

/** @throws InvalidOptionError (ERR_CACHE_INVALID_OPTION) for a name that cannot be a path */
export function validateCacheName(cacheName: string): void {
  if (typeof cacheName !== 'string' || cacheName === '') {
    throw new InvalidOptionError('cacheName', cacheName, 'a non-empty string');
  }
  if (cacheName.includes('\0')) {
    throw new InvalidOptionError('cacheName', cacheName, 'a path without NUL characters');
  }
  if (/^file:/i.test(cacheName)) {
    throw new InvalidOptionError(
      'cacheName',
      cacheName,
      'a path, not a URI (for a database in memory: useMemory)',
    );
  }
}

/**
 * The absolute path of the database file.
 *
 * `~` is the home directory; `.sqlite` is appended to a name without suffix. An absolute path stays as it is. Another
 * one is put under the cache directory, else the user's temporary directory, where the options ask for that, else under
 * the working directory.
 */
export function databasePath(cacheName: string, options: SqliteOptions, where: Surroundings): string {
  const name = path.extname(cacheName) === '' ? `${cacheName}.sqlite` : cacheName;
  return absolutePath(name, options, where);
}
