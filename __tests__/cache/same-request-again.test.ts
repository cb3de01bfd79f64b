import { type CachedAxiosInstance, type CacheOptions } from '../../lib/index.js';
import { BACKENDS_UNDER_TEST, useBench } from '../helpers/bench.js';

// What is known of a request that comes again must never outlive what it was made of.
describe.each(BACKENDS_UNDER_TEST)('the same request again and again (%s)', (name) => {
  const bench = useBench(name);

  /** Answers by number, and has asked for the first of them three times. */
  async function asked(options: CacheOptions = {}): Promise<CachedAxiosInstance> {
    bench().answer((_request, count) => ({ body: `answer ${count}`, headers: { etag: `"${count}"` } }));
    const http = bench().wrap({ expireAfter: 100, ...options });
    for (let time = 0; time < 3; time++) expect(await shown(http)).toBe('answer 1');
    return http;
  }

  const shown = async (http: CachedAxiosInstance, url = '/a'): Promise<unknown> => (await http.get(url)).data;

  it('tells its age and its freshness as they are', async () => {
    const http = await asked();
    const seen: unknown[] = [];
    for (const seconds of [0, 40, 59]) {
      bench().pass(seconds);
      const { cache, headers } = await http.get('/a');
      seen.push([cache.hit, cache.age, cache.ttl, cache.rule, cache.reason, headers['age']]);
    }
    expect(seen).toEqual([
      [true, 0, 100, 'fresh', 'fresh for 100 s more', undefined],
      [true, 40, 60, 'fresh', 'fresh for 60 s more', undefined],
      [true, 99, 1, 'fresh', 'fresh for 1 s more', undefined],
    ]);
  });

  it('asks the origin as soon as it is stale, also when the clock was set back in between', async () => {
    const http = await asked();
    bench().pass(-50);
    expect((await http.get('/a')).cache).toMatchObject({ hit: true, ttl: 150 });
    bench().pass(150);
    const { data, cache } = await http.get('/a');
    expect([data, cache.fwd, cache.rule]).toEqual(['answer 2', 'stale', 'stale']);
    expect((await http.get('/a')).cache).toMatchObject({ hit: true, ttl: 100 });
  });

  it.each<[title: string, change: (http: CachedAxiosInstance) => Promise<unknown>]>([
    ['was deleted', (http) => http.cache.deleteUrl(`${bench().origin.url}/a`)],
    ['was cleared', (http) => http.cache.clear()],
    ['was refreshed', (http) => http.get('/a', { cache: { forceRefresh: true } })],
    [
      'was refreshed by another instance',
      () =>
        bench()
          .wrap()
          .get('/a', { cache: { forceRefresh: true } }),
    ],
    ['was invalidated', (http) => http.post('/a', {})],
    ['was made stale', (http) => http.cache.resetExpiration(0)],
  ])('finds out that what is stored %s', async (_title, change) => {
    const http = await asked();
    await change(http);
    expect(await shown(http)).not.toBe('answer 1');
  });

  it('finds out that what is stored lives longer now', async () => {
    const http = await asked();
    await http.cache.resetExpiration(1000);
    expect((await http.get('/a')).cache).toMatchObject({ hit: true, ttl: 1000 });
  });

  it('asks a filter each time', async () => {
    const asked: boolean[] = [];
    bench().answer((_request, count) => ({ body: `answer ${count}` }));
    const filterFn: CacheOptions['filterFn'] = ({ fromCache }) => {
      asked.push(fromCache);
      return asked.length < 4;
    };
    const http = bench().wrap({ expireAfter: 100, filterFn });
    const seen: unknown[] = [];
    for (let time = 0; time < 4; time++) seen.push(await shown(http));
    expect(seen).toEqual(['answer 1', 'answer 1', 'answer 1', 'answer 2']);
    expect(asked).toEqual([false, true, true, true, false]);
  });

  it('looks at its directives each time', async () => {
    const http = await asked();
    const picky = { headers: { 'Cache-Control': 'max-age=10' } };
    for (const [seconds, hit] of [
      [0, true],
      [10, true],
      [1, false],
    ] as const) {
      bench().pass(seconds);
      expect([seconds, (await http.get('/a', picky)).cache.hit]).toEqual([seconds, hit]);
    }
  });

  it('is not taken for another one with other fields, of another variant', async () => {
    bench().answer(({ headers }, count) => ({
      body: `${String(headers['accept-language'])} ${count}`,
      headers: { vary: 'Accept-Language' },
    }));
    const http = bench().wrap({ expireAfter: 100 });
    const inLanguage = async (language: string): Promise<unknown> =>
      (await http.get('/a', { headers: { 'Accept-Language': language } })).data;
    const seen: unknown[] = [];
    for (const language of ['de', 'fr', 'de', 'fr', 'fr', 'de', 'de']) seen.push(await inLanguage(language));
    expect(seen).toEqual(['de 1', 'fr 2', 'de 1', 'fr 2', 'fr 2', 'de 1', 'de 1']);
  });

  it('gives each caller data and header fields of its own', async () => {
    bench().answer(() => ({ body: '{"list":[1]}', headers: { 'content-type': 'application/json' } }));
    const http = bench().wrap({ expireAfter: 100 });
    for (let time = 0; time < 4; time++) {
      const { data, headers } = await http.get<{ list: number[] }>('/a');
      expect([data, headers['x-own']]).toEqual([{ list: [1] }, undefined]);
      data.list.push(2);
      headers['x-own'] = 'changed';
    }
  });
});
