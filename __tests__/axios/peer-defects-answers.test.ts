import { Readable } from 'node:stream';
import axios, {
  type AxiosError,
  type AxiosInstance,
  type AxiosProgressEvent,
  type AxiosRequestConfig,
} from 'axios';
import { type CacheOptions, rfc9111 } from '../../lib/index.js';
import { BACKENDS_UNDER_TEST, deadUrl, useBench } from '../helpers/bench.js';
import { type Handler } from '../helpers/origin-server.js';

// Defects that were measured in other caches for axios, each by the number under which it is known in this project.

const ETAG = { etag: '"v"' };

describe.each(BACKENDS_UNDER_TEST)('5: stale answers hide refusals, without limit (%s)', (name) => {
  const bench = useBench(name);
  const stale = async (options: CacheOptions, headers: Record<string, string> = ETAG) => {
    bench().answer(() => ({ headers, body: 'stored' }));
    const http = bench().wrap({ expireAfter: 10, ...options });
    await http.get('/a');
    bench().pass(20);
    return http;
  };

  it.each([400, 401, 403, 404, 407, 409, 410, 429, 451])('%i reaches the caller', async (status) => {
    const http = await stale({ staleIfError: true });
    bench().answer(() => ({ status, body: 'refused' }));
    for (const cache of [{}, { refresh: true }, { forceRefresh: true }]) {
      await expect(http.get('/a', { cache })).rejects.toMatchObject({
        status,
        response: { data: 'refused', cache: { fromCache: false } },
      });
    }
  });

  it.each([401, 403, 429])(
    '%i is about the request: what is stored stays for when it is over',
    async (status) => {
      const http = await stale({});
      bench().answer(({ headers }, count) => {
        if (count === 2) return { status };
        return headers['if-none-match'] === '"v"' ? { status: 304 } : { body: 'fetched anew' };
      });
      await expect(http.get('/a')).rejects.toMatchObject({ status });
      expect(await http.get('/a')).toMatchObject({ data: 'stored', cache: { revalidated: true } });
    },
  );

  it.each([500, 502, 503, 504])('%i reaches the caller who did not ask for stale answers', async (status) => {
    const http = await stale({});
    bench().answer(() => ({ status }));
    await expect(http.get('/a')).rejects.toMatchObject({ status });
    expect(await http.get('/a', { cache: { staleIfError: true } })).toMatchObject({
      data: 'stored',
      cache: { stale: true, fwdStatus: status },
    });
  });

  it('a connection that is refused is covered only within the window', async () => {
    const http = await stale({ staleIfError: 60 });
    const { port } = new URL(bench().origin.url);
    const refusing: AxiosRequestConfig = {
      adapter: () =>
        Promise.reject(new axios.AxiosError(`connect ECONNREFUSED 127.0.0.1:${port}`, 'ECONNREFUSED')),
    };
    bench().pass(49);
    expect((await http.get('/a', refusing)).cache).toMatchObject({ stale: true });
    bench().pass(1);
    await expect(http.get('/a', refusing)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await expect(http.get('/new', { baseURL: await deadUrl() })).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    });
  });

  it('an abort while it is validated stays an abort', async () => {
    const http = await stale({ staleIfError: true });
    const controller = new AbortController();
    bench().answer(() => () => controller.abort());
    const error: unknown = await http
      .get('/a', { signal: controller.signal })
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(axios.CanceledError);
    expect(error).toMatchObject({ code: 'ERR_CANCELED' });
  });

  it('stale-if-error of what is stored counts, that of the error does not', async () => {
    const stored = { ...ETAG, 'cache-control': 'max-age=10, stale-if-error=60' };
    const allowed = await stale({ cacheControl: true }, stored);
    bench().answer(() => ({ status: 503 }));
    expect((await allowed.get('/a')).cache.stale).toBe(true);
    await allowed.cache.clear();
    const http = await stale({ cacheControl: true }, { ...ETAG, 'cache-control': 'max-age=10' });
    bench().answer(() => ({ status: 503, headers: { 'cache-control': 'stale-if-error=1000' } }));
    await expect(http.get('/a')).rejects.toMatchObject({ status: 503 });
  });
});

