import { type FieldValue } from '../../lib/http/header-fields';
import { type StoredParts, type StoredResponseHead } from '../../lib/policy/messages';
import {
  combineParts,
  completionFields,
  isSameRepresentation,
  receivedParts,
} from '../../lib/policy/partial-content';
import { date, fields, get, response, stored } from './fixtures';
import { type Asked, combinedBody, partial, parts } from './parts';

describe('receivedParts (RFC 9110 section 15.3.7)', () => {
  const received = (
    contentRange: FieldValue | undefined,
    bytes: number,
    asked: Asked = { range: 'bytes=2-5' },
  ) =>
    receivedParts(
      get(asked),
      response(contentRange === undefined ? {} : { 'content-range': contentRange }, 206),
      bytes,
      true,
    );

  it.each<[string, FieldValue, number, StoredParts]>([
    ['all that is announced', 'bytes 2-5/10', 4, parts([[2, 5]], { range: 'bytes=2-5' })],
    ['one byte', 'bytes 9-9/10', 1, parts([[9, 9]], { range: 'bytes=2-5' })],
    [
      'of an unknown length',
      'bytes 2-5/*',
      4,
      parts([[2, 5]], { completeLength: undefined, range: 'bytes=2-5' }),
    ],
    ['fewer than announced', 'bytes 2-5/10', 3, parts([[2, 4]], { range: 'bytes=2-5' })],
    ['in a list of one line', ['bytes 2-5/10'], 4, parts([[2, 5]], { range: 'bytes=2-5' })],
  ])('%s', (_title, contentRange, bytes, expected) => {
    expect(received(contentRange, bytes)).toEqual(expected);
  });

  it.each<[string, FieldValue | undefined, number]>([
    ['more than announced', 'bytes 2-5/10', 5],
    ['nothing', 'bytes 2-5/10', 0],
    ['no Content-Range, as of a multipart/byteranges', undefined, 4],
    ['two of them', ['bytes 2-5/10', 'bytes 2-5/10'], 4],
    ['one that is malformed', 'bytes 2-5', 4],
    ['another unit', 'items 2-5/10', 4],
    ['a last before the first', 'bytes 5-2/10', 4],
    ['bytes past the end', 'bytes 7-10/10', 4],
    ['the one of a 416', 'bytes */10', 4],
  ])('not for %s', (_title, contentRange, bytes) => {
    expect(received(contentRange, bytes)).toBeUndefined();
  });

  it.each<[string, Asked]>([
    ['no Range', {}],
    ['several', { range: 'bytes=0-1,2-5' }],
    ['one of another unit', { range: 'items=2-5' }],
  ])('remembers no Range where the request had %s', (_title, asked) => {
    expect(received('bytes 2-5/10', 4, asked)).toEqual(parts([[2, 5]]));
  });
});

describe('combineParts (RFC 9111 section 3.4)', () => {
  const unknown = { completeLength: undefined };

  it.each<[string, StoredParts, StoredParts, StoredParts | undefined, string]>([
    ['adjacent, after', parts([[0, 1]]), parts([[2, 3]]), parts([[0, 3]]), 'ssrr'],
    ['adjacent, before', parts([[2, 3]]), parts([[0, 1]]), parts([[0, 3]]), 'rrss'],
    ['overlapping: the received bytes win', parts([[0, 3]]), parts([[2, 5]]), parts([[0, 5]]), 'ssrrrr'],
    ['inside', parts([[0, 5]]), parts([[2, 3]]), parts([[0, 5]]), 'ssrrss'],
    ['around', parts([[2, 3]]), parts([[0, 5]]), parts([[0, 5]]), 'rrrrrr'],
    ['the same', parts([[2, 3]]), parts([[2, 3]]), parts([[2, 3]]), 'rr'],
    [
      'with a gap, after',
      parts([[0, 1]]),
      parts([[5, 7]]),
      parts([
        [0, 1],
        [5, 7],
      ]),
      'ssrrr',
    ],
    [
      'with a gap, before',
      parts([[5, 7]]),
      parts([[0, 1]]),
      parts([
        [0, 1],
        [5, 7],
      ]),
      'rrsss',
    ],
    [
      'between two',
      parts([
        [0, 1],
        [6, 7],
      ]),
      parts([[3, 4]]),
      parts([
        [0, 1],
        [3, 4],
        [6, 7],
      ]),
      'ssrrss',
    ],
    [
      'closing a gap',
      parts([
        [0, 1],
        [5, 7],
      ]),
      parts([[2, 4]]),
      parts([[0, 7]]),
      'ssrrrsss',
    ],
    ['the rest', parts([[0, 6]]), parts([[7, 9]]), undefined, 'sssssssrrr'],
    ['all but the last byte', parts([[0, 6]]), parts([[7, 8]]), parts([[0, 8]]), 'sssssssrr'],
    ['to header fields', parts([], unknown), parts([[2, 3]]), parts([[2, 3]]), 'rr'],
    ['all to header fields', parts([], unknown), parts([[0, 9]]), undefined, 'rrrrrrrrrr'],
    ['the first that tells the length', parts([[0, 6]], unknown), parts([[7, 9]]), undefined, 'sssssssrrr'],
    ['one that does not tell it', parts([[0, 6]]), parts([[7, 9]], unknown), undefined, 'sssssssrrr'],
    [
      'none tells it',
      parts([[0, 6]], unknown),
      parts([[7, 9]], unknown),
      parts([[0, 9]], unknown),
      'sssssssrrr',
    ],
  ])('%s', (_title, older, newer, expected, pattern) => {
    const combination = combineParts(older, newer);
    expect(combination).toMatchObject({ parts: expected, bodyBytes: pattern.length });
    const letters = (letter: string, { spans }: StoredParts) =>
      Buffer.from(letter.repeat(spans.reduce((sum, { first, last }) => sum + last - first + 1, 0)));
    const bodies = { stored: letters('s', older), received: letters('r', newer) };
    expect(Buffer.from(combinedBody(combination!, bodies)).toString()).toBe(pattern);
  });

  it.each<[string, StoredParts, StoredParts]>([
    ['of different lengths', parts([[0, 1]]), parts([[2, 3]], { completeLength: 11 })],
    ['past the end that the stored part tells', parts([[0, 1]]), parts([[9, 10]], unknown)],
    ['past the end that the received part tells', parts([[9, 10]], unknown), parts([[2, 3]])],
  ])('not where they contradict each other: %s', (_title, older, newer) => {
    expect(combineParts(older, newer)).toBeUndefined();
  });

  it('not into more than 64 parts', () => {
    const oddBytes = (count: number) =>
      parts(
        Array.from({ length: count }, (_, index): [number, number] => [2 * index + 1, 2 * index + 1]),
        { completeLength: 1000 },
      );
    const next = parts([[500, 500]], { completeLength: 1000 });
    expect(combineParts(oddBytes(63), next)?.parts?.spans).toHaveLength(64);
    expect(combineParts(oddBytes(64), next)).toBeUndefined();
    const joining = parts([[2, 2]], { completeLength: 1000 });
    expect(combineParts(oddBytes(64), joining)?.parts?.spans).toHaveLength(63);
  });

  it('forgets the Range of either, since it is the answer to neither any more', () => {
    const combination = combineParts(parts([[0, 1]], { range: 'a' }), parts([[4, 5]], { range: 'b' }));
    expect(combination?.parts?.range).toBeUndefined();
  });
});

