import axios, { type AxiosProgressEvent, type AxiosRequestConfig, type AxiosResponse } from 'axios';
import { gzipSync } from 'node:zlib';
import { deliverStored } from '../../lib/axios/stored-body.js';
import { ownCopyOf } from '../../lib/axios/own-copy.js';
import { fromAxiosHeaders, standInRequest } from '../../lib/axios/messages.js';
import { useBench } from '../helpers/bench.js';
import { viewOf } from '../helpers/body-views.js';

type Chunks = AsyncIterable<Uint8Array>;

const HTTP_AND_FETCH = ['http', 'fetch'] as const;
const BIG = Buffer.alloc(1_000_000, 'big ');

/** What an error tells. */
const told = (error: unknown): unknown[] => {
  const { name, message, code, config, request, response } = error as AxiosErrorLike;
  return [
    (error as object).constructor.name,
    name,
    message,
    code,
    config !== undefined,
    request !== undefined,
    response !== undefined,
    axios.isCancel(error),
  ];
};
type AxiosErrorLike = Error & { code?: unknown; config?: unknown; request?: unknown; response?: unknown };

async function caught(attempt: () => Promise<unknown>): Promise<unknown> {
  try {
    return await attempt();
  } catch (error) {
    return error;
  }
}

async function readAll(stream: unknown, afterFirst: () => void = () => undefined): Promise<number> {
  let length = 0;
  for await (const chunk of stream as Chunks) {
    if (length === 0) afterFirst();
    length += chunk.byteLength;
  }
  return length;
}

describe.each(HTTP_AND_FETCH)('streams of the %s adapter', (adapter) => {
  const bench = useBench();

  /** Delivers from storage what the origin answers, to a caller with this config. */
  async function delivered(config: AxiosRequestConfig): Promise<unknown> {
    const instance = bench().plain();
    const whole = await instance.get<Buffer>('/a', { responseType: 'arraybuffer' });
    const own = { ...whole.config, ...config } as AxiosResponse['config'];
    const request = standInRequest('GET', `${bench().origin.url}/a`, 200);
    const stored = {
      body: whole.data,
      bodyShape: 'bytes',
      headers: fromAxiosHeaders(whole.headers).fields,
    } as const;
    const { status, statusText, headers } = whole;
    return deliverStored(ownCopyOf(instance), stored, { status, statusText, headers, config: own, request });
  }

  /** By plain axios, and from storage. */
  const both = (config: AxiosRequestConfig): [() => Promise<unknown>, () => Promise<unknown>] => {
    const asked: AxiosRequestConfig = { adapter, responseType: 'stream', ...config };
    return [async () => (await bench().plain().get<unknown>('/a', asked)).data, async () => delivered(asked)];
  };

  it('are new ones for each caller', async () => {
    bench().answer(() => ({ body: BIG }));
    const [plain, stored] = both({});
    const expected = await viewOf(await plain());
    const streams = await Promise.all([stored(), stored()]);
    expect(await Promise.all(streams.map(viewOf))).toEqual([expected, expected]);
  });

  it.each([
    ['shorter', 999_999],
    ['as long', 1_000_000],
    ['longer', 1_000_001],
    ['shorter than the first chunk', 3],
    ['none', -1],
  ])('a maxContentLength that is %s is respected as without a cache', async (_title, maxContentLength) => {
    const read = async (open: () => Promise<unknown>): Promise<unknown> => {
      const stream = await caught(open);
      if (stream instanceof Error) return ['rejected', told(stream)];
      const end = await caught(() => readAll(stream));
      return typeof end === 'number' ? ['read', end] : ['failed', told(end)];
    };
    for (const headers of [{}, { 'content-length': '1000000' }]) {
      bench().answer(() => ({ headers, body: BIG }));
      const [plain, stored] = both({ maxContentLength });
      expect(await read(stored)).toEqual(await read(plain));
    }
  });

  it.each(['signal', 'cancelToken'])(
    'fail when the caller gives up by its %s, as without a cache',
    async (way) => {
      bench().answer(() => ({ body: BIG }));
      const outcomes: unknown[] = [];
      for (const index of [0, 1] as const) {
        const controller = new AbortController();
        const source = axios.CancelToken.source();
        const config = way === 'signal' ? { signal: controller.signal } : { cancelToken: source.token };
        const open = both(config)[index];
        const stream = await open();
        const giveUp = (): void => (way === 'signal' ? controller.abort() : source.cancel('enough'));
        outcomes.push(told(await caught(() => readAll(stream, giveUp))));
      }
      expect(outcomes[1]).toEqual(outcomes[0]);
      expect(outcomes[0]).toContain('CanceledError');
    },
  );

  it('leave no listener behind, read to the end or left early', async () => {
    bench().answer(() => ({ body: BIG }));
    const { signal } = new AbortController();
    const listeners = { added: 0, removed: 0 };
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners.added += 1;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners.removed += 1;
      remove(...args);
    };
    const plainlyRead = await delivered({ adapter, responseType: 'stream' });
    await readAll(plainlyRead);
    expect(listeners).toEqual({ added: 0, removed: 0 });
    await readAll(await delivered({ adapter, responseType: 'stream', signal }));
    expect(listeners).toEqual({ added: 1, removed: 1 });
    for await (const chunk of (await delivered({ adapter, responseType: 'stream', signal })) as Chunks) {
      expect(chunk.byteLength).toBeGreaterThan(0);
      break;
    }
    expect(listeners).toEqual({ added: 2, removed: 2 });
  });

  it('tell the progress bar when they have been read, not before', async () => {
    bench().answer(() => ({ body: BIG }));
    const loaded: number[] = [];
    const stream = await delivered({
      adapter,
      responseType: 'stream',
      onDownloadProgress: (event) => loaded.push(event.loaded),
    });
    await new Promise(setImmediate);
    expect(loaded).toEqual([]);
    await readAll(stream);
    expect(loaded).toEqual([BIG.length]);
  });
});

