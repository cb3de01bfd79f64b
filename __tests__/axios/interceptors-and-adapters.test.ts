import axios, {
  AxiosError,
  AxiosHeaders,
  type AxiosAdapter,
  type AxiosResponse,
  type InternalAxiosRequestConfig,
} from 'axios';
import { Readable } from 'node:stream';
import { BACKENDS_UNDER_TEST, useBench } from '../helpers/bench.js';

describe('interceptors of others', () => {
  const bench = useBench();
  const whoami = { headers: { 'content-type': 'text/plain' } };

  beforeEach(() => {
    bench().answer(({ headers }) => ({ ...whoami, body: `for ${headers.authorization ?? 'nobody'}` }));
  });

  const setToken = (token: () => string) => (config: InternalAxiosRequestConfig) => {
    config.headers.set('Authorization', token());
    return config;
  };

  it.each(['before', 'after'])('a token that is set by one added %s ours keeps users apart', async (when) => {
    let token = 'A';
    const instance = bench().plain();
    if (when === 'before') instance.interceptors.request.use(setToken(() => token));
    const http = bench().adopt(instance);
    if (when === 'after') instance.interceptors.request.use(setToken(() => token));
    expect((await http.get('/me')).data).toBe('for A');
    token = 'B';
    expect((await http.get('/me')).data).toBe('for B');
    token = 'A';
    const again = await http.get('/me');
    expect([again.data, again.cache.fromCache]).toEqual(['for A', true]);
    expect(bench().origin.count()).toBe(2);
  });

  it('may be asynchronous, and may hand on a copy of the config', async () => {
    const instance = bench().plain();
    instance.interceptors.request.use(async (config) => {
      await new Promise((resolve) => setImmediate(resolve));
      return { ...config, headers: AxiosHeaders.concat(config.headers, { Authorization: 'late' }) };
    });
    const http = bench().adopt(instance);
    instance.interceptors.request.use(async (config) => ({ ...config }));
    expect((await http.get('/me')).data).toBe('for late');
    const hit = await http.get('/me');
    expect([hit.data, hit.cache.fromCache]).toEqual(['for late', true]);
  });

  it('work in the order of adding, too (legacyInterceptorReqResOrdering: false)', async () => {
    const transitional = { legacyInterceptorReqResOrdering: false };
    const [plain, wrapped] = [bench().plain({ transitional }), bench().plain({ transitional })];
    for (const instance of [plain, wrapped]) {
      instance.interceptors.request.use(setToken(() => 'first'));
      if (instance === wrapped) bench().adopt(wrapped);
      instance.interceptors.request.use((config) => ({ ...config, params: { added: 'later' } }));
    }
    const answers: unknown[] = [];
    for (const instance of [plain, wrapped, wrapped]) {
      const answer: unknown = await instance.get('/me').catch((error: unknown) => error);
      const { data, message } = answer as Partial<AxiosResponse & AxiosError>;
      answers.push({ data, message });
    }
    expect(answers).toEqual([answers[0], answers[0], answers[0]]);
    // Older versions of axios refuse the option, with a cache as without.
    if (answers.some((answer) => (answer as { data?: unknown }).data === undefined)) {
      expect(answers[0]).toEqual({ message: 'Unknown option legacyInterceptorReqResOrdering' });
      return;
    }
    expect(answers[0]).toEqual({ data: 'for first' });
    expect(bench().origin.requests.map(({ url }) => url)).toEqual(['/me?added=later', '/me?added=later']);
  });

  it('keep the synchronous way of axios: the request is on its way when the call returns', () => {
    const adapter = jest.fn<Promise<never>, [InternalAxiosRequestConfig]>(() =>
      Promise.reject(new Error('no')),
    );
    const http = bench().wrap({}, { adapter });
    http.get('/me', { cache: false }).catch(() => undefined);
    expect(adapter).toHaveBeenCalledTimes(1);
  });

  it('may take away what the defaults have set', async () => {
    const instance = bench().plain({ params: { by: 'default' }, headers: { 'X-Default': 'yes' } });
    instance.interceptors.request.use((config) => {
      config.headers.delete('X-Default');
      delete config.params;
      return config;
    });
    const http = bench().adopt(instance);
    await http.get('/me');
    expect([bench().origin.last.url, bench().origin.last.headers['x-default']]).toEqual(['/me', undefined]);
    for await (const url of http.cache.urls()) expect(url).toBe(`${bench().origin.url}/me`);
    expect(await http.cache.count()).toBe(1);
  });

  it('may send the very config on their own', async () => {
    const instance = bench().plain();
    const sent: AxiosResponse[] = [];
    instance.interceptors.request.use(async (config) => {
      if (sent.length === 0 && !config.headers.has('X-Inner')) {
        config.headers.set('X-Inner', 'yes');
        sent.push(await http.request(config));
      }
      return config;
    });
    const http = bench().adopt(instance);
    const outer = await http.get('/me');
    expect(sent).toHaveLength(1);
    expect(sent[0]?.config.adapter).toEqual(instance.defaults.adapter);
    expect(outer.config.adapter).toEqual(instance.defaults.adapter);
    expect(outer.cache.fromCache).toBe(true);
    expect(bench().origin.count()).toBe(1);
  });

  it('of responses see response.cache, and run once for each answer', async () => {
    const instance = bench().plain();
    const seen: unknown[] = [];
    const http = bench().adopt(instance);
    instance.interceptors.response.use((response) => {
      seen.push(response.cache.fromCache);
      response.data = `${String(response.data)}!`;
      return response;
    });
    expect((await http.get('/me')).data).toBe('for nobody!');
    expect((await http.get('/me')).data).toBe('for nobody!');
    expect(seen).toEqual([false, true]);
  });

  it('that throw leave nothing behind', async () => {
    const instance = bench().plain();
    let fails = true;
    const http = bench().adopt(instance);
    instance.interceptors.request.use((config) => {
      if (fails) throw new Error('no token');
      return config;
    });
    await expect(http.get('/me')).rejects.toThrow('no token');
    await expect(http.get('/me')).rejects.toThrow('no token');
    fails = false;
    expect((await http.get('/me')).data).toBe('for nobody');
    expect((await http.get('/me')).cache.fromCache).toBe(true);
  });

  it('that answer in the place of the adapter get a response.cache all the same', async () => {
    const instance = bench().plain();
    instance.interceptors.request.use((config) => {
      config.adapter = async (final) =>
        ({ data: 'mock', status: 200, statusText: 'OK', headers: {}, config: final }) as AxiosResponse;
      return config;
    });
    const http = bench().adopt(instance, {});
    instance.interceptors.request.use((config) => config);
    const response = await http.get('/me');
    expect(response.data).toBe('mock');
    expect(response.cache).toMatchObject({ fromCache: false, stored: false });
    const replaced = bench().adopt(bench().plain());
    replaced.interceptors.response.use(() => 'something else' as never);
    expect(await replaced.get('/me')).toBe('something else');
  });
});

