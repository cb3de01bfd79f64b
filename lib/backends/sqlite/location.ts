import os from 'node:os';
import path from 'node:path';
import { InvalidOptionError } from '../../errors.js';
import { type SqliteOptions } from '../../storage/backend-options.js';

/** The machine's facts that a location depends on. Tests pass their own. */
export interface Surroundings {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly homeDir: string;
  readonly tempDir: string;
  /** Who runs the process: the number or the name of the user. */
  readonly user: string;
  readonly workingDir: string;
}

/** The surroundings of this process. */
export function currentSurroundings(): Surroundings {
  return {
    platform: process.platform,
    env: process.env,
    // Only where it is needed: it fails for a user without a home, as the other does when the directory was deleted.
    get homeDir() {
      return os.homedir();
    },
    tempDir: os.tmpdir(),
    // Windows has no numbers for users.
    user: String(process.geteuid?.() ?? os.userInfo().username),
    get workingDir() {
      return process.cwd();
    },
  };
}

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
  const expanded = /^~(?=$|[\\/])/.test(name) ? path.join(where.homeDir, name.slice(1)) : name;
  if (path.isAbsolute(expanded)) return path.normalize(expanded);
  if (options.useCacheDir === true) return path.join(cacheDirectory(where), expanded);
  if (options.useTemp === true) return path.join(temporaryDirectory(where), expanded);
  return path.resolve(where.workingDir, expanded);
}

/**
 * The directory for this user's temporary caches: one of the user's own, since everybody may write into the one for
 * temporary files, and could put a file or a link there before.
 */
export function temporaryDirectory(where: Surroundings): string {
  return path.join(where.tempDir, `axios-persistent-cache-${where.user.replace(/[^\w.-]/g, '_')}`);
}

/**
 * The directory for this user's caches.
 * @see https://specifications.freedesktop.org/basedir-spec/latest/ which has relative values ignored
 */
export function cacheDirectory(where: Surroundings): string {
  if (where.platform === 'darwin') return path.join(where.homeDir, 'Library', 'Caches');
  if (where.platform === 'win32') {
    return where.env['LOCALAPPDATA'] || path.join(where.homeDir, 'AppData', 'Local');
  }
  const chosen = where.env['XDG_CACHE_HOME'] ?? '';
  return path.isAbsolute(chosen) ? chosen : path.join(where.homeDir, '.cache');
}
