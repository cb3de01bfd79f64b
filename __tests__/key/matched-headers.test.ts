import { type HeaderFields } from '../../lib/http/header-fields';
import { NameRules } from '../../lib/key/ignored-parameters';
import { matchedHeaders } from '../../lib/key/matched-headers';

const rules = new NameRules(['X-Nonce']);
const matched = (headers: HeaderFields, match: boolean | readonly string[] = true): string =>
  matchedHeaders(headers, match, rules).text;

describe('matchedHeaders', () => {
  it('is empty without matching, and where nothing matches', () => {
    expect(matched({ accept: 'a' }, false)).toBe('');
    expect(matched({ accept: 'a' }, [])).toBe('');
    expect(matched({ accept: 'a' }, ['x'])).toBe('');
    expect(matched({})).toBe('');
  });

  it.each<[string, HeaderFields, HeaderFields]>([
    ['order of fields', { a: '1', b: '2' }, { b: '2', a: '1' }],
    ['case of names', { Accept: 'x' }, { accept: 'x' }],
    ['white space around', { a: ' x ' }, { a: 'x' }],
    ['white space around commas', { a: 'x ,y,  z' }, { a: 'x, y, z' }],
    ['several lines', { a: ['x', 'y'] }, { a: 'x,y' }],
    ['the length of the body', { a: 'x', 'content-length': '5' }, { a: 'x' }],
    ['D16: control directives', { a: 'x', 'cache-control': 'no-cache', pragma: 'no-cache' }, { a: 'x' }],
    ['values of listed names', { 'x-nonce': '1' }, { 'x-nonce': '2' }],
    [
      'random boundaries',
      { 'content-type': 'multipart/form-data; boundary=a' },
      { 'content-type': 'multipart/form-data; boundary=b' },
    ],
    ['credentials, which the partition has', { authorization: 'a', cookie: 'b', 'x-session-id': 'c' }, {}],
    ['credentials in Referer', { referer: 'http://u:p@a.test/?sig=1' }, { referer: 'http://a.test/?sig=2' }],
  ])('equal: %s', (_title, one, other) => {
    expect(matched(one)).toBe(matched(other));
  });

  it.each<[string, HeaderFields, HeaderFields]>([
    ['values', { a: 'x' }, { a: 'y' }],
    ['case of values', { a: 'x, Y' }, { a: 'x, y' }],
    ['order of values', { a: 'x, y' }, { a: 'y, x' }],
    ['absent and empty', { a: '' }, {}],
    ['white space inside', { a: 'x  y' }, { a: 'x y' }],
    ['white space in a quoted string', { a: '"x ,y"' }, { a: '"x, y"' }],
    ['name and value', { a: 'bc' }, { ab: 'c' }],
    ['two fields and one', { a: 'x', b: 'y' }, { a: 'x1:b1:y' }],
    ['presence of listed names', { 'x-nonce': '1' }, {}],
    ['Referer', { referer: 'http://a.test/?a=1' }, { referer: 'http://a.test/?a=2' }],
    ['credentials in Referer and none', { referer: 'http://a.test/?sig=1' }, { referer: 'http://a.test/' }],
    ['content types', { 'content-type': 'text/plain;v=1' }, { 'content-type': 'text/plain;v=2' }],
  ])('different: %s', (_title, one, other) => {
    expect(matched(one)).not.toBe(matched(other));
  });

  it('a list names the fields that count, in any case', () => {
    const list = ['Accept', 'ACCEPT-Language', 'cache-control'];
    const one = matched(
      { accept: 'x', 'accept-language': 'en', 'user-agent': 'u', 'cache-control': 'no-cache' },
      list,
    );
    expect(matched({ accept: 'x', 'accept-language': 'en', 'user-agent': 'v' }, list)).toBe(one);
    expect(matched({ accept: 'x' }, list)).not.toBe(one);
    expect(matched({ accept: 'x', 'accept-language': 'de' }, list)).not.toBe(one);
    expect(matched({ accept: 'x', 'accept-language': '' }, list)).not.toBe(matched({ accept: 'x' }, list));
  });
});

describe('secrets of matchedHeaders', () => {
  const secrets = (headers: HeaderFields, match: boolean | readonly string[] = true): string =>
    matchedHeaders(headers, match, rules).secrets;

  it('are those of a Referer that is matched', () => {
    const headers = { Referer: 'http://a.test/?sig=1&X-Nonce=2' };
    const one = secrets(headers);
    expect(one).not.toBe('');
    expect(secrets(headers, ['referer'])).toBe(one);
    expect(secrets({ referer: ['http://b.test/x?X-Nonce=3&sig=1'] })).toBe(one);
    expect(secrets({ referer: 'http://a.test/?sig=2' })).not.toBe(one);
    expect(secrets({ referer: 'http://u:p@a.test/?sig=1' })).not.toBe(one);
  });

  it.each<[string, HeaderFields, boolean | readonly string[]]>([
    ['a Referer that is not matched', { referer: 'http://u:p@a.test/?sig=1' }, ['accept']],
    ['without matching', { referer: 'http://u:p@a.test/?sig=1' }, false],
    ['a Referer without any', { referer: 'http://a.test/?X-Nonce=1' }, true],
    ['another field without any', { origin: 'http://a.test/?X-Nonce=1' }, true],
    ['a field that is no URL', { accept: 'text/html;q=0.5, a/b;sig=1' }, true],
  ])('are none: %s', (_title, headers, match) => {
    expect(secrets(headers, match)).toBe('');
  });

  it.each(['origin', 'x-original-url', 'x-targets'])('are those in the URLs of other fields: %s', (name) => {
    const of = (value: string): string => secrets({ [name]: value });
    expect(of('http://a.test/?sig=1')).not.toBe('');
    expect(of('http://a.test/?sig=1')).not.toBe(of('http://a.test/?sig=2'));
    expect(of('http://u:p@a.test/')).not.toBe(of('http://u:q@a.test/'));
    const { text } = matchedHeaders({ [name]: 'see http://u:s3cret@a.test/?x=1&sig=s3cret' }, true, rules);
    expect(text).toContain('see http://a.test/?x=1&sig=REDACTED');
  });

  it('are none where Referer is listed as ignored', () => {
    const listed = new NameRules(['Referer']);
    const one = matchedHeaders({ referer: 'http://u:p@a.test/?sig=1' }, true, listed);
    expect(one).toEqual(matchedHeaders({ referer: 'http://a.test/' }, true, listed));
    expect(one.secrets).toBe('');
  });
});
