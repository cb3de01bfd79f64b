import axios, {
  type AxiosAdapter,
  AxiosError,
  type AxiosProgressEvent,
  type AxiosRequestConfig,
} from 'axios';
import { getEventListeners } from 'node:events';
import { initBackend } from '../../lib/index.js';
import { useBench } from '../helpers/bench.js';
import { faultyBackend } from '../helpers/faulty-backend.js';
import { until } from '../helpers/until.js';

const caught = async (promise: Promise<unknown>): Promise<AxiosError> =>
  (await promise.then(
    () => new Error('It was fulfilled.'),
    (error: unknown) => error,
  )) as AxiosError;

/** Each way to give up: the part of the config, and how to do it. */
const WAYS: readonly [way: string, make: () => { config: AxiosRequestConfig; giveUp: () => void }][] = [
  [
    'signal',
    () => {
      const controller = new AbortController();
      return { config: { signal: controller.signal }, giveUp: () => controller.abort() };
    },
  ],
  [
    'cancelToken',
    () => {
      const source = axios.CancelToken.source();
      return { config: { cancelToken: source.token }, giveUp: () => source.cancel() };
    },
  ],
];

describe.each(WAYS)('giving up by %s', (_way, make) => {
  const bench = useBench();

  it('before the request: nothing is sent, nothing is read', async () => {
    const { config, giveUp } = make();
    const http = bench().wrap();
    await http.get('/a');
    giveUp();
    const error = await caught(http.get('/a', config));
    expect(axios.isCancel(error)).toBe(true);
    expect(error.code).toBe('ERR_CANCELED');
    expect(bench().origin.count()).toBe(1);
  });

  it('during a miss: as with plain axios, nothing is stored, and the next caller is not disturbed', async () => {
    const plainWay = make();
    const ourWay = make();
    const http = bench().wrap({ staleIfError: true });
    const failures: AxiosError[] = [];
    for (const [instance, { config, giveUp }] of [
      [bench().plain(), plainWay],
      [http, ourWay],
    ] as const) {
      bench().answer(() => giveUp);
      failures.push(await caught(instance.get('/a', config)));
    }
    const [plain, ours] = failures as [AxiosError, AxiosError];
    expect(axios.isCancel(ours)).toBe(true);
    expect([ours.code, ours.name, ours.message]).toEqual([plain.code, plain.name, plain.message]);
    expect(Object.keys(ours).sort()).toEqual(Object.keys(plain).sort());
    expect(await http.cache.count()).toBe(0);
    bench().answer(() => ({ body: 'later' }));
    expect((await http.get('/a')).data).toBe('later');
    expect((await http.get('/a')).cache.fromCache).toBe(true);
  });

  it('during a revalidation: stays an abort, whatever staleIfError says', async () => {
    bench().answer(() => ({ headers: { etag: '"v1"' }, body: 'stored' }));
    const http = bench().wrap({ expireAfter: 1, staleIfError: true });
    await http.get('/a');
    bench().pass(2);
    const { config, giveUp } = make();
    bench().answer(() => giveUp);
    expect(axios.isCancel(await caught(http.get('/a', config)))).toBe(true);
    bench().answer(() => ({ status: 304 }));
    expect((await http.get('/a')).data).toBe('stored');
  });

  it('while storage does not answer: at once', async () => {
    const { config, giveUp } = make();
    let answerAtLast = (): void => undefined;
    const hanging = faultyBackend(initBackend('m', 'memory'), (method) => {
      if (method !== 'get') return undefined;
      giveUp();
      return new Promise((resolve) => (answerAtLast = () => resolve([])));
    });
    const http = bench().wrap({ backend: hanging, storageTimeout: 4 });
    expect(axios.isCancel(await caught(http.get('/a', config)))).toBe(true);
    expect(bench().origin.count()).toBe(0);
    answerAtLast();
  });

  it('after the answer: does nothing', async () => {
    const { config, giveUp } = make();
    const http = bench().wrap();
    await http.get('/a', config);
    const hit = await http.get('/a', config);
    giveUp();
    expect(hit.data).toBe('hello');
    expect((await http.get('/a')).cache.fromCache).toBe(true);
  });
});

