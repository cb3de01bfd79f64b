import axios, {
  type AxiosAdapter,
  type AxiosError,
  type AxiosInstance,
  type AxiosRequestConfig,
  type AxiosResponse,
} from 'axios';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { rfc9111 } from '../../lib/index.js';
import { BACKENDS_UNDER_TEST, deadUrl, useBench } from '../helpers/bench.js';
import { faultyBackend } from '../helpers/faulty-backend.js';
import { until } from '../helpers/until.js';

const KEPT = { 'cache-control': 'max-age=60', 'content-location': '/a', 'content-type': 'application/json' };
const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
/** Without what differs from run to run: the place of the origin, and the boundary of a form. */
const plainText = (value: unknown): string =>
  String(value)
    .replace(/127\.0\.0\.1:\d+/g, 'origin')
    .replace(/-{5,}[\w-]+|axios-[\d.]+-boundary-[\w-]+/g, 'boundary');

interface Seen {
  readonly settled: Readonly<Record<string, unknown>>;
  readonly received: readonly (readonly string[])[];
}

describe('a POST that may be kept is for its caller as it was without a cache', () => {
  const bench = useBench();

  beforeEach(() => {
    bench().answer(({ url, body }) => ({
      status: url === '/bad' ? 422 : url === '/down' ? 503 : 201,
      headers: { ...KEPT, 'content-location': url, 'Set-Cookie': ['a=1', 'b=2'] },
      body: JSON.stringify({ bytes: body.byteLength }),
    }));
  });

  function describeResponse(response: AxiosResponse | undefined): Record<string, unknown> | undefined {
    if (response === undefined) return undefined;
    const { data, status, statusText, headers, config, request, cache: _cache, ...others } = response;
    const shown = request as { method?: string; path?: string; res?: { responseUrl?: string } } | undefined;
    return {
      data: data as unknown,
      kind: Object.prototype.toString.call(data),
      status,
      statusText,
      headers: { ...headers },
      isAxiosHeaders: headers.constructor.name,
      request: [shown?.method, shown?.path, plainText(shown?.res?.responseUrl)],
      config: describeConfig(config),
      others: Object.entries(others).map(([name, value]) => [name, typeof value]),
    };
  }

  function describeConfig(config: AxiosRequestConfig | undefined): Record<string, unknown> {
    const { headers, responseType, method, url, maxRedirects, adapter, data } = config ?? {};
    const fields = Object.entries({ ...headers }).map(([name, value]) => [name, plainText(value)]);
    const validate = typeof config?.validateStatus;
    const names = Object.keys(config ?? {}).sort();
    return { fields, responseType, method, url, maxRedirects, adapter, validate, names, data: typeof data };
  }

  async function seenBy(
    http: AxiosInstance,
    url: string,
    data: unknown,
    config: AxiosRequestConfig,
  ): Promise<Seen> {
    bench().origin.requests.length = 0;
    const settled = await http.post(url, data, config).then(
      (response) => ({ resolved: describeResponse(response) }),
      (error: AxiosError) => ({
        rejected: {
          name: error.name,
          code: error.code,
          message: plainText(error.message),
          status: error.status,
          isAxiosError: error instanceof axios.AxiosError,
          config: describeConfig(error.config),
          isSameConfig: error.config === error.response?.config,
          isSameRequest: error.request === error.response?.request,
          response: describeResponse(error.response),
        },
      }),
    );
    const received = bench().origin.requests.map(({ method, headers, body }) => [
      method,
      plainText(JSON.stringify(headers)),
      plainText(body.toString('latin1')),
    ]);
    return { settled, received };
  }

  const noise = Buffer.from(Array.from({ length: 70_000 }, (_, index) => (index * 7919) % 256));
  const form = (): FormData => {
    const made = new FormData();
    made.append('name', 'grüße');
    made.append('file', new Blob([noise.subarray(0, 300)], { type: 'application/x-noise' }), 'noise.bin');
    return made;
  };

  it.each<[title: string, url: string, data: () => unknown, config?: AxiosRequestConfig]>([
    ['nothing', '/a', () => undefined],
    ['JSON', '/a', () => ({ n: 1, text: 'grüße' })],
    ['text', '/a', () => 'plain', { headers: { 'Content-Type': 'text/plain' } }],
    ['bytes', '/a', () => noise],
    [
      'a form',
      '/a',
      () =>
        new URLSearchParams([
          ['a', '1'],
          ['a', 'ü&'],
        ]),
    ],
    ['a multipart form', '/a', form],
    [
      'an object as a form',
      '/a',
      () => ({ a: [1, 2] }),
      { headers: { 'Content-Type': 'multipart/form-data' } },
    ],
    ['a stream', '/a', () => Readable.from([noise.subarray(0, 40_000), noise.subarray(40_000)])],
    ['text as the answer', '/a', () => 'x', { responseType: 'text' }],
    ['bytes as the answer', '/a', () => 'x', { responseType: 'arraybuffer' }],
    ['base64 as the answer', '/a', () => 'x', { responseType: 'text', responseEncoding: 'base64' }],
    ['a transformResponse', '/a', () => 'x', { transformResponse: [(text: string) => text.length] }],
    ['a transformRequest', '/a', () => 'x', { transformRequest: [() => 'y'] }],
    ['basic credentials', '/a', () => 'x', { auth: { username: 'u', password: 'p' } }],
    ['query parameters', '/a', () => 'x', { params: { q: [1, 2] } }],
    ['a rejected status', '/bad', () => 'x'],
    ['a rejected error', '/down', () => 'x', { responseType: 'arraybuffer' }],
    [
      'a success that the caller rejects',
      '/a',
      () => 'x',
      { validateStatus: (status: number) => status === 200 },
    ],
    ['an error that the caller takes', '/bad', () => 'x', { validateStatus: null }],
    ['another adapter', '/a', () => ({ n: 1 }), { adapter: 'fetch' }],
    ['another adapter, a form', '/a', form, { adapter: 'fetch' }],
    ['another adapter, bytes', '/a', () => 'x', { adapter: 'fetch', responseType: 'arraybuffer' }],
    ['an answer that is too long', '/a', () => 'x', { maxContentLength: 3 }],
    ['a body that is too long', '/a', () => noise, { maxBodyLength: 100, maxRedirects: 0 }],
    ['a port that is closed', '/a', () => 'x', { baseURL: 'dead' }],
  ])('%s', async (_title, url, data, config = {}) => {
    const used = config.baseURL === 'dead' ? { ...config, baseURL: await deadUrl() } : config;
    const bare = await seenBy(bench().plain(), url, data(), used);
    const http = bench().wrap({ ...rfc9111 });
    const wrapped = await seenBy(http, url, data(), used);
    expect(wrapped).toEqual(bare);
  });

  it('a stream or a large body arrives whole; what cannot be read again is kept for nobody', async () => {
    const http = bench().wrap({ ...rfc9111 });
    const large = Buffer.concat(Array.from({ length: 40 }, () => noise));
    for (const data of [Readable.from([large.subarray(0, 9), large.subarray(9)]), large]) {
      const type = { headers: { 'Content-Type': 'application/octet-stream' } };
      expect((await http.post('/a', data, type)).cache.stored).toBe(data === large);
      expect(digest(bench().origin.last.body)).toBe(digest(large));
    }
    expect(bench().origin.count()).toBe(2);
  });

  it('a stream as the answer is the very stream of the adapter', async () => {
    const http = bench().wrap({ ...rfc9111 });
    const { data, cache } = await http.post<Readable>('/a', 'x', { responseType: 'stream' });
    const chunks: Buffer[] = [];
    for await (const chunk of data) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).toString()).toBe('{"bytes":1}');
    expect([cache.stored, cache.fwd]).toEqual([false, 'method']);
    expect(await http.cache.count()).toBe(0);
  });

  it('a function as adapter is asked just as the caller asked', async () => {
    const http = bench().wrap({ ...rfc9111 });
    const asked: unknown[] = [];
    const adapter: AxiosAdapter = (config) => {
      asked.push(config.responseType, config.validateStatus?.(404), config.adapter);
      return Promise.resolve({
        data: { n: 1 },
        status: 200,
        statusText: '',
        headers: KEPT,
        config,
        request: {},
      } as never);
    };
    expect((await http.post('/a', 'x', { adapter, responseType: 'json' })).data).toEqual({ n: 1 });
    expect(asked).toEqual(['json', false, adapter]);
  });

  it('progress is told of both ways', async () => {
    const http = bench().wrap({ ...rfc9111 });
    const told = { up: 0, down: 0 };
    await http.post('/a', noise, {
      onUploadProgress: ({ loaded }) => (told.up = loaded),
      onDownloadProgress: ({ loaded }) => (told.down = loaded),
    });
    expect(told).toEqual({ up: noise.byteLength, down: '{"bytes":70000}'.length });
  });

  it('its response can be sent again', async () => {
    const http = bench().wrap({ ...rfc9111 });
    const { config } = await http.post('/a', { n: 1 });
    const again = await http.request<{ bytes: number }>(config);
    expect([again.status, again.data.bytes]).toEqual([201, 7]);
    expect(bench().origin.last.headers['content-type']).toBe('application/json');
    expect((await http.get('/a')).cache.hit).toBe(true);
  });

  it('interceptors see what they saw', async () => {
    const http = bench().wrap({ ...rfc9111 });
    const seen: unknown[] = [];
    http.interceptors.request.use((config) => {
      seen.push(config.responseType, typeof config.validateStatus);
      return config;
    });
    http.interceptors.response.use(undefined, (error: AxiosError) => {
      seen.push(error.config?.responseType, error.response?.status, error.response?.cache.fwdStatus);
      return Promise.reject(error);
    });
    await expect(http.post('/bad', 'x')).rejects.toMatchObject({ status: 422 });
    expect(seen).toEqual([undefined, 'function', undefined, 422, 422]);
  });

  it.each(['signal', 'cancelToken', 'timeout'] as const)(
    'can be given up by its %s, and leaves nothing',
    async (way) => {
      bench().answer(() => new Promise(() => undefined));
      const http = bench().wrap({ ...rfc9111 });
      const controller = new AbortController();
      const source = axios.CancelToken.source();
      const config: AxiosRequestConfig = {
        signal: { signal: controller.signal },
        cancelToken: { cancelToken: source.token },
        timeout: { timeout: 30 },
      }[way];
      const posted = http.post('/a', 'x', config);
      await until(() => bench().origin.count() === 1 || way === 'timeout');
      if (way === 'signal') controller.abort();
      if (way === 'cancelToken') source.cancel('enough');
      await expect(posted).rejects.toMatchObject({
        code: way === 'timeout' ? 'ECONNABORTED' : 'ERR_CANCELED',
      });
      expect(await http.cache.count()).toBe(0);
      bench().answer(() => ({ headers: KEPT, body: '"anew"' }));
      expect(await http.post('/a', 'x')).toMatchObject({ data: 'anew', cache: { stored: true } });
    },
  );

  it.each<[string, (method: string) => unknown]>([
    ['is down', () => Promise.reject(new Error('down'))],
    ['cannot write', (method) => (method === 'put' ? Promise.reject(new Error('full')) : undefined)],
    [
      'cannot delete',
      (method) => (method === 'deleteResource' ? Promise.reject(new Error('locked')) : undefined),
    ],
  ])('succeeds while storage %s', async (_title, fault) => {
    const backend = faultyBackend(bench().backend, (method) =>
      method === 'close' ? undefined : fault(method),
    );
    const http = bench().wrap({ ...rfc9111, backend });
    const { status, data, cache } = await http.post<{ bytes: number }>('/a', 'x');
    expect([status, data.bytes, cache.fromCache]).toEqual([201, 1, false]);
    expect(bench().eventTypes()).toContain('backendError');
  });
});

