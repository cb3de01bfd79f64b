import type { EpochMs } from '../clock.js';
import { InvalidOptionError } from '../errors.js';
import { parseHttpDate } from '../http/http-date.js';
import type { HeaderFields } from '../http/header-fields.js';
import type { Lifetime, LifetimeRule, StaleWindow } from './messages.js';

/** A response never becomes stale. */
export const NEVER_EXPIRE = -1 as const;

/** A response is stale on arrival: it is stored for validation only, where it has an `ETag` or `Last-Modified`. */
export const EXPIRE_IMMEDIATELY = 0 as const;

/** Neither read from the cache nor write to it. */
export const DO_NOT_CACHE = 'do-not-cache' as const;

/**
 * How long a response stays fresh.
 *
 * - a number: seconds from its reception, fractions allowed; `0` ({@link EXPIRE_IMMEDIATELY}) is stale at once, `-1`
 *   ({@link NEVER_EXPIRE}) and `Infinity` never
 * - a string with a number: the same, `'60'`
 * - a duration: `'500ms'`, `'30s'`, `'10m'`, `'2h'`, `'1d'`, `'1w'`, `'1h30m'`, `'2 hours'`; `m` is minutes, and there
 *   are no months or years
 * - a `Date`, or an HTTP date (`'Sun, 06 Nov 2033 08:49:37 GMT'`): until then. Other date texts are refused
 * - `'do-not-cache'` ({@link DO_NOT_CACHE}): neither read nor write
 */
export type ExpirationTime = number | string | Date;

/** A request as an {@link ExpirationFunction} sees it. */
export interface ExpirationRequest {
  /** In upper case, after a method override. */
  readonly method: string;
  /** The effective URL, canonical and without credentials. */
  readonly url: string;
  /** As they were sent, credentials included; names in lower case. */
  readonly headers: HeaderFields;
}

/** A response as an {@link ExpirationFunction} sees it. */
export interface ExpirationResponse {
  readonly status: number;
  /** Names in lower case. After a 304 those of the stored response, brought up to date. */
  readonly headers: HeaderFields;
}

/**
 * Works out the lifetime of a response, each time that one comes, and when a 304 confirms it. `undefined`: the next in
 * precedence decides. It answers at once; what it throws, or gives that is no expiration time, keeps the response from being
 * stored and is told by the event `callbackError`.
 *
 * @example (request, response) => (response.headers['x-preview'] === undefined ? '1d' : 10)
 */
export type ExpirationFunction = (
  request: ExpirationRequest,
  response: ExpirationResponse,
) => ExpirationTime | undefined;

/** A lifetime for every response, or a function that works out that of each. */
export type ExpirationRule = ExpirationTime | ExpirationFunction;

const SECONDS_BY_UNIT: ReadonlyMap<string, number> = new Map(
  (
    [
      [0.001, 'ms', 'msec', 'msecs', 'millisecond', 'milliseconds'],
      [1, 's', 'sec', 'secs', 'second', 'seconds'],
      [60, 'm', 'min', 'mins', 'minute', 'minutes'],
      [3600, 'h', 'hr', 'hrs', 'hour', 'hours'],
      [86_400, 'd', 'day', 'days'],
      [604_800, 'w', 'week', 'weeks'],
    ] as const
  ).flatMap(([seconds, ...units]) => units.map((unit) => [unit, seconds] as const)),
);

const DURATION_TEXT =
  'a duration such as "30s", "10m" or "1h30m" (units ms, s, m for minutes, h, d, w; no months or years)';
const EXPIRATION_TEXT =
  `seconds (a number ≥ 0), ${DURATION_TEXT}, a Date, an HTTP date, NEVER_EXPIRE (-1), EXPIRE_IMMEDIATELY (0) or ` +
  'DO_NOT_CACHE ("do-not-cache"); for an ISO date pass a Date: new Date("…")';

/** The last moment that a `Date` can hold. What would expire later never does. */
export const LATEST_EPOCH_MS: EpochMs = 8.64e15;

/**
 * Reads an {@link ExpirationTime}.
 * @param value anything, as a user gave it
 * @param option the option's name, for the error
 * @throws `ERR_CACHE_INVALID_OPTION` for everything that is not an expiration time, also `null` and booleans
 */
export function parseExpirationTime(value: unknown, option: string, now: EpochMs): Lifetime {
  const lifetime =
    typeof value === 'number'
      ? numericLifetime(value)
      : typeof value === 'string'
        ? textLifetime(value.trim(), now)
        : value instanceof Date && !Number.isNaN(value.getTime())
          ? ({ kind: 'at', epochMs: value.getTime() } as const)
          : undefined;
  if (lifetime === undefined) throw new InvalidOptionError(option, value, EXPIRATION_TEXT);
  return lifetime;
}

/**
 * Reads an {@link ExpirationRule}.
 * @throws `ERR_CACHE_INVALID_OPTION`, as {@link parseExpirationTime}
 */
export function parseExpirationRule(value: unknown, option: string, now: EpochMs): LifetimeRule {
  if (typeof value !== 'function') return parseExpirationTime(value, option, now);
  return { kind: 'by-response', choose: value as ExpirationFunction, option };
}

