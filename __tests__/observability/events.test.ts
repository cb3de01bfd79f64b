import diagnostics from 'node:diagnostics_channel';
import {
  type BackendSpec,
  type CacheEvent,
  type CacheEventName,
  type CachedAxiosInstance,
} from '../../lib/index.js';
import { deadUrl, LOCAL_BACKENDS, useBench } from '../helpers/bench.js';
import { until } from '../helpers/until.js';

const NAMES = ['hit', 'miss', 'revalidate', 'bypass', 'store', 'refresh', 'invalidate', 'evict'] as const;

/** All that is told of now on, without what errors tell. */
function listen(http: CachedAxiosInstance): CacheEvent[] {
  const events: CacheEvent[] = [];
  for (const name of NAMES) http.cache.on(name, (event) => events.push(event));
  return events;
}

const types = (events: readonly CacheEvent[]): readonly CacheEventName[] => events.map(({ type }) => type);

describe('events of requests', () => {
  const bench = useBench('memory');

  it('a miss is told with its caller’s response.cache, and that it was stored; then a hit', async () => {
    bench().answer(() => ({ body: 'abc' }));
    const http = bench().wrap({ expireAfter: 60 });
    const events = listen(http);
    const first = await http.get('/a?token=secret&b=1');
    const second = await http.get('/a?token=secret&b=1');
    const url = `${bench().origin.url}/a?b=1&token=REDACTED`;
    expect(events).toEqual([
      { type: 'miss', method: 'GET', url, cache: first.cache },
      {
        type: 'store',
        key: first.cache.key,
        variant: '',
        method: 'GET',
        url,
        status: 200,
        bytes: 3,
        expiresAt: new Date(bench().clock.now() + 60_000),
        background: false,
      },
      { type: 'hit', method: 'GET', url, cache: second.cache },
    ]);
    expect((events[0] as { cache: unknown }).cache).toBe(first.cache);
    expect((events[2] as { cache: unknown }).cache).toBe(second.cache);
  });

  it('a 304 is a revalidation, which is stored', async () => {
    bench().answer((request) =>
      request.headers['if-none-match'] === '"v"'
        ? { status: 304 }
        : { headers: { etag: '"v"' }, body: 'abc' },
    );
    const http = bench().wrap({ expireAfter: 60 });
    await http.get('/a');
    bench().pass(61);
    const events = listen(http);
    const { cache } = await http.get('/a');
    expect(types(events)).toEqual(['revalidate', 'store']);
    expect(events[0]).toMatchObject({ cache });
    expect(cache.rule).toBe('stale');
  });

  it('of a stream is told when it has ended and is stored', async () => {
    bench().answer(() => ({ body: 'abc' }));
    const http = bench().wrap();
    const events = listen(http);
    const response = await http.get<NodeJS.ReadableStream>('/a', { responseType: 'stream' });
    expect(types(events)).toEqual(['miss']);
    for await (const chunk of response.data) void chunk;
    await until(() => events.length === 2);
    expect(types(events)).toEqual(['miss', 'store']);
  });

  it('of a refresh in the background', async () => {
    let version = 0;
    bench().answer(() => ({ body: `v${++version}` }));
    const http = bench().wrap({ expireAfter: 60, staleWhileRevalidate: true });
    await http.get('/a');
    bench().pass(61);
    const events = listen(http);
    const { cache } = await http.get('/a');
    await until(() => events.length === 3);
    expect(types(events)).toEqual(['hit', 'store', 'refresh']);
    expect(events[1]).toMatchObject({ background: true });
    expect(events[2]).toEqual({
      type: 'refresh',
      key: cache.key,
      url: `${bench().origin.url}/a`,
      fwdStatus: 200,
    });
  });

  it.each<[string, object, string]>([
    ['cache: false', { cache: false }, 'disabled'],
    ['an unsafe method', { method: 'PUT' }, 'method'],
    ['a POST that may be kept', { method: 'POST', cache: { cacheControl: true } }, 'method'],
    ['no-store', { headers: { 'Cache-Control': 'no-store' } }, 'request-no-store'],
    ['a condition for the origin', { headers: { 'If-Match': '"a"' } }, 'request-precondition'],
    ['several ranges', { headers: { Range: 'bytes=0-1,3-4' } }, 'request-range'],
    ['do-not-cache', { cache: { expireAfter: 'do-not-cache' } }, 'do-not-cache'],
    [
      'only-if-cached, and not cacheable',
      { method: 'PUT', cache: { onlyIfCached: true }, validateStatus: null },
      'method',
    ],
  ])('%s is a bypass', async (_title, config, rule) => {
    bench().answer(() => ({ body: 'abc' }));
    const http = bench().wrap();
    const events = listen(http);
    await http.request({ url: '/a?api_key=1', ...config });
    expect(types(events)).toEqual(['bypass']);
    expect(events[0]).toMatchObject({
      url: `${bench().origin.url}/a?api_key=REDACTED`,
      cache: { rule, key: undefined },
    });
  });

  it('what an unsafe request has deleted is told, with its URLs; nothing where nothing was stored', async () => {
    bench().answer(() => ({ body: 'abc' }));
    const http = bench().wrap();
    await http.get('/a?token=secret');
    await http.head('/a?token=secret');
    const events = listen(http);
    await http.put('/a?token=secret');
    await http.put('/b');
    expect(types(events)).toEqual(['invalidate', 'bypass', 'bypass']);
    expect(events[0]).toEqual({
      type: 'invalidate',
      method: 'PUT',
      urls: [`${bench().origin.url}/a?token=REDACTED`],
      tags: [],
      count: 2,
    });
  });

  it('each of several that waited for one request is told; one of them was stored', async () => {
    bench().answer(() => ({ body: 'abc' }));
    const http = bench().wrap();
    const events = listen(http);
    const caches = (await Promise.all([http.get('/a'), http.get('/a'), http.get('/a')])).map(
      ({ cache }) => cache,
    );
    expect(types(events).filter((type) => type === 'miss')).toHaveLength(3);
    expect(types(events).filter((type) => type === 'store')).toHaveLength(1);
    expect(caches.filter(({ collapsed }) => collapsed)).toHaveLength(2);
  });

  it('a listener that throws or rejects does no harm', async () => {
    bench().answer(() => ({ body: 'abc' }));
    const http = bench().wrap();
    const heard: string[] = [];
    http.cache.on('miss', () => {
      throw new Error('thrown');
    });
    http.cache.on('miss', () => Promise.reject(new Error('rejected')) as never);
    http.cache.on('miss', ({ type }) => heard.push(type));
    await expect(http.get('/a')).resolves.toMatchObject({ data: 'abc' });
    expect(heard).toEqual(['miss']);
  });

  it('off() ends it; a name that does not exist is refused', async () => {
    bench().answer(() => ({ body: 'abc' }));
    const http = bench().wrap();
    const heard: string[] = [];
    const listener = ({ type }: CacheEvent): unknown => heard.push(type);
    http.cache.on('hit', listener).on('miss', listener).off('hit', listener);
    await http.get('/a');
    await http.get('/a');
    expect(heard).toEqual(['miss']);
    expect(() => http.cache.on('hits' as 'hit', listener)).toThrow(/name.*hits.*hit, miss/s);
  });
});