describe.each(BACKENDS_UNDER_TEST)('a POST that is not kept for GETs (%s)', (name) => {
  const bench = useBench(name);

  beforeEach(() => bench().answer(({ method }, count) => ({ headers: KEPT, body: `"${method} ${count}"` })));

  it('without cacheControl it passes, and ends what is stored', async () => {
    const http = bench().wrap();
    await http.get('/a');
    const posted = await http.post('/a', 'x');
    expect(posted.cache).toMatchObject({ stored: false, fwd: 'method', key: undefined });
    expect(await http.cache.count()).toBe(0);
    expect((await http.get('/a')).data).toBe('GET 3');
  });

  it.each([true, false])(
    'allowableMethods has it: answered by its body, with cacheControl %s',
    async (cacheControl) => {
      const http = bench().wrap({ cacheControl, allowableMethods: ['GET', 'POST'] });
      await http.get('/a');
      expect((await http.post('/a', { n: 1 })).data).toBe('POST 2');
      expect(await http.post('/a', { n: 1 })).toMatchObject({ data: 'POST 2', cache: { hit: true } });
      expect((await http.post('/a', { n: 2 })).data).toBe('POST 3');
      expect(await http.get('/a')).toMatchObject({ data: 'GET 1', cache: { hit: true } });
    },
  );
});
