import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import type { Clock } from '../clock.js';
import type { BackendOperation } from '../errors.js';
import type { CacheRule, ForwardReason } from '../policy/messages.js';
import { type CompiledUrlPatterns, matchUrlPattern } from '../policy/url-patterns.js';
import type { Outcome } from './outcome.js';

/** How requests were answered. `requests` = `hits` + `revalidations` + `misses` + `bypasses`. */
export interface RequestStats {
  /**
   * Requests that came to the cache and were answered, 504s of the cache included. Those for which no answer came are not among
   * them, nor those that another adapter answered behind its back (rule `other-adapter`).
   */
  readonly requests: number;
  /** Answered from storage without asking the origin. */
  readonly hits: number;
  /** Confirmed by the origin with a 304. */
  readonly revalidations: number;
  /** Every other request that the cache had to do with. */
  readonly misses: number;
  /** Requests that the cache had nothing to do with. */
  readonly bypasses: number;
  /** Of all answers: stale ones that were handed out without the origin's word. */
  readonly staleServed: number;
  /** Of the misses: those that waited for another request for the same, and had its answer. */
  readonly collapsed: number;
  /** Of all answers: 504s of the cache, since the origin was not to be asked. */
  readonly notCached: number;
  /** Hits and revalidations as a fraction of the requests that the cache had to do with; 0 while there are none. */
  readonly hitRatio: number;
  /** Bytes of bodies that came from storage, as they were handed out: of a range its own, of a HEAD none. */
  readonly bytesSaved: number;
  /** Milliseconds that the origin took for what hits have handed out, each time anew. */
  readonly originMsSaved: number;
}

/** What calls of a backend took, in milliseconds, with an error of at most 1 %; those that failed included. */
export interface CallStats {
  readonly calls: number;
  readonly errors: number;
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** What a cache has done since it was made, or since its statistics were reset. */
export interface CacheStats extends RequestStats {
  /** When counting began. */
  readonly since: Date;
  /** Misses and bypasses by the word of RFC 9211; `only-if-cached`: those of `notCached`. */
  readonly missesBy: Readonly<Partial<Record<ForwardReason | 'only-if-cached', number>>>;
  /** All answers by the rule that decided; see `response.cache.rule`. */
  readonly rules: Readonly<Partial<Record<CacheRule, number>>>;
  /** Responses written to storage, in the background, too. */
  readonly stored: number;
  /** Bytes of the bodies that were written. */
  readonly bytesStored: number;
  /** Refreshes in the background that came to an end. */
  readonly refreshes: number;
  /** Stored responses that went because of unsafe requests. */
  readonly invalidated: number;
  /** Stored responses that storage let go by itself, where its backend tells. */
  readonly evicted: number;
  /**
   * How often the origin could not be reached, or did not answer in time, when the cache asked it: once for all who waited, and
   * not for requests that passed by.
   */
  readonly originFailures: number;
  /** Calls that requests made of the backend, by operation. Maintenance is not counted. */
  readonly backend: Readonly<Partial<Record<BackendOperation, CallStats>>>;
  /** By the patterns of `statsByUrl`, those that have matched. */
  readonly urls: Readonly<Record<string, RequestStats>>;
}

/** Microseconds: storage that takes longer than this counts as this. */
const LONGEST_US = 600_000_000;

/** What one answer counts as. */
export type AnswerKind = 'hit' | 'miss' | 'revalidate' | 'bypass';

/** @param outcome of a request */
export function kindOf({ key, fromCache, fwd, revalidated }: Outcome): AnswerKind {
  if (key === undefined) return 'bypass';
  if (revalidated) return 'revalidate';
  return fromCache && fwd === undefined ? 'hit' : 'miss';
}

/** Counts answers. */
class RequestCounter {
  #hits = 0;
  #revalidations = 0;
  #misses = 0;
  #bypasses = 0;
  #staleServed = 0;
  #collapsed = 0;
  #notCached = 0;
  #bytesSaved = 0;
  #originMsSaved = 0;

  count(kind: AnswerKind, outcome: Outcome, bytes: number): void {
    const { stored } = outcome;
    if (outcome.stale) this.#staleServed += 1;
    if (!outcome.fromCache && outcome.fwd === undefined) this.#notCached += 1;
    this.#bytesSaved += bytes;
    switch (kind) {
      case 'hit':
        this.#hits += 1;
        // A clock may have been set back in between.
        if (stored !== undefined)
          this.#originMsSaved += Math.max(0, stored.responseReceivedAt - stored.requestSentAt);
        return;
      case 'revalidate':
        this.#revalidations += 1;
        return;
      case 'bypass':
        this.#bypasses += 1;
        return;
      case 'miss':
        this.#misses += 1;
        if (outcome.collapsed) this.#collapsed += 1;
    }
  }

