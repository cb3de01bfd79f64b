import { type AxiosError } from 'axios';
import { DO_NOT_CACHE, type RequestCacheOptions } from '../../lib/index.js';
import { BACKENDS_UNDER_TEST, deadUrl, useBench } from '../helpers/bench.js';
import { type Handler } from '../helpers/origin-server.js';

/** Counts its answers, and has an ETag that never changes. */
const validated: Handler = ({ headers }, count) =>
  headers['if-none-match'] === '"v"'
    ? { status: 304, headers: { etag: '"v"' } }
    : { headers: { etag: '"v"' }, body: `answer ${count}` };
const plain: Handler = (_request, count) => ({ body: `answer ${count}` });

describe.each(BACKENDS_UNDER_TEST)('onlyIfCached (%s)', (name) => {
  const bench = useBench(name);
  const offline = { cache: { onlyIfCached: true } } as const;

  it('answers 504 Not Cached without a request, which validateStatus judges', async () => {
    const http = bench().wrap();
    const error = (await http.get('/a', offline).catch((reason: unknown) => reason)) as AxiosError;
    expect(error).toMatchObject({ name: 'AxiosError', code: 'ERR_BAD_RESPONSE', status: 504 });
    expect(error.response).toMatchObject({ status: 504, statusText: 'Not Cached', data: '' });
    expect(error.response?.cache).toMatchObject({ fromCache: false, hit: false, stored: false });
    const lenient = await http.get('/a', { ...offline, validateStatus: null, responseType: 'arraybuffer' });
    expect([lenient.status, lenient.data]).toEqual([504, Buffer.alloc(0)]);
    expect(bench().origin.count()).toBe(0);
    expect(await http.cache.count()).toBe(0);
  });

  it('answers what is fresh, and 504 for what is stale', async () => {
    const http = bench().wrap({ expireAfter: 10, onlyIfCached: true }, { validateStatus: null });
    await http.get('/a', { cache: { onlyIfCached: false } });
    expect((await http.get('/a')).cache.fromCache).toBe(true);
    bench().pass(10);
    expect((await http.get('/a')).status).toBe(504);
    expect(bench().origin.count()).toBe(1);
  });

  it.each<[string, RequestCacheOptions]>([
    ['refresh', { refresh: true }],
    ['forceRefresh', { forceRefresh: true }],
    ['alwaysRevalidate', { alwaysRevalidate: true }],
  ])('beats %s', async (_title, options) => {
    bench().answer(validated);
    const http = bench().wrap();
    await http.get('/a');
    expect((await http.get('/a', { cache: { ...options, onlyIfCached: true } })).cache.hit).toBe(true);
    expect(bench().origin.count()).toBe(1);
  });

  it.each<[string, RequestCacheOptions]>([
    ['staleIfError', { staleIfError: 60 }],
    ['staleWhileRevalidate', { staleWhileRevalidate: 60 }],
  ])(
    'answers what is stale where %s allows it, without a request in the background',
    async (_title, options) => {
      const http = bench().wrap({ expireAfter: 10 }, { validateStatus: null });
      await http.get('/a');
      bench().pass(30);
      const request = { cache: { ...options, onlyIfCached: true } };
      expect(await http.get('/a', request)).toMatchObject({
        data: 'hello',
        cache: { stale: true, isExpired: true },
      });
      bench().pass(40);
      expect((await http.get('/a', request)).status).toBe(504);
      await http.cache.close();
      expect(bench().origin.count()).toBe(1);
    },
  );

  it.each<[string, object]>([
    ['a method that is not cached', { method: 'POST' }],
    ['DO_NOT_CACHE', { cache: { onlyIfCached: true, expireAfter: DO_NOT_CACHE } }],
    ['conditions of its own', { headers: { 'If-None-Match': '"x"' } }],
    ['a stream', { responseType: 'stream' }],
  ])('keeps a request from the origin that the cache cannot answer: %s', async (_title, request) => {
    const http = bench().wrap({}, { validateStatus: null });
    const response = await http.request({ url: '/a', ...offline, ...request });
    expect([response.status, response.statusText]).toEqual([504, 'Not Cached']);
    expect(response.cache).toMatchObject({ fromCache: false, stored: false, fwd: undefined });
    expect(bench().origin.count()).toBe(0);
    await expect(
      http.request({ url: '/a', ...offline, ...request, validateStatus: () => false }),
    ).rejects.toMatchObject({
      code: 'ERR_BAD_RESPONSE',
    });
  });

  it('is also a directive of the request', async () => {
    const http = bench().wrap({}, { validateStatus: null });
    expect((await http.get('/a', { headers: { 'Cache-Control': 'only-if-cached' } })).status).toBe(504);
    expect(bench().origin.count()).toBe(0);
  });
});