describe('a signal that lives long', () => {
  const bench = useBench();

  it('has one listener however many wait, and none when nobody does', async () => {
    const { signal } = new AbortController();
    const atOnce = 6;
    const counted: number[] = [];
    bench().answer(async ({ url }) => {
      if (bench().origin.count() === atOnce) counted.push(getEventListeners(signal, 'abort').length);
      await until(() => bench().origin.count() === atOnce);
      return { body: url };
    });
    const http = bench().wrap();
    await Promise.all(Array.from({ length: atOnce }, (_, index) => http.get(`/${index}`, { signal })));
    await http.get('/0', { signal });
    expect(counted).toEqual([1]);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it.each(['http', 'fetch'])('has none when it ends just as a stream arrives (%s)', async (name) => {
    const controller = new AbortController();
    const { signal } = controller;
    const send = axios.getAdapter(name);
    const adapter: AxiosAdapter = async (config) => {
      const response = await send(config);
      controller.abort();
      return response;
    };
    const http = bench().wrap();
    const error = await caught(http.get('/a', { adapter, signal, responseType: 'stream' }));
    expect(axios.isCancel(error)).toBe(true);
    await http.cache.close();
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });
});

describe('timeout', () => {
  const bench = useBench();
  const never = () => (): void => undefined;

  it('fails as with plain axios, and leaves the next caller alone', async () => {
    bench().answer(never);
    const http = bench().wrap();
    const plain = await caught(bench().plain().get('/a', { timeout: 30 }));
    const ours = await caught(http.get('/a', { timeout: 30 }));
    expect([ours.code, ours.message]).toEqual([plain.code, plain.message]);
    expect(ours.code).toBe('ECONNABORTED');
    expect(ours.config?.timeout).toBe(30);
    expect(await http.cache.count()).toBe(0);
    bench().answer(() => ({ body: 'quick' }));
    expect((await http.get('/a', { timeout: 5000 })).data).toBe('quick');
  });

  it('does not matter to a hit', async () => {
    const http = bench().wrap();
    await http.get('/a');
    bench().answer(never);
    expect((await http.get('/a', { timeout: 1 })).cache.fromCache).toBe(true);
  });
});

describe('maxContentLength', () => {
  const bench = useBench();

  it('counts on a hit as on a miss, for each caller by its own limit', async () => {
    bench().answer(() => ({ body: '12345' }));
    const http = bench().wrap();
    const missed = await caught(http.get('/a', { maxContentLength: 4 }));
    await http.get('/a');
    const hit = await caught(http.get('/a', { maxContentLength: 4 }));
    expect([hit.code, hit.message]).toEqual([missed.code, missed.message]);
    expect(Object.keys(hit)).toEqual(Object.keys(missed));
    expect(hit).toBeInstanceOf(AxiosError);
    expect((await http.get('/a', { maxContentLength: 5 })).cache.fromCache).toBe(true);
    expect(bench().origin.count()).toBe(2);
  });
});

describe('onDownloadProgress', () => {
  const bench = useBench();

  it('is called at the end, on a hit too', async () => {
    bench().answer(() => ({ headers: { 'content-length': '5' }, body: '12345' }));
    const http = bench().wrap();
    const events: AxiosProgressEvent[] = [];
    for (let turn = 0; turn < 2; turn += 1) {
      await http.get('/a', { onDownloadProgress: (event) => events.push(event) });
    }
    const [onMiss, onHit] = [events.at(0), events.at(-1)];
    expect(onHit).not.toBe(onMiss);
    for (const event of [onMiss, onHit]) {
      expect(event).toMatchObject({
        loaded: 5,
        total: 5,
        progress: 1,
        bytes: 5,
        lengthComputable: true,
        download: true,
      });
    }
  });
});

describe('a body that ends early', () => {
  const bench = useBench();

  it('is an error as with plain axios, and is not stored', async () => {
    bench().answer(() => (_request, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('only this', () => response.destroy());
    });
    const http = bench().wrap();
    expect((await caught(http.get('/a'))).code).toBe((await caught(bench().plain().get('/a'))).code);
    expect(await http.cache.count()).toBe(0);
  });

  it('is replaced by what is stored, if staleIfError allows it', async () => {
    bench().answer(() => ({ body: 'whole' }));
    const http = bench().wrap({ expireAfter: 1, staleIfError: true });
    await http.get('/a');
    bench().pass(2);
    bench().answer(() => (_request, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('only this', () => response.destroy());
    });
    expect(await http.get('/a')).toMatchObject({ data: 'whole', cache: { stale: true } });
  });
});
