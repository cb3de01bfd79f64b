import { validateOptions } from '../options.js';
import type { MemoryOptions } from '../storage/backend-options.js';
import { RECORD_LIMITS_SCHEMA, requireEntryWithinTotal } from '../storage/record-limits.js';

/** Bytes that all records may take where the user does not say. */
export const DEFAULT_MAX_BYTES = 256 * 1024 * 1024;

/** Checks the options of the backend `memory`. @throws InvalidOptionError: ERR_CACHE_INVALID_OPTION */
export function validateMemoryOptions(options: unknown, path: string): asserts options is MemoryOptions {
  validateOptions(options, RECORD_LIMITS_SCHEMA, path);
  requireEntryWithinTotal(options as MemoryOptions, DEFAULT_MAX_BYTES, path);
}
