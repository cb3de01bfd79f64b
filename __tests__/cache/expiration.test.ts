import {
  DO_NOT_CACHE,
  EXPIRE_IMMEDIATELY,
  type ExpirationTime,
  NEVER_EXPIRE,
  rfc9111,
  type UrlPatterns,
} from '../../lib/index.js';
import { BACKENDS_UNDER_TEST, useBench } from '../helpers/bench.js';

describe.each(BACKENDS_UNDER_TEST)('expireAfter (%s)', (name) => {
  const bench = useBench(name);

  /** Seconds for which it is answered from storage, found by trying just before and just after. */
  async function expectLifetime(seconds: number, options: object, request: object = {}): Promise<void> {
    const http = bench().wrap(options);
    await http.get('/a', request);
    bench().pass(seconds - 0.001);
    expect((await http.get('/a')).cache).toMatchObject({ fromCache: true, isExpired: false });
    bench().pass(0.001);
    expect((await http.get('/a')).cache).toMatchObject({ fromCache: false, fwd: 'stale' });
  }

  it.each<[ExpirationTime, number]>([
    [60, 60],
    [0.5, 0.5],
    ['60', 60],
    ['1500ms', 1.5],
    ['10m', 600],
    ['1h30m', 5400],
    ['2 days', 172_800],
  ])('%j is a time of %d seconds, for the session and for one request', async (expireAfter, seconds) => {
    await expectLifetime(seconds, { expireAfter });
    await bench().backend.clear();
    await expectLifetime(seconds, {}, { cache: { expireAfter } });
  });

  it('may be a Date or an HTTP date', async () => {
    const at = (seconds: number): Date => new Date(bench().clock.now() + seconds * 1000);
    await expectLifetime(90, { expireAfter: at(90) });
    await bench().backend.clear();
    await expectLifetime(90, { expireAfter: at(90).toUTCString() });
  });

  it.each<[string, object]>([
    ['by default', {}],
    ['NEVER_EXPIRE', { expireAfter: NEVER_EXPIRE }],
    ['Infinity', { expireAfter: Infinity }],
    ['undefined', { expireAfter: undefined }],
  ])('is never: %s', async (_title, options) => {
    const http = bench().wrap(options);
    await http.get('/a');
    bench().pass(100 * 365 * 86_400);
    const { cache } = await http.get('/a');
    expect(cache.fromCache).toBe(true);
    expect([cache.expiresAt, cache.ttl, cache.isExpired]).toEqual([undefined, undefined, false]);
  });

  it('counts from the reception of the response', async () => {
    bench().answer(() => {
      bench().pass(30);
      return { body: 'slow' };
    });
    expect((await bench().wrap({ expireAfter: 60 }).get('/a')).cache.ttl).toBe(60);
  });

  it('of one request does not change what is stored already', async () => {
    const http = bench().wrap({ expireAfter: 1000 });
    await http.get('/a');
    bench().pass(500);
    expect((await http.get('/a', { cache: { expireAfter: 1 } })).cache).toMatchObject({
      fromCache: true,
      ttl: 500,
    });
  });

  it('changes for later requests through settings', async () => {
    const http = bench().wrap({ expireAfter: 10 });
    http.cache.settings = { expireAfter: '2m' };
    expect((await http.get('/a')).cache.ttl).toBe(120);
    expect(() => (http.cache.settings = { expireAfter: 'x' })).toThrow(/expireAfter/);
    expect((await http.get('/b')).cache.ttl).toBe(120);
  });
});

describe('EXPIRE_IMMEDIATELY', () => {
  const bench = useBench();

  it('stores what has a validator, and asks before every use', async () => {
    bench().answer(({ headers }) =>
      headers['if-none-match'] === '"v1"' ? { status: 304 } : { headers: { etag: '"v1"' }, body: 'x' },
    );
    const http = bench().wrap({ expireAfter: EXPIRE_IMMEDIATELY });
    expect((await http.get('/a')).cache.stored).toBe(true);
    for (let turn = 0; turn < 2; turn += 1) {
      const { data, cache } = await http.get('/a');
      expect([data, cache.fromCache, cache.revalidated]).toEqual(['x', true, true]);
    }
    expect(bench().origin.count()).toBe(3);
  });

  it('stores nothing without a validator', async () => {
    const http = bench().wrap({ expireAfter: EXPIRE_IMMEDIATELY });
    expect((await http.get('/a')).cache.stored).toBe(false);
    expect(await http.cache.count()).toBe(0);
  });

  it('stores what staleIfError may need', async () => {
    const http = bench().wrap({ expireAfter: EXPIRE_IMMEDIATELY, staleIfError: 60 });
    await http.get('/a');
    bench().pass(10);
    bench().answer(() => ({ status: 500 }));
    expect((await http.get('/a')).data).toBe('hello');
  });
});

