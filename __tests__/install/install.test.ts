import axios, { type AxiosInstance } from 'axios';
import {
  type CachedAxiosInstance,
  type CacheOptions,
  getCache,
  type HttpCache,
  installCache,
  isHttpCacheError,
  isInstalled,
  uninstallCache,
  withCache,
} from '../../lib/index.js';
import { useBench } from '../helpers/bench.js';
import { createOf, expectNoTrace, traceOf } from './trace.js';

const bench = useBench();
afterEach(() => uninstallCache());

const install = (options: CacheOptions = {}): HttpCache =>
  installCache({ clock: bench().clock, backend: bench().newBackend(), ...options });
const create = (): CachedAxiosInstance =>
  axios.create({ baseURL: bench().origin.url }) as CachedAxiosInstance;
const cacheOf = (instance: AxiosInstance): HttpCache | undefined => (instance as { cache?: HttpCache }).cache;
const thrownBy = (call: () => unknown): unknown => {
  try {
    call();
  } catch (error) {
    return error;
  }
  return 'nothing was thrown';
};

describe('an installed cache', () => {
  it('serves the default export, by every way to call it', async () => {
    install();
    const url = `${bench().origin.url}/a`;
    const first = await axios.get(url);
    expect(first).toMatchObject({ data: 'hello', cache: { fromCache: false, stored: true } });
    for (const again of [() => axios.get(url), () => axios(url), () => axios.request({ url })]) {
      expect((await again()).cache.fromCache).toBe(true);
    }
    expect(bench().origin.count()).toBe(1);
  });

  it('serves what axios.create makes from then on, and what their create makes', async () => {
    install();
    const child = create();
    const grandchild = child.create({ headers: { 'X-Child': 'yes' } });
    await axios.get(`${bench().origin.url}/a`);
    expect((await child.get('/a')).cache.fromCache).toBe(true);
    expect((await grandchild.get(`${bench().origin.url}/a`)).cache.fromCache).toBe(true);
    expect((await grandchild.create().get(`${bench().origin.url}/a`)).cache.fromCache).toBe(true);
    expect(bench().origin.count()).toBe(1);
  });

  it('is asked about requests without making any', async () => {
    const cache = install();
    const url = `${bench().origin.url}/a`;
    const config = { url, method: 'get' };
    expect(await cache.contains(config)).toBe(false);
    expect((await cache.explain(config)).rule).toBe('nothing-stored');
    expect(await cache.count()).toBe(0);
    expect((await axios.get<string>(url)).data).toBe('hello');
    expect(await cache.contains(config)).toBe(true);
    expect((await cache.explain(config)).action).toBe('reuse');
    expect((await cacheOf(create())?.get({ url: '/a' }))?.url).toBe(url);
    expect(await cache.deleteUrl(url, { method: 'get' })).toBe(1);
    expect(cache.stats().requests).toBe(1);
    expect(bench().origin.count()).toBe(1);
  });

  it('leaves instances alone that are there already, and what they make', async () => {
    const before = create();
    const trace = traceOf(before);
    install();
    expect({ ...traceOf(before), globals: [] }).toEqual({ ...trace, globals: [] });
    const child = before.create({ baseURL: bench().origin.url });
    for (const instance of [before, child]) {
      await instance.get('/a');
      expect('cache' in (await instance.get('/a'))).toBe(false);
      expect('cache' in instance).toBe(false);
    }
    expect(bench().origin.count()).toBe(4);
  });

  it('is one: settings, events and storage are those of all', async () => {
    const cache = install({ expireAfter: 10 });
    const [one, other] = [create(), create()];
    one.cache.settings = { expireAfter: 20 };
    expect((await other.get('/a')).cache.ttl).toBe(20);
    expect(cache.settings.expireAfter).toBe(20);
    const told: unknown[] = [];
    one.cache.on('callbackError', (event) => told.push(event.callback));
    const keyFn = () => {
      throw new Error('no key');
    };
    await other.get('/b', { cache: { keyFn } });
    expect(told).toEqual(['keyFn']);
    expect(await one.cache.count()).toBe(1);
    expect(await other.cache.deleteUrl('/a')).toBe(1);
    expect(await cache.count()).toBe(0);
  });

  it('is shown by each instance with that one’s defaults', async () => {
    install();
    const http = create();
    await http.get('/a');
    expect(await http.cache.hasUrl('/a')).toBe(true);
    expect(await getCache()?.hasUrl(`${bench().origin.url}/a`)).toBe(true);
    expect(http.cache).toBe(http.cache);
    expect(cacheOf(axios)).toBe(getCache());
    expect(Object.keys(http)).toContain('cache');
  });

  it('asks the origin once for what many instances ask for at the same time', async () => {
    install();
    const instances = Array.from({ length: 20 }, create);
    const answers = await Promise.all(instances.map((http) => http.get('/a')));
    expect(answers.map(({ data }) => data)).toEqual(instances.map(() => 'hello'));
    expect(bench().origin.count()).toBe(1);
  });

  it('serves an instance whose adapter asks another instance for the same', async () => {
    install();
    const http = axios.create({ adapter: ({ url = '' }) => axios.get(url) });
    expect((await http.get(`${bench().origin.url}/a`)).data).toBe('hello');
    expect(bench().origin.count()).toBe(1);
  });

  it('refreshes once in the background for all instances', async () => {
    install({ expireAfter: 1, staleWhileRevalidate: true });
    const instances = [create(), create(), create()];
    await instances[0]?.get('/a');
    bench().pass(5);
    const answers = await Promise.all(instances.map((http) => http.get('/a')));
    expect(answers.map(({ cache }) => cache.stale)).toEqual([true, true, true]);
    await uninstallCache();
    expect(bench().origin.count()).toBe(2);
  });

  it('keeps the interceptors, transforms and errors of each instance its own', async () => {
    bench().answer((request) => ({ status: request.url === '/404' ? 404 : 200, body: '1' }));
    install({ allowableCodes: [200, 404] });
    const plus = create();
    const times = create();
    plus.interceptors.response.use((response) => ({ ...response, data: response.data + 1 }));
    times.defaults.transformResponse = (data: string) => Number(data) * 10;
    for (let round = 0; round < 2; round += 1) {
      expect((await plus.get('/a')).data).toBe(2);
      expect((await times.get('/a')).data).toBe(10);
      await expect(times.get('/404')).rejects.toMatchObject({ response: { status: 404, data: 10 } });
    }
    expect(bench().origin.count('/a')).toBe(1);
    expect(bench().origin.count('/404')).toBe(1);
  });

  it('lets all requests go to the origin once it is closed, by whichever instance', async () => {
    install();
    const [one, other] = [create(), create()];
    await one.get('/a');
    await one.cache.close();
    for (const http of [one, other, axios]) {
      const { data, cache } = await http.get(`${bench().origin.url}/a`);
      expect([data, cache.reason]).toEqual(['hello', 'the cache was closed']);
    }
    expect(isInstalled()).toBe(true);
  });

  it('can be taken off one instance, and stays with the others', async () => {
    const cache = install();
    const [one, other] = [create(), create()];
    await other.get('/a');
    one.cache.detach();
    expect('cache' in (await one.get('/a'))).toBe(false);
    expect(cacheOf(one)).toBeUndefined();
    expect((await other.get('/a')).cache.fromCache).toBe(true);
    cache.detach();
    expect('cache' in (await axios.get(`${bench().origin.url}/a`))).toBe(false);
    expect(await getCache()?.count()).toBe(1);
    expect(bench().origin.count()).toBe(3);
  });
});

