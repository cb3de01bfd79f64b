import fc from 'fast-check';
import { type FieldValue } from '../../lib/http/header-fields';
import {
  hasOriginPrecondition,
  isConditional,
  isIfRangeSatisfied,
  isNotModified,
  notModifiedFields,
} from '../../lib/policy/preconditions';
import { date, fields, NOW, response, SECOND } from './fixtures';

const RUNS = { seed: 20261120, numRuns: 500 };
const RECEIVED_AT = NOW;
const LM = date(-3000);

type Fields = Record<string, FieldValue>;

describe('which conditions a request has (RFC 9111 section 4.3.2)', () => {
  it.each<[Fields, boolean, boolean]>([
    [{}, false, false],
    [{ range: 'bytes=0-1', 'if-range': '"a"' }, false, false],
    [{ 'if-none-match': '"a"' }, true, false],
    [{ 'if-none-match': '' }, true, false],
    [{ 'if-none-match': [] }, false, false],
    [{ 'if-modified-since': LM }, true, false],
    [{ 'if-match': '*' }, false, true],
    [{ 'if-unmodified-since': LM }, false, true],
    [{ 'if-none-match': ['"a"', '"b"'], 'if-match': '"a"' }, true, true],
  ])('%j: for the cache %p, for the origin %p', (headers, forCache, forOrigin) => {
    expect(isConditional(fields(headers))).toBe(forCache);
    expect(hasOriginPrecondition(fields(headers))).toBe(forOrigin);
  });
});

describe('isNotModified: If-None-Match (RFC 9110 section 13.1.2)', () => {
  it.each<[title: string, asked: FieldValue, stored: Fields, expected: boolean]>([
    ['the same strong tag', '"a"', { etag: '"a"' }, true],
    ['another tag', '"b"', { etag: '"a"' }, false],
    ['another case', '"A"', { etag: '"a"' }, false],
    ['weak and weak', 'W/"a"', { etag: 'W/"a"' }, true],
    ['weak and strong', 'W/"a"', { etag: '"a"' }, true],
    ['strong and weak', '"a"', { etag: 'W/"a"' }, true],
    ['the first of several', '"a", "b", "c"', { etag: '"a"' }, true],
    ['the middle of several', '"b", W/"a" ,"c"', { etag: '"a"' }, true],
    ['the last of several', '"b","c","a"', { etag: '"a"' }, true],
    ['none of several', '"b", "c"', { etag: '"a"' }, false],
    ['several lines', ['"b"', '"a"'], { etag: '"a"' }, true],
    ['a comma inside a tag', '"a,b"', { etag: '"b"' }, false],
    ['a tag with a comma', '"x", "a,b"', { etag: '"a,b"' }, true],
    ['any', '*', { etag: '"a"' }, true],
    ['any, where nothing has a tag', ' * ', {}, true],
    ['a tag that is a star in quotes', '"*"', { etag: '"a"' }, false],
    ['a star in a list is not any', '"b", *', { etag: '"a"' }, false],
    ['a tag, where nothing has one', '"a"', {}, false],
    ['a tag, where an empty one is stored', '""', { etag: ' ' }, false],
    ['an empty tag', '""', { etag: '""' }, true],
    ['an empty field', '', { etag: '"a"' }, false],
    ['an empty list', ' , ', { etag: '"a"' }, false],
    ['unquoted, stored with quotes', 'a', { etag: '"a"' }, true],
    ['unquoted on both sides', 'a', { etag: 'a' }, true],
    ['quoted, stored without', '"a"', { etag: 'a' }, true],
    ['a broken weakness flag on both sides', 'W\\"a"', { etag: 'W\\"a"' }, true],
    ['letters beyond ASCII', '"aü"', { etag: '"aü"' }, true],
    ['a quote never closed', '"b, "a"', { etag: '"a"' }, false],
  ])('%s', (_title, asked, stored, expected) => {
    const isSame = isNotModified(fields({ 'if-none-match': asked }), response(stored), 'GET', RECEIVED_AT);
    expect(isSame).toBe(expected);
  });

  it.each<[title: string, asked: FieldValue, since: string, expected: boolean]>([
    ['a tag that matches, a date that does not', '"a"', date(-5000), true],
    ['a tag that does not, a date that does', '"b"', LM, false],
    ['an empty field, a date that matches', '', LM, false],
    ['no line at all, a date that matches', [], LM, true],
  ])('takes precedence over the date (section 13.2.2): %s', (_title, asked, since, expected) => {
    const headers = fields({ 'if-none-match': asked, 'if-modified-since': since });
    const stored = response({ etag: '"a"', 'last-modified': LM });
    expect(isNotModified(headers, stored, 'GET', RECEIVED_AT)).toBe(expected);
  });
});

