import { EXPIRE_IMMEDIATELY } from './expiration.js';

/**
 * Options that make the cache a private cache as RFC 9111 describes it, where header fields alone decide: spread them into
 * the options of `withCache`. Explicit lifetimes, then 10 % of the time since Last-Modified; no lifetime of its own, so
 * that what has neither is kept for validation only; every final status that may be stored; the methods GET, HEAD and
 * QUERY.
 *
 * All header fields are stored and replayed (section 3.1), `Set-Cookie` among them: a private cache is one user's. Where
 * an instance serves several users, set `replayCookies: false` beside it.
 *
 * An `expireAfter` set beside it is the lifetime of responses that say nothing themselves.
 * @see https://www.rfc-editor.org/rfc/rfc9111.html
 */
export const rfc9111 = Object.freeze({
  cacheControl: true,
  heuristicFraction: 0.1,
  expireAfter: EXPIRE_IMMEDIATELY,
  allowableMethods: Object.freeze(['GET', 'HEAD', 'QUERY']),
  replayCookies: true,
  allowableCodes: Object.freeze(Array.from({ length: 400 }, (_, index) => 200 + index)),
});
