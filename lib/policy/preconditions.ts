import type { EpochMs } from '../clock.js';
import {
  isQuoted,
  isStrongMatch,
  isWeakMatch,
  parseEntityTag,
  parseEntityTagList,
} from '../http/entity-tag.js';
import { fieldLines, headerFields, type HeaderFields } from '../http/header-fields.js';
import { parseHttpDate } from '../http/http-date.js';
import { dateOf } from './current-age.js';
import type { ResponseHead } from './messages.js';
import { storableFields } from './stored-fields.js';
import { entityTagOf } from './validation.js';

const CACHE_CONDITIONS = ['if-none-match', 'if-modified-since'];
const ORIGIN_CONDITIONS = ['if-match', 'if-unmodified-since'];

/**
 * Statuses of stored responses that a request's conditions are evaluated against: the two that RFC 9111 section 4.3.2
 * names. A 304 stands for a 200 (RFC 9110 section 15.4.5): the requester would take it for one where a 203 or a 204 is
 * stored, so these are given as they are. Conditions do not count where the answer is not 2xx (RFC 9110 section 13.2.1).
 */
const CONDITIONS_COUNT: ReadonlySet<number> = new Set([200, 206]);

/**
 * Representation metadata, which a 304 leaves out since the requester has the representation, and what is about one
 * message only. By name, since `Content-Security-Policy` and its kin are about the response.
 */
const NOT_IN_A_304: ReadonlySet<string> = new Set([
  'age',
  'content-digest',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-length',
  'content-md5',
  'content-range',
  'content-type',
  'digest',
  'repr-digest',
]);

/** A `Last-Modified` is strong when so much older than the `Date` beside it. */
const STRONG_AFTER_MS = 1000;

/** The same, measured by the recipient's own clock: RFC 7232 section 2.2.2 had this figure for clocks that differ. */
const STRONG_AFTER_ON_OUR_CLOCK_MS = 60_000;

/**
 * Whether a request has a condition that a cache can evaluate: `If-None-Match` or `If-Modified-Since`.
 * @see https://www.rfc-editor.org/rfc/rfc9111.html#section-4.3.2
 */
export function isConditional(headers: HeaderFields): boolean {
  return CACHE_CONDITIONS.some((name) => textOf(headers, name) !== undefined);
}

/**
 * Whether a request has a condition that only the origin can evaluate: `If-Match` or `If-Unmodified-Since`. A cache must
 * not evaluate these.
 * @see https://www.rfc-editor.org/rfc/rfc9111.html#section-4.3.2
 */
export function hasOriginPrecondition(headers: HeaderFields): boolean {
  return ORIGIN_CONDITIONS.some((name) => textOf(headers, name) !== undefined);
}

/**
 * Whether a request's own `If-None-Match`, or without it `If-Modified-Since`, says that the requester has what is stored,
 * so that a 304 is the answer. It comes before `Range` and `If-Range` (RFC 9110 section 13.2.2). Whether the stored
 * response may be reused at all is not asked here.
 *
 * Tags are compared weakly; `*` means whatever is stored. A date counts when it is not before the `Last-Modified`;
 * where that is absent or cannot be read, not before the `Date`, else the reception. A date that cannot be read, or two of
 * them, is no condition. `false` without a condition, for methods other than GET and HEAD, and for stored statuses
 * other than 200 and 206.
 *
 * @param method in upper case
 * @param receivedAt when the stored response was received
 * @see https://www.rfc-editor.org/rfc/rfc9110.html#section-13.1.2
 * @see https://www.rfc-editor.org/rfc/rfc9111.html#section-4.3.2
 */
export function isNotModified(
  requestHeaders: HeaderFields,
  stored: ResponseHead,
  method: string,
  receivedAt: EpochMs,
): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false;
  if (!CONDITIONS_COUNT.has(stored.status)) return false;
  const ifNoneMatch = textOf(requestHeaders, 'if-none-match');
  // RFC 9110 section 13.1.3: beside it, even where it names nothing, a date is ignored.
  if (ifNoneMatch !== undefined) return namesEntityTag(ifNoneMatch, stored.headers);
  const since = timeIn(requestHeaders, 'if-modified-since', receivedAt);
  if (since === undefined) return false;
  const { headers } = stored;
  return (timeIn(headers, 'last-modified', receivedAt) ?? dateOf(headers, receivedAt)) <= since;
}

