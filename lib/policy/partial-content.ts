import {
  type ByteSpan,
  mergeSpans,
  missingSpans,
  parseContentRange,
  parseRange,
  type RangeSpec,
  resolveRange,
  spanLength,
  spanWithin,
  totalLength,
} from '../http/byte-range.js';
import { isQuoted, isStrongMatch } from '../http/entity-tag.js';
import { fieldLines, fieldValue, headerFields, type HeaderFields } from '../http/header-fields.js';
import type { RequestHead, ResponseHead, StoredParts, StoredResponseHead } from './messages.js';
import { isConditional, isIfRangeSatisfied } from './preconditions.js';
import { entityTagOf } from './validation.js';

/** More parts of one response would make every combination slow; then the newest part alone is kept. */
const MOST_SPANS = 64;

/** Header fields and nothing else: the answer to a HEAD, kept with the GET that it tells of. */
export const HEADER_ONLY: StoredParts = Object.freeze({
  spans: Object.freeze([]),
  completeLength: undefined,
  range: undefined,
  isCombinable: false,
});

/**
 * The one range that a request asks for; `undefined` where it asks for the whole: without a `Range` that can be read, and
 * for methods other than GET, for which the field means nothing. Several ranges are the caller's and the origin's affair.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110.html#section-14.2
 */
export function requestedRange(request: RequestHead): RangeSpec | undefined {
  const ranges = request.method === 'GET' ? parseRange(fieldValue(request.headers, 'range')) : undefined;
  return ranges?.length === 1 ? ranges[0] : undefined;
}

/**
 * Whether what is stored has the content that a request asks for. Freshness is not asked here.
 *
 * A complete response answers everything, but ranges only where its stored bytes are those of the representation. Of a
 * partial one only what lies wholly within may be used, or, unchanged, for a request with the very `Range` that it was
 * the answer to. Header fields alone, the answer to a HEAD, answer HEAD.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9111.html#section-3.3
 */
export function hasContentFor(request: RequestHead, stored: StoredResponseHead): boolean {
  const { parts } = stored;
  const range = requestedRange(request);
  // Under a key of the user's own, which may be the same for both.
  if (stored.method === 'HEAD' && request.method !== 'HEAD') return false;
  if (parts === undefined) {
    // Stored by hand: nobody knows which bytes it has.
    if (stored.status === 206) return false;
    return range === undefined || stored.status !== 200 || stored.isByteExact || !isInRange(request, stored);
  }
  if (parts.spans.length === 0) return request.method === 'HEAD';
  // A HEAD asks for the header of the whole, which a part does not have.
  if (request.method === 'HEAD' || range === undefined || !isInRange(request, stored)) return false;
  if (isAnswerToSameRange(request, parts)) return true;
  const span = spanOf(range, parts);
  return span !== undefined && spanWithin(span, parts.spans);
}

/** What of the stored content answers a request that {@link hasContentFor} allows. */
export type ContentSelection =
  | { readonly kind: 'whole' }
  /** `span` of the representation, which begins `offset` bytes into the stored body. */
  | {
      readonly kind: 'part';
      readonly span: ByteSpan;
      readonly offset: number;
      readonly completeLength: number | undefined;
    }
  | { readonly kind: 'unsatisfiable'; readonly completeLength: number };

/**
 * Which of the stored bytes answer a request: all that are stored, one span of them, or none because the range lies past
 * the end.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110.html#section-14.2
 */
export function selectContent(request: RequestHead, stored: StoredResponseHead): ContentSelection {
  const range = requestedRange(request);
  const { parts } = stored;
  if (range === undefined || !isInRange(request, stored)) return { kind: 'whole' };
  if (parts === undefined) {
    if (stored.status !== 200) return { kind: 'whole' };
    const completeLength = stored.bodyBytes;
    const span = resolveRange(range, completeLength);
    if (span === undefined) return { kind: 'unsatisfiable', completeLength };
    return { kind: 'part', span, offset: span.first, completeLength };
  }
  if (isAnswerToSameRange(request, parts)) return { kind: 'whole' };
  const span = spanOf(range, parts);
  const offset = span && offsetOf(span, parts);
  if (span === undefined || offset === undefined) return { kind: 'whole' };
  return { kind: 'part', span, offset, completeLength: parts.completeLength };
}

