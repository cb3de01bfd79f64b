import axios, {
  AxiosHeaders,
  type AxiosError,
  type AxiosInstance,
  type AxiosRequestConfig,
  type AxiosResponse,
  type InternalAxiosRequestConfig,
} from 'axios';
import { useBench } from '../helpers/bench.js';
import { type AddPlugin, failureOf, ORDERS, withoutCache, withPlugin } from './set-up.js';

const json = { 'content-type': 'application/json' };

/** The orders in which interceptors of requests may run; older versions of axios know only one, and refuse the option. */
const ORDERINGS: readonly [title: string, config: AxiosRequestConfig][] = [
  ['the usual order', {}],
  ['legacyInterceptorReqResOrdering: true', { transitional: { legacyInterceptorReqResOrdering: true } }],
  ['legacyInterceptorReqResOrdering: false', { transitional: { legacyInterceptorReqResOrdering: false } }],
];

const isKnown = ({ transitional }: AxiosRequestConfig): boolean =>
  transitional === undefined || !axios.VERSION.startsWith('1.7.');

type Change = (config: InternalAxiosRequestConfig) => InternalAxiosRequestConfig;

const CHANGES: readonly [title: string, change: Change][] = [
  ['the URL', (config) => Object.assign(config, { url: `${config.url}/deeper` })],
  ['baseURL', (config) => Object.assign(config, { baseURL: `${config.baseURL}/v2` })],
  ['params', (config) => Object.assign(config, { params: { ...config.params, added: ['x y', 2] } })],
  ['the header', (config) => (config.headers.set({ 'X-Added': 'yes', Accept: 'text/html' }), config)],
  ['data, before it is transformed', (config) => Object.assign(config, { data: { replaced: 'yes' } })],
  ['the method', (config) => Object.assign(config, { method: 'options' })],
  [
    'everything, in a copy',
    (config) => ({ ...config, url: '/copy', headers: new AxiosHeaders({ 'X-Copy': 'yes' }) }),
  ],
  [
    'nothing, in a copy made of an entry list',
    (config) => Object.fromEntries(Object.entries(config)) as typeof config,
  ],
  ['responseType', (config) => Object.assign(config, { responseType: 'text' })],
  ['validateStatus', (config) => Object.assign(config, { validateStatus: () => false })],
  [
    'transformResponse',
    (config) => Object.assign(config, { transformResponse: [(text: string) => text.length] }),
  ],
];

describe.each(ORDERINGS)('interceptors of requests, %s', (_ordering, transitional) => {
  describe.each(ORDERS)('added %s', (order) => {
    const bench = useBench();

    beforeEach(() => {
      bench().answer(({ method, url, headers, body }) => ({
        headers: json,
        body: JSON.stringify({ method, url, accept: headers.accept, body: body.toString() }),
      }));
    });

    const outcome = async (promise: Promise<AxiosResponse>): Promise<unknown> => {
      const settled: unknown = await promise.catch((error: unknown) => error);
      const { message, code, response = settled } = settled as Partial<AxiosError>;
      const { status, data } = response as Partial<AxiosResponse>;
      return { message, code, status, data: data as unknown };
    };

    /** The same request plainly, and twice with a cache: what was sent and what came back must be the same. */
    const compare = async (add: AddPlugin, config: AxiosRequestConfig): Promise<void> => {
      const plain = await outcome(withoutCache(bench(), add, transitional).request(config));
      const sent = bench().origin.requests.splice(0);
      expect(sent.length > 0).toBe(isKnown(transitional));
      const http = withPlugin(bench(), order, add, {}, transitional);
      await http.cache.clear();
      expect(await outcome(http.request(config))).toEqual(plain);
      expect(bench().origin.requests).toEqual(sent);
      expect(await outcome(http.request(config))).toEqual(plain);
      const isKept = sent[0]?.method === 'GET';
      expect(bench().origin.requests.splice(0)).toHaveLength(isKept ? 1 : 2 * sent.length);
    };

    it.each(CHANGES)('that change %s', async (_title, change) => {
      for (const config of [{ url: '/a' }, { url: '/a', method: 'post', data: { n: 1 } }]) {
        await compare((instance) => instance.interceptors.request.use(change), config);
        await compare((instance) => instance.interceptors.request.use(async (own) => change(own)), config);
        await compare(
          (instance) => instance.interceptors.request.use(change, null, { synchronous: true }),
          config,
        );
      }
    });

    it('that see what each other has done, as without a cache', async () => {
      const add: AddPlugin = ({ interceptors }) => {
        interceptors.request.use((config) => Object.assign(config, { url: `${config.url}1` }));
        interceptors.request.use(async (config) => ({ ...config, url: `${config.url}2` }));
        interceptors.request.use((config) => Object.assign(config, { url: `${config.url}3` }), null, {
          runWhen: ({ method }) => method === 'get',
        });
      };
      await compare(add, { url: '/a' });
      await compare(add, { url: '/a', method: 'post', data: 'x' });
    });

    it('that throw, at once or later: the caller gets the very error, and nothing is asked or stored', async () => {
      const reason = new Error('no token');
      const throwing: readonly AddPlugin[] = [
        ({ interceptors }) =>
          interceptors.request.use(() => {
            throw reason;
          }),
        ({ interceptors }) => interceptors.request.use(() => Promise.reject(reason)),
      ];
      for (const add of throwing) {
        const http = withPlugin(bench(), order, add, {}, transitional);
        const plain = await failureOf(withoutCache(bench(), add, transitional).get('/a'));
        const error = await failureOf(http.get('/a'));
        expect(plain === reason).toBe(isKnown(transitional));
        if (plain === reason) expect(error).toBe(reason);
        else expect(error).toEqual(plain);
        expect(await http.cache.count()).toBe(0);
      }
      expect(bench().origin.count()).toBe(0);
    });

    it('that are ejected are no longer asked, and the cache goes on', async () => {
      let id = 0;
      const http = withPlugin(
        bench(),
        order,
        (instance) => {
          id = instance.interceptors.request.use((config) =>
            Object.assign(config, { params: { ...config.params, added: 1 } }),
          );
        },
        {},
        transitional,
      );
      const ends = [await outcome(http.get('/a'))];
      http.interceptors.request.eject(id);
      ends.push(await outcome(http.get('/a')), await outcome(http.get('/a')));
      expect(ends.map((end) => (end as { status?: number }).status)).toEqual(
        Array(3).fill(isKnown(transitional) ? 200 : undefined),
      );
      expect(bench().origin.requests.map(({ url }) => url)).toEqual(
        isKnown(transitional) ? ['/a?added=1', '/a'] : [],
      );
    });
  });
});

