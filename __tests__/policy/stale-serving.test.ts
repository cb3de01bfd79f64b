import { type PolicySettings, type StaleWindow, type StoredResponseHead } from '../../lib/policy/messages';
import {
  isErrorStatus,
  isWithinWindow,
  longestWindow,
  mayServeOnError,
  responseDirectives,
} from '../../lib/policy/stale-serving';
import { get, NOW, response, rfcSettings, settings, staleFor, stored } from './fixtures';

function may(
  changes: Partial<PolicySettings>,
  one: StoredResponseHead,
  requestDirectives: string | undefined = undefined,
): boolean {
  const request = get(requestDirectives === undefined ? {} : { 'cache-control': requestDirectives });
  return mayServeOnError({ stored: one, request, settings: settings(changes), now: NOW });
}

describe('mayServeOnError by the setting; D20: beyond the window it is just not used', () => {
  it.each<[string, StaleWindow, number, boolean]>([
    ['off', false, 10, false],
    ['without limit', true, 1e9, true],
    ['within the window', 20, 10, true],
    ['just within', 10.001, 10, true],
    ['at its end', 10, 10, false],
    ['beyond', 5, 10, false],
    ['fresh, and off', false, -10, false],
    ['fresh, and on', 1, -10, true],
  ])('%s', (_title, staleIfError, staleSeconds, expected) => {
    expect(may({ staleIfError }, stored({}, staleFor(staleSeconds)))).toBe(expected);
  });

  it('what never expires may be used when anything may', () => {
    expect(may({ staleIfError: 1 }, stored())).toBe(true);
    expect(may({ staleIfError: false }, stored())).toBe(false);
  });
});

describe('D21: the directives stale-if-error count', () => {
  const one = stored({ 'cache-control': 'max-age=1, stale-if-error=60' }, staleFor(30));

  it.each<[string, Partial<PolicySettings>, string | undefined, boolean]>([
    ['of the stored response, with cacheControl', { cacheControl: true }, undefined, true],
    ['not without it', {}, undefined, false],
    ['of the request, always', {}, 'stale-if-error=60', true],
    ['of the request, too short', {}, 'stale-if-error=20', false],
    ['of the request, unreadable', {}, 'stale-if-error=x', false],
    ['the longest of all counts', { cacheControl: true, staleIfError: 5 }, 'stale-if-error=7', true],
    [
      'an explicit false forbids it',
      { cacheControl: true, staleIfErrorForced: true },
      'stale-if-error=60',
      false,
    ],
    [
      'an explicit window does not',
      { cacheControl: true, staleIfError: 1, staleIfErrorForced: true },
      undefined,
      true,
    ],
  ])('%s', (_title, changes, request, expected) => {
    expect(may(changes, one, request)).toBe(expected);
  });

  it('0 seconds are no permission', () => {
    expect(may({ cacheControl: true }, stored({ 'cache-control': 'stale-if-error=0' }, staleFor(-5)))).toBe(
      false,
    );
  });
});

describe('D7: with cacheControl, the stored response may forbid it', () => {
  it.each<[string, string, number, boolean, boolean]>([
    ['must-revalidate once stale', 'must-revalidate', 5, true, false],
    ['not while fresh', 'must-revalidate', -5, true, true],
    ['no-cache always', 'no-cache', -5, true, false],
    ['no-cache with field names', 'no-cache="a"', 5, true, true],
    ['no-cache with a field that the cache needs', 'no-cache="a, Vary"', 5, true, false],
    ['proxy-revalidate is for shared caches', 'proxy-revalidate', 5, true, true],
    ['must-revalidate without cacheControl', 'must-revalidate', 5, false, true],
    ['no-cache without cacheControl', 'no-cache', 5, false, true],
  ])('%s', (_title, cacheControlField, staleSeconds, cacheControl, expected) => {
    const one = stored({ 'cache-control': cacheControlField }, staleFor(staleSeconds));
    expect(may({ cacheControl, staleIfError: true }, one)).toBe(expected);
  });
});

describe('responseDirectives: no-cache with field names (RFC 9111 section 5.2.2.4)', () => {
  it.each<[string, boolean | string[]]>([
    ['no-cache="x-a"', ['x-a']],
    ['no-cache="X-A, Set-Cookie"', ['x-a', 'set-cookie']],
    ['no-cache', true],
    ['no-cache="x-a", no-cache', true],
    ['no-cache=x-a', true],
    ['no-cache=""', true],
    ['max-age=5', false],
    ...['Age', 'cache-control', 'Content-Type', 'Date', 'ETag', 'Expires', 'last-modified', 'Vary'].map(
      (name): [string, boolean] => [`max-age=5, no-cache="x-a, ${name}"`, true],
    ),
  ])('%s', (cacheControlField, noCache) => {
    const one = response({ 'cache-control': cacheControlField });
    expect(responseDirectives(one, rfcSettings()).noCache).toEqual(noCache);
  });

  it('leaves the other directives as they are', () => {
    const one = response({ 'cache-control': 'max-age=5, must-revalidate, no-cache="vary"' });
    expect(responseDirectives(one, rfcSettings())).toMatchObject({
      maxAgeSeconds: 5,
      mustRevalidate: true,
      noCache: true,
    });
  });

  it('none counts without cacheControl', () => {
    const one = response({ 'cache-control': 'max-age=5, no-store, no-cache="x-a"' });
    expect(responseDirectives(one, settings())).toMatchObject({ noCache: false, noStore: false });
    expect(responseDirectives(one, settings()).maxAgeSeconds).toBeUndefined();
  });
});

describe('isErrorStatus', () => {
  const all = Array.from({ length: 500 }, (_, index) => index + 100);

  it('is every 5xx, and never 4xx', () => {
    expect(all.filter((status) => isErrorStatus(status, settings()))).toEqual(
      all.filter((status) => status >= 500),
    );
  });

  it('not what the user allows to be stored', () => {
    const allowing = settings({ allowableCodes: new Set([200, 404, 503]) });
    expect([503, 500].map((status) => isErrorStatus(status, allowing))).toEqual([false, true]);
  });

  it('with cacheControl the statuses of RFC 5861, even where everything may be stored', () => {
    expect(all.filter((status) => isErrorStatus(status, rfcSettings()))).toEqual([500, 502, 503, 504]);
  });
});

describe('windows', () => {
  it.each<[(StaleWindow | undefined)[], StaleWindow]>([
    [[], false],
    [[undefined, false], false],
    [[false, 0], false],
    [[5, undefined, 7, false], 7],
    [[5, true], true],
  ])('the longest of %j is %p', (windows, expected) => {
    expect(longestWindow(...windows)).toBe(expected);
  });

  it.each<[StaleWindow, number | undefined, boolean]>([
    [true, 0, true],
    [false, NOW + 1, false],
    [10, NOW - 9999, true],
    [10, NOW - 10_000, false],
    [10, undefined, true],
  ])('window %p, expiry %p: %p', (window, expiresAt, expected) => {
    expect(isWithinWindow(window, expiresAt, NOW)).toBe(expected);
  });
});
