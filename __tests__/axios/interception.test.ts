import axios, { AxiosError, AxiosHeaders, type AxiosInstance, type AxiosResponse } from 'axios';
import { BACKENDS_UNDER_TEST, useBench } from '../helpers/bench.js';

/** Rejections as values, so that they can be compared. */
async function errorOf(promise: Promise<unknown>): Promise<AxiosError> {
  const reason: unknown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(reason instanceof AxiosError)) throw new Error(`Not an AxiosError: ${String(reason)}`);
  return reason;
}

describe.each(BACKENDS_UNDER_TEST)('interception (%s)', (name) => {
  const bench = useBench(name);

  it('answers the second request from storage', async () => {
    bench().answer(() => ({ headers: { 'content-type': 'application/json' }, body: '{"a":[1,2]}' }));
    const http = bench().wrap();
    const miss = await http.get('/thing');
    const hit = await http.get('/thing');
    expect(miss.data).toEqual({ a: [1, 2] });
    expect(hit.data).toEqual({ a: [1, 2] });
    expect(bench().origin.count()).toBe(1);
    expect(miss.cache).toMatchObject({
      fromCache: false,
      hit: false,
      stored: true,
      fwd: 'uri-miss',
      fwdStatus: 200,
    });
    expect(hit.cache).toMatchObject({
      fromCache: true,
      hit: true,
      stored: false,
      revalidated: false,
      stale: false,
    });
    expect(hit.cache.fwd).toBeUndefined();
    expect(hit.cache.key).toBe(miss.cache.key);
    expect(hit.cache.createdAt).toEqual(new Date(bench().clock.now()));
    expect(hit.cache.collapsed).toBe(false);
  });

  it('answers from storage after the instance was made anew on the same store', async () => {
    const first = bench().wrap({ autoclose: false });
    await first.get('/thing');
    await first.cache.close();
    const again = await bench().wrap().get('/thing');
    expect(again.data).toBe('hello');
    expect(again.cache.fromCache).toBe(true);
    expect(bench().origin.count()).toBe(1);
  });

  it('keeps status, status text and header fields in their spelling', async () => {
    bench().answer(() => ({
      status: 201,
      statusText: 'Made It',
      headers: { 'X-Custom-Name': 'v', 'content-type': 'text/plain', 'set-cookie': ['a=1', 'b=2'] },
      body: 'x',
    }));
    const http = bench().wrap({ allowableCodes: [201], replayCookies: true });
    const miss = await http.get('/');
    const hit = await http.get('/');
    expect(hit.cache.fromCache).toBe(true);
    expect(hit.status).toBe(201);
    expect(hit.statusText).toBe('Made It');
    expect(hit.headers).toBeInstanceOf(AxiosHeaders);
    const {
      connection: _c,
      'keep-alive': _k,
      'transfer-encoding': _t,
      ...endToEnd
    } = miss.headers as Record<string, unknown>;
    expect({ ...hit.headers }).toEqual(endToEnd);
    expect(hit.headers['set-cookie']).toEqual(['a=1', 'b=2']);
  });

  it('tells on response.cache when the request bypassed the cache', async () => {
    const http = bench().wrap();
    const response = await http.post('/thing', { a: 1 });
    expect(response.cache).toMatchObject({
      fromCache: false,
      hit: false,
      stored: false,
      fwd: 'method',
      fwdStatus: 200,
    });
    expect(response.cache.key).toBeUndefined();
    expect((await http.get('/thing', { cache: false })).cache.reason).toBe('cache: false');
  });

  it('shows how old a hit is and when it expires', async () => {
    const http = bench().wrap({ expireAfter: 60 });
    const start = bench().clock.now();
    await http.get('/thing');
    bench().pass(20);
    const { cache } = await http.get('/thing');
    expect(cache).toMatchObject({ fromCache: true, age: 20, ttl: 40, isExpired: false });
    expect(cache.expiresAt).toEqual(new Date(start + 60_000));
    expect(cache.isOlderThan(10)).toBe(true);
    expect(cache.isOlderThan(30)).toBe(false);
    expect(cache.isOlderThan(new Date(start + 1))).toBe(true);
  });
});

