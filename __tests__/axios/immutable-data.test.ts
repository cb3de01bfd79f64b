import axios, {
  type AxiosAdapter,
  type AxiosError,
  type AxiosRequestConfig,
  type AxiosResponse,
} from 'axios';
import { gzipSync } from 'node:zlib';
import { deepFrozen } from '../../lib/axios/deep-frozen.js';
import { RecentValues } from '../../lib/axios/recent-values.js';
import { MemoryBackend } from '../../lib/backends/index.js';
import { type FoundRecord, InvalidOptionError, withCache } from '../../lib/index.js';
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
    // Once where it is not known as a transform yet, and once for each of the two ways.
    expect(calls).toBe(4);
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

/** Answers later, once it is told to. */
class SlowBackend extends MemoryBackend {
  #pending: Promise<void> | undefined;

  /** @returns lets what is asked from now on be answered */
  hold(): () => void {
    let release = (): void => undefined;
    this.#pending = new Promise((resolve) => {
      release = () => {
        this.#pending = undefined;
        resolve();
      };
    });
    return release;
  }

  override get(key: string): readonly FoundRecord[] {
    const found = super.get(key);
    if (this.#pending === undefined) return found;
    // The contract allows it of any backend.
    return this.#pending.then(() => found) as unknown as readonly FoundRecord[];
  }
}

/** An adapter that gives a value. */
const answering =
  (data: unknown): AxiosAdapter =>
  async (config) =>
    ({ data, status: 200, statusText: 'OK', headers: json, config }) as unknown as AxiosResponse;

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

describe('immutableData, and who else has to do with a request', () => {
  const bench = useBench('memory');
  const custom = (text: string): object => ({ made: JSON.parse(text) as unknown });

  beforeEach(() => bench().answer(({ url }) => ({ headers: json, body: `{"url": "${url}"}` })));

  it.each([
    ['axios’s own', undefined],
    ['a custom', custom],
  ])(
    'a request that was given up while storage was asked can be made again (%s transform)',
    async (_name, transform) => {
      const backend = new SlowBackend();
      const http = bench().wrap({ immutableData: true, backend });
      const config = transform === undefined ? {} : { transformResponse: transform };
      for (let time = 0; time < 3; time++) await http.get('/a', config);
      const release = backend.hold();
      const controller = new AbortController();
      const pending = failureOf(http.get('/a', { ...config, signal: controller.signal }));
      await turn();
      controller.abort();
      const { config: failed } = await pending;
      const own = failed?.transformResponse;
      release();
      await turn();
      expect(failed?.transformResponse).toBe(own);
      const again = await http.request({ ...failed, url: '/b', signal: new AbortController().signal });
      expect(JSON.stringify(again.data)).toContain('/b');
    },
  );

  it('and so can one that another caller’s request goes on for', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    bench().answer(async ({ url }) => {
      await held;
      return { headers: json, body: `{"url": "${url}"}` };
    });
    const http = bench().wrap({ immutableData: true });
    const controller = new AbortController();
    const pending = failureOf(http.get('/a', { signal: controller.signal }));
    const other = http.get('/a');
    await turn();
    controller.abort();
    const { config: failed } = await pending;
    const own = failed?.transformResponse;
    release();
    expect((await other).data).toEqual({ url: '/a' });
    expect(failed?.transformResponse).toBe(own);
  });

  it('a retry from an interceptor that comes first gets what it asks for', async () => {
    const instance = axios.create({ baseURL: bench().origin.url });
    const retried: unknown[] = [];
    instance.interceptors.response.use(undefined, async (error: AxiosError) => {
      const { config } = error;
      retried.push(
        (await instance.request<unknown>({ ...config, url: '/b', signal: new AbortController().signal }))
          .data,
      );
      throw error;
    });
    const http = bench().adopt(instance, { immutableData: true });
    let aborted = 0;
    for (let steps = 0; steps < 30; steps++) {
      const controller = new AbortController();
      const pending = http.get('/a', { signal: controller.signal, transformResponse: custom });
      let left = steps;
      const step = (): void => (left-- === 0 ? controller.abort() : queueMicrotask(step));
      step();
      const [{ status }] = (await Promise.allSettled([pending])) as [PromiseSettledResult<unknown>];
      aborted += Number(status === 'rejected');
    }
    expect(aborted).toBeGreaterThan(3);
    expect(retried).toHaveLength(aborted);
    for (const data of retried) expect(data).toEqual({ made: { url: '/b' } });
  });

  it.each([false, true])(
    'an adapter around the cache sees the text, and its caller the value (config copied: %j)',
    async (isCopied) => {
      const instance = axios.create({ baseURL: bench().origin.url });
      const seen: unknown[] = [];
      let isAround = false;
      instance.interceptors.request.use((config) => {
        const adapter = config.adapter as AxiosAdapter;
        if (isAround) {
          config.adapter = async (given) => {
            const response = await adapter(isCopied ? { ...given } : given);
            seen.push(response.data);
            return response;
          };
        }
        return config;
      });
      const http = bench().adopt(instance, { immutableData: true });
      for (let time = 0; time < 3; time++) await http.get('/a');
      isAround = true;
      for (let time = 0; time < 3; time++) expect((await http.get('/a')).data).toEqual({ url: '/a' });
      expect(seen).toEqual(Array(3).fill('{"url": "/a"}'));
    },
  );

  it('is not handed from a mock to an adapter of axios, which would have given a text', async () => {
    const typeOf = (data: unknown): object => ({ type: typeof data });
    const mock = answering({ a: 1 });
    const run = async (immutableData: boolean): Promise<unknown[]> => {
      const http = bench().wrap(
        { immutableData, backend: new MemoryBackend() },
        { transformResponse: typeOf },
      );
      const types = [];
      for (const adapter of [mock, mock, mock, 'http', mock, 'http', 'http', 'fetch']) {
        types.push((await http.get<unknown>('/g', { adapter })).data);
      }
      return types;
    };
    expect(await run(true)).toEqual(await run(false));
  });

  it('leaves alone what a mock has made, and freezes what is made of it for others', async () => {
    const fixture = { deep: { a: 1 } };
    const adapter = answering(fixture);
    const http = bench().wrap({ immutableData: true }, { adapter });
    expect((await http.get('/a')).data).toBe(fixture);
    expect([Object.isFrozen(fixture), Object.isFrozen(fixture.deep)]).toEqual([false, false]);
    const hit = await http.get<typeof fixture>('/a');
    expect(hit.data).toEqual(fixture);
    expect([hit.data === fixture, Object.isFrozen(hit.data.deep)]).toEqual([false, true]);
  });
});

describe('RecentValues', () => {
  it('keeps what was used last, within its limit, and nothing that is larger than all of it', () => {
    const values = new RecentValues<string, number>(30);
    for (const [index, key] of ['a', 'b', 'c'].entries()) values.set(key, index, 10);
    expect(values.get('a')).toBe(0);
    values.set('d', 3, 10);
    expect(['a', 'b', 'c', 'd'].map((key) => values.get(key))).toEqual([0, undefined, 2, 3]);
    values.set('large', 4, 31);
    expect(values.get('large')).toBeUndefined();
    expect(['a', 'c', 'd'].map((key) => values.get(key))).toEqual([0, 2, 3]);
    values.set('a', 5, 31);
    expect(values.get('a')).toBeUndefined();
    values.set('c', 6, 20);
    expect(['c', 'd'].map((key) => values.get(key))).toEqual([6, 3]);
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
