import { fieldLines, type HeaderFields } from '../http/header-fields.js';
import type { ResponseHead, StoredResponseHead } from './messages.js';

/**
 * Whether the answer to a HEAD speaks of the very content that is stored as the answer to a GET, so that its fields may
 * update the stored ones: it is a 200, and the validators and the length that it has are those of the stored response. If
 * not, the content has changed.
 *
 * @param head the answer to the HEAD, which was a 200
 * @see https://www.rfc-editor.org/rfc/rfc9111.html#section-4.3.5
 */
export function describesStored(head: ResponseHead, stored: StoredResponseHead): boolean {
  if (head.status !== 200 || (stored.status !== 200 && stored.status !== 206)) return false;
  const isSame = ['etag', 'last-modified'].every((name) => {
    const [value] = fieldLines(head.headers, name);
    return value === undefined || value === fieldLines(stored.headers, name)[0];
  });
  const length = contentLength(head.headers);
  const storedLength = lengthOf(stored);
  return isSame && (length === undefined || storedLength === undefined || length === storedLength);
}

/** Length of the content as it was sent; undefined: not known. */
function lengthOf(stored: StoredResponseHead): number | undefined {
  if (stored.parts !== undefined) return stored.parts.completeLength;
  return contentLength(stored.headers) ?? (stored.isByteExact ? stored.bodyBytes : undefined);
}

function contentLength(headers: HeaderFields): number | undefined {
  const [length] = fieldLines(headers, 'content-length');
  return length === undefined || !/^[0-9]+$/.test(length) ? undefined : Number(length);
}
