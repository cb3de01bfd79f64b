import { type AxiosResponse } from 'axios';
import { useBench } from '../helpers/bench.js';

describe('the header field Cache-Status', () => {
  const bench = useBench('memory');

  it('is not there by default', async () => {
    bench().answer(() => ({ body: 'abc' }));
    const http = bench().wrap();
    expect((await http.get('/a')).headers['cache-status']).toBeUndefined();
  });

  it('says what became of a request, after what others have said, and is not stored', async () => {
    bench().answer(() => ({ headers: { 'Cache-Status': 'CDN; hit; ttl=9' }, body: 'abc' }));
    const http = bench().wrap({ cacheStatus: true, expireAfter: 60 });
    const status = async (config = {}): Promise<unknown> =>
      (await http.get('/a', config)).headers['cache-status'];
    expect(await status()).toBe(
      'CDN; hit; ttl=9, axios-persistent-cache; fwd=uri-miss; fwd-status=200; stored; ttl=60; detail=nothing-stored',
    );
    bench().pass(10);
    expect(await status()).toBe('CDN; hit; ttl=9, axios-persistent-cache; hit; ttl=50; detail=fresh');
    expect(await status()).toBe('CDN; hit; ttl=9, axios-persistent-cache; hit; ttl=50; detail=fresh');
    expect(await status({ cache: false })).toBe(
      'CDN; hit; ttl=9, axios-persistent-cache; fwd=bypass; fwd-status=200; detail=disabled',
    );
    const stored = await http.cache.get({ url: '/a' });
    expect(stored?.headers['cache-status']).toBe('CDN; hit; ttl=9');
  });

  it('is no part of a response that is saved by hand', async () => {
    const http = bench().wrap({ cacheStatus: true, expireAfter: 60 });
    for (const [path, others] of [
      ['/a', undefined],
      ['/b', 'CDN; hit'],
    ] as const) {
      bench().answer(() => ({
        headers: others === undefined ? {} : { 'Cache-Status': others },
        body: 'abc',
      }));
      await http.cache.saveResponse(await http.get(path));
      expect((await http.cache.get({ url: path }))?.headers['cache-status']).toBe(others);
      expect((await http.get(path)).headers['cache-status']).toBe(
        `${others === undefined ? '' : `${others}, `}axios-persistent-cache; hit; ttl=60; detail=fresh`,
      );
    }
  });

  it('is on the response of an error, too, by the name that was given', async () => {
    bench().answer(() => ({ status: 404 }));
    const http = bench().wrap({ cacheStatus: 'my cache' });
    await expect(http.get('/a')).rejects.toMatchObject({
      response: {
        headers: expect.objectContaining({
          'cache-status': '"my cache"; fwd=uri-miss; fwd-status=404; detail=nothing-stored',
        }) as object,
      },
    });
    await expect(http.get('/b', { cache: { onlyIfCached: true } })).rejects.toMatchObject({
      response: {
        status: 504,
        headers: expect.objectContaining({ 'cache-status': '"my cache"; detail=nothing-stored' }) as object,
      },
    });
  });

  it('is added once to a response that an interceptor brings back', async () => {
    bench().answer(() => ({ status: bench().origin.requests.length === 1 ? 503 : 200, body: 'abc' }));
    const http = bench().wrap({ cacheStatus: 'c' });
    http.interceptors.response.use(undefined, () => http.get('/a'));
    expect((await http.get('/a')).headers['cache-status']).toBe(
      'c; fwd=uri-miss; fwd-status=200; stored; detail=nothing-stored',
    );
  });

  it.each<[string, (response: AxiosResponse) => unknown]>([
    ['no header fields', ({ status, data }) => ({ status, data })],
    ['null for header fields', (response) => ({ ...response, headers: null })],
    ['frozen header fields', (response) => ({ ...response, headers: Object.freeze({ a: '1' }) })],
    ['only the body', ({ data }) => data as unknown],
  ])('leaves what an interceptor has made of a response: %s', async (_what, change) => {
    bench().answer(() => ({ body: 'abc' }));
    const instance = bench().plain();
    const made: unknown[] = [];
    instance.interceptors.response.use((response) => {
      made.push(change(response));
      return made.at(-1) as AxiosResponse;
    });
    const http = bench().adopt(instance, { cacheStatus: true });
    expect(await http.get('/a')).toBe(made[0]);
  });
});
