import { InvalidOptionError } from '../errors.js';
import { expectLimit, optionPath, validateOptions } from '../options.js';
import { type MemoryOptions } from '../storage/backend-options.js';

/** Bytes that all records may take where the user does not say. */
export const DEFAULT_MAX_BYTES = 256 * 1024 * 1024;

const SCHEMA = { maxBytes: expectLimit, maxEntries: expectLimit, maxEntryBytes: expectLimit };

/** Checks the options of the backend `memory`. @throws InvalidOptionError: ERR_CACHE_INVALID_OPTION */
export function validateMemoryOptions(options: unknown, path: string): asserts options is MemoryOptions {
  validateOptions(options, SCHEMA, path);
  const { maxEntryBytes, maxBytes = DEFAULT_MAX_BYTES } = options as MemoryOptions;
  if (maxEntryBytes !== undefined && maxEntryBytes > maxBytes) {
    throw new InvalidOptionError(
      optionPath(path, 'maxEntryBytes'),
      maxEntryBytes,
      `at most maxBytes (${maxBytes})`,
    );
  }
}
