import { type AxiosResponse } from 'axios';
import { type CachedAxiosInstance } from '../../lib/index.js';
import { deadUrl, useBench } from '../helpers/bench.js';
import { faultyBackend } from '../helpers/faulty-backend.js';
import { until } from '../helpers/until.js';

describe('stats()', () => {
  const bench = useBench('memory');

  it('begins with zeros', () => {
    const http = bench().wrap();
    expect(http.cache.stats()).toEqual({
      since: new Date(bench().clock.now()),
      requests: 0,
      hits: 0,
      revalidations: 0,
      misses: 0,
      bypasses: 0,
      staleServed: 0,
      collapsed: 0,
      notCached: 0,
      hitRatio: 0,
      bytesSaved: 0,
      originMsSaved: 0,
      missesBy: {},
      rules: {},
      stored: 0,
      bytesStored: 0,
      refreshes: 0,
      invalidated: 0,
      evicted: 0,
      originFailures: 0,
      backend: {},
      urls: {},
    });
  });

  it('counts every kind of answer once', async () => {
    const { origin } = bench();
    bench().answer((request) => {
      // The clock stands still but for what the origin takes.
      bench().clock.advance(250);
      if (request.headers['if-none-match'] === '"v"') return { status: 304 };
      return { headers: { etag: '"v"' }, body: '0123456789' };
    });
    const http = bench().wrap({ expireAfter: 60 });
    await http.get('/a'); // miss, stored
    await http.get('/a'); // hit
    await http.get('/a'); // hit
    await http.get('/a', { cache: { refresh: true } }); // revalidation
    await http.get('/a', { cache: { forceRefresh: true } }); // miss, stored
    await http.get('/b', { cache: { onlyIfCached: true }, validateStatus: null }); // 504
    await Promise.all([http.get('/c'), http.get('/c')]); // miss, stored; collapsed
    await http.get('/a', { cache: false }); // bypass
    bench().pass(61);
    await http.get('/a', { cache: { staleWhileRevalidate: true } }); // hit, stale; refreshed
    await until(() => http.cache.stats().refreshes === 1);
    bench().pass(61);
    origin.handle(() => ({ status: 500 }));
    await http.get('/a', { cache: { staleIfError: true } }); // miss, stale
    await http.put('/a', undefined, { validateStatus: null }); // bypass; invalidates nothing
    origin.handle(() => ({ body: '' }));
    await http.put('/a'); // bypass; invalidates
    await expect(http.get('/d', { baseURL: await deadUrl() })).rejects.toThrow(); // fails
    const stats = http.cache.stats();
    expect(stats).toMatchObject({
      requests: 13,
      hits: 3,
      revalidations: 1,
      misses: 6,
      bypasses: 3,
      staleServed: 2,
      collapsed: 1,
      notCached: 1,
      hitRatio: 0.4,
      bytesSaved: 60,
      missesBy: { 'uri-miss': 3, request: 1, 'only-if-cached': 1, stale: 1, bypass: 1, method: 2 },
      rules: {
        'nothing-stored': 4,
        fresh: 2,
        refresh: 1,
        'force-refresh': 1,
        disabled: 1,
        'stale-while-revalidate': 1,
        stale: 1,
        method: 2,
      },
      stored: 5,
      bytesStored: 30,
      refreshes: 1,
      invalidated: 1,
      evicted: 0,
      originFailures: 1,
    });
    expect(stats.requests).toBe(stats.hits + stats.revalidations + stats.misses + stats.bypasses);
    // Two that took 250 ms each, and the one that was confirmed later, by a 304 in the same time.
    expect(stats.originMsSaved).toBe(750);
  });

  it('tells what calls of storage take, and which fail', async () => {
    bench().answer(() => ({ body: 'abc' }));
    const backend = faultyBackend(bench().backend, (method) =>
      method === 'put' ? Promise.reject(new Error('full')) : undefined,
    );
    const http = bench().wrap({ backend });
    await http.get('/a');
    const { get, put } = http.cache.stats().backend;
    expect(get).toMatchObject({ calls: 1, errors: 0 });
    expect(put).toMatchObject({ calls: 1, errors: 1 });
    for (const call of [get, put]) {
      expect(call?.meanMs).toBeGreaterThan(0);
      expect(call?.p50Ms).toBeLessThanOrEqual(call?.p99Ms ?? 0);
      expect(call?.p99Ms).toBeLessThanOrEqual((call?.maxMs ?? 0) * 1.02);
    }
  });

  it('counts apart what URL patterns say, the first that matches', async () => {
    bench().answer(() => ({ body: 'abc' }));
    const http = bench().wrap({ statsByUrl: ['*/users/1', /\/users\//, '*/never'] });
    for (const path of ['/users/1', '/users/1', '/users/2', '/other']) await http.get(path);
    const { urls } = http.cache.stats();
    expect(Object.keys(urls)).toEqual(['*/users/1', '/\\/users\\//']);
    expect(urls['*/users/1']).toMatchObject({
      requests: 2,
      hits: 1,
      misses: 1,
      hitRatio: 0.5,
      bytesSaved: 3,
    });
    expect(urls['/\\/users\\//']).toMatchObject({ requests: 1, hits: 0, misses: 1 });
  });

  it('counts of a body what was handed out of it', async () => {
    bench().answer(() => ({ headers: { etag: '"v"' }, body: '0123456789' }));
    const http = bench().wrap({ cacheControl: true, expireAfter: 60 });
    await http.get('/a');
    const saved = async (config: object): Promise<number> => {
      const before = http.cache.stats();
      await http.request({ url: '/a', validateStatus: null, ...config });
      const after = http.cache.stats();
      expect(after.hits).toBe(before.hits + 1);
      return after.bytesSaved - before.bytesSaved;
    };
    expect(await saved({})).toBe(10);
    expect(await saved({ method: 'head' })).toBe(0);
    expect(await saved({ headers: { Range: 'bytes=2-4' } })).toBe(3);
    expect(await saved({ headers: { 'If-None-Match': '"v"' } })).toBe(0);
  });

  it('counts every 504 of the cache, whether or not it had to do with the request', async () => {
    const http = bench().wrap();
    const config = { cache: { onlyIfCached: true }, validateStatus: null };
    await http.get('/a', config);
    await http.put('/a', undefined, config);
    expect(http.cache.stats()).toMatchObject({
      misses: 1,
      bypasses: 1,
      notCached: 2,
      missesBy: { 'only-if-cached': 2 },
    });
  });

  it('counts what passes by to another cache', async () => {
    bench().answer(() => ({ body: 'abc' }));
    const inner = bench().wrap();
    const adapter = ({ url, method }: { url?: string; method?: string }): Promise<AxiosResponse> =>
      inner.request({ url: url ?? '', method: method ?? 'get' });
    const outer = bench().wrap({ backend: 'memory' }, { adapter });
    const { cache } = await outer.put('/a');
    expect(cache.rule).toBe('method');
    for (const http of [inner, outer]) {
      expect(http.cache.stats()).toMatchObject({ requests: 1, bypasses: 1, rules: { method: 1 } });
    }
  });

  it('gives copies, and begins anew when it is told', async () => {
    bench().answer(() => ({ body: 'abc' }));
    const http = bench().wrap();
    await http.get('/a');
    const before = http.cache.stats({ reset: true });
    bench().pass(5);
    expect(before).toMatchObject({ requests: 1, stored: 1, rules: { 'nothing-stored': 1 } });
    expect(http.cache.stats()).toMatchObject({ requests: 0, stored: 0, rules: {}, backend: {} });
    await http.get('/a');
    expect(before.requests).toBe(1);
    expect(http.cache.stats()).toMatchObject({ requests: 1, hits: 1 });
  });

  it.each<[string, (http: CachedAxiosInstance) => unknown]>([
    ['stats.resets', (http) => http.cache.stats({ resets: true } as object)],
    ['stats.reset', (http) => http.cache.stats({ reset: 1 as unknown as boolean })],
    ['statsByUrl', () => bench().wrap({ statsByUrl: '*' as unknown as string[] })],
    ['statsByUrl[0]', () => bench().wrap({ statsByUrl: [''] })],
    ['cacheStatus', () => bench().wrap({ cacheStatus: 'caché' })],
    ['cacheStatus', () => bench().wrap({ cacheStatus: 1 as unknown as boolean })],
  ])('refuses a wrong %s', (option, call) => {
    expect(() => call(bench().wrap())).toThrow(
      expect.objectContaining({
        code: 'ERR_CACHE_INVALID_OPTION',
        message: expect.stringContaining(option) as string,
      }),
    );
  });
});
