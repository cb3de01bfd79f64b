import { type AxiosRequestConfig } from 'axios';
import { Readable } from 'node:stream';
import { rfc9111 } from '../../lib/index.js';
import { BACKENDS_UNDER_TEST, useBench } from '../helpers/bench.js';
import { OriginServer } from '../helpers/origin-server.js';

describe.each(BACKENDS_UNDER_TEST)('unsafe methods (%s)', (name) => {
  const bench = useBench(name);

  beforeEach(() => {
    bench().answer(({ method, url }, count) => ({
      headers: { vary: 'X-Mode' },
      body: `${method} ${url} ${count}`,
    }));
  });

  it.each(['post', 'PUT', 'patch', 'DELETE', 'PURGE'])(
    '%s ends what is stored for the URL: all methods, users and variants',
    async (method) => {
      const http = bench().wrap();
      await http.get('/a', { params: { q: 1 } });
      await http.get('/a?q=1', { headers: { 'X-Mode': 'dark' } });
      await http.get('/a?q=1', { headers: { Authorization: 'A' } });
      await http.head('/a?q=1');
      await http.get('/a?q=2');
      expect(await http.cache.count()).toBe(5);
      await http.request({ url: '/a#part', params: { q: 1 }, method, data: { x: 1 } });
      expect(await http.cache.count()).toBe(1);
      expect((await http.get('/a?q=2')).cache.hit).toBe(true);
      expect((await http.get('/a?q=1')).cache.fromCache).toBe(false);
    },
  );

  it.each(['options', 'QUERY', 'PROPFIND', 'trace'])('%s is safe', async (method) => {
    const http = bench().wrap();
    await http.get('/a');
    await http.request({ url: '/a', method });
    expect((await http.get('/a')).cache.hit).toBe(true);
  });

  it.each([
    [200, true],
    [204, true],
    [303, true],
    [400, false],
    [404, false],
    [500, false],
  ])('status %i: ended: %s', async (status, isEnded) => {
    const http = bench().wrap({}, { validateStatus: null, maxRedirects: 0 });
    await http.get('/a');
    bench().answer(() => ({ status }));
    await http.post('/a');
    expect(await http.cache.count()).toBe(isEnded ? 0 : 1);
  });

  it('counts by what the origin did, not by what the caller takes for a success', async () => {
    const http = bench().wrap();
    await http.get('/a');
    bench().answer(() => ({ status: 201 }));
    await expect(http.post('/a', {}, { validateStatus: (status) => status === 200 })).rejects.toMatchObject({
      status: 201,
      response: { cache: { fromCache: false, fwd: 'method', fwdStatus: 201 } },
    });
    expect(await http.cache.count()).toBe(0);
  });

  it('ends what Location and Content-Location name, on the same origin only', async () => {
    const http = bench().wrap({}, { maxRedirects: 0, validateStatus: null });
    for (const url of ['/list', '/item/1', '/shown', '/else']) await http.get(url);
    bench().answer(() => ({
      status: 201,
      headers: { location: '/item/1', 'content-location': `${bench().origin.url}/shown` },
    }));
    await http.post('/list');
    expect(await http.cache.count()).toBe(1);
    bench().answer(() => ({
      status: 201,
      headers: { location: `http://elsewhere.test/else`, 'content-location': '//elsewhere.test/else' },
    }));
    await http.post('/list');
    expect((await http.get('/else')).cache.hit).toBe(true);
  });

  it('counts by the method that is meant (override)', async () => {
    const http = bench().wrap();
    await http.get('/a');
    await http.get('/a', { headers: { 'X-HTTP-Method-Override': 'DELETE' } });
    expect(await http.cache.count()).toBe(0);
    await http.get('/a');
    await http.post('/a', {}, { headers: { 'X-HTTP-Method-Override': 'GET' } });
    expect((await http.get('/a')).cache.hit).toBe(true);
  });

  it('that failed on the way end nothing', async () => {
    const http = bench().wrap();
    await http.get('/a');
    bench().answer(() => (_request, response) => response.destroy());
    await expect(http.post('/a')).rejects.toThrow();
    expect((await http.get('/a')).cache.hit).toBe(true);
  });

  it('end it also when the answer is a stream, or the body can be read only once', async () => {
    const http = bench().wrap();
    const requests: AxiosRequestConfig[] = [
      { data: 'x', responseType: 'stream' },
      { data: Readable.from(['x']) },
    ];
    for (const config of requests) {
      await http.get('/a');
      const { data } = await http.request({ url: '/a', method: 'post', ...config });
      if (data instanceof Readable) data.destroy();
      expect(await http.cache.count()).toBe(0);
    }
  });

  it('that are cached themselves are no changes', async () => {
    const http = bench().wrap({ allowableMethods: ['GET', 'POST'] });
    await http.get('/a');
    await http.post('/a', { search: 1 });
    expect((await http.get('/a')).cache.hit).toBe(true);
    expect((await http.post('/a', { search: 1 })).cache.hit).toBe(true);
  });
});

