import fc from 'fast-check';
import { type FieldValue } from '../../lib/http/header-fields';
import { type PolicySettings, type RequestHead } from '../../lib/policy/messages';
import { answersLaterGet, judgePost } from '../../lib/policy/post-responses';
import { after, date, DO_NOT, get, NOW, response, rfcSettings, settings, URL_A } from './fixtures';

const post = (headers: Record<string, FieldValue> = {}): RequestHead => get(headers, 'POST');

describe('judgePost (RFC 9110 section 9.3.3)', () => {
  it.each<[string, RequestHead, PolicySettings]>([
    ['where header fields decide', post(), rfcSettings()],
    ['with a lifetime of the user’s beside them', post(), settings({ cacheControl: true })],
    ['one that wants the newest', post({ 'cache-control': 'no-cache' }), rfcSettings()],
    ['where GET is the only method', post(), rfcSettings({ allowableMethods: new Set(['GET']) })],
    ['whatever refresh says', post(), rfcSettings({ refresh: true, forceRefresh: true })],
  ])('writes, and never reads: %s', (_title, request, policy) => {
    expect(judgePost(request, policy)).toMatchObject({ mayRead: false, mayWrite: true });
  });

  it.each<[string, RequestHead, PolicySettings]>([
    ['the user’s lifetimes decide', post(), settings()],
    ['POST is cached as the user said', post(), rfcSettings({ allowableMethods: new Set(['GET', 'POST']) })],
    ['GET is not cached', post(), rfcSettings({ allowableMethods: new Set(['HEAD']) })],
    ['another method', get({}, 'PUT'), rfcSettings()],
    ['a GET', get(), rfcSettings()],
    ['QUERY', get({}, 'QUERY'), rfcSettings()],
    ['no-store', post({ 'cache-control': 'no-store' }), rfcSettings()],
    ['read-only', post(), rfcSettings({ readOnly: true })],
    ['disabled', post(), rfcSettings({ disabled: true })],
    ['DO_NOT_CACHE', post(), rfcSettings({ sessionLifetime: DO_NOT })],
    [
      'DO_NOT_CACHE for this request',
      post(),
      rfcSettings({ requestLifetime: DO_NOT, sessionLifetime: after(9) }),
    ],
    ['a condition that the origin has to judge', post({ 'if-match': '"a"' }), rfcSettings()],
    ['another one', post({ 'if-unmodified-since': date(0) }), rfcSettings()],
  ])('is not for later GETs: %s', (_title, request, policy) => {
    expect(judgePost(request, policy)).toBeUndefined();
  });
});

describe('answersLaterGet (RFC 9110 section 9.3.3)', () => {
  const FRESH = { 'cache-control': 'max-age=60', 'content-location': URL_A };

  function answers(headers: Record<string, FieldValue>, status = 200, url = URL_A): boolean {
    return answersLaterGet({ ...post(), url }, response(headers, status), NOW);
  }

  it.each<[string, Record<string, FieldValue>, status?: number, url?: string]>([
    ['max-age', FRESH],
    ['Expires', { expires: date(60), 'content-location': URL_A }],
    ['explicit, though stale at once', { ...FRESH, 'cache-control': 'max-age=0' }],
    ['created', FRESH, 201],
    ['a path', { ...FRESH, 'content-location': '/a' }],
    ['a relative path', { ...FRESH, 'content-location': 'a' }],
    ['a path with dots', { ...FRESH, 'content-location': '/b/../a' }],
    ['a URL without its scheme', { ...FRESH, 'content-location': '//api.example.com/a' }],
    ['the host in another case', { ...FRESH, 'content-location': 'HTTPS://API.example.com/a' }],
    ['the usual port', { ...FRESH, 'content-location': 'https://api.example.com:443/a' }],
    ['the query too', { ...FRESH, 'content-location': '/a?x=1&y=2' }, 200, `${URL_A}?x=1&y=2`],
    ['a query alone', { ...FRESH, 'content-location': '?x=1' }, 200, `${URL_A}?x=1`],
    ['a fragment in the request', FRESH, 200, `${URL_A}#top`],
  ])('yes: %s', (_title, headers, status = 200, url = URL_A) => {
    expect(answers(headers, status, url)).toBe(true);
  });

  it.each<[string, Record<string, FieldValue>, status?: number, url?: string]>([
    ['no Content-Location', { 'cache-control': 'max-age=60' }],
    ['an empty one', { ...FRESH, 'content-location': '' }],
    ['one of white space', { ...FRESH, 'content-location': ' ' }],
    ['no lifetime', { 'content-location': URL_A }],
    ['a lifetime that would be guessed', { 'content-location': URL_A, 'last-modified': date(-1000) }],
    ['a lifetime for shared caches', { 'content-location': URL_A, 'cache-control': 's-maxage=60, public' }],
    ['another path', { ...FRESH, 'content-location': '/a/1' }],
    ['another case in the path', { ...FRESH, 'content-location': '/A' }],
    ['a slash more', { ...FRESH, 'content-location': '/a/' }],
    ['a query more', { ...FRESH, 'content-location': '/a?x=1' }],
    ['a query less', FRESH, 200, `${URL_A}?x=1`],
    ['another order in the query', { ...FRESH, 'content-location': '/a?y=2&x=1' }, 200, `${URL_A}?x=1&y=2`],
    ['a fragment in the field', { ...FRESH, 'content-location': '/a#part' }],
    ['another host', { ...FRESH, 'content-location': 'https://example.com/a' }],
    ['another port', { ...FRESH, 'content-location': 'https://api.example.com:8443/a' }],
    ['another scheme', { ...FRESH, 'content-location': 'http://api.example.com/a' }],
    ['no URL at all', { ...FRESH, 'content-location': 'https://[' }],
    ['two of them', { ...FRESH, 'content-location': ['/a', '/a'] }],
    ['a request URL that is relative', { ...FRESH, 'content-location': '/a' }, 200, '/a'],
    ['no content', FRESH, 204],
    ['content to be cleared', FRESH, 205],
    ['a part', { ...FRESH, 'content-range': 'bytes 0-1/9' }, 206],
    ['a redirect', FRESH, 303],
    ['not modified', FRESH, 304],
    ['an error', FRESH, 404],
    ['an error of the server', FRESH, 500],
  ])('no: %s', (_title, headers, status = 200, url = URL_A) => {
    expect(answers(headers, status, url)).toBe(false);
  });

  it('only ever for its own URL, whatever is sent', () => {
    const text = fc.oneof(
      fc.string(),
      fc.webUrl(),
      fc.constantFrom('/a', 'a', '', '#', '?', '//', 'https:a', '\\a'),
    );
    fc.assert(
      fc.property(text, text, (location, url) => {
        if (!answers({ ...FRESH, 'content-location': location }, 200, url)) return;
        const target = new URL(url);
        target.hash = '';
        expect(new URL(location, url).href).toBe(target.href);
      }),
      { seed: 20261120, numRuns: 1000 },
    );
  });
});