describe.each(BACKENDS_UNDER_TEST)('6: values are stored instead of bytes (%s)', (name) => {
  const bench = useBench(name);
  const json = { 'content-type': 'application/json' };
  const TEXT = '{"price": 1.50}';
  const ROUGH = Buffer.from([0, 0xff, 0xfe, 0x80, 0x0a, 0xc3]);

  it('a Buffer stays a Buffer, also for an instance that comes later', async () => {
    bench().answer(() => ({ body: ROUGH }));
    const asBuffer: AxiosRequestConfig = { responseType: 'arraybuffer' };
    const first = bench().wrap({ autoclose: false });
    await first.get('/a', asBuffer);
    await first.cache.close();
    for (const http of [
      bench().wrap(),
      bench().wrap({ backend: name === 'sqlite' ? bench().newBackend() : bench().backend }),
    ]) {
      const { data, cache } = await http.get<Buffer>('/a', asBuffer);
      expect(cache.hit).toBe(true);
      expect(Buffer.isBuffer(data)).toBe(true);
      expect(data).toEqual(ROUGH);
    }
  });

  const KINDS: readonly [string, AxiosRequestConfig, unknown][] = [
    ['json', {}, { price: 1.5 }],
    ['text', { responseType: 'text', transformResponse: [] }, TEXT],
    ['arraybuffer', { responseType: 'arraybuffer' }, Buffer.from(TEXT)],
    ['a transform', { transformResponse: (data: string) => data.length }, TEXT.length],
    ['none', { transformResponse: [] }, TEXT],
  ];

  it.each(KINDS)('each caller has its own kind, whoever was first: %s', async (_first, config, expected) => {
    bench().answer(() => ({ headers: json, body: TEXT }));
    const http = bench().wrap();
    expect((await http.get('/a', config)).data).toEqual(expected);
    for (const [, own, value] of KINDS) {
      const { data, cache } = await http.get('/a', own);
      expect([data, cache.hit]).toEqual([value, true]);
    }
  });

  it('every caller of a stream has one of its own', async () => {
    bench().answer(() => ({ body: 'streamed' }));
    const http = bench().wrap();
    for (let turn = 0; turn < 3; turn += 1) {
      const { data } = await http.get<Readable>('/a', { responseType: 'stream' });
      expect(data).toBeInstanceOf(Readable);
      expect(Buffer.concat(await data.toArray()).toString()).toBe('streamed');
    }
  });

  it('what one caller does to its value, no other sees', async () => {
    bench().answer(() => ({ headers: json, body: '{"list":[{"n":1}]}' }));
    const http = bench().wrap();
    const together = await Promise.all([http.get('/a'), http.get('/a')]);
    const later = [await http.get('/a'), await http.get('/a')];
    for (const { data } of [...together, ...later] as { data: { list: { n: number }[] } }[]) {
      expect(data).toEqual({ list: [{ n: 1 }] });
      data.list[0] = { n: 2 };
      data.list.length = 0;
    }
    expect((await http.get('/a')).data).toEqual({ list: [{ n: 1 }] });
  });
});

