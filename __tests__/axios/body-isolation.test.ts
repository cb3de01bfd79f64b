import axios, {
  type AxiosAdapter,
  type AxiosError,
  type AxiosRequestConfig,
  type AxiosResponse,
} from 'axios';
import otherAxios from 'axios-1.7';
import { randomFillSync } from 'node:crypto';
import { Readable } from 'node:stream';
import { BACKENDS_UNDER_TEST, useBench } from '../helpers/bench.js';
import { outcomeOf, viewOf } from '../helpers/body-views.js';

const MULTIPART = '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--b--\r\n';
const multipart = { 'content-type': 'multipart/form-data; boundary=b' };

describe.each(BACKENDS_UNDER_TEST)('what a caller does to its body changes nobody else’s (%s)', (name) => {
  const bench = useBench(name);

  it.each<[title: string, config: AxiosRequestConfig, spoil: (data: never) => void]>([
    ['a Buffer', { responseType: 'arraybuffer' }, (data: Buffer) => data.fill(0)],
    [
      'an ArrayBuffer',
      { adapter: 'fetch', responseType: 'arraybuffer' },
      (data: ArrayBuffer) => new Uint8Array(data).fill(0),
    ],
    ['a form', { adapter: 'fetch', responseType: 'formdata' }, (data: FormData) => data.set('a', 'spoilt')],
    [
      'an object',
      { transformResponse: (text: string) => ({ text }) },
      (data: { text: string }) => (data.text = 'spoilt'),
    ],
  ])('%s', async (_title, config, spoil) => {
    bench().answer(() => ({ headers: multipart, body: MULTIPART }));
    const http = bench().wrap();
    const expected = await outcomeOf(bench().plain().get('/a', config));
    for (let turn = 0; turn < 3; turn += 1) {
      const response = await http.get<never>('/a', config);
      expect(response.cache.fromCache).toBe(turn > 0);
      expect(await outcomeOf(Promise.resolve(response))).toEqual(expected);
      spoil(response.data);
    }
    expect(bench().origin.count()).toBe(2);
  });

  it.each(['http', 'fetch'])(
    '5 MB of noise are the same in every shape of the %s adapter',
    async (adapter) => {
      const noise = randomFillSync(Buffer.alloc(5_000_000));
      bench().answer(() => ({ body: noise }));
      const http = bench().wrap();
      await http.get('/a', { adapter });
      const { data } = await http.get<Buffer | ArrayBuffer>('/a', { adapter, responseType: 'arraybuffer' });
      expect(noise.equals(new Uint8Array(data))).toBe(true);
      if (adapter === 'fetch') {
        const blob = await http.get<Blob>('/a', { adapter, responseType: 'blob' });
        expect(noise.equals(new Uint8Array(await blob.data.arrayBuffer()))).toBe(true);
      }
      const text = await http.get<string>('/a', { adapter, transformResponse: [] });
      const plain = await bench().plain().get<string>('/a', { adapter, transformResponse: [] });
      expect(text.data === plain.data).toBe(true);
      expect(bench().origin.count()).toBe(2);
    },
  );
});

describe('a body that cannot be made what the caller wants', () => {
  const bench = useBench();

  it.each<[title: string, config: AxiosRequestConfig]>([
    ['an encoding that does not exist', { responseEncoding: 'nope' }],
    [
      'an encoding that does not exist, where no status is accepted',
      { responseEncoding: 'nope', validateStatus: () => false },
    ],
    ['a form where there is none', { adapter: 'fetch', responseType: 'formdata' }],
  ])('fails as without a cache, and leaves the entry whole: %s', async (_title, config) => {
    bench().answer(() => ({ headers: { 'content-type': 'text/plain' }, body: 'hello' }));
    const http = bench().wrap();
    const expected = await outcomeOf(bench().plain().get('/a', config));
    expect(expected[0]).toBe('rejected');
    expect(await outcomeOf(http.get('/a', config))).toEqual(expected);
    expect(await outcomeOf(http.get('/a', config))).toEqual(expected);
    const good = await http.get('/a');
    expect([good.cache.fromCache, good.data]).toEqual([true, 'hello']);
    expect(bench().origin.count()).toBe(2);
  });

  it('tells in the error’s response where it came from', async () => {
    bench().answer(() => ({ body: 'hello' }));
    const http = bench().wrap();
    const failures: AxiosError[] = [];
    for (let turn = 0; turn < 2; turn += 1) {
      await http.get('/a', { responseEncoding: 'nope' }).catch((error: AxiosError) => failures.push(error));
    }
    expect(failures.map(({ response }) => response?.cache.fromCache)).toEqual([false, true]);
    expect(failures.map(({ code }) => code)).toEqual(['ERR_UNKNOWN_ENCODING', 'ERR_UNKNOWN_ENCODING']);
  });

  it('is no reason not to say 504 where nothing is stored', async () => {
    const http = bench().wrap();
    const config = { adapter: 'fetch', responseType: 'formdata', cache: { onlyIfCached: true } } as const;
    const failure = await http.get('/a', config).catch((error: AxiosError) => error);
    expect((failure as AxiosError).response?.status).toBe(504);
    expect(bench().origin.count()).toBe(0);
  });
});

