import { type MaybePromise } from '../../storage/backend.js';
import { sqliteProblem } from './driver.js';
import { DRIVER_WAIT_MS } from './schema.js';

const FIRST_DELAY_MS = 5;
const LONGEST_DELAY_MS = 100;

/**
 * Repeats what failed because another process had locked the database. Between attempts the event loop is free.
 *
 * Writes keep their order: while one waits for its next attempt, later ones wait behind it. Otherwise an older record
 * could overwrite a newer one.
 */
export class BusyRetry {
  readonly #timeoutMs: number;
  /** The last of the writes that wait; `undefined`: none waits. */
  #lastWrite: Promise<unknown> | undefined;

  /** @param timeoutMs milliseconds after which it gives up; 0: after the first attempt */
  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /** Settles when no write waits any more. `undefined`: none does. */
  get pendingWrites(): Promise<unknown> | undefined {
    return this.#lastWrite;
  }

  /** @throws what `attempt` throws, at once or by the promise */
  read<T>(attempt: () => T): MaybePromise<T> {
    try {
      return attempt();
    } catch (error) {
      if (!this.#mayRetry(error)) throw error;
      return this.#repeat(attempt);
    }
  }

  /** Like {@link BusyRetry.read}, in the order of the calls. */
  write<T>(attempt: () => T): MaybePromise<T> {
    if (this.#lastWrite !== undefined) {
      return this.#queue(this.#lastWrite.then(() => this.read(attempt)));
    }
    const result = this.read(attempt);
    return result instanceof Promise ? this.#queue(result) : result;
  }

  #mayRetry(error: unknown): boolean {
    return this.#timeoutMs > 0 && sqliteProblem(error) === 'busy';
  }

  #queue<T>(write: Promise<T>): Promise<T> {
    const settled = write.then(
      () => undefined,
      // Whoever made the call gets the error; for the queue it is only over.
      () => undefined,
    );
    const last: Promise<unknown> = settled.then(() => {
      if (this.#lastWrite === last) this.#lastWrite = undefined;
    });
    this.#lastWrite = last;
    return write;
  }

  async #repeat<T>(attempt: () => T): Promise<T> {
    let delayMs = FIRST_DELAY_MS;
    // Counted instead of measured: each attempt waits for the driver, and then for the delay.
    for (let waitedMs = DRIVER_WAIT_MS; ; waitedMs += delayMs + DRIVER_WAIT_MS) {
      await sleep(delayMs);
      try {
        return attempt();
      } catch (error) {
        if (sqliteProblem(error) !== 'busy' || waitedMs + delayMs >= this.#timeoutMs) throw error;
      }
      delayMs = Math.min(delayMs * 2, LONGEST_DELAY_MS);
    }
  }
}

/** Keeps the process alive meanwhile: a write that was accepted is not dropped at the end of a script. */
function sleep(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}
