import type { EpochMs } from '../clock.js';
import { InvalidOptionError } from '../errors.js';
import { type ExpirationTime, parseExpirationTime } from './expiration.js';
import type { Lifetime } from './messages.js';

/**
 * Expiration times by status: a status, or a class of them. The status itself wins over its class.
 * @example { 404: '1m', '5xx': 10 }
 */
export type CodeLifetimes = Readonly<Record<number | `${number}xx`, ExpirationTime>>;

const ACCEPTED = 'an object of expiration times by status (200 to 599, but 304) or class ("2xx" to "5xx")';

/**
 * Reads {@link CodeLifetimes}.
 * @returns by status, and by the first digit of a class
 * @throws InvalidOptionError (ERR_CACHE_INVALID_OPTION) naming the status, as in `codesExpireAfter["404"]`
 */
export function parseCodeLifetimes(
  value: unknown,
  option: string,
  now: EpochMs,
): ReadonlyMap<number, Lifetime> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidOptionError(option, value, ACCEPTED);
  }
  const lifetimes = new Map<number, Lifetime>();
  for (const [code, expireAfter] of Object.entries(value)) {
    // A 304 is never stored by itself.
    if (!/^[2-5](\d\d|xx)$/i.test(code) || code === '304') {
      throw new InvalidOptionError(option, code, ACCEPTED);
    }
    const lifetime = parseExpirationTime(expireAfter, `${option}[${JSON.stringify(code)}]`, now);
    lifetimes.set(/xx$/i.test(code) ? Number(code[0]) : Number(code), lifetime);
  }
  return lifetimes.size === 0 ? undefined : lifetimes;
}