describe('precedence of lifetimes', () => {
  const bench = useBench();
  const patterns: UrlPatterns = { '*/pattern': 20, '*/never': DO_NOT_CACHE };

  it.each<[string, string, object, number | undefined]>([
    ['session', '/plain', {}, 10],
    ['URL pattern over session', '/pattern', {}, 20],
    ['request over URL pattern', '/pattern', { expireAfter: 30 }, 30],
    ['request over DO_NOT_CACHE of a pattern', '/never', { expireAfter: 30 }, 30],
    [
      'a pattern of the request over that of the session',
      '/pattern',
      { urlsExpireAfter: { '*/pattern': 25 } },
      25,
    ],
    ['headers over all, with cacheControl', '/pattern', { expireAfter: 30, cacheControl: true }, 40],
    ['no headers without cacheControl', '/plain', { cacheControl: false }, 10],
  ])('%s', async (_title, url, cache, expected) => {
    bench().answer(() => ({ headers: { 'cache-control': 'max-age=40' }, body: 'x' }));
    const http = bench().wrap({ expireAfter: 10, urlsExpireAfter: patterns });
    expect((await http.get(url, { cache })).cache.ttl).toBe(expected);
  });

  it('the first pattern that matches wins; patterns see the whole URL with its query', async () => {
    const http = bench().wrap({
      urlsExpireAfter: [
        [/page=\d+$/, 1],
        ['127.0.0.1*/a', 2],
        ['*', DO_NOT_CACHE],
      ],
    });
    expect((await http.get('/a', { params: { page: 3 } })).cache.ttl).toBe(1);
    expect((await http.get('/a/deep')).cache.ttl).toBe(2);
    expect((await http.get('/b')).cache).toMatchObject({ stored: false, fwd: 'bypass' });
    expect(await http.cache.count()).toBe(2);
  });
});

describe('DO_NOT_CACHE', () => {
  const bench = useBench();

  it.each<[string, object, object]>([
    ['for the session', { expireAfter: DO_NOT_CACHE }, {}],
    [
      'for the session, with cacheControl and headers that invite',
      { expireAfter: DO_NOT_CACHE, cacheControl: true },
      {},
    ],
    ['for one request', {}, { expireAfter: DO_NOT_CACHE }],
    ['for a URL', { urlsExpireAfter: { '*/a': DO_NOT_CACHE } }, {}],
  ])('%s: neither reads nor writes, nor deletes', async (_title, options, cache) => {
    bench().answer((_request, count) => ({
      headers: { 'cache-control': 'max-age=60' },
      body: `answer ${count}`,
    }));
    await bench().wrap().get('/a');
    const http = bench().wrap(options);
    expect((await http.get('/a', { cache })).data).toBe('answer 2');
    expect((await http.get('/a', { cache })).data).toBe('answer 3');
    expect((await bench().wrap().get('/a')).data).toBe('answer 1');
    expect(bench().origin.requests.map(({ headers }) => headers['cache-control'])).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('rfc9111', () => {
  const bench = useBench();

  it.each<[string, number, Record<string, string>, object]>([
    ['max-age', 200, { 'cache-control': 'max-age=60' }, { stored: true, ttl: 60 }],
    ['Age counts', 200, { 'cache-control': 'max-age=60', age: '20' }, { stored: true, ttl: 40, age: 20 }],
    ['no-store', 200, { 'cache-control': 'no-store' }, { stored: false }],
    ['nothing said, nothing to validate by', 200, {}, { stored: false }],
    ['nothing said, but an ETag', 200, { etag: '"x"' }, { stored: true, ttl: 0 }],
    ['an error with a lifetime', 404, { 'cache-control': 'max-age=60' }, { stored: true, ttl: 60 }],
    [
      's-maxage is for shared caches',
      200,
      { 'cache-control': 's-maxage=60, max-age=5' },
      { stored: true, ttl: 5 },
    ],
    ['private', 200, { 'cache-control': 'private, max-age=60' }, { stored: true, ttl: 60 }],
  ])('%s', async (_title, status, headers, expected) => {
    bench().answer(() => ({ status, headers, body: 'x' }));
    const { cache } = await bench()
      .wrap({ ...rfc9111 }, { validateStatus: null })
      .get('/a');
    expect(cache).toMatchObject(expected);
  });

  it('takes 10 % of the time since Last-Modified', async () => {
    const ago = (seconds: number): string => new Date(bench().clock.now() - seconds * 1000).toUTCString();
    bench().answer(() => ({ headers: { 'last-modified': ago(1000), date: ago(0) }, body: 'x' }));
    expect(
      (
        await bench()
          .wrap({ ...rfc9111 })
          .get('/a')
      ).cache.ttl,
    ).toBe(100);
  });

  it('shows the age on hits', async () => {
    bench().answer(() => ({ headers: { 'cache-control': 'max-age=60', Age: '7' }, body: 'x' }));
    const http = bench().wrap({ ...rfc9111 });
    await http.get('/a');
    bench().pass(10.5);
    const hit = await http.get('/a');
    expect(hit.headers['age']).toBe('17');
    expect(Object.keys(hit.headers).filter((field) => field.toLowerCase() === 'age')).toHaveLength(1);
  });
});
