import { type AxiosRequestConfig } from 'axios';
import { type CachedAxiosInstance, type CacheOptions } from '../../lib/index.js';
import { BACKENDS_UNDER_TEST, useBench } from '../helpers/bench.js';

describe.each(BACKENDS_UNDER_TEST)('which requests are the same (%s)', (name) => {
  const bench = useBench(name);

  beforeEach(() => {
    bench().answer((_request, count) => ({ body: `answer ${count}` }));
  });

  /** Whether the second request is answered by what the first stored. */
  async function isSame(
    options: CacheOptions,
    first: AxiosRequestConfig,
    second: AxiosRequestConfig,
  ): Promise<boolean> {
    const http = bench().wrap({ allowableMethods: ['GET', 'POST', 'PUT'], ...options });
    await http.request({ url: '/a', ...first });
    return (await http.request({ url: '/a', ...second })).cache.fromCache;
  }

  const header = (name_: string, value: string): AxiosRequestConfig => ({ headers: { [name_]: value } });

  it.each<[string, CacheOptions, AxiosRequestConfig, AxiosRequestConfig, boolean]>([
    ['headers do not count', {}, header('X-A', '1'), header('X-A', '2'), true],
    ['matchHeaders: listed', { matchHeaders: ['X-A'] }, header('X-A', '1'), header('x-a', '1'), true],
    [
      'matchHeaders: listed, other value',
      { matchHeaders: ['x-a'] },
      header('X-A', '1'),
      header('X-A', '2'),
      false,
    ],
    ['matchHeaders: listed, absent', { matchHeaders: ['x-a'] }, header('X-A', '1'), {}, false],
    ['matchHeaders: not listed', { matchHeaders: ['x-a'] }, header('X-B', '1'), header('X-B', '2'), true],
    ['matchHeaders: all', { matchHeaders: true }, header('X-B', '1'), header('X-B', '2'), false],
    [
      'matchHeaders: all, nothing different',
      { matchHeaders: true },
      header('X-B', '1'),
      header('X-B', '1'),
      true,
    ],
    [
      'ignoredParameters in the query',
      { ignoredParameters: ['t'] },
      { params: { t: 1, q: 2 } },
      { params: { q: 2, t: 9 } },
      true,
    ],
    ['ignoredParameters: presence counts', { ignoredParameters: ['t'] }, { params: { t: 1 } }, {}, false],
    [
      'ignoredParameters in headers, in any case',
      { ignoredParameters: ['x-a'], matchHeaders: true },
      header('X-A', '1'),
      header('x-A', '2'),
      true,
    ],
    [
      'ignoredParameters in JSON at any depth',
      { ignoredParameters: ['t'] },
      { method: 'POST', data: { deep: [{ t: 1, a: 1 }] } },
      { method: 'POST', data: { deep: [{ a: 1, t: 2 }] } },
      true,
    ],
    [
      'contentRootKey: only below it',
      { ignoredParameters: ['t'], contentRootKey: 'data' },
      { method: 'POST', data: { t: 1, data: { t: 1 } } },
      { method: 'POST', data: { t: 2, data: { t: 1 } } },
      false,
    ],
    [
      'contentRootKey: below it',
      { ignoredParameters: ['t'], contentRootKey: 'data' },
      { method: 'POST', data: { t: 1, data: { t: 1 } } },
      { method: 'POST', data: { data: { t: 2 }, t: 1 } },
      true,
    ],
    [
      'a method override',
      {},
      { method: 'POST', ...header('X-HTTP-Method-Override', 'GET') },
      { method: 'POST' },
      false,
    ],
    [
      'the same method override',
      {},
      { method: 'POST', ...header('X-HTTP-Method-Override', 'GET') },
      { method: 'POST', ...header('x-http-method-override', 'get') },
      true,
    ],
    ['the response type', {}, { responseType: 'json' }, { responseType: 'arraybuffer' }, true],
    ['timeouts and proxies', {}, { timeout: 1000, proxy: false }, { timeout: 2000 }, true],
    ['redirects that are not followed', {}, { maxRedirects: 0 }, {}, false],
  ])('%s', async (_title, options, first, second, expected) => {
    expect(await isSame(options, first, second)).toBe(expected);
  });

  it('an override to an unsafe method is not cached', async () => {
    const http = bench().wrap();
    const override = header('X-HTTP-Method-Override', 'DELETE');
    expect((await http.get('/a', override)).cache).toMatchObject({ fwd: 'method', stored: false });
  });

  it('an override to GET makes a POST cacheable', async () => {
    const http = bench().wrap();
    const override = header('X-HTTP-Method-Override', 'GET');
    await http.post('/a', { q: 1 }, override);
    expect((await http.post('/a', { q: 1 }, override)).cache.fromCache).toBe(true);
    expect((await http.post('/a', { q: 2 }, override)).cache.fromCache).toBe(false);
  });
});

