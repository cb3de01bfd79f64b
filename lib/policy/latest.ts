import { dateOf } from './current-age.js';
import type { StoredResponseHead } from './messages.js';

/**
 * The most recent of several stored responses: by `Date` (by reception where there is none), then by reception.
 * @returns `undefined` for an empty list
 * @see https://www.rfc-editor.org/rfc/rfc9111.html#section-4.1
 */
export function latestOf<S extends StoredResponseHead>(responses: readonly S[]): S | undefined {
  let [latest] = responses;
  for (const response of responses) {
    if (latest !== undefined && response !== latest && isLater(response, latest)) latest = response;
  }
  return latest;
}

function isLater(a: StoredResponseHead, b: StoredResponseHead): boolean {
  const difference = dateOf(a.headers, a.responseReceivedAt) - dateOf(b.headers, b.responseReceivedAt);
  return difference === 0 ? a.responseReceivedAt > b.responseReceivedAt : difference > 0;
}
