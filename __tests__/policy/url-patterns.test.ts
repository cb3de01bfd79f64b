import { DO_NOT_CACHE, NEVER_EXPIRE } from '../../lib/policy/expiration';
import {
  compileUrlPatterns,
  getUrlExpiration,
  matchUrlPattern,
  type UrlPatterns,
} from '../../lib/policy/url-patterns';
import { after, DO_NOT, NEVER, NOW } from './fixtures';

const matched = (patterns: UrlPatterns, url: string): string | undefined =>
  matchUrlPattern(compileUrlPatterns(patterns, 'urlsExpireAfter', NOW), url)?.pattern;

describe('globs: without scheme, from the start of the host, and everything below', () => {
  it.each<[pattern: string, url: string, isMatch: boolean]>([
    ['site.com', 'https://site.com/', true],
    ['site.com', 'http://site.com/a/b?c=1', true],
    ['site.com', 'https://www.site.com/', false],
    ['site.com', 'https://x.com/site.com', false],
    ['*.site.com', 'https://www.site.com/a', true],
    ['*.site.com', 'https://site.com/a', false],
    ['site.com/resource/', 'https://site.com/resource/1/2', true],
    ['site.com/resource/', 'https://site.com/resource', false],
    ['site.com/resource', 'https://site.com/resources', true],
    ['site.com/resource/*', 'https://site.com/resource/1/2', true],
    ['site.com/resource/**', 'https://site.com/resource/1/2', true],
    ['http*://site.com/resource/**', 'https://site.com/resource/1', true],
    ['https://site.com', 'http://site.com/', true],
    ['*://site.com', 'http://site.com/', true],
    ['site.com/*/x', 'https://site.com/a/b/x', true],
    ['site.com/*page=2', 'https://site.com/a?q=1&page=2', true],
    ['*/x', 'http://127.0.0.1/x', true],
    ['x', 'http://127.0.0.1/x', false],
    ['site.com/[ab]?/', 'https://site.com/a1/z', true],
    ['site.com/[!ab]?/', 'https://site.com/a1/z', false],
    ['site.com/A', 'https://site.com/a', false],
    ['site.com', 'https://site.com/?next=http://other.com/', true],
    ['other.com', 'https://site.com/?next=http://other.com/', false],
    ['*', 'https://any.example/', true],
  ])('%s on %s: %p', (pattern, url, isMatch) => {
    expect(matched({ [pattern]: 1 }, url)).toBe(isMatch ? pattern : undefined);
  });
});

describe('regular expressions are searched for in the whole URL', () => {
  it.each<[RegExp, string, boolean]>([
    [/^https:/, 'https://site.com/', true],
    [/^https:/, 'http://site.com/', false],
    [/\/users\/\d+$/, 'https://site.com/users/17', true],
    [/SITE/i, 'https://site.com/', true],
  ])('%s on %s: %p', (pattern, url, isMatch) => {
    expect(matched([[pattern, 1]], url)).toBe(isMatch ? String(pattern) : undefined);
  });

  it.each([/site/g, /site/y, /site/gy])(
    '%s keeps no state between searches, and is left alone',
    (pattern) => {
      pattern.lastIndex = 3;
      const compiled = compileUrlPatterns([[pattern, 1]], 'urlsExpireAfter', NOW);
      const results = [1, 2, 3].map(() => matchUrlPattern(compiled, 'https://site.com/site') !== undefined);
      expect(results).toEqual([true, true, true]);
      expect(pattern.lastIndex).toBe(3);
    },
  );
});

describe('order and lifetimes', () => {
  const patterns: UrlPatterns = {
    'api.site.com/live': 10,
    'api.site.com': '1d',
    '*.site.com': NEVER_EXPIRE,
    '*': DO_NOT_CACHE,
  };

  it.each([
    ['https://api.site.com/live/1', 'api.site.com/live', after(10)],
    ['https://api.site.com/x', 'api.site.com', after(86_400)],
    ['https://www.site.com/x', '*.site.com', NEVER],
    ['https://elsewhere.com/', '*', DO_NOT],
  ])('the first that matches counts: %s', (url, pattern, lifetime) => {
    const compiled = compileUrlPatterns(patterns, 'urlsExpireAfter', NOW);
    expect(matchUrlPattern(compiled, url)).toEqual(expect.objectContaining({ pattern, lifetime }));
  });

  it('gives nothing where nothing matches or nothing is set', () => {
    expect(matched({ 'site.com': 1 }, 'https://x.com/')).toBeUndefined();
    expect(matched({}, 'https://x.com/')).toBeUndefined();
    expect(compileUrlPatterns(undefined, 'urlsExpireAfter', NOW)).toEqual([]);
  });

  it('an array keeps its order where an object would not', () => {
    expect(matched({ '*': 1, '10': 2 }, 'https://10.0.0.1/')).toBe('10');
    expect(
      matched(
        [
          ['*', 1],
          ['10', 2],
        ],
        'https://10.0.0.1/',
      ),
    ).toBe('*');
  });

  it('a Date stays absolute', () => {
    const until = new Date(NOW + 5000);
    const compiled = compileUrlPatterns([['site.com', until]], 'urlsExpireAfter', NOW);
    expect(matchUrlPattern(compiled, 'https://site.com/')?.lifetime).toEqual({
      kind: 'at',
      epochMs: NOW + 5000,
    });
  });

  it('a pattern called __proto__ is a pattern', () => {
    expect(matched(JSON.parse('{"__proto__": 60}') as UrlPatterns, 'https://__proto__/')).toBe('__proto__');
  });
});

describe('getUrlExpiration', () => {
  it.each([
    ['https://site.com/a', '10m'],
    ['https://other.com/', undefined],
  ])('%s gives %p', (url, expireAfter) => {
    expect(getUrlExpiration(url, { 'site.com': '10m' }, NOW)).toBe(expireAfter);
  });
});

describe('what is refused', () => {
  it.each<[unknown, string]>([
    [null, 'urlsExpireAfter'],
    ['site.com', 'urlsExpireAfter'],
    [5, 'urlsExpireAfter'],
    [new Map([['site.com', 1]]), 'urlsExpireAfter'],
    [new Date(NOW), 'urlsExpireAfter'],
    [{ '': 1 }, 'urlsExpireAfter'],
    [{ 'site.com': 'soon' }, 'urlsExpireAfter["site.com"]'],
    [{ 'site.com': null }, 'urlsExpireAfter["site.com"]'],
    [[['a', 1], 'site.com'], 'urlsExpireAfter[1]'],
    [[['site.com']], 'urlsExpireAfter[0]'],
    [[['site.com', 1, 2]], 'urlsExpireAfter[0]'],
    [[[5, 1]], 'urlsExpireAfter[0]'],
    [[[/x/, NaN]], 'urlsExpireAfter["/x/"]'],
  ])('%p, naming %s', (patterns, option) => {
    expect(() => compileUrlPatterns(patterns, 'urlsExpireAfter', NOW)).toThrow(
      expect.objectContaining({ code: 'ERR_CACHE_INVALID_OPTION', option }),
    );
  });

  it('but an object without prototype is fine', () => {
    const bare = Object.assign(Object.create(null) as Record<string, number>, { 'site.com': 1 });
    expect(compileUrlPatterns(bare, 'urlsExpireAfter', NOW)).toHaveLength(1);
  });
});
