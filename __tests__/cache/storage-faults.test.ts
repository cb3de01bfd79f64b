import { type CacheOptions, initBackend } from '../../lib/index.js';
import { type Backend } from '../../lib/storage/backend.js';
import { useBench } from '../helpers/bench.js';
import { faultyBackend } from '../helpers/faulty-backend.js';

type Method = keyof Backend;
type Fault = (method: Method) => unknown;

const FAULTS: readonly [how: string, fault: Fault][] = [
  [
    'throws',
    () => {
      throw new Error('disk on fire');
    },
  ],
  ['rejects', () => Promise.reject(new Error('disk on fire'))],
  // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
  ['rejects with nothing', () => Promise.reject(undefined)],
  ['hangs', () => new Promise(() => undefined)],
  ['answers null', () => null],
  ['answers nonsense', () => 'nonsense'],
  ['answers a promise of nonsense', () => Promise.resolve({ some: 'thing' })],
];

const METHODS: readonly Method[] = ['get', 'body', 'put', 'replaceHead', 'delete', 'deleteResource', 'prune'];

describe.each(FAULTS)('a backend that %s', (how, fault) => {
  const bench = useBench();

  /** Everything a request can make of storage: miss, hit, 304, large variants, supersession, invalidation. */
  async function exercise(faulty: readonly Method[]): Promise<void> {
    let isDown = false;
    const backend = faultyBackend(initBackend('m', 'memory'), (method) =>
      isDown && faulty.includes(method) ? fault(method) : undefined,
    );
    const options: CacheOptions = { backend, expireAfter: 10, storageTimeout: '5ms' };
    const http = bench().wrap(options, { validateStatus: null });
    bench().answer(({ url, headers }) => ({
      status: headers['if-none-match'] === undefined ? (url === '/gone' ? 404 : 200) : 304,
      headers: { etag: `"${url}"`, vary: 'X-Mode' },
      body: `body of ${url}`,
    }));
    for (const url of ['/hit', '/gone']) await http.get(url, { cache: { allowableCodes: [200, 404] } });
    isDown = true;
    for (const url of ['/hit', '/miss', '/gone']) {
      for (const cache of [{}, { refresh: true }, { forceRefresh: true }]) {
        expect((await http.get(url, { cache })).data).toBe(`body of ${url}`);
      }
    }
    expect((await http.post('/hit')).data).toBe('body of /hit');
    expect((await http.get('/hit', { cache: { filterFn: () => false } })).data).toBe('body of /hit');
    bench().pass(11);
    expect((await http.get('/hit', { cache: { staleWhileRevalidate: true } })).data).toBe('body of /hit');
    isDown = false;
    bench().pass(31);
    expect((await http.get('/after')).cache.stored).toBe(true);
    expect((await http.get('/after')).cache.hit).toBe(true);
  }

  it.each(METHODS)('at %s: every request is answered as if there were no storage', async (method) => {
    await exercise([method]);
    const types = new Set(bench().eventTypes());
    types.delete('breakerOpen');
    types.delete('breakerClose');
    expect([...types].every((type) => type === 'backendError')).toBe(true);
  });

  it('at everything: every request is answered as if there were no storage', () => exercise(METHODS));

  it('tells which call failed, and why', async () => {
    const backend = faultyBackend(initBackend('m', 'memory'), (method) =>
      method === 'get' ? fault(method) : undefined,
    );
    const http = bench().wrap({ backend, storageTimeout: '5ms' });
    const { data, cache } = await http.get('/a');
    expect(data).toBe('hello');
    expect(cache).toMatchObject({ fromCache: false, stored: true });
    expect(cache.reason).toContain('storage failed');
    expect(bench().events).toMatchObject([
      { type: 'backendError', backend: 'memory', operation: 'get', key: cache.key },
    ]);
    const [event] = bench().events;
    const code = how === 'hangs' ? 'ERR_CACHE_BACKEND_TIMEOUT' : 'ERR_CACHE_BACKEND';
    expect(event).toMatchObject({ error: { code, name: 'BackendError' } });
  });
});

