import axios from 'axios';
import { type CachedAxiosInstance, type CacheMode, InvalidOptionError, rfc9111 } from '../../lib/index.js';
import { deadUrl, useBench } from '../helpers/bench.js';

describe('mode', () => {
  const bench = useBench('memory');
  const day = 86_400;

  /** An instance that has stored `/a`, which has been stale for a day. */
  async function withStale(
    mode: CacheMode,
    headers: Record<string, string> = {},
  ): Promise<CachedAxiosInstance> {
    bench().answer((_request, count) => ({ body: `answer ${count}`, headers }));
    const http = bench().wrap({ expireAfter: 60, mode, autoclose: false });
    await http.get('/a', { cache: { mode: 'network-first' } });
    bench().pass(day);
    return http;
  }

  /** From now on nobody answers. */
  const goOffline = async (http: CachedAxiosInstance): Promise<void> => {
    const { port } = new URL(await deadUrl());
    http.interceptors.request.use((config) => ({
      ...config,
      proxy: { protocol: 'http', host: '127.0.0.1', port: Number(port) },
    }));
  };

  describe('network-first', () => {
    it('asks the origin while what is stored is fresh', async () => {
      const http = bench().wrap({ mode: 'network-first' });
      bench().answer((_request, count) => ({ body: `answer ${count}` }));
      await http.get('/a');
      const second = await http.get('/a');
      expect(second.data).toBe('answer 2');
      expect(second.cache).toMatchObject({ fromCache: false, fwd: 'request', stored: true });
    });

    it('asks by a conditional request', async () => {
      const http = bench().wrap({ mode: 'network-first' });
      bench().answer(({ headers }) =>
        headers['if-none-match'] === '"1"'
          ? { status: 304, headers: { etag: '"1"' } }
          : { body: 'hello', headers: { etag: '"1"' } },
      );
      await http.get('/a');
      const second = await http.get('/a');
      expect([second.status, second.data, second.cache.revalidated]).toEqual([200, 'hello', true]);
    });

    it('answers with what is stored, of whatever age, when the origin cannot be reached', async () => {
      const http = await withStale('network-first');
      await goOffline(http);
      const { data, cache } = await http.get('/a');
      expect(data).toBe('answer 1');
      expect(cache).toMatchObject({ fromCache: true, stale: true, age: day });
    });

    it.each([500, 501, 503])('and when it says %d', async (status) => {
      const http = await withStale('network-first');
      bench().answer(() => ({ status }));
      const { data, cache } = await http.get('/a');
      expect([data, cache.fwdStatus]).toEqual(['answer 1', status]);
    });

    it.each([404, 429])('not when it says %d', async (status) => {
      const http = await withStale('network-first');
      bench().answer(() => ({ status }));
      await expect(http.get('/a')).rejects.toMatchObject({ response: { status } });
    });

    it('not when the caller gives up', async () => {
      const http = await withStale('network-first');
      const controller = new AbortController();
      bench().answer(() => {
        controller.abort();
        return new Promise(() => undefined);
      });
      const error: unknown = await http
        .get('/a', { signal: controller.signal })
        .catch((thrown: unknown) => thrown);
      expect(axios.isCancel(error)).toBe(true);
    });

    it('not where the stored response forbids it and its headers count', async () => {
      const headers = { 'cache-control': 'max-age=60, must-revalidate', etag: '"1"' };
      bench().answer((_request, count) => ({ body: `answer ${count}`, headers }));
      const http = bench().wrap({ ...rfc9111, mode: 'network-first' });
      await http.get('/a');
      bench().pass(day);
      bench().answer(() => ({ status: 503 }));
      await expect(http.get('/a')).rejects.toMatchObject({ response: { status: 503 } });
    });

    it('not where the request says staleIfError: false', async () => {
      const http = await withStale('network-first');
      bench().answer(() => ({ status: 503 }));
      await expect(http.get('/a', { cache: { staleIfError: false } })).rejects.toMatchObject({
        response: { status: 503 },
      });
    });

    it('asks once for all who ask at the same time', async () => {
      const http = bench().wrap({ mode: 'network-first' });
      await Promise.all([http.get('/a'), http.get('/a'), http.get('/a')]);
      expect(bench().origin.count()).toBe(1);
    });
  });

  describe('cache-first', () => {
    it('answers with what is stored, of whatever age', async () => {
      const http = await withStale('cache-first', { 'cache-control': 'no-cache' });
      const { data, cache } = await http.get('/a');
      expect([data, cache.hit, cache.stale]).toEqual(['answer 1', true, true]);
      expect(bench().origin.count()).toBe(1);
    });

    it('is not pruned of what it may still use', async () => {
      const http = await withStale('cache-first');
      await http.get('/b');
      expect(await http.cache.contains({ url: '/a' }, { expired: true })).toBe(true);
    });

    it('asks for what is not stored, and where the request wants it', async () => {
      const http = await withStale('cache-first');
      expect((await http.get('/b')).cache.fromCache).toBe(false);
      expect((await http.get('/a', { cache: { forceRefresh: true } })).data).toBe('answer 2');
    });

    it('with staleWhileRevalidate brings it up to date', async () => {
      const http = await withStale('cache-first');
      http.cache.settings = { staleWhileRevalidate: true };
      expect((await http.get('/a')).data).toBe('answer 1');
      await http.cache.close();
      expect(bench().origin.count()).toBe(2);
    });
  });

  describe.each<CacheMode>(['cache-only', 'offline'])('%s', (mode) => {
    const never = async (http: CachedAxiosInstance, config: object): Promise<void> => {
      const before = bench().origin.count();
      await expect(http.request(config)).rejects.toMatchObject({
        response: { status: 504, statusText: 'Not Cached' },
      });
      expect(bench().origin.count()).toBe(before);
    };

    it('answers 504 where nothing is stored', async () => {
      const http = bench().wrap({ mode });
      await never(http, { url: '/a' });
      await never(http, { url: '/a', cache: { forceRefresh: true } });
      await never(http, { url: '/a', cache: { onlyIfCached: false } });
    });

    it('lets no request pass that the cache has nothing to do with', async () => {
      const http = bench().wrap({ mode });
      await never(http, { url: '/a', method: 'post', data: { a: 1 } });
      await never(http, { url: '/a', headers: { 'cache-control': 'no-store' } });
    });

    it('gives way to `cache: false` and to another mode of the request', async () => {
      const http = bench().wrap({ mode });
      expect((await http.get('/a', { cache: false })).status).toBe(200);
      expect((await http.get('/a', { cache: { mode: 'default' } })).status).toBe(200);
    });
  });

  it('cache-only answers with what is fresh, and not with what is stale', async () => {
    const http = bench().wrap({ expireAfter: 60 });
    await http.get('/a');
    http.cache.settings = { expireAfter: 60, mode: 'cache-only' };
    expect((await http.get('/a')).cache.hit).toBe(true);
    bench().pass(61);
    await expect(http.get('/a')).rejects.toMatchObject({ response: { status: 504 } });
  });

  it('offline answers with what is stored, of whatever age and whatever is asked', async () => {
    const http = await withStale('offline', { 'cache-control': 'no-store' });
    for (const config of [{}, { cache: { refresh: true } }, { headers: { 'cache-control': 'no-cache' } }]) {
      const { data, cache } = await http.get('/a', config);
      expect([data, cache.hit, cache.stale]).toEqual(['answer 1', true, true]);
    }
    expect(bench().origin.count()).toBe(1);
  });

  it('has to be one that exists', async () => {
    expect(() => bench().wrap({ mode: 'networkFirst' as CacheMode })).toThrow(InvalidOptionError);
    const http = bench().wrap();
    await expect(http.get('/a', { cache: { mode: 'record' as CacheMode } })).rejects.toMatchObject({
      code: 'ERR_CACHE_INVALID_OPTION',
      option: 'cache.mode',
    });
  });
});