describe('installCache', () => {
  it('does not install twice, and the first goes on', async () => {
    expect(isInstalled()).toBe(false);
    const cache = install();
    expect(isInstalled()).toBe(true);
    const error = thrownBy(() => install());
    expect(isHttpCacheError(error)).toBe(true);
    expect(error).toMatchObject({ code: 'ERR_CACHE_ALREADY_WRAPPED' });
    expect((error as Error).message).toContain('uninstallCache()');
    expect(getCache()).toBe(cache);
    await axios.get(`${bench().origin.url}/a`);
    expect((await axios.get(`${bench().origin.url}/a`)).cache.fromCache).toBe(true);
    await uninstallCache();
    expect(isInstalled()).toBe(false);
    install();
    expect(getCache()).not.toBe(cache);
  });

  const frozen = Object.freeze(axios.create());
  const sealedCreate = axios.create();
  Object.defineProperty(sealedCreate, 'create', { configurable: false });

  it.each<[string, unknown, unknown, object]>([
    ['a misspelt option', { expire_after: 5 }, undefined, { code: 'ERR_CACHE_INVALID_OPTION' }],
    ['a wrong value', { expireAfter: 'soon' }, undefined, { option: 'expireAfter' }],
    ['an unknown backend', { backend: 'mysql' }, undefined, { code: 'ERR_CACHE_UNKNOWN_BACKEND' }],
    ['an unknown serializer', { serializer: 'xml' }, undefined, { code: 'ERR_CACHE_UNKNOWN_SERIALIZER' }],
    ['null for options', null, undefined, { code: 'ERR_CACHE_INVALID_OPTION' }],
    ['null for axios', {}, null, { option: 'axiosExport' }],
    ['a namespace of axios', {}, { default: axios }, { option: 'axiosExport' }],
    ['a class', {}, axios.Axios, { option: 'axiosExport' }],
    ['a frozen instance', {}, frozen, { option: 'axiosExport' }],
    ['an instance whose create is fixed', {}, sealedCreate, { option: 'axiosExport' }],
    [
      'an instance with another `cache`',
      {},
      Object.assign(axios.create(), { cache: new Map() }),
      { option: 'axiosExport' },
    ],
  ])('refuses %s at once, and changes nothing', (_what, options, axiosExport, expected) => {
    const before = traceOf(axios);
    const error = thrownBy(() => installCache(options as CacheOptions, axiosExport as AxiosInstance));
    expect(isHttpCacheError(error)).toBe(true);
    expect(error).toMatchObject(expected);
    expect(isInstalled()).toBe(false);
    expectNoTrace(axios, before);
  });

  it('needs no options', async () => {
    const cache = installCache();
    expect(cache.settings).toEqual({});
    expect(getCache()).toBe(cache);
  });

  it('serves an instance and what that makes, where it is given one', async () => {
    const http = create();
    const options = { clock: bench().clock, backend: bench().newBackend() };
    installCache(options, http);
    try {
      await http.get('/a');
      expect((await http.create({ baseURL: bench().origin.url }).get('/a')).cache.fromCache).toBe(true);
      expect('cache' in (await axios.get(`${bench().origin.url}/a`))).toBe(false);
      expect([isInstalled(http), isInstalled()]).toEqual([true, false]);
    } finally {
      await uninstallCache(http);
    }
    expect(cacheOf(http)).toBeUndefined();
  });

  it('does not install on an instance that shares an installed cache', () => {
    install();
    expect(thrownBy(() => installCache({ backend: 'memory' }, create()))).toMatchObject({
      code: 'ERR_CACHE_ALREADY_WRAPPED',
    });
  });

  it('gives way to a plugin that gives what axios.create makes a cache', async () => {
    const made = createOf(axios);
    axios.create = (config) => bench().adopt(made(config), { expireAfter: 3 });
    try {
      install({ expireAfter: 1000 });
      expect((await create().get('/a')).cache.ttl).toBe(3);
      await uninstallCache();
      expect((await create().get('/b')).cache.ttl).toBe(3);
    } finally {
      axios.create = made;
    }
  });
});

