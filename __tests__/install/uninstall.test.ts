import axios, { type AxiosInstance, type AxiosStatic } from 'axios';
import axiosOfOld from 'axios-1.7';
import {
  type CachedAxiosInstance,
  enabled,
  getCache,
  initBackend,
  installCache,
  isInstalled,
  uninstallCache,
} from '../../lib/index.js';
import { useBench } from '../helpers/bench.js';
import { faultyBackend } from '../helpers/faulty-backend.js';
import { until } from '../helpers/until.js';
import { createOf, expectNoTrace, handlersOf, traceOf } from './trace.js';

const OLD = axiosOfOld as unknown as AxiosStatic;
const bench = useBench();
afterEach(() => Promise.all([uninstallCache(), uninstallCache(OLD)]));

describe.each([
  ['axios', axios],
  ['axios 1.7', OLD],
])('after uninstallCache, %s', (_name, copy) => {
  const install = () => installCache({ clock: bench().clock, backend: bench().newBackend() }, copy);
  const create = (): AxiosInstance => copy.create({ baseURL: bench().origin.url });

  it('and what it made have no trace of the cache', async () => {
    const before = traceOf(copy);
    const plain = traceOf(create());
    install();
    const child = create();
    const instances = [child, child.create(), child.create().create()];
    await copy.get(`${bench().origin.url}/a`);
    for (const instance of instances) await instance.get(`${bench().origin.url}/a`);
    await uninstallCache(copy);
    expectNoTrace(copy, before);
    for (const instance of instances) {
      expect(Reflect.ownKeys(instance)).toEqual(plain.names);
      expect(handlersOf(instance)).toEqual([[], []]);
      const response = await instance.get(`${bench().origin.url}/a`);
      expect('cache' in response).toBe(false);
    }
    expect('cache' in (await copy.get(`${bench().origin.url}/a`))).toBe(false);
    expect('cache' in (await create().get('/a'))).toBe(false);
    expect(bench().origin.count()).toBe(1 + instances.length + 2);
  });

  it('has the interceptors of others, in their order and under their numbers', async () => {
    const seen: string[] = [];
    const use = (name: string): (() => void) => {
      const id = copy.interceptors.request.use((config) => {
        seen.push(name);
        return config;
      });
      return () => copy.interceptors.request.eject(id);
    };
    const ejects = [use('before')];
    install();
    ejects.push(use('after'));
    await uninstallCache(copy);
    ejects.push(use('last'));
    const get = async (): Promise<string[]> => {
      seen.length = 0;
      await copy.get(`${bench().origin.url}/a`);
      return [...seen];
    };
    try {
      expect(await get()).toEqual(['last', 'after', 'before']);
      ejects[1]?.();
      expect(await get()).toEqual(['last', 'before']);
    } finally {
      for (const eject of ejects) eject();
      copy.interceptors.request.clear();
    }
    expect(await get()).toEqual([]);
  });

  it('can be given a cache again and again, and is as it was each time', async () => {
    const before = traceOf(copy);
    for (let round = 0; round < 50; round += 1) {
      install();
      create();
      await uninstallCache(copy);
    }
    expectNoTrace(copy, before);
  });

  it('has the `create` that somebody has put there meanwhile, which goes on to work', async () => {
    const original = createOf(copy);
    install();
    const ours = createOf(copy);
    const theirs: typeof copy.create = (config) => ours({ ...config, headers: { 'X-Theirs': 'yes' } });
    copy.create = theirs;
    try {
      expect((create() as CachedAxiosInstance).cache).toBeDefined();
      await uninstallCache(copy);
      expect(createOf(copy)).toBe(theirs);
      const later = create();
      await later.get('/a');
      expect(bench().origin.last.headers['x-theirs']).toBe('yes');
      expect('cache' in later).toBe(false);
      // Installed once more, above theirs.
      install();
      expect((create() as CachedAxiosInstance).cache).toBeDefined();
      await uninstallCache(copy);
      expect(createOf(copy)).toBe(theirs);
      // What is under theirs is over, also where another installation keeps the contexts alive.
      const other = copy === axios ? OLD : axios;
      installCache({ backend: 'memory' }, other);
      const made = await enabled({ backend: 'memory' }, create, copy);
      expect(handlersOf(made)).toEqual([[], []]);
      await uninstallCache(other);
    } finally {
      copy.create = original;
    }
  });

  it('and an instance that `create` has made more than once are as before', async () => {
    const original = createOf(copy);
    const one = create();
    const trace = traceOf(one);
    copy.create = () => one;
    try {
      install();
      const made = [create(), create()];
      expect(handlersOf(one).map(({ length }) => length)).toEqual([1, 1]);
      await made[0]?.get('/a');
      expect((await made[1]?.get('/a'))?.cache.fromCache).toBe(true);
      await uninstallCache(copy);
      expectNoTrace(one, trace);
    } finally {
      copy.create = original;
    }
  });

  it('makes nothing that is cached by a `create` that was taken from it before', async () => {
    install();
    const taken = createOf(copy);
    await uninstallCache(copy);
    const http = taken({ baseURL: bench().origin.url });
    await http.get('/a');
    expect('cache' in (await http.get('/a'))).toBe(false);
    expect(handlersOf(http)).toEqual([[], []]);
  });
});