describe.each(ORDERS)('interceptors of responses, added %s', (order) => {
  const bench = useBench();

  beforeEach(() => {
    bench().answer(({ url }, count) => ({
      status: url === '/missing' ? 404 : 200,
      headers: json,
      body: JSON.stringify({ url, count }),
    }));
  });

  const withResponses = (...use: Parameters<AxiosInstance['interceptors']['response']['use']>) =>
    withPlugin(bench(), order, ({ interceptors }) => interceptors.response.use(...use));

  it('that change the response change what their caller gets, and never what is stored', async () => {
    const http = withResponses((response) => {
      response.data.changed = true;
      (response.headers as AxiosHeaders).set('x-changed', 'yes');
      response.status = 299;
      return response;
    });
    for (const fromCache of [false, true]) {
      const response = await http.get('/a');
      expect([response.data, response.status]).toEqual([{ url: '/a', count: 1, changed: true }, 299]);
      expect(response.cache.fromCache).toBe(fromCache);
    }
    const stored = await http.cache.get(await http.cache.createKey({ url: '/a' }));
    expect([stored?.status, stored?.headers['x-changed']]).toEqual([200, undefined]);
  });

  it.each<[string, (response: AxiosResponse) => unknown]>([
    ['the data alone', ({ data }) => data as unknown],
    ['nothing', () => undefined],
    ['text', () => 'text'],
    ['a frozen object', () => Object.freeze({ status: 200 })],
    ['a response of their own', (response) => ({ ...response, data: 'mine' })],
  ])('that hand on %s', async (_title, replace) => {
    const add: AddPlugin = ({ interceptors }) =>
      interceptors.response.use(replace as (response: AxiosResponse) => AxiosResponse);
    const shown = (value: unknown): unknown => {
      if (typeof value !== 'object' || value === null || !('config' in value)) return value;
      const { status, data } = value as unknown as AxiosResponse;
      return { status, data: data as unknown };
    };
    const plain = shown(await withoutCache(bench(), add).get('/plain'));
    const http = withPlugin(bench(), order, add);
    const expected = JSON.parse(JSON.stringify([plain]).replace('/plain', '/a')) as unknown[];
    if (plain === undefined) expected[0] = undefined;
    expect(shown(await http.get('/a'))).toEqual(expected[0]);
    expect(shown(await http.get('/a'))).toEqual(expected[0]);
    expect(bench().origin.count('/a')).toBe(1);
  });

  it('that throw for a success: the caller gets the very error, the next one a hit', async () => {
    let reason: unknown = new Error('I do not like it');
    const http = withResponses((response) => {
      if (reason !== undefined) throw reason as Error;
      return response;
    });
    for (const given of [reason, 'text', { odd: true }]) {
      reason = given;
      await expect(http.get('/a')).rejects.toBe(given);
    }
    reason = undefined;
    const response = await http.get('/a');
    expect([response.data, response.cache.fromCache]).toEqual([{ url: '/a', count: 1 }, true]);
  });

  it('that make a success of an error, on misses and on stored errors', async () => {
    const add: AddPlugin = ({ interceptors }) =>
      interceptors.response.use(undefined, (error: AxiosError) => ({ ...error.response, status: 200 }));
    for (const allowableCodes of [[200], [404]]) {
      const http = withPlugin(bench(), order, add, { allowableCodes });
      for (let turn = 0; turn < 2; turn += 1) {
        const { status, data } = await http.get('/missing');
        expect([status, (data as { url: string }).url]).toEqual([200, '/missing']);
      }
    }
    expect(bench().origin.count('/missing')).toBe(3);
  });

  it('that send the request again, once, through the same instance', async () => {
    const http = withPlugin(bench(), order, (instance) =>
      instance.interceptors.response.use(undefined, (error: AxiosError) =>
        instance.request({ ...error.config, url: '/instead' }),
      ),
    );
    const [miss, hit] = [await http.get('/missing'), await http.get('/missing')];
    expect([miss.data, hit.data]).toEqual(Array(2).fill({ url: '/instead', count: 1 }));
    expect([miss.cache.fromCache, hit.cache.fromCache]).toEqual([false, true]);
  });

  it('that are asynchronous keep nobody else waiting', async () => {
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    let isFirst = true;
    const http = withResponses(async (response) => {
      if (isFirst) {
        isFirst = false;
        await gate;
      }
      return response;
    });
    const first = http.get('/a');
    const others = await Promise.all([http.get('/b'), http.get('/c')]);
    expect(others.map(({ status }) => status)).toEqual([200, 200]);
    release();
    expect((await first).status).toBe(200);
  });

  it('response.config can be sent again as it is, on misses and on hits', async () => {
    const http = withResponses((response) => response);
    const miss = await http.get('/a', { params: { q: 'x y' }, headers: { 'X-Mine': '1' } });
    const again = await http.request(miss.config);
    const third = await http.request(again.config);
    expect([again.cache.fromCache, third.cache.fromCache]).toEqual([true, true]);
    expect(third.config.adapter).toEqual(axios.defaults.adapter);
  });
});

