import { once } from 'node:events';
import { type ServerResponse } from 'node:http';
import { finished, type Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import axios, { type AxiosResponse } from 'axios';
import { BACKENDS_UNDER_TEST, type Bench, useBench } from '../helpers/bench.js';
import { faultyBackend } from '../helpers/faulty-backend.js';
import { initBackend } from '../../lib/index.js';

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function caught(promise: Promise<unknown>): Promise<Error & { code?: string; config?: unknown }> {
  return promise.then(
    () => {
      throw new Error('It was expected to fail.');
    },
    (error: unknown) => error as Error,
  );
}

/** What makes a Readable fail; undefined when it ends. */
function failureOf(
  stream: Readable,
): Promise<(Error & { code?: string | undefined; config?: unknown }) | undefined> {
  return new Promise((resolve) => {
    finished(stream, { writable: false }, (error) => resolve(error ?? undefined));
    stream.on('error', () => undefined);
    stream.resume();
  });
}

/** Answers piece by piece, when the test says so. */
class Pieces {
  response: ServerResponse | undefined;

  async start(bench: Bench, headers: Record<string, string> = {}): Promise<void> {
    await Promise.resolve();
    bench.answer(() => (_request, response) => {
      this.response = response;
      response.writeHead(200, headers);
      response.flushHeaders();
    });
  }

  send(piece: string | Uint8Array): void {
    this.response?.write(piece);
  }

  end(): void {
    this.response?.end();
  }

  breakOff(): void {
    this.response?.destroy();
  }
}

describe.each(BACKENDS_UNDER_TEST)('a streamed body (%s)', (name) => {
  const bench = useBench(name);

  describe.each(['http', 'fetch'] as const)('by the %s adapter', (adapter) => {
    const wrap = (options = {}) => bench().wrap(options, { adapter, responseType: 'stream' });

    it('reaches the caller at once, is stored when it has come, and is a fresh stream on each hit', async () => {
      const pieces = new Pieces();
      await pieces.start(bench(), { 'content-type': 'text/plain' });
      const http = wrap();
      const first = await http.get('/a');
      const reader = first.data[Symbol.asyncIterator]();
      pieces.send('one ');
      expect(String(Buffer.from((await reader.next()).value))).toBe('one ');
      expect(first.cache).toMatchObject({ fromCache: false, stored: false, fwd: 'uri-miss' });
      expect(await http.cache.count()).toBe(0);
      pieces.send('two');
      pieces.end();
      expect(String(Buffer.from((await reader.next()).value))).toBe('two');
      expect((await reader.next()).done).toBe(true);
      // By the end it is stored: who has read it whole finds it.
      expect(first.cache).toMatchObject({ fromCache: false, stored: true, fwdStatus: 200 });
      const hits = [await http.get('/a'), await http.get('/a')];
      expect(hits[0]?.data).not.toBe(hits[1]?.data);
      for (const hit of hits) {
        expect(hit.cache.hit).toBe(true);
        expect(await text(hit.data)).toBe('one two');
      }
      expect((await http.get('/a', { responseType: 'text' })).data).toBe('one two');
      expect(bench().origin.count()).toBe(1);
    });

    it('is stored decoded, byte for byte', async () => {
      const bytes = Buffer.from(Array.from({ length: 200_000 }, (_, index) => (index * 7) % 251));
      bench().answer(() => ({ headers: { 'content-encoding': 'gzip' }, body: gzipSync(bytes) }));
      const http = wrap();
      const miss = await http.get('/a');
      expect(Buffer.compare(await buffer(miss.data), bytes)).toBe(0);
      const hit = await http.get('/a');
      expect(hit.cache.hit).toBe(true);
      expect(Buffer.compare(await buffer(hit.data), bytes)).toBe(0);
    });

    it('that breaks off is not stored, and fails for the caller', async () => {
      const pieces = new Pieces();
      await pieces.start(bench(), { 'content-length': '10' });
      const http = wrap();
      const response = await http.get('/a');
      pieces.send('half');
      const reader = response.data[Symbol.asyncIterator]();
      await reader.next();
      pieces.breakOff();
      await expect(reader.next()).rejects.toThrow();
      await nextTurn();
      expect(response.cache.stored).toBe(false);
      expect(await http.cache.count()).toBe(0);
      bench().answer(() => ({ body: 'whole' }));
      expect(await text((await http.get('/a')).data)).toBe('whole');
    });

    it.each([
      { length: 1000, isStored: true },
      { length: 1001, isStored: false },
    ])('of $length bytes with maxEntryBytes 1000: stored $isStored', async ({ length, isStored }) => {
      bench().answer(() => (_request, response) => {
        response.write('x'.repeat(500));
        response.end('x'.repeat(length - 500));
      });
      const http = wrap({ maxEntryBytes: 1000 });
      const response = await http.get('/a');
      expect(await text(response.data)).toHaveLength(length);
      expect(response.cache.stored).toBe(isStored);
      expect(await http.cache.count()).toBe(isStored ? 1 : 0);
    });

    it('that says itself that it is too long is not touched', async () => {
      bench().answer(() => ({ headers: { 'content-length': '1001' }, body: 'x'.repeat(1001) }));
      const http = wrap({ maxEntryBytes: 1000 });
      const response = await http.get('/a');
      expect(response.cache).toMatchObject({ stored: false, reason: expect.stringContaining('1000 bytes') });
      expect(await text(response.data)).toHaveLength(1001);
    });

    it('that must not be stored is not touched', async () => {
      bench().answer(() => ({ headers: { 'cache-control': 'no-store' }, body: 'x' }));
      const http = wrap({ cacheControl: true });
      const plain = bench().plain({ adapter, responseType: 'stream' });
      const [ours, theirs] = [await http.get('/a'), await plain.get('/a')];
      expect(ours.data.constructor).toBe(theirs.data.constructor);
      expect(await text(ours.data)).toBe('x');
      expect(await text((await http.get('/a')).data)).toBe('x');
      expect(bench().origin.count()).toBe(3);
      await text(theirs.data);
    });

    it.each([204, 304])('of status %d has none', async (status) => {
      bench().answer(() => ({ status }));
      const settings = { adapter, responseType: 'stream', validateStatus: null } as const;
      const ours = await bench().wrap({}, settings).get<Readable | null>('/a');
      const theirs = await bench().plain(settings).get<Readable | null>('/a');
      expect(ours.data === null).toBe(theirs.data === null);
      if (ours.data !== null) expect(await text(ours.data)).toBe('');
      if (theirs.data !== null) await text(theirs.data);
    });

    it('that the origin confirms by a 304 is streamed from storage', async () => {
      bench().answer(({ headers }) =>
        headers['if-none-match'] === '"1"' ? { status: 304 } : { headers: { etag: '"1"' }, body: 'body' },
      );
      const http = wrap({ expireAfter: 10 });
      await text((await http.get('/a')).data);
      bench().pass(11);
      const confirmed = await http.get('/a');
      expect(confirmed.cache).toMatchObject({ revalidated: true, fwdStatus: 304 });
      expect(await text(confirmed.data)).toBe('body');
    });

    it('of an origin that fails gives way to what is stored', async () => {
      const http = wrap({ expireAfter: 10, staleIfError: true });
      await text((await http.get('/a')).data);
      bench().pass(11);
      bench().answer(() => ({ status: 503, body: 'x'.repeat(100_000) }));
      const stale = await http.get('/a');
      expect(stale.cache).toMatchObject({ stale: true, fwdStatus: 503 });
      expect(await text(stale.data)).toBe('hello');
    });

    it('of a status that the caller does not accept comes with the error', async () => {
      bench().answer(() => ({ status: 404, body: 'none' }));
      const http = wrap({ allowableCodes: [404] });
      const error = (await caught(http.get('/a'))) as unknown as { response: AxiosResponse };
      expect(await text(error.response.data)).toBe('none');
      const again = (await caught(http.get('/a'))) as unknown as { response: AxiosResponse };
      expect(again.response.cache.hit).toBe(true);
      expect(await text(again.response.data)).toBe('none');
    });

    it('costs nothing but the cache when storage fails', async () => {
      const backend = faultyBackend(initBackend('x', 'memory'), (method) => {
        if (method === 'put') throw new Error('disk full');
      });
      const http = wrap({ backend });
      const response = await http.get('/a');
      expect(await text(response.data)).toBe('hello');
      expect(response.cache).toMatchObject({ stored: false });
      expect(bench().eventTypes()).toContain('backendError');
    });

    it('that is left half read is not stored, and its connection ends', async () => {
      const pieces = new Pieces();
      await pieces.start(bench());
      const http = wrap();
      const response = await http.get('/a');
      pieces.send('half');
      const reader = response.data[Symbol.asyncIterator]();
      await reader.next();
      const closed = once(pieces.response!, 'close');
      await reader.return?.();
      await closed;
      await nextTurn();
      expect(await http.cache.count()).toBe(0);
    });
  });

  describe('whose caller gives up', () => {
    it.each(['signal', 'cancelToken'] as const)('by its %s fails as with plain axios', async (how) => {
      const pieces = new Pieces();
      await pieces.start(bench());
      const outcomes = [];
      for (const instance of [bench().plain(), bench().wrap()]) {
        const controller = new AbortController();
        const source = axios.CancelToken.source();
        const config = how === 'signal' ? { signal: controller.signal } : { cancelToken: source.token };
        const response = await instance.get<Readable>('/a', { ...config, responseType: 'stream' });
        pieces.send('half');
        const failed = failureOf(response.data);
        await once(response.data, 'data');
        const closed = once(pieces.response!, 'close');
        if (how === 'signal') controller.abort();
        else source.cancel('enough');
        const error = await failed;
        await closed;
        outcomes.push({
          message: error?.message,
          code: error?.code,
          isCancel: axios.isCancel(error),
          isTokensOwn: error === source.token.reason,
          isItsConfig: how === 'cancelToken' || error?.config === response.config,
        });
      }
      expect(outcomes[1]).toEqual(outcomes[0]);
      expect(outcomes[0]?.isCancel).toBe(true);
      expect(await bench().backend.count()).toBe(0);
    });

    it('leaves it to those who wait for the whole', async () => {
      const pieces = new Pieces();
      await pieces.start(bench(), { 'content-length': '8' });
      const http = bench().wrap();
      const controller = new AbortController();
      const first = await http.get<Readable>('/a', { responseType: 'stream', signal: controller.signal });
      const failed = failureOf(first.data);
      const others = [http.get('/a'), http.get<Readable>('/a', { responseType: 'stream' })] as const;
      pieces.send('half');
      await once(first.data, 'data');
      controller.abort();
      expect(axios.isCancel(await failed)).toBe(true);
      pieces.send('half');
      pieces.end();
      expect((await others[0]).data).toBe('halfhalf');
      expect(await text((await others[1]).data)).toBe('halfhalf');
      expect(bench().origin.count()).toBe(1);
    });
  });

  describe('that others ask for, too', () => {
    it('is read to its end for them, though its caller does not read', async () => {
      const bytes = 'x'.repeat(1_000_000);
      bench().answer(() => ({ body: bytes }));
      const http = bench().wrap();
      const first = await http.get<Readable>('/a', { responseType: 'stream' });
      expect((await http.get('/a')).data).toBe(bytes);
      expect((await http.get('/a')).cache.hit).toBe(true);
      expect(await text(first.data)).toBe(bytes);
      expect(bench().origin.count()).toBe(1);
    });

    it('as a stream, and that says nothing of its length, is asked for by each: it may be endless', async () => {
      bench().answer(() => (_request, response) => void response.write('data: 1\n\n'));
      const http = bench().wrap();
      const [first, second] = await Promise.all([
        http.get<Readable>('/events', { responseType: 'stream' }),
        http.get<Readable>('/events', { responseType: 'stream' }),
      ]);
      for (const { data } of [first, second]) {
        expect(String((await once(data, 'data'))[0])).toBe('data: 1\n\n');
        data.destroy();
      }
      expect(bench().origin.count()).toBe(2);
    });

    it('and that turns out too long is asked for again by those who want the whole', async () => {
      bench().answer(() => (_request, response) => {
        response.write('x'.repeat(600));
        setImmediate(() => response.end('x'.repeat(600)));
      });
      const http = bench().wrap({ maxEntryBytes: 1000 });
      const [first, second] = await Promise.all([
        http.get<Readable>('/a', { responseType: 'stream' }),
        http.get<string>('/a'),
      ]);
      expect(second.data).toHaveLength(1200);
      expect(await text(first.data)).toHaveLength(1200);
      expect(bench().origin.count()).toBe(2);
    });
  });

  it('keeps to the speed of its caller', async () => {
    let sent = 0;
    bench().answer(() => (_request, response) => {
      const piece = Buffer.alloc(256 * 1024);
      const more = (): void => {
        while (sent < 64 && response.write(piece)) sent += 1;
        if (sent < 64) response.once('drain', () => ((sent += 1), more()));
        else response.end();
      };
      more();
    });
    const http = bench().wrap();
    const { data } = await http.get<Readable>('/a', { responseType: 'stream' });
    for (let turn = 0; turn < 200; turn += 1) await nextTurn();
    const early = sent;
    // What fits into the buffers of two sockets; the rest waits for the caller.
    expect(early).toBeLessThan(64);
    let received = 0;
    for await (const chunk of data) received += (chunk as Buffer).byteLength;
    expect(received).toBe(64 * 256 * 1024);
    expect((await http.get('/a', { responseType: 'arraybuffer' })).cache.hit).toBe(true);
  });
});
