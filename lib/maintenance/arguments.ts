import type { CacheEventName } from '../cache/events.js';
import { expectUrls } from '../cache/named-responses.js';
import { expectTag, expectTags } from '../cache/tags.js';
import { InvalidOptionError } from '../errors.js';
import { expectBoolean, expectFunction, type OptionSchema } from '../options.js';

/** A text array, such as keys or URLs. @throws InvalidOptionError (ERR_CACHE_INVALID_OPTION) */
export function expectTexts(value: unknown, option: string): void {
  if (!Array.isArray(value) || value.some((text) => typeof text !== 'string')) {
    throw new InvalidOptionError(option, value, 'an array of strings');
  }
}

/** An array of request configs. @throws InvalidOptionError (ERR_CACHE_INVALID_OPTION) */
export function expectRequests(value: unknown, option: string): void {
  if (!Array.isArray(value) || value.some((request) => typeof request !== 'object' || request === null)) {
    throw new InvalidOptionError(option, value, 'an array of request configs');
  }
}

/** A tag, or an array of them. @throws InvalidOptionError (ERR_CACHE_INVALID_OPTION) */
export function expectTagOrTags(value: unknown, option: string): asserts value is string | readonly string[] {
  if (typeof value === 'string') expectTag(value, option);
  else expectTags(value, option);
}

// What `olderThan` means depends on the clock: it is read, and judged, where it is used.
const READ_LATER = (): void => undefined;

/** `delete(conditions)` */
export const DELETE_SCHEMA: OptionSchema = {
  keys: expectTexts,
  urls: expectUrls,
  tags: expectTagOrTags,
  predicate: expectFunction,
  requests: expectRequests,
  expired: expectBoolean,
  invalid: expectBoolean,
  olderThan: READ_LATER,
};

/** `keys(filter)`, `urls(filter)`, `values(filter)` */
export const VALUES_SCHEMA: OptionSchema = {
  valid: expectBoolean,
  expired: expectBoolean,
  olderThan: READ_LATER,
  tags: expectTagOrTags,
  urls: expectUrls,
};

/** `filter(filter)` */
export const FILTER_SCHEMA: OptionSchema = { ...VALUES_SCHEMA, invalid: expectBoolean };

/** `update(other, options)` */
export const UPDATE_SCHEMA: OptionSchema = { onProgress: expectFunction };

/** `stats(options)` */
export const STATS_SCHEMA: OptionSchema = { reset: expectBoolean };

/** `count(range)`, `contains(target, options)` */
export const EXPIRED_SCHEMA: OptionSchema = { expired: expectBoolean };

// A record, so that the compiler notices when one is missing here.
const EVENT_NAMES: Readonly<Record<CacheEventName, true>> = {
  hit: true,
  miss: true,
  revalidate: true,
  bypass: true,
  store: true,
  refresh: true,
  invalidate: true,
  evict: true,
  backendError: true,
  breakerOpen: true,
  breakerClose: true,
  recordRejected: true,
  backgroundError: true,
  callbackError: true,
};

/** The name of an event. @throws InvalidOptionError (ERR_CACHE_INVALID_OPTION) */
export function expectEventName(value: unknown, option: string): void {
  if (typeof value === 'string' && Object.hasOwn(EVENT_NAMES, value)) return;
  throw new InvalidOptionError(option, value, `one of ${Object.keys(EVENT_NAMES).join(', ')}`);
}
