import type { MaybePromise } from '../../storage/backend.js';
import { sqliteProblem } from './driver.js';

const FIRST_DELAY_MS = 5;
const LONGEST_DELAY_MS = 25;

/**
 * One try of a call.
 * @param isRetry whether it was refused before, or waits behind one that was: then it should not wait for the lock
 * itself, since the event loop would be blocked again and again
 */
export type Attempt<T> = (isRetry: boolean) => T;

/**
 * Repeats what failed because another process had locked the database. Between attempts the event loop is free.
 *
 * What waits stands in line, reads and writes apart, and only the first of a line is tried again. So writes keep their
 * order: otherwise an older record could overwrite a newer one. And it costs as little when fifty calls wait as when
 * one does. Each call waits for its own time, counted from when it was made; when that is over while the database is
 * still locked, it fails with the error of the first in line, without a try of its own.
 */
export class BusyRetry {
  readonly #reads: WaitingLine;
  readonly #writes: WaitingLine;

  /** @param timeoutMs milliseconds after which it gives up; 0: after the first attempt */
  constructor(timeoutMs: number) {
    this.#reads = new WaitingLine(timeoutMs);
    this.#writes = new WaitingLine(timeoutMs);
  }

  /** Settles when no write waits any more. `undefined`: none does. */
  get pendingWrites(): Promise<void> | undefined {
    return this.#writes.serving;
  }

  /** @throws what `attempt` throws, at once or by the promise */
  read<T>(attempt: Attempt<T>): MaybePromise<T> {
    return this.#reads.run(attempt);
  }

  /** Like {@link BusyRetry.read}, in the order of the calls. */
  write<T>(attempt: Attempt<T>): MaybePromise<T> {
    return this.#writes.run(attempt);
  }
}

/** A call that waits for its next attempt. */
interface Waiting {
  /** Settles the call, unless the database is locked: then throws the driver's error. */
  readonly tryAgain: () => void;
  readonly giveUp: (busy: unknown) => void;
  /** When its time is over, by the count of the line. */
  readonly lateAtMs: number;
}

class WaitingLine {
  readonly #timeoutMs: number;
  readonly #waiting: Waiting[] = [];
  /** How long the line has waited in all. Counted instead of measured: the sum of its delays. */
  #waitedMs = 0;
  #serving: Promise<void> | undefined;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /** Settles when the line is empty. `undefined`: it is. */
  get serving(): Promise<void> | undefined {
    return this.#serving;
  }

  run<T>(attempt: Attempt<T>): MaybePromise<T> {
    if (this.#serving !== undefined) return this.#join(attempt);
    try {
      return attempt(false);
    } catch (error) {
      if (this.#timeoutMs === 0 || !isBusy(error)) throw error;
      return this.#join(attempt);
    }
  }

  #join<T>(attempt: Attempt<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const giveUp: (error: unknown) => void = reject;
      const tryAgain = (): void => {
        try {
          resolve(attempt(true));
        } catch (error) {
          if (isBusy(error)) throw error;
          giveUp(error);
        }
      };
      this.#waiting.push({ tryAgain, giveUp, lateAtMs: this.#waitedMs + this.#timeoutMs });
      this.#serving ??= this.#serve();
    });
  }

  async #serve(): Promise<void> {
    for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(delayMs * 2, LONGEST_DELAY_MS)) {
      // The first in line is the one whose time is over first.
      const stepMs = Math.min(delayMs, (this.#waiting[0]?.lateAtMs ?? Infinity) - this.#waitedMs);
      await sleep(stepMs);
      this.#waitedMs += stepMs;
      while (this.#admitFirst() && this.#waiting.length > 0) await nextTurn();
      if (this.#waiting.length > 0) continue;
      // In the same turn as the last call: what it sets off must find the line closed.
      this.#serving = undefined;
      return;
    }
  }

  /** @returns false when the database is still locked */
  #admitFirst(): boolean {
    try {
      this.#waiting[0]?.tryAgain();
    } catch (busy) {
      this.#dismissLate(busy);
      return false;
    }
    this.#waiting.shift();
    return true;
  }

  #dismissLate(busy: unknown): void {
    while ((this.#waiting[0]?.lateAtMs ?? Infinity) <= this.#waitedMs) this.#waiting.shift()?.giveUp(busy);
  }
}

function isBusy(error: unknown): boolean {
  return sqliteProblem(error) === 'busy';
}

/** Keeps the process alive meanwhile: a write that was accepted is not dropped at the end of a script. */
function sleep(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}

/** Between calls of a long line other work goes first. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
