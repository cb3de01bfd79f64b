import { Jitter } from '../../lib/cache/jitter.js';
import { type PreparedRequest } from '../../lib/cache/prepared-request.js';
import { type CachedAxiosInstance, type CacheOptions } from '../../lib/index.js';
import { BACKENDS_UNDER_TEST, useBench } from '../helpers/bench.js';
import { until } from '../helpers/until.js';

describe.each(BACKENDS_UNDER_TEST)('refreshAhead (%s)', (name) => {
  const bench = useBench(name);

  /** An instance whose response, fresh for 100 seconds, has so many left. */
  async function withLeft(seconds: number, options: CacheOptions = {}): Promise<CachedAxiosInstance> {
    bench().answer((_request, count) => ({ body: `answer ${count}` }));
    const http = bench().wrap({ expireAfter: 100, refreshAhead: 0.1, ...options });
    await http.get('/a');
    bench().pass(100 - seconds);
    return http;
  }

  const stored = async (http: CachedAxiosInstance): Promise<unknown> => (await http.get('/a')).data;

  it('answers at once in the last part of the lifetime, and brings it up to date', async () => {
    const http = await withLeft(10);
    const { data, cache } = await http.get('/a');
    expect([data, cache.hit, cache.stale, cache.ttl]).toEqual(['answer 1', true, false, 10]);
    await until(async () => (await stored(http)) === 'answer 2');
    bench().pass(50);
    expect((await http.get('/a')).cache).toMatchObject({ hit: true, stale: false, ttl: 50 });
    expect(bench().origin.count()).toBe(2);
  });

  it('does nothing before that', async () => {
    const http = await withLeft(10.5);
    await stored(http);
    await http.cache.close();
    expect(bench().origin.count()).toBe(1);
  });

  it('asks once for a key at a time', async () => {
    const http = await withLeft(5);
    let answer = (): void => undefined;
    bench().answer(() => new Promise((resolve) => (answer = () => resolve({ body: 'new' }))));
    await Promise.all([stored(http), stored(http)]);
    await until(() => bench().origin.count() === 2);
    expect(await stored(http)).toBe('answer 1');
    answer();
    await until(async () => (await stored(http)) === 'new');
    expect(bench().origin.count()).toBe(2);
  });

  it('leaves what is stored in use when the origin fails, and tells', async () => {
    const http = await withLeft(5);
    bench().answer(() => ({ status: 500 }));
    await stored(http);
    await until(() => bench().eventTypes().includes('backgroundError'));
    expect(await stored(http)).toBe('answer 1');
    expect(bench().origin.count()).toBe(2);
  });

  it.each<[title: string, options: CacheOptions, request: object]>([
    ['what never expires', { expireAfter: -1 }, {}],
    ['a request with refreshAhead: false', {}, { refreshAhead: false }],
    ['onlyIfCached', {}, { onlyIfCached: true }],
    ['offline', {}, { mode: 'offline' }],
    ['readOnly', {}, { readOnly: true }],
  ])('is nothing for %s', async (_title, options, cache) => {
    const http = await withLeft(5, options);
    await http.get('/a', { cache });
    await http.cache.close();
    expect(bench().origin.count()).toBe(1);
  });
});

describe('the share of the jitter', () => {
  const of = (key: string, jitter = 0.5): PreparedRequest =>
    ({
      identity: { key },
      settings: { policy: { refreshAhead: { fraction: 0.1, seconds: undefined, jitter } } },
    }) as PreparedRequest;

  it('is the same each time, and another one for another key or process', () => {
    const jitter = new Jitter(0.3);
    expect(jitter.shareOf(of('a'))).toBe(jitter.shareOf(of('a')));
    expect(jitter.shareOf(of('a'))).not.toBe(jitter.shareOf(of('b')));
    expect(jitter.shareOf(of('a'))).not.toBe(new Jitter(0.31).shareOf(of('a')));
  });

  it('is spread over the whole range', () => {
    const shares = Array.from(
      { length: 1000 },
      (_, process) => new Jitter(process / 1000).shareOf(of('key')) ?? -1,
    );
    for (let part = 0; part < 10; part += 1) {
      const within = shares.filter((share) => share >= part / 10 && share < (part + 1) / 10);
      expect(within.length).toBeGreaterThan(50);
    }
  });

  it('is none without jitter', () => {
    expect(new Jitter().shareOf(of('a', 0))).toBeUndefined();
  });
});