describe('withCache beside an installed cache', () => {
  const ownCache = (instance: AxiosInstance): CachedAxiosInstance =>
    bench().adopt(instance, { expireAfter: 5 });

  it.each([['in the usual order of interceptors'], ['in the order of registration']])(
    'comes first, %s, and gives way again when it is detached',
    async (order) => {
      const legacyInterceptorReqResOrdering = !order.includes('registration');
      const cache = install({ expireAfter: 1000 });
      const http = axios.create({
        baseURL: bench().origin.url,
        transitional: { ...axios.defaults.transitional, legacyInterceptorReqResOrdering },
      });
      const own = ownCache(http);
      expect(own.cache).not.toBe(cache);
      expect((await own.get('/a')).cache.ttl).toBe(5);
      expect(await cache.count()).toBe(0);
      expect(thrownBy(() => withCache(http))).toMatchObject({ code: 'ERR_CACHE_ALREADY_WRAPPED' });
      own.cache.detach();
      expect((await http.get('/a')).cache.ttl).toBe(1000);
      expect(await (http as CachedAxiosInstance).cache.count()).toBe(1);
      expect(bench().origin.count()).toBe(2);
    },
  );

  it('stays with an instance when the installed one is gone, which leaves no trace either', async () => {
    const before = traceOf(axios);
    install({ expireAfter: 1000 });
    const http = create();
    const own = ownCache(http);
    await uninstallCache();
    expect((await own.get('/a')).cache.ttl).toBe(5);
    expect((await own.get('/a')).cache.fromCache).toBe(true);
    own.cache.detach();
    expectNoTrace(axios, before);
    const plain = create();
    expect(Object.keys(http)).toEqual(Object.keys(plain));
    expect(traceOf(http).handlers).toEqual([[], []]);
  });

  it('may have been there before on the default export', async () => {
    const before = traceOf(axios);
    const own = ownCache(axios);
    const url = `${bench().origin.url}/a`;
    try {
      install({ expireAfter: 1000 });
      expect((await axios.get(url)).cache.ttl).toBe(5);
      expect((await create().get('/a')).cache.ttl).toBe(1000);
      expect(cacheOf(axios)).toBe(own.cache);
      own.cache.detach();
      expect((await axios.get(url)).cache).toMatchObject({ fromCache: true, ttl: 1000 });
    } finally {
      cacheOf(own)?.detach();
    }
    await uninstallCache();
    expectNoTrace(axios, before);
  });

  it('may be given to the default export while a cache is installed', async () => {
    const before = traceOf(axios);
    install({ expireAfter: 1000 });
    const own = ownCache(axios);
    const { cache } = own;
    expect((await axios.get(`${bench().origin.url}/a`)).cache.ttl).toBe(5);
    await uninstallCache();
    expect((await axios.get(`${bench().origin.url}/a`)).cache.fromCache).toBe(true);
    cache.detach();
    expectNoTrace(axios, before);
  });
});
