import fc from 'fast-check';
import {
  formatContentRange,
  formatUnsatisfiedRange,
  mergeSpans,
  missingSpans,
  parseContentRange,
  parseRange,
  resolveRange,
  spanLength,
  spanWithin,
  type ByteSpan,
  type ContentRange,
  type RangeSpec,
} from '../../lib/http/byte-range';

const RUNS = { seed: 20261120, numRuns: 500 };
const LARGEST = Number.MAX_SAFE_INTEGER;

const from = (first: number, last?: number): RangeSpec => ({ kind: 'from', first, last });
const suffix = (length: number): RangeSpec => ({ kind: 'suffix', length });
const span = (first: number, last: number): ByteSpan => ({ first, last });
const spans = (...pairs: [number, number][]): ByteSpan[] => pairs.map(([first, last]) => span(first, last));

/** Any spans within the first 40 bytes, in any order. */
const someSpans = fc.array(
  fc
    .tuple(fc.integer({ min: 0, max: 39 }), fc.integer({ min: 0, max: 39 }))
    .map(([a, b]) => span(Math.min(a, b), Math.max(a, b))),
  { maxLength: 8 },
);

/** The positions that spans have, one by one: slow, and obviously right. */
function positions(list: readonly ByteSpan[]): Set<number> {
  const found = new Set<number>();
  for (const { first, last } of list) for (let at = first; at <= last; at += 1) found.add(at);
  return found;
}

function expectSortedAndApart(list: readonly ByteSpan[]): void {
  for (const [index, { first, last }] of list.entries()) {
    expect(last).toBeGreaterThanOrEqual(first);
    if (index > 0) expect(first).toBeGreaterThan(list[index - 1]!.last + 1);
  }
}