describe('isNotModified: If-Modified-Since (RFC 9110 section 13.1.3, RFC 9111 section 4.3.2)', () => {
  it.each<[title: string, since: FieldValue, stored: Fields, expected: boolean]>([
    ['the same date', LM, { 'last-modified': LM }, true],
    ['a second later', date(-2999), { 'last-modified': LM }, true],
    ['a second earlier', date(-3001), { 'last-modified': LM }, false],
    ['in the future', date(86_400), { 'last-modified': LM }, true],
    ['the same in RFC 850 form', 'Friday, 20-Nov-26 11:10:00 GMT', { 'last-modified': LM }, true],
    ['the same in asctime form', 'Fri Nov 20 11:10:00 2026', { 'last-modified': LM }, true],
    ['the Last-Modified wins over the Date', date(-2000), { 'last-modified': LM, date: date(0) }, true],
    ['no Last-Modified: the Date', date(-60), { date: date(-60) }, true],
    ['no Last-Modified: before the Date', date(-61), { date: date(-60) }, false],
    ['neither: the reception', date(0), {}, true],
    ['neither: before the reception', date(-1), {}, false],
    ['a Last-Modified that is no date: the Date', date(-60), { 'last-modified': '0', date: date(-60) }, true],
    ['the same text that is no date', '0', { 'last-modified': '0' }, false],
    ['a Date that is no date: the reception', date(-1), { date: 'yesterday' }, false],
    ['two of Last-Modified: the Date', date(-60), { 'last-modified': [LM, LM], date: date(-59) }, false],
    ['not a date', 'yesterday', { 'last-modified': LM }, false],
    ['a number', '1800000000', { 'last-modified': LM }, false],
    ['an empty field', '', { 'last-modified': LM }, false],
    ['two dates', [LM, LM], { 'last-modified': LM }, false],
    ['a tag is stored, but was not asked about', LM, { etag: '"a"', 'last-modified': LM }, true],
  ])('%s', (_title, since, stored, expected) => {
    const headers = fields({ 'if-modified-since': since });
    expect(isNotModified(headers, response(stored), 'GET', RECEIVED_AT)).toBe(expected);
  });
});

describe('isNotModified: where conditions count', () => {
  const stored = { etag: '"a"', 'last-modified': LM };
  const conditions: [string, Fields][] = [
    ['a tag', { 'if-none-match': '"a"' }],
    ['any tag', { 'if-none-match': '*' }],
    ['a date', { 'if-modified-since': LM }],
  ];

  describe.each(conditions)('%s', (_title, asked) => {
    it.each([
      ['GET', true],
      ['HEAD', true],
      ['POST', false],
      ['QUERY', false],
      ['DELETE', false],
      ['OPTIONS', false],
    ])('method %s: %p', (method, expected) => {
      expect(isNotModified(fields(asked), response(stored), method, RECEIVED_AT)).toBe(expected);
    });

    it.each([
      [200, true],
      [206, true],
      [203, false],
      [204, false],
      [301, false],
      [304, false],
      [404, false],
      [412, false],
      [500, false],
    ])('a stored %d: %p', (status, expected) => {
      expect(isNotModified(fields(asked), response(stored, status), 'GET', RECEIVED_AT)).toBe(expected);
    });
  });

  it.each<[string, Fields]>([
    ['no field', {}],
    ['only conditions for the origin', { 'if-match': '"a"', 'if-unmodified-since': LM }],
    ['only If-Range', { range: 'bytes=0-1', 'if-range': '"a"' }],
  ])('no condition: %s', (_title, asked) => {
    expect(isNotModified(fields(asked), response(stored), 'GET', RECEIVED_AT)).toBe(false);
  });
});