/**
 * Which bytes a 206 brings, by its `Content-Range`; `undefined` where that cannot be said for sure, and the response must
 * not be stored: a `multipart/byteranges`, a field that is malformed, more bytes than it announces. A body with fewer is
 * taken for an incomplete one: its bytes count, the missing ones do not.
 *
 * @param isCombinable whether it is known which URL it came from
 * @see https://www.rfc-editor.org/rfc/rfc9110.html#section-15.3.7
 * @see https://www.rfc-editor.org/rfc/rfc9111.html#section-3.3
 */
export function receivedParts(
  request: RequestHead,
  response: ResponseHead,
  bodyBytes: number,
  isCombinable: boolean,
): StoredParts | undefined {
  const lines = fieldLines(response.headers, 'content-range');
  const range = lines.length === 1 ? parseContentRange(lines[0]) : undefined;
  if (range?.kind !== 'span' || bodyBytes === 0 || bodyBytes > spanLength(range.span)) return undefined;
  const { first } = range.span;
  return {
    spans: [{ first, last: first + bodyBytes - 1 }],
    completeLength: range.completeLength,
    range: requestedRange(request) && fieldValue(request.headers, 'range'),
    isCombinable,
  };
}

/** Fields about all bytes of one message. `Repr-Digest` is not: it is meant to be that of the whole. */
const ABOUT_THE_BYTES: ReadonlySet<string> = new Set([
  'content-digest',
  'content-length',
  'content-md5',
  'content-range',
]);

/**
 * The fields of a response with so many other bytes of the same content.
 * @param contentRange which bytes these are; undefined: that stands elsewhere, or they are all
 */
export function fieldsForBytes(headers: HeaderFields, length: number, contentRange?: string): HeaderFields {
  const others = Object.entries(headers).filter(([name]) => !ABOUT_THE_BYTES.has(name));
  const range: [string, string][] = contentRange === undefined ? [] : [['content-range', contentRange]];
  return headerFields([...others, ...range, ['content-length', String(length)]]);
}

/** A copy of `length` bytes: from the older or the newer body at `from`, to the combined one at `to`. */
export interface CopiedBytes {
  readonly source: 'stored' | 'received';
  readonly from: number;
  readonly to: number;
  readonly length: number;
}

/** How two partial bodies become one. */
export interface Combination {
  /** `undefined`: the result is complete. */
  readonly parts: StoredParts | undefined;
  readonly bodyBytes: number;
  /** To be done in this order: where both have a byte, the received one comes last and wins. */
  readonly copies: readonly CopiedBytes[];
}

/**
 * Combines what is stored of a representation with a part that was received; `undefined` when their lengths contradict
 * each other, or the result would have too many parts. The caller makes sure that {@link isSameRepresentation}.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9111.html#section-3.4
 */
export function combineParts(stored: StoredParts, received: StoredParts): Combination | undefined {
  if (!stored.isCombinable || !received.isCombinable) return undefined;
  const completeLength = received.completeLength ?? stored.completeLength;
  if (stored.completeLength !== undefined && stored.completeLength !== completeLength) return undefined;
  const spans = mergeSpans([...stored.spans, ...received.spans]);
  const end = spans.at(-1)?.last ?? 0;
  if (spans.length > MOST_SPANS || (completeLength !== undefined && end >= completeLength)) return undefined;
  const parts: StoredParts = { spans, completeLength, range: undefined, isCombinable: true };
  const copies = [...copiesOf('stored', stored, parts), ...copiesOf('received', received, parts)];
  const isComplete = completeLength !== undefined && missingSpans(spans, completeLength).length === 0;
  return { parts: isComplete ? undefined : parts, bodyBytes: totalLength(spans), copies };
}