/**
 * Whether a request's `If-Range` lets its `Range` be answered from what is stored; `true` where it has none. If not, the
 * `Range` is ignored and the whole representation is the answer.
 *
 * An entity tag has to be the stored one by strong comparison, and both with their quotes. A date has to name the same
 * second as the stored `Last-Modified`, and that must be strong: at least 1 s before the response's `Date`, or at
 * least 60 s before the reception where there is no `Date` that can be read. Everything else is `false`.
 *
 * @param receivedAt when the stored response was received
 * @see https://www.rfc-editor.org/rfc/rfc9110.html#section-13.1.5
 * @see https://www.rfc-editor.org/rfc/rfc9110.html#section-8.8.2.2
 */
export function isIfRangeSatisfied(
  requestHeaders: HeaderFields,
  stored: ResponseHead,
  receivedAt: EpochMs,
): boolean {
  const ifRange = textOf(requestHeaders, 'if-range');
  if (ifRange === undefined) return true;
  const date = parseHttpDate(ifRange, receivedAt);
  if (date !== undefined) return date === strongLastModified(stored.headers, receivedAt);
  const asked = parseEntityTag(ifRange);
  const own = entityTagOf(stored.headers);
  if (asked === undefined || own === undefined) return false;
  return isQuoted(asked) && isQuoted(own) && isStrongMatch(asked, own);
}

/**
 * The fields of a 304 made from a stored response. `Cache-Control`, `Content-Location`, `Date`, `ETag`, `Expires` and
 * `Vary` must be in it, and `Last-Modified` is where no `ETag` does its work. Of the others all stay that say something
 * of the response rather than of its content, as servers leave them in: `Set-Cookie`, `Link`, `Access-Control-*` and
 * whatever applications invented. Out go the type, coding, language, length, range, digests and disposition of the
 * content, fields of the connection, and `Age`, which was that of another moment: whoever answers adds the present one.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110.html#section-15.4.5
 */
export function notModifiedFields(stored: HeaderFields): HeaderFields {
  const hasTag = entityTagOf(stored) !== undefined;
  return headerFields(
    Object.entries(storableFields(stored)).filter(
      ([name]) => !NOT_IN_A_304.has(name) && !(hasTag && name === 'last-modified'),
    ),
  );
}

function namesEntityTag(ifNoneMatch: string, stored: HeaderFields): boolean {
  const asked = parseEntityTagList(ifNoneMatch);
  if (asked === '*') return true;
  const own = entityTagOf(stored);
  return own !== undefined && asked.some((tag) => isWeakMatch(tag, own));
}

function strongLastModified(headers: HeaderFields, receivedAt: EpochMs): EpochMs | undefined {
  const lastModified = timeIn(headers, 'last-modified', receivedAt);
  if (lastModified === undefined) return undefined;
  const date = timeIn(headers, 'date', receivedAt);
  const isStrong =
    date === undefined
      ? receivedAt - lastModified >= STRONG_AFTER_ON_OUR_CLOCK_MS
      : date - lastModified >= STRONG_AFTER_MS;
  return isStrong ? lastModified : undefined;
}

/** The time that a field names; `undefined` where it is absent, not an HTTP date, or there are several. */
function timeIn(headers: HeaderFields, name: string, receivedAt: EpochMs): EpochMs | undefined {
  const text = textOf(headers, name);
  return text === undefined ? undefined : parseHttpDate(text, receivedAt);
}

/** The lines of a field as one text; `undefined` where there is no line. An empty line is a field that is there. */
function textOf(headers: HeaderFields, name: string): string | undefined {
  const lines = fieldLines(headers, name);
  return lines.length === 0 ? undefined : lines.join(', ');
}