describe.each(BACKENDS_UNDER_TEST)('refresh (%s)', (name) => {
  const bench = useBench(name);

  it('validates what is fresh, and renews it', async () => {
    bench().answer(validated);
    const http = bench().wrap({ expireAfter: 10 });
    await http.get('/a');
    bench().pass(5);
    const { data, cache } = await http.get('/a', { cache: { refresh: true } });
    expect(data).toBe('answer 1');
    expect(cache).toMatchObject({
      fromCache: true,
      hit: false,
      revalidated: true,
      fwd: 'request',
      fwdStatus: 304,
      ttl: 10,
    });
    expect((await http.get('/a')).cache.hit).toBe(true);
  });

  it('fetches anew where there is no validator', async () => {
    bench().answer(plain);
    const http = bench().wrap();
    await http.get('/a');
    expect((await http.get('/a', { cache: { refresh: true } })).data).toBe('answer 2');
    expect((await http.get('/a')).data).toBe('answer 2');
  });

  it('takes the new response where the origin has one', async () => {
    bench().answer((_request, count) => ({ headers: { etag: `"${count}"` }, body: `answer ${count}` }));
    const http = bench().wrap();
    await http.get('/a');
    const { data, cache } = await http.get('/a', { cache: { refresh: true } });
    expect([data, cache.fromCache, cache.stored, cache.revalidated]).toEqual([
      'answer 2',
      false,
      true,
      false,
    ]);
    expect(bench().origin.last.headers['if-none-match']).toBe('"1"');
    expect((await http.get('/a')).data).toBe('answer 2');
    expect(await http.cache.count()).toBe(1);
  });
});

describe.each(BACKENDS_UNDER_TEST)('forceRefresh (%s)', (name) => {
  const bench = useBench(name);
  const forced = { cache: { forceRefresh: true } } as const;

  it('fetches anew without conditions and replaces what is stored', async () => {
    bench().answer((_request, count) => ({ headers: { etag: '"v"' }, body: `answer ${count}` }));
    const http = bench().wrap();
    await http.get('/a');
    expect((await http.get('/a', forced)).data).toBe('answer 2');
    expect(bench().origin.last.headers['if-none-match']).toBeUndefined();
    expect((await http.get('/a')).data).toBe('answer 2');
  });

  it('falls back on what is stored when staleIfError allows it, fresh or stale', async () => {
    const http = bench().wrap({ expireAfter: 10, staleIfError: 20 });
    await http.get('/a');
    bench().answer(() => ({ status: 503 }));
    expect((await http.get('/a', forced)).cache).toMatchObject({
      fromCache: true,
      stale: false,
      fwdStatus: 503,
    });
    bench().pass(15);
    expect((await http.get('/a', forced)).cache).toMatchObject({
      fromCache: true,
      stale: true,
      isExpired: true,
    });
    bench().pass(15);
    await expect(http.get('/a', forced)).rejects.toMatchObject({ status: 503 });
  });

  it('fails with the network where nothing allows a fallback', async () => {
    const http = bench().wrap();
    await http.get('/a');
    await expect(http.get('/a', { ...forced, baseURL: await deadUrl() })).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    });
    bench().answer(() => ({ status: 500 }));
    await expect(http.get('/a', forced)).rejects.toMatchObject({ status: 500 });
    expect((await http.get('/a')).data).toBe('hello');
  });
});

describe('alwaysRevalidate', () => {
  const bench = useBench();

  it('asks before every use of what has a validator', async () => {
    bench().answer(validated);
    const http = bench().wrap({ alwaysRevalidate: true });
    await http.get('/a');
    for (const origin of [2, 3]) {
      expect((await http.get('/a')).cache).toMatchObject({ fromCache: true, revalidated: true });
      expect(bench().origin.count()).toBe(origin);
    }
  });

  it('lets the rest be used while it is fresh', async () => {
    bench().answer(plain);
    const http = bench().wrap({ alwaysRevalidate: true, expireAfter: 10 });
    await http.get('/a');
    expect((await http.get('/a')).cache.hit).toBe(true);
    bench().pass(10);
    expect((await http.get('/a')).data).toBe('answer 2');
  });
});

describe('directives of the request', () => {
  const bench = useBench();

  it.each<[string, number, boolean]>([
    ['no-cache', 0, true],
    ['max-age=0', 0, true],
    ['max-age=10', 10, false],
    ['max-age=10', 11, true],
    ['min-fresh=20', 40, false],
    ['min-fresh=20', 41, true],
    ['max-stale=5', 65, false],
    ['max-stale=5', 66, true],
    ['max-stale', 100_000, false],
    ['must-revalidate', 0, true],
  ])('%s at age %d: asks the origin: %s', async (directive, age, asks) => {
    bench().answer(validated);
    const http = bench().wrap({ expireAfter: 60 });
    await http.get('/a');
    bench().pass(age);
    const { data, cache } = await http.get('/a', { headers: { 'cache-control': directive } });
    expect(data).toBe('answer 1');
    expect([cache.fromCache, cache.revalidated]).toEqual([true, asks]);
    expect(bench().origin.count()).toBe(asks ? 2 : 1);
  });

  it('no-store: neither reads nor writes, and deletes nothing', async () => {
    bench().answer(plain);
    const http = bench().wrap();
    const noStore = { headers: { 'cache-control': 'no-store' } };
    await http.get('/a', noStore);
    expect(await http.cache.count()).toBe(0);
    await http.get('/a');
    expect((await http.get('/a', noStore)).data).toBe('answer 3');
    expect((await http.get('/a')).data).toBe('answer 2');
  });

  it.each(['if-unmodified-since', 'range', 'if-match'])(
    'what only the origin can answer passes by: %s',
    async (field) => {
      bench().answer(({ headers }) => (headers[field] === undefined ? { body: 'whole' } : { status: 304 }));
      const http = bench().wrap({ allowableCodes: [200, 206] }, { validateStatus: null });
      await http.get('/a');
      const own = await http.get('/a', { headers: { [field]: 'mine' } });
      expect([own.status, own.cache.fromCache, own.cache.stored]).toEqual([304, false, false]);
      expect((await http.get('/a')).data).toBe('whole');
      expect(bench().origin.count()).toBe(2);
    },
  );
});
