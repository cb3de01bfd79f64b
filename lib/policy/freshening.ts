import { headerFields, type HeaderFields } from '../http/header-fields.js';
import { storableFields } from './stored-fields.js';

/**
 * Fields of a 304 that are not taken over: `Content-Length` by RFC 9111 section 3.2, the others because they tell how
 * the stored bytes are to be read or which bytes they are, and these do not change. Of the entity tag too: it may have
 * been compared weakly.
 */
const ABOUT_THE_STORED_BYTES: ReadonlySet<string> = new Set([
  'content-digest',
  'content-encoding',
  'content-length',
  'content-md5',
  'content-range',
  'digest',
  'etag',
  'repr-digest',
]);

/** Fields that are about one message in time: those of the stored response say nothing about the 304. */
const ABOUT_THE_MOMENT: ReadonlySet<string> = new Set(['age', 'date']);

/**
 * The fields of a stored response after a 304: each field of the 304 replaces the stored one as a whole (also several
 * lines of `Set-Cookie`), and what it does not mention stays. Not taken over: what is never stored, and what describes the
 * stored bytes. `Age` and `Date` of the stored response go in any case, since the new age counts from the 304.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9111.html#section-3.2
 * @see https://www.rfc-editor.org/rfc/rfc9111.html#section-4.3.4
 */
export function freshenedHeaders(stored: HeaderFields, notModified: HeaderFields): HeaderFields {
  const fresh = Object.entries(storableFields(notModified)).filter(
    ([name]) => !ABOUT_THE_STORED_BYTES.has(name),
  );
  const replaced = new Set(fresh.map(([name]) => name));
  const kept = Object.entries(stored).filter(([name]) => !replaced.has(name) && !ABOUT_THE_MOMENT.has(name));
  return headerFields([...kept, ...fresh]);
}
