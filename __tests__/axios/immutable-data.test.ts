import axios, { type AxiosError, type AxiosRequestConfig, type AxiosResponse } from 'axios';
import { gzipSync } from 'node:zlib';
import { deepFrozen } from '../../lib/axios/deep-frozen.js';
import { InvalidOptionError, withCache } from '../../lib/index.js';
import { BACKENDS_UNDER_TEST, useBench } from '../helpers/bench.js';

const json = { 'content-type': 'application/json' };

interface Data {
  items: { id: number }[];
}

/** What a request fails with. */
async function failureOf(request: Promise<AxiosResponse>): Promise<AxiosError> {
  const [{ reason }] = (await Promise.allSettled([request])) as [PromiseRejectedResult];
  return reason as AxiosError;
}

describe.each(BACKENDS_UNDER_TEST)('immutableData (%s)', (name) => {
  const bench = useBench(name);

  beforeEach(() =>
    bench().answer(({ url }) => ({ headers: json, body: `{"items": [{"id": 1}], "url": "${url}"}` })),
  );

  it('parses once, hands everybody the same, and writing to it throws at every depth', async () => {
    const http = bench().wrap({ immutableData: true });
    const [miss, hit, again] = [await http.get('/a'), await http.get('/a'), await http.get<Data>('/a')];
    expect([miss, hit, again].map(({ cache }) => cache.fromCache)).toEqual([false, true, true]);
    expect(again.data).toBe(hit.data);
    expect(hit.data).toEqual({ items: [{ id: 1 }], url: '/a' });
    expect(miss.data).toEqual(hit.data);
    for (const { data } of [miss, hit] as AxiosResponse<Data>[]) {
      expect(() => (data.items[0]!.id = 2)).toThrow(TypeError);
      expect(() => data.items.push({ id: 3 })).toThrow(TypeError);
      expect(() => Object.assign(data, { more: 1 })).toThrow(TypeError);
    }
    expect(again.data.items[0]?.id).toBe(1);
  });

  it('shares nothing without it, nor of another response', async () => {
    const http = bench().wrap({ immutableData: true });
    const own = { cache: { immutableData: false } };
    await http.get('/a');
    const [one, other] = [await http.get<Data>('/a', own), await http.get<Data>('/a', own)];
    expect(other.data).not.toBe(one.data);
    one.data.items[0]!.id = 2;
    expect(other.data.items[0]?.id).toBe(1);
    await http.get('/b');
    expect((await http.get('/b')).data).toMatchObject({ url: '/b' });
    expect((await http.get('/a')).data).toMatchObject({ url: '/a' });
    const wanting = bench().wrap();
    const hit = await wanting.get('/a', { cache: { immutableData: true } });
    expect([hit.cache.fromCache, Object.isFrozen(hit.data)]).toEqual([true, true]);
  });

  it('gives each way of asking its own value, and the header fields to each caller', async () => {
    const http = bench().wrap({ immutableData: true });
    await http.get('/a');
    let calls = 0;
    const transformResponse = (text: string, _headers: unknown, status?: number): object => {
      calls += 1;
      return { length: text.length, status };
    };
    const ways: AxiosRequestConfig[] = [
      {},
      { responseType: 'json' },
      { responseType: 'text', transformResponse: [] },
      { transformResponse },
      { transformResponse: [transformResponse, (value: object) => [value]] },
      { responseType: 'arraybuffer' },
    ];
    const expected = [];
    for (const config of ways) expected.push((await bench().plain().get<unknown>('/a', config)).data);
    calls = 0;
    for (let round = 0; round < 3; round++) {
      const responses = [];
      for (const config of ways) responses.push(await http.get<unknown>('/a', config));
      expect(responses.map(({ data }) => data)).toEqual(expected);
      expect(responses.every(({ cache }) => cache.fromCache)).toBe(true);
      responses[0]!.headers['x-mine'] = 'mine';
      expect((await http.get('/a')).headers).not.toHaveProperty('x-mine');
    }
    expect(calls).toBe(2);
    expect(bench().origin.count()).toBe(1 + ways.length);
  });

  it('makes anew what cannot be frozen', async () => {
    const http = bench().wrap({ immutableData: true });
    await http.get('/a');
    const transforms: ((text: string) => unknown)[] = [
      () => ({ at: new Date(0) }),
      () => [new Map()],
      () => ({ nested: [Buffer.from('a')] }),
      () => ({ method: () => 1 }),
      () => ({
        get now() {
          return 1;
        },
      }),
    ];
    for (const transformResponse of transforms) {
      const get = async (): Promise<object> => (await http.get<object>('/a', { transformResponse })).data;
      const [one, other] = [await get(), await get()];
      expect(other).not.toBe(one);
      expect([one, other].some((value) => Object.isFrozen(value))).toBe(false);
    }
    const bytes = await http.get<Buffer>('/a', { responseType: 'arraybuffer' });
    bytes.data[0] = 0;
    expect((await http.get<Buffer>('/a', { responseType: 'arraybuffer' })).data[0]).not.toBe(0);
  });

  it('shows the caller its own transforms: in responses, in errors, and where it has given up', async () => {
    const http = bench().wrap({ immutableData: true, allowableCodes: [200, 404] });
    const own = http.defaults.transformResponse;
    bench().answer(({ url }) => ({ status: url === '/404' ? 404 : 200, headers: json, body: '{"a": 1}' }));
    for (let round = 0; round < 3; round++) {
      const { config } = await http.get('/a');
      expect(config.transformResponse).toEqual(own);
      const error = await failureOf(http.get('/404'));
      expect(error.config?.transformResponse).toEqual(own);
      expect(error.response?.data).toEqual({ a: 1 });
      expect(Object.isFrozen(error.response?.data)).toBe(true);
      const controller = new AbortController();
      const pending = http.get('/a', { signal: controller.signal, cache: { key: 'late' } });
      controller.abort();
      const canceled = await failureOf(pending);
      expect([canceled.code, canceled.config?.transformResponse]).toEqual(['ERR_CANCELED', own]);
    }
    const failing = await http
      .get('/a', {
        transformResponse: () => {
          throw new Error('mine');
        },
      })
      .catch((reason: Error) => reason);
    expect(failing).toMatchObject({ message: 'mine' });
    expect((await http.get('/a')).data).toEqual({ a: 1 });
  });

  it('of a caller that gives up after the adapter has answered', async () => {
    const http = bench().wrap({ immutableData: true });
    await http.get('/a');
    const controller = new AbortController();
    const own = [(text: string): number => text.length];
    const pending = http.get('/a', { signal: controller.signal, transformResponse: own });
    // The adapter has been called, and axios goes on in a later turn.
    queueMicrotask(() => controller.abort());
    const result = await pending.catch((reason: unknown) => reason as AxiosError);
    expect(result.config?.transformResponse).toEqual(own);
  });

  it('holds what is new once the response has been replaced', async () => {
    let version = 1;
    bench().answer(() => ({ headers: { ...json, etag: `"${version}"` }, body: `{"version": ${version}}` }));
    const http = bench().wrap({ immutableData: true, expireAfter: 10 });
    await http.get('/a');
    expect((await http.get('/a')).data).toEqual({ version: 1 });
    version = 2;
    await http.get('/a', { cache: { forceRefresh: true } });
    expect((await http.get('/a')).data).toEqual({ version: 2 });
  });

  it('is none of a part, and of no answer without a body', async () => {
    const http = bench().wrap({ immutableData: true });
    bench().answer(() => ({ headers: { ...json, etag: '"1"' }, body: '[1, 2, 3]' }));
    await http.get('/a');
    const whole = await http.get('/a');
    const part = await http.get<string>('/a', {
      headers: { Range: 'bytes=1-1' },
      responseType: 'text',
      transformResponse: [],
    });
    expect([part.status, part.data, part.cache.fromCache]).toEqual([206, '1', true]);
    const unmodified = await http.get('/a', {
      headers: { 'If-None-Match': '"1"' },
      validateStatus: () => true,
    });
    expect([unmodified.status, unmodified.data]).toEqual([304, '']);
    expect((await http.get('/a')).data).toBe(whole.data);
    expect((await http.head('/a')).data).toBe('');
  });

  it('is told apart by what axios’s own transform looks at', async () => {
    const http = bench().wrap({ immutableData: true });
    bench().answer(() => ({ headers: json, body: 'not json' }));
    const strict: AxiosRequestConfig = { responseType: 'json', transitional: { silentJSONParsing: false } };
    await http.get('/a');
    for (let round = 0; round < 2; round++) {
      expect((await http.get('/a')).data).toBe('not json');
      expect(await failureOf(http.get('/a', strict))).toBeInstanceOf(axios.AxiosError);
    }
  });

  it('still keeps to maxContentLength, and tells the progress', async () => {
    const http = bench().wrap({ immutableData: true });
    bench().answer(() => ({
      headers: { ...json, 'content-encoding': 'gzip' },
      body: gzipSync('[1, 2, 3, 4, 5]'),
    }));
    await http.get('/a');
    await http.get('/a');
    await expect(http.get('/a', { maxContentLength: 3 })).rejects.toMatchObject({
      code: 'ERR_BAD_RESPONSE',
    });
    const loaded: number[] = [];
    await http.get('/a', { onDownloadProgress: (event) => loaded.push(event.loaded) });
    await new Promise((resolve) => setImmediate(resolve));
    expect(loaded).toHaveLength(1);
    expect((await http.get('/a')).data).toEqual([1, 2, 3, 4, 5]);
  });

  it('may change while the cache is in use', async () => {
    const http = bench().wrap();
    await http.get('/a');
    expect(Object.isFrozen((await http.get('/a')).data)).toBe(false);
    http.cache.settings = { immutableData: true };
    expect(Object.isFrozen((await http.get('/a')).data)).toBe(true);
  });
});