describe('isIfRangeSatisfied (RFC 9110 sections 13.1.5 and 8.8.2.2)', () => {
  const dated = { 'last-modified': LM, date: date(-2999) };

  it.each<[title: string, ifRange: FieldValue | undefined, stored: Fields, expected: boolean]>([
    ['no field', undefined, {}, true],
    ['no line', [], {}, true],
    ['the same strong tag', '"a"', { etag: '"a"' }, true],
    ['with white space around', ' "a" ', { etag: '"a"' }, true],
    ['another tag', '"b"', { etag: '"a"' }, false],
    ['a weak tag, stored strong', 'W/"a"', { etag: '"a"' }, false],
    ['a strong tag, stored weak', '"a"', { etag: 'W/"a"' }, false],
    ['weak on both sides', 'W/"a"', { etag: 'W/"a"' }, false],
    ['a tag, where none is stored', '"a"', dated, false],
    ['no quotes', 'a', { etag: '"a"' }, false],
    ['no quotes on both sides', 'a', { etag: 'a' }, false],
    ['stored without quotes', '"a"', { etag: 'a' }, false],
    ['a weakness flag without quotes, on both sides', 'W/a', { etag: 'W/a' }, false],
    ['a quote never closed, on both sides', '"a', { etag: '"a' }, false],
    ['several tags', '"a", "b"', { etag: '"a"' }, false],
    ['several lines', ['"a"', '"a"'], { etag: '"a"' }, false],
    ['any', '*', { etag: '"a"' }, false],
    ['empty', '', { etag: '"a"', ...dated }, false],
    ['the same date, 1 s before the Date', LM, dated, true],
    ['the same date in asctime form', 'Fri Nov 20 11:10:00 2026', dated, true],
    ['the same date, in the second of the Date', LM, { 'last-modified': LM, date: LM }, false],
    ['the same date, after the Date', LM, { 'last-modified': LM, date: date(-3001) }, false],
    ['a later date', date(-2999), dated, false],
    ['an earlier date', date(-3001), dated, false],
    ['a date, where no Last-Modified is stored', LM, { etag: '"a"', date: date(0) }, false],
    ['a date, where the Last-Modified is none', LM, { 'last-modified': 'x', date: date(0) }, false],
    ['not a date', 'yesterday', { 'last-modified': 'yesterday', date: date(0) }, false],
    ['two dates', [LM, LM], dated, false],
    ['the date beside a tag', LM, { etag: '"a"', ...dated }, true],
    ['no Date: 60 s before the reception', date(-60), { 'last-modified': date(-60) }, true],
    ['no Date: 59 s before the reception', date(-59), { 'last-modified': date(-59) }, false],
    ['a Date that is none: as without', date(-59), { 'last-modified': date(-59), date: 'x' }, false],
  ])('%s', (_title, ifRange, stored, expected) => {
    const headers = fields({ range: 'bytes=0-1', ...(ifRange === undefined ? {} : { 'if-range': ifRange }) });
    expect(isIfRangeSatisfied(headers, response(stored, 206), RECEIVED_AT)).toBe(expected);
  });
});

