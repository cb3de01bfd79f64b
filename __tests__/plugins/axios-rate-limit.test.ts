import { type AxiosError, type AxiosInstance, type AxiosResponse } from 'axios';
import rateLimit, { type RateLimitedAxiosInstance, type rateLimitOptions } from 'axios-rate-limit';
import { type CacheOptions, type CachedAxiosInstance } from '../../lib/index.js';
import { deadUrl, useBench } from '../helpers/bench.js';
import { until } from '../helpers/until.js';
import { failureOf, ORDERS, withPlugin } from './set-up.js';

type Limited = RateLimitedAxiosInstance & { getQueue(): readonly unknown[] };

/** Longer than any test: what is over the limit stays in the queue until the test lets it go. */
const AN_HOUR = 3_600_000;

describe.each(ORDERS)('axios-rate-limit, added %s', (order) => {
  const bench = useBench();
  const limited: Limited[] = [];

  beforeEach(() => bench().answer(({ url }, count) => ({ body: `${url} ${count}` })));
  afterEach(() => {
    // Ends the window, and with it the timer that waits for its end.
    for (const http of limited.splice(0)) http.setRateLimitOptions({ maxRequests: 1e6, perMilliseconds: 1 });
  });

  const limiting =
    (options: rateLimitOptions) =>
    (instance: AxiosInstance): void =>
      void limited.push(rateLimit(instance, options) as Limited);

  const withLimit = (
    options: rateLimitOptions,
    cacheOptions: CacheOptions = {},
  ): CachedAxiosInstance & Limited =>
    withPlugin(bench(), order, limiting(options), cacheOptions) as CachedAxiosInstance & Limited;

  const perHour = (maxRequests: number): rateLimitOptions => ({ maxRequests, perMilliseconds: AN_HOUR });

  /** Lets everything happen that can happen without the clock. */
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  };

  it('limits misses as it does without a cache', async () => {
    const plain = bench().plain();
    limiting(perHour(2))(plain);
    for (const http of [plain as Limited, withLimit(perHour(2))]) {
      const urls = ['/a', '/b', '/c'];
      const answers = urls.map((url) => http.get(url));
      await Promise.all(answers.slice(0, 2));
      await settle();
      expect(http.getQueue()).toHaveLength(1);
      expect(
        bench()
          .origin.requests.splice(0)
          .map(({ url }) => url),
      ).toEqual(['/a', '/b']);
      http.setRateLimitOptions(perHour(9));
      await Promise.all(answers);
      expect(
        bench()
          .origin.requests.splice(0)
          .map(({ url }) => url),
      ).toEqual(['/c']);
    }
  });

  it('counts hits, too: it works above the adapter, and cannot know whether a request will leave the process', async () => {
    const http = withLimit(perHour(2));
    await http.get('/a');
    expect((await http.get('/a')).cache.fromCache).toBe(true);
    const third = http.get('/a');
    await until(() => http.getQueue().length === 1);
    await settle();
    expect(http.getQueue()).toHaveLength(1);
    http.setRateLimitOptions(perHour(9));
    expect((await third).cache.fromCache).toBe(true);
    expect(bench().origin.count()).toBe(1);
  });

  it('gives the slot of a hit back, where it is told to count misses only', async () => {
    const counted = {
      ...perHour(2),
      shouldCountRequest: (_config: unknown, response: AxiosResponse) => !response.cache.fromCache,
    };
    const http = withLimit(counted);
    await http.get('/a');
    for (let turn = 0; turn < 10; turn += 1) expect((await http.get('/a')).cache.fromCache).toBe(true);
    await http.get('/b');
    const overLimit = http.get('/c');
    await until(() => http.getQueue().length === 1);
    await settle();
    expect(bench().origin.requests.map(({ url }) => url)).toEqual(['/a', '/b']);
    http.setRateLimitOptions(counted);
    expect((await overLimit).data).toBe('/c 1');
  });

  it('nothing hangs: many at once, hits and misses and failures, all end', async () => {
    bench().answer(({ url }) => (url === '/bad' ? { status: 500 } : { body: url }));
    const http = withLimit({ maxRequests: 3, perMilliseconds: 1 });
    const dead = await deadUrl();
    const requests = Array.from({ length: 30 }, (_, index): Promise<unknown> => {
      if (index % 5 === 3) return http.get('/bad');
      if (index % 5 === 4) return http.get(`${dead}/a`);
      return http.get(`/${index % 3}`);
    });
    const ends = await Promise.allSettled(requests);
    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(18);
    const statuses = ends.map((end) => end.status === 'rejected' && (end.reason as AxiosError).code);
    expect(statuses.filter((code) => code === 'ERR_BAD_RESPONSE')).toHaveLength(6);
    expect(statuses.filter((code) => code === 'ECONNREFUSED')).toHaveLength(6);
    expect(http.getQueue()).toHaveLength(0);
  });

  it('a request that is aborted in the queue never reaches cache or origin', async () => {
    const http = withLimit(perHour(1));
    await http.get('/a');
    const controller = new AbortController();
    const waiting = failureOf(http.get('/b', { signal: controller.signal }));
    await until(() => http.getQueue().length === 1);
    controller.abort(new Error('no longer wanted'));
    http.setRateLimitOptions(perHour(1));
    expect((await waiting).message).toBe('no longer wanted');
    expect(bench().origin.count('/b')).toBe(0);
    expect(await http.cache.count()).toBe(1);
  });

  it('does not see what the cache asks on its own in the background', async () => {
    const http = withLimit(perHour(2), { expireAfter: 1, staleWhileRevalidate: true });
    await http.get('/a');
    bench().pass(2);
    expect((await http.get('/a')).data).toBe('/a 1');
    await until(() => bench().origin.count() === 2);
    expect(http.getQueue()).toHaveLength(0);
  });

  it('the methods that it adds to the instance work beside those of the cache', async () => {
    const http = withLimit({ maxRPS: 4 });
    expect(http.getMaxRPS()).toBe(4);
    http.setMaxRPS(7);
    expect(http.getMaxRPS()).toBe(7);
    await http.get('/a');
    http.cache.detach();
    expect((await http.get('/a')).data).toBe('/a 2');
  });
});