describe.each(LOCAL_BACKENDS)('evictions (%s)', (name) => {
  const bench = useBench(name);

  it('are told and counted when limits are kept, not when somebody deletes', async () => {
    bench().answer(() => ({ body: 'abc' }));
    const http = bench().wrap({
      cacheName: bench().file,
      backend: { name, maxEntries: 2 } as BackendSpec,
    });
    const events = listen(http);
    for (const path of ['/a', '/b', '/c', '/d']) await http.get(path);
    await http.get('/d', { cache: { forceRefresh: true } });
    await http.cache.clear();
    const evictions = events.filter((event) => event.type === 'evict');
    expect(evictions.reduce((sum, { count }) => sum + count, 0)).toBe(2);
    expect(evictions[0]).toEqual({ type: 'evict', backend: name, cause: 'limits', count: 1 });
    expect(http.cache.stats().evicted).toBe(2);
    await http.cache.close();
  });

  it('are told when records are pruned that nothing can use any more', async () => {
    bench().answer(() => ({ body: 'abc' }));
    const http = bench().wrap({ expireAfter: 60 });
    await http.get('/a');
    bench().pass(61);
    const another = bench().wrap({ expireAfter: 60 });
    const events = listen(another);
    // The first write of a cache prunes.
    await another.get('/b');
    await until(() => events.some(({ type }) => type === 'evict'));
    expect(events.at(-1)).toEqual({ type: 'evict', backend: name, cause: 'expired', count: 1 });
  });
});

describe('channels of node:diagnostics_channel', () => {
  const bench = useBench('memory');

  it('have every event, of every cache', async () => {
    bench().answer(() => ({ body: 'abc' }));
    const heard: unknown[] = [];
    const subscriber = (message: unknown): unknown => heard.push(message);
    for (const name of NAMES) diagnostics.subscribe(`axios-persistent-cache:${name}`, subscriber);
    try {
      const http = bench().wrap();
      const { cache } = await http.get('/a');
      await bench().wrap().get('/a');
      expect(types(heard as CacheEvent[])).toEqual(['miss', 'store', 'hit']);
      expect(heard[0]).toMatchObject({ method: 'GET', cache });
    } finally {
      for (const name of NAMES) diagnostics.unsubscribe(`axios-persistent-cache:${name}`, subscriber);
    }
    await bench().wrap().get('/a');
    expect(heard).toHaveLength(3);
  });

  it('a tracing channel has the beginning and the end of each request, and the asynchronous context of its caller', async () => {
    bench().answer(() => ({ body: 'abc' }));
    const heard: [string, Record<string, unknown>][] = [];
    const note =
      (name: string) =>
      (message: unknown): unknown =>
        heard.push([name, message as Record<string, unknown>]);
    const subscribers = {
      start: note('start'),
      end: note('end'),
      asyncStart: note('asyncStart'),
      asyncEnd: note('asyncEnd'),
      error: note('error'),
    };
    const channel = diagnostics.tracingChannel('axios-persistent-cache:request');
    channel.subscribe(subscribers);
    const http = bench().wrap();
    try {
      const { cache } = await http.get('/a');
      expect(heard.map(([name]) => name)).toEqual(['start', 'end', 'asyncStart', 'asyncEnd']);
      const context = heard[0]?.[1];
      expect(context).toMatchObject({ config: { url: '/a' }, result: { status: 200 } });
      expect((context?.['result'] as { cache: unknown }).cache).toBe(cache);
      heard.length = 0;
      const failing = await deadUrl();
      await expect(http.get('/b', { baseURL: failing })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
      expect(heard.map(([name]) => name)).toEqual(['start', 'end', 'error', 'asyncStart', 'asyncEnd']);
      expect(heard[0]?.[1]).toMatchObject({ error: { code: 'ECONNREFUSED' } });
    } finally {
      channel.unsubscribe(subscribers);
    }
    heard.length = 0;
    await http.get('/a');
    expect(heard).toEqual([]);
  });
});
