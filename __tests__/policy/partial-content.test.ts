import { type FieldValue } from '../../lib/http/header-fields';
import { type StoredResponseHead } from '../../lib/policy/messages';
import {
  type ContentSelection,
  hasContentFor,
  requestedRange,
  selectContent,
} from '../../lib/policy/partial-content';
import { date, get, NOW, SECOND, stored } from './fixtures';
import { type Asked, partial, parts, span } from './parts';

const COMPLETE = stored({ etag: '"v"', 'last-modified': date(-3600), date: date(-100) });
const HEADER_ONLY = stored({}, { parts: parts([]), bodyBytes: 0 });
const MIDDLE = partial(parts([[4, 7]]));
const UNKNOWN_LENGTH = partial(parts([[4, 7]], { completeLength: undefined }));

describe('requestedRange (RFC 9110 section 14.2)', () => {
  it.each<[string, FieldValue | undefined, object | undefined]>([
    ['GET', 'bytes=0-4', { kind: 'from', first: 0, last: 4 }],
    ['GET', 'bytes=4-', { kind: 'from', first: 4, last: undefined }],
    ['GET', 'bytes=-4', { kind: 'suffix', length: 4 }],
    ['GET', undefined, undefined],
    ['GET', '', undefined],
    ['GET', 'bytes=0-1,3-4', undefined],
    ['GET', ['bytes=0-1', 'bytes=3-4'], undefined],
    ['GET', 'items=0-4', undefined],
    ['GET', 'bytes=4-2', undefined],
    ['HEAD', 'bytes=0-4', undefined],
    ['POST', 'bytes=0-4', undefined],
    ['QUERY', 'bytes=0-4', undefined],
  ])('%s with Range %j: %j', (method, range, expected) => {
    expect(requestedRange(get(range === undefined ? {} : { range }, method))).toEqual(expected);
  });
});

describe('hasContentFor (RFC 9111 section 3.3)', () => {
  const same = partial(parts([[4, 7]], { range: 'bytes=-5' }));
  const decoded = { ...COMPLETE, isByteExact: false };

  it.each<[string, StoredResponseHead, Asked, boolean]>([
    ['complete: the whole', COMPLETE, {}, true],
    ['complete: a range', COMPLETE, { range: 'bytes=2-3' }, true],
    ['complete: a range past its end', COMPLETE, { range: 'bytes=10-' }, true],
    ['complete, decoded: the whole', decoded, {}, true],
    ['complete, decoded: a range', decoded, { range: 'bytes=2-3' }, false],
    [
      'complete, decoded: a range that If-Range undoes',
      decoded,
      { range: 'bytes=2-3', 'if-range': '"x"' },
      true,
    ],
    ['a 404: a range', { ...decoded, status: 404 }, { range: 'bytes=2-3' }, true],
    ['a 206 of nobody knows what: the whole', { ...COMPLETE, status: 206 }, {}, false],
    ['a 206 of nobody knows what: a range', { ...COMPLETE, status: 206 }, { range: 'bytes=2-3' }, false],
    ['a part: the whole', MIDDLE, {}, false],
    ['a part: just that', MIDDLE, { range: 'bytes=4-7' }, true],
    ['a part: less of it', MIDDLE, { range: 'bytes=5-6' }, true],
    ['a part: its first byte', MIDDLE, { range: 'bytes=4-4' }, true],
    ['a part: its last byte', MIDDLE, { range: 'bytes=7-7' }, true],
    ['a part: one byte before', MIDDLE, { range: 'bytes=3-5' }, false],
    ['a part: one byte after', MIDDLE, { range: 'bytes=6-8' }, false],
    ['a part: up to the end', MIDDLE, { range: 'bytes=5-' }, false],
    ['a part: a suffix', MIDDLE, { range: 'bytes=-3' }, false],
    ['a part: past the end', MIDDLE, { range: 'bytes=10-' }, false],
    ['the end: up to the end', partial(parts([[6, 9]])), { range: 'bytes=7-' }, true],
    ['the end: past the end', partial(parts([[6, 9]])), { range: 'bytes=7-99' }, true],
    ['the end: a suffix', partial(parts([[6, 9]])), { range: 'bytes=-4' }, true],
    ['the end: a longer suffix', partial(parts([[6, 9]])), { range: 'bytes=-5' }, false],
    [
      'two parts: across the gap',
      partial(
        parts([
          [0, 3],
          [5, 9],
        ]),
      ),
      { range: 'bytes=3-5' },
      false,
    ],
    [
      'two parts: in the second',
      partial(
        parts([
          [0, 3],
          [5, 9],
        ]),
      ),
      { range: 'bytes=5-8' },
      true,
    ],
    ['unknown length: within', UNKNOWN_LENGTH, { range: 'bytes=5-7' }, true],
    ['unknown length: one byte after', UNKNOWN_LENGTH, { range: 'bytes=5-8' }, false],
    ['unknown length: up to the end', UNKNOWN_LENGTH, { range: 'bytes=5-' }, false],
    ['unknown length: a suffix', UNKNOWN_LENGTH, { range: 'bytes=-1' }, false],
    ['the very Range that brought it', same, { range: 'bytes=-5' }, true],
    ['nearly the Range that brought it', same, { range: 'bytes=-6' }, false],
    ['that Range, which If-Range undoes', same, { range: 'bytes=-5', 'if-range': '"x"' }, false],
    ['header fields only: the whole', HEADER_ONLY, {}, false],
    ['header fields only: a range', HEADER_ONLY, { range: 'bytes=0-0' }, false],
  ])('%s', (_title, held, asked, expected) => {
    expect(hasContentFor(get(asked), held)).toBe(expected);
  });

  it.each<[string, StoredResponseHead, boolean]>([
    ['a complete response', COMPLETE, true],
    ['a decoded one', decoded, true],
    ['header fields only', HEADER_ONLY, true],
    ['a part', MIDDLE, false],
    ['a part by its own Range', same, false],
  ])('a HEAD, by %s: %s', (_title, held, expected) => {
    expect(hasContentFor(get({}, 'HEAD'), held)).toBe(expected);
    expect(hasContentFor(get({ range: 'bytes=-5' }, 'HEAD'), held)).toBe(expected);
  });
});

