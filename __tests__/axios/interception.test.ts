import axios, { AxiosHeaders, type AxiosInstance, type AxiosResponse } from 'axios';
import { BACKENDS_UNDER_TEST, useBench } from '../helpers/bench.js';

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