describe('bodies of requests', () => {
  const bench = useBench();
  let http: CachedAxiosInstance;

  beforeEach(() => {
    bench().answer(({ body }) => ({ headers: { 'content-type': 'application/octet-stream' }, body }));
    http = bench().wrap({ allowableMethods: ['POST'] }, { responseType: 'text' });
  });

  const form = (fields: Record<string, string | Blob>): FormData => {
    const data = new FormData();
    for (const [field, value] of Object.entries(fields)) data.append(field, value);
    return data;
  };

  it.each<[string, () => unknown, () => unknown]>([
    ['JSON', () => ({ a: 1, b: [1, 2] }), () => ({ a: 1, b: [2, 1] })],
    ['text', () => 'one', () => 'two'],
    ['a form', () => new URLSearchParams({ a: '1' }), () => new URLSearchParams({ a: '2' })],
    ['a Buffer', () => Buffer.from([1, 2]), () => Buffer.from([1, 3])],
    ['an ArrayBuffer', () => new Uint8Array([1, 2]).buffer, () => new Uint8Array([1, 3]).buffer],
    ['a Blob', () => new Blob(['one']), () => new Blob(['two'])],
    [
      'multipart',
      () => form({ a: '1', file: new Blob(['x']) }),
      () => form({ a: '1', file: new Blob(['y']) }),
    ],
  ])('%s: the same again hits, another misses', async (_kind, same, other) => {
    await http.post('/a', same());
    expect((await http.post('/a', same())).cache.fromCache).toBe(true);
    expect((await http.post('/a', other())).cache.fromCache).toBe(false);
    expect((await http.post('/a', same())).cache.fromCache).toBe(true);
    expect(bench().origin.count()).toBe(2);
  });

  it('arrive whole, although the key was made of them', async () => {
    await http.post('/a', form({ field: 'value', file: new Blob(['content'], { type: 'text/css' }) }));
    const { headers, body } = bench().origin.last;
    expect(headers['content-type']).toMatch(/^multipart\/form-data; boundary=/);
    for (const part of ['name="field"', 'value', 'content', 'text/css'])
      expect(body.toString()).toContain(part);
    await http.post('/b', new Blob(['content']));
    expect(bench().origin.last.body.toString()).toBe('content');
  });

  it('that can be read only once pass by, whole', async () => {
    const { Readable } = await import('node:stream');
    for (const count of [1, 2]) {
      const response = await http.post('/a', Readable.from(['one', 'two']));
      expect(response).toMatchObject({
        data: 'onetwo',
        cache: { fromCache: false, stored: false, fwd: 'bypass' },
      });
      expect(bench().origin.count()).toBe(count);
    }
  });
});

describe.each(BACKENDS_UNDER_TEST)('keyFn and cache.key (%s)', (name) => {
  const bench = useBench(name);

  beforeEach(() => {
    bench().answer(({ url, headers }) => ({ body: `${url} for ${headers.authorization ?? 'all'}` }));
  });

  it('keyFn makes the key', async () => {
    const http = bench().wrap({ keyFn: ({ method, url }) => `${method} ${new URL(url).pathname}` });
    await http.get('/a', { params: { page: 1 } });
    const hit = await http.get('/a', { params: { page: 2 } });
    expect(hit.data).toBe('/a?page=1 for all');
    expect(hit.cache).toMatchObject({ fromCache: true, key: 'GET /a' });
  });

  it('keyFn may build on the usual key', async () => {
    const http = bench().wrap({ keyFn: (_request, defaultKey) => `v2:${defaultKey()}` });
    const { key } = (await http.get('/a')).cache;
    expect(key).toMatch(/^v2:[0-9a-f]{64}$/);
    expect((await http.get('/a')).cache).toMatchObject({ fromCache: true, key });
  });

  it.each<[string, () => string]>([
    [
      'throws',
      () => {
        throw new Error('mine');
      },
    ],
    ['gives no text', () => ''],
    ['gives a promise', () => Promise.resolve('key') as never],
  ])('keyFn that %s: the request passes by, and an event tells', async (_what, keyFn) => {
    const http = bench().wrap({ keyFn });
    expect(await http.get('/a')).toMatchObject({
      status: 200,
      cache: { fromCache: false, stored: false, reason: 'keyFn failed' },
    });
    expect(bench().events).toMatchObject([{ type: 'callbackError', callback: 'keyFn' }]);
    expect(await http.cache.count()).toBe(0);
  });

  it('cache.key is the key, whatever the URL', async () => {
    const http = bench().wrap();
    await http.get('/a', { cache: { key: 'mine' } });
    const hit = await http.get('/b', { cache: { key: 'mine' } });
    expect(hit).toMatchObject({ data: '/a for all', cache: { fromCache: true, key: 'mine' } });
    expect((await http.get('/a')).cache.fromCache).toBe(false);
  });

  it.each<[string, CacheOptions, AxiosRequestConfig]>([
    ['cache.key', {}, { cache: { key: 'shared' } }],
    ['keyFn', { keyFn: () => 'shared' }, {}],
  ])('%s keeps users apart', async (_how, options, config) => {
    const http = bench().wrap(options);
    const as = (user: string) => http.get<string>('/a', { ...config, headers: { Authorization: user } });
    expect((await as('A')).data).toBe('/a for A');
    expect((await as('B')).data).toBe('/a for B');
    expect((await http.get('/a', config)).data).toBe('/a for all');
    for (const user of ['A', 'B'])
      expect(await as(user)).toMatchObject({ data: `/a for ${user}`, cache: { fromCache: true } });
    expect(await http.cache.count()).toBe(3);
  });

  it('matchHeaders: true lets the config of a POST be sent again', async () => {
    const http = bench().wrap({ matchHeaders: true, allowableMethods: ['POST'] });
    const first = await http.post('/a', { query: 'x' });
    expect((await http.request(first.config)).cache.fromCache).toBe(true);
  });
});
