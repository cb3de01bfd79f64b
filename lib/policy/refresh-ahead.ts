import type { EpochMs } from '../clock.js';
import { InvalidOptionError } from '../errors.js';
import { optionPath, type OptionSchema, validateOptions } from '../options.js';
import { parseDurationSeconds } from './expiration.js';
import type { RefreshAhead, StoredResponseHead } from './messages.js';

/**
 * How long before it becomes stale a response is brought up to date: a fraction of its lifetime, a duration, or either with
 * jitter. `false` and 0: not before.
 */
export type RefreshAheadOption = false | number | string | RefreshAheadTimes;

/** A {@link RefreshAheadOption} in full. One of `fraction` and `before` is given. */
export interface RefreshAheadTimes {
  /** The last part of the lifetime, > 0 and < 1. */
  readonly fraction?: number | undefined;
  /** So many seconds, or a duration (`'30s'`), before it becomes stale; at most half of the lifetime. */
  readonly before?: number | string | undefined;
  /**
   * Spreads what many processes do: each begins later, by up to this part of the time. 0: all begin at once; 1: some only at the
   * very end. A process has another share of it for each key, and keeps it. @default 0
   */
  readonly jitter?: number | undefined;
}

const ACCEPTED =
  'false, a fraction of the lifetime (a number > 0 and < 1), a duration such as "30s", or { fraction or before, jitter }';

const TIMES_SCHEMA: OptionSchema = {
  fraction: expectFraction,
  before: (value, option) => void parseDurationSeconds(value, option),
  jitter: (value, option) => {
    if (typeof value !== 'number' || !(value >= 0 && value <= 1)) {
      throw new InvalidOptionError(option, value, 'a number from 0 to 1');
    }
  },
};

/**
 * Reads a {@link RefreshAheadOption}.
 * @returns undefined: off
 * @throws InvalidOptionError (ERR_CACHE_INVALID_OPTION)
 */
export function parseRefreshAhead(value: unknown, option: string): RefreshAhead | undefined {
  if (value === false || value === 0) return undefined;
  if (typeof value === 'number') {
    expectFraction(value, option);
    return { fraction: value, seconds: undefined, jitter: 0 };
  }
  if (typeof value === 'string') return timesOf({ before: value }, option);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidOptionError(option, value, ACCEPTED);
  }
  validateOptions(value, TIMES_SCHEMA, option);
  return timesOf(value, option);
}

function timesOf(times: RefreshAheadTimes, option: string): RefreshAhead | undefined {
  const { fraction, before, jitter = 0 } = times;
  if ((fraction === undefined) === (before === undefined)) {
    throw new InvalidOptionError(option, times, 'an object with either `fraction` or `before`');
  }
  if (before === undefined) return { fraction, seconds: undefined, jitter };
  const seconds = parseDurationSeconds(before, optionPath(option, 'before'));
  return seconds === 0 ? undefined : { fraction: undefined, seconds, jitter };
}

function expectFraction(value: unknown, option: string): void {
  if (typeof value === 'number' && value > 0 && value < 1) return;
  throw new InvalidOptionError(option, value, 'a fraction of the lifetime: a number > 0 and < 1');
}

/**
 * Whether it is time to bring a response up to date that is still fresh. Never for one that never becomes stale.
 *
 * The time is a part of that for which it was fresh when it came: so an expiry that a refresh does not move is not asked about
 * again and again, but each time at a part of what is left.
 * @param share of the jitter, from 0 (none of it) to 1
 */
export function isDueAhead(
  { expiresAt, responseReceivedAt }: StoredResponseHead,
  { fraction, seconds, jitter }: RefreshAhead,
  now: EpochMs,
  share: number,
): boolean {
  if (expiresAt === undefined) return false;
  const lifetimeMs = expiresAt - responseReceivedAt;
  const aheadMs =
    fraction === undefined ? Math.min((seconds ?? 0) * 1000, lifetimeMs / 2) : lifetimeMs * fraction;
  return expiresAt - now <= aheadMs * (1 - jitter * share);
}