/**
 * Reads a plain duration: a number of seconds ≥ 0, or text as in {@link ExpirationTime}. 0 is no time at all.
 * @returns seconds, finite, ≥ 0
 * @throws `ERR_CACHE_INVALID_OPTION`
 */
export function parseDurationSeconds(value: unknown, option: string): number {
  const seconds =
    typeof value === 'number' ? value : typeof value === 'string' ? textSeconds(value.trim()) : undefined;
  if (seconds === undefined || !Number.isFinite(seconds) || seconds < 0) {
    throw new InvalidOptionError(option, value, `seconds (a number ≥ 0) or ${DURATION_TEXT}`);
  }
  return seconds;
}

/**
 * Reads a window for stale responses: `true`, -1 or `Infinity` for any staleness, `false` or 0 for none, seconds or a
 * duration for as long past expiry.
 * @returns `true`, `false`, or seconds > 0
 * @throws `ERR_CACHE_INVALID_OPTION`
 */
export function parseStaleWindow(value: unknown, option: string): StaleWindow {
  if (typeof value === 'boolean') return value;
  const seconds =
    typeof value === 'number' ? value : typeof value === 'string' ? textSeconds(value.trim()) : undefined;
  if (seconds === NEVER_EXPIRE || seconds === Infinity) return true;
  if (seconds === undefined || Number.isNaN(seconds) || seconds < 0) {
    throw new InvalidOptionError(option, value, `true, false, seconds (a number ≥ 0) or ${DURATION_TEXT}`);
  }
  return seconds === 0 ? false : seconds;
}

/**
 * When something received at `receivedAt` becomes stale; `undefined`: never, also where that is later than a `Date`
 * can be.
 * @throws TypeError for `do-not-cache`: what is not cached has no expiry
 */
export function expiryOf(lifetime: Lifetime, receivedAt: EpochMs): EpochMs | undefined {
  switch (lifetime.kind) {
    case 'never-expire':
      return undefined;
    case 'at':
      return lifetime.epochMs;
    case 'after': {
      const expiresAt = receivedAt + lifetime.seconds * 1000;
      return expiresAt > LATEST_EPOCH_MS ? undefined : expiresAt;
    }
    case 'do-not-cache':
      throw new TypeError('A response that is not cached has no expiry.');
  }
}

/**
 * When a response that arrives now would become stale by this expiration time; `undefined`: never.
 * @throws `ERR_CACHE_INVALID_OPTION`, also for {@link DO_NOT_CACHE}: what is not cached has no expiry
 */
export function getExpirationDate(value: ExpirationTime, now: EpochMs): Date | undefined {
  const lifetime = parseExpirationTime(value, 'expireAfter', now);
  if (lifetime.kind === 'do-not-cache')
    throw new InvalidOptionError('expireAfter', value, 'a time, not DO_NOT_CACHE');
  const expiresAt = expiryOf(lifetime, now);
  return expiresAt === undefined ? undefined : new Date(expiresAt);
}

function numericLifetime(seconds: number): Lifetime | undefined {
  if (seconds === NEVER_EXPIRE || seconds === Infinity) return { kind: 'never-expire' };
  return seconds >= 0 ? { kind: 'after', seconds: Math.abs(seconds) } : undefined;
}

function textLifetime(text: string, now: EpochMs): Lifetime | undefined {
  if (text === DO_NOT_CACHE) return { kind: 'do-not-cache' };
  const seconds = textSeconds(text);
  if (seconds !== undefined) return numericLifetime(seconds);
  const epochMs = parseHttpDate(text, now);
  return epochMs === undefined ? undefined : { kind: 'at', epochMs };
}

/** Seconds of a number (`'60'`, `'-1'`) or of a duration (`'1h30m'`); `undefined` for other text. */
function textSeconds(text: string): number | undefined {
  if (/^-?[0-9]+(\.[0-9]+)?$/.test(text)) return finite(Number(text));
  if (!/^([0-9]+(\.[0-9]+)?\s*[a-z]+\s*)+$/i.test(text)) return undefined;
  let sum = 0;
  for (const [, amount, name = ''] of text.matchAll(/([0-9.]+)\s*([a-z]+)/gi)) {
    // A single letter counts as written, since a capital M may be meant for months.
    const unitSeconds = SECONDS_BY_UNIT.get(name.length === 1 ? name : name.toLowerCase());
    if (unitSeconds === undefined) return undefined;
    sum += Number(amount) * unitSeconds;
  }
  return finite(sum);
}

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}

/**
 * The point in time that is meant by a `Date`, or by so many seconds or a duration (`'2d'`) before now.
 * @throws InvalidOptionError (ERR_CACHE_INVALID_OPTION)
 */
export function momentBefore(moment: unknown, option: string, now: EpochMs): EpochMs {
  if (moment instanceof Date && !Number.isNaN(moment.getTime())) return moment.getTime();
  return now - parseDurationSeconds(moment, option) * 1000;
}
