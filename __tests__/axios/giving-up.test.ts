import { getEventListeners } from 'node:events';
import { type Readable } from 'node:stream';
import axios, {
  type AxiosAdapter,
  type AxiosError,
  type AxiosInstance,
  type AxiosRequestConfig,
} from 'axios';
import { initBackend } from '../../lib/index.js';
import { useBench } from '../helpers/bench.js';
import { faultyBackend } from '../helpers/faulty-backend.js';
import { until } from '../helpers/until.js';

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function caught(promise: Promise<unknown>): Promise<AxiosError> {
  return promise.then(
    () => {
      throw new Error('It was expected to fail.');
    },
    (error: unknown) => error as AxiosError,
  );
}

/** A way to give up, and whether anybody listens to it. */
function wayOut(how: 'signal' | 'cancelToken'): {
  readonly config: AxiosRequestConfig;
  readonly giveUp: () => void;
  readonly listeners: () => number;
} {
  const controller = new AbortController();
  const source = axios.CancelToken.source();
  const { token } = source as { token: typeof source.token & { _listeners?: unknown[] | null } };
  return how === 'signal'
    ? {
        config: { signal: controller.signal },
        giveUp: () => controller.abort(),
        listeners: () => getEventListeners(controller.signal, 'abort').length,
      }
    : {
        config: { cancelToken: token },
        giveUp: () => source.cancel('enough'),
        listeners: () => token._listeners?.length ?? 0,
      };
}

describe.each(['signal', 'cancelToken'] as const)('who gives up by %s', (how) => {
  const bench = useBench();

  it('while storage is asked: the origin is not asked any more', async () => {
    let answer = (): void => undefined;
    const held = new Promise<void>((resolve) => (answer = resolve));
    const backend = faultyBackend(initBackend('memory', 'memory'), (method) =>
      method === 'get' ? held.then(() => []) : undefined,
    );
    const http = bench().wrap({ backend });
    const { config, giveUp, listeners } = wayOut(how);
    const given = caught(http.get('/a', config));
    await nextTurn();
    giveUp();
    expect(axios.isCancel(await given)).toBe(true);
    answer();
    expect((await http.get('/b')).data).toBe('hello');
    expect(bench().origin.count('/a')).toBe(0);
    expect(listeners()).toBe(0);
    expect((await http.get('/a')).data).toBe('hello');
  });

  it('leaves no listener with an adapter that never settles', async () => {
    const http = bench().wrap({}, { adapter: () => new Promise(() => undefined) });
    const { config, giveUp, listeners } = wayOut(how);
    const given = caught(http.get('/a', config));
    await nextTurn();
    expect(listeners()).toBeGreaterThan(0);
    giveUp();
    expect(axios.isCancel(await given)).toBe(true);
    expect(listeners()).toBe(0);
  });

  describe.each(['http', 'fetch'] as const)('while it reads a stream of the %s adapter', (adapter) => {
    it.each([
      ['that is not stored', { cacheControl: true }],
      ['that is being stored', {}],
    ])('%s: it fails as with plain axios, and the request ends', async (_what, options) => {
      let closed = 0;
      bench().answer(() => (_request, response) => {
        response.on('close', () => (closed += 1));
        response.writeHead(200, { 'cache-control': 'no-store' });
        response.write('one');
      });
      const failureBy = async (instance: AxiosInstance) => {
        const { config, giveUp, listeners } = wayOut(how);
        const { data } = await instance.get<Readable>('/a', { responseType: 'stream', adapter, ...config });
        const read = caught(
          (async () => {
            for await (const _chunk of data) giveUp();
          })(),
        );
        const { name, message, code } = await read;
        await until(() => closed === 1);
        closed = 0;
        return { name, message, code, listeners: listeners() };
      };
      const plain = await failureBy(bench().plain());
      expect(await failureBy(bench().wrap(options))).toEqual(plain);
      expect(plain).toMatchObject({ code: 'ERR_CANCELED', listeners: 0 });
    });
  });

  it.each([
    ['stored', { allowableCodes: [404] }, {}],
    ['not stored', {}, {}],
    ['rejected by a function', {}, { adapter: ((sent) => axios.getAdapter('http')(sent)) as AxiosAdapter }],
  ])('has no listener with a response that it rejects and that is %s', async (_what, options, by) => {
    bench().answer(() => ({ status: 404, body: 'x'.repeat(100) }));
    const http = bench().wrap(options);
    const callers = [1, 2].map(() => {
      const { config, listeners } = wayOut(how);
      return { listeners, failed: caught(http.get('/a', { responseType: 'stream', ...by, ...config })) };
    });
    // The second waits for the first, and then asks for itself where there is nothing for it.
    for (const { failed, listeners } of callers) {
      const error = await failed;
      expect(error.response?.status).toBe(404);
      expect(listeners()).toBe(0);
      (error.response?.data as Readable).destroy();
    }
  });
});

describe('who has a way to give up, and leaves a stream of fetch while it waits for bytes', () => {
  const bench = useBench();

  it.each(['signal', 'cancelToken'] as const)('ends the request (%s)', async (how) => {
    let closed = 0;
    bench().answer(() => (_request, response) => {
      response.on('close', () => (closed += 1));
      response.writeHead(200);
      response.write('one');
    });
    const { config, listeners } = wayOut(how);
    const { data } = await bench()
      .wrap()
      .get<ReadableStream<Uint8Array>>('/a', { responseType: 'stream', adapter: 'fetch', ...config });
    const reader = data.getReader();
    await reader.read();
    await reader.cancel();
    await until(() => closed === 1);
    expect(listeners()).toBe(0);
  });
});

describe('a stream that breaks off', () => {
  const bench = useBench();

  it('does not end the process of a reader that does not listen for errors, as with plain axios', async () => {
    let breakOff = (): void => undefined;
    bench().answer(() => (_request, response) => {
      breakOff = () => response.destroy();
      response.writeHead(200, { 'content-length': '100' });
      response.write('one');
    });
    const endBy = async (instance: AxiosInstance) => {
      const { data } = await instance.get<Readable>('/a', { responseType: 'stream' });
      const isHeard = data.listenerCount('error') > 0;
      await new Promise((resolve) => data.on('close', resolve).on('data', () => breakOff()));
      return { isHeard, hasEnded: data.readableEnded, code: codeOf(data) };
    };
    const plain = await endBy(bench().plain());
    expect(await endBy(bench().wrap())).toEqual(plain);
    expect(plain).toEqual({ isHeard: true, hasEnded: false, code: 'ECONNRESET' });
  });
});

function codeOf({ errored }: Readable): unknown {
  return (errored as { code?: unknown } | null)?.code;
}
