import { type Candidate, type StoredResponseHead } from '../../lib/policy/messages';
import {
  canAskFor,
  conditionalFields,
  confirmsCallers,
  hasValidator,
  isAmbiguous,
  selectValidated,
  soleAsked,
} from '../../lib/policy/validation';
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

describe('conditionalFields beside a condition of the caller’s own', () => {
  it.each<[string, own: string, selected: Record<string, string>, others: Record<string, string>[], string]>([
    ['both tags, the stored one first', '"mine"', { etag: '"a"' }, [], '"a", "mine"'],
    ['all of a list', '"x",W/"y" , "z"', { etag: '"a"' }, [], '"a", "x", W/"y", "z"'],
    ['those of other variants too', '"mine"', { etag: '"a"' }, [{ etag: '"b"' }], '"a", "b", "mine"'],
    ['the same one once', '"b", "a"', { etag: '"a"' }, [], '"a", "b"'],
    ['a weak one beside its strong twin', 'W/"a"', { etag: '"a"' }, [], '"a", W/"a"'],
    ['an empty field adds nothing', '', { etag: '"a"' }, [], '"a"'],
    ['one without quotes, as it is', 'mine', { etag: '"a"' }, [], '"a", mine'],
    ['a comma within a tag', '"m,n"', { etag: '"a"' }, [], '"a", "m,n"'],
  ])('%s', (_title, own, selected, others, expected) => {
    const sent = conditionalFields(
      get({ 'if-none-match': own }),
      response(selected),
      others.map((headers) => response(headers)),
    );
    expect({ ...sent }).toEqual({ 'if-none-match': expected });
  });

  it('a date of the caller’s own gives way to the stored one', () => {
    const sent = conditionalFields(
      get({ 'if-modified-since': date(-5) }),
      response({ 'last-modified': LM }),
      [],
    );
    expect({ ...sent }).toEqual({ 'if-modified-since': LM });
  });

  it('names no more tags of other variants than a header can hold', () => {
    const others = Array.from({ length: 40 }, (_, index) => response({ etag: `"${index}"` }));
    const sent = conditionalFields(get(), response({ etag: '"s"' }), others);
    expect(String(sent?.['if-none-match']).split(', ')).toEqual([
      '"s"',
      ...Array.from({ length: 15 }, (_, index) => `"${index}"`),
    ]);
    const long = Array.from({ length: 4 }, (_, index) => response({ etag: `"${index}${'x'.repeat(900)}"` }));
    const lengths = String(conditionalFields(get(), undefined, long)?.['if-none-match']).split(', ');
    expect(lengths.map((tag) => tag.length)).toEqual([903, 903]);
  });
});

describe('canAskFor: can one request ask for the caller and for the cache?', () => {
  it.each<[string, Record<string, string>, Record<string, string>, boolean]>([
    ['no condition', {}, { etag: '"a"' }, true],
    ['no condition, only a date stored', {}, { 'last-modified': LM }, true],
    ['a tag, and a tag is stored', { 'if-none-match': '"x"' }, { etag: '"a"' }, true],
    ['an empty field', { 'if-none-match': '' }, { etag: '"a"' }, true],
    ['a tag, but only a date is stored', { 'if-none-match': '"x"' }, { 'last-modified': LM }, false],
    ['*, which names everything', { 'if-none-match': '*' }, { etag: '"a"' }, false],
    ['* with space around it', { 'if-none-match': ' * ' }, { etag: '"a"' }, false],
    ['a date, and a tag is stored', { 'if-modified-since': LM }, { etag: '"a"' }, true],
    ['a date, and a date is stored', { 'if-modified-since': LM }, { 'last-modified': LM }, true],
  ])('%s', (_title, own, kept, expected) => {
    expect(canAskFor(get(own), response(kept))).toBe(expected);
  });
});

describe('whose content a 304 speaks of, where the caller asked too', () => {
  it.each<[own: string | undefined, tag: string | undefined, confirms: boolean, ambiguous: boolean]>([
    ['"x"', '"x"', true, false],
    ['"x"', '"y"', false, false],
    ['W/"x"', '"x"', true, false],
    ['"x"', 'W/"x"', true, false],
    ['"w", "x", "y"', '"x"', true, false],
    ['*', '"x"', false, false],
    ['', '"x"', false, false],
    ['x', '"x"', true, false],
    ['"x"', undefined, false, true],
    ['"x"', ' ', false, true],
    ['', undefined, false, true],
    ['*', undefined, false, true],
    [undefined, '"x"', false, false],
    [undefined, undefined, false, false],
  ])(
    'If-None-Match: %p, ETag: %p: confirms the caller’s %p, ambiguous %p',
    (own, tag, confirms, ambiguous) => {
      const request = get(own === undefined ? {} : { 'if-none-match': own });
      const notModified = response(tag === undefined ? {} : { etag: tag }, 304);
      expect(confirmsCallers(request, notModified)).toBe(confirms);
      for (const asked of [response({ etag: '"a"' }), response({ 'last-modified': LM }), undefined])
        expect(isAmbiguous(request, notModified, asked)).toBe(ambiguous);
    },
  );

  it.each<
    [string, asked: Record<string, string> | undefined, tag: Record<string, string>, expected: boolean]
  >([
    ['gives way to the date of what is stored', { 'last-modified': LM }, {}, false],
    ['gives way beside a stored tag too', { etag: '"a"', 'last-modified': LM }, {}, false],
    ['went along beside a stored tag', { etag: '"a"' }, {}, true],
    ['went along beside the tags of other variants', undefined, {}, true],
    ['does not matter where the 304 has a tag', { etag: '"a"' }, { etag: '"a"' }, false],
  ])('a date of the caller’s %s', (_title, asked, tag, expected) => {
    const request = get({ 'if-modified-since': date(-5) });
    const notModified = response({ 'last-modified': LM, ...tag }, 304);
    expect(isAmbiguous(request, notModified, asked && response(asked))).toBe(expected);
    expect(confirmsCallers(request, notModified)).toBe(false);
  });
});

describe('soleAsked: a 304 under another entity tag (RFC 9111 section 4.3.3)', () => {
  const [a, b] = [stored({ etag: '"a"' }), stored({ etag: '"b"' })];
  const twin = stored({ etag: '"a"' });
  const dated = stored({ 'last-modified': LM });

  type Case = [string, Candidate[], StoredResponseHead | undefined, StoredResponseHead | undefined];
  it.each<Case>([
    ['the only one that is stored', [matching(a)], a, a],
    ['another is stored that has no tag', [matching(a), other(dated)], a, a],
    ['another is stored with the same tag', [matching(a), other(twin)], a, a],
    ['another tag was named too', [matching(a), other(b)], a, undefined],
    ['only a date was named', [matching(dated)], dated, undefined],
    ['nothing matched the request', [other(a)], undefined, undefined],
    ['nothing is stored', [], undefined, undefined],
  ])('%s', (_title, candidates, selected, expected) => {
    expect(soleAsked(get(), candidates, selected)).toBe(expected);
    expect(soleAsked(get({ 'if-modified-since': LM }), candidates, selected)).toBe(expected);
    expect(soleAsked(get({ 'if-none-match': '"mine"' }), candidates, selected)).toBeUndefined();
    expect(soleAsked(get({ 'if-none-match': '' }), candidates, selected)).toBeUndefined();
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