it('is a switch', () => {
  const wrap = () => withCache(axios.create(), { immutableData: 1 as unknown as boolean });
  expect(wrap).toThrow(InvalidOptionError);
  expect(wrap).toThrow('immutableData');
});

describe('deepFrozen', () => {
  it('freezes what is nested deeper than the stack is', () => {
    const value: unknown = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000));
    expect(deepFrozen(value).isFrozen).toBe(true);
    let depth = 0;
    for (let at = value as unknown[]; at !== undefined; at = at[0] as unknown[]) {
      depth += Number(Object.isFrozen(at));
    }
    expect(depth).toBe(100_000);
  });

  it('freezes what holds itself, what has no prototype, and members under symbols', () => {
    const bare = Object.assign(Object.create(null) as object, { [Symbol('a')]: { b: 1 } });
    const ring: unknown[] = [bare];
    ring.push(ring);
    expect(deepFrozen(ring).isFrozen).toBe(true);
    expect(Object.isFrozen(Object.values(Object.getOwnPropertyDescriptors(bare)))).toBe(false);
    for (const symbol of Object.getOwnPropertySymbols(bare)) {
      expect(Object.isFrozen((bare as Record<symbol, object>)[symbol])).toBe(true);
    }
  });

  it.each([undefined, null, 1, 'a', true])('of %j is itself', (value) => {
    expect(deepFrozen(value)).toEqual({ value, isFrozen: true });
  });
});