describe.each(BACKENDS_UNDER_TEST)('adapters that are functions (%s)', (name) => {
  const bench = useBench(name);

  const answering = (
    data: unknown,
    more: Partial<AxiosResponse> = {},
  ): jest.Mock<Promise<AxiosResponse>, [InternalAxiosRequestConfig]> =>
    jest.fn(
      async (config: InternalAxiosRequestConfig) =>
        ({ data, status: 200, statusText: 'OK', headers: {}, config, ...more }) as AxiosResponse,
    );

  it.each<[string, unknown]>([
    ['an object', { a: [1, { b: null }] }],
    ['an array', [1, 'two', null]],
    ['a string', 'text'],
    ['JSON as a string', '{"a":1}'],
    ['a number', 42],
    ['false', false],
    ['null', null],
    ['undefined', undefined],
    ['a Buffer', Buffer.from('bytes')],
  ])('%s is replayed as plain axios would show it', async (_title, data) => {
    const plain = await bench()
      .plain({ adapter: answering(data) })
      .get('/a');
    const adapter = answering(data);
    const http = bench().wrap({}, { adapter });
    const miss = await http.get('/a');
    const hit = await http.get('/a');
    expect(hit.cache.fromCache).toBe(true);
    expect(adapter).toHaveBeenCalledTimes(1);
    const expected: unknown = Buffer.isBuffer(data) ? 'bytes' : plain.data;
    expect(miss.data).toEqual(expected);
    expect(hit.data).toEqual(expected);
    expect(hit.config.adapter).toBe(adapter);
  });

  it.each<[string, () => unknown]>([
    ['a stream', () => Readable.from(['x'])],
    ['a Map', () => new Map([['a', 1]])],
    ['a Date within', () => ({ when: new Date(0) })],
    ['a Buffer within', () => ({ deep: [Buffer.from('x')] })],
    ['NaN within', () => [Number.NaN]],
    ['a function', () => () => 'x'],
    ['a bigint', () => ({ big: 1n })],
    [
      'a circle',
      () => {
        const list: unknown[] = [];
        list.push(list);
        return list;
      },
    ],
  ])('%s, which JSON does not keep, is handed out but never stored', async (_title, make) => {
    const data = make();
    const adapter = answering(data);
    const http = bench().wrap({}, { adapter });
    const first = await http.get('/a', { transformResponse: [] });
    expect(first.data).toBe(data);
    expect(first.cache).toMatchObject({ fromCache: false, stored: false });
    await http.get('/a', { transformResponse: [] });
    expect(adapter).toHaveBeenCalledTimes(2);
    expect(await http.cache.count()).toBe(0);
  });

  it('get bytes asked for, statuses to judge as the caller would, and nothing of the cache', async () => {
    const adapter = answering('x');
    const http = bench().wrap({}, { adapter });
    await http.get('/a', { cache: { expireAfter: 5 }, responseType: 'json' });
    const [config] = adapter.mock.calls[0] as [InternalAxiosRequestConfig];
    expect(config.responseType).toBe('arraybuffer');
    expect(config.validateStatus).toBe(http.defaults.validateStatus);
    expect('cache' in config).toBe(false);
    expect(config.headers).toBeInstanceOf(AxiosHeaders);
  });

  it('that ask no validateStatus resolve whatever the status, as without a cache', async () => {
    const adapter: AxiosAdapter = async (config) =>
      ({ data: 'none', status: 404, statusText: 'Not Found', headers: {}, config }) as AxiosResponse;
    for (const instance of [bench().plain({ adapter }), bench().wrap({}, { adapter })]) {
      expect((await instance.get('/a')).status).toBe(404);
    }
  });

  it('that judge statuses reject with their own error; what came is stored if it may be', async () => {
    const own = new TypeError('not found, in my words');
    const adapter: AxiosAdapter = async (config) => {
      const response = { data: Buffer.from('none'), status: 404, statusText: '', headers: {}, config };
      throw Object.assign(own, { response, config });
    };
    const http = bench().wrap({ allowableCodes: [404] }, { adapter });
    const error = (await http.get('/a').catch((reason: unknown) => reason)) as AxiosError;
    expect(error).toBe(own);
    expect(error.response).toMatchObject({ data: 'none', cache: { stored: true } });
    expect(error.response?.config).toBe(error.config);
    expect((await http.get('/a', { validateStatus: null })).cache.hit).toBe(true);
  });

  it('that fail with a response whose status is not the reason bring nothing to store', async () => {
    const adapter: AxiosAdapter = async (config) => {
      const response = { data: undefined, status: 200, statusText: '', headers: {}, config } as AxiosResponse;
      throw new AxiosError('stream has been aborted', 'ERR_BAD_RESPONSE', config, undefined, response);
    };
    const http = bench().wrap({}, { adapter });
    await expect(http.get('/a')).rejects.toThrow('stream has been aborted');
    expect(await http.cache.count()).toBe(0);
  });

  it('that reject are shown with the config of the caller, and nothing is stored', async () => {
    const failing: AxiosAdapter = async (config) => {
      throw new AxiosError('boom', 'ECONNRESET', config);
    };
    const http = bench().wrap({}, { adapter: failing });
    const error = (await http.get('/a').catch((reason: unknown) => reason)) as AxiosError;
    expect(error.code).toBe('ECONNRESET');
    expect(error.config?.adapter).toBe(failing);
    expect(error.config?.responseType).toBeUndefined();
    const odd = [Object.freeze({ code: 'ODD' }), Object.freeze({ config: {} }), { response: { odd: true } }];
    for (const reason of [new TypeError('odd'), 'text', undefined, null, ...odd]) {
      const rejecting = jest.fn().mockRejectedValue(reason);
      for (const cache of [{}, false] as const) {
        await expect(bench().wrap({}, { adapter: rejecting }).get('/a', { cache })).rejects.toBe(reason);
      }
    }
    const throwing = (): never => {
      throw new Error('at once');
    };
    await expect(bench().wrap({}, { adapter: throwing }).get('/a')).rejects.toThrow('at once');
    expect(await http.cache.count()).toBe(0);
  });

  it('may be a list, of which the first that works is taken', async () => {
    const http = bench().wrap({}, { adapter: ['xhr', 'http'] });
    await http.get('/a');
    expect((await http.get('/a')).cache.fromCache).toBe(true);
  });

  it('that do not exist fail as with plain axios', async () => {
    const options = { adapter: 'carrier-pigeon' };
    const plain = (await bench()
      .plain()
      .get('/a', options)
      .catch((error: unknown) => error)) as AxiosError;
    const wrapped = (await bench()
      .wrap()
      .get('/a', options)
      .catch((error: unknown) => error)) as AxiosError;
    expect([wrapped.message, wrapped.code, wrapped.name]).toEqual([plain.message, plain.code, plain.name]);
  });
});