describe('errors on hits', () => {
  const bench = useBench();
  const lenient = { validateStatus: () => true };

  beforeEach(() => {
    bench().answer(() => ({
      status: 404,
      body: '{"error":"gone"}',
      headers: { 'content-type': 'application/json' },
    }));
  });

  it("are judged by each caller's own validateStatus", async () => {
    const http = bench().wrap({ allowableCodes: [200, 404] });
    expect((await http.get('/a', lenient)).status).toBe(404);
    const strict = await errorOf(http.get('/a'));
    expect(strict.response?.cache.fromCache).toBe(true);
    expect(strict.response?.data).toEqual({ error: 'gone' });
    expect((await http.get('/a', { validateStatus: null })).cache.fromCache).toBe(true);
    expect((await http.get('/a', lenient)).cache.fromCache).toBe(true);
    expect(bench().origin.count()).toBe(1);
  });

  it('are stored when the first caller was the strict one', async () => {
    const http = bench().wrap({ allowableCodes: [200, 404] });
    const first = await errorOf(http.get('/a'));
    expect(first.response?.cache).toMatchObject({ fromCache: false, stored: true });
    expect((await http.get('/a', lenient)).cache.fromCache).toBe(true);
  });

  it('have response.cache also when they are not stored', async () => {
    const error = await errorOf(bench().wrap().get('/a'));
    expect(error.response?.cache).toMatchObject({ fromCache: false, stored: false, fwdStatus: 404 });
    const bypassed = await errorOf(bench().wrap().post('/a'));
    expect(bypassed.response?.cache).toMatchObject({ fromCache: false, fwd: 'method', fwdStatus: 404 });
  });

  it.each([404, 503])('have the shape that plain axios gives them (%i)', async (status) => {
    bench().answer(() => ({ status, body: 'sorry' }));
    const plain = await errorOf(bench().plain().get('/a'));
    const http = bench().wrap({ allowableCodes: [status] });
    const miss = await errorOf(http.get('/a'));
    const hit = await errorOf(http.get('/a'));
    expect(hit.response?.cache.fromCache).toBe(true);
    for (const error of [miss, hit]) {
      expect(Object.keys(error)).toEqual(Object.keys(plain));
      expect(error).toMatchObject({
        name: 'AxiosError',
        code: plain.code,
        status,
        message: plain.message,
        isAxiosError: true,
      });
      expect(error.constructor).toBe(AxiosError);
      expect(error.request).toBe(error.response?.request);
      expect(error.config).toBe(error.response?.config);
      expect(error.response?.headers).toBeInstanceOf(AxiosHeaders);
      expect(JSON.parse(JSON.stringify(error.toJSON()))).toMatchObject({ status, code: plain.code });
    }
  });
});

describe('response.config and error.config', () => {
  const bench = useBench();

  const visible = (config: object): string[] =>
    Reflect.ownKeys(config)
      .filter((key) => Object.prototype.propertyIsEnumerable.call(config, key))
      .map(String);

  it('are what plain axios shows, but for the options of the cache', async () => {
    const options = { params: { b: 2, a: 1 }, headers: { 'X-Mine': 'yes' }, timeout: 5000 };
    const plain = (await bench().plain().get('/a', options)).config;
    const http = bench().wrap();
    for (const kind of ['miss', 'hit']) {
      const { config, cache } = await http.get('/a', options);
      expect(cache.fromCache).toBe(kind === 'hit');
      expect(visible(config)).toEqual(visible(plain));
      expect({ ...config.headers }).toEqual({ ...plain.headers });
      expect(config.headers).toBeInstanceOf(AxiosHeaders);
      expect(config.adapter).toEqual(plain.adapter);
      expect(config.validateStatus).toBe(plain.validateStatus);
      expect(config.responseType).toBe(plain.responseType);
    }
  });

  it('give back the adapter that the caller chose', async () => {
    const http = bench().wrap();
    expect((await http.get('/a', { adapter: 'http' })).config.adapter).toBe('http');
    expect((await http.get('/a', { adapter: 'http' })).config.adapter).toBe('http');
    expect((await http.get('/b', { adapter: 'http', cache: false })).config.adapter).toBe('http');
  });

  it('can be sent again as if they were new', async () => {
    const http = bench().wrap();
    const miss = await http.get('/a');
    const hit = await http.request(miss.config);
    expect(hit.cache.fromCache).toBe(true);
    const again = await http.request(hit.config);
    expect(again.cache.fromCache).toBe(true);
    expect(bench().origin.count()).toBe(1);
    expect((await bench().plain().request(hit.config)).data).toBe('hello');
    expect(bench().origin.count()).toBe(2);
  });

  it('hit again although the adapter added header fields that the response varies by', async () => {
    bench().answer(() => ({ headers: { vary: 'Accept-Encoding, User-Agent' }, body: 'x' }));
    const http = bench().wrap({ matchHeaders: true });
    const miss = await http.get('/a');
    expect((await http.request(miss.config)).cache.fromCache).toBe(true);
    expect(bench().origin.count()).toBe(1);
  });

  it('can be sent again after an error', async () => {
    bench().answer((_request, count) => (count === 1 ? { status: 503 } : { body: 'recovered' }));
    const http = bench().wrap();
    const error = await errorOf(http.get('/a', { headers: { 'X-Try': '1' } }));
    const response = await http.request(error.config as NonNullable<typeof error.config>);
    expect(response.data).toBe('recovered');
    expect(bench().origin.last.headers['x-try']).toBe('1');
    expect((await http.get('/a', { headers: { 'X-Try': '1' } })).cache.fromCache).toBe(true);
  });

  it('show no header field of the cache after a revalidation', async () => {
    bench().answer(({ headers }) =>
      headers['if-none-match'] === '"v1"'
        ? { status: 304, headers: { etag: '"v1"' } }
        : { headers: { etag: '"v1"' }, body: 'x' },
    );
    const http = bench().wrap({ alwaysRevalidate: true });
    const miss = await http.get('/a');
    const confirmed = await http.get('/a');
    expect(confirmed.cache).toMatchObject({ fromCache: true, revalidated: true, fwdStatus: 304, hit: false });
    expect(confirmed.status).toBe(200);
    expect({ ...confirmed.config.headers }).toEqual({ ...miss.config.headers });
  });
});