describe('parseRange (RFC 9110 sections 14.1.1 and 14.2)', () => {
  it.each<[string, RangeSpec[]]>([
    ['bytes=0-499', [from(0, 499)]],
    ['bytes=0-0', [from(0, 0)]],
    ['bytes=9500-', [from(9500)]],
    ['bytes=-500', [suffix(500)]],
    ['bytes=-0', [suffix(0)]],
    ['bytes=007-010', [from(7, 10)]],
    ['bytes=0-0,-1', [from(0, 0), suffix(1)]],
    ['bytes=500-600,0-9', [from(500, 600), from(0, 9)]],
    ['bytes= 0-1 ,\t2-3 ', [from(0, 1), from(2, 3)]],
    ['bytes=,0-1,, ,2-', [from(0, 1), from(2)]],
    ['BYTES=0-1', [from(0, 1)]],
    [' bytes=0-1 ', [from(0, 1)]],
    [`bytes=0-${LARGEST}`, [from(0, LARGEST)]],
  ])('%j', (text, expected) => {
    expect(parseRange(text)).toEqual(expected);
  });

  it.each<[string | undefined]>([
    [undefined],
    [''],
    ['bytes'],
    ['bytes='],
    ['bytes=, ,'],
    ['bytes=-'],
    ['bytes=0'],
    ['bytes=a-b'],
    ['bytes=0-1-2'],
    ['bytes=--1'],
    ['bytes=+0-1'],
    ['bytes=0.5-1'],
    ['bytes=0x0-0x1'],
    ['bytes=1e1-20'],
    ['bytes=0 - 1'],
    ['bytes=٠-١'],
    ['bytes="0-1"'],
    ['bytes 0-1'],
    ['bytes =0-1'],
    ['bytes:0-1'],
    ['items=0-1'],
    ['xbytes=0-1'],
    ['bytes=2-1'],
    ['bytes=0-1,9-8'],
    ['bytes=0-1;2-3'],
    ['bytes=0-1,seconds'],
    ['bytes=0-1, bytes=2-3'],
    [`bytes=0-${LARGEST + 1}`],
    [`bytes=${LARGEST + 1}-`],
    [`bytes=-${LARGEST + 1}`],
    [`bytes=0-${'9'.repeat(400)}`],
  ])('ignores %j', (text) => {
    expect(parseRange(text)).toBeUndefined();
  });

  it('reads back whatever was written', () => {
    const spec = fc.oneof(
      fc.nat().map(suffix),
      fc.nat().map((first) => from(first)),
      fc.tuple(fc.nat(), fc.nat()).map(([a, b]) => from(Math.min(a, b), Math.max(a, b))),
    );
    const write = (one: RangeSpec): string =>
      one.kind === 'suffix' ? `-${one.length}` : `${one.first}-${one.last ?? ''}`;
    fc.assert(
      fc.property(fc.array(spec, { minLength: 1, maxLength: 5 }), (specs) => {
        expect(parseRange(`bytes=${specs.map(write).join(', ')}`)).toEqual(specs);
      }),
      RUNS,
    );
  });

  it('takes any text without throwing, and returns exact numbers only', () => {
    const piece = fc.constantFrom(
      'bytes',
      '=',
      '-',
      ',',
      ' ',
      '0',
      '1',
      '99',
      '9'.repeat(17),
      '"',
      '\n',
      'x',
    );
    const text = fc.array(piece, { maxLength: 10 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(
        text.chain((one) => fc.constantFrom(one, `bytes=${one}`)),
        (one) => {
          for (const spec of parseRange(one) ?? []) {
            const numbers =
              spec.kind === 'suffix' ? [0, spec.length] : [0, spec.first, spec.last ?? spec.first];
            expect(numbers.every(Number.isSafeInteger)).toBe(true);
            expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
          }
        },
      ),
      RUNS,
    );
  });
});

describe('resolveRange (RFC 9110 section 14.1.2)', () => {
  it.each<[RangeSpec, number, ByteSpan | undefined]>([
    [from(0, 4), 10, span(0, 4)],
    [from(0, 9), 10, span(0, 9)],
    [from(0, 10), 10, span(0, 9)],
    [from(9, 9), 10, span(9, 9)],
    [from(9, LARGEST), 10, span(9, 9)],
    [from(10, 12), 10, undefined],
    [from(10), 10, undefined],
    [from(9), 10, span(9, 9)],
    [from(0), 10, span(0, 9)],
    [suffix(1), 10, span(9, 9)],
    [suffix(10), 10, span(0, 9)],
    [suffix(11), 10, span(0, 9)],
    [suffix(LARGEST), 10, span(0, 9)],
    [suffix(0), 10, undefined],
    [from(0), 0, undefined],
    [from(0, 0), 0, undefined],
    [suffix(1), 0, undefined],
    [suffix(0), 0, undefined],
    [suffix(1), LARGEST, span(LARGEST - 1, LARGEST - 1)],
  ])('%j of %d bytes: %j', (spec, completeLength, expected) => {
    expect(resolveRange(spec, completeLength)).toEqual(expected);
  });
});

describe('parseContentRange (RFC 9110 section 14.4)', () => {
  const carries = (first: number, last: number, completeLength?: number): ContentRange => ({
    kind: 'span',
    span: span(first, last),
    completeLength,
  });

  it.each<[string, ContentRange]>([
    ['bytes 4-9/10', carries(4, 9, 10)],
    ['bytes 0-0/1', carries(0, 0, 1)],
    ['bytes 42-1233/*', carries(42, 1233)],
    ['Bytes 0-4/10', carries(0, 4, 10)],
    [' bytes 0-4/10\t', carries(0, 4, 10)],
    ['bytes 00-04/010', carries(0, 4, 10)],
    [`bytes 0-${LARGEST - 1}/${LARGEST}`, carries(0, LARGEST - 1, LARGEST)],
    ['bytes */10', { kind: 'unsatisfied', completeLength: 10 }],
    ['bytes */0', { kind: 'unsatisfied', completeLength: 0 }],
  ])('%j', (text, expected) => {
    expect(parseContentRange(text)).toEqual(expected);
  });

  it.each<[string | undefined]>([
    [undefined],
    [''],
    ['bytes'],
    ['bytes */*'],
    ['bytes 0-4'],
    ['bytes 0-/10'],
    ['bytes -4/10'],
    ['bytes 4/10'],
    ['bytes 0-4/'],
    ['bytes 0-4/-1'],
    ['bytes=0-4/10'],
    ['bytes  0-4/10'],
    ['bytes 0 - 4/10'],
    ['bytes 0-4 / 10'],
    ['items 0-4/10'],
    ['x bytes 0-4/10'],
    ['0-4/10'],
    ['bytes 4-0/10'],
    ['bytes 0-10/10'],
    ['bytes 12-14/10'],
    ['bytes 0-0/0'],
    ['bytes 0-4/10, bytes 5-9/10'],
    ['bytes 0-4/10\n'],
    [`bytes 0-4/${LARGEST + 1}`],
    [`bytes */${LARGEST + 1}`],
    [`bytes 0-${LARGEST + 1}/*`],
    [`bytes ${LARGEST + 1}-${LARGEST + 1}/*`],
  ])('takes nothing from %j', (text) => {
    expect(parseContentRange(text)).toBeUndefined();
  });

  it.each<[string, string]>([
    [formatContentRange(span(4, 9), 10), 'bytes 4-9/10'],
    [formatContentRange(span(0, 0), undefined), 'bytes 0-0/*'],
    [formatUnsatisfiedRange(10), 'bytes */10'],
    [formatUnsatisfiedRange(0), 'bytes */0'],
  ])('is written as %s', (written, expected) => {
    expect(written).toBe(expected);
  });

  it('reads back what the formats write', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.integer({ min: 1 }), fc.boolean(), (a, b, more, isKnown) => {
        const written = span(Math.min(a, b), Math.max(a, b));
        const completeLength = isKnown ? written.last + more : undefined;
        expect(parseContentRange(formatContentRange(written, completeLength))).toEqual(
          carries(written.first, written.last, completeLength),
        );
        expect(parseContentRange(formatUnsatisfiedRange(more))).toEqual({
          kind: 'unsatisfied',
          completeLength: more,
        });
      }),
      RUNS,
    );
  });
});