describe.each(BACKENDS_UNDER_TEST)('an answer that is not stored (%s)', (name) => {
  const bench = useBench(name);

  it.each([
    [404, 0],
    [410, 0],
    [204, 0],
    [302, 0],
    [401, 1],
    [403, 1],
    [407, 1],
    [408, 1],
    [425, 1],
    [429, 1],
    [500, 1],
    [503, 1],
  ])('%i after 200 leaves %d stored', async (status, left) => {
    bench().answer(() => ({ headers: { etag: '"v"' }, body: 'x' }));
    const http = bench().wrap({ expireAfter: 10 }, { validateStatus: null, maxRedirects: 0 });
    await http.get('/a');
    bench().pass(11);
    bench().answer(() => ({ status }));
    expect((await http.get('/a')).status).toBe(status);
    expect(await http.cache.count()).toBe(left);
  });

  it('with no-store ends the older one, where headers count', async () => {
    bench().answer(() => ({ headers: { 'cache-control': 'max-age=10' }, body: 'old' }));
    const http = bench().wrap({ ...rfc9111 });
    await http.get('/a');
    bench().pass(11);
    bench().answer(() => ({ headers: { 'cache-control': 'no-store' }, body: 'new' }));
    expect((await http.get('/a')).data).toBe('new');
    expect(await http.cache.count()).toBe(0);
  });

  it('ends the variant that it would have replaced, and no other', async () => {
    bench().answer(({ headers }) => ({ headers: { vary: 'X-Mode' }, body: String(headers['x-mode']) }));
    const http = bench().wrap({}, { validateStatus: null });
    await http.get('/a', { headers: { 'X-Mode': 'dark' } });
    await http.get('/a', { headers: { 'X-Mode': 'light' } });
    bench().answer(() => ({ status: 404 }));
    await http.get('/a', { headers: { 'X-Mode': 'dark' }, cache: { forceRefresh: true } });
    expect((await http.get('/a', { headers: { 'X-Mode': 'light' } })).data).toBe('light');
    expect(await http.cache.count()).toBe(1);
  });
});

describe.each(BACKENDS_UNDER_TEST)('unsafe methods that are redirected (%s)', (name) => {
  const bench = useBench(name);
  let other: OriginServer;

  beforeEach(async () => {
    other = await OriginServer.start();
  });
  afterEach(() => other.close());

  it('to another origin by a 307 end what is stored there, too', async () => {
    bench().answer(() => ({ status: 307, headers: { location: `${other.url}/b` } }));
    const http = bench().wrap();
    await http.get(`${other.url}/b`);
    await http.post('/a', 'x');
    expect(other.last.method).toBe('POST');
    expect((await http.get(`${other.url}/b`)).cache.fromCache).toBe(false);
  });

  it('by a 303 to what is only read end nothing of that from another origin', async () => {
    bench().answer(() => ({ status: 303, headers: { location: `${other.url}/b` } }));
    const http = bench().wrap();
    await http.get(`${other.url}/b`);
    await http.post('/a', 'x');
    expect(other.last.method).toBe('GET');
    expect((await http.get(`${other.url}/b`)).cache.hit).toBe(true);
  });
});
