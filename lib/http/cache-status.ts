/** What a cache tells of how it has dealt with a request. */
export interface CacheStatus {
  readonly hit: boolean;
  /** Why the request went on; undefined where it did not. */
  readonly fwd: string | undefined;
  readonly fwdStatus: number | undefined;
  readonly stored: boolean;
  readonly collapsed: boolean;
  /** Seconds for which the response stays fresh, negative when stale; undefined: not known, or for ever. */
  readonly ttl: number | undefined;
  /** A word for people who look for the cause. */
  readonly rule: string;
}

// https://www.rfc-editor.org/rfc/rfc8941.html#section-3.3.4
const TOKEN = /^[A-Za-z*][\w!#$%&'*+\-.^`|~:/]*$/;
// https://www.rfc-editor.org/rfc/rfc8941.html#section-3.3.3
const PRINTABLE = /^[ -~]+$/;
// https://www.rfc-editor.org/rfc/rfc8941.html#section-3.3.1
const LARGEST_INTEGER = 999_999_999_999_999;

/** Whether a text can be the name of a cache: a token, or else a text of printable ASCII, which is quoted. */
export function isCacheStatusName(name: string): boolean {
  return PRINTABLE.test(name);
}

/**
 * One member of the header field `Cache-Status`.
 * @param name of the cache; see {@link isCacheStatusName}
 * @see https://www.rfc-editor.org/rfc/rfc9211.html#section-2
 */
export function formatCacheStatus(name: string, status: CacheStatus): string {
  let text = TOKEN.test(name) ? name : `"${name.replace(/["\\]/g, '\\$&')}"`;
  if (status.hit) text += '; hit';
  if (status.fwd !== undefined) {
    text += `; fwd=${status.fwd}`;
    if (status.fwdStatus !== undefined) text += `; fwd-status=${status.fwdStatus}`;
    if (status.stored) text += '; stored';
    if (status.collapsed) text += '; collapsed';
  }
  if (status.ttl !== undefined) {
    const ttl = Math.floor(status.ttl);
    text += `; ttl=${Math.max(-LARGEST_INTEGER, Math.min(LARGEST_INTEGER, ttl))}`;
  }
  return `${text}; detail=${status.rule}`;
}
