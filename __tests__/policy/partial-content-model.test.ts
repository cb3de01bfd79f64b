import fc from 'fast-check';
import { type ByteSpan } from '../../lib/http/byte-range';
import { type StoredParts, type StoredResponseHead } from '../../lib/policy/messages';
import { combineParts, hasContentFor, receivedParts, selectContent } from '../../lib/policy/partial-content';
import { get, response, stored } from './fixtures';
import { combinedBody, partial, span } from './parts';

describe('parts of a representation, received in any order', () => {
  /** What is known of a representation byte by byte: slow, and obviously right. */
  interface Model {
    readonly bytes: (number | undefined)[];
    length: number | undefined;
  }

  /** What is stored after each part: the real thing. */
  interface Held {
    readonly parts: StoredParts | undefined;
    readonly body: Uint8Array;
  }

  const MOST = 48;
  const someSpan = (length: number) =>
    fc.tuple(fc.nat(length - 1), fc.nat(length - 1)).map(([a, b]) => span(Math.min(a, b), Math.max(a, b)));
  const scenario = fc.uint8Array({ minLength: 1, maxLength: MOST }).chain((bytes) =>
    fc.record({
      bytes: fc.constant(bytes),
      received: fc.array(fc.record({ part: someSpan(bytes.length), tellsLength: fc.boolean() }), {
        minLength: 1,
        maxLength: 10,
      }),
      asked: fc.array(
        fc.oneof(
          someSpan(bytes.length + 4).map(({ first, last }) => `bytes=${first}-${last}`),
          fc.nat(bytes.length + 3).map((first) => `bytes=${first}-`),
          fc.nat(bytes.length + 3).map((length) => `bytes=-${length}`),
        ),
        { minLength: 1, maxLength: 8 },
      ),
    }),
  );

  /** Stores a part beside what there is, as the cache does with a 206. */
  function receive(held: Held | undefined, bytes: Uint8Array, part: ByteSpan, tellsLength: boolean): Held {
    const { first, last } = part;
    const body = bytes.slice(first, last + 1);
    const contentRange = `bytes ${first}-${last}/${tellsLength ? bytes.length : '*'}`;
    const request = get({ range: `bytes=${first}-${last}` });
    const received = receivedParts(
      request,
      response({ 'content-range': contentRange }, 206),
      body.length,
      true,
    )!;
    if (held?.parts === undefined) return { parts: received, body };
    const combination = combineParts(held.parts, received)!;
    return {
      parts: combination.parts,
      body: combinedBody(combination, { stored: held.body, received: body }),
    };
  }

  /** The positions that a range asks for; `undefined` where they cannot be known yet; empty: past the end. */
  function positionsOf(range: string, length: number | undefined): number[] | undefined {
    const [, from, to] = /^bytes=(\d*)-(\d*)$/.exec(range)!;
    if (length === undefined && (from === '' || to === '')) return undefined;
    const end = length === undefined ? Infinity : length - 1;
    const first = from === '' ? Math.max(0, end + 1 - Number(to)) : Number(from);
    const last = from === '' || to === '' ? end : Math.min(end, Number(to));
    return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
  }

  /** The bytes of a representation at these positions, where all of them are known and there is at least one. */
  function knownBytes(model: Model, positions: number[] | undefined): number[] | undefined {
    const bytes = positions?.map((at) => model.bytes[at]) ?? [];
    return bytes.length > 0 && bytes.every((byte) => byte !== undefined) ? bytes : undefined;
  }

  function expectAnswer(model: Model, { parts: held, body }: Held, range: string): void {
    const request = get({ range });
    const one: StoredResponseHead =
      held === undefined ? stored({}, { bodyBytes: body.length }) : partial(held);
    const positions = positionsOf(range, model.length);
    const expected = knownBytes(model, positions);
    const isUnsatisfiable = held === undefined && positions?.length === 0;
    expect(hasContentFor(request, one)).toBe(expected !== undefined || isUnsatisfiable);
    if (isUnsatisfiable) {
      expect(selectContent(request, one)).toEqual({ kind: 'unsatisfiable', completeLength: model.length });
    }
    if (expected === undefined) return;
    const selected = selectContent(request, one);
    if (selected.kind === 'whole') {
      expect(held?.range).toBe(range);
      expect([...body]).toEqual(expected);
      return;
    }
    const [first = -1] = positions ?? [];
    const last = first + expected.length - 1;
    expect(selected).toMatchObject({ kind: 'part', span: { first, last }, completeLength: model.length });
    const offset = selected.kind === 'part' ? selected.offset : NaN;
    expect([...body.subarray(offset, offset + expected.length)]).toEqual(expected);
  }

  it('answer exactly the ranges that are known, with exactly their bytes, and are complete when nothing is missing', () => {
    fc.assert(
      fc.property(scenario, ({ bytes, received, asked }) => {
        const model: Model = { bytes: Array<undefined>(bytes.length).fill(undefined), length: undefined };
        let held: Held | undefined;
        for (const [index, { part, tellsLength }] of received.entries()) {
          for (let at = part.first; at <= part.last; at += 1) model.bytes[at] = bytes[at];
          if (tellsLength) model.length = bytes.length;
          held = receive(held, bytes, part, tellsLength);
          expect([...held.body]).toEqual(model.bytes.filter((byte) => byte !== undefined));
          const isComplete = model.length !== undefined && model.bytes.every((byte) => byte !== undefined);
          // A single 206 stays what it is, even where it brings everything.
          expect(held.parts === undefined).toBe(isComplete && index > 0);
          for (const range of asked) expectAnswer(model, held, range);
          if (held.parts === undefined) return;
        }
      }),
      { seed: 20261120, numRuns: 1000 },
    );
  });
});
