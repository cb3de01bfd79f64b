import type { StoredResponse } from '../cache/stored-response.js';
import { parseCacheControl } from '../http/cache-control.js';
import { fieldLines, fieldValue } from '../http/header-fields.js';
import { currentAgeSeconds } from '../policy/current-age.js';
import { isFresh } from '../policy/freshness-lifetime.js';
import type { LifetimeSource } from '../policy/messages.js';

/** How fresh a stored response is, in numbers. All spans are seconds; undefined stands for "for ever". */
export interface Freshness {
  readonly isFresh: boolean;
  /** Since the origin made it, or has confirmed it. @see https://www.rfc-editor.org/rfc/rfc9111.html#section-4.2.3 */
  readonly ageSeconds: number;
  /** From when the lifetime counts: a lifetime of the response's own from its generation, one of the user's from its reception. */
  readonly countsFrom: number;
  readonly lifetimeSeconds: number | undefined;
  readonly lifetimeSource: LifetimeSource;
  readonly expiresAt: number | undefined;
  /** Negative when it is stale. */
  readonly ttlSeconds: number | undefined;
  readonly retainUntil: number | undefined;
  readonly validators: readonly string[];
  /** What `Cache-Control` says of its use when it is stale. */
  readonly staleDirectives: readonly string[];
}

/** Lifetimes that the response itself gives. */
const OF_THE_RESPONSE: readonly LifetimeSource[] = ['max-age', 's-maxage', 'expires', 'heuristic'];

export function freshnessOf(stored: StoredResponse, now: number): Freshness {
  const { expiresAt, lifetimeSource } = stored;
  const countsFrom = OF_THE_RESPONSE.includes(lifetimeSource)
    ? stored.generatedAt
    : stored.responseReceivedAt;
  return {
    isFresh: isFresh(stored, now),
    ageSeconds: currentAgeSeconds(stored, now),
    countsFrom,
    lifetimeSeconds: expiresAt === undefined ? undefined : (expiresAt - countsFrom) / 1000,
    lifetimeSource,
    expiresAt,
    ttlSeconds: ttlSecondsOf(stored, now),
    retainUntil: stored.retainUntil,
    validators: ['etag', 'last-modified'].flatMap((name) => {
      const value = fieldValue(stored.headers, name);
      return value === undefined ? [] : [`${name}: ${value}`];
    }),
    staleDirectives: staleDirectives(stored),
  };
}

/** Seconds until it becomes stale, negative when it is; undefined: never. */
export function ttlSecondsOf({ expiresAt }: StoredResponse, now: number): number | undefined {
  return expiresAt === undefined ? undefined : (expiresAt - now) / 1000;
}

function staleDirectives({ headers }: StoredResponse): readonly string[] {
  const directives = parseCacheControl(fieldLines(headers, 'cache-control'));
  const { staleIfErrorSeconds, staleWhileRevalidateSeconds } = directives;
  return [
    ...(directives.mustRevalidate ? ['must-revalidate'] : []),
    ...(directives.noCache === false ? [] : ['no-cache']),
    ...(staleIfErrorSeconds === undefined ? [] : [`stale-if-error=${staleIfErrorSeconds}`]),
    ...(staleWhileRevalidateSeconds === undefined
      ? []
      : [`stale-while-revalidate=${staleWhileRevalidateSeconds}`]),
  ];
}
