import http from 'node:http';
import axios, { type AxiosRequestConfig, type AxiosResponse, type InternalAxiosRequestConfig } from 'axios';
import { type Backend, type CachedAxiosInstance, type CacheOptions, initBackend } from '../../lib/index.js';
import { BACKENDS_UNDER_TEST, useBench } from '../helpers/bench.js';
import { faultyBackend } from '../helpers/faulty-backend.js';

// Defects that were measured in other caches for axios, each by the number under which it is known in this project.

/** Gives records without their bodies, as a backend may that holds several variants. */
function withoutBodies(backend: Backend): Backend {
  return new Proxy(backend, {
    get(target, name: keyof Backend): unknown {
      if (name === 'get') {
        return async (key: string) =>
          (await target.get(key)).map((record) => ({ ...record, body: undefined }));
      }
      const member = Reflect.get(target, name) as unknown;
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });
}

const outcome = (promise: Promise<AxiosResponse>): Promise<unknown> =>
  promise.then(
    ({ data }) => data as unknown,
    (error: unknown) => error,
  );

describe.each(BACKENDS_UNDER_TEST)(
  '1: dies after a thousand responses that cannot be stored (%s)',
  (name) => {
    const bench = useBench(name);
    const UNCACHEABLE = 1100;

    /** Requests to `/0`, `/1`, … by twenty at a time. */
    async function getMany(
      cached: CachedAxiosInstance,
      path: string,
      count: number,
    ): Promise<AxiosResponse[]> {
      const responses: AxiosResponse[] = [];
      for (let start = 0; start < count; start += 20) {
        const batch = Array.from({ length: Math.min(20, count - start) }, (_, index) => start + index);
        responses.push(...(await Promise.all(batch.map((index) => cached.get(`${path}/${index}`)))));
      }
      return responses;
    }

    it.each<[string, CacheOptions]>([
      ['no-store', { cacheControl: true }],
      ['refused by filterFn', { filterFn: ({ url }) => !url.includes('/uncacheable') }],
      ['404', {}],
    ])(
      'after 1,100 different ones (%s) nothing is left behind, and others hit',
      async (why, options) => {
        const httpAgent = new http.Agent({ keepAlive: true, maxSockets: 20 });
        bench().answer(({ url }) => {
          if (url.startsWith('/cacheable')) return { headers: { 'cache-control': 'max-age=60' }, body: url };
          return { status: why === '404' ? 404 : 200, headers: { 'cache-control': 'no-store' }, body: url };
        });
        const cached = bench().wrap(options, { httpAgent, validateStatus: null });
        const refused = await getMany(cached, '/uncacheable', UNCACHEABLE);
        // Numbers, since a difference between a thousand responses cannot be shown.
        expect(refused.filter(({ cache }) => cache.stored || cache.fromCache).length).toBe(0);
        expect(await cached.cache.count()).toBe(0);
        let records = 0;
        for await (const _meta of bench().backend.scan()) records += 1;
        expect(records).toBe(0);
        await getMany(cached, '/cacheable', 20);
        const hits = await getMany(cached, '/cacheable', 20);
        expect(hits.filter(({ cache }) => cache.hit).length).toBe(20);
        httpAgent.destroy();
      },
      30_000,
    );
  },
);

describe('2: a key hangs for ever when something throws', () => {
  const bench = useBench();
  const boom = (): never => {
    throw new Error('boom');
  };
  const failure = expect.objectContaining({ message: 'boom' }) as unknown;

  /** What makes a first request to `/a` fail or limp, and whether its caller gets an error. */
  const WAYS: readonly [string, (cached: CachedAxiosInstance) => Promise<unknown>, unknown][] = [
    ['transformResponse', (cached) => outcome(cached.get('/a', { transformResponse: boom })), failure],
    ['transformRequest', (cached) => outcome(cached.get('/a', { transformRequest: boom })), failure],
    ['validateStatus', (cached) => outcome(cached.get('/a', { validateStatus: boom })), failure],
    [
      'paramsSerializer',
      (cached) => outcome(cached.get('/a', { params: { x: 1 }, paramsSerializer: boom })),
      failure,
    ],
    ['an adapter, at once', (cached) => outcome(cached.get('/a', { adapter: boom })), failure],
    ['an adapter, later', (cached) => outcome(cached.get('/a', { adapter: async () => boom() })), failure],
    [
      'an adapter, by what is no Error',
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
      (cached) => outcome(cached.get('/a', { adapter: () => Promise.reject('just text') })),
      'just text',
    ],
    ['filterFn', (cached) => outcome(cached.get('/a', { cache: { filterFn: boom } })), 'hello'],
    [
      'filterFn, later',
      (cached) => outcome(cached.get('/a', { cache: { filterFn: () => Promise.reject(new Error('boom')) } })),
      'hello',
    ],
    ['keyFn', (cached) => outcome(cached.get('/a', { cache: { keyFn: boom } })), 'hello'],
    [
      'a listener of events',
      (cached) => {
        cached.cache.on('callbackError', boom);
        return outcome(cached.get('/a', { cache: { filterFn: boom } }));
      },
      'hello',
    ],
  ];

  it.each(WAYS)(
    '%s: that request settles, and so does the next, and the one after hits',
    async (_what, fail, expected) => {
      const cached = bench().wrap();
      expect(await fail(cached)).toEqual(expected);
      const next = await cached.get('/a');
      expect(next.data).toBe('hello');
      expect((await cached.get('/a')).cache.hit).toBe(true);
    },
  );

  it.each(WAYS)('%s: also where requests wait at the same time', async (_what, fail) => {
    const cached = bench().wrap();
    const [, ...others] = await Promise.all([
      fail(cached),
      outcome(cached.get('/a')),
      outcome(cached.get('/a')),
    ]);
    expect(others).toEqual(['hello', 'hello']);
  });

  it.each(['before', 'after'])('an interceptor of requests that was added %s ours', async (order) => {
    const instance = bench().plain();
    let fails = true;
    const mayFail = (config: InternalAxiosRequestConfig): InternalAxiosRequestConfig =>
      fails ? boom() : config;
    if (order === 'before') instance.interceptors.request.use(mayFail);
    const cached = bench().adopt(instance);
    if (order === 'after') instance.interceptors.request.use(mayFail);
    expect(await outcome(cached.get('/a'))).toEqual(failure);
    fails = false;
    expect((await cached.get('/a')).data).toBe('hello');
    expect((await cached.get('/a')).cache.hit).toBe(true);
  });

  it('an interceptor of responses', async () => {
    const cached = bench().wrap();
    const id = cached.interceptors.response.use(boom);
    expect(await outcome(cached.get('/a'))).toEqual(failure);
    cached.interceptors.response.eject(id);
    expect((await cached.get('/a')).cache.hit).toBe(true);
  });

  it.each<[keyof Backend, string]>([
    ['get', 'throws'],
    ['get', 'rejects'],
    ['get', 'answers nonsense'],
    ['body', 'throws'],
    ['body', 'rejects'],
    ['put', 'throws'],
    ['put', 'rejects'],
    ['put', 'answers nonsense'],
    ['body', 'answers nonsense'],
  ])('storage: %s %s', async (method, how) => {
    let fails = true;
    const backend = faultyBackend(withoutBodies(initBackend('m', 'memory')), (called) => {
      if (called !== method || !fails) return undefined;
      if (how === 'throws') boom();
      return how === 'rejects' ? Promise.reject(new Error('boom')) : 0;
    });
    const cached = bench().wrap({ backend });
    for (const cache of [{}, {}, { forceRefresh: true }]) {
      expect((await cached.get('/a', { cache })).data).toBe('hello');
    }
    fails = false;
    await cached.get('/a');
    expect((await cached.get('/a')).cache.hit).toBe(true);
  });

  it('forceRefresh during a request: both settle', async () => {
    const release: (() => void)[] = [];
    bench().answer(async (_request, count) => {
      await new Promise<void>((resolve) => release.push(resolve));
      return { body: `answer ${count}` };
    });
    const cached = bench().wrap();
    const first = cached.get('/a');
    while (release.length < 1) await new Promise((resolve) => setImmediate(resolve));
    const pending = [first, cached.get('/a', { cache: { forceRefresh: true } })];
    while (release.length < 2) await new Promise((resolve) => setImmediate(resolve));
    for (const letGo of release.reverse()) letGo();
    const answers = (await Promise.all(pending)).map(({ data }) => data as string);
    expect(answers.sort()).toEqual(['answer 1', 'answer 2']);
    expect((await cached.get('/a')).cache.hit).toBe(true);
  });
});

describe.each(BACKENDS_UNDER_TEST)(
  '10: storage that fails, or one damaged record, fails the request (%s)',
  (name) => {
    const bench = useBench(name);

    it('storage that fails in everything costs nothing but the cache', async () => {
      const backend = faultyBackend(bench().newBackend(), (method) => {
        if (method !== 'close') throw new Error('disk I/O error');
      });
      const cached = bench().wrap({ backend });
      for (let turn = 0; turn < 10; turn += 1) expect((await cached.get('/a')).data).toBe('hello');
      expect(bench().origin.count()).toBe(10);
      expect(new Set(bench().eventTypes())).toEqual(new Set(['backendError', 'breakerOpen']));
      await backend.close();
    });

    it.each(['body', 'head'] as const)(
      'a record with a damaged %s is replaced by what the origin sends',
      async (part) => {
        const cached = bench().wrap();
        const { cache } = await cached.get('/a');
        const [record] = await bench().backend.get(cache.key ?? '');
        const body = await bench().backend.body({ key: cache.key ?? '', variant: '' });
        if (record === undefined || body === undefined) throw new Error('Nothing is stored.');
        const damaged = Buffer.from(part === 'body' ? body : record.head);
        damaged[damaged.length >> 1] = 0xff & ~(damaged[damaged.length >> 1] ?? 0);
        await bench().backend.put({ ...record, body, [part]: damaged });
        expect(await cached.get('/a')).toMatchObject({
          data: 'hello',
          cache: { fromCache: false, stored: true },
        });
        expect(bench().eventTypes()).toEqual(['recordRejected']);
        expect((await cached.get('/a')).cache.hit).toBe(true);
      },
    );
  },
);

describe('12: children of a wrapped instance can neither be used nor wrapped', () => {
  const bench = useBench();

  it.each<[string, AxiosRequestConfig]>([
    ['by itself', {}],
    ['with options of the cache among its defaults', { cache: { expireAfter: 5 } }],
  ])('a child is plain, can be wrapped, and shares what is stored: %s', async (_how, config) => {
    const parent = bench().wrap({}, config);
    await parent.get('/a');
    const child = parent.create();
    expect((await child.get('/a')).data).toBe('hello');
    expect(bench().origin.count()).toBe(2);
    const wrapped = bench().adopt(child);
    expect((await wrapped.get('/a')).cache.hit).toBe(true);
    expect((await parent.get('/a')).cache.hit).toBe(true);
    const grandchild = bench().adopt(wrapped.create());
    expect((await grandchild.get('/a')).cache.hit).toBe(true);
    expect(axios.isAxiosError(await outcome(wrapped.get('/a', { validateStatus: () => false })))).toBe(true);
    expect(bench().origin.count()).toBe(2);
  });
});
