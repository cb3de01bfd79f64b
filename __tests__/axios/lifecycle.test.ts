import axios, { type AxiosInstance } from 'axios';
import { type CachedAxiosInstance, initBackend, isHttpCacheError, withCache } from '../../lib/index.js';
import { BACKENDS_UNDER_TEST, useBench } from '../helpers/bench.js';
import { faultyBackend } from '../helpers/faulty-backend.js';

const codeOf = (call: () => unknown): unknown => {
  try {
    call();
  } catch (error) {
    return isHttpCacheError(error) ? error.code : error;
  }
  return 'nothing was thrown';
};

describe('withCache', () => {
  const bench = useBench();

  it('returns the very instance', () => {
    const instance = bench().plain();
    expect(bench().adopt(instance)).toBe(instance);
  });

  it('does not wrap twice', async () => {
    const http = bench().wrap();
    expect(codeOf(() => withCache(http))).toBe('ERR_CACHE_ALREADY_WRAPPED');
    await http.get('/a');
    expect((await http.get('/a')).cache.fromCache).toBe(true);
  });

  it.each([undefined, null, {}, () => undefined, axios.Axios, new axios.Axios({})])(
    'refuses what is no instance (%p)',
    (value) => {
      expect(codeOf(() => withCache(value as AxiosInstance))).toBe('ERR_CACHE_INVALID_OPTION');
    },
  );

  it.each<[string, object, string]>([
    ['a misspelt option', { stale_if_eror: true }, 'ERR_CACHE_INVALID_OPTION'],
    ['a wrong type', { cacheControl: 'yes' }, 'ERR_CACHE_INVALID_OPTION'],
    ['a lifetime that is none', { expireAfter: 'soon' }, 'ERR_CACHE_INVALID_OPTION'],
    ['NaN', { expireAfter: Number.NaN }, 'ERR_CACHE_INVALID_OPTION'],
    ['an unknown backend', { backend: 'mysql' }, 'ERR_CACHE_UNKNOWN_BACKEND'],
    ['an unknown serializer', { serializer: 'xml' }, 'ERR_CACHE_UNKNOWN_SERIALIZER'],
    ['a clock that is none', { clock: {} }, 'ERR_CACHE_INVALID_OPTION'],
    ['no time for storage', { storageTimeout: 0 }, 'ERR_CACHE_INVALID_OPTION'],
    ['no options object', 'sqlite' as never, 'ERR_CACHE_INVALID_OPTION'],
  ])('refuses %s at once, and leaves the instance as it was', (_what, options, code) => {
    const instance = bench().plain();
    expect(codeOf(() => withCache(instance, options))).toBe(code);
    expect('cache' in instance).toBe(false);
    expect(codeOf(() => bench().adopt(instance))).toBe('nothing was thrown');
  });

  it('opens nothing before the first request', () => {
    const called: string[] = [];
    const backend = faultyBackend(initBackend('m', 'memory'), (method) => void called.push(method));
    bench().wrap({ backend });
    expect(called).toEqual([]);
  });
});

describe('detach', () => {
  const bench = useBench();

  it('leaves the instance as it was before', async () => {
    const http = bench().wrap();
    const own = Object.keys(bench().plain());
    await http.get('/a');
    http.cache.detach();
    expect(Object.keys(http)).toEqual(own);
    const response = await http.get('/a', { cache: { onlyIfCached: true } });
    expect(response.data).toBe('hello');
    expect('cache' in response).toBe(false);
    expect(bench().origin.count()).toBe(2);
    const error = (await http
      .get('/a', { validateStatus: () => false })
      .catch((reason: unknown) => reason)) as {
      response: object;
    };
    expect('cache' in error.response).toBe(false);
  });

  it('leaves storage open for maintenance, and what is stored for the next', async () => {
    const http = bench().wrap();
    const { cache } = http;
    await http.get('/a');
    cache.detach();
    cache.detach();
    expect(await cache.count()).toBe(1);
    const again = bench().adopt(http);
    expect((await again.get('/a')).cache.fromCache).toBe(true);
    cache.detach();
    expect(again.cache).toBeDefined();
    expect((await again.get('/a')).cache.fromCache).toBe(true);
  });

  it('leaves a request alone that is under way', async () => {
    const http = bench().wrap();
    const { cache } = http;
    const pending = http.get('/a');
    cache.detach();
    expect((await pending).data).toBe('hello');
    expect(await cache.count()).toBe(1);
  });

  it('keeps the interceptors of others', async () => {
    const instance = bench().plain();
    const seen: string[] = [];
    instance.interceptors.request.use((config) => {
      seen.push('before');
      return config;
    });
    const http = bench().adopt(instance);
    instance.interceptors.request.use((config) => {
      seen.push('after');
      return config;
    });
    http.cache.detach();
    await instance.get('/a');
    expect(seen).toEqual(['after', 'before']);
  });
});

