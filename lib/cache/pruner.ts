import type { Clock, EpochMs } from '../clock.js';
import type { GuardedBackend } from '../storage/guarded-backend.js';
import type { CacheObserver } from './observer.js';

const WRITES_BETWEEN_PRUNES = 64;
const PRUNED_AT_ONCE = 128;

/** Every so many writes, deletes a few records that nothing can use any more. */
export class Pruner {
  readonly #storage: GuardedBackend;
  readonly #observer: CacheObserver;
  readonly #clock: Clock;
  #writes = 0;

  constructor(storage: GuardedBackend, observer: CacheObserver, clock: Clock) {
    this.#storage = storage;
    this.#observer = observer;
    this.#clock = clock;
  }

  /** Something was written. */
  written(): void {
    this.#writes += 1;
    // The first write counts, so that short runs prune too.
    if (this.#writes % WRITES_BETWEEN_PRUNES !== 1) return;
    const now = this.#clock.now();
    setImmediate(() => void this.#prune(now)).unref();
  }

  async #prune(now: EpochMs): Promise<void> {
    const count = await this.#storage.prune(now, PRUNED_AT_ONCE);
    this.#observer.evicted(this.#storage.name, 'expired', count ?? 0);
  }
}