describe('a write that fails', () => {
  const bench = useBench();

  it('counts as not stored', async () => {
    const backend = faultyBackend(bench().backend, (method) =>
      method === 'put' ? Promise.reject(new Error('full')) : undefined,
    );
    const { data, cache } = await bench().wrap({ backend }).get('/a');
    expect([data, cache.stored, cache.fromCache]).toEqual(['hello', false, false]);
    expect(cache.reason).toContain('storage failed');
    expect([cache.createdAt, cache.expiresAt, cache.ttl]).toEqual([undefined, undefined, undefined]);
  });

  it('does not keep the request waiting for longer than storageTimeout', async () => {
    const backend = faultyBackend(bench().backend, (method) =>
      method === 'put' ? new Promise(() => undefined) : undefined,
    );
    const http = bench().wrap({ backend, storageTimeout: '5ms' });
    expect((await http.get('/a')).data).toBe('hello');
    expect(bench().events).toMatchObject([
      { operation: 'put', error: { code: 'ERR_CACHE_BACKEND_TIMEOUT' } },
    ]);
  });

  it('of a body that is too large is no fault: it is not stored, and ends the older one', async () => {
    bench().answer((_request, count) => ({ body: 'x'.repeat(count === 1 ? 10 : 5000) }));
    const http = bench().wrap({ backend: { name: 'memory', maxEntryBytes: 2000 }, expireAfter: 10 });
    expect((await http.get('/a')).cache.stored).toBe(true);
    bench().pass(11);
    const large = await http.get<string>('/a');
    expect([large.data.length, large.cache.stored]).toEqual([5000, false]);
    expect(await http.cache.count()).toBe(0);
    expect(bench().events).toEqual([]);
  });
});

describe('the circuit breaker', () => {
  const bench = useBench();

  it('stops asking for a while, tells, and tries again', async () => {
    let isDown = true;
    const asked: Method[] = [];
    const backend = faultyBackend(initBackend('m', 'memory'), (method) => {
      asked.push(method);
      if (isDown) throw new Error('down');
    });
    const http = bench().wrap({ backend });
    for (let turn = 0; turn < 20; turn += 1) expect((await http.get('/a')).data).toBe('hello');
    const asks = asked.length;
    expect(asks).toBeLessThan(20);
    expect(
      bench()
        .eventTypes()
        .filter((type) => type === 'breakerOpen'),
    ).toHaveLength(2);
    await http.get('/a');
    expect(asked).toHaveLength(asks);
    isDown = false;
    bench().pass(30);
    expect((await http.get('/a')).cache.stored).toBe(true);
    expect((await http.get('/a')).cache.hit).toBe(true);
    expect(
      bench()
        .eventTypes()
        .filter((type) => type === 'breakerClose'),
    ).toHaveLength(2);
  });

  it('lets hits go on when only writing fails', async () => {
    let isFull = false;
    const backend = faultyBackend(initBackend('m', 'memory'), (method) => {
      if (isFull && method === 'put') throw new Error('full');
    });
    const http = bench().wrap({ backend });
    await http.get('/stored');
    isFull = true;
    for (let turn = 0; turn < 10; turn += 1) await http.get(`/${turn}`);
    expect((await http.get('/stored')).cache.hit).toBe(true);
  });
});

describe('listeners that throw', () => {
  const bench = useBench();

  it('disturb neither the request nor other listeners', async () => {
    const backend = faultyBackend(bench().backend, (method) =>
      method === 'get' ? Promise.reject(new Error('x')) : undefined,
    );
    const http = bench().wrap({ backend });
    const heard: string[] = [];
    const failing = (): never => {
      throw new Error('listener');
    };
    http.cache.on('backendError', failing).on('backendError', ({ operation }) => heard.push(operation));
    expect((await http.get('/a')).data).toBe('hello');
    http.cache.off('backendError', failing);
    expect((await http.get('/b')).data).toBe('hello');
    expect(heard).toEqual(['get', 'get']);
  });
});
