import type { EpochMs } from '../clock.js';
import { parseDeltaSeconds } from '../http/delta-seconds.js';
import { splitFieldList } from '../http/field-list.js';
import { fieldLines, type HeaderFields } from '../http/header-fields.js';
import { parseHttpDate } from '../http/http-date.js';

/**
 * The moment at which a response's age was 0: its reception minus the corrected initial age. The age at any later time
 * is what has passed since then.
 *
 * @param exchange the response's fields, and when its request was sent and it was received
 * @see https://www.rfc-editor.org/rfc/rfc9111.html#section-4.2.3
 */
export function generationTime(exchange: {
  readonly headers: HeaderFields;
  readonly requestSentAt: EpochMs;
  readonly responseReceivedAt: EpochMs;
}): EpochMs {
  const { headers, requestSentAt, responseReceivedAt } = exchange;
  // `Date` has whole seconds, so that a fraction of a second is no sign of age.
  const apparentAgeSeconds = Math.max(
    0,
    Math.floor((responseReceivedAt - dateOf(headers, responseReceivedAt)) / 1000),
  );
  // A clock that was set back in between must not make a response younger.
  const responseDelayMs = Math.max(0, responseReceivedAt - requestSentAt);
  const correctedAgeMs = ageSeconds(headers) * 1000 + responseDelayMs;
  return responseReceivedAt - Math.max(apparentAgeSeconds * 1000, correctedAgeMs);
}

/** Seconds since a stored response was generated, ≥ 0, with fractions. */
export function currentAgeSeconds(stored: { readonly generatedAt: EpochMs }, now: EpochMs): number {
  return Math.max(0, now - stored.generatedAt) / 1000;
}

/**
 * When a response was originated: its `Date`; its reception where that is absent or cannot be read (RFC 9110 section
 * 6.6.1).
 */
export function dateOf(headers: HeaderFields, responseReceivedAt: EpochMs): EpochMs {
  const [date, ...others] = fieldLines(headers, 'date');
  const time = date === undefined || others.length > 0 ? undefined : parseHttpDate(date, responseReceivedAt);
  return time ?? responseReceivedAt;
}

/**
 * The value of `Age`. Of several the first counts, and one that is not a whole number ≥ 0 is ignored: it says 0. See
 * {@link hasUnreadableAge} for what that means for freshness.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9111.html#section-5.1
 */
function ageSeconds(headers: HeaderFields): number {
  const [first] = ageMembers(headers);
  return first === undefined ? 0 : (parseDeltaSeconds(first) ?? 0);
}

/**
 * Whether `Age` is there, but is not one whole number ≥ 0. By RFC 9111 section 5.1 a cache should use the first of several,
 * and ignore what it cannot read. But somebody on the way did not know how old the response is, and section 4.2.1 encourages
 * caches to take what has invalid freshness information for stale: that costs a request, and can do no harm.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9111.html#section-4.2.1
 */
export function hasUnreadableAge(headers: HeaderFields): boolean {
  const [first, ...others] = ageMembers(headers);
  if (first === undefined) return fieldLines(headers, 'age').length > 0;
  return others.length > 0 || parseDeltaSeconds(first) === undefined;
}

function ageMembers(headers: HeaderFields): string[] {
  return fieldLines(headers, 'age').flatMap(splitFieldList);
}
