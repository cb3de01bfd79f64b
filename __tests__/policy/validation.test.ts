import { type Candidate, type StoredResponseHead } from '../../lib/policy/messages';
import { conditionalFields, hasValidator, selectValidated } from '../../lib/policy/validation';
import { date, fields, get, matching, NOW, other, response, stored } from './fixtures';

const LM = date(-1000);

describe('hasValidator', () => {
  it.each([
    [{ etag: '"a"' }, true],
    [{ etag: 'unquoted' }, true],
    [{ 'last-modified': LM }, true],
    [{ etag: ' ', 'last-modified': '' }, false],
    [{}, false],
  ])('%j: %p', (headers, expected) => {
    expect(hasValidator(fields(headers))).toBe(expected);
  });
});

describe('conditionalFields (RFC 9111 section 4.3.1)', () => {
  it.each<
    [string, Record<string, string> | undefined, Record<string, string>[], Record<string, string> | undefined]
  >([
    ['the tag', { etag: '"a"' }, [], { 'if-none-match': '"a"' }],
    ['a weak tag, as it is', { etag: 'W/"a"' }, [], { 'if-none-match': 'W/"a"' }],
    ['an unquoted tag, as it is', { etag: 'abc' }, [], { 'if-none-match': 'abc' }],
    ['the date', { 'last-modified': LM }, [], { 'if-modified-since': LM }],
    ['both', { etag: '"a"', 'last-modified': LM }, [], { 'if-none-match': '"a"', 'if-modified-since': LM }],
    [
      'all tags, the selected one first, each once, and only its own date',
      { etag: '"s"' },
      [{ etag: '"x"', 'last-modified': LM }, { etag: '"s"' }, { etag: 'W/"y"' }, {}],
      { 'if-none-match': '"s", "x", W/"y"' },
    ],
    [
      'no tags of others beside a date, which they would hide',
      { 'last-modified': LM },
      [{ etag: '"x"' }],
      { 'if-modified-since': LM },
    ],
    [
      'nothing selected: tags of others, no date',
      undefined,
      [{ etag: '"x"', 'last-modified': LM }],
      { 'if-none-match': '"x"' },
    ],
    ['no validator at all', {}, [{ etag: '"x"' }], undefined],
    ['nothing stored', undefined, [], undefined],
  ])('%s', (_title, selected, others, expected) => {
    const fieldsSent = conditionalFields(
      get(),
      selected && response(selected),
      others.map((headers) => response(headers)),
    );
    expect(fieldsSent && { ...fieldsSent }).toEqual(expected);
  });
});

describe('selectValidated (RFC 9111 section 4.3.4)', () => {
  const a = stored({ etag: '"a"', 'last-modified': LM });
  const weakA = stored({ etag: 'W/"a"' });
  const b = stored({ etag: '"b"', 'last-modified': LM });
  const weakB = stored({ etag: 'W/"b"', date: date(-10) });
  const olderWeakB = stored({ etag: 'W/"b"', date: date(-20) });
  const dated = stored({ 'last-modified': LM });
  const bare = stored({});

  type Case = [
    title: string,
    notModified: Record<string, string>,
    candidates: Candidate[],
    selected: StoredResponseHead | undefined,
    expected: StoredResponseHead | undefined,
  ];

  it.each<Case>([
    ['a strong tag names its response', { etag: '"b"' }, [matching(a), other(b)], a, b],
    ['an exact tag wins over an equivalent one', { etag: '"a"' }, [matching(weakA), other(a)], weakA, a],
    ['a weak tag names its response', { etag: 'W/"b"' }, [matching(a), other(weakB)], a, weakB],
    ['a tag that became weak still names it', { etag: 'W/"a"' }, [matching(a)], a, a],
    ['a tag that became strong still names it', { etag: '"a"' }, [matching(weakA)], weakA, weakA],
    [
      'of several equals the selected one',
      { etag: 'W/"b"' },
      [other(weakB), matching(olderWeakB)],
      olderWeakB,
      olderWeakB,
    ],
    ['else the latest', { etag: 'W/"b"' }, [other(olderWeakB), other(weakB)], undefined, weakB],
    ['an unknown tag names nothing', { etag: '"z"' }, [matching(a)], a, undefined],
    [
      'an unknown tag names nothing, whatever the date',
      { etag: '"z"', 'last-modified': LM },
      [matching(a)],
      a,
      undefined,
    ],
    ['without a tag, the single one', {}, [matching(a)], a, a],
    ['without a tag, the single one that was asked about', {}, [matching(a), other(bare)], a, a],
    ['without a tag, one of several is unclear', {}, [matching(a), other(b)], a, undefined],
    ['the date names one', { 'last-modified': LM }, [matching(a), other(weakB)], a, a],
    ['the date of several is unclear', { 'last-modified': LM }, [matching(a), other(b)], a, undefined],
    ['the single one, by its date', { 'last-modified': LM }, [matching(dated)], dated, dated],
    ['another date names nothing', { 'last-modified': date(-5) }, [matching(dated)], dated, undefined],
    ['a date where none is stored: the single one', { 'last-modified': LM }, [matching(weakA)], weakA, weakA],
    [
      'a date where none is stored: unclear among several',
      { 'last-modified': LM },
      [matching(weakA), other(weakB)],
      weakA,
      undefined,
    ],
    [
      'only a date was asked by: others were not',
      { etag: '"a"' },
      [matching(dated), other(a)],
      dated,
      undefined,
    ],
    [
      'nothing matched the request: the one that is named',
      { etag: '"b"' },
      [other(a), other(b)],
      undefined,
      b,
    ],
    ['nothing matched the request, and nothing is named', {}, [other(a), other(b)], undefined, undefined],
    ['nothing matched the request, one was asked about', {}, [other(a)], undefined, a],
    ['nothing is stored', { etag: '"a"' }, [], undefined, undefined],
  ])('%s', (_title, notModified, candidates, selected, expected) => {
    expect(selectValidated(response(notModified, 304), candidates, selected)).toBe(expected);
  });
});

describe('the latest of several', () => {
  it('is that with the latest Date, and of equals the last received', () => {
    const at = (seconds: number, receivedAt: number): StoredResponseHead =>
      stored({ etag: '"a"', date: date(seconds) }, { responseReceivedAt: receivedAt });
    const undatedNow = stored({ etag: '"a"' }, { responseReceivedAt: NOW });
    const pick = (...list: StoredResponseHead[]): StoredResponseHead | undefined =>
      selectValidated(response({ etag: '"a"' }, 304), list.map(other), undefined);
    const [early, late, lateAgain] = [at(-60, NOW), at(-30, NOW - 9000), at(-30, NOW - 5000)];
    expect(pick(early, late)).toBe(late);
    expect(pick(late, early)).toBe(late);
    expect(pick(late, lateAgain)).toBe(lateAgain);
    expect(pick(lateAgain, late)).toBe(lateAgain);
    expect(pick(late, undatedNow)).toBe(undatedNow);
  });
});
