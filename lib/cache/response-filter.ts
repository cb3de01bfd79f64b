import type { FilterableResponse } from './cache-options.js';
import type { CacheEvents } from './events.js';
import type { PreparedRequest } from './prepared-request.js';

/** Asks the user's `filterFn`. */
export class ResponseFilter {
  readonly #events: CacheEvents;

  constructor(events: CacheEvents) {
    this.#events = events;
  }

  /** @returns whether it passes; undefined when the function threw, which is told by an event */
  async passes(
    filterFn: NonNullable<PreparedRequest['settings']['filterFn']>,
    { head: { method }, identity: { url } }: PreparedRequest,
    response: Pick<FilterableResponse, 'status' | 'statusText' | 'headers'>,
    body: Uint8Array,
    fromCache: boolean,
  ): Promise<boolean | undefined> {
    const { status, statusText, headers } = response;
    try {
      return Boolean(await filterFn({ method, url, status, statusText, headers, body, fromCache }));
    } catch (error) {
      this.#events.emit({ type: 'callbackError', callback: 'filterFn', error });
      return undefined;
    }
  }
}
