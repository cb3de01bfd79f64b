import axios, {
  type AxiosError,
  type AxiosAdapter,
  type AxiosRequestConfig,
  type AxiosResponse,
  type InternalAxiosRequestConfig,
} from 'axios';
import { type ServerResponse } from 'node:http';
import { type Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { initBackend } from '../../lib/index.js';
import { type Bench, useBench } from '../helpers/bench.js';
import { faultyBackend } from '../helpers/faulty-backend.js';
import { until } from '../helpers/until.js';

const bench = useBench();

async function caught(promise: Promise<unknown>): Promise<AxiosError> {
  return promise.then(
    () => {
      throw new Error('It was expected to fail.');
    },
    (error: unknown) => error as AxiosError,
  );
}

/** Answers with a header and the beginning of a body, of which no more comes. */
class Unending {
  closed = 0;
  readonly responses: ServerResponse[] = [];

  constructor(on: Bench, headers: Record<string, string>) {
    on.answer(() => (_request, response) => {
      this.responses.push(response);
      response.on('close', () => (this.closed += 1));
      response.writeHead(200, headers);
      response.write('beginning');
    });
  }
}

/** A way to give up, by a signal or a token. */
function wayOut(how: 'signal' | 'cancelToken'): { config: AxiosRequestConfig; giveUp: () => void } {
  const controller = new AbortController();
  const source = axios.CancelToken.source();
  return how === 'signal'
    ? { config: { signal: controller.signal }, giveUp: () => controller.abort() }
    : { config: { cancelToken: source.token }, giveUp: () => source.cancel('enough') };
}

describe.each(['http', 'fetch'] as const)('a stream by the %s adapter', (adapter) => {
  it.each([
    ['must not be stored', 'signal', { 'cache-control': 'no-store' }, {}],
    ['must not be stored', 'cancelToken', { 'cache-control': 'no-store' }, {}],
    ['is too long by its header', 'signal', { 'content-length': '1000' }, {}],
    ['turns out too long', 'signal', {}, {}],
    ['is being stored', 'signal', {}, { maxEntryBytes: 1000 }],
  ] as const)('that %s ends when its caller gives up by its %s', async (_what, how, headers, options) => {
    const unending = new Unending(bench(), headers);
    const http = bench().wrap({ cacheControl: true, maxEntryBytes: 5, expireAfter: 60, ...options });
    const { config, giveUp } = wayOut(how);
    const { data } = await http.get<Readable>('/a', { ...config, adapter, responseType: 'stream' });
    const reader = data[Symbol.asyncIterator]();
    expect(String(Buffer.from((await reader.next()).value as Uint8Array))).toBe('beginning');
    giveUp();
    expect(axios.isCancel(await caught(reader.next()))).toBe(true);
    await until(() => unending.closed === 1);
  });

  it('that must not be stored leaves no listener with its caller’s signal when it has ended', async () => {
    bench().answer(() => ({ headers: { 'cache-control': 'no-store' }, body: 'hello' }));
    const { signal } = new AbortController();
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => ((listeners += 1), add(...args));
    signal.removeEventListener = (...args: Parameters<typeof remove>) => ((listeners -= 1), remove(...args));
    const http = bench().wrap({ cacheControl: true });
    const { data } = await http.get<Readable>('/a', { signal, adapter, responseType: 'stream' });
    expect(await text(data)).toBe('hello');
    await until(() => listeners === 0);
  });
});

it.each(['signal', 'cancelToken'] as const)(
  'nothing is asked for when its caller has given up by its %s while storage was asked',
  async (how) => {
    let answerOfStorage: (found: readonly never[]) => void = () => undefined;
    const backend = faultyBackend(initBackend('memory', 'memory'), (method) =>
      method === 'get' ? new Promise((resolve) => (answerOfStorage = resolve)) : undefined,
    );
    const base = axios.getAdapter('http');
    const asked: unknown[] = [];
    const adapter: AxiosAdapter = (config) => (asked.push(config.url), base(config));
    const http = bench().wrap({ backend }, { adapter });
    const { config, giveUp } = wayOut(how);
    const failed = caught(http.get('/a', config));
    await new Promise((resolve) => setImmediate(resolve));
    giveUp();
    expect(axios.isCancel(await failed)).toBe(true);
    answerOfStorage([]);
    // Storage has been asked and has answered for this one, too, by the time that it is asked for.
    const next = http.get('/b');
    await new Promise((resolve) => setImmediate(resolve));
    answerOfStorage([]);
    await next;
    expect(asked).toEqual(['/b']);
  },
);

it('a stream of the web can fill buffers of the reader’s own, stored or not yet', async () => {
  const http = bench().wrap({}, { adapter: 'fetch', responseType: 'stream' });
  for (const hit of [false, true]) {
    const { data, cache } = await http.get<ReadableStream<Uint8Array>>('/a');
    const reader = data.getReader({ mode: 'byob' });
    const { value } = await reader.read(new Uint8Array(100));
    expect(String(Buffer.from(value ?? []))).toBe('hello');
    expect(await reader.read(new Uint8Array(100))).toMatchObject({ done: true });
    expect(cache.hit).toBe(hit);
  }
});

it('a refresh in the background that is never answered ends, whatever the adapter knows of time', async () => {
  const deaf: AxiosAdapter = () => new Promise(() => undefined);
  const adapters = [axios.getAdapter('http'), deaf];
  const adapter: AxiosAdapter = (config) => (adapters.shift() ?? deaf)(config);
  const http = bench().wrap({ expireAfter: 1, staleWhileRevalidate: true }, { adapter });
  await http.get('/a');
  bench().pass(2);
  expect((await http.get('/a', { timeout: 20 })).cache.stale).toBe(true);
  await http.cache.close();
  expect(bench().eventTypes()).toEqual(['backgroundError']);
});

describe('who waits for another’s request', () => {
  it.each<[string, AxiosRequestConfig]>([
    ['maxContentLength', { maxContentLength: 2 }],
    ['proxy', { proxy: { host: '127.0.0.1', port: 1 } }],
    [
      'beforeRedirect',
      {
        beforeRedirect: () => {
          throw new Error('No further.');
        },
      },
    ],
  ])('does not fail by the other’s %s', async (_option, others) => {
    bench().answer(({ url }) =>
      url === '/a' && others.beforeRedirect
        ? { status: 302, headers: { Location: '/b' } }
        : { body: 'hello' },
    );
    const http = bench().wrap();
    const failed = caught(http.get('/a', others));
    const waited = http.get<string>('/a');
    expect(await failed).toMatchObject({ isAxiosError: true });
    expect((await waited).data).toBe('hello');
  });

  it('does not keep to the other’s pace', async () => {
    const http = bench().wrap();
    await Promise.all([http.get('/a', { maxRate: [1e6, 1e6] }), http.get('/a'), http.get('/a')]);
    expect(bench().origin.count()).toBe(2);
  });

  it('does not tell the other’s progress bar once the other has left', async () => {
    const unending = new Unending(bench(), {});
    const http = bench().wrap();
    const controller = new AbortController();
    const told: number[] = [];
    const first = caught(
      http.get('/a', {
        signal: controller.signal,
        onDownloadProgress: ({ loaded }) => {
          told.push(loaded);
          controller.abort();
        },
      }),
    );
    const second = http.get<string>('/a');
    expect(axios.isCancel(await first)).toBe(true);
    unending.responses[0]?.end(' and end');
    expect((await second).data).toBe('beginning and end');
    expect(told).toEqual([9]);
  });

  it('asks together with the others again when a stream has broken off', async () => {
    const unending = new Unending(bench(), { 'content-length': '20' });
    const http = bench().wrap();
    const first = await http.get<Readable>('/a', { responseType: 'stream' });
    first.data.resume().on('error', () => undefined);
    const waiting = Array.from({ length: 3 }, () => http.get<string>('/a'));
    bench().answer(() => ({ body: 'whole' }));
    unending.responses[0]?.destroy();
    expect((await Promise.all(waiting)).map(({ data }) => data)).toEqual(['whole', 'whole', 'whole']);
    expect(bench().origin.count()).toBe(2);
  });
});

describe('a request for the same from within', () => {
  it('an adapter is not waited for by that adapter', async () => {
    const base = axios.getAdapter('http');
    let calls = 0;
    const adapter = async (config: InternalAxiosRequestConfig): Promise<AxiosResponse> => {
      calls += 1;
      return calls === 1
        ? { ...(await http.get('/a', { responseType: 'arraybuffer' })), config }
        : base(config);
    };
    const http = bench().wrap({}, { adapter });
    expect((await http.get<string>('/a')).data).toBe('hello');
    expect(bench().origin.count()).toBe(1);
  });

  it.each(['text', 'stream'] as const)(
    'a filter of a %s is not waited for by that filter',
    async (responseType) => {
      let calls = 0;
      const http = bench().wrap({
        filterFn: async () => {
          calls += 1;
          if (calls === 1) await http.get('/a');
          return true;
        },
      });
      const { data } = await http.get<string | Readable>('/a', { responseType });
      expect(typeof data === 'string' ? data : await text(data)).toBe('hello');
      expect(bench().origin.count()).toBe(2);
    },
  );
});
