/**
 * How old a response is, how long it is fresh, and who permits it to be used when it no longer is: the part of the oracle
 * that calculates. Nothing of lib/ is imported but types.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9111.html#section-4.2
 */
import { type RequestHead, type ResponseHead } from '../../../lib/policy/messages';
import {
  deltaSeconds,
  directivesOf,
  first,
  has,
  httpDate,
  linesOf,
  trimOptionalWhitespace,
  type Directive,
  type Reading,
} from './readings';

/** A request, its response, and a second request for the same URL. All times in epoch milliseconds. */
export interface Conversation {
  readonly firstRequest: RequestHead;
  readonly requestSentAt: number;
  readonly response: ResponseHead;
  readonly responseReceivedAt: number;
  readonly secondRequest: RequestHead;
  /** When the second request comes. */
  readonly askedAt: number;
}

/** Section 4.2.2: "a typical setting of this fraction might be 10%", and the preset `rfc9111` has it, too. */
const HEURISTIC_DIVISOR = 10;
/** RFC 9110 section 15.1 lists the statuses that are defined as heuristically cacheable. */
export const HEURISTICALLY_CACHEABLE = [200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501];

/**
 * The values that `Date` can stand for.
 *
 * RFC 9110 section 6.6.1: without a `Date`, a recipient records "the time it was received"; one with "an invalid Date
 * header field value MAY replace that value with the time that response was received".
 */
export function possibleDates({ response, responseReceivedAt }: Conversation): readonly number[] {
  const lines = linesOf(response.headers, 'date');
  const [first] = lines;
  if (first === undefined) return [responseReceivedAt];
  const strict = httpDate(first, responseReceivedAt);
  if (lines.length === 1 && strict !== undefined) return [strict];
  const lenient = httpDate(first.trim(), responseReceivedAt);
  return lenient === undefined ? [responseReceivedAt] : [responseReceivedAt, lenient];
}

/** Section 4.2.3: calculating age. The names are those of the RFC. */
export function currentAgeMs(conversation: Conversation, dateValue: number): number {
  const { response, requestSentAt: requestTime, responseReceivedAt: responseTime, askedAt } = conversation;
  // "apparent_age = max(0, response_time - date_value)"; Date has whole seconds, and so has the difference.
  const apparentAge = Math.max(0, Math.floor((responseTime - dateValue) / 1000) * 1000);
  const responseDelay = responseTime - requestTime;
  const correctedAgeValue = ageValue(response) * 1000 + responseDelay;
  const correctedInitialAge = Math.max(apparentAge, correctedAgeValue);
  const residentTime = askedAt - responseTime;
  return correctedInitialAge + residentTime;
}

/**
 * Section 5.1: "a cache encountering a message with a list-based Age field value SHOULD use the first member of the field
 * value, discarding subsequent ones. If the field value […] is invalid (e.g., it contains something other than a
 * non-negative integer), a cache SHOULD ignore the field." To take the response for stale is stricter, and allowed.
 */
function ageValue(response: ResponseHead): number {
  const [member = ''] = linesOf(response.headers, 'age').join(',').split(',');
  const seconds = deltaSeconds(trimOptionalWhitespace(member)) ?? 0;
  // Section 1.2.2: "the cache MUST consider the value to be 2147483648 (2^31) or the greatest positive integer it can
  // conveniently represent".
  return Math.min(seconds, 2147483648);
}

interface Lifetime {
  readonly isExplicit: boolean;
  readonly lifetimeMs: number;
}

/** Section 4.2.1: "using the first match of". */
export function freshnessLifetime(conversation: Conversation, reading: Reading, date: number): Lifetime {
  const { response, responseReceivedAt } = conversation;
  const directives = directivesOf(response.headers, 'cache-control', reading);
  // "If the cache is shared and the s-maxage response directive is present": it is not shared.
  // "If the max-age response directive is present, use its value". "When there is more than one value present for a given
  // directive […], either the first occurrence should be used or the response should be considered stale." "Caches are
  // encouraged to consider responses that have invalid freshness information (e.g., a max-age directive with non-integer
  // content) to be stale."
  const maxAge = first(directives, 'max-age');
  if (maxAge !== undefined) {
    return { isExplicit: true, lifetimeMs: (deltaSeconds(maxAge.argument) ?? 0) * 1000 };
  }
  // "If the Expires response header field is present, use its value minus the value of the Date response header field".
  // Section 5.3: "A cache recipient MUST interpret invalid date formats, especially the value "0", as representing a time
  // in the past (i.e., "already expired")."
  const [expires] = linesOf(response.headers, 'expires');
  if (expires !== undefined) {
    const expiresAt = httpDate(expires, responseReceivedAt);
    return { isExplicit: true, lifetimeMs: expiresAt === undefined ? 0 : Math.max(0, expiresAt - date) };
  }
  return { isExplicit: false, lifetimeMs: heuristicLifetimeMs(conversation, directives, date) };
}

/**
 * Section 4.2.2: "heuristics can only be used on responses without explicit freshness whose status codes are defined as
 * heuristically cacheable […] and those responses without explicit freshness that have been marked as explicitly cacheable
 * (e.g., with a public response directive)". 0 without anything to guess from.
 */
function heuristicLifetimeMs(
  { response, responseReceivedAt }: Conversation,
  directives: readonly Directive[],
  date: number,
): number {
  const isMarked = has(directives, 'public') || has(directives, 'private');
  if (!HEURISTICALLY_CACHEABLE.includes(response.status) && !isMarked) return 0;
  const [lastModified] = linesOf(response.headers, 'last-modified');
  const lastModifiedAt =
    lastModified === undefined ? undefined : httpDate(lastModified.trim(), responseReceivedAt);
  if (lastModifiedAt === undefined) return 0;
  return Math.max(0, date - lastModifiedAt) / HEURISTIC_DIVISOR;
}

/**
 * Section 4.2.4: "A cache MUST NOT generate a stale response unless it is disconnected or doing so is explicitly permitted
 * by the client or origin server (e.g., by the max-stale request directive in Section 5.2.1, extension directives such as
 * those defined in [RFC5861], …)".
 */
export function isStalePermitted(
  request: readonly Directive[],
  response: readonly Directive[],
  stalenessMs: number,
): boolean {
  const isWithin = (seconds: number | undefined): boolean =>
    seconds !== undefined && stalenessMs <= seconds * 1000;
  // Section 5.2.1.2: "If no value is assigned to max-stale, then the client will accept a stale response of any age."
  const maxStale = first(request, 'max-stale');
  if (maxStale !== undefined && maxStale.argument === undefined) return true;
  if (isWithin(deltaSeconds(maxStale?.argument))) return true;
  // RFC 5861 section 3. Of the request, it is an explicit permission by the client.
  const whileRevalidate = 'stale-while-revalidate';
  if (isWithin(deltaSeconds(first(response, whileRevalidate)?.argument))) return true;
  if (isWithin(deltaSeconds(first(request, whileRevalidate)?.argument))) return true;
  // RFC 5861 section 4 permits it after an error. A request that must not be forwarded (section 5.2.1.7) finds the cache
  // disconnected, which is one.
  if (!has(request, 'only-if-cached')) return false;
  const ifError = 'stale-if-error';
  return [response, request].some((directives) =>
    isWithin(deltaSeconds(first(directives, ifError)?.argument)),
  );
}
