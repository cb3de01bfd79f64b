import { splitFieldList } from './field-list.js';

/** Consecutive bytes of a representation: both positions count from 0 and are included, so that `last >= first`. */
export interface ByteSpan {
  readonly first: number;
  readonly last: number;
}

/**
 * One member of a `Range` field. `from`: from a position up to another, both included; `last: undefined` up to the end.
 * `suffix`: the last `length` bytes.
 */
export type RangeSpec =
  | { readonly kind: 'from'; readonly first: number; readonly last: number | undefined }
  | { readonly kind: 'suffix'; readonly length: number };

/**
 * A `Content-Range` field. `span`: which bytes a partial response carries, and of how many; `completeLength: undefined`
 * where the sender did not know (`*`). `unsatisfied`: what a 416 tells of the representation.
 */
export type ContentRange =
  | { readonly kind: 'span'; readonly span: ByteSpan; readonly completeLength: number | undefined }
  | { readonly kind: 'unsatisfied'; readonly completeLength: number };

/**
 * The members of a `Range` field in bytes, in the order they were asked for. They may overlap, and each has to be
 * resolved against a length before it is known to be satisfiable.
 *
 * @returns at least one member; `undefined` for a field to be ignored: absent, another unit, malformed, a `last` before
 * its `first`, a number too large to be exact. One bad member makes the whole field invalid.
 * @see https://www.rfc-editor.org/rfc/rfc9110.html#section-14.1.1
 * @see https://www.rfc-editor.org/rfc/rfc9110.html#section-14.2
 */
export function parseRange(text: string | undefined): readonly RangeSpec[] | undefined {
  if (text === undefined) return undefined;
  const list = /^[ \t]*bytes=([^]*)$/i.exec(text)?.[1];
  if (list === undefined) return undefined;
  const specs: RangeSpec[] = [];
  for (const member of splitFieldList(list)) {
    const spec = parseRangeSpec(member);
    if (spec === undefined) return undefined;
    specs.push(spec);
  }
  return specs.length === 0 ? undefined : specs;
}

/**
 * The bytes that a member of `Range` means in a representation of so many bytes: never past its end.
 *
 * @returns `undefined` where there are none: the member starts past the end, asks for the last 0 bytes, or the
 * representation is empty
 * @see https://www.rfc-editor.org/rfc/rfc9110.html#section-14.1.2
 */
export function resolveRange(spec: RangeSpec, completeLength: number): ByteSpan | undefined {
  const end = completeLength - 1;
  const first = spec.kind === 'from' ? spec.first : Math.max(0, completeLength - spec.length);
  const last = spec.kind === 'from' ? Math.min(spec.last ?? end, end) : end;
  return first <= last ? { first, last } : undefined;
}

/**
 * Parses a `Content-Range` field in bytes.
 *
 * @returns `undefined` where it is absent, malformed, in another unit, or contradicts itself: a `last` before its
 * `first`, bytes past the end, a number too large to be exact. What such a response carries is not known, and it must not
 * be combined with anything.
 * @see https://www.rfc-editor.org/rfc/rfc9110.html#section-14.4
 */
export function parseContentRange(text: string | undefined): ContentRange | undefined {
  const parts = /^[ \t]*bytes (?:([0-9]+)-([0-9]+)|\*)\/(?:([0-9]+)|\*)[ \t]*$/i.exec(text ?? '');
  if (parts === null) return undefined;
  const [, firstDigits, lastDigits, lengthDigits] = parts;
  const completeLength = exactNumber(lengthDigits);
  if (lengthDigits !== undefined && completeLength === undefined) return undefined;
  if (firstDigits === undefined) {
    return completeLength === undefined ? undefined : { kind: 'unsatisfied', completeLength };
  }
  const [first, last] = [exactNumber(firstDigits), exactNumber(lastDigits)];
  if (first === undefined || last === undefined || last < first) return undefined;
  if (completeLength !== undefined && completeLength <= last) return undefined;
  return { kind: 'span', span: { first, last }, completeLength };
}

/**
 * The `Content-Range` of a 206, such as `bytes 0-4/10`; with `/*` where the complete length is `undefined`.
 * @see https://www.rfc-editor.org/rfc/rfc9110.html#section-14.4
 */
export function formatContentRange(span: ByteSpan, completeLength: number | undefined): string {
  return `bytes ${span.first}-${span.last}/${completeLength ?? '*'}`;
}

/** The `Content-Range` of a 416. @see https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.17 */
export function formatUnsatisfiedRange(completeLength: number): string {
  return `bytes */${completeLength}`;
}

/** How many bytes a span has: at least 1. */
export function spanLength(span: ByteSpan): number {
  return span.last - span.first + 1;
}

/** How many bytes disjoint spans have together. */
export function totalLength(spans: readonly ByteSpan[]): number {
  return spans.reduce((bytes, span) => bytes + spanLength(span), 0);
}

/**
 * The same bytes as few spans as possible: sorted, overlapping and adjacent ones joined. The given list, in any order, is
 * not changed.
 */
export function mergeSpans(spans: readonly ByteSpan[]): readonly ByteSpan[] {
  const merged: ByteSpan[] = [];
  for (const span of [...spans].sort((a, b) => a.first - b.first)) {
    const previous = merged.at(-1);
    if (previous === undefined || span.first > previous.last + 1) merged.push(span);
    else if (span.last > previous.last)
      merged[merged.length - 1] = { first: previous.first, last: span.last };
  }
  return merged;
}

/** Whether a span is wholly inside one of the others. Of adjacent ones only {@link mergeSpans} makes one. */
export function spanWithin(span: ByteSpan, spans: readonly ByteSpan[]): boolean {
  return spans.some(({ first, last }) => first <= span.first && span.last <= last);
}

/**
 * The bytes of a representation that no span has, sorted and disjoint; empty when it is complete.
 *
 * @param spans sorted and disjoint, as {@link mergeSpans} returns them; what is past the end does not count
 * @param completeLength of the representation, in bytes; 0: nothing can be missing
 */
export function missingSpans(spans: readonly ByteSpan[], completeLength: number): readonly ByteSpan[] {
  const missing: ByteSpan[] = [];
  let next = 0;
  for (const { first, last } of spans) {
    if (first >= completeLength) break;
    if (first > next) missing.push({ first: next, last: first - 1 });
    next = last + 1;
  }
  if (next < completeLength) missing.push({ first: next, last: completeLength - 1 });
  return missing;
}

function parseRangeSpec(member: string): RangeSpec | undefined {
  const parts = /^([0-9]*)-([0-9]*)$/.exec(member);
  if (parts === null) return undefined;
  const [, firstDigits, lastDigits] = parts;
  const last = exactNumber(lastDigits);
  if (lastDigits !== '' && last === undefined) return undefined;
  if (firstDigits === '') return last === undefined ? undefined : { kind: 'suffix', length: last };
  const first = exactNumber(firstDigits);
  if (first === undefined || (last !== undefined && last < first)) return undefined;
  return { kind: 'from', first, last };
}

/** Beyond this, arithmetic with positions would be off by some bytes without a sign of it. */
function exactNumber(digits: string | undefined): number | undefined {
  const value = digits === undefined || digits === '' ? NaN : Number(digits);
  return Number.isSafeInteger(value) ? value : undefined;
}