describe('uninstallCache', () => {
  it('does nothing where nothing is installed, also a second time', async () => {
    const before = traceOf(axios);
    await uninstallCache();
    installCache({ backend: 'memory' });
    await Promise.all([uninstallCache(), uninstallCache()]);
    await uninstallCache();
    expectNoTrace(axios, before);
  });

  it('takes effect at once, and resolves when refreshes are done and storage is closed', async () => {
    const done: string[] = [];
    let answerRefresh = (): void => undefined;
    bench().answer((_request, count) =>
      count === 1
        ? { body: 'first' }
        : (_received, response) => {
            answerRefresh = () => response.end('refreshed');
          },
    );
    const backend = faultyBackend(initBackend('m', 'memory'), (method) => void done.push(method));
    installCache({ backend, clock: bench().clock, expireAfter: 1, staleWhileRevalidate: true });
    const url = `${bench().origin.url}/a`;
    await axios.get(url);
    bench().pass(5);
    expect((await axios.get(url)).cache.stale).toBe(true);
    await until(() => bench().origin.count() === 2);
    done.length = 0;
    const uninstalled = uninstallCache().then(() => done.push('uninstalled'));
    expect([isInstalled(), getCache()]).toEqual([false, undefined]);
    answerRefresh();
    await uninstalled;
    expect(done.slice(-2)).toEqual(['close', 'uninstalled']);
    expect(done).toContain('put');
  });

  it('leaves storage open with autoclose: false', async () => {
    const backend = initBackend('m', 'memory');
    installCache({ backend, autoclose: false });
    await axios.get(`${bench().origin.url}/a`);
    await uninstallCache();
    expect(await backend.count()).toBe(1);
    installCache({ backend });
    expect((await axios.get(`${bench().origin.url}/a`)).cache.fromCache).toBe(true);
    await uninstallCache();
    await expect(async () => backend.count()).rejects.toMatchObject({ code: 'ERR_CACHE_CLOSED' });
  });

  it('rejects with a typed error when storage cannot be closed, and then it is uninstalled all the same', async () => {
    const before = traceOf(axios);
    const backend = faultyBackend(initBackend('m', 'memory'), (method) => {
      if (method === 'close') throw new Error('cannot');
    });
    installCache({ backend });
    await expect(uninstallCache()).rejects.toMatchObject({ code: 'ERR_CACHE_BACKEND', operation: 'close' });
    expectNoTrace(axios, before);
  });

  it('lets a request that is under way end well', async () => {
    installCache({ backend: 'memory' });
    const child = axios.create({ baseURL: bench().origin.url });
    const pending = [axios.get(`${bench().origin.url}/a`), child.get('/b'), child.get('/missing/../c')];
    await uninstallCache();
    for (const request of pending) expect((await request).data).toBe('hello');
  });

  it('does not stumble over an instance that has been frozen', async () => {
    const before = traceOf(axios);
    installCache({ backend: 'memory' });
    const frozen = Object.freeze(axios.create({ baseURL: bench().origin.url })) as CachedAxiosInstance;
    const other = axios.create();
    await frozen.get('/a');
    expect((await frozen.get('/a')).cache.fromCache).toBe(true);
    await uninstallCache();
    expect(frozen.cache).toBeUndefined();
    expect('cache' in (await frozen.get('/a'))).toBe(false);
    expect(handlersOf(frozen)).toEqual([[], []]);
    expect('cache' in other).toBe(false);
    expect('cache' in frozen.create()).toBe(false);
    expectNoTrace(axios, before);
  });

  it('leaves alone what replaced the cache’s place on an instance', async () => {
    installCache({ backend: 'memory' });
    const http = axios.create({ baseURL: bench().origin.url });
    Object.defineProperty(http, 'cache', { value: 'theirs', configurable: true });
    await uninstallCache();
    expect((http as unknown as { cache: string }).cache).toBe('theirs');
  });
});