describe('selectContent (RFC 9110 section 14.2)', () => {
  const whole: ContentSelection = { kind: 'whole' };
  const part = (first: number, last: number, offset: number, completeLength?: number): ContentSelection => ({
    kind: 'part',
    span: span(first, last),
    offset,
    completeLength,
  });
  const twoParts = partial(
    parts([
      [1, 3],
      [6, 8],
    ]),
  );
  const empty = { ...COMPLETE, bodyBytes: 0 };

  it.each<[string, StoredResponseHead, Asked, ContentSelection]>([
    ['the whole', COMPLETE, {}, whole],
    ['the first byte', COMPLETE, { range: 'bytes=0-0' }, part(0, 0, 0, 10)],
    ['the last byte', COMPLETE, { range: 'bytes=9-9' }, part(9, 9, 9, 10)],
    ['all of it, as a range', COMPLETE, { range: 'bytes=0-' }, part(0, 9, 0, 10)],
    ['up to the end', COMPLETE, { range: 'bytes=3-' }, part(3, 9, 3, 10)],
    ['beyond the end', COMPLETE, { range: 'bytes=3-100' }, part(3, 9, 3, 10)],
    ['a suffix', COMPLETE, { range: 'bytes=-3' }, part(7, 9, 7, 10)],
    ['a suffix longer than everything', COMPLETE, { range: 'bytes=-11' }, part(0, 9, 0, 10)],
    ['past the end', COMPLETE, { range: 'bytes=10-12' }, { kind: 'unsatisfiable', completeLength: 10 }],
    ['the last 0 bytes', COMPLETE, { range: 'bytes=-0' }, { kind: 'unsatisfiable', completeLength: 10 }],
    ['any of nothing', empty, { range: 'bytes=0-' }, { kind: 'unsatisfiable', completeLength: 0 }],
    ['several ranges', COMPLETE, { range: 'bytes=0-1,3-4' }, whole],
    ['If-Range names it', COMPLETE, { range: 'bytes=1-2', 'if-range': '"v"' }, part(1, 2, 1, 10)],
    ['If-Range names another', COMPLETE, { range: 'bytes=1-2', 'if-range': '"x"' }, whole],
    ['If-Range is weak', COMPLETE, { range: 'bytes=1-2', 'if-range': 'W/"v"' }, whole],
    ['If-Range has its date', COMPLETE, { range: 'bytes=1-2', 'if-range': date(-3600) }, part(1, 2, 1, 10)],
    ['If-Range has a later date', COMPLETE, { range: 'bytes=1-2', 'if-range': date(-3599) }, whole],
    ['a range of a 404', { ...COMPLETE, status: 404 }, { range: 'bytes=1-2' }, whole],
    ['of two parts the first', twoParts, { range: 'bytes=1-3' }, part(1, 3, 0, 10)],
    ['of two parts the second', twoParts, { range: 'bytes=6-8' }, part(6, 8, 3, 10)],
    ['of two parts the last byte', twoParts, { range: 'bytes=8-8' }, part(8, 8, 5, 10)],
    ['of an unknown length', UNKNOWN_LENGTH, { range: 'bytes=5-6' }, part(5, 6, 1, undefined)],
    [
      'the Range that brought it',
      partial(parts([[4, 7]], { range: 'bytes=-5' })),
      { range: 'bytes=-5' },
      whole,
    ],
  ])('%s', (_title, held, asked, expected) => {
    expect(selectContent(get(asked), held)).toEqual(expected);
  });

  it('for a HEAD does not look at a range', () => {
    expect(selectContent(get({ range: 'bytes=0-1' }, 'HEAD'), COMPLETE)).toEqual(whole);
  });
});

describe('If-Range by date (RFC 9110 section 13.1.5)', () => {
  it.each<[string, Record<string, FieldValue>, boolean]>([
    ['60 s before the Date', { 'last-modified': date(-160), date: date(-100) }, true],
    ['in the second of the Date', { 'last-modified': date(-100), date: date(-100) }, false],
    ['long before the reception, without a Date', { 'last-modified': date(-160) }, true],
    ['shortly before the reception, without a Date', { 'last-modified': date(-159) }, false],
  ])('counts for a Last-Modified %s: see %j', (_title, headers, counts) => {
    const held = stored(headers, { responseReceivedAt: NOW - 100 * SECOND });
    const request = get({ range: 'bytes=0-1', 'if-range': String(headers['last-modified']) });
    expect(selectContent(request, held).kind).toBe(counts ? 'part' : 'whole');
  });
});
