import os from 'node:os';
import path from 'node:path';

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

/** Where a relative path goes. */
export interface PlaceOptions {
  readonly useCacheDir?: boolean | undefined;
  readonly useTemp?: boolean | undefined;
}

/**
 * The absolute form of a path. `~` is the home directory, and an absolute path stays as it is. Another one is put under
 * the cache directory, else the user's temporary directory, where the options ask for that, else under the working
 * directory.
 */
export function absolutePath(name: string, options: PlaceOptions, where: Surroundings): string {
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