describe('what the origin receives', () => {
  const bench = useBench();

  it('is what plain axios sends, with nothing of the cache', async () => {
    const options = {
      headers: { 'X-Mine': 'yes' },
      params: { q: 'a b' },
      cache: { expireAfter: 60, refresh: true, staleIfError: true, key: 'k' },
    } as const;
    await bench().plain().get('/a', options);
    const expected = bench().origin.last;
    await bench()
      .wrap({ matchHeaders: ['x-mine'] })
      .get('/a', options);
    expect(bench().origin.last).toEqual(expected);
    const posted = { cache: { expireAfter: 1 } };
    await bench().plain().post('/b', { a: 1 });
    const expectedPost = bench().origin.last;
    await bench()
      .wrap({ allowableMethods: ['POST'] })
      .post('/b', { a: 1 }, posted);
    expect(bench().origin.last).toEqual(expectedPost);
  });

  it("does not depend on the caller's objects, which stay as they were", async () => {
    const headers = Object.freeze({ 'X-Mine': 'yes' });
    const params = Object.freeze({ q: 1 });
    const cache = Object.freeze({ expireAfter: 60 });
    const config = Object.freeze({ headers, params, cache, url: '/a' });
    const http = bench().wrap();
    await http.request(config);
    await http.request(config);
    expect(config).toEqual({
      headers: { 'X-Mine': 'yes' },
      params: { q: 1 },
      cache: { expireAfter: 60 },
      url: '/a',
    });
    expect(bench().origin.count()).toBe(1);
    expect(Object.keys(http.defaults)).toEqual(Object.keys(bench().plain().defaults));
  });

  it('is nothing when an option of the request is wrong: the request fails with a typed error', async () => {
    const http = bench().wrap();
    await expect(http.get('/a', { cache: { expireAftr: 3 } as never })).rejects.toMatchObject({
      code: 'ERR_CACHE_INVALID_OPTION',
      option: 'cache.expireAftr',
    });
    expect(bench().origin.count()).toBe(0);
  });
});

describe('response.request on hits', () => {
  const bench = useBench();

  const seen = ({ request }: AxiosResponse): unknown => ({
    method: request.method,
    protocol: request.protocol,
    host: request.host,
    path: request.path,
    responseUrl: request.res.responseUrl,
  });

  it('shows what programs read of it', async () => {
    const http = bench().wrap();
    const miss = await http.get('/a', { params: { q: 'x y' } });
    const hit = await http.get('/a', { params: { q: 'x y' } });
    expect(hit.cache.fromCache).toBe(true);
    expect(seen(hit)).toEqual(seen(miss));
  });

  it('shows where redirects led to', async () => {
    bench().answer(({ url }) =>
      url === '/from' ? { status: 302, headers: { location: '/to?x=1' } } : { body: 'there' },
    );
    const http = bench().wrap();
    const miss = await http.get('/from');
    const hit = await http.get('/from');
    expect(hit.cache.fromCache).toBe(true);
    expect(hit.data).toBe('there');
    expect(hit.request.res.responseUrl).toBe(miss.request.res.responseUrl);
    expect(hit.request.path).toBe('/to?x=1');
  });
});

describe('calls of every form', () => {
  const bench = useBench();

  it.each<[string, (http: AxiosInstance) => Promise<AxiosResponse>]>([
    ['http(url)', (http) => http('/a')],
    ['http(config)', (http) => http({ url: '/a' })],
    ['http(url, config)', (http) => http('/a', { method: 'GET' })],
    ['http.request(config)', (http) => http.request({ url: 'a' })],
    ['http.get(url)', (http) => http.get('/a')],
    ['an absolute URL', (http) => http.get(`${bench().origin.url}/a#fragment`)],
  ])('%s finds one and the same stored response', async (_form, call) => {
    const http = bench().wrap();
    await http.get('/a');
    expect((await call(http)).cache.fromCache).toBe(true);
    expect(bench().origin.count()).toBe(1);
  });

  it('the default export of axios can be wrapped, too, and released', async () => {
    const http = bench().adopt(axios);
    await axios.get(`${bench().origin.url}/a`);
    expect((await axios.get(`${bench().origin.url}/a`)).cache.fromCache).toBe(true);
    await http.cache.close();
    http.cache.detach();
    expect('cache' in axios).toBe(false);
  });
});
