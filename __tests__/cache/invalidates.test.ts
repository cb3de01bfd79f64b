import { type AxiosRequestConfig } from 'axios';
import { type CachedAxiosInstance } from '../../lib/index.js';
import { BACKENDS_UNDER_TEST, LOCAL_BACKENDS, useBench } from '../helpers/bench.js';

type Invalidates = NonNullable<Exclude<AxiosRequestConfig['cache'], false | undefined>['invalidates']>;

async function fill(http: CachedAxiosInstance): Promise<void> {
  await http.get('/users/7', { cache: { tags: ['user:7'] } });
  await http.get('/users', { params: { page: 1 }, cache: { tags: ['users'] } });
  await http.get('/books', { cache: { tags: ['user:7', 'books'] } });
}

async function paths(http: CachedAxiosInstance): Promise<string[]> {
  const found: string[] = [];
  for await (const url of http.cache.urls()) found.push(new URL(url).pathname);
  return found.sort();
}

describe.each(LOCAL_BACKENDS)('what an unsafe request invalidates (%s)', (name) => {
  const bench = useBench(name);

  it.each<[what: string, invalidates: Invalidates, rest: string[]]>([
    ['tags', ['user:7'], ['/users']],
    ['tags by name', { tags: ['users', 'books'] }, ['/users/7']],
    ['a URL', { urls: ['/books'] }, ['/users', '/users/7']],
    ['a glob', { urls: ['/users*'] }, ['/books']],
    ['a RegExp', { urls: [/page=1$/] }, ['/books', '/users/7']],
    ['tags and URLs', { tags: ['books'], urls: [/\/users$/, '/users/7'] }, ['/users']],
    ['nothing', [], ['/books', '/users', '/users/7']],
  ])('by %s', async (_what, invalidates, rest) => {
    const http = bench().wrap();
    await fill(http);
    await http.post('/other', {}, { cache: { invalidates } });
    expect(await paths(http)).toEqual(rest);
  });
});

