import type { Clock, EpochMs } from '../clock.js';

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
const MOST_REMEMBERED_FAILURES = 1_000;

interface Failure {
  readonly pauseMs: number;
  readonly until: EpochMs;
}

/**
 * Refreshes that run while a stale response is in use: at most one for each name at a time, and after a failure not
 * again before a pause that doubles each time, so that a failing origin is not asked on every read.
 */
export class BackgroundTasks {
  readonly #running = new Map<string, Promise<void>>();
  readonly #failures = new Map<string, Failure>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Starts a task, unless one of that name is running or pausing.
   * @param task rejects to say that it failed
   * @param onError is told why
   * @returns whether it was started
   */
  start(name: string, task: () => Promise<void>, onError: (error: unknown) => void): boolean {
    if (this.#running.has(name)) return false;
    const failure = this.#failures.get(name);
    if (failure !== undefined && this.#clock.now() < failure.until) return false;
    const running = this.#run(name, task, failure).catch(onError);
    this.#running.set(name, running);
    return true;
  }

  /** Resolves when nothing is running any more, also what is started meanwhile. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running.values());
  }

  async #run(name: string, task: () => Promise<void>, failure: Failure | undefined): Promise<void> {
    try {
      // The turn between keeps a task that fails at once from ending before it counts as running.
      await Promise.resolve();
      await task();
      this.#failures.delete(name);
    } catch (error) {
      this.#remember(name, failure);
      throw error;
    } finally {
      this.#running.delete(name);
    }
  }

  #remember(name: string, previous: Failure | undefined): void {
    const pauseMs = Math.min(
      previous === undefined ? FIRST_PAUSE_MS : previous.pauseMs * 2,
      LONGEST_PAUSE_MS,
    );
    this.#failures.delete(name);
    this.#failures.set(name, { pauseMs, until: this.#clock.now() + pauseMs });
    const oldest = this.#failures.keys().next();
    if (this.#failures.size > MOST_REMEMBERED_FAILURES && oldest.done !== true)
      this.#failures.delete(oldest.value);
  }
}