describe.each(HTTP_AND_FETCH)('the last progress event of the %s adapter', (adapter) => {
  const bench = useBench();
  const text = 'progress '.repeat(100);

  it.each<[string, Record<string, string>, string | Uint8Array]>([
    ['a body of known length', { 'content-length': '900' }, text],
    ['a body of unknown length', { 'transfer-encoding': 'chunked' }, text],
    [
      'a compressed body',
      { 'content-encoding': 'gzip', 'content-length': String(gzipSync(text).length) },
      gzipSync(text),
    ],
    [
      'a body that is shorter when it is not compressed',
      { 'content-encoding': 'gzip', 'content-length': String(gzipSync('ab').length) },
      gzipSync('ab'),
    ],
    ['no body', {}, ''],
  ])('for %s is what it is without a cache', async (_title, headers, body) => {
    bench().answer(() => ({ headers, body }));
    const http = bench().wrap();
    const events: Record<'plain' | 'miss' | 'hit', AxiosProgressEvent[]> = { plain: [], miss: [], hit: [] };
    const ask = async (instance: typeof axios, turn: keyof typeof events): Promise<void> => {
      await instance.get('/a', { adapter, onDownloadProgress: (event) => events[turn].push(event) });
      await new Promise(setImmediate);
    };
    await ask(bench().plain() as typeof axios, 'plain');
    await ask(http as unknown as typeof axios, 'miss');
    await ask(http as unknown as typeof axios, 'hit');
    expect(bench().origin.count()).toBe(2);
    const last = events.plain.slice(-1);
    expect(events.miss.slice(-1)).toStrictEqual(last);
    expect(events.hit).toStrictEqual(last);
  });
});

describe('bodies that an adapter has decoded', () => {
  const bench = useBench();
  const gzip = { headers: { 'content-encoding': 'gzip' }, body: gzipSync('plain') };

  it('are not taken for compressed ones where fetch was told not to decompress, and did', async () => {
    bench().answer(() => gzip);
    const http = bench().wrap();
    expect((await http.get('/a', { adapter: 'fetch', decompress: false })).data).toBe('plain');
    const raw = await http.get('/a', { adapter: 'http', decompress: false, responseType: 'arraybuffer' });
    expect(raw.data).toEqual(gzip.body);
    expect(raw.headers['content-encoding']).toBe('gzip');
    expect((await http.get('/a', { adapter: 'http' })).cache.fromCache).toBe(true);
  });

  it('are not announced as compressed by http when fetch has stored them', async () => {
    bench().answer(() => gzip);
    const http = bench().wrap();
    const fetched = await http.get('/a', { adapter: 'fetch' });
    const hit = await http.get('/a', { adapter: 'http' });
    const again = await http.get('/a', { adapter: 'fetch' });
    const plain = await bench().plain().get('/a', { adapter: 'http' });
    expect([hit.cache.fromCache, hit.data]).toEqual([true, 'plain']);
    expect(hit.headers['content-encoding']).toBe(plain.headers['content-encoding']);
    expect(again.headers['content-encoding']).toBe(fetched.headers['content-encoding']);
    expect(again.headers['content-encoding']).toBe('gzip');
  });
});
