import { freshenedHeaders } from '../policy/freshening.js';
import type { StoredParts } from '../policy/messages.js';
import { combineParts, fieldsForBytes } from '../policy/partial-content.js';
import type { NetworkResponse } from './network.js';
import type { StoredResponse } from './stored-response.js';

/** A response that was put together from a stored part and a received one: a 206 still, or a 200 when it is complete. */
export interface CombinedResponse extends NetworkResponse {
  readonly body: Uint8Array;
}

/**
 * Combines a stored partial response with a 206 of the same representation; undefined when they do not fit together. The
 * received fields go before the stored ones.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9111.html#section-3.4
 */
export function combineResponses(
  stored: StoredResponse,
  storedBody: Uint8Array,
  received: NetworkResponse,
  receivedBody: Uint8Array,
  receivedPart: StoredParts,
): CombinedResponse | undefined {
  if (stored.parts === undefined) return undefined;
  const combination = combineParts(stored.parts, receivedPart);
  if (combination === undefined) return undefined;
  const body = new Uint8Array(combination.bodyBytes);
  for (const { source, from, to, length } of combination.copies) {
    body.set((source === 'stored' ? storedBody : receivedBody).subarray(from, from + length), to);
  }
  const { parts } = combination;
  const isComplete = parts === undefined;
  return {
    ...received,
    status: isComplete ? 200 : 206,
    statusText: isComplete ? 'OK' : received.statusText,
    headers: fieldsForBytes(freshenedHeaders(stored.headers, received.headers), body.byteLength),
    body,
    parts,
    tags: stored.tags,
  };
}