describe('8: rules of RFC 9111 are missing or wrong', () => {
  const bench = useBench();
  const ago = (seconds: number): string => new Date(bench().clock.now() - seconds * 1000).toUTCString();
  const numbered =
    (headers: Record<string, string>): Handler =>
    (request, count) =>
      request.headers['if-none-match'] === headers['etag'] && headers['etag'] !== undefined
        ? { status: 304 }
        : { headers, body: `answer ${count}` };
  const wrap = () => bench().wrap({ ...rfc9111 });

  it('directives of the request: no-cache, no-store, only-if-cached', async () => {
    bench().answer(numbered({ 'cache-control': 'max-age=60' }));
    const http = wrap();
    const saying = (directive: string) => ({ headers: { 'Cache-Control': directive }, validateStatus: null });
    expect((await http.get('/a', saying('only-if-cached'))).status).toBe(504);
    expect((await http.get('/a', saying('no-store'))).cache.stored).toBe(false);
    await http.get('/a');
    expect((await http.get('/a', saying('no-cache'))).data).toBe('answer 3');
    expect((await http.get('/a', saying('only-if-cached'))).data).toBe('answer 3');
  });

  it.each<[string, () => Record<string, string>, number | undefined]>([
    ['s-maxage is not for a private cache', () => ({ 'cache-control': 's-maxage=90, max-age=10' }), 10],
    ['Age shortens it', () => ({ 'cache-control': 'max-age=60', age: '45' }), 15],
    ['Age shortens Expires, too', () => ({ date: ago(0), expires: ago(-60), age: '45' }), 15],
    ['Expires counts from Date, not from the clock', () => ({ date: ago(-1000), expires: ago(-1060) }), 60],
    ['max-age wins over Expires', () => ({ 'cache-control': 'max-age=5', expires: ago(-60) }), 5],
    ['10 % of the time since Last-Modified', () => ({ date: ago(0), 'last-modified': ago(1000) }), 100],
    ['immutable does not outlive max-age', () => ({ 'cache-control': 'immutable, max-age=20' }), 20],
  ])('lifetime: %s', async (_rule, headers, seconds) => {
    const fields = headers();
    bench().answer(numbered(fields));
    const http = wrap();
    expect((await http.get('/a')).cache.ttl).toBe(seconds);
    bench().pass((seconds ?? 0) - 1);
    const hit = await http.get('/a');
    expect(hit.cache.hit).toBe(true);
    expect(Number(hit.headers['age'])).toBe(hit.cache.age);
    bench().pass(1);
    expect((await http.get('/a')).cache.hit).toBe(false);
  });

  it('no-cache with an ETag is stored, and validated before each use', async () => {
    bench().answer(numbered({ 'cache-control': 'no-cache', etag: '"v"' }));
    const http = wrap();
    for (const revalidated of [false, true, true]) {
      const { data, cache } = await http.get('/a');
      expect([data, cache.revalidated, cache.fromCache]).toEqual(['answer 1', revalidated, revalidated]);
    }
  });

  it('Last-Modified alone is enough to validate by', async () => {
    const modified = ago(86_400);
    bench().answer(({ headers }, count) =>
      headers['if-modified-since'] === modified
        ? { status: 304 }
        : { headers: { 'last-modified': modified, 'cache-control': 'max-age=5' }, body: `answer ${count}` },
    );
    const http = wrap();
    await http.get('/a');
    bench().pass(5);
    expect(await http.get('/a')).toMatchObject({ data: 'answer 1', cache: { revalidated: true, ttl: 5 } });
  });

  it('a 304 brings header fields up to date, for good', async () => {
    bench().answer(({ headers }) =>
      headers['if-none-match'] === undefined
        ? { headers: { ...ETAG, 'cache-control': 'max-age=5', 'x-quota': '9', 'x-kept': 'yes' }, body: 'x' }
        : { status: 304, headers: { ...ETAG, 'cache-control': 'max-age=50', 'x-quota': '8' } },
    );
    const http = wrap();
    await http.get('/a');
    bench().pass(5);
    for (const hit of [false, true]) {
      const { headers, cache } = await http.get('/a');
      expect([cache.fromCache, cache.hit, cache.ttl]).toEqual([true, hit, 50]);
      expect(headers).toMatchObject({ 'x-quota': '8', 'x-kept': 'yes', 'cache-control': 'max-age=50' });
    }
  });

  it("a 304 to the caller's own condition is the caller's, judged as without a cache", async () => {
    bench().answer(numbered({ 'cache-control': 'max-age=60', etag: '"v"' }));
    const http = wrap();
    await http.get('/a');
    const own = { headers: { 'If-None-Match': '"v"' } };
    const judged = (instance: AxiosInstance): Promise<unknown> =>
      instance.get('/a', own).catch(({ status, code, message }: AxiosError) => ({ status, code, message }));
    const plain = await judged(bench().plain());
    expect(plain).toMatchObject({ status: 304 });
    expect(await judged(http)).toEqual(plain);
    expect((await http.get('/a')).data).toBe('answer 1');
  });

  it('a POST ends what is stored for its URL', async () => {
    bench().answer(numbered({ 'cache-control': 'max-age=60' }));
    const http = wrap();
    await http.get('/a');
    await http.post('/a');
    expect((await http.get('/a')).data).toBe('answer 3');
  });
});

describe('13: a hit has no progress, no request, and nobody tells why it was a miss', () => {
  const bench = useBench();

  it('progress ends with the whole, and response.request shows where the answer is from', async () => {
    const http = bench().wrap();
    for (const hit of [false, true]) {
      const events: AxiosProgressEvent[] = [];
      const onDownloadProgress = (event: AxiosProgressEvent): void => void events.push(event);
      const { request, cache } = await http.get('/a?x=1', { onDownloadProgress });
      expect(cache.hit).toBe(hit);
      expect(events.at(-1)).toMatchObject({ loaded: 5, download: true });
      expect(request).toMatchObject({
        method: 'GET',
        path: '/a?x=1',
        host: '127.0.0.1',
        protocol: 'http:',
        res: { responseUrl: `${bench().origin.url}/a?x=1` },
      });
    }
  });

  it.each<[string, AxiosRequestConfig, RegExp]>([
    ['nothing stored', { url: '/other' }, /nothing is stored/],
    ['hit', { url: '/a' }, /fresh for/],
    ['another variant', { url: '/a', headers: { 'Accept-Language': 'fr' } }, /variant/],
    ['no-cache', { url: '/a', headers: { 'Cache-Control': 'no-cache' } }, /no-cache/],
    ['method', { url: '/a', method: 'put' }, /PUT/],
    ['cache: false', { url: '/a', cache: false }, /cache: false/],
    ['forceRefresh', { url: '/a', cache: { forceRefresh: true } }, /forceRefresh/],
    ['not stored', { url: '/missing', validateStatus: null }, /404/],
  ])('response.cache.reason says why: %s', async (_why, config, expected) => {
    bench().answer(({ url }) => ({
      status: url === '/missing' ? 404 : 200,
      headers: { vary: 'Accept-Language' },
      body: 'x',
    }));
    const http = bench().wrap({ expireAfter: 60 });
    await http.get('/a');
    expect((await http.request(config)).cache.reason).toMatch(expected);
  });

  it('also when it is stale', async () => {
    const http = bench().wrap({ expireAfter: 10 });
    await http.get('/a');
    bench().pass(20);
    expect((await http.get('/a')).cache.reason).toMatch(/stale since 10/);
  });
});
