import type { FilterableResponse } from './cache-options.js';
import type { CacheEvents } from './events.js';
import type { PreparedRequest } from './prepared-request.js';
import { joinTags, MOST_TAGS, tagsFor } from './tags.js';

/** Why a response is not stored that has got ever more tags. */
export const TOO_MANY_TAGS = `it would have more than ${MOST_TAGS} tags`;

/** Works out the tags of responses that are about to be stored. */
export class Tagger {
  readonly #events: CacheEvents;

  constructor(events: CacheEvents) {
    this.#events = events;
  }

  /**
   * @param present those that what is stored has already; undefined: nothing is stored of it
   * @returns the tags; or why it must not be stored, since it could not be found by all of them
   */
  async tagsOf(
    { head: { method }, identity: { url }, settings }: PreparedRequest,
    response: Pick<FilterableResponse, 'status' | 'statusText' | 'headers'>,
    body: Uint8Array,
    present: readonly string[] | undefined,
  ): Promise<readonly string[] | string> {
    const { status, statusText, headers } = response;
    const shown = { method, url, status, statusText, headers, body, fromCache: present !== undefined };
    let tags = present ?? [];
    if (settings.tags !== undefined) {
      try {
        tags = joinTags(tags, await tagsFor(settings.tags, shown));
      } catch (error) {
        this.#events.emit({ type: 'callbackError', callback: 'tags', error });
        return 'the function "tags" failed';
      }
    }
    return tags.length > MOST_TAGS ? TOO_MANY_TAGS : tags;
  }
}
