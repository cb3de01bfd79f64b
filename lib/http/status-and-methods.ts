/**
 * Status codes whose responses may be given a heuristic lifetime.
 * @see https://www.rfc-editor.org/rfc/rfc9110.html#section-15.1
 */
const HEURISTICALLY_CACHEABLE: ReadonlySet<number> = new Set([
  200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501,
]);

/**
 * Final status codes that RFC 9110 defines and whose rules for caching this library follows. Not 304,
 * which is never a response of its own.
 * @see https://www.rfc-editor.org/rfc/rfc9110.html#section-15
 */
const UNDERSTOOD: ReadonlySet<number> = new Set([
  200, 201, 202, 203, 204, 205, 206, 300, 301, 302, 303, 305, 307, 308, 400, 401, 402, 403, 404, 405, 406,
  407, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417, 421, 422, 426, 500, 501, 502, 503, 504, 505,
]);

/**
 * Status codes whose responses must not be stored by a cache.
 * @see https://www.rfc-editor.org/rfc/rfc6585.html
 */
const NEVER_STORED: ReadonlySet<number> = new Set([428, 429, 431, 511]);

/**
 * Methods that ask for no change of state: RFC 9110 section 9.2.1, PROPFIND (RFC 4918 section 9.1), REPORT (RFC 3253
 * section 3.6), SEARCH (RFC 5323 section 2.1), QUERY (draft-ietf-httpbis-safe-method-w-body).
 * @see https://www.rfc-editor.org/rfc/rfc9110.html#section-9.2.1
 */
const SAFE_METHODS: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'OPTIONS',
  'TRACE',
  'PROPFIND',
  'REPORT',
  'SEARCH',
  'QUERY',
]);

/** Whether a status ends the exchange: not 1xx. @see https://www.rfc-editor.org/rfc/rfc9110.html#section-15 */
export function isFinalStatus(status: number): boolean {
  return Number.isInteger(status) && status >= 200 && status <= 599;
}

/** Whether a heuristic lifetime is allowed. @see https://www.rfc-editor.org/rfc/rfc9110.html#section-15.1 */
export function isHeuristicallyCacheable(status: number): boolean {
  return HEURISTICALLY_CACHEABLE.has(status);
}

/** Whether `must-understand` is met. @see https://www.rfc-editor.org/rfc/rfc9111.html#section-5.2.2.3 */
export function isUnderstoodStatus(status: number): boolean {
  return UNDERSTOOD.has(status);
}

/** Whether the definition of the status forbids storing. @see https://www.rfc-editor.org/rfc/rfc6585.html */
export function isNeverStoredStatus(status: number): boolean {
  return NEVER_STORED.has(status);
}

/**
 * Whether a method is known to be safe. An unknown one is not.
 * @param method in upper case
 * @see https://www.rfc-editor.org/rfc/rfc9110.html#section-9.2.1
 */
export function isSafeMethod(method: string): boolean {
  return SAFE_METHODS.has(method);
}
