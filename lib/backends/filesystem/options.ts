import { InvalidOptionError } from '../../errors.js';
import { expectBoolean, expectOneOf, type OptionCheck, optionPath, validateOptions } from '../../options.js';
import { absolutePath, currentSurroundings } from '../../storage/location.js';
import type { FilesystemOptions } from '../../storage/options/filesystem.js';
import { RECORD_LIMITS_SCHEMA, requireEntryWithinTotal } from '../../storage/record-limits.js';

/** Files outlive the process, and others may use them, too. */
export const FILESYSTEM_TRAITS = Object.freeze({ persistent: true, shared: true });

const expectExtension: OptionCheck = (value, option) => {
  if (typeof value === 'string' && /^\.?[A-Za-z0-9_-]{1,20}$/.test(value)) return;
  throw new InvalidOptionError(
    option,
    value,
    'the ending of a file name: 1 to 20 letters, digits, "_" or "-", with or without a dot before them',
  );
};

const SCHEMA = {
  ...RECORD_LIMITS_SCHEMA,
  useCacheDir: expectBoolean,
  useTemp: expectBoolean,
  serializer: expectOneOf(['binary', 'json', 'yaml']),
  decodeContent: expectBoolean,
  extension: expectExtension,
  fastSave: expectBoolean,
};

/** Checks options and cache name of the backend `filesystem`. @throws InvalidOptionError: ERR_CACHE_INVALID_OPTION */
export function validateFilesystemOptions(
  options: unknown,
  cacheName: string,
  path: string,
): asserts options is FilesystemOptions {
  validateOptions(options, SCHEMA, path);
  requireEntryWithinTotal(options as FilesystemOptions, Infinity, path);
  const { serializer = 'binary', decodeContent = false } = options as FilesystemOptions;
  if (decodeContent && serializer === 'binary') {
    throw new InvalidOptionError(
      optionPath(path, 'decodeContent'),
      decodeContent,
      'false, since the serializer "binary" keeps bytes as they are',
    );
  }
  if (typeof cacheName !== 'string' || cacheName === '' || cacheName.includes('\0')) {
    throw new InvalidOptionError('cacheName', cacheName, 'a path that is not empty, without NUL characters');
  }
}

/**
 * The absolute path of the cache's directory as of now.
 * @throws InvalidOptionError (ERR_CACHE_INVALID_OPTION) for a path that depends on a directory that does not exist
 */
export function currentDirectory(cacheName: string, options: FilesystemOptions): string {
  try {
    return absolutePath(cacheName, options, currentSurroundings());
  } catch (cause) {
    const accepted = 'an absolute path, since the directory on which it depends cannot be told';
    throw new InvalidOptionError('cacheName', cacheName, accepted, { cause });
  }
}
