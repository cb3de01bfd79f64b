import { InvalidOptionError } from '../errors.js';
import { expectLimit, optionPath, type OptionSchema } from '../options.js';

/** The options by which a local backend limits what it keeps. */
export interface RecordLimitOptions {
  readonly maxBytes?: number | undefined;
  readonly maxEntries?: number | undefined;
  readonly maxEntryBytes?: number | undefined;
}

/** The checks of {@link RecordLimitOptions}, for the schema of a backend. */
export const RECORD_LIMITS_SCHEMA: OptionSchema = {
  maxBytes: expectLimit,
  maxEntries: expectLimit,
  maxEntryBytes: expectLimit,
};

/**
 * A record that may be larger than all together is a mistake.
 * @param defaultMaxBytes what counts where the user does not say
 * @throws InvalidOptionError: ERR_CACHE_INVALID_OPTION
 */
export function requireEntryWithinTotal(
  options: RecordLimitOptions,
  defaultMaxBytes: number,
  path: string,
): void {
  const { maxEntryBytes, maxBytes = defaultMaxBytes } = options;
  if (maxEntryBytes === undefined || maxEntryBytes <= maxBytes) return;
  throw new InvalidOptionError(
    optionPath(path, 'maxEntryBytes'),
    maxEntryBytes,
    `at most maxBytes (${maxBytes})`,
  );
}