describe('isSameRepresentation (RFC 9111 section 3.4)', () => {
  it.each<[string | undefined, string | undefined, boolean]>([
    ['"v"', '"v"', true],
    [' "v" ', '"v"', true],
    ['""', '""', true],
    ['"v"', '"V"', false],
    ['"v"', '"w"', false],
    ['W/"v"', '"v"', false],
    ['"v"', 'W/"v"', false],
    ['W/"v"', 'W/"v"', false],
    ['v', 'v', false],
    ['v', '"v"', false],
    ['', '', false],
    ['"v"', undefined, false],
    [undefined, undefined, false],
  ])('%j and %j: %p', (a, b, expected) => {
    const shared = { 'last-modified': date(-3600), 'content-length': '10' };
    const tagged = (etag: string | undefined) =>
      fields({ ...shared, ...(etag === undefined ? {} : { etag }) });
    expect(isSameRepresentation(tagged(a), tagged(b))).toBe(expected);
  });
});

describe('completionFields (RFC 9111 section 3.3)', () => {
  const tagged = (held: StoredParts, etag = '"v"') => partial(held, { etag });
  const unknown = { completeLength: undefined };

  it.each<[string, StoredResponseHead, string]>([
    ['the end', tagged(parts([[0, 3]])), 'bytes=4-'],
    ['the last byte', tagged(parts([[0, 8]])), 'bytes=9-'],
    ['the start', tagged(parts([[4, 9]])), 'bytes=0-3'],
    [
      'the middle',
      tagged(
        parts([
          [0, 1],
          [5, 9],
        ]),
      ),
      'bytes=2-4',
    ],
    ['the end of an unknown length', tagged(parts([[0, 3]], unknown)), 'bytes=4-'],
  ])('ask for %s', (_title, held, range) => {
    expect(completionFields(get(), held)).toEqual(fields({ range, 'if-range': '"v"' }));
  });

  it.each<[string, Asked, StoredResponseHead]>([
    ['a complete response', {}, stored({ etag: '"v"' })],
    ['header fields only', {}, partial(parts([]), { etag: '"v"' })],
    ['bytes that were decoded', {}, { ...tagged(parts([[0, 3]])), isByteExact: false }],
    ['two gaps', {}, tagged(parts([[2, 3]]))],
    [
      'two gaps, the end among them',
      {},
      tagged(
        parts([
          [0, 1],
          [4, 5],
        ]),
      ),
    ],
    ['no gap', {}, tagged(parts([[0, 9]]))],
    ['an unknown length and no start', {}, tagged(parts([[4, 7]], unknown))],
    [
      'an unknown length and a gap',
      {},
      tagged(
        parts(
          [
            [0, 3],
            [5, 7],
          ],
          unknown,
        ),
      ),
    ],
    ['no entity tag', {}, partial(parts([[0, 3]]), { 'last-modified': date(-3600), date: date(-100) })],
    ['a weak entity tag', {}, tagged(parts([[0, 3]]), 'W/"v"')],
    ['an entity tag without quotes', {}, tagged(parts([[0, 3]]), 'v')],
    ['a request with a range', { range: 'bytes=0-5' }, tagged(parts([[0, 3]]))],
    ['a request with several', { range: 'bytes=0-1,2-5' }, tagged(parts([[0, 3]]))],
    ['a request with If-None-Match', { 'if-none-match': '"x"' }, tagged(parts([[0, 3]]))],
    ['a request with If-Modified-Since', { 'if-modified-since': date(0) }, tagged(parts([[0, 3]]))],
  ])('are none for %s', (_title, asked, held) => {
    expect(completionFields(get(asked), held)).toBeUndefined();
  });

  it.each(['HEAD', 'POST', 'QUERY'])('are none for %s', (method) => {
    expect(completionFields(get({}, method), tagged(parts([[0, 3]])))).toBeUndefined();
  });
});
