import { AsyncResource } from 'node:async_hooks';
import axios, { type AxiosInstance, type AxiosStatic } from 'axios';
import axiosOfOld from 'axios-1.7';
import {
  type Backend,
  type CachedAxiosInstance,
  type CacheOptions,
  clear,
  deleteUrls,
  disabled,
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
import { expectNoTrace, type Trace, traceOf } from './trace.js';

const OLD = axiosOfOld as unknown as AxiosStatic;
const bench = useBench();

let before: Trace;
beforeEach(() => (before = traceOf(axios)));
afterEach(async () => {
  await uninstallCache();
  expectNoTrace(axios, before);
});

const options = (given: CacheOptions = {}): CacheOptions => ({
  clock: bench().clock,
  backend: bench().newBackend(),
  ...given,
});
const create = (): AxiosInstance => axios.create({ baseURL: bench().origin.url });

/** The lifetime by which a request was stored, which tells the caches of a test apart; undefined: no cache was asked. */
async function ttl(path: string, http: AxiosInstance = axios): Promise<number | undefined> {
  const response = await http.get(`${bench().origin.url}${path}`);
  return 'cache' in response ? response.cache.ttl : undefined;
}

/** A promise and what resolves it. */
function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

describe('enabled', () => {
  it('gives the default export a cache within a function, and gives what the function gives', async () => {
    const url = `${bench().origin.url}/a`;
    const result = await enabled(options(), async () => {
      await axios.get(url);
      return (await axios.get(url)).cache.fromCache;
    });
    expect(result).toBe(true);
    expect('cache' in (await axios.get(url))).toBe(false);
    expect(bench().origin.count()).toBe(2);
    expect(await enabled(options(), () => 5)).toBe(5);
  });

  it.each([
    ['rejects', () => Promise.reject(new Error('theirs'))],
    [
      'throws',
      () => {
        throw new Error('theirs');
      },
    ],
  ])('closes its cache when the function %s, and fails with the same error', async (_how, fail) => {
    const backend = initBackend('m', 'memory');
    await expect(enabled(options({ backend }), fail)).rejects.toThrow('theirs');
    await expect(async () => backend.count()).rejects.toMatchObject({ code: 'ERR_CACHE_CLOSED' });
    expectNoTrace(axios, before);
  });

  it('waits for refreshes before it closes, and leaves storage open with autoclose: false', async () => {
    const backend = initBackend('m', 'memory');
    const given = options({ backend, autoclose: false, expireAfter: 1, staleWhileRevalidate: true });
    await enabled(given, async () => {
      await ttl('/a');
      bench().pass(5);
      await ttl('/a');
    });
    expect(bench().origin.count()).toBe(2);
    expect(await backend.count()).toBe(1);
  });

  it('does not touch what runs beside it', async () => {
    const inside = gate();
    const outside = gate();
    const running = enabled(options({ expireAfter: 7 }), async () => {
      const seen = [await ttl('/a')];
      inside.open();
      await outside.opened;
      return [...seen, await ttl('/b')];
    });
    await inside.opened;
    expect([await ttl('/a'), getCache(), isInstalled()]).toEqual([undefined, undefined, false]);
    const made = create();
    expect(Object.keys(made)).not.toContain('cache');
    expect(await ttl('/a', made)).toBeUndefined();
    outside.open();
    expect(await running).toEqual([7, 7]);
    expect(bench().origin.count()).toBe(4);
  });

  it('serves instances that are made in it, which are plain after it', async () => {
    const early = create();
    const made = await enabled(options({ expireAfter: 7 }), async () => {
      const http = create();
      expect([await ttl('/a', http), await ttl('/b', http.create()), await ttl('/c', early)]).toEqual([
        7,
        7,
        undefined,
      ]);
      expect((http as CachedAxiosInstance).cache.settings.expireAfter).toBe(7);
      return http;
    });
    expect(await ttl('/a', made)).toBeUndefined();
    expect(Object.keys(made)).toEqual(Object.keys(create()));
  });

  it('nests with disabled to any depth: the innermost counts, and what was there before is there again', async () => {
    const seen: (number | undefined)[] = [];
    const look = async (): Promise<void> =>
      void seen.push(getCache()?.settings.expireAfter as number | undefined, await ttl(`/${seen.length}`));
    await enabled(options({ expireAfter: 1 }), async () => {
      await look();
      await enabled(options({ expireAfter: 2 }), async () => {
        await look();
        await disabled(async () => {
          await look();
          await enabled(options({ expireAfter: 3 }), async () => {
            await look();
            await disabled(look);
            await look();
          });
          await look();
        });
        await look();
      });
      await look();
    });
    await look();
    const none = undefined;
    const caches = [1, 2, none, 3, none, 3, none, 2, 1, none];
    expect(seen).toEqual(caches.flatMap((cache) => [cache, cache]));
  });

  it('keeps many at once apart, each with its own store and settings', async () => {
    bench().answer((request) => ({ body: request.url }));
    const tasks = Array.from({ length: 30 }, (_value, index) =>
      enabled(options({ expireAfter: index + 1 }), async () => {
        const http = index % 2 === 0 ? axios : create();
        const seen = [await ttl('/shared', http)];
        for (let turn = 0; turn < (index * 7) % 5; turn += 1) await new Promise(setImmediate);
        seen.push(await disabled(() => ttl('/shared', http)), await ttl('/shared', http));
        return [...seen, await getCache()?.count()];
      }),
    );
    const expected = tasks.map((_task, index) => [index + 1, undefined, index + 1, 1]);
    expect(await Promise.all(tasks)).toEqual(expected);
    expect(bench().origin.count()).toBe(60);
  });

  it('is over for what the function has left running, which falls back to what surrounds it', async () => {
    const late = gate();
    let left: Promise<number | undefined> | undefined;
    let leftInside: Promise<number | undefined> | undefined;
    await enabled(options({ expireAfter: 1 }), async () => {
      await enabled(options({ expireAfter: 2 }), async () => {
        left = late.opened.then(() => ttl('/a'));
        leftInside = late.opened.then(() => enabled(options({ expireAfter: 3 }), () => ttl('/b')));
        await Promise.resolve();
      });
      late.open();
      expect([await left, await leftInside]).toEqual([1, 3]);
    });
  });

  it('is over also where another copy of axios still has one inside of it', async () => {
    const late = gate();
    let left: Promise<unknown> | undefined;
    await enabled(options({ expireAfter: 1 }), async () => {
      await enabled(options({ expireAfter: 2 }), async () => {
        const inside = async () => {
          await late.opened;
          return [await ttl('/a'), await ttl('/b', OLD)];
        };
        left = enabled(options({ expireAfter: 3 }), inside, OLD);
      });
      late.open();
      expect(await left).toEqual([1, 3]);
    });
  });

  it('costs the process nothing any more when it is over', async () => {
    const symbols = () => Object.getOwnPropertySymbols(new AsyncResource('PROBE'));
    const none = symbols();
    await enabled(options(), () => ttl('/a'));
    await disabled(() => ttl('/a'));
    // Where Node follows contexts by marks on each resource, there are none.
    expect(symbols()).toEqual(none);
  });

  it('comes before an installed cache, which is there again after it', async () => {
    installCache(options({ expireAfter: 100 }));
    const http = create();
    const beside = gate();
    const running = enabled(options({ expireAfter: 1 }), async () => {
      const seen = [await ttl('/a'), await ttl('/b', http), isInstalled()];
      await beside.opened;
      return seen;
    });
    expect([await ttl('/c'), await ttl('/d', http)]).toEqual([100, 100]);
    beside.open();
    expect(await running).toEqual([1, 1, true]);
    expect([await ttl('/e'), await ttl('/f', http)]).toEqual([100, 100]);
    expect(await getCache()?.count()).toBe(4);
  });

  it('stays when the installed cache is taken away or put in place meanwhile', async () => {
    installCache(options({ expireAfter: 100 }));
    const http = create();
    await enabled(options({ expireAfter: 1 }), async () => {
      await uninstallCache();
      expect([await ttl('/a'), await ttl('/b', http)]).toEqual([1, 1]);
      installCache(options({ expireAfter: 200 }));
      expect([await ttl('/c'), isInstalled()]).toEqual([1, true]);
    });
    expect(await ttl('/d')).toBe(200);
    expect(isInstalled()).toBe(true);
  });

  it('leaves no trace when the cache that was installed around it goes first', async () => {
    installCache(options());
    await enabled(options(), () => uninstallCache());
    expectNoTrace(axios, before);
  });

  it.each<[string, unknown, unknown, unknown, object]>([
    ['a misspelt option', { expire_after: 1 }, () => 1, undefined, { code: 'ERR_CACHE_INVALID_OPTION' }],
    ['an unknown backend', { backend: 'none' }, () => 1, undefined, { code: 'ERR_CACHE_UNKNOWN_BACKEND' }],
    ['no function', {}, undefined, undefined, { option: 'run' }],
    ['what is not axios', {}, () => 1, {}, { option: 'axiosExport' }],
  ])('refuses %s, and does not call the function', async (_what, given, run, copy, expected) => {
    const called = jest.fn(run as () => number);
    const call = enabled(
      given as CacheOptions,
      run === undefined ? (run as never) : called,
      copy as AxiosInstance,
    );
    await expect(call).rejects.toMatchObject(expected);
    expect(called).not.toHaveBeenCalled();
    expectNoTrace(axios, before);
  });

  it('gives what the function gives also where storage cannot be closed, and tells so', async () => {
    const backend: Backend = faultyBackend(initBackend('m', 'memory'), (method) => {
      if (method === 'close') throw new Error('cannot');
    });
    const told: string[] = [];
    const result = await enabled(options({ backend }), () => {
      getCache()?.on('backendError', ({ operation, error }) => told.push(operation, error.code));
      return 5;
    });
    expect(result).toBe(5);
    expect(told).toEqual(['close', 'ERR_CACHE_BACKEND']);
  });

  it('serves another copy of axios by itself', async () => {
    await enabled(options({ expireAfter: 1 }), async () => {
      expect(await ttl('/a', OLD)).toBeUndefined();
      await enabled(
        options({ expireAfter: 2 }),
        async () => {
          expect([await ttl('/b', OLD), await ttl('/b')]).toEqual([2, 1]);
          expect(await disabled(async () => [await ttl('/c', OLD), await ttl('/c')])).toEqual([
            undefined,
            undefined,
          ]);
        },
        OLD,
      );
      expect(await ttl('/d', OLD)).toBeUndefined();
    });
  });
});

describe('disabled', () => {
  it('lets requests pass as if nothing were installed: neither read nor written nor invalidated', async () => {
    const cache = installCache(options());
    const http = create();
    await ttl('/a');
    await disabled(async () => {
      expect([await ttl('/a'), await ttl('/a', http), await ttl('/b', create())]).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
      await axios.post(`${bench().origin.url}/a`);
      expect([getCache(), 'cache' in axios && axios.cache, isInstalled()]).toEqual([
        undefined,
        undefined,
        true,
      ]);
    });
    expect((await axios.get(`${bench().origin.url}/a`)).cache.fromCache).toBe(true);
    expect(await cache.count()).toBe(1);
  });

  it('is for its own context, and instances made in it have the cache outside of it', async () => {
    installCache(options({ expireAfter: 9 }));
    const leave = gate();
    const made = gate();
    let http: AxiosInstance | undefined;
    const running = disabled(async () => {
      http = create();
      made.open();
      await leave.opened;
      return ttl('/a', http);
    });
    await made.opened;
    expect([await ttl('/b'), await ttl('/c', http)]).toEqual([9, 9]);
    leave.open();
    expect(await running).toBeUndefined();
  });

  it('covers a cache that is installed while it runs', async () => {
    const leave = gate();
    const running = disabled(async () => {
      await leave.opened;
      return ttl('/a');
    });
    installCache(options({ expireAfter: 9 }));
    leave.open();
    expect(await running).toBeUndefined();
    expect(await ttl('/a')).toBe(9);
  });

  it('gives what the function gives, at once or later, and passes on what it throws', async () => {
    expect(disabled(() => 5)).toBe(5);
    const promise = Promise.resolve(6);
    expect(disabled(() => promise)).toBe(promise);
    expect(() =>
      disabled(() => {
        throw new Error('theirs');
      }),
    ).toThrow('theirs');
    await expect(disabled(() => Promise.reject(new Error('theirs')))).rejects.toThrow('theirs');
    expect(() => disabled(5 as never)).toThrow(expect.objectContaining({ option: 'run' }));
    await until(() => traceOf(axios).globals.length === 0);
  });

  it('leaves caches alone that instances have of their own', async () => {
    const http = bench().wrap({ expireAfter: 4 });
    expect(await disabled(() => ttl('/a', http))).toBe(4);
  });
});

describe('clear and deleteUrls', () => {
  it('act on the cache that is in force', async () => {
    const cache = installCache(options());
    const url = `${bench().origin.url}/a`;
    await axios.get(url);
    await enabled(options(), async () => {
      await axios.get(url);
      await axios.get(`${bench().origin.url}/b`);
      expect(await deleteUrls([url, `${bench().origin.url}/never`])).toBe(1);
      await clear();
      expect(await getCache()?.count()).toBe(0);
    });
    expect(await cache.count()).toBe(1);
    await disabled(clear);
    expect(await cache.count()).toBe(1);
    expect(await disabled(() => deleteUrls([url]))).toBe(0);
    await clear();
    expect(await cache.count()).toBe(0);
  });

  it('do nothing where there is none', async () => {
    await clear();
    expect(await deleteUrls([bench().origin.url])).toBe(0);
    expect(getCache()).toBeUndefined();
  });
});
