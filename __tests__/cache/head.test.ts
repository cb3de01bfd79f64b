import { type AxiosRequestConfig, type AxiosResponse } from 'axios';
import { gzipSync } from 'node:zlib';
import { type CacheOptions, type CachedAxiosInstance, rfc9111 } from '../../lib/index.js';
import { BACKENDS_UNDER_TEST, useBench } from '../helpers/bench.js';

const LM = 'Thu, 01 Jan 2026 00:00:00 GMT';
const VALIDATORS = { etag: '"v"', 'last-modified': LM };
const PAGE = {
  ...VALIDATORS,
  'cache-control': 'max-age=60',
  'content-type': 'application/json',
  'content-length': '7',
};

describe.each(BACKENDS_UNDER_TEST)('HEAD beside GET, with cacheControl (%s)', (name) => {
  const bench = useBench(name);
  const wrap = (options: CacheOptions = {}): CachedAxiosInstance =>
    bench().wrap({ ...rfc9111, ...options }, { validateStatus: null });

  /** Has the answer to a GET stored. */
  async function withStored(options: CacheOptions = {}, headers = {}): Promise<CachedAxiosInstance> {
    bench().answer(() => ({ headers: { ...PAGE, ...headers }, body: '{"n":1}' }));
    const http = wrap(options);
    await http.get('/a');
    return http;
  }

  describe('answered from the stored GET', () => {
    it.each<[title: string, config: AxiosRequestConfig]>([
      ['as it is', {}],
      ['json', { responseType: 'json' }],
      ['text', { responseType: 'text' }],
      ['arraybuffer', { responseType: 'arraybuffer' }],
      ['blob, by another adapter', { adapter: 'fetch', responseType: 'blob' }],
      ['a transformResponse', { transformResponse: (data: unknown) => [data] }],
    ])('%s: the same as bare axios gets', async (_title, config) => {
      const http = await withStored({}, { 'x-app': '1' });
      const bare = await bench().plain().head('/a', config);
      bench().pass(5);
      const head = await http.head('/a', config);
      expect(bench().origin.count()).toBe(2);
      expect(head.data).toEqual(bare.data);
      expect(Object.prototype.toString.call(head.data)).toBe(Object.prototype.toString.call(bare.data));
      expect(head).toMatchObject({ status: 200, statusText: 'OK' });
      expect({ ...head.headers }).toEqual({ ...PAGE, 'x-app': '1', age: '5' });
      expect(head.cache).toMatchObject({ fromCache: true, hit: true, stored: false, ttl: 55 });
      expect((head.request as { method: string }).method).toBe('HEAD');
    });

    it('compressed content too, with the length that it had on its way', async () => {
      const compressed = gzipSync('x'.repeat(1000));
      const length = String(compressed.byteLength);
      bench().answer(() => ({
        headers: { ...PAGE, 'content-encoding': 'gzip', 'content-length': length },
        body: compressed,
      }));
      const http = wrap();
      await http.get('/a');
      const bare = await bench().plain().head('/a');
      const head = await http.head('/a');
      expect([head.headers['content-length'], head.headers['content-encoding']]).toEqual([
        bare.headers['content-length'],
        bare.headers['content-encoding'],
      ]);
      expect(head.headers['content-length']).toBe(length);
    });

    it('is no hindrance to a later GET, nor to a limit on the length', async () => {
      const http = await withStored();
      expect((await http.head('/a', { maxContentLength: 1 })).status).toBe(200);
      expect(await http.get('/a')).toMatchObject({ data: { n: 1 }, cache: { hit: true } });
      expect(bench().origin.count()).toBe(1);
    });

    it('what is stale is validated, and renewed by a 304', async () => {
      const http = await withStored();
      bench().pass(61);
      bench().answer(() => ({ status: 304, headers: { ...VALIDATORS, 'x-n': '2' } }));
      const head = await http.head('/a');
      expect(bench().origin.last).toMatchObject({
        method: 'HEAD',
        headers: { 'if-none-match': '"v"', 'if-modified-since': LM },
      });
      expect(head).toMatchObject({ status: 200, data: '', headers: { 'x-n': '2', 'content-length': '7' } });
      expect(head.cache).toMatchObject({ fromCache: true, revalidated: true, stored: true, ttl: 60 });
      expect(await http.get('/a')).toMatchObject({
        data: { n: 1 },
        headers: { 'x-n': '2' },
        cache: { hit: true },
      });
      expect(bench().origin.count()).toBe(2);
    });

    it('what varies answers only where it matches', async () => {
      const http = await withStored({}, { vary: 'X-Mode' });
      expect((await http.head('/a')).cache.hit).toBe(true);
      expect((await http.head('/a', { headers: { 'X-Mode': 'dark' } })).cache).toMatchObject({
        hit: false,
        fwd: 'vary-miss',
      });
      expect((await http.get('/a', { headers: { 'X-Mode': 'dark' } })).cache.hit).toBe(false);
    });

    it('users are kept apart', async () => {
      bench().answer(() => ({ headers: PAGE, body: '{"n":1}' }));
      const http = wrap();
      const as = (user: string) => ({ headers: { Authorization: `Bearer ${user}` } });
      await http.get('/a', as('alice'));
      expect((await http.head('/a', as('bob'))).cache.fromCache).toBe(false);
      expect((await http.head('/a')).cache.fromCache).toBe(false);
      expect((await http.head('/a', as('alice'))).cache.hit).toBe(true);
      expect((await http.get('/a', as('bob'))).cache.fromCache).toBe(false);
    });

    it('only-if-cached, and staleIfError', async () => {
      const http = await withStored({ staleIfError: 60 });
      expect((await http.head('/a', { cache: { onlyIfCached: true } })).status).toBe(200);
      expect((await http.head('/b', { cache: { onlyIfCached: true } })).status).toBe(504);
      bench().pass(70);
      bench().answer(() => ({ status: 503 }));
      expect(await http.head('/a')).toMatchObject({ status: 200, data: '', cache: { stale: true } });
    });
  });

  describe('an answer to HEAD alone', () => {
    it('is kept for later HEADs, never for a GET', async () => {
      bench().answer(() => ({ headers: PAGE, body: '{"n":1}' }));
      const http = wrap();
      const first = await http.head('/a');
      expect(first.cache).toMatchObject({ fromCache: false, stored: true, fwd: 'uri-miss' });
      const again = await http.head('/a');
      expect(again).toMatchObject({ status: 200, data: '', headers: { 'content-length': '7', etag: '"v"' } });
      expect(again.cache).toMatchObject({ hit: true, key: first.cache.key });
      expect(bench().origin.count()).toBe(1);
      const got = await http.get('/a');
      expect(got).toMatchObject({
        data: { n: 1 },
        cache: { fromCache: false, stored: true, key: first.cache.key },
      });
      expect(await http.cache.count()).toBe(1);
      expect((await http.head('/a')).cache.hit).toBe(true);
      expect((await http.get('/a')).cache.hit).toBe(true);
      expect(bench().origin.count()).toBe(2);
    });

    it('is nothing that a GET could be confirmed by, or fall back on', async () => {
      bench().answer(() => ({ headers: PAGE, body: '{"n":1}' }));
      const http = wrap({ staleIfError: true });
      await http.head('/a');
      bench().answer(({ headers }) => ({ status: headers['if-none-match'] === undefined ? 503 : 304 }));
      const got = await http.get('/a');
      expect([got.status, got.cache.fromCache]).toEqual([503, false]);
      expect(bench().origin.last.headers).not.toHaveProperty('if-modified-since');
      expect((await http.get('/a', { cache: { onlyIfCached: true } })).status).toBe(504);
      expect((await http.get('/a', { headers: { Range: 'bytes=0-1' } })).cache.fromCache).toBe(false);
      const own = await http.get('/a', { headers: { 'If-None-Match': '"v"' } });
      expect([own.status, own.cache.fromCache]).toEqual([304, false]);
    });

    it.each([404, 405, 500])('is kept also where it is a %i that may be stored', async (status) => {
      bench().answer(() => ({ status, headers: { 'cache-control': 'max-age=60' } }));
      const http = wrap();
      await http.head('/a');
      expect(await http.head('/a')).toMatchObject({ status, cache: { hit: true } });
      expect((await http.get('/a')).cache.hit).toBe(false);
    });

    it('is validated when it is stale', async () => {
      bench().answer(() => ({ headers: PAGE }));
      const http = wrap();
      await http.head('/a');
      bench().pass(61);
      bench().answer(() => ({ status: 304, headers: { etag: '"v"', 'x-n': '2' } }));
      expect(await http.head('/a')).toMatchObject({
        status: 200,
        headers: { 'x-n': '2' },
        cache: { revalidated: true },
      });
      expect(bench().origin.last.headers['if-none-match']).toBe('"v"');
      expect((await http.get('/a', { cache: { onlyIfCached: true } })).status).toBe(504);
    });

    it('gives way to the whole that a GET brings, and does not come back', async () => {
      bench().answer(({ method }) => ({ headers: { ...PAGE, etag: `"${method}"` }, body: '{"n":1}' }));
      const http = wrap();
      await http.head('/a');
      await http.get('/a');
      expect((await http.head('/a')).headers['etag']).toBe('"GET"');
      expect(await http.cache.count()).toBe(1);
    });
  });
});

