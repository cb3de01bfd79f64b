import { type RecordProblem } from '../errors.js';
import { type GuardEvent } from '../storage/guarded-backend.js';

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
 * A function of the user's threw: nothing was stored because of `filterFn` or `expireAfter` (also one of a URL pattern, and one that
 * gave what is no expiration time), or the cache was bypassed because of `keyFn`.
 */
export interface CallbackErrorEvent {
  readonly type: 'callbackError';
  readonly callback: 'filterFn' | 'keyFn' | 'expireAfter';
  readonly error: unknown;
}

/** All that the cache tells about; `type` tells them apart and is the name to listen to. */
export type CacheEvent = GuardEvent | RecordRejectedEvent | BackgroundErrorEvent | CallbackErrorEvent;
/** The names of the events. */
export type CacheEventName = CacheEvent['type'];
/** The event of a name. */
export type CacheEventOf<N extends CacheEventName> = Extract<CacheEvent, { type: N }>;
type Listener = (event: CacheEvent) => void;

/** Hands events to listeners. A listener that throws disturbs neither the request nor other listeners. */
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

  emit(event: CacheEvent): void {
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
