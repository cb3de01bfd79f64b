import { type CacheEvent, type CachedAxiosInstance } from '../../lib/index.js';
import { BACKENDS_UNDER_TEST, deadUrl, useBench } from '../helpers/bench.js';
import { faultyBackend } from '../helpers/faulty-backend.js';
import { until } from '../helpers/until.js';

describe.each(BACKENDS_UNDER_TEST)('staleWhileRevalidate (%s)', (name) => {
  const bench = useBench(name);

  /** An instance with a response that has become stale `staleness` seconds ago. */
  async function withStale(options: object = {}, headers = {}, staleness = 10): Promise<CachedAxiosInstance> {
    bench().answer((_request, count) => ({
      headers: { etag: `"${count}"`, ...headers },
      body: `answer ${count}`,
    }));
    const http = bench().wrap({ expireAfter: 60, staleWhileRevalidate: true, autoclose: false, ...options });
    await http.get('/a');
    bench().pass(60 + staleness);
    return http;
  }

  /** Waits until nothing runs in the background, by closing; the next instance has the same store. */
  async function settled(http: CachedAxiosInstance): Promise<void> {
    await http.cache.close();
  }

  it('answers at once, before the origin has', async () => {
    const http = await withStale();
    let answerOrigin = (): void => undefined;
    bench().answer(() => new Promise((resolve) => (answerOrigin = () => resolve({ body: 'new' }))));
    const stale = await http.get('/a');
    expect(stale).toMatchObject({ data: 'answer 1', status: 200 });
    expect(stale.cache).toMatchObject({
      fromCache: true,
      hit: true,
      stale: true,
      isExpired: true,
      stored: false,
    });
    await until(() => bench().origin.count() === 2);
    answerOrigin();
    await settled(http);
    expect(await bench().wrap().get('/a')).toMatchObject({
      data: 'new',
      cache: { fromCache: true, stale: false },
    });
    expect(bench().origin.count()).toBe(2);
  });

  it('sends validators, and takes a 304', async () => {
    const http = await withStale();
    bench().answer(() => ({ status: 304 }));
    expect((await http.get('/a')).data).toBe('answer 1');
    await settled(http);
    expect(bench().origin.last.headers['if-none-match']).toBe('"1"');
    expect(await bench().wrap({ expireAfter: 60 }).get('/a')).toMatchObject({
      data: 'answer 1',
      cache: { hit: true, ttl: 60, stale: false },
    });
  });

  it('asks once, however many read meanwhile', async () => {
    const http = await withStale();
    const answers = await Promise.all(Array.from({ length: 8 }, () => http.get<string>('/a')));
    expect(answers.map(({ data }) => data)).toEqual(Array.from({ length: 8 }, () => 'answer 1'));
    await settled(http);
    expect(bench().origin.count()).toBe(2);
    expect(bench().events).toEqual([]);
  });

  it('asks for each URL by itself', async () => {
    const http = await withStale();
    await http.get('/b');
    bench().pass(70);
    await Promise.all([http.get('/a'), http.get('/b'), http.get('/a'), http.get('/b')]);
    await settled(http);
    expect([bench().origin.count('/a'), bench().origin.count('/b')]).toEqual([2, 2]);
  });

  it('waits for the origin past its window', async () => {
    const http = await withStale({ staleWhileRevalidate: 10 }, {}, 9.999);
    expect((await http.get('/a', { cache: { readOnly: true } })).data).toBe('answer 1');
    bench().pass(0.001);
    expect((await http.get('/a')).data).not.toBe('answer 1');
    await settled(http);
  });

  it('does not apply to refresh, nor to what alwaysRevalidate asks about', async () => {
    const http = await withStale();
    expect((await http.get('/a', { cache: { refresh: true } })).data).toBe('answer 2');
    bench().pass(70);
    expect((await http.get('/a', { cache: { alwaysRevalidate: true } })).data).toBe('answer 3');
  });

  it('may be a directive of the response, of the request, or be forbidden for one request', async () => {
    const http = await withStale(
      { staleWhileRevalidate: false, cacheControl: true },
      { 'cache-control': 'max-age=60, stale-while-revalidate=20' },
    );
    expect((await http.get('/a', { cache: { staleWhileRevalidate: false, readOnly: true } })).data).toBe(
      'answer 2',
    );
    expect((await http.get('/a')).data).toBe('answer 1');
    await settled(http);
    const plain = await withStale({ staleWhileRevalidate: false });
    const directive = { headers: { 'cache-control': 'stale-while-revalidate=20' } };
    expect((await plain.get('/a', directive)).cache.stale).toBe(true);
    await settled(plain);
  });

  it('asks nothing in the background of a cache that may only be read', async () => {
    const http = await withStale({ readOnly: false });
    expect((await http.get('/a', { cache: { readOnly: true } })).cache.stale).toBe(true);
    await settled(http);
    expect(bench().origin.count()).toBe(1);
  });

  it("is not disturbed by the caller's abort", async () => {
    const http = await withStale();
    const controller = new AbortController();
    await http.get('/a', { signal: controller.signal });
    controller.abort();
    await settled(http);
    expect((await bench().wrap().get('/a')).data).toBe('answer 2');
    expect(bench().events).toEqual([]);
  });

  it('sends nothing of the cache, and does not touch the config of the caller', async () => {
    const http = await withStale();
    const { config } = await http.get('/a');
    const shown = { ...config.headers };
    await settled(http);
    expect({ ...config.headers }).toEqual(shown);
    expect(Object.keys(bench().origin.last.headers)).not.toContain('cache');
  });
});

