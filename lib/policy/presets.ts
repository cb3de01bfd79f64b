import { EXPIRE_IMMEDIATELY } from './expiration.js';

/**
 * Options that make the cache a private cache as RFC 9111 describes it, where header fields alone decide: spread them into
 * the options of `withCache`. Explicit lifetimes, then 10 % of the time since Last-Modified; no lifetime of its own, so
 * that what has neither is kept for validation only; every final status that may be stored.
 *
 * An `expireAfter` set beside it is the lifetime of responses that say nothing themselves.
 * @see https://www.rfc-editor.org/rfc/rfc9111.html
 */
export const rfc9111 = Object.freeze({
  cacheControl: true,
  heuristicFraction: 0.1,
  expireAfter: EXPIRE_IMMEDIATELY,
  allowableCodes: Object.freeze(Array.from({ length: 400 }, (_, index) => 200 + index)),
});
