import type { EpochMs } from '../clock.js';
import type { CacheDirectives } from '../http/cache-control.js';
import { fieldLines } from '../http/header-fields.js';
import { parseHttpDate } from '../http/http-date.js';
import { isHeuristicallyCacheable } from '../http/status-and-methods.js';
import { dateOf, hasUnreadableAge } from './current-age.js';
import type { LifetimeSource, ResponseHead, StoredResponseHead } from './messages.js';

/** A lifetime and what gave it. */
export interface FreshnessLifetime {
  /** Counted from the response's generation. Whole seconds where a directive gave it; ≥ 0; 0 is stale. */
  readonly freshnessLifetimeSeconds: number;
  readonly source: LifetimeSource;
}

/**
 * Seconds for which the response itself says that it is fresh, counted from its generation at the origin.
 *
 * Sources in order: `max-age`, `Expires` − `Date`. `s-maxage` is for shared caches and ignored; `immutable` lengthens
 * nothing (RFC 8246 section 2). One that is present but cannot be read gives 0 and never the next source; so does an
 * `Expires` of several lines. Without a readable `Date`, `Expires` is counted from the reception.
 *
 * With an `Age` that cannot be read every lifetime is 0, since what it is to be compared with is not known.
 *
 * @returns `undefined` when the response says nothing
 * @see https://www.rfc-editor.org/rfc/rfc9111.html#section-4.2.1
 */
export function explicitLifetime(
  response: ResponseHead,
  directives: CacheDirectives,
  responseReceivedAt: EpochMs,
): FreshnessLifetime | undefined {
  const isAgeUnreadable = hasUnreadableAge(response.headers);
  if (directives.maxAgeSeconds !== undefined) {
    return { freshnessLifetimeSeconds: isAgeUnreadable ? 0 : directives.maxAgeSeconds, source: 'max-age' };
  }
  const [expires, ...others] = fieldLines(response.headers, 'expires');
  if (expires === undefined) return undefined;
  if (isAgeUnreadable) return { freshnessLifetimeSeconds: 0, source: 'expires' };
  // https://www.rfc-editor.org/rfc/rfc9111.html#section-5.3
  const expiresAt = others.length > 0 ? undefined : parseHttpDate(expires, responseReceivedAt);
  const date = dateOf(response.headers, responseReceivedAt);
  const lifetimeMs = expiresAt === undefined ? 0 : Math.max(0, expiresAt - date);
  return { freshnessLifetimeSeconds: lifetimeMs / 1000, source: 'expires' };
}

/**
 * A lifetime guessed from how long the response has been unchanged: `fraction` of `Date` − `Last-Modified`. Only for
 * statuses that allow guessing, or where the response is `public`; the caller makes sure that nothing is explicit.
 *
 * @param fraction 0.1 is the usual one; 0 guesses nothing
 * @returns `undefined` when there is nothing to guess from
 * @see https://www.rfc-editor.org/rfc/rfc9111.html#section-4.2.2
 */
export function heuristicLifetime(
  response: ResponseHead,
  directives: CacheDirectives,
  fraction: number,
  responseReceivedAt: EpochMs,
): FreshnessLifetime | undefined {
  if (!(fraction > 0)) return undefined;
  if (!isHeuristicallyCacheable(response.status) && !directives.public) return undefined;
  const [lastModified, ...others] = fieldLines(response.headers, 'last-modified');
  if (lastModified === undefined || others.length > 0 || hasUnreadableAge(response.headers)) return undefined;
  const lastModifiedAt = parseHttpDate(lastModified, responseReceivedAt);
  if (lastModifiedAt === undefined) return undefined;
  const unchangedMs = dateOf(response.headers, responseReceivedAt) - lastModifiedAt;
  if (unchangedMs <= 0) return undefined;
  return { freshnessLifetimeSeconds: (unchangedMs * fraction) / 1000, source: 'heuristic' };
}

/** Whether a stored response is fresh. @see https://www.rfc-editor.org/rfc/rfc9111.html#section-4.2 */
export function isFresh(stored: Pick<StoredResponseHead, 'expiresAt'>, now: EpochMs): boolean {
  return stored.expiresAt === undefined || now < stored.expiresAt;
}