describe('the fetch adapter', () => {
  const bench = useBench();

  it('shares what it stored with the http adapter, each in its own shapes', async () => {
    bench().answer(() => ({ headers: { 'content-type': 'application/json' }, body: '{"a":1}' }));
    const http = bench().wrap();
    const miss = await http.get('/a', { adapter: 'fetch' });
    expect(miss.data).toEqual({ a: 1 });
    const bytes = await http.get('/a', { adapter: 'fetch', responseType: 'arraybuffer' });
    expect(bytes.data).toBeInstanceOf(ArrayBuffer);
    expect(Buffer.from(bytes.data as ArrayBuffer).toString()).toBe('{"a":1}');
    const buffer = await http.get('/a', { adapter: 'http', responseType: 'arraybuffer' });
    expect(Buffer.isBuffer(buffer.data)).toBe(true);
    expect([bytes.cache.fromCache, buffer.cache.fromCache]).toEqual([true, true]);
    expect(bench().origin.count()).toBe(1);
  });

  it('as a function is known by its first answer', async () => {
    const adapter = axios.getAdapter('fetch');
    const http = bench().wrap({}, { adapter });
    await http.get('/a');
    const hit = await http.get('/a', { responseType: 'arraybuffer' });
    expect(hit.data).toBeInstanceOf(ArrayBuffer);
    expect(hit.cache.fromCache).toBe(true);
  });
});
