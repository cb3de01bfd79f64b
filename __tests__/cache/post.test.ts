import { type AxiosAdapter, type AxiosRequestConfig } from 'axios';
import { DO_NOT_CACHE, type CacheOptions, type CachedAxiosInstance, rfc9111 } from '../../lib/index.js';
import { BACKENDS_UNDER_TEST, useBench } from '../helpers/bench.js';
import { type Answer } from '../helpers/origin-server.js';
import { until } from '../helpers/until.js';

const EVERY_BYTE = Buffer.from(Array.from({ length: 512 }, (_, index) => index % 256));
const KEPT = { 'cache-control': 'max-age=60', 'content-location': '/a', 'x-app': '1' };

const mock: AxiosAdapter = (config) =>
  Promise.resolve({
    data: 'mocked',
    status: 200,
    statusText: 'OK',
    headers: KEPT,
    config,
    request: {},
  } as never);

describe.each(BACKENDS_UNDER_TEST)(
  'the answer to a POST, for later GETs: RFC 9110 section 9.3.3 (%s)',
  (name) => {
    const bench = useBench(name);
    const wrap = (options: CacheOptions = {}, config: AxiosRequestConfig = {}): CachedAxiosInstance =>
      bench().wrap({ ...rfc9111, ...options }, { validateStatus: null, ...config });

    beforeEach(() => {
      bench().answer(({ method }, count) => ({ headers: KEPT, body: `${method} ${count}` }));
    });

    it('a GET and a HEAD are answered by it, without the origin', async () => {
      const http = wrap();
      const posted = await http.post('/a', { n: 1 });
      expect(posted).toMatchObject({ status: 200, data: 'POST 1' });
      expect(posted.cache).toMatchObject({
        fromCache: false,
        hit: false,
        stored: true,
        fwd: 'method',
        fwdStatus: 200,
        ttl: 60,
      });
      bench().pass(20);
      const got = await http.get('/a');
      expect(got).toMatchObject({ data: 'POST 1', headers: { ...KEPT, age: '20' } });
      expect(got.cache).toMatchObject({ hit: true, key: posted.cache.key, ttl: 40 });
      expect(await http.head('/a')).toMatchObject({
        data: '',
        headers: { 'x-app': '1' },
        cache: { hit: true },
      });
      expect((await http.get('/a', { headers: { Range: 'bytes=0-3' } })).data).toBe('POST');
      expect(bench().origin.count()).toBe(1);
      bench().pass(40);
      expect(await http.get('/a')).toMatchObject({ data: 'GET 2', cache: { fwd: 'stale' } });
    });

    it('is kept byte for byte, whatever the caller of the POST asked for', async () => {
      bench().answer(() => ({
        headers: { ...KEPT, 'content-type': 'application/octet-stream' },
        body: EVERY_BYTE,
      }));
      const http = wrap();
      for (const responseType of ['arraybuffer', 'text', 'json'] as const) {
        await http.post('/a', 'x', { responseType });
        const { data, cache } = await http.get<Buffer>('/a', { responseType: 'arraybuffer' });
        expect(cache.hit).toBe(true);
        expect(EVERY_BYTE.equals(data)).toBe(true);
      }
      expect(bench().origin.count()).toBe(3);
    });

    it('the POST itself always reaches the origin, and replaces what the last one left', async () => {
      const http = wrap();
      for (const data of ['POST 1', 'POST 2', 'POST 3']) {
        expect((await http.post('/a', 'same')).data).toBe(data);
        expect(await http.get('/a')).toMatchObject({ data, cache: { hit: true } });
      }
      expect((await http.post('/a', 'same', { cache: { onlyIfCached: true } })).status).toBe(504);
      expect(bench().origin.count()).toBe(3);
      expect(await http.cache.count()).toBe(1);
    });

    it('takes the place of what GETs have brought, in every variant', async () => {
      bench().answer(({ method }) => ({
        headers: { ...KEPT, ...(method === 'GET' ? { vary: 'X-Mode' } : {}) },
        body: method,
      }));
      const http = wrap();
      for (const mode of ['dark', 'light']) await http.get('/a', { headers: { 'X-Mode': mode } });
      expect(await http.cache.count()).toBe(2);
      await http.post('/a');
      expect(await http.cache.count()).toBe(1);
      expect((await http.get('/a', { headers: { 'X-Mode': 'dark' } })).data).toBe('POST');
    });

    it('is validated when it is stale, like the answer to a GET', async () => {
      bench().answer(() => ({ headers: { ...KEPT, etag: '"p"' }, body: 'posted' }));
      const http = wrap();
      await http.post('/a');
      bench().pass(61);
      bench().answer(() => ({ status: 304, headers: { etag: '"p"' } }));
      expect(await http.get('/a')).toMatchObject({ data: 'posted', cache: { revalidated: true } });
      expect(bench().origin.last).toMatchObject({ method: 'GET', headers: { 'if-none-match': '"p"' } });
    });

    it.each<[title: string, answer: Answer]>([
      ['no Content-Location', { headers: { 'cache-control': 'max-age=60' } }],
      ['another Content-Location', { headers: { ...KEPT, 'content-location': '/a/1' } }],
      ['that of another origin', { headers: { ...KEPT, 'content-location': 'http://127.0.0.1:1/a' } }],
      ['no lifetime', { headers: { 'content-location': '/a', etag: '"v"' } }],
      ['no-store', { headers: { ...KEPT, 'cache-control': 'max-age=60, no-store' } }],
      ['Vary: *', { headers: { ...KEPT, vary: '*' } }],
      ['no content', { status: 204, headers: KEPT }],
      ['a part', { status: 206, headers: { ...KEPT, 'content-range': 'bytes 0-3/9' }, body: 'part' }],
    ])('is not kept with %s; what was stored for the URL is over all the same', async (_title, answer) => {
      const http = wrap();
      await http.get('/a');
      bench().answer(({ method }) => (method === 'POST' ? answer : { headers: KEPT, body: 'anew' }));
      expect((await http.post('/a')).cache).toMatchObject({ stored: false, fromCache: false });
      expect(await http.cache.count()).toBe(0);
      expect((await http.get('/a')).data).toBe('anew');
    });

    it.each([400, 404, 409, 422, 500, 503])(
      'is not kept with status %i, which ends nothing',
      async (status) => {
        const http = wrap({ staleIfError: true });
        await http.get('/a');
        bench().answer(() => ({ status, headers: KEPT, body: 'failed' }));
        expect(await http.post('/a')).toMatchObject({
          status,
          data: 'failed',
          cache: { stored: false, fwdStatus: status },
        });
        expect(await http.get('/a')).toMatchObject({ status: 200, data: 'GET 1', cache: { hit: true } });
      },
    );

    it('is not kept where the status may not be stored', async () => {
      const http = wrap({ allowableCodes: [200] });
      bench().answer(() => ({ status: 201, headers: KEPT, body: 'made' }));
      expect((await http.post('/a')).cache.stored).toBe(false);
      expect(await http.cache.count()).toBe(0);
    });

    it.each([303, 307])('is not kept where a %i led elsewhere', async (status) => {
      const http = wrap();
      await http.get('/a');
      await http.get('/b');
      bench().answer(({ url }) =>
        url === '/a'
          ? { status, headers: { location: '/b', 'cache-control': 'max-age=60' } }
          : { headers: KEPT, body: 'from /b' },
      );
      expect(await http.post('/a', 'x')).toMatchObject({ data: 'from /b', cache: { stored: false } });
      expect(await http.cache.count()).toBe(0);
    });

    it.each<[title: string, config: AxiosRequestConfig]>([
      ['a stream', { responseType: 'stream' }],
      ['cache: false', { cache: false }],
      ['DO_NOT_CACHE', { cache: { expireAfter: DO_NOT_CACHE } }],
      ['no-store', { headers: { 'Cache-Control': 'no-store' } }],
      ['If-Match', { headers: { 'If-Match': '"a"' } }],
      ['the user’s own lifetimes', { cache: { cacheControl: false } }],
      ['read-only', { cache: { readOnly: true } }],
      ['a function as adapter', { adapter: mock }],
      ['an adapter that does not tell which URL answered', { adapter: 'fetch' }],
    ])('is not kept for %s', async (_title, config) => {
      const http = wrap();
      const { status, cache } = await http.post('/a', 'x', config);
      expect([status, cache.stored, cache.fromCache]).toEqual([200, false, false]);
      expect(await http.cache.count()).toBe(0);
    });

    it('filterFn is asked, and keyFn sees the GET', async () => {
      const seen: string[] = [];
      const http = wrap({
        filterFn: ({ status }) => {
          seen.push(`filter ${status}`);
          return seen.length < 5;
        },
        keyFn: ({ method, body }) => {
          if (method === 'GET') seen.push(`key of a GET ${body === undefined ? 'without' : 'with'} a body`);
          return 'mine';
        },
      });
      expect((await http.post('/a', 'x')).cache).toMatchObject({ stored: true, key: 'mine' });
      expect(seen).toEqual(['key of a GET without a body', 'filter 200']);
      seen.push('', '');
      expect((await http.post('/a', 'x')).cache.stored).toBe(false);
    });

    it('a keyFn that throws fails nothing', async () => {
      const http = wrap({
        keyFn: () => {
          throw new Error('no key');
        },
      });
      expect(await http.post('/a', 'x')).toMatchObject({
        status: 200,
        data: 'POST 1',
        cache: { stored: false },
      });
      expect(bench().eventTypes()).toContain('callbackError');
    });

    it('users are kept apart', async () => {
      bench().answer(({ headers, method }) => ({
        headers: KEPT,
        body: `${method} ${String(headers.authorization)}`,
      }));
      const http = wrap();
      const alice = { headers: { Authorization: 'Bearer alice' } };
      await http.post('/a', 'x', alice);
      expect(await http.get('/a', alice)).toMatchObject({ data: 'POST Bearer alice', cache: { hit: true } });
      expect(await http.get('/a')).toMatchObject({ data: 'GET undefined', cache: { hit: false } });
      const bob = await http.get('/a', { headers: { Authorization: 'Bearer bob' } });
      expect(bob).toMatchObject({ data: 'GET Bearer bob', cache: { hit: false } });
      await http.post('/c', 'x', { auth: { username: 'alice', password: 'p' } });
      expect((await http.get('/c')).cache.hit).toBe(false);
    });

    it.each<[title: string, data: unknown]>([
      ['JSON', { user: 'alice', password: 'secret' }],
      ['a form', new URLSearchParams({ access_token: 'alice' })],
    ])('where the body says who asks, it is for nobody else: %s', async (_title, data) => {
      const http = wrap();
      expect((await http.post('/a', data)).cache.stored).toBe(false);
      expect((await http.get('/a')).data).toBe('GET 2');
    });

    it('Vary counts: a GET has to say the same as the POST did', async () => {
      const http = wrap();
      bench().answer(({ method }) => ({ headers: { ...KEPT, vary: 'X-Mode' }, body: method }));
      await http.post('/a', 'x', { headers: { 'X-Mode': 'dark' } });
      expect((await http.get('/a', { headers: { 'X-Mode': 'dark' } })).data).toBe('POST');
      expect((await http.get('/a', { headers: { 'X-Mode': 'light' } })).data).toBe('GET');
    });

    it('what is deleted while the POST is under way is not brought back by it', async () => {
      const http = wrap();
      let answerPost = (): void => undefined;
      bench().answer(({ method }) =>
        method === 'POST'
          ? new Promise((resolve) => (answerPost = () => resolve({ headers: KEPT, body: 'old' })))
          : { headers: KEPT, body: method },
      );
      const posted = http.post('/a', 'x');
      await until(() => bench().origin.count() === 1);
      await http.put('/a', 'newer');
      answerPost();
      expect((await posted).cache.stored).toBe(false);
      expect((await http.get('/a')).data).toBe('GET');
    });

    it('an answer to an earlier GET does not undo it', async () => {
      const http = wrap();
      let answerGet = (): void => undefined;
      bench().answer(({ method }) =>
        method === 'GET'
          ? new Promise((resolve) => (answerGet = () => resolve({ headers: KEPT, body: 'old' })))
          : { headers: KEPT, body: 'posted' },
      );
      const got = http.get('/a');
      await until(() => bench().origin.count() === 1);
      await http.post('/a', 'x');
      answerGet();
      expect(await got).toMatchObject({ data: 'old', cache: { stored: false } });
      expect(await http.get('/a')).toMatchObject({ data: 'posted', cache: { hit: true } });
    });

    it('maintenance knows it as the GET that it answers', async () => {
      const http = wrap();
      await http.post('/a?session=1', 'x', {});
      expect(await http.cache.count()).toBe(0);
      bench().answer(({ url }) => ({ headers: { ...KEPT, 'content-location': url }, body: 'posted' }));
      await http.post('/a?session=1', 'x');
      expect(await http.cache.contains({ url: '/a?session=1' })).toBe(true);
      expect(await http.cache.contains({ url: '/a?session=1', method: 'post', data: 'x' })).toBe(false);
      expect((await http.cache.get({ url: '/a?session=1' }))?.method).toBe('GET');
      http.cache.settings = { ignoredParameters: ['session'] };
      expect(await http.cache.recreateKeys()).toBe(1);
      expect(await http.get('/a?session=2')).toMatchObject({ data: 'posted', cache: { hit: true } });
      expect(await http.cache.deleteUrl('/a?session=3')).toBe(1);
    });
  },
);
