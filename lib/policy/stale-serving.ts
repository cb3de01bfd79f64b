import type { EpochMs } from '../clock.js';
import { NO_DIRECTIVES, parseCacheControl, type CacheDirectives } from '../http/cache-control.js';
import { fieldLines } from '../http/header-fields.js';
import { isFresh } from './freshness-lifetime.js';
import { isNeededByTheCache } from './stored-fields.js';
import type {
  PolicySettings,
  RequestHead,
  ResponseHead,
  StaleWindow,
  StoredResponseHead,
} from './messages.js';
import { requestDirectives } from './request-directives.js';

/**
 * Statuses for which a stale response may stand in, whatever else is allowed.
 * @see https://www.rfc-editor.org/rfc/rfc5861.html#section-4
 */
const ERROR_STATUSES: ReadonlySet<number> = new Set([500, 502, 503, 504]);

/** Directives of both sides that decide whether a stale response may be used. */
export interface StaleDirectives {
  readonly request: CacheDirectives;
  /** Of the stored response, never of the response that failed. {@link NO_DIRECTIVES} without `cacheControl`. */
  readonly response: CacheDirectives;
}

/**
 * The directives of a response as far as they count: all of them with `cacheControl`, else none. A `no-cache` that lists
 * a field which the cache itself needs is taken for the plain one.
 */
export function responseDirectives(
  response: Pick<ResponseHead, 'headers'>,
  settings: PolicySettings,
): CacheDirectives {
  if (!settings.cacheControl) return NO_DIRECTIVES;
  const directives = parseCacheControl(fieldLines(response.headers, 'cache-control'));
  const { noCache } = directives;
  const isPlain = typeof noCache !== 'boolean' && noCache.some(isNeededByTheCache);
  return isPlain ? { ...directives, noCache: true } : directives;
}

/**
 * For how long past its expiry a response may stand in for an error: the longest of the setting and the directives
 * `stale-if-error` of the request and of the stored response. An explicit `false` for this request forbids it.
 *
 * @see https://www.rfc-editor.org/rfc/rfc5861.html#section-4
 */
export function staleIfErrorWindow(directives: StaleDirectives, settings: PolicySettings): StaleWindow {
  if (settings.staleIfErrorForced && !settings.staleIfError) return false;
  if (settings.mode === 'network-first' && !settings.staleIfErrorForced) return true;
  return longestWindow(
    settings.staleIfError,
    directives.request.staleIfErrorSeconds,
    directives.response.staleIfErrorSeconds,
  );
}

/**
 * For how long past its expiry a response may be used while it is brought up to date: the longest of the setting and
 * the directives `stale-while-revalidate` of the request and of the stored response. An explicit `false` for this
 * request forbids it.
 *
 * @see https://www.rfc-editor.org/rfc/rfc5861.html#section-3
 */
export function staleWhileRevalidateWindow(
  directives: StaleDirectives,
  settings: PolicySettings,
): StaleWindow {
  if (settings.staleWhileRevalidateForced && !settings.staleWhileRevalidate) return false;
  return longestWindow(
    settings.staleWhileRevalidate,
    directives.request.staleWhileRevalidateSeconds,
    directives.response.staleWhileRevalidateSeconds,
  );
}

/** The longest of some windows; `false` when there is none. */
export function longestWindow(...windows: readonly (StaleWindow | undefined)[]): StaleWindow {
  if (windows.includes(true)) return true;
  const seconds = Math.max(0, ...windows.filter((window) => typeof window === 'number'));
  return seconds > 0 ? seconds : false;
}

/** Whether `now` is at most the window past the expiry. A response that never expires is within any window. */
export function isWithinWindow(window: StaleWindow, expiresAt: EpochMs | undefined, now: EpochMs): boolean {
  if (typeof window === 'boolean') return window;
  return expiresAt === undefined || now < expiresAt + window * 1000;
}

/**
 * Whether a stored response may be used because the origin failed: a network error, a time-out, or a status for which
 * {@link isErrorStatus} is true.
 *
 * A response that is still fresh (after `forceRefresh`) may, when `staleIfError` or a directive allows anything at all.
 * With `cacheControl`, `no-cache` in the stored response forbids it, and `must-revalidate` once it is stale. Whether the
 * status that failed had a `stale-if-error` of its own does not matter.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9111.html#section-4.2.4
 */
export function mayServeOnError(input: {
  readonly stored: StoredResponseHead;
  readonly request: RequestHead;
  readonly settings: PolicySettings;
  readonly now: EpochMs;
}): boolean {
  const { stored, request, settings, now } = input;
  const response = responseDirectives(stored, settings);
  if (response.noCache === true) return false;
  const window = staleIfErrorWindow({ request: requestDirectives(request.headers), response }, settings);
  if (isFresh(stored, now)) return window !== false;
  return !response.mustRevalidate && isWithinWindow(window, stored.expiresAt, now);
}

/**
 * Whether a status counts as a failure of the origin, for which a stale response may stand in: 5xx, unless the user
 * allows it to be stored (`allowableCodes`). Never 4xx.
 *
 * With `cacheControl`, `allowableCodes` only says what may be stored: 500, 502, 503 and 504 are failures even so, since
 * otherwise a `stale-if-error` directive would have no effect where every status may be stored. In the mode `network-first`
 * every 5xx is. What only has a lifetime of its own (`codesExpireAfter`) is a failure all the same.
 *
 * @see https://www.rfc-editor.org/rfc/rfc5861.html#section-4
 */
export function isErrorStatus(status: number, settings: PolicySettings): boolean {
  if (settings.mode === 'network-first') return status >= 500;
  if (settings.cacheControl && ERROR_STATUSES.has(status)) return true;
  return status >= 500 && !settings.allowableCodes.has(status);
}
