import type { RequestIdentity } from '../key/request.js';
import type { CacheEvents, EvictEvent, InvalidateEvent } from './events.js';
import type { Outcome, ResponseCacheInfo } from './outcome.js';
import { kindOf, type Statistics } from './statistics.js';

/** What events say of a request. */
export type ObservedRequest = Pick<RequestIdentity, 'method' | 'url'>;

/** Counts what happens, and tells those who listen. Nothing is made that nobody hears. */
export class CacheObserver {
  readonly events: CacheEvents;
  readonly #statistics: Statistics;

  constructor(events: CacheEvents, statistics: Statistics) {
    this.events = events;
    this.#statistics = statistics;
  }

  /**
   * A request with which the cache had to do has its answer.
   * @param cache what the caller gets
   * @param bytes of the body that came from storage: of a part, or of a header alone, not those of the whole
   */
  answered(request: ObservedRequest, outcome: Outcome, cache: ResponseCacheInfo, bytes: number): void {
    const { method, url } = request;
    const kind = kindOf(outcome);
    this.#statistics.answered(kind, outcome, url, bytes);
    if (this.events.isHeard(kind)) this.events.emit({ type: kind, method, url, cache });
    this.stored(outcome, false);
  }

  /**
   * A request with which the cache had nothing to do has its answer.
   * @param describe asked only where somebody listens
   */
  bypassed(outcome: Outcome, cache: ResponseCacheInfo, describe: () => ObservedRequest): void {
    this.#statistics.answered('bypass', outcome, undefined, 0);
    if (!this.events.isHeard('bypass')) return;
    const { method, url } = describe();
    this.events.emit({ type: 'bypass', method, url, cache });
  }

  /** Tells of what an answer has left in storage, if it has. Of a stream, when it has ended. */
  stored({ wasStored, stored, revalidated }: Outcome, background: boolean): void {
    if (!wasStored || stored === undefined) return;
    // Of a response that was confirmed only the head is written.
    this.#statistics.stored(revalidated ? 0 : stored.bodyBytes);
    if (!this.events.isHeard('store')) return;
    const { key, variant, method, url, status, bodyBytes: bytes, expiresAt } = stored;
    this.events.emit({
      type: 'store',
      key,
      variant,
      method,
      url,
      status,
      bytes,
      expiresAt: expiresAt === undefined ? undefined : new Date(expiresAt),
      background,
    });
  }

  /** @param outcome undefined: another's request for the same had the answer */
  refreshed(key: string, url: string, outcome: Outcome | undefined): void {
    this.#statistics.refreshed();
    if (outcome !== undefined) this.stored(outcome, true);
    if (!this.events.isHeard('refresh')) return;
    this.events.emit({ type: 'refresh', key, url, fwdStatus: outcome?.fwdStatus });
  }

  /** @param describe what was meant, redacted; asked only where somebody listens */
  invalidated(method: string, count: number, describe: () => Pick<InvalidateEvent, 'urls' | 'tags'>): void {
    if (count === 0) return;
    this.#statistics.invalidated(count);
    if (!this.events.isHeard('invalidate')) return;
    this.events.emit({ type: 'invalidate', method, ...describe(), count });
  }

  evicted(backend: string, cause: EvictEvent['cause'], count: number): void {
    if (count === 0) return;
    this.#statistics.evicted(count);
    if (this.events.isHeard('evict')) this.events.emit({ type: 'evict', backend, cause, count });
  }

  originFailed(): void {
    this.#statistics.originFailed();
  }
}