describe('a refresh in the background that fails', () => {
  const bench = useBench();

  const backgroundErrors = (): (CacheEvent & { type: 'backgroundError' })[] =>
    bench().events.filter((event) => event.type === 'backgroundError');

  async function withStale(options: object = {}): Promise<CachedAxiosInstance> {
    const http = bench().wrap({ expireAfter: 60, staleWhileRevalidate: true, ...options });
    await http.get('/a');
    bench().pass(61);
    return http;
  }

  it('tells, pauses longer each time, and goes on serving', async () => {
    const http = await withStale();
    bench().answer(() => ({ status: 500 }));
    expect((await http.get('/a')).data).toBe('hello');
    await until(() => backgroundErrors().length === 1);
    expect(backgroundErrors()[0]?.key).toBe((await http.get('/a')).cache.key);
    for (const [failures, pause] of [
      [1, 1],
      [2, 2],
      [3, 4],
    ] as const) {
      expect(bench().origin.count()).toBe(1 + failures);
      bench().pass(pause - 0.001);
      expect((await http.get('/a')).data).toBe('hello');
      expect(bench().origin.count()).toBe(1 + failures);
      bench().pass(0.001);
      expect((await http.get('/a')).data).toBe('hello');
      await until(() => backgroundErrors().length === failures + 1);
    }
  });

  it('is one also where staleIfError would have an answer', async () => {
    const http = await withStale({ staleIfError: true });
    bench().answer(() => ({ status: 500 }));
    expect((await http.get('/a')).data).toBe('hello');
    await http.cache.close();
    expect(bench().eventTypes()).toEqual(['backgroundError']);
  });

  it('recovers, and then pauses no more', async () => {
    const http = await withStale();
    bench().answer(() => ({ status: 500 }));
    await http.get('/a');
    await until(() => backgroundErrors().length === 1);
    bench().pass(2);
    bench().answer(() => ({ body: 'new' }));
    await http.get('/a');
    await until(() => bench().origin.count() === 3);
    await http.cache.close();
    const again = bench().wrap();
    expect(await again.get('/a')).toMatchObject({ cache: { fromCache: false } });
  });

  it.each(['a closed port', 'a reset connection'])('tells of %s', async (failure) => {
    const http = await withStale();
    const dead = await deadUrl();
    bench().answer(() => (_request, response) => response.destroy());
    const adapter = (config: object) =>
      bench()
        .plain()
        .request({ ...config, ...(failure === 'a closed port' ? { baseURL: dead } : {}), adapter: 'http' });
    expect((await http.get('/a', { adapter })).data).toBe('hello');
    await http.cache.close();
    expect(backgroundErrors()).toHaveLength(1);
    expect(backgroundErrors()[0]?.error).toMatchObject({ isAxiosError: true });
  });

  it('by 404 deletes what is stored: the next caller hears of it', async () => {
    const http = await withStale();
    bench().answer(() => ({ status: 404 }));
    expect((await http.get('/a')).data).toBe('hello');
    await until(() => bench().origin.count() === 2);
    let status = 200;
    await until(async () => {
      ({ status } = await http.get('/a', { validateStatus: null }));
      return status !== 200;
    });
    expect(status).toBe(404);
    expect(await http.cache.count()).toBe(0);
  });

  it('does not count as one when storage fails meanwhile', async () => {
    let isDown = false;
    const backend = faultyBackend(bench().backend, (method) => {
      if (isDown && method === 'put') throw new Error('full');
    });
    const http = await withStale({ backend });
    isDown = true;
    expect((await http.get('/a')).data).toBe('hello');
    await http.cache.close();
    expect(bench().eventTypes()).toEqual(['backendError']);
  });

  it('does not keep close() from closing', async () => {
    const http = await withStale();
    bench().answer(() => new Promise((resolve) => setImmediate(() => resolve({ status: 500 }))));
    await http.get('/a');
    await http.cache.close();
    expect(backgroundErrors()).toHaveLength(1);
  });
});
