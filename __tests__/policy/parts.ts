import { type ByteSpan } from '../../lib/http/byte-range';
import { type FieldValue } from '../../lib/http/header-fields';
import { type StoredParts, type StoredResponseHead } from '../../lib/policy/messages';
import { type Combination } from '../../lib/policy/partial-content';
import { stored } from './fixtures';

/** Header fields of a request. */
export type Asked = Record<string, FieldValue>;

export const span = (first: number, last: number): ByteSpan => ({ first, last });

/** Stored parts of a representation of ten bytes, unless told otherwise. */
export function parts(spans: readonly [number, number][], changes: Partial<StoredParts> = {}): StoredParts {
  return {
    spans: spans.map(([first, last]) => span(first, last)),
    completeLength: 10,
    range: undefined,
    isCombinable: true,
    ...changes,
  };
}

/** A stored 206 that has these parts. */
export function partial(held: StoredParts, headers: Record<string, FieldValue> = {}): StoredResponseHead {
  const bodyBytes = held.spans.reduce((bytes, { first, last }) => bytes + last - first + 1, 0);
  return { ...stored(headers, { parts: held, bodyBytes }), status: 206 };
}

/** Does the copies of a combination, as the cache does. */
export function combinedBody(
  combination: Combination,
  bodies: Record<'stored' | 'received', Uint8Array>,
): Uint8Array {
  const body = new Uint8Array(combination.bodyBytes);
  for (const { source, from, to, length } of combination.copies) {
    body.set(bodies[source].subarray(from, from + length), to);
  }
  return body;
}
