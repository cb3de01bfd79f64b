import axios, {
  AxiosHeaders,
  type AxiosError,
  type AxiosInstance,
  type AxiosRequestConfig,
  type AxiosResponse,
} from 'axios';
import AxiosMockAdapter from 'axios-mock-adapter';
import { useBench } from '../helpers/bench.js';
import { failureOf, ORDERS, withPlugin } from './set-up.js';

describe.each(ORDERS)('axios-mock-adapter, added %s', (order) => {
  const bench = useBench();

  /** A wrapped instance and its mock, and a plain instance with a mock that is set up in the same way. */
  const mocked = (
    prepare: (mock: AxiosMockAdapter) => unknown = () => undefined,
    options: ConstructorParameters<typeof AxiosMockAdapter>[1] = {},
    config: AxiosRequestConfig = {},
  ) => {
    const mocks: AxiosMockAdapter[] = [];
    const add = (instance: AxiosInstance) => {
      const mock = new AxiosMockAdapter(instance, options);
      prepare(mock);
      mocks.push(mock);
    };
    const http = withPlugin(bench(), order, add, {}, config);
    const plain = bench().plain(config);
    add(plain);
    const [mock, plainMock] = mocks as [AxiosMockAdapter, AxiosMockAdapter];
    return { http, mock, plain, plainMock };
  };

  const asSeen = ({ status, statusText, data, headers, config }: AxiosResponse) => ({
    status,
    statusText,
    data: data as unknown,
    headers: { ...headers },
    isAxiosHeaders: headers instanceof AxiosHeaders,
    config: { url: config.url, method: config.method, params: config.params as unknown },
  });

  it('answers in the place of the origin, and a hit needs no mock', async () => {
    const { http, mock } = mocked((mock) => mock.onGet('/a').replyOnce(200, { n: 1 }));
    const miss = await http.get('/a');
    const hit = await http.get('/a');
    for (const response of [miss, hit]) expect([response.status, response.data]).toEqual([200, { n: 1 }]);
    expect([miss.cache.fromCache, hit.cache.fromCache]).toEqual([false, true]);
    expect(mock.history.get).toHaveLength(1);
    expect(bench().origin.count()).toBe(0);
  });

  it.each<[title: string, body: unknown, config?: AxiosRequestConfig]>([
    ['an object', { n: 1, list: [1, { deep: null }] }],
    ['a list', [1, 2]],
    ['text', 'text'],
    ['JSON as text', '{"n":1}'],
    ['JSON as text, of which the caller wants the text', '{"n":1}', { responseType: 'text' }],
    ['a number', 7],
    ['nothing', undefined],
    ['a Buffer', Buffer.from([0, 255, 128, 10]), { responseType: 'arraybuffer' }],
    ['an object through a transformResponse', { n: 1 }, { transformResponse: (data) => [typeof data] }],
  ])(
    '%s as the body is shown as without a cache, on misses and on hits',
    async (_title, body, config = {}) => {
      const { http, plain } = mocked((mock) =>
        mock.onGet('/a', { params: { p: 1 } }).reply(200, body, { 'x-mock': 'yes' }),
      );
      const asked = { params: { p: 1 }, ...config };
      const expected = asSeen(await plain.get('/a', asked));
      const miss = await http.get('/a', asked);
      const hit = await http.get('/a', asked);
      expect(hit.cache.fromCache).toBe(true);
      expect(asSeen(miss)).toEqual(expected);
      expect({ ...asSeen(hit), statusText: undefined }).toEqual({ ...expected, statusText: undefined });
    },
  );

  it('a mocked error is the error that it is without a cache, and is not stored', async () => {
    const told = ({ message, code, name, isAxiosError, response }: AxiosError) => ({
      message,
      code,
      name,
      isAxiosError,
      data: response?.data,
    });
    const { http, plain, mock } = mocked((mock) =>
      mock.onGet('/down').networkError().onGet('/slow').timeout().onGet('/gone').abortRequest(),
    );
    for (const url of ['/down', '/slow', '/gone']) {
      const expected = told(await failureOf(plain.get(url, { timeout: 9 })));
      for (let turn = 0; turn < 2; turn += 1)
        expect(told(await failureOf(http.get(url, { timeout: 9 })))).toEqual(expected);
    }
    expect(mock.history.get).toHaveLength(6);
    expect(await http.cache.count()).toBe(0);
  });

  it('a mocked status is judged by the mock, whose own error the caller gets', async () => {
    const { http, plain, mock } = mocked((mock) => mock.onGet('/missing').reply(404, { a: 1 }));
    for (const url of ['/missing', '/missing', '/unknown']) {
      const mocks = await failureOf<AxiosError>(plain.get(url));
      const error = await failureOf<AxiosError>(http.get(url));
      const { message, code, name, status, isAxiosError, response, config } = error;
      expect({ message, code, name, status, isAxiosError }).toEqual({
        message: mocks.message,
        code: mocks.code,
        name: mocks.name,
        status: mocks.status,
        isAxiosError: mocks.isAxiosError,
      });
      expect(response?.data).toEqual(mocks.response?.data);
      expect(response?.config).toBe(config);
      expect(response?.cache.stored).toBe(false);
    }
    expect((await http.get('/missing', { validateStatus: null })).status).toBe(404);
    expect(mock.history.get).toHaveLength(4);
  });

  it('a time-out or a network error that happens once lets the next request have its answer', async () => {
    const { http } = mocked((mock) =>
      mock.onGet('/a').networkErrorOnce().onGet('/a').timeoutOnce().onGet('/a').reply(200, 'at last'),
    );
    await failureOf(http.get('/a'));
    await failureOf(http.get('/a'));
    expect((await http.get('/a')).data).toBe('at last');
    expect((await http.get('/a')).cache.fromCache).toBe(true);
  });

  it('a mocked failure is the origin’s, for which staleIfError has an answer', async () => {
    const { http, mock } = mocked((mock) => mock.onGet('/a').replyOnce(200, 'stored'));
    const stale = { cache: { expireAfter: 1, staleIfError: true } };
    await http.get('/a', stale);
    bench().pass(2);
    mock.onGet('/a').networkErrorOnce().onGet('/a').reply(503);
    for (let turn = 0; turn < 2; turn += 1) {
      const response = await http.get('/a', stale);
      expect([response.data, response.cache.stale]).toEqual(['stored', true]);
    }
  });

  it('sees in its history what it sees without a cache', async () => {
    const seen = ({ history }: AxiosMockAdapter) =>
      history.map(({ method, url, params, data, headers, baseURL }) => ({
        method,
        url,
        params: params as unknown,
        data: data as unknown,
        headers: { ...headers },
        baseURL,
      }));
    const { http, plain, mock, plainMock } = mocked((mock) => mock.onAny().reply(200, 'x'));
    for (const instance of [plain, http]) {
      await instance.get('/a', { params: { q: 'x y' }, headers: { 'X-Mine': '1' } });
      await instance.post('/b', { n: 1 });
      await instance.put('/c', 'text', { headers: { 'Content-Type': 'text/plain' } });
      await instance.delete('/d');
    }
    expect(seen(plainMock)).toHaveLength(4);
    expect(seen(mock)).toEqual(seen(plainMock));
  });

  it('matches by params, body and header, and each combination is an answer of its own', async () => {
    const { http } = mocked((mock) => {
      mock.onGet('/a', { params: { page: 1 } }).reply(200, 'page 1');
      mock.onGet('/a', { params: { page: 2 } }).reply(200, 'page 2');
      mock.onPost('/find', { name: 'x' }).reply(200, 'found x');
      mock.onPost('/find', { name: 'y' }).reply(200, 'found y');
    });
    const post = { cache: { allowableMethods: ['POST'] } };
    for (const fromCache of [false, true]) {
      const answers = [
        await http.get('/a', { params: { page: 1 } }),
        await http.get('/a', { params: { page: 2 } }),
        await http.post('/find', { name: 'x' }, post),
        await http.post('/find', { name: 'y' }, post),
      ];
      expect(answers.map(({ data }) => data)).toEqual(['page 1', 'page 2', 'found x', 'found y']);
      expect(answers.map(({ cache }) => cache.fromCache)).toEqual(Array(4).fill(fromCache));
    }
  });

  it('functions and promises may reply, and see the request', async () => {
    const { http } = mocked((mock) =>
      mock.onPost('/echo').reply(async ({ data, url }) => [201, { url, data: JSON.parse(data) }]),
    );
    const response = await http.post('/echo', { n: 1 });
    expect([response.status, response.data]).toEqual([201, { url: '/echo', data: { n: 1 } }]);
  });

  it('passThrough reaches the origin as without a cache, and what comes back is stored', async () => {
    bench().answer((_request, count) => ({
      headers: { 'content-type': 'application/json', etag: '"1"' },
      body: JSON.stringify({ count }),
    }));
    const { http, plain } = mocked((mock) => mock.onGet('/real').passThrough().onAny().reply(418));
    const asked = { params: { q: 'x y' }, headers: { 'X-Mine': '1' } };
    const expected = await plain.get('/real', asked);
    const [sent] = bench().origin.requests.splice(0);
    const miss = await http.get('/real', asked);
    expect(bench().origin.last).toEqual(sent);
    const hit = await http.get('/real', asked);
    for (const response of [miss, hit]) {
      expect(response.data).toEqual(expected.data);
      expect(response.headers['etag']).toBe('"1"');
    }
    expect(hit.cache.fromCache).toBe(true);
    expect(bench().origin.requests).toHaveLength(1);
    expect((await failureOf<AxiosError>(http.get('/other'))).status).toBe(418);
  });

  it('onNoMatch: passthrough and throwException are as without a cache', async () => {
    bench().answer(() => ({ body: 'from the origin' }));
    const passing = mocked(undefined, { onNoMatch: 'passthrough' });
    expect((await passing.http.get('/a')).data).toBe('from the origin');
    expect((await passing.http.get('/a')).cache.fromCache).toBe(true);
    const strict = mocked(undefined, { onNoMatch: 'throwException' });
    const [error, plain] = [
      await failureOf<AxiosError>(strict.http.get('/b')),
      await failureOf<AxiosError>(strict.plain.get('/b')),
    ];
    expect(error.message).toBe(plain.message);
    expect(error).toMatchObject({ isCouldNotFindMockError: true, url: '/b' });
  });

  it('delayResponse delays misses only', async () => {
    const { http, mock } = mocked((mock) => mock.onGet('/a').reply(200, 'late'), { delayResponse: 1 });
    await http.get('/a');
    expect((await http.get('/a')).cache.fromCache).toBe(true);
    expect(mock.history.get).toHaveLength(1);
  });

  it('reset forgets handlers and history, and what is stored stays', async () => {
    const { http, mock } = mocked((mock) => mock.onGet('/a').reply(200, 'one'));
    await http.get('/a');
    mock.reset();
    expect(mock.history).toHaveLength(0);
    expect((await failureOf<AxiosError>(http.get('/b'))).status).toBe(404);
    expect((await http.get('/a')).data).toBe('one');
    await http.cache.clear();
    mock.onGet('/a').reply(200, 'two');
    expect((await http.get('/a')).data).toBe('two');
  });

  it('restore puts the adapter back: the instance reaches the origin again, still with its cache', async () => {
    bench().answer((_request, count) => ({ body: `origin ${count}` }));
    const { http, mock } = mocked((mock) => mock.onGet('/a').reply(200, 'mock'));
    await http.get('/a');
    mock.restore();
    expect(http.defaults.adapter).toEqual(axios.defaults.adapter);
    expect((await http.get('/a')).data).toBe('mock');
    expect((await http.get('/b')).data).toBe('origin 1');
    const hit = await http.get('/b');
    expect([hit.data, hit.cache.fromCache]).toEqual(['origin 1', true]);
    expect(hit.config.adapter).toEqual(axios.defaults.adapter);
  });

  it('stays after the cache is detached', async () => {
    const { http, mock } = mocked((mock) => mock.onGet('/a').reply(200, 'mock'));
    await http.get('/a');
    const { cache } = http;
    cache.detach();
    await http.get('/a');
    expect(mock.history.get).toHaveLength(2);
    mock.restore();
    expect(http.defaults.adapter).toEqual(axios.defaults.adapter);
    await cache.close();
  });

  it('on the adapter of an instance of its own is inherited by children, which have no cache', async () => {
    const { http, mock } = mocked((mock) => mock.onGet('/a').reply(200, 'mock'));
    const child = http.create();
    expect((await child.get('/a')).data).toBe('mock');
    expect((await child.get('/a')).cache).toBeUndefined();
    expect(mock.history.get).toHaveLength(2);
  });
});
