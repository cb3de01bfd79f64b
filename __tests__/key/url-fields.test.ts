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
  ])('leaves alone what has no secret: %s', (name, value) => {
    expect(redactUrlsIn(name, value, rules)).toBe(value);
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
