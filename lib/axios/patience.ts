import type { InternalAxiosRequestConfig } from 'axios';
import { monotonicMs } from '../clock.js';
import { abortReason, onAbort } from './abort.js';
import { familyOf } from './adapter-family.js';
import type { OwnCopy } from './own-copy.js';

/**
 * For how long a caller waits: until it gives up, and, while it waits for what another has asked for, as long as its own
 * `timeout` lets it.
 */
export class Patience {
  readonly #copy: OwnCopy;
  readonly #config: InternalAxiosRequestConfig;
  /** When the time is up, by {@link monotonicMs}; undefined: nothing has been waited for, or the adapter sees to it. */
  #deadline: number | undefined;

  constructor(copy: OwnCopy, config: InternalAxiosRequestConfig) {
    this.#copy = copy;
    this.#config = config;
  }

  /** Whether the time runs. */
  get isRunning(): boolean {
    return this.#deadline !== undefined;
  }

  /** @returns how to stop listening */
  onGivenUp(listener: (reason: unknown) => void): () => void {
    return onAbort(this.#config, () => listener(abortReason(this.#config)));
  }

  /** Waits for what another has asked for. The time runs from the first such wait on. */
  wait<T>(awaited: Promise<T>): Promise<T> {
    const timeout = Number(this.#config.timeout);
    if (timeout > 0) this.#deadline ??= monotonicMs() + timeout;
    return this.limited(awaited);
  }

  /** Rejects as axios does when the caller gives up or the time is up before a promise settles. */
  limited<T>(awaited: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      let stopListening = (): void => undefined;
      let timer: NodeJS.Timeout | undefined;
      // What is awaited may never settle.
      const leave = (): void => {
        stopListening();
        clearTimeout(timer);
      };
      const timeIsUp = (): void => {
        leave();
        void this.#timeoutError().then(reject, reject);
      };
      if (this.#deadline !== undefined) {
        timer = setTimeout(timeIsUp, Math.max(0, this.#deadline - monotonicMs()));
      }
      stopListening = onAbort(this.#config, () => {
        leave();
        reject(new Error('The caller has given up.'));
      });
      awaited.then(leave, leave);
      awaited.then(resolve, reject);
    });
  }

  /** The time no longer runs. */
  end(): void {
    this.#deadline = undefined;
  }

  /** As the caller's adapter would say it. */
  async #timeoutError(): Promise<Error> {
    const { timeout, timeoutErrorMessage, transitional } = this.#config;
    const AxiosError = await this.#copy.errorClass();
    const message = `timeout of ${timeout}ms exceeded`;
    if (familyOf(this.#config) === 'fetch') {
      return new AxiosError(message, 'ETIMEDOUT', this.#config, undefined, undefined);
    }
    const code = transitional?.clarifyTimeoutError ? 'ETIMEDOUT' : 'ECONNABORTED';
    return new AxiosError(timeoutErrorMessage || message, code, this.#config, undefined, undefined);
  }
}
