import fc from 'fast-check';
import { NameRules } from '../../lib/key/ignored-parameters';
import { canonicalUri, cutUserinfo, parseUrl, splitUri } from '../../lib/key/target-uri';

const rules = new NameRules(['nonce']);
const canonical = (url: string): string => canonicalUri(url, rules).url;

describe('canonicalUri', () => {
  it.each([
    ['as it is', 'https://api.example.com/users/1', 'https://api.example.com/users/1'],
    ['scheme and host', 'HTTPS://API.Example.COM/Users', 'https://api.example.com/Users'],
    ['host in a plain URL', 'https://API.Example.COM/Users', 'https://api.example.com/Users'],
    ['default port of http', 'http://a.test:80/x', 'http://a.test/x'],
    ['default port of https', 'https://a.test:443/x', 'https://a.test/x'],
    ['other port', 'http://a.test:443/x', 'http://a.test:443/x'],
    ['empty port', 'http://a.test:/x', 'http://a.test/x'],
    ['empty path', 'http://a.test', 'http://a.test/'],
    ['empty path and query', 'http://a.test?b=2&a=1', 'http://a.test/?a=1&b=2'],
    ['empty path and fragment', 'http://a.test#x', 'http://a.test/'],
    ['IDN', 'http://bücher.example/', 'http://xn--bcher-kva.example/'],
    ['IDN in punycode', 'http://xn--bcher-kva.example/', 'http://xn--bcher-kva.example/'],
    ['IPv4 in other notations', 'http://0x7f.1/', 'http://127.0.0.1/'],
    ['IPv6', 'http://[0:0::1]:8080/', 'http://[::1]:8080/'],
    ['dot segments', 'http://a.test/b/./c/../d', 'http://a.test/b/d'],
    ['dot segments at the end', 'http://a.test/b/..', 'http://a.test/'],
    ['dot segments before a query', 'http://a.test/b/..?x', 'http://a.test/?x'],
    ['dot segments before a fragment', 'http://a.test/b/.#x', 'http://a.test/b/'],
    ['escaped dot segments', 'http://a.test/b/%2e%2E/d', 'http://a.test/d'],
    ['names that begin with dots', 'http://a.test/.../.well-known/..a', 'http://a.test/.../.well-known/..a'],
    ['unreserved characters', 'http://a.test/%7Euser/%41', 'http://a.test/~user/A'],
    ['digits of escapes', 'http://a.test/%c3%a9?x=%c3%a9', 'http://a.test/%C3%A9?x=%C3%A9'],
    ['characters beyond ASCII', 'http://a.test/é?x=é', 'http://a.test/%C3%A9?x=%C3%A9'],
    ['space', 'http://a.test/a b?x=a b', 'http://a.test/a%20b?x=a%20b'],
    ['backslash', 'http://a.test\\b\\c', 'http://a.test/b/c'],
    ['tabs and line ends', ' http://a.te\nst/b\t?x ', 'http://a.test/b?x'],
    ['fragment', 'http://a.test/b?x=1#frag?y=2', 'http://a.test/b?x=1'],
    ['fragment with a line end', 'http://a.test/b#fr\nag', 'http://a.test/b'],
    ['quotation mark in the path and the query', "http://a.test/it's?x='", "http://a.test/it's?x=%27"],
    ['listed name', 'http://a.test/?nonce=1', 'http://a.test/?nonce=REDACTED'],
    ['malformed escape', 'http://a.test/%zz%41?%=%', 'http://a.test/%zz%41?%=%'],
    ['lone surrogate', 'http://a.test/\ud800', 'http://a.test/%EF%BF%BD'],
    ['other scheme', 'unix://Host:80/a/../b?b&a', 'unix://Host:80/b?a&b'],
    ['other scheme without host', 'foo:/a/../b?b&a#f', 'foo:/b?a&b'],
    ['opaque: content keeps its order', 'data:text/plain,b&a?d&c#f', 'data:text/plain,b&a?d&c'],
    ['opaque without query', 'data:text/plain,%41', 'data:text/plain,%41'],
    ['opaque with spaces', 'data:a b #f', 'data:a%20b%20'],
    ['file', 'file:///a/%7eb', 'file:///a/~b'],
    ['path only', '/users/./1/../2?b=2&a=1#x', '/users/2?a=1&b=2'],
    ['path only, escapes', '/%7euser/é', '/~user/%C3%A9'],
    ['path only, that would turn into a host', '/..//x', '/.//x'],
    ['path only, backslash', '\\users', '/users'],
    ['rootless path', 'users/%7e1?b&%61#x', 'users/%7e1?a&b'],
    ['rootless path that would turn into a scheme', '%41b:c', '%41b:c'],
    ['query only', '?b=2&a=1', '?a=1&b=2'],
    ['nothing', '', ''],
    ['fragment only', '#x', ''],
    ['no scheme', '//A.Test/b/../c', '//a.test/c'],
    ['no scheme, slashes parted by a tab', '/\t\\A.test/b', '//a.test/b'],
    ['no scheme, ports', '//a.test:80/', '//a.test:80/'],
    ['no scheme, another port', '//a.test:443/', '//a.test:443/'],
    ['no URL', 'http://[bad/%7e?b&a#x', 'http://[bad/%7e?a&b'],
    ['no URL without scheme', '//a b/%7e', '//a b/%7e'],
    ['no URL but for its fragment', 'http://a.test #x', 'http://a.test/'],
    ['bad port', 'http://a.test:99999/x', 'http://a.test:99999/x'],
    ['bad punycode', 'http://xn--a/x', 'http://xn--a/x'],
  ])('%s', (_title, url, expected) => {
    expect(canonical(url)).toBe(expected);
    expect(canonical(expected)).toBe(expected);
  });

  it.each([
    ['D12: an escaped slash', '/a%2Fb', '/a/b'],
    ['D12: a blank value and no query', '/a?b=', '/a'],
    ['a blank value and no value', '/a?b=', '/a?b'],
    ['D12: the order of one name', '/a?b=1&b=2', '/a?b=2&b=1'],
    ['one value and two', '/a?b=1', '/a?b=1&b=1'],
    ['a slash at the end', '/a', '/a/'],
    ['duplicate slashes', '/a//b', '/a/b'],
    ['the case of the path', '/a', '/A'],
    ['the case of the query', '/?a=x', '/?a=X'],
    ['an empty query', '/a?', '/a'],
    ['a plus and a space', '/?a=x+y', '/?a=x%20y'],
    ['an escaped plus', '/?a=x+y', '/?a=x%2By'],
    ['an escaped ampersand', '/?a=1%26b=2', '/?a=1&b=2'],
    ['an escaped question mark', '/a%3Fb', '/a?b'],
    ['an escaped percent sign', '/%2541', '/%41'],
    ['a semicolon parameter', '/a;x=1', '/a'],
  ])('keeps apart: %s', (_title, a, b) => {
    for (const origin of ['http://a.test', '', 'http://\u00e9.test']) {
      expect(canonical(origin + a)).not.toBe(canonical(origin + b));
    }
  });

  it('keeps schemes, hosts and ports apart', () => {
    const urls = [
      'http://a.test/',
      'https://a.test/',
      'http://a.test./',
      'http://b.test/',
      'http://a.test:8080/',
      '//a.test/',
      '/',
    ];
    expect(new Set(urls.map(canonical)).size).toBe(urls.length);
  });

  it.each([
    ['http://user:pass@a.test/x', 'http://a.test/x', 'user:pass'],
    ['http://user@a.test/x', 'http://a.test/x', 'user:'],
    ['http://:pass@a.test/x', 'http://a.test/x', ':pass'],
    ['http://my%40mail:p%3Aw@a.test/', 'http://a.test/', 'my@mail:p:w'],
    ['http://a%ff:b@a.test/', 'http://a.test/', 'a%ff:b'],
    ['http://@a.test/x', 'http://a.test/x', undefined],
    ['http://:@a.test/x', 'http://a.test/x', undefined],
    ['http:\\\\user:pass@a.test/x', 'http://a.test/x', 'user:pass'],
    ['ht\ntp://user:pass@a.test/x', 'http://a.test/x', 'user:pass'],
    ['//user:pass@a.test/x', '//a.test/x', 'user:pass'],
    ['unix://user:pass@a.test/x', 'unix://a.test/x', 'user:pass'],
    ['http://user:pass@bad host/x', 'http://bad host/x', 'user:pass'],
    ['http://user:pa/ss@[bad/x', 'http://[bad/x', 'user:pa/ss'],
    ['//user:pass@bad host/x', '//bad host/x', 'user:pass'],
    ['/x@y', '/x@y', undefined],
    ['x@y', 'x@y', undefined],
    ['http://a.test/x@y?z@', 'http://a.test/x@y?z@', undefined],
  ])('userinfo: %j', (url, expected, userinfo) => {
    expect(canonicalUri(url, rules)).toEqual({ url: expected, userinfo, secrets: '', unseen: '' });
  });

  it('finds credentials in the query, of plain and of parsed URLs alike', () => {
    const secrets = '5:query7:api_key1:S';
    for (const url of [
      'http://a.test/?x=1&api_key=S',
      'http://\u0430.test/?api_key=S',
      '/?api_key=S',
      '//h/?api_key=S',
      '?api_key=S',
    ]) {
      expect(canonicalUri(url, rules).secrets).toBe(secrets);
      expect(canonicalUri(url, rules).url).toContain('api_key=REDACTED');
    }
  });

  it('knows a host with characters beyond ASCII however often it is asked', () => {
    for (let index = 0; index < 20_000; index++) {
      if (canonical('http://bücher.example/') !== 'http://xn--bcher-kva.example/')
        throw new Error(`after ${index} times`);
    }
    expect(parseUrl('http://bücher.example/')?.host).toBe('xn--bcher-kva.example');
    expect(parseUrl('/x')).toBeUndefined();
  });

  it('goes on working with very many hosts', () => {
    for (let index = 0; index < 1200; index++) {
      expect(canonical(`http://H${index}.test:80/`)).toBe(`http://h${index}.test/`);
    }
    expect(canonical('http://H0.test:80/')).toBe('http://h0.test/');
  });

  const piece = fc.constantFrom(
    ...[
      'http://',
      'https:',
      '//',
      '/',
      '\\',
      '.',
      '..',
      'a',
      'B',
      'é',
      '%',
      '%2f',
      '%41',
      '%7e',
      '%2e',
      ':',
      '80',
      '443',
    ],
    ...[
      '@',
      '?',
      '&',
      '=',
      '#',
      '+',
      ' ',
      '\t',
      '[',
      ']',
      "'",
      '"',
      '\ud800',
      '[::1]',
      'a.test',
      'xn--',
      '1.2',
      'data:',
      ';',
      '|',
    ],
  );
  const anyUrl = fc.oneof(
    fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
    fc.array(piece, { maxLength: 10 }).map((pieces) => `http://a.test${pieces.join('')}`),
    fc.array(piece, { maxLength: 10 }).map((pieces) => `http://a.test/${pieces.join('')}`),
    fc.webUrl({ withQueryParameters: true, withFragments: true }),
    fc.string({ unit: 'binary' }),
  );

  it('never throws and is idempotent', () => {
    fc.assert(
      fc.property(anyUrl, (url) => {
        const once = canonical(url);
        expect(canonical(once)).toBe(once);
        expect(canonicalUri(once, rules).userinfo).toBeUndefined();
      }),
      { seed: 20261120, numRuns: 5000 },
    );
  });

  it('requests what the URL parser of axios requests, but for the order of names and the escapes', () => {
    const sorted = (url: URL): string =>
      [...url.searchParams]
        .map(([name]) => name)
        .sort()
        .join();
    fc.assert(
      fc.property(anyUrl, (url) => {
        const expected = parseUrl(url);
        if (expected === undefined || !/^https?:$/.test(expected.protocol)) return;
        const actual = new URL(canonical(url));
        expect(actual.origin).toBe(expected.origin);
        expect(unescaped(actual.pathname)).toBe(unescaped(expected.pathname));
        expect(actual.pathname.split('/')).toHaveLength(expected.pathname.split('/').length);
        expect(sorted(actual)).toBe(sorted(expected));
      }),
      { seed: 20261120, numRuns: 3000 },
    );
  });
});

describe('splitUri', () => {
  it.each([
    ['a?b?c#d?e#f', 'a', 'b?c', 'd?e#f'],
    ['a', 'a', undefined, undefined],
    ['a?', 'a', '', undefined],
    ['a#', 'a', undefined, ''],
    ['a#b?c', 'a', undefined, 'b?c'],
  ])('%j', (url, path, query, fragment) => {
    expect(splitUri(url)).toEqual({ path, query, fragment });
  });
});

it('cutUserinfo leaves a path alone', () => {
  expect(cutUserinfo('/a/@b')).toEqual({ rest: '/a/@b', userinfo: undefined });
  expect(cutUserinfo(' http:u:p@h h')).toEqual({ rest: ' http:h h', userinfo: 'u:p' });
});

function unescaped(text: string): string {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_escape, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
}