describe('function adapters', () => {
  const bench = useBench();

  /** Answers with the same value whatever it is asked for, as a mock does. */
  const mock =
    (data: unknown): AxiosAdapter =>
    (config) =>
      Promise.resolve({ data, status: 200, statusText: 'OK', headers: {}, config } as AxiosResponse);

  it.each<[title: string, data: unknown]>([
    ['a string', 'text'],
    ['an object', { a: [1, { b: 'ü' }] }],
    ['a number', 5],
    ['null', null],
    ['undefined', undefined],
  ])('that give %s give it again, for every responseType', async (_title, data) => {
    const adapter = mock(data);
    const http = bench().wrap({}, { adapter, transformResponse: [] });
    await http.get('/a');
    for (const responseType of ['json', 'text', 'arraybuffer', 'blob', 'formdata'] as const) {
      const response = await http.get<unknown>('/a', { responseType, maxContentLength: 1 });
      expect([response.cache.fromCache, response.data]).toEqual([true, data]);
    }
  });

  it.each<[title: string, make: () => unknown]>([
    ['a stream', () => Readable.from(['a'])],
    ['a Blob', () => new Blob(['a'])],
    ['a form', () => new FormData()],
  ])('that give %s are let through', async (_title, make) => {
    const made: unknown[] = [];
    const adapter: AxiosAdapter = (config) => {
      made.push(make());
      return mock(made.at(-1))(config);
    };
    const http = bench().wrap({}, { adapter, transformResponse: [] });
    for (let turn = 0; turn < 2; turn += 1) {
      const { data, cache } = await http.get<unknown>('/a');
      expect([cache.fromCache, data === made[turn]]).toEqual([false, true]);
    }
  });

  it('that gave a value leave an entry that axios’s own adapters read as the body it stands for', async () => {
    const http = bench().wrap();
    await http.get('/a', { adapter: mock({ a: 'ü' }) });
    const json = '{"a":"ü"}';
    const asked: [config: AxiosRequestConfig, expected: unknown][] = [
      [{}, ['object', { a: 'ü' }]],
      [{ responseType: 'text', transformResponse: [] }, ['string', json]],
      [{ responseType: 'arraybuffer' }, ['Buffer', Buffer.from(json).toString('hex')]],
      [{ adapter: 'fetch', responseType: 'arraybuffer' }, ['ArrayBuffer', Buffer.from(json).toString('hex')]],
    ];
    for (const [config, expected] of asked) {
      const { data, cache } = await http.get<unknown>('/a', config);
      expect([cache.fromCache, await viewOf(data)]).toEqual([true, expected]);
    }
    expect(bench().origin.count()).toBe(0);
  });

  it('that let some requests pass to http give mocked values as values, and bytes as bytes', async () => {
    bench().answer(() => ({ headers: { 'content-type': 'application/json' }, body: '{"real":1}' }));
    const http = axios.getAdapter('http');
    const adapter: AxiosAdapter = (config) =>
      config.url === '/mocked' ? mock({ mocked: 1 })(config) : http(config);
    const wrapped = bench().wrap({}, { adapter, transformResponse: [] });
    for (let turn = 0; turn < 2; turn += 1) {
      const mocked = await wrapped.get<unknown>('/mocked', { responseType: 'text' });
      const real = await wrapped.get<unknown>('/real', { responseType: 'text' });
      expect([mocked.cache.fromCache, mocked.data]).toEqual([turn > 0, { mocked: 1 }]);
      expect([real.cache.fromCache, real.data]).toEqual([turn > 0, '{"real":1}']);
    }
  });
});

describe('another copy of axios', () => {
  const bench = useBench();

  it('has its own errors, and the same shapes', async () => {
    bench().answer(() => ({ headers: { 'content-type': 'text/plain' }, body: 'hello' }));
    const other = otherAxios as unknown as typeof axios;
    const plain = other.create({ baseURL: bench().origin.url });
    const http = bench().adopt(other.create({ baseURL: bench().origin.url }));
    await http.get('/a');
    for (const config of [
      { adapter: 'fetch', responseType: 'blob' },
      { adapter: 'fetch', responseType: 'arraybuffer' },
      { adapter: 'fetch', responseType: 'formdata' },
      { responseType: 'arraybuffer' },
    ] as AxiosRequestConfig[]) {
      expect(await outcomeOf(http.get('/a', config))).toEqual(await outcomeOf(plain.get('/a', config)));
    }
    const failure: unknown = await http
      .get('/a', { adapter: 'fetch', responseType: 'formdata' })
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(other.AxiosError);
    expect(failure).not.toBeInstanceOf(axios.AxiosError);
  });
});
