import fc from 'fast-check';
import { NameRules } from '../../lib/key/ignored-parameters';
import { leadsOnByCredentials } from '../../lib/key/redaction';
import { type KeySettings } from '../../lib/key/request';
import { redactUrlsIn } from '../../lib/key/url-fields';

const settings: KeySettings = {
  ignoredParameters: ['mine'],
  matchHeaders: false,
  contentRootKey: undefined,
  keyFn: undefined,
};
const rules = new NameRules(['mine']);

describe('redactUrlsIn', () => {
  it.each([
    ['location', 'b?token=s', 'b?token=REDACTED'],
    ['location', "/it's?a=<b>&mine=s#/x?sig=s", "/it's?a=<b>&mine=REDACTED#/x?sig=REDACTED"],
    ['content-location', 'http://u:s@a.test/x', 'http://a.test/x'],
    [
      'link',
      '<?page=2&api_key=s>; rel="next", </a?mine=s>; title="a?b"',
      '<?page=2&api_key=REDACTED>; rel="next", </a?mine=REDACTED>; title="a?b"',
    ],
    ['refresh', '5; URL=b?token=s', '5; URL=b?token=REDACTED'],
    ['refresh', '5;url=http://u:s@a.test/', '5;url=http://a.test/'],
    ['x-target', 'https://a.test/?x=1&password=s', 'https://a.test/?x=1&password=REDACTED'],
    ['x-original-url', '/a?sig=s', '/a?sig=REDACTED'],
    ['x-rewrite', 'a?sig=s', 'a?sig=REDACTED'],
    [
      'content-security-policy',
      "default-src 'self'; report-uri https://a.test/r?token=s",
      "default-src 'self'; report-uri https://a.test/r?token=REDACTED",
    ],
    // A single quote may be part of a URL, and may stand around one.
    [
      'link',
      "<https://a.test/?$filter='x'&token=s>; rel=next",
      "<https://a.test/?$filter='x'&token=REDACTED>; rel=next",
    ],
    ['refresh', "0; url='https://u:s@a.test/'", "0; url='https://a.test/'"],
    ['refresh', '0;https://u:s@a.test/', '0;https://a.test/'],
    ['x-urls', "'https://u:s@a.test/'", "'https://a.test/'"],
    ['x-urls', 'https://a.test/,https://u:s@b.test/', 'https://a.test/,https://b.test/'],
    ['x-urls', 'to=//u:s@b.test/', 'to=//b.test/'],
    ['location', '//u:s@a.test/@b?c', '//a.test/@b?c'],
    ['location', '/a\t?to\tken=s', '/a?token=REDACTED'],
  ])('%s: %s', (name, value, expected) => {
    expect(redactUrlsIn(name, value, rules)).toBe(expected);
    expect(redactUrlsIn(name, [value, 'plain'], rules)).toEqual([expected, 'plain']);
  });

  it.each([
    ['user-agent', 'Mozilla/5.0 (compatible; Bot/2.1; +http://a.test/bot.html?x=1#y; me@a.test)'],
    ['etag', '"/a?token=1"'],
    ['if-none-match', '"/a?token=1"'],
    ['accept', 'text/html;level=1, */*;q=0.5'],
    ['content-type', 'multipart/form-data; boundary="a?b#c@d"'],
    ['from', 'webmaster@a.test'],
    ['location', 'http://a.test/u@b?c=d@e'],
    ['link', '<https://a.test/?page=2>; rel="next"'],
    ['link', '<?page_token=1&next_token=2&pageToken=3&continuation_token=4&cursor=5>; rel="next"'],
    // Of a host alone, an at sign in the path is no userinfo.
    ['link', '<//cdn.test/npm/bootstrap@5.3/a.css>; rel=preload, <https://cdn.test/@scope/a@1.js>'],
    ['location', '//cdn.test/react@18/index.js'],
    ['x-path', 'src//react@18/index.js'],
    ['location', '/a\tb?c=1'],
    ['location', 'mailto:a@b.test?subject=token'],
    ['location', `/search?q=${'='.repeat(20)}`],
    [
      'report-to',
      String.raw`{"endpoints":[{"url":"https:\/\/a.test\/report?s=ab%2Bc%2Fd%3D"}],"max_age":604800}`,
    ],
    // Stored as a whole, or not at all.
    ['set-cookie', 'a=https://a.test/?token=1; Path=/'],
  ])('leaves alone what has no secret: %s', (name, value) => {
    expect(redactUrlsIn(name, value, rules)).toBe(value);
  });

  it('changes no character of what has no secret', () => {
    const pieces = fc.constantFrom(
      ...[
        'https://',
        '//',
        '/',
        'a.test',
        'B',
        ':8080',
        '@b',
        '@1.2/',
        '?',
        '&',
        '#',
        '=',
        'c=1',
        'page_token=2',
      ],
      ...[
        '%20',
        '%2F',
        '%3F',
        '%3D',
        '%zz',
        '%E4',
        '+',
        ';',
        ',',
        ', ',
        ' ',
        '\t',
        '<',
        '>',
        '"',
        "'",
        '{',
        '}',
      ],
      ...['[', ']', '{"a":"b=1"}', '\\', 'url=', '0;', 'é', 'mailto:', 'data:', '*', '='.repeat(10)],
    );
    const lines = fc.array(pieces, { maxLength: 12 }).map((line) => line.join(''));
    // Nothing between a scheme, or what takes its place, and an at sign.
    const noUserinfo = lines.filter((line) => !/(?:[:/\\]|%2F|%3A)[^/]*(?:@|%40)/i.test(line));
    const names = fc.constantFrom(
      'link',
      'location',
      'refresh',
      'sourcemap',
      'content-security-policy',
      'x-any',
    );
    fc.assert(
      fc.property(names, noUserinfo, (name, line) => {
        expect(redactUrlsIn(name, line, rules)).toBe(line);
      }),
      { seed: 20261126, numRuns: 5000 },
    );
  });

  it.each([
    ['letters', 'a'.repeat(100_000) + '?'],
    ['dots', 'a.'.repeat(50_000) + '@'],
    ['schemes', 'a:'.repeat(50_000) + '@'],
    ['commas and letters', `,${'a'.repeat(30)}`.repeat(3000) + '?'],
    ['slashes', '/'.repeat(100_000) + '@'],
    ['equals signs', '?' + '='.repeat(100_000)],
    ['queries in queries', '?a='.repeat(30_000)],
    ['brackets', '?a=' + '['.repeat(100_000)],
    ['escapes', '?a=' + '%25'.repeat(30_000)],
  ])('takes time in proportion to the length: %s', (_title, line) => {
    const before = performance.now();
    for (const name of ['x-any', 'link', 'location']) redactUrlsIn(name, line, rules);
    // It takes less than a tenth of that; where time grows with the square it would be many times as much.
    expect(performance.now() - before).toBeLessThan(2000);
  });
});

