import fc from 'fast-check';
import { NO_DIRECTIVES, parseCacheControl, type CacheDirectives } from '../../lib/http/cache-control';

const RUNS = { seed: 20261120, numRuns: 500 };

/** What differs from a field that is absent. */
function directives(value: string | readonly string[] | undefined): Partial<CacheDirectives> {
  const entries = Object.entries(parseCacheControl(value));
  const absent = NO_DIRECTIVES as unknown as Record<string, unknown>;
  return Object.fromEntries(
    entries.filter(([name, one]) => JSON.stringify(one) !== JSON.stringify(absent[name])),
  );
}

type Case = [value: string | string[], expected: Partial<Record<keyof CacheDirectives, unknown>>];

describe('what is well-formed', () => {
  it.each<Case>([
    ['no-store', { noStore: true }],
    ['No-StOrE', { noStore: true }],
    ['public, immutable, no-transform', { public: true, immutable: true, noTransform: true }],
    [
      'must-revalidate, proxy-revalidate, must-understand',
      { mustRevalidate: true, proxyRevalidate: true, mustUnderstand: true },
    ],
    ['only-if-cached', { onlyIfCached: true }],
    ['max-age=60', { maxAgeSeconds: 60 }],
    ['MaX-aGe=60', { maxAgeSeconds: 60 }],
    ['max-age="60"', { maxAgeSeconds: 60 }],
    ['max-age="6\\0"', { maxAgeSeconds: 60 }],
    ['max-age=003600', { maxAgeSeconds: 3600 }],
    ['s-maxage=5, max-age=9', { sMaxAgeSeconds: 5, maxAgeSeconds: 9 }],
    ['min-fresh=10', { minFreshSeconds: 10 }],
    ['max-stale', { maxStaleSeconds: Infinity }],
    ['max-stale=7', { maxStaleSeconds: 7 }],
    [
      'stale-if-error=1, stale-while-revalidate=2',
      { staleIfErrorSeconds: 1, staleWhileRevalidateSeconds: 2 },
    ],
    ['no-cache', { noCache: true }],
    ['no-cache="Set-Cookie, X-A"', { noCache: ['set-cookie', 'x-a'] }],
    ['no-cache=Set-Cookie', { noCache: true }],
    ['no-cache="a b"', { noCache: true }],
    ['private="Authorization"', { private: ['authorization'] }],
    ['foobar, ext=1, max-age=1', { maxAgeSeconds: 1 }],
    [['s-maxage=1', 'max-age=2'], { sMaxAgeSeconds: 1, maxAgeSeconds: 2 }],
  ])('%j', (value, expected) => {
    expect(directives(value)).toEqual(expected);
  });

  it.each([[undefined], [''], [[]], [' ,, ']])('%j says nothing', (value) => {
    expect(parseCacheControl(value)).toEqual(NO_DIRECTIVES);
  });

  it('keeps what is inside a quoted string out', () => {
    expect(directives('extension="max-age=3600, no-store", max-age=1')).toEqual({ maxAgeSeconds: 1 });
    expect(directives('max-age=1, extension="max-age=3600"')).toEqual({ maxAgeSeconds: 1 });
  });
});

describe('D10: a number that cannot be read counts as stale, not as never', () => {
  it.each([
    'max-age=-1',
    'max-age=1.5',
    'max-age=abc',
    'max-age=60a',
    'max-age=',
    "max-age='60'",
    'max-age',
    'max-age =60',
    'max-age= 60',
    'max-age="60',
    'max-age="',
    'max-age=6 0',
  ])('%j', (value) => {
    expect(directives(value)).toEqual({ maxAgeSeconds: 0, unreadable: ['max-age'] });
  });

  it('saturates and never overflows', () => {
    expect(directives('max-age=99999999999999999999999')).toEqual({ maxAgeSeconds: 2 ** 31 });
  });

  it.each<Case>([
    ['s-maxage=x', { sMaxAgeSeconds: 0, unreadable: ['s-maxage'] }],
    ['min-fresh=x', { minFreshSeconds: Infinity, unreadable: ['min-fresh'] }],
    ['min-fresh', { minFreshSeconds: Infinity, unreadable: ['min-fresh'] }],
    ['max-stale=x', { unreadable: ['max-stale'] }],
    ['max-stale=""', { unreadable: ['max-stale'] }],
    ['stale-if-error=x', { unreadable: ['stale-if-error'] }],
    ['stale-if-error', { unreadable: ['stale-if-error'] }],
    ['stale-while-revalidate=', { unreadable: ['stale-while-revalidate'] }],
    ['stale-if-error=x, stale-if-error=60', { unreadable: ['stale-if-error'] }],
  ])('%j', (value, expected) => {
    expect(directives(value)).toEqual(expected);
  });
});