describe('instances made by create() of a wrapped one', () => {
  const bench = useBench();

  it('are plain: nothing read, nothing stored, nothing of the cache sent or shown', async () => {
    const http = bench().wrap();
    await http.get('/a');
    const child = http.create({ headers: { 'X-Child': 'yes' } });
    const response = await child.get('/a', { cache: { expireAfter: 1 } });
    expect('cache' in child).toBe(false);
    expect('cache' in response).toBe(false);
    await child.get('/b');
    await child.get('/b');
    expect(bench().origin.count()).toBe(4);
    expect(await http.cache.count()).toBe(1);
    expect(Object.keys(bench().origin.last.headers)).not.toContain('cache');
  });

  it('can be wrapped themselves, each with settings of its own', async () => {
    const http = bench().wrap({ expireAfter: 10 });
    const child = bench().adopt(http.create(), { expireAfter: 1000 });
    expect((await child.get('/a')).cache.ttl).toBe(1000);
    expect((await http.get('/b')).cache.ttl).toBe(10);
    expect((await http.get('/a')).cache.fromCache).toBe(true);
    child.cache.detach();
    expect((await http.get('/b')).cache.fromCache).toBe(true);
  });

  it('do not change the parent', async () => {
    const http = bench().wrap();
    const child = http.create();
    child.defaults.headers.common['X-Child'] = 'yes';
    await http.get('/a');
    expect(bench().origin.last.headers['x-child']).toBeUndefined();
  });
});

describe("cache options among the instance's defaults", () => {
  const bench = useBench();

  it('count for every request, and a request may override them', async () => {
    const http = bench().wrap({}, { cache: { expireAfter: 30 } });
    expect((await http.get('/a')).cache.ttl).toBe(30);
    expect((await http.get('/b', { cache: { expireAfter: 5 } })).cache.ttl).toBe(5);
    expect((await http.get('/c', { cache: false })).cache.reason).toBe('cache: false');
    http.defaults.cache = false;
    expect((await http.get('/a')).cache.fromCache).toBe(false);
  });
});

describe.each(BACKENDS_UNDER_TEST)('several instances on one backend (%s)', (name) => {
  const bench = useBench(name);

  it('share what is stored and keep their own settings', async () => {
    const short = bench().wrap({ expireAfter: 5 });
    const long = bench().wrap({ expireAfter: 500 });
    expect((await short.get('/short')).cache.ttl).toBe(5);
    expect((await long.get('/long')).cache.ttl).toBe(500);
    expect((await long.get('/short')).cache.ttl).toBe(5);
    short.cache.settings = { expireAfter: 7 };
    expect(long.cache.settings.expireAfter).toBe(500);
    expect((await long.get('/other')).cache.ttl).toBe(500);
    expect((await short.get('/another')).cache.ttl).toBe(7);
  });

  it('outlive each other with autoclose: false', async () => {
    const first = bench().wrap({ autoclose: false });
    const second = bench().wrap();
    await first.get('/a');
    await first.cache.close();
    expect((await second.get('/a')).cache.fromCache).toBe(true);
  });
});

describe.each(BACKENDS_UNDER_TEST)('close (%s)', (name) => {
  const bench = useBench(name);

  it('lets later requests go to the origin, and maintenance fail', async () => {
    const http: CachedAxiosInstance = bench().wrap();
    await http.get('/a');
    await Promise.all([http.cache.close(), http.cache.close()]);
    await http.cache.close();
    const response = await http.get('/a');
    expect(response.data).toBe('hello');
    expect(response.cache).toMatchObject({ fromCache: false, reason: 'the cache was closed' });
    await expect(http.cache.count()).rejects.toMatchObject({ code: 'ERR_CACHE_CLOSED' });
    expect(bench().events).toEqual([]);
  });

  it('does no harm before anything was opened', async () => {
    const http = bench().wrap();
    await http.cache.close();
    expect((await http.get('/a')).data).toBe('hello');
  });

  it('does not fail a request that is under way', async () => {
    const http = bench().wrap();
    const pending = http.get('/a');
    await http.cache.close();
    expect((await pending).data).toBe('hello');
  });
});