describe.each(BACKENDS_UNDER_TEST)('what an unsafe request invalidates (%s)', (name) => {
  const bench = useBench(name);
  const invalidating: AxiosRequestConfig = { cache: { invalidates: ['user:7'] } };

  it.each(['post', 'put', 'patch', 'delete', 'PURGE'])('%s', async (method) => {
    const http = bench().wrap();
    await fill(http);
    await http.request({ url: '/x', method, ...invalidating });
    expect(await paths(http)).toEqual(['/users']);
  });

  it.each([
    [200, true],
    [303, true],
    [404, false],
    [500, false],
  ])('by status %i: %s', async (status, isDone) => {
    const http = bench().wrap({}, { validateStatus: null, maxRedirects: 0 });
    await fill(http);
    bench().answer(() => ({ status }));
    await http.post('/x', {}, invalidating);
    expect(await http.cache.count()).toBe(isDone ? 1 : 3);
  });

  it('relative URLs are completed with the baseURL and the parameters of the instance, not of the request', async () => {
    const http = bench().wrap({}, { params: { v: 1 } });
    await http.get('/a');
    await http.get('/b');
    await http.post('/x', {}, { params: { w: 2 }, cache: { invalidates: { urls: ['/a'] } } });
    expect(await paths(http)).toEqual(['/b']);
  });

  it('nothing where the cache is disabled or only read', async () => {
    const http = bench().wrap();
    await fill(http);
    for (const off of [{ disabled: true }, { readOnly: true }]) {
      await http.post('/x', {}, { cache: { ...off, invalidates: ['user:7'] } });
    }
    expect(await http.cache.count()).toBe(3);
  });

  it('a POST that is cached itself invalidates when the origin answers it, and waits for nobody', async () => {
    const http = bench().wrap({ allowableMethods: ['GET', 'POST'] });
    await fill(http);
    await http.post('/x', { a: 1 }, invalidating);
    expect(await paths(http)).toEqual(['/users', '/x']);
    await http.get('/books', { cache: { tags: ['user:7'] } });
    expect((await http.post('/x', { a: 1 }, invalidating)).cache.fromCache).toBe(true);
    expect(await paths(http)).toEqual(['/books', '/users', '/x']);
    const sent = bench().origin.count();
    await Promise.all([
      http.post('/y', {}),
      http.post('/y', {}, invalidating),
      http.post('/y', {}, invalidating),
    ]);
    expect(bench().origin.count()).toBe(sent + 3);
    expect(await paths(http)).toEqual(['/users', '/x', '/y']);
  });

  it('the answer to a POST that invalidates its own tags is kept for later GETs', async () => {
    bench().answer(() => ({
      headers: { 'cache-control': 'max-age=60', 'content-location': `${bench().origin.url}/x` },
      body: 'new',
    }));
    const http = bench().wrap({ cacheControl: true });
    await http.get('/old', { cache: { tags: ['t'] } });
    const { cache } = await http.post('/x', {}, { cache: { tags: ['t'], invalidates: ['t'] } });
    expect(cache.stored).toBe(true);
    expect(await paths(http)).toEqual(['/x']);
    expect((await http.get('/x')).cache.hit).toBe(true);
  });

  it('is told by an event', async () => {
    const http = bench().wrap();
    await fill(http);
    const told: unknown[] = [];
    http.cache.on('invalidate', (event) => told.push(event));
    await http.put('/x', {}, invalidating);
    expect(told).toEqual([
      { type: 'invalidate', method: 'PUT', urls: [`${bench().origin.url}/x`], tags: ['user:7'], count: 2 },
    ]);
  });

  it.each<[method: string, invalidates: unknown]>([
    ['get', ['a']],
    ['head', ['a']],
    ['options', { tags: ['a'] }],
    ['post', 'a'],
    ['post', ['']],
    ['post', { tag: ['a'] }],
    ['post', { urls: '/a' }],
    ['post', { urls: [7] }],
    ['post', null],
  ])('%s with %j is refused', async (method, invalidates) => {
    const http = bench().wrap();
    await expect(
      http.request({ url: '/x', method, cache: { invalidates: invalidates as never } }),
    ).rejects.toMatchObject({
      code: 'ERR_CACHE_INVALID_OPTION',
      option: expect.stringMatching(/^cache\.invalidates/),
    });
    expect(bench().origin.count()).toBe(0);
    expect(() => bench().wrap({ invalidates: ['a'] } as never)).toThrow(/Unknown option "invalidates"/);
  });

  describe('what is under way', () => {
    /** A GET of `/slow` that is answered when `finish` is called. */
    const underWay = async (http: CachedAxiosInstance, config: AxiosRequestConfig = {}) => {
      let finish: () => void = () => undefined;
      const held = new Promise<void>((resolve) => (finish = resolve));
      let arrived: () => void = () => undefined;
      const arrival = new Promise<void>((resolve) => (arrived = resolve));
      bench().answer(async ({ url }, count) => {
        if (url === '/slow') {
          arrived();
          await held;
        }
        return { body: `${url} ${count}` };
      });
      const pending = http.get<string>('/slow', config);
      await arrival;
      return { pending, finish };
    };
    const tagged: AxiosRequestConfig = { cache: { tags: ['t'] } };
    const byFunction: AxiosRequestConfig = { cache: { tags: () => ['t'] } };

    it.each<[what: string, config: AxiosRequestConfig, act: (http: CachedAxiosInstance) => Promise<unknown>]>(
      [
        ['deleteTag', tagged, (http) => http.cache.deleteTag('t')],
        [
          'deleteTag, of a tag that is known when the response has come',
          byFunction,
          (http) => http.cache.deleteTag('t'),
        ],
        ['delete by glob', {}, (http) => http.cache.delete({ urls: ['/sl*'] })],
        ['delete by RegExp', {}, (http) => http.cache.delete({ urls: [/slow/] })],
        [
          'a POST that invalidates a tag',
          tagged,
          (http) => http.post('/x', {}, { cache: { invalidates: ['t'] } }),
        ],
        [
          'a POST that invalidates a pattern',
          {},
          (http) => http.post('/x', {}, { cache: { invalidates: { urls: ['/s*'] } } }),
        ],
      ],
    )('is not stored after %s; who waits asks anew', async (_what, config, act) => {
      const http = bench().wrap();
      const { pending, finish } = await underWay(http, config);
      await act(http);
      const follower = http.get<string>('/slow', config);
      finish();
      const first = await pending;
      const second = await follower;
      expect(first.cache.stored).toBe(false);
      expect(second.data).not.toBe(first.data);
      expect((await http.get<string>('/slow')).data).toBe(second.data);
    });

    it.each<[what: string, act: (http: CachedAxiosInstance) => Promise<unknown>]>([
      ['another tag', (http) => http.cache.deleteTag('other')],
      ['another pattern', (http) => http.cache.delete({ urls: ['/other*'] })],
    ])('is stored after the deletion of %s', async (_what, act) => {
      const http = bench().wrap();
      const { pending, finish } = await underWay(http, tagged);
      await act(http);
      finish();
      expect((await pending).cache.stored).toBe(true);
      expect(await http.cache.deleteTag('t')).toBe(1);
    });
  });

  it('storage that fails does not fail the request', async () => {
    const http = bench().wrap();
    await fill(http);
    await bench().backend.close();
    expect((await http.post('/x', {}, invalidating)).status).toBe(200);
  });
});
