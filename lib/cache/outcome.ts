import type { Clock, EpochMs } from '../clock.js';
import type { CacheRule, ForwardReason } from '../policy/messages.js';
import { momentBefore } from '../policy/expiration.js';
import { currentAgeSeconds } from '../policy/current-age.js';
import type { RedirectResponse } from './stored-redirects.js';
import type { StoredResponse } from './stored-response.js';

/** What became of a request, in the words of RFC 9211, as the exchange knows it. */
export interface Outcome {
  readonly fromCache: boolean;
  readonly key: string | undefined;
  /** The stored response that was used or has been stored. */
  readonly stored: StoredResponse | undefined;
  readonly wasStored: boolean;
  readonly revalidated: boolean;
  readonly stale: boolean;
  readonly fwd: ForwardReason | undefined;
  readonly fwdStatus: number | undefined;
  readonly rule: CacheRule;
  readonly reason: string;
  /** Whether another's request was waited for. */
  readonly collapsed: boolean;
  /** The redirects on the way, where nothing that is stored tells them. */
  readonly history?: readonly RedirectResponse[];
  readonly now: EpochMs;
}

const NO_HISTORY: readonly RedirectResponse[] = Object.freeze([]);

/**
 * What the cache did for one response: `response.cache`, on every response of a wrapped instance, also on
 * `error.response`.
 * @see https://www.rfc-editor.org/rfc/rfc9211.html
 */
export class ResponseCacheInfo {
  /**
   * Whether the body comes from storage, also when the origin confirmed it by a 304; or from another's request that was waited
   * for (`collapsed`).
   */
  readonly fromCache: boolean;
  /** The cache key; undefined when the request bypassed the cache. */
  readonly key: string | undefined;
  /** When the response was first stored; undefined when it is not stored. */
  readonly createdAt: Date | undefined;
  /** When it becomes stale; undefined: never, or not stored (see `stored` and `fromCache`). */
  readonly expiresAt: Date | undefined;
  /** Whether it was past `expiresAt` when it was handed out. */
  readonly isExpired: boolean;
  /** Whether the origin confirmed it by a 304 for this very request. */
  readonly revalidated: boolean;
  /** Whether a stale response was handed out without the origin's word. */
  readonly stale: boolean;
  /** Seconds since the origin made it (RFC 9111 section 4.2.3); undefined when it is not stored. */
  readonly age: number | undefined;
  /** Seconds for which it stays fresh, negative when stale; undefined: never expires, or not stored. */
  readonly ttl: number | undefined;
  /**
   * The redirects that were followed to the response, first to last, without credentials; frozen. Empty where there were none,
   * where the request passed by the cache (`cache: false`, an unsafe method), and where the adapter does not tell: only axios's
   * http adapter does.
   */
  readonly history: readonly RedirectResponse[];
  /** Why, in one word: which rule decided. The same as `explain` gives, and what `stats` counts by. */
  readonly rule: CacheRule;
  /** Why, in words for people. Not an interface: the text may change; programs look at `rule` and `fwd`. */
  readonly reason: string;
  /** RFC 9211: answered without asking the origin. */
  readonly hit: boolean;
  /** RFC 9211: why the origin was asked; undefined on a hit. */
  readonly fwd: ForwardReason | undefined;
  /** RFC 9211: the status that the origin answered with; undefined when it was not asked or did not answer. */
  readonly fwdStatus: number | undefined;
  /**
   * RFC 9211: whether the response to this request was written to storage. Of a stream, that is not known before its end: until
   * then it is false, and `response.cache` is replaced when it has come.
   */
  readonly stored: boolean;
  /** RFC 9211: whether another request for the same was waited for, and its answer used. */
  readonly collapsed: boolean;

  readonly #clock: Clock;

  constructor(outcome: Outcome, clock: Clock) {
    this.#clock = clock;
    const { stored, now } = outcome;
    this.fromCache = outcome.fromCache;
    this.key = outcome.key;
    this.createdAt = stored && new Date(stored.createdAt);
    this.expiresAt = stored?.expiresAt === undefined ? undefined : new Date(stored.expiresAt);
    this.isExpired = stored?.expiresAt !== undefined && stored.expiresAt <= now;
    this.revalidated = outcome.revalidated;
    this.stale = outcome.stale;
    this.age = stored && currentAgeSeconds(stored, now);
    this.ttl = stored?.expiresAt === undefined ? undefined : (stored.expiresAt - now) / 1000;
    this.history = outcome.history ?? stored?.redirects?.history ?? NO_HISTORY;
    this.rule = outcome.rule;
    this.reason = outcome.reason;
    this.fwd = outcome.fwd;
    this.hit = outcome.fromCache && outcome.fwd === undefined;
    this.fwdStatus = outcome.fwdStatus;
    this.stored = outcome.wasStored;
    this.collapsed = outcome.collapsed;
  }

  /**
   * Whether the response was first stored before a `Date`, or longer ago than so many seconds or a duration (`'2d'`). False
   * when it is not stored.
   * @throws InvalidOptionError (ERR_CACHE_INVALID_OPTION)
   */
  isOlderThan(moment: Date | number | string): boolean {
    if (this.createdAt === undefined) return false;
    return this.createdAt.getTime() < momentBefore(moment, 'isOlderThan', this.#clock.now());
  }
}

/**
 * An outcome: nothing from the cache and nothing stored, but for the facts that are given.
 * @param key undefined: the cache had nothing to do with the request
 */
export function outcomeOf(
  key: string | undefined,
  now: EpochMs,
  facts: Partial<Outcome> & Pick<Outcome, 'rule' | 'reason'>,
): Outcome {
  return {
    fromCache: false,
    key,
    stored: undefined,
    wasStored: false,
    revalidated: false,
    stale: false,
    fwd: undefined,
    fwdStatus: undefined,
    collapsed: false,
    now,
    ...facts,
  };
}

/** An outcome of a request that the cache let pass. */
export function bypassOutcome(
  { rule, reason, fwd }: Pick<Outcome, 'rule' | 'reason'> & { readonly fwd: ForwardReason },
  fwdStatus: number,
  now: EpochMs,
): Outcome {
  return outcomeOf(undefined, now, { rule, reason, fwd, fwdStatus });
}

/** An outcome of a POST that passed, and of which nothing is kept. */
export function postOutcome(fwdStatus: number, now: EpochMs): Outcome {
  const reason = 'method POST is not answered from storage';
  return bypassOutcome({ rule: 'method', reason, fwd: 'method' }, fwdStatus, now);
}