describe('spanLength', () => {
  it.each([
    [span(0, 0), 1],
    [span(5, 9), 5],
  ])('%j has %d bytes', (one, expected) => {
    expect(spanLength(one)).toBe(expected);
  });
});

describe('mergeSpans', () => {
  it.each<[string, ByteSpan[], ByteSpan[]]>([
    ['nothing', [], []],
    ['one', spans([3, 5]), spans([3, 5])],
    ['apart, sorted', spans([8, 9], [0, 1]), spans([0, 1], [8, 9])],
    ['one byte apart', spans([0, 1], [3, 4]), spans([0, 1], [3, 4])],
    ['adjacent', spans([2, 3], [0, 1]), spans([0, 3])],
    ['overlapping', spans([0, 5], [3, 9]), spans([0, 9])],
    ['one inside another', spans([0, 9], [3, 4]), spans([0, 9])],
    ['the same twice', spans([1, 2], [1, 2]), spans([1, 2])],
    ['a chain', spans([6, 8], [0, 2], [3, 5], [9, 9]), spans([0, 9])],
  ])('%s', (_title, given, expected) => {
    const before = structuredClone(given);
    expect(mergeSpans(given)).toEqual(expected);
    expect(given).toEqual(before);
  });

  it('keeps every position, adds none, and leaves a gap between any two', () => {
    fc.assert(
      fc.property(someSpans, (given) => {
        const merged = mergeSpans(given);
        expect(positions(merged)).toEqual(positions(given));
        expectSortedAndApart(merged);
      }),
      RUNS,
    );
  });
});

describe('spanWithin', () => {
  it.each<[ByteSpan, ByteSpan[], boolean]>([
    [span(2, 3), spans([0, 5]), true],
    [span(0, 5), spans([0, 5]), true],
    [span(0, 6), spans([0, 5]), false],
    [span(1, 5), spans([2, 9]), false],
    [span(7, 8), spans([0, 5], [7, 9]), true],
    [span(4, 7), spans([0, 5], [6, 9]), false],
    [span(0, 0), [], false],
  ])('%j in %j: %p', (one, others, expected) => {
    expect(spanWithin(one, others)).toBe(expected);
  });

  it('is, in merged spans, the question whether every position is there', () => {
    fc.assert(
      fc.property(someSpans, someSpans, (given, asked) => {
        const merged = mergeSpans(given);
        const present = positions(given);
        for (const one of asked) {
          expect(spanWithin(one, merged)).toBe([...positions([one])].every((at) => present.has(at)));
        }
      }),
      RUNS,
    );
  });
});

describe('missingSpans', () => {
  it.each<[string, ByteSpan[], number, ByteSpan[]]>([
    ['all of it', [], 10, spans([0, 9])],
    ['an empty representation', [], 0, []],
    ['nothing', spans([0, 9]), 10, []],
    ['the start', spans([4, 9]), 10, spans([0, 3])],
    ['the end', spans([0, 4]), 10, spans([5, 9])],
    ['the middle', spans([0, 1], [8, 9]), 10, spans([2, 7])],
    ['around', spans([2, 3], [5, 6]), 10, spans([0, 1], [4, 4], [7, 9])],
    ['nothing past the end', spans([0, 4], [8, 20]), 10, spans([5, 7])],
    ['all, where spans start past the end', spans([10, 20]), 10, spans([0, 9])],
    ['one byte', spans([0, 8]), 10, spans([9, 9])],
  ])('%s', (_title, given, completeLength, expected) => {
    expect(missingSpans(given, completeLength)).toEqual(expected);
  });

  it('is what the spans do not have, and completes them', () => {
    fc.assert(
      fc.property(someSpans, fc.integer({ min: 0, max: 45 }), (given, completeLength) => {
        const missing = missingSpans(mergeSpans(given), completeLength);
        const present = positions(given);
        const expected = Array.from({ length: completeLength }, (_, at) => at).filter(
          (at) => !present.has(at),
        );
        expect([...positions(missing)]).toEqual(expected);
        expectSortedAndApart(missing);
      }),
      RUNS,
    );
  });
});