  get stats(): RequestStats {
    const [hits, revalidations, misses] = [this.#hits, this.#revalidations, this.#misses];
    const concerned = hits + revalidations + misses;
    return {
      requests: concerned + this.#bypasses,
      hits,
      revalidations,
      misses,
      bypasses: this.#bypasses,
      staleServed: this.#staleServed,
      collapsed: this.#collapsed,
      notCached: this.#notCached,
      hitRatio: concerned === 0 ? 0 : (hits + revalidations) / concerned,
      bytesSaved: this.#bytesSaved,
      originMsSaved: this.#originMsSaved,
    };
  }
}

interface CallCounter {
  readonly histogram: RecordableHistogram;
  errors: number;
}

/** Everything that is counted; begun anew by a reset. */
class Counts {
  readonly requests = new RequestCounter();
  readonly missesBy: Partial<Record<ForwardReason | 'only-if-cached', number>> = {};
  readonly rules: Partial<Record<CacheRule, number>> = {};
  readonly calls: Partial<Record<BackendOperation, CallCounter>> = {};
  readonly urls = new Map<string, RequestCounter>();
  stored = 0;
  bytesStored = 0;
  refreshes = 0;
  invalidated = 0;
  evicted = 0;
  originFailures = 0;
}

/** Counts what a cache does. Costs a request some additions, and each call of storage two looks at a clock. */
export class Statistics {
  readonly #clock: Clock;
  readonly #patterns: CompiledUrlPatterns;
  #since: number;
  #counts = new Counts();

  /** @param patterns whose requests are counted apart, too: the first that matches */
  constructor(clock: Clock, patterns: CompiledUrlPatterns) {
    this.#clock = clock;
    this.#patterns = patterns;
    this.#since = clock.now();
  }

  /**
   * @param url canonical; undefined: of a request that the cache had nothing to do with
   * @param bytes of the body that came from storage
   */
  answered(kind: AnswerKind, outcome: Outcome, url: string | undefined, bytes: number): void {
    const counts = this.#counts;
    const { rule, fwd } = outcome;
    counts.requests.count(kind, outcome, bytes);
    counts.rules[rule] = (counts.rules[rule] ?? 0) + 1;
    if (kind === 'miss' || kind === 'bypass') {
      const why = fwd ?? 'only-if-cached';
      counts.missesBy[why] = (counts.missesBy[why] ?? 0) + 1;
    }
    if (this.#patterns.length > 0 && url !== undefined) this.#countByUrl(url, kind, outcome, bytes);
  }

  stored(bytes: number): void {
    this.#counts.stored += 1;
    this.#counts.bytesStored += bytes;
  }

  refreshed(): void {
    this.#counts.refreshes += 1;
  }

  invalidated(count: number): void {
    this.#counts.invalidated += count;
  }

  evicted(count: number): void {
    this.#counts.evicted += count;
  }

  originFailed(): void {
    this.#counts.originFailures += 1;
  }

  /** A request has called storage. */
  called(operation: BackendOperation, ms: number, hasFailed: boolean): void {
    const counter = (this.#counts.calls[operation] ??= {
      histogram: createHistogram({ lowest: 1, highest: LONGEST_US, figures: 2 }),
      errors: 0,
    });
    counter.histogram.record(Math.min(LONGEST_US, Math.max(1, Math.round(ms * 1000))));
    if (hasFailed) counter.errors += 1;
  }

  /** A copy of the figures as they are now. */
  get stats(): CacheStats {
    const counts = this.#counts;
    const { stored, bytesStored, refreshes, invalidated, evicted, originFailures } = counts;
    const backend = Object.entries(counts.calls).map(([name, calls]) => [name, callStats(calls)]);
    return {
      since: new Date(this.#since),
      ...counts.requests.stats,
      missesBy: { ...counts.missesBy },
      rules: { ...counts.rules },
      stored,
      bytesStored,
      refreshes,
      invalidated,
      evicted,
      originFailures,
      backend: Object.fromEntries(backend) as CacheStats['backend'],
      urls: Object.fromEntries([...counts.urls].map(([pattern, counter]) => [pattern, counter.stats])),
    };
  }

  reset(): void {
    this.#counts = new Counts();
    this.#since = this.#clock.now();
  }

  #countByUrl(url: string, kind: AnswerKind, outcome: Outcome, bytes: number): void {
    const match = matchUrlPattern(this.#patterns, url);
    if (match === undefined) return;
    const { urls } = this.#counts;
    let counter = urls.get(match.pattern);
    if (counter === undefined) urls.set(match.pattern, (counter = new RequestCounter()));
    counter.count(kind, outcome, bytes);
  }
}

function callStats({ histogram, errors }: CallCounter): CallStats {
  const ms = (microseconds: number): number => microseconds / 1000;
  return {
    calls: histogram.count,
    errors,
    meanMs: ms(histogram.mean),
    p50Ms: ms(histogram.percentile(50)),
    p90Ms: ms(histogram.percentile(90)),
    p99Ms: ms(histogram.percentile(99)),
    maxMs: ms(histogram.max),
  };
}