describe.each(ORDERS)('instances and adapters, set up %s', (order) => {
  const bench = useBench();

  it('a child that instance.create() makes has the defaults, and neither interceptors nor cache', async () => {
    const http = withPlugin(bench(), order, (instance) => {
      instance.defaults.headers.common['X-Default'] = 'yes';
      instance.interceptors.request.use((config) => (config.headers.set('X-Mine', '1'), config));
    });
    const child = http.create({ params: { child: 1 } });
    await http.get('/a');
    for (let turn = 0; turn < 2; turn += 1) expect((await child.get('/a')).cache).toBeUndefined();
    const seen = bench().origin.requests.map(({ url, headers }) => [
      url,
      headers['x-default'],
      headers['x-mine'],
    ]);
    expect(seen).toEqual([
      ['/a', 'yes', '1'],
      ['/a?child=1', 'yes', undefined],
      ['/a?child=1', 'yes', undefined],
    ]);
    const grandchild = bench().adopt(child.create());
    await grandchild.get('/a');
    expect((await grandchild.get('/a')).cache.fromCache).toBe(true);
  });

  const answering = (): jest.Mock<Promise<AxiosResponse>, [InternalAxiosRequestConfig]> =>
    jest.fn(async (config: InternalAxiosRequestConfig) => {
      const data = `{"asked":"${config.url}"}`;
      return {
        data,
        status: 200,
        statusText: 'Fine',
        headers: new AxiosHeaders(json),
        config,
      } as AxiosResponse;
    });

  it('an adapter function that comes with the request is asked on misses only, and stays in the config', async () => {
    const adapter = answering();
    const http = withPlugin(bench(), order, () => undefined);
    const [miss, hit] = [await http.get('/a', { adapter }), await http.get('/a', { adapter })];
    const shown = [miss, hit].map(({ data, status, statusText }) => [data, status, statusText]);
    expect(shown).toEqual(Array(2).fill([{ asked: '/a' }, 200, 'Fine']));
    expect(bench().origin.count()).toBe(0);
    expect([miss.config.adapter, hit.config.adapter]).toEqual([adapter, adapter]);
    expect(adapter).toHaveBeenCalledTimes(1);
  });

  it('an adapter function that an interceptor puts in has the last word: nothing is cached if it comes after ours', async () => {
    const adapter = answering();
    const http = withPlugin(bench(), order, ({ interceptors }) =>
      interceptors.request.use((config) => Object.assign(config, { adapter })),
    );
    const answers = [await http.get('/a'), await http.get('/a')];
    for (const { data, config } of answers) {
      expect(data).toEqual({ asked: '/a' });
      expect(config.adapter).toBe(adapter);
    }
    // Interceptors of requests run in the reverse order of adding.
    const isOurs = order === 'after withCache';
    expect(answers.map(({ cache }) => cache.fromCache)).toEqual([false, isOurs]);
    expect(adapter).toHaveBeenCalledTimes(isOurs ? 1 : 2);
  });
});
