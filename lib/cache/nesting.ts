import { AsyncLocalStorage } from 'node:async_hooks';
import type { SharedRequest } from './shared-request.js';

/** Something that runs as part of a request. Small, since connections that are opened meanwhile hold on to it. */
interface Part {
  request: SharedRequest | undefined;
}

/**
 * Which requests the running code is part of: what a user's adapter or filter asks for while it serves a request must not
 * wait for that.
 */
export class Nesting {
  readonly #parts = new AsyncLocalStorage<readonly Part[]>();

  /** For the asking of one request. `end` is to be called when it is over. */
  enter(request: SharedRequest): { run<T>(task: () => T): T; end(): void } {
    const part: Part = { request };
    const around = (this.#parts.getStore() ?? []).filter(({ request: outer }) => outer !== undefined);
    return {
      run: (task) => this.#parts.run([...around, part], task),
      end: () => (part.request = undefined),
    };
  }

  /** Whether the running code is part of a request. */
  isWithin(request: SharedRequest): boolean {
    return this.#parts.getStore()?.some((part) => part.request === request) === true;
  }
}