describe('notModifiedFields (RFC 9110 section 15.4.5)', () => {
  const required = {
    'cache-control': 'max-age=60',
    'content-location': '/a.en',
    date: date(-10),
    etag: '"a"',
    expires: date(50),
    vary: 'accept-language',
  };
  const aboutTheResponse = {
    'accept-ranges': 'bytes',
    'access-control-allow-origin': '*',
    'access-control-expose-headers': 'x-total',
    'content-security-policy': "default-src 'none'",
    link: ['</b>; rel=next', '</c>; rel=last'],
    server: 'x',
    'set-cookie': ['a=1; Expires=Fri, 20 Nov 2026 13:00:00 GMT', 'b=2'],
    'x-content-type-options': 'nosniff',
    'x-total': '12',
  };

  it('keeps what a 304 must have, and what is not about the content, lines apart', () => {
    const kept = notModifiedFields(fields({ ...required, ...aboutTheResponse }));
    expect({ ...kept }).toEqual({ ...required, ...aboutTheResponse });
  });

  it.each([
    'age',
    'connection',
    'content-digest',
    'content-disposition',
    'content-encoding',
    'content-language',
    'content-length',
    'content-md5',
    'content-range',
    'content-type',
    'digest',
    'keep-alive',
    'repr-digest',
    'trailer',
    'transfer-encoding',
  ])('leaves out %s', (name) => {
    expect({ ...notModifiedFields(fields({ ...required, [name]: 'x' })) }).toEqual(required);
  });

  it.each<[string, Fields, boolean]>([
    ['beside a tag', { etag: '"a"' }, false],
    ['beside a weak tag', { etag: 'W/"a"' }, false],
    ['without a tag', {}, true],
    ['beside an empty tag', { etag: ' ' }, true],
  ])('Last-Modified %s', (_title, stored, isKept) => {
    const kept = notModifiedFields(fields({ ...stored, 'last-modified': LM }));
    expect(Object.hasOwn(kept, 'last-modified')).toBe(isKept);
  });

  it('does not change what is stored', () => {
    const stored = fields({ ...required, 'content-type': 'text/plain' });
    notModifiedFields(stored);
    expect(stored['content-type']).toBe('text/plain');
  });
});

describe('what the requester has', () => {
  // What a server may send as a tag: no white space at its ends, no comma outside quotes.
  const opaque = fc.stringMatching(/^[!#-+\--~]{1,12}$/).filter((text) => text !== '*');
  const form = fc.constantFrom<(text: string) => string>(
    (text) => `"${text}"`,
    (text) => `W/"${text}"`,
    (text) => text,
  );

  it('is known by the tag it was sent, wherever in the list, and by no other', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(opaque, { minLength: 1, maxLength: 5 }),
        form,
        fc.nat(),
        (list, write, pick) => {
          const etag = write(list[pick % list.length]!);
          const asked = list.map((text) => write(text));
          const ask = (tags: string[]): boolean =>
            isNotModified(
              fields({ 'if-none-match': tags.join(', ') }),
              response({ etag }),
              'GET',
              RECEIVED_AT,
            );
          expect(ask(asked)).toBe(true);
          expect(ask(asked.filter((tag) => tag !== etag))).toBe(false);
        },
      ),
      RUNS,
    );
  });

  it('is known by a date exactly when it is not before the Last-Modified', () => {
    const seconds = fc.integer({ min: -100_000, max: 100_000 });
    fc.assert(
      fc.property(seconds, fc.integer({ min: -2, max: 2 }), seconds, (modified, later, sent) => {
        const headers = fields({ 'if-modified-since': date(modified + later) });
        const stored = response({ 'last-modified': date(modified), date: date(sent) });
        expect(isNotModified(headers, stored, 'GET', RECEIVED_AT + 7 * SECOND)).toBe(later >= 0);
      }),
      RUNS,
    );
  });

  it('is asked by any text without throwing', () => {
    const text = fc.oneof(fc.string(), fc.constantFrom('*', '"a"', 'W/"', LM, ','), fc.array(fc.string()));
    fc.assert(
      fc.property(text, text, text, (asked, since, stored) => {
        const headers = fields({ 'if-none-match': asked, 'if-modified-since': since, 'if-range': asked });
        const head = response({ etag: stored, 'last-modified': stored, date: since });
        expect(typeof isNotModified(headers, head, 'GET', RECEIVED_AT)).toBe('boolean');
        expect(typeof isIfRangeSatisfied(headers, head, RECEIVED_AT)).toBe('boolean');
      }),
      RUNS,
    );
  });
});
