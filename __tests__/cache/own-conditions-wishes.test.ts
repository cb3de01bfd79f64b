import { type CacheOptions, type CachedAxiosInstance, rfc9111 } from '../../lib/index.js';
import { BACKENDS_UNDER_TEST, useBench } from '../helpers/bench.js';
import { type Answer } from '../helpers/origin-server.js';

const LM = 'Thu, 01 Jan 2026 00:00:00 GMT';
const LATER = 'Fri, 02 Jan 2026 00:00:00 GMT';

const MODES: readonly [string, CacheOptions][] = [
  ['with cacheControl', { ...rfc9111 }],
  ['without', { expireAfter: 10 }],
];
const tagged = (etag: string, body: string): Answer => ({
  headers: { etag, 'cache-control': 'max-age=10', 'x-body': body },
  body,
});
const own = (tag: string) => ({ headers: { 'If-None-Match': tag } });

describe.each(BACKENDS_UNDER_TEST)('a condition of the caller’s own beside other wishes (%s)', (name) => {
  const bench = useBench(name);

  describe.each(MODES)('%s', (_mode, options) => {
    const wrap = (more: CacheOptions = {}): CachedAxiosInstance =>
      bench().wrap({ ...options, ...more }, { validateStatus: null });

    /** Has `"v"` stored, 11 s old and stale. */
    async function withStale(more: CacheOptions = {}): Promise<CachedAxiosInstance> {
      bench().answer(() => tagged('"v"', 'stored'));
      const http = wrap(more);
      await http.get('/a');
      bench().pass(11);
      return http;
    }

    it('with nothing stored it goes along unchanged; its 200 is stored, its 304 is not', async () => {
      const http = wrap();
      bench().answer(() => ({ status: 304, headers: { etag: '"mine"', 'cache-control': 'max-age=10' } }));
      const headers = { 'If-None-Match': 'W/"mine" ,"x"', 'If-Modified-Since': LM };
      const unchanged = await http.get('/a', { headers });
      expect([unchanged.status, unchanged.cache.stored, unchanged.cache.fwd]).toEqual([
        304,
        false,
        'uri-miss',
      ]);
      expect(bench().origin.last.headers).toMatchObject({
        'if-none-match': 'W/"mine" ,"x"',
        'if-modified-since': LM,
      });
      expect(await http.cache.count()).toBe(0);
      bench().answer(() => tagged('"new"', 'new'));
      expect((await http.get('/a', { headers })).cache.stored).toBe(true);
      expect(await http.get('/a')).toMatchObject({ data: 'new', cache: { hit: true } });
      expect(bench().origin.count()).toBe(2);
    });

    it('with another variant stored it goes along unchanged, too', async () => {
      bench().answer(() => ({
        headers: { etag: '"en"', vary: 'X-Mode', 'cache-control': 'max-age=10' },
        body: 'en',
      }));
      const http = wrap();
      await http.get('/a', { headers: { 'X-Mode': 'en' } });
      bench().answer(() => ({ status: 304 }));
      const answered = await http.get('/a', { headers: { 'X-Mode': 'fr', 'If-None-Match': '"mine"' } });
      expect([answered.status, answered.cache.fwd]).toEqual([304, 'vary-miss']);
      expect(bench().origin.count()).toBe(2);
      expect(bench().origin.last.headers['if-none-match']).toBe('"mine"');
      expect((await http.get('/a', { headers: { 'X-Mode': 'en' } })).cache.hit).toBe(true);
    });

    it.each<[string, fails: 'with a status' | 'at all', tag: string, status: number]>([
      ['the tag', 'with a status', '"v"', 304],
      ['another tag', 'with a status', '"x"', 200],
      ['any', 'with a status', '*', 304],
      ['the tag', 'at all', '"v"', 304],
      ['another tag', 'at all', '"x"', 200],
    ])('staleIfError: %s, the origin fails %s', async (_title, fails, tag, status) => {
      const http = await withStale({ staleIfError: 60 });
      const unanswered: Answer = (_request, response) => response.destroy();
      bench().answer(() => (fails === 'at all' ? unanswered : { status: 503 }));
      const answered = await http.get('/a', own(tag));
      expect(answered).toMatchObject({ status, cache: { fromCache: true, stale: true, hit: false } });
      expect(bench().origin.count()).toBe(2);
    });

    it('refresh asks with both; forceRefresh with the caller’s alone', async () => {
      bench().answer(() => tagged('"v"', 'stored'));
      const http = wrap();
      await http.get('/a');
      bench().answer(({ headers }) => ({
        status: 304,
        headers: { etag: String(headers['if-none-match']).slice(0, 3) },
      }));
      const refreshed = await http.get('/a', { ...own('"v", "mine"'), cache: { refresh: true } });
      expect(refreshed).toMatchObject({
        status: 304,
        cache: { fromCache: true, revalidated: true, fwd: 'request' },
      });
      expect(bench().origin.last.headers['if-none-match']).toBe('"v", "mine"');
      const forced = await http.get('/a', { ...own('"v"'), cache: { forceRefresh: true } });
      expect(forced).toMatchObject({
        status: 304,
        cache: { fromCache: false, stored: false, fwd: 'request' },
      });
      expect(bench().origin.last.headers['if-none-match']).toBe('"v"');
      expect(await http.get('/a')).toMatchObject({ data: 'stored', cache: { hit: true } });
    });

    it('only-if-cached: what is stale is not used, and the origin not asked', async () => {
      const http = await withStale();
      expect((await http.get('/a', { ...own('"v"'), cache: { onlyIfCached: true } })).status).toBe(504);
      expect(bench().origin.count()).toBe(1);
    });

    it('a refresh in the background is the cache’s own, and asks without the caller’s condition', async () => {
      const http = await withStale({ staleWhileRevalidate: 60, autoclose: false });
      bench().answer(({ headers }) =>
        String(headers['if-none-match']).includes('"new"')
          ? { status: 304, headers: { etag: '"new"' } }
          : tagged('"new"', 'new'),
      );
      // The caller has been elsewhere, and is ahead of the cache.
      expect(await http.get('/a', own('"new"'))).toMatchObject({
        status: 200,
        data: 'stored',
        cache: { stale: true },
      });
      await http.cache.close();
      expect(bench().origin.last.headers['if-none-match']).toBe('"v"');
      expect(bench().events).toEqual([]);
      expect(await bench().wrap(options).get('/a')).toMatchObject({ data: 'new', cache: { hit: true } });
    });

    it.each<[validators: Record<string, string>, own: Record<string, string>]>([
      [{ etag: '"v"' }, { 'If-Modified-Since': LATER }],
      [{ 'last-modified': LM }, { 'If-None-Match': '*' }],
      [{}, { 'If-None-Match': '*', 'If-Modified-Since': LATER }],
    ])('nor does it ask so where the cache has %j, and the caller %j', async (validators, headers) => {
      bench().answer(() => ({ headers: { ...validators, 'cache-control': 'max-age=10' }, body: 'stored' }));
      const http = wrap({ staleWhileRevalidate: 60, autoclose: false });
      await http.get('/a');
      bench().pass(11);
      bench().answer(() => tagged('"new"', 'new'));
      await http.get('/a', { headers });
      await http.cache.close();
      expect(bench().origin.count()).toBe(2);
      expect(bench().origin.last.headers['if-none-match']).toBe(validators['etag']);
      expect(bench().origin.last.headers['if-modified-since']).toBe(validators['last-modified']);
    });

    it('a stale 304 is answered at once, and what is stored refreshed in the background', async () => {
      const http = await withStale({ staleWhileRevalidate: 60, autoclose: false });
      bench().answer(() => tagged('"new"', 'new'));
      expect(await http.get('/a', own('"v"'))).toMatchObject({
        status: 304,
        cache: { hit: true, stale: true },
      });
      await http.cache.close();
      expect(await bench().wrap(options).get('/a')).toMatchObject({ data: 'new', cache: { hit: true } });
    });
  });
});