describe.each(BACKENDS_UNDER_TEST)('HEAD without cacheControl has a key of its own (%s)', (name) => {
  const bench = useBench(name);

  beforeEach(() =>
    bench().answer(({ method }) => ({ headers: { ...PAGE, 'x-method': method }, body: '{"n":1}' })),
  );

  it('neither answers nor changes what GET has stored', async () => {
    const http = bench().wrap();
    const got = await http.get('/a');
    const head = await http.head('/a');
    expect([head.cache.fromCache, head.cache.stored]).toEqual([false, true]);
    expect(head.cache.key).not.toBe(got.cache.key);
    expect(await http.cache.count()).toBe(2);
    const hits: AxiosResponse[] = [await http.head('/a'), await http.get('/a')];
    expect(hits.map(({ data, headers, cache }) => [data, headers['x-method'], cache.hit] as const)).toEqual([
      ['', 'HEAD', true],
      [{ n: 1 }, 'GET', true],
    ]);
  });

  it('a changed tag ends nothing', async () => {
    const http = bench().wrap();
    await http.get('/a');
    bench().answer(() => ({ headers: { etag: '"w"', 'content-length': '99' } }));
    await http.head('/a');
    expect(await http.get('/a')).toMatchObject({ data: { n: 1 }, cache: { hit: true } });
  });

  it('one request may ask for the other way', async () => {
    const http = bench().wrap();
    const { cache } = await http.get('/a');
    expect((await http.head('/a', { cache: { cacheControl: true } })).cache).toMatchObject({
      hit: true,
      key: cache.key,
    });
    expect((await http.head('/a')).cache.hit).toBe(false);
  });
});