describe('what restricts and cannot be read restricts; what permits gives nothing', () => {
  it.each<Case>([
    ['no-store=foo', { noStore: true, unreadable: ['no-store'] }],
    ['no-store=', { noStore: true, unreadable: ['no-store'] }],
    // A no-break space is no white space: what it stands before is another directive.
    ['no-store,\u00a0must-understand,\u00a0max-age=60, public\u00a0', { noStore: true }],
    ['no-store =1', { noStore: true, unreadable: ['no-store'] }],
    ['no-cache="', { noCache: true, unreadable: ['no-cache'] }],
    ['no-cache="a', { noCache: true, unreadable: ['no-cache'] }],
    ['no-cache=""', { noCache: true }],
    ['no-cache =a', { noCache: true, unreadable: ['no-cache'] }],
    ['private=', { private: true, unreadable: ['private'] }],
    ['must-revalidate=x', { mustRevalidate: true, unreadable: ['must-revalidate'] }],
    ['proxy-revalidate=x', { proxyRevalidate: true, unreadable: ['proxy-revalidate'] }],
    ['only-if-cached=1', { onlyIfCached: true, unreadable: ['only-if-cached'] }],
    ['no-transform=1', { noTransform: true, unreadable: ['no-transform'] }],
    ['public=1', { unreadable: ['public'] }],
    ['immutable=1', { unreadable: ['immutable'] }],
    ['no-store, must-understand=1', { noStore: true, unreadable: ['must-understand'] }],
    ['=60, "max-age=60"', {}],
  ])('%j', (value, expected) => {
    expect(directives(value)).toEqual(expected);
  });

  it('finds what restricts behind a quote that is never closed, and nothing that permits', () => {
    expect(directives('ext="oops, max-age=60, No-Store, private="x", public')).toEqual({
      noStore: true,
      private: true,
    });
    expect(directives(['ext="oops', 'max-age=5'])).toEqual({ maxAgeSeconds: 5 });
  });
});

describe('duplicates', () => {
  it.each<Case>([
    ['max-age=60, max-age=10', { maxAgeSeconds: 60 }],
    [['max-age=10', 'max-age=60'], { maxAgeSeconds: 10 }],
    ['max-age=x, max-age=60', { maxAgeSeconds: 0, unreadable: ['max-age'] }],
    ['max-age=60, max-age=x', { maxAgeSeconds: 60, unreadable: ['max-age'] }],
    ['no-cache, no-cache="a"', { noCache: true }],
    ['no-cache="a", no-cache', { noCache: true }],
    ['no-cache="a", no-cache="b"', { noCache: ['a', 'b'] }],
  ])('%j', (value, expected) => {
    expect(directives(value)).toEqual(expected);
  });
});

describe('properties', () => {
  const noise = fc.string({
    unit: fc.constantFrom('a', ',', '"', '\\', ' ', '=', '1', '-', 'max-age', 'no-store', 'no-cache'),
  });

  it('never throws, and numbers are never negative or NaN', () => {
    fc.assert(
      fc.property(fc.oneof(noise, fc.string()), (value) => {
        const { maxAgeSeconds = 0, minFreshSeconds = 0, maxStaleSeconds = 0 } = parseCacheControl(value);
        expect(maxAgeSeconds).toBeGreaterThanOrEqual(0);
        expect(maxAgeSeconds).toBeLessThanOrEqual(2 ** 31);
        expect(minFreshSeconds).toBeGreaterThanOrEqual(0);
        expect(maxStaleSeconds).toBeGreaterThanOrEqual(0);
      }),
      RUNS,
    );
  });

  it('no-store as a member of its own always counts, whatever stands around it', () => {
    const member = fc.oneof(fc.stringMatching(/^[a-z-]{1,8}(=[a-z0-9]{0,4})?$/), fc.constant('a="b, c\\""'));
    fc.assert(
      fc.property(fc.array(member), fc.array(member), (before, after) => {
        expect(parseCacheControl([...before, 'no-store', ...after].join(', ')).noStore).toBe(true);
      }),
      RUNS,
    );
  });

  it('reads back every number of seconds', () => {
    fc.assert(
      fc.property(fc.nat(), fc.boolean(), (seconds, isQuoted) => {
        const text = isQuoted ? `"${seconds}"` : String(seconds);
        expect(parseCacheControl(`max-age=${text}`).maxAgeSeconds).toBe(seconds);
      }),
      RUNS,
    );
  });

  it('does not let one parse change another', () => {
    expect(Object.isFrozen(NO_DIRECTIVES)).toBe(true);
    parseCacheControl('max-age=x');
    expect(NO_DIRECTIVES.unreadable).toEqual([]);
  });
});
