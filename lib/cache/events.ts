import type { RecordProblem } from '../errors.js';
import type { GuardEvent } from '../storage/guarded-backend.js';
import { isPublished, publish } from './event-channels.js';
import type { ResponseCacheInfo } from './outcome.js';

/** What is told of an answer. */
export interface AboutAnswer<T extends string> {
  readonly type: T;
  /** In upper case, after a method override. */
  readonly method: string;
  /** Canonical and without credentials. */
  readonly url: string;
  /** The very object that the caller has as `response.cache`. */
  readonly cache: ResponseCacheInfo;
}

/** A request was answered from storage without asking the origin; `cache.stale`: by a stale response. */
export type HitEvent = AboutAnswer<'hit'>;

/**
 * What is stored did not do: the origin was asked, or another's request for the same waited for (`cache.collapsed`), or the
 * answer is a 504 since the origin was not to be asked. `cache.fwd` and `cache.rule` say why; `cache.fromCache`: the origin
 * failed, and a stored response stood in.
 */
export type MissEvent = AboutAnswer<'miss'>;

/** The origin confirmed by a 304 that what is stored is still good. */
export type RevalidateEvent = AboutAnswer<'revalidate'>;

/** The cache had nothing to do with a request; `cache.rule` says why. */
export type BypassEvent = AboutAnswer<'bypass'>;

/** A response was written to storage: a new one, or one that a 304 has brought up to date. */
export interface StoreEvent {
  readonly type: 'store';
  readonly key: string;
  readonly variant: string;
  readonly method: string;
  /** Canonical and without credentials. */
  readonly url: string;
  readonly status: number;
  /** Of the body. */
  readonly bytes: number;
  /** When it becomes stale; undefined: never. */
  readonly expiresAt: Date | undefined;
  /** Whether nobody was waiting for it. */
  readonly background: boolean;
}

/** A stored response was brought up to date in the background. A failure is told by `backgroundError`. */
export interface RefreshEvent {
  readonly type: 'refresh';
  readonly key: string;
  /** Canonical and without credentials. */
  readonly url: string;
  /** The status that the origin answered with; undefined when another's request for the same had the answer. */
  readonly fwdStatus: number | undefined;
}

/** Stored responses were deleted because of the answer to an unsafe request (RFC 9111 section 4.4), or as its `invalidates` says. */
export interface InvalidateEvent {
  readonly type: 'invalidate';
  /** Of the unsafe request. */
  readonly method: string;
  /** That of the request, and those that its answer names, without credentials. */
  readonly urls: readonly string[];
  /** The tags that it invalidates. */
  readonly tags: readonly string[];
  /** How many stored responses went. */
  readonly count: number;
}

/** Storage let stored responses go by itself. */
export interface EvictEvent {
  readonly type: 'evict';
  readonly backend: string;
  /** `limits`: the least recently used, to keep within `maxBytes` or `maxEntries`; `expired`: they were of no use any more. */
  readonly cause: 'limits' | 'expired';
  readonly count: number;
}

/** A stored record was rejected and counts as absent. */
export interface RecordRejectedEvent {
  readonly type: 'recordRejected';
  readonly key: string;
  readonly variant: string;
  readonly problem: RecordProblem;
}

/** A refresh in the background failed; the stale response stays in use as far as it may. */
export interface BackgroundErrorEvent {
  readonly type: 'backgroundError';
  readonly key: string;
  readonly error: unknown;
}

/**
 * A function of the user's threw: nothing was stored because of `filterFn`, `tags` (also one that gave something else than tags)
 * or `expireAfter` (also one of a URL pattern, and one that gave what is no expiration time), or the cache was bypassed because of
 * `keyFn`.
 */
export interface CallbackErrorEvent {
  readonly type: 'callbackError';
  readonly callback: 'filterFn' | 'keyFn' | 'expireAfter' | 'tags';
  readonly error: unknown;
}

/** All that the cache tells about; `type` tells them apart and is the name to listen to. */
export type CacheEvent =
  | HitEvent
  | MissEvent
  | RevalidateEvent
  | BypassEvent
  | StoreEvent
  | RefreshEvent
  | InvalidateEvent
  | EvictEvent
  | GuardEvent
  | RecordRejectedEvent
  | BackgroundErrorEvent
  | CallbackErrorEvent;
/** The names of the events. */
export type CacheEventName = CacheEvent['type'];
/** The event of a name. */
export type CacheEventOf<N extends CacheEventName> = Extract<CacheEvent, { type: N }>;
type Listener = (event: CacheEvent) => void;

/**
 * Hands events to listeners, to the channels of `node:diagnostics_channel`, and to `NODE_DEBUG`. A listener that throws
 * disturbs neither the request nor other listeners.
 */
export class CacheEvents {
  readonly #listeners = new Map<CacheEventName, Set<Listener>>();

  on<N extends CacheEventName>(name: N, listener: (event: CacheEventOf<N>) => void): void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener as Listener));
  }

  off<N extends CacheEventName>(name: N, listener: (event: CacheEventOf<N>) => void): void {
    this.#listeners.get(name)?.delete(listener as Listener);
  }

  hasListener(name: CacheEventName): boolean {
    return (this.#listeners.get(name)?.size ?? 0) > 0;
  }

  /** Whether anybody would learn of an event: what nobody hears need not be made. */
  isHeard(name: CacheEventName): boolean {
    return isPublished(name) || this.hasListener(name);
  }

  emit(event: CacheEvent): void {
    if (isPublished(event.type)) publish(event);
    const listeners = this.#listeners.get(event.type);
    if (listeners === undefined) return;
    for (const listener of [...listeners]) {
      try {
        // A listener may be asynchronous, whatever its type says; nobody would see it reject.
        const result: unknown = listener(event);
        if (result instanceof Promise) result.catch(() => undefined);
      } catch {
        // A listener is the user's own; a request must not fail by it.
      }
    }
  }
}