describe('leadsOnByCredentials', () => {
  it.each<[string, Record<string, string | readonly string[]>, boolean]>([
    ['a presigned Location', { location: 'https://a.test/x?X-Amz-Signature=1' }, true],
    ['userinfo', { location: 'https://u:p@a.test/x' }, true],
    ['a Link to the next page', { link: ['</a>; rel=up', '<?page=2&access_token=1>; rel=next'] }, true],
    ['Refresh', { refresh: '0; url=/a?token=1' }, true],
    ['a nested one', { location: '/a?next=%2Fb%3Fsig%3D1' }, true],
    ['a listed name', { location: '/a?mine=1' }, false],
    ['fields that only tell', { 'content-location': '/a?token=1', 'x-url': '/a?token=1' }, false],
    ['none', { location: '/a?page=2' }, false],
  ])('%s', (_title, headers, expected) => {
    expect(leadsOnByCredentials(headers, settings)).toBe(expected);
  });

  it('not where the user lists the name of a credential: it is redacted, as was asked for', () => {
    const listed = { ...settings, ignoredParameters: ['access_token'] };
    expect(leadsOnByCredentials({ location: '/a?access_token=1' }, listed)).toBe(false);
    expect(leadsOnByCredentials({ location: '/a?token=1' }, listed)).toBe(true);
  });
});