function copiesOf(source: CopiedBytes['source'], from: StoredParts, to: StoredParts): CopiedBytes[] {
  return from.spans.map((span) => ({
    source,
    from: offsetOf(span, from) ?? 0,
    to: offsetOf(span, to) ?? 0,
    length: spanLength(span),
  }));
}

/**
 * Whether two responses are surely of the same representation, byte for byte: both have the same strong entity tag, with
 * its quotes.
 * Dates are left out, since a second is a long time.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9111.html#section-3.4
 */
export function isSameRepresentation(a: HeaderFields, b: HeaderFields): boolean {
  const [tagA, tagB] = [strongTagOf(a), strongTagOf(b)];
  return tagA !== undefined && tagB !== undefined && isStrongMatch(tagA, tagB);
}

/**
 * The fields that ask for just what is missing of a partial response, under the condition that the rest is still good:
 * `Range` and `If-Range`. `undefined` when that is no use: nothing to hold on to (no strong entity tag: then RFC 9111
 * section 3.4 forbids combining), more than one gap, a request with a range or a condition of its own.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9111.html#section-3.3
 */
export function completionFields(request: RequestHead, stored: StoredResponseHead): HeaderFields | undefined {
  const { parts } = stored;
  if (parts === undefined || parts.spans.length === 0) return undefined;
  if (!parts.isCombinable || !stored.isByteExact) return undefined;
  if (request.method !== 'GET' || isConditional(request.headers)) return undefined;
  if (fieldLines(request.headers, 'range').length > 0) return undefined;
  const tag = strongTagOf(stored.headers);
  const range = missingRange(parts);
  if (tag === undefined || range === undefined) return undefined;
  return headerFields([
    ['range', range],
    ['if-range', tag.text],
  ]);
}

function missingRange({ spans, completeLength }: StoredParts): string | undefined {
  if (completeLength === undefined) {
    const [only, ...others] = spans;
    return only?.first === 0 && others.length === 0 ? `bytes=${only.last + 1}-` : undefined;
  }
  const [gap, ...others] = missingSpans(spans, completeLength);
  if (gap === undefined || others.length > 0) return undefined;
  return gap.last === completeLength - 1 ? `bytes=${gap.first}-` : `bytes=${gap.first}-${gap.last}`;
}

/** Whether a `Range` is to be honoured: `If-Range` may say that the requester's part is of another representation. */
function isInRange(request: RequestHead, stored: StoredResponseHead): boolean {
  return isIfRangeSatisfied(request.headers, stored, stored.responseReceivedAt);
}

/** The same question has the same answer, also where the origin answered with another part than it was asked for. */
function isAnswerToSameRange(request: RequestHead, { range }: StoredParts): boolean {
  return range !== undefined && range === fieldValue(request.headers, 'range');
}

/** The span that a range means in a representation of which parts are stored; `undefined` where its length decides. */
function spanOf(range: RangeSpec, { completeLength }: StoredParts): ByteSpan | undefined {
  if (completeLength !== undefined) return resolveRange(range, completeLength);
  if (range.kind !== 'from' || range.last === undefined) return undefined;
  return { first: range.first, last: range.last };
}

/** Where in the stored body, which is the spans one after the other, a span begins. */
function offsetOf(span: ByteSpan, { spans }: StoredParts): number | undefined {
  let offset = 0;
  for (const one of spans) {
    if (one.first <= span.first && span.last <= one.last) return offset + span.first - one.first;
    offset += spanLength(one);
  }
  return undefined;
}

function strongTagOf(headers: HeaderFields): ReturnType<typeof entityTagOf> {
  const tag = entityTagOf(headers);
  // Without quotes nothing tells whether it is strong.
  return tag?.isWeak === false && isQuoted(tag) ? tag : undefined;
}
