import { type AxiosError, type AxiosRequestConfig } from 'axios';
import { type CachedAxiosInstance } from '../../lib/index.js';
import { BACKENDS_UNDER_TEST, deadUrl, useBench } from '../helpers/bench.js';

describe.each(BACKENDS_UNDER_TEST)('staleIfError (%s)', (name) => {
  const bench = useBench(name);

  /** An instance with a response that has become stale `staleness` seconds ago. */
  async function withStale(options: object, staleness = 10): Promise<CachedAxiosInstance> {
    bench().answer(() => ({ headers: { etag: '"v"' }, body: 'stale' }));
    const http = bench().wrap({ expireAfter: 60, ...options });
    await http.get('/a');
    bench().pass(60 + staleness);
    return http;
  }

  const FAILURES: readonly [
    failure: string,
    prepare: () => Promise<AxiosRequestConfig> | AxiosRequestConfig,
    fwdStatus: number | undefined,
  ][] = [
    ['a closed port', async () => ({ adapter: refusing(await deadUrl()) }), undefined],
    [
      'a reset connection',
      () => (bench().answer(() => (_request, response) => response.destroy()), {}),
      undefined,
    ],
    ['a timeout', () => (bench().answer(() => () => undefined), { timeout: 20 }), undefined],
    ['500', () => (bench().answer(() => ({ status: 500 })), {}), 500],
    ['503', () => (bench().answer(() => ({ status: 503 })), {}), 503],
  ];

  /** Goes elsewhere at the last moment, so that the key stays the same. */
  const refusing =
    (url: string): AxiosRequestConfig['adapter'] =>
    (config) =>
      bench()
        .plain()
        .request({ ...config, baseURL: url, adapter: 'http', transformResponse: [] });

  it.each(FAILURES)('covers %s', async (_failure, prepare, fwdStatus) => {
    const http = await withStale({ staleIfError: true });
    const response = await http.get('/a', await prepare());
    expect(response).toMatchObject({ status: 200, data: 'stale' });
    expect(response.cache).toMatchObject({
      fromCache: true,
      stale: true,
      isExpired: true,
      revalidated: false,
      hit: false,
      stored: false,
      fwd: 'stale',
      age: 70,
    });
    expect(response.cache.fwdStatus).toBe(fwdStatus);
    expect(response.cache.reason).toContain('stale-if-error');
  });

  it.each(FAILURES)('within its window only: %s', async (_failure, prepare) => {
    const http = await withStale({ staleIfError: 10 }, 9.999);
    const config = await prepare();
    expect((await http.get('/a', config)).data).toBe('stale');
    bench().pass(0.001);
    const late = (await http.get('/a', config).catch((error: unknown) => error)) as AxiosError;
    const without = (await http
      .get('/a', { ...config, cache: { staleIfError: false } })
      .catch((error: unknown) => error)) as AxiosError;
    expect(late.isAxiosError).toBe(true);
    expect([late.code, late.message, late.response?.status]).toEqual([
      without.code,
      without.message,
      without.response?.status,
    ]);
  });

  it('past its window gives the error response as it is to whoever accepts it', async () => {
    const http = await withStale({ staleIfError: 5 });
    bench().answer(() => ({ status: 503, body: 'sorry' }));
    expect(await http.get('/a', { validateStatus: null })).toMatchObject({
      status: 503,
      data: 'sorry',
      cache: { fromCache: false },
    });
    expect(await http.cache.count()).toBe(1);
  });

  it.each([400, 401, 403, 404, 408, 410, 425, 429, 451])('never covers %i', async (status) => {
    const http = await withStale({ staleIfError: true });
    bench().answer(() => ({ status, body: 'no' }));
    expect(await http.get('/a', { validateStatus: null })).toMatchObject({
      status,
      data: 'no',
      cache: { fromCache: false },
    });
  });

  it.each([401, 403, 404])('never covers %i, nor when an adapter rejects with it', async (status) => {
    const http = await withStale({ staleIfError: true });
    const rejecting: AxiosRequestConfig['adapter'] = (config) =>
      bench()
        .plain()
        .request({ ...config, adapter: 'http', validateStatus: (code) => code < 400, transformResponse: [] });
    bench().answer(() => ({ status }));
    await expect(http.get('/a', { adapter: rejecting })).rejects.toMatchObject({ response: { status } });
    bench().answer(() => ({ status: 502 }));
    const afterwards = http.get('/a', { adapter: rejecting });
    // By a 404 the origin has said that there is nothing any more.
    if (status === 404) await expect(afterwards).rejects.toMatchObject({ response: { status: 502 } });
    else expect((await afterwards).data).toBe('stale');
  });

  it.each<[string, object]>([
    ['of a Cancel', { __CANCEL__: true, message: 'stop' }],
    ['of an AbortError', new DOMException('stop', 'AbortError')],
    ['with ERR_CANCELED', Object.assign(new Error('stop'), { code: 'ERR_CANCELED' })],
  ])('never covers an abort, in the shape %s', async (_shape, reason) => {
    const http = await withStale({ staleIfError: true });
    await expect(http.get('/a', { adapter: jest.fn().mockRejectedValue(reason) })).rejects.toBe(reason);
  });

  it('never covers a request that is wrong in itself', async () => {
    const http = await withStale({ staleIfError: true });
    await expect(
      http.get('/a', { maxBodyLength: 1, data: 'too long', method: 'GET', cache: { key: 'k' } }),
    ).rejects.toMatchObject({ code: 'ERR_BAD_REQUEST' });
    await expect(http.get('/a', { adapter: 'none-such' })).rejects.toThrow('Unknown adapter');
  });

  it('does nothing on a first request', async () => {
    const http = bench().wrap({ staleIfError: true });
    bench().answer(() => ({ status: 500 }));
    await expect(http.get('/a')).rejects.toMatchObject({ status: 500 });
  });

  it('leaves a status alone that may be stored itself', async () => {
    const http = await withStale({ staleIfError: true, allowableCodes: [200, 500] });
    bench().answer(() => ({ status: 500, body: 'wanted' }));
    expect(await http.get('/a', { validateStatus: null })).toMatchObject({
      status: 500,
      cache: { stored: true },
    });
    expect(await http.get('/a', { validateStatus: null })).toMatchObject({
      status: 500,
      cache: { hit: true },
    });
  });

  it('covers refresh, alwaysRevalidate, and what is still fresh', async () => {
    const http = await withStale({ staleIfError: true, expireAfter: 600 });
    bench().answer(() => ({ status: 500 }));
    for (const cache of [{ refresh: true }, { alwaysRevalidate: true }]) {
      expect((await http.get('/a', { cache })).cache).toMatchObject({
        fromCache: true,
        stale: false,
        fwdStatus: 500,
      });
    }
  });

  it('asks again each time, and recovers', async () => {
    const http = await withStale({ staleIfError: true });
    bench().answer(() => ({ status: 500 }));
    await http.get('/a');
    await http.get('/a');
    bench().answer(() => ({ status: 304 }));
    expect((await http.get('/a')).cache).toMatchObject({ revalidated: true, isExpired: false });
    expect(bench().origin.count()).toBe(4);
    expect((await http.get('/a')).cache.hit).toBe(true);
  });

  it('may be set or forbidden for one request, or by a directive of it', async () => {
    const http = await withStale({});
    bench().answer(() => ({ status: 500 }));
    await expect(http.get('/a')).rejects.toMatchObject({ status: 500 });
    expect((await http.get('/a', { cache: { staleIfError: '11s' } })).data).toBe('stale');
    expect((await http.get('/a', { headers: { 'cache-control': 'stale-if-error=11' } })).data).toBe('stale');
    await expect(http.get('/a', { headers: { 'cache-control': 'stale-if-error=9' } })).rejects.toMatchObject({
      status: 500,
    });
  });
});

describe('stale-if-error in the stored response', () => {
  const bench = useBench();

  it.each<[string, boolean]>([
    ['max-age=60, stale-if-error=20', true],
    ['max-age=60, stale-if-error=5', false],
    ['max-age=60, stale-if-error=20, must-revalidate', false],
    ['max-age=60', false],
  ])('%s: served: %s', async (directives, isServed) => {
    bench().answer(() => ({ headers: { 'cache-control': directives }, body: 'stale' }));
    const http = bench().wrap({ cacheControl: true }, { validateStatus: null });
    await http.get('/a');
    bench().pass(70);
    bench().answer(() => ({ status: 500, headers: { 'cache-control': 'stale-if-error=1000' } }));
    expect((await http.get('/a')).status).toBe(isServed ? 200 : 500);
  });
});
