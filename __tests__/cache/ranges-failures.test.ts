import { type CachedAxiosInstance, initBackend } from '../../lib/index.js';
import { BACKENDS_UNDER_TEST, useBench } from '../helpers/bench.js';
import { faultyBackend } from '../helpers/faulty-backend.js';
import { type Handler } from '../helpers/origin-server.js';
import { until } from '../helpers/until.js';
import { expectPart, expectWhole, fetchBytes, serving, someBytes } from './ranged-origin.js';

const WHOLE = someBytes(1000);
const OTHER = someBytes(1000, 'other');
const CODES = { allowableCodes: [200, 206] };
const V = serving({ body: WHOLE, etag: '"v"' });
const W = serving({ body: OTHER, etag: '"w"' });

describe.each(BACKENDS_UNDER_TEST)('storage that fails with parts (%s)', (name) => {
  const bench = useBench(name);
  const large = someBytes(60_000, 'large');

  it.each<[string, 'get' | 'body' | 'put', (() => unknown) | undefined]>([
    ['get fails', 'get', undefined],
    ['put fails', 'put', undefined],
    ['get rejects', 'get', () => Promise.reject(new Error('down'))],
    ['put rejects', 'put', () => Promise.reject(new Error('down'))],
  ])('answers by the origin, exactly: %s', async (_title, broken, result) => {
    let isBroken = false;
    const backend = faultyBackend(bench().backend, (method) => {
      if (!isBroken || method !== broken) return undefined;
      if (result !== undefined) return result();
      throw new Error('down');
    });
    bench().answer(serving({ body: large, etag: '"v"' }));
    const http = bench().wrap({ ...CODES, backend });
    await fetchBytes(http, 'bytes=0-29999');
    isBroken = true;
    expectPart(await fetchBytes(http, 'bytes=30000-39999'), large, 30_000, 39_999);
    expectWhole(await fetchBytes(http), large);
    expect(bench().eventTypes()).toContain('backendError');
  });

  it('asks for everything when what is stored turns out to be damaged', async () => {
    bench().answer(serving({ body: large, etag: '"v"' }));
    const http = bench().wrap(CODES);
    await fetchBytes(http, 'bytes=0-29999');
    const [record] = await bench().backend.get(await http.cache.createKey({ url: '/file' }));
    const body = new Uint8Array(30_000).fill(1);
    await bench().backend.put({ ...record!, body });
    expectWhole(await fetchBytes(http), large);
    expect(bench().origin.last.headers.range).toBeUndefined();
    expect(bench().eventTypes()).toEqual(['recordRejected']);
    expect((await fetchBytes(http)).cache.hit).toBe(true);
  });

  it('stores by itself a part whose base turns out to be damaged', async () => {
    bench().answer(serving({ body: large, etag: '"v"' }));
    const http = bench().wrap(CODES);
    await fetchBytes(http, 'bytes=0-29999');
    const [record] = await bench().backend.get(await http.cache.createKey({ url: '/file' }));
    await bench().backend.put({ ...record!, body: new Uint8Array(30_000).fill(1) });
    expectPart(await fetchBytes(http, 'bytes=30000-39999'), large, 30_000, 39_999);
    expectPart(await fetchBytes(http, 'bytes=30000-39999'), large, 30_000, 39_999);
    expect(bench().origin.count()).toBe(2);
    expectPart(await fetchBytes(http, 'bytes=0-29999'), large, 0, 29_999);
    expect(bench().origin.count()).toBe(3);
  });

  it('keeps what it has when the combination is too large for it', async () => {
    const backend = initBackend('small', 'memory', { maxBytes: 45_000 });
    bench().answer(serving({ body: large, etag: '"v"' }));
    const http = bench().wrap({ ...CODES, backend });
    await fetchBytes(http, 'bytes=0-29999');
    expectWhole(await fetchBytes(http), large);
    expectPart(await fetchBytes(http, 'bytes=0-29999'), large, 0, 29_999);
    expectWhole(await fetchBytes(http), large);
    await backend.close();
  });
});

describe('storage that gives heads and fails with bodies', () => {
  const bench = useBench('sqlite');
  const large = someBytes(60_000, 'large');

  it('asks for everything when the body of the part does not come', async () => {
    let isGone = false;
    // Large bodies do not come along with several heads.
    const backend = faultyBackend(bench().backend, (method) =>
      isGone && method === 'body' ? Promise.reject(new Error('down')) : undefined,
    );
    bench().answer(serving({ body: large, etag: '"v"', headers: { Vary: 'Accept-Language' } }));
    const http = bench().wrap({ ...CODES, backend });
    const inLanguage = (language: string, range?: string) =>
      fetchBytes(http, range, { headers: { 'Accept-Language': language } });
    await inLanguage('en', 'bytes=0-29999');
    await inLanguage('fr', 'bytes=0-29999');
    isGone = true;
    expectWhole(await inLanguage('fr'), large);
    expect(
      bench()
        .origin.requests.slice(2)
        .map(({ headers }) => headers.range),
    ).toEqual(['bytes=30000-', undefined]);
    isGone = false;
    expect((await inLanguage('fr')).cache.hit).toBe(true);
    expectPart(await inLanguage('en', 'bytes=0-29999'), large, 0, 29_999);
    expect(bench().origin.count()).toBe(4);
  });
});

describe.each(BACKENDS_UNDER_TEST)('requests for parts that cross each other (%s)', (name) => {
  const bench = useBench(name);

  /** Lets the origin answer only when it is told to. */
  function held(handler: Handler): { readonly handler: Handler; release(count?: number): void } {
    const waiting: (() => void)[] = [];
    return {
      handler: async (request, count) => {
        await new Promise<void>((resolve) => waiting.push(resolve));
        return handler(request, count);
      },
      release: (count = waiting.length) => waiting.splice(0, count).forEach((go) => go()),
    };
  }

  it('get each its own bytes, and so does everybody after them', async () => {
    const origin = held(V);
    bench().answer(origin.handler);
    const http = bench().wrap(CODES);
    const ranges = [
      [0, 99],
      [100, 199],
      [50, 149],
      [900, 999],
    ] as const;
    const pending = ranges.map(([first, last]) => fetchBytes(http, `bytes=${first}-${last}`));
    await until(() => bench().origin.count() === ranges.length);
    origin.release();
    const answers = await Promise.all(pending);
    for (const [index, [first, last]] of ranges.entries()) expectPart(answers[index]!, WHOLE, first, last);
    bench().answer(V);
    for (const [first, last] of ranges) {
      expectPart(await fetchBytes(http, `bytes=${first}-${last}`), WHOLE, first, last);
    }
    expectWhole(await fetchBytes(http), WHOLE);
    expect(await http.cache.count()).toBe(1);
  });

  it('of two representations are never mixed', async () => {
    bench().answer(V);
    const http = bench().wrap(CODES);
    await fetchBytes(http, 'bytes=0-99');
    const slow = held(V);
    bench().answer(slow.handler);
    const old = fetchBytes(http, 'bytes=100-199');
    await until(() => bench().origin.count() === 2);
    bench().answer(W);
    expectPart(await fetchBytes(http, 'bytes=200-299'), OTHER, 200, 299);
    slow.release();
    expectPart(await old, WHOLE, 100, 199);
    expectPart(await fetchBytes(http, 'bytes=200-299'), OTHER, 200, 299);
    expectPart(await fetchBytes(http, 'bytes=0-299'), OTHER, 0, 299);
    expectWhole(await fetchBytes(http), OTHER);
  });

  it('complete what was replaced meanwhile by what it was when they were sent', async () => {
    bench().answer(V);
    const http = bench().wrap(CODES);
    await fetchBytes(http, 'bytes=0-499');
    const slow = held(V);
    bench().answer(slow.handler);
    const completing = fetchBytes(http);
    await until(() => bench().origin.count() === 2);
    bench().answer(W);
    await fetchBytes(http, undefined, { cache: { forceRefresh: true } });
    slow.release();
    expectWhole(await completing, WHOLE);
    const now = await fetchBytes(http);
    expectWhole(now, OTHER);
    expect(now.cache.hit).toBe(true);
  });

  it.each<[string, string | undefined]>([
    ['another part', 'bytes=500-599'],
    ['the rest', undefined],
  ])('when aborted while waiting for %s leave what is stored as it was', async (_title, range) => {
    bench().answer(V);
    const http = bench().wrap(CODES);
    await fetchBytes(http, 'bytes=0-499');
    const origin = held(V);
    bench().answer(origin.handler);
    const controller = new AbortController();
    const aborted = fetchBytes(http, range, { signal: controller.signal });
    const expected = expect(aborted).rejects.toMatchObject({ code: 'ERR_CANCELED' });
    await until(() => bench().origin.count() === 2);
    controller.abort();
    await expected;
    origin.release();
    bench().answer(V);
    expectPart(await fetchBytes(http, 'bytes=0-499'), WHOLE, 0, 499);
    expect(bench().origin.count()).toBe(2);
    expectWhole(await fetchBytes(http), WHOLE);
    expect(bench().origin.last.headers.range).toBe('bytes=500-');
  });

  it('when the origin breaks off the rest, fail and leave what is stored as it was', async () => {
    bench().answer(V);
    const http = bench().wrap({ ...CODES, staleIfError: true });
    await fetchBytes(http, 'bytes=0-499');
    bench().answer(() => (_request, response) => {
      const headers = { ETag: '"v"', 'Content-Range': 'bytes 500-999/1000', 'Content-Length': '500' };
      response.writeHead(206, headers);
      response.write(WHOLE.subarray(500, 600), () => response.destroy());
    });
    await expect(fetchBytes(http)).rejects.toMatchObject({ name: 'AxiosError' });
    bench().answer(V);
    expectWhole(await fetchBytes(http), WHOLE);
    expect(bench().origin.last.headers.range).toBe('bytes=500-');
  });

  it('measure what was completed by maxContentLength, and keep it for those without', async () => {
    bench().answer(V);
    const http = bench().wrap(CODES);
    await fetchBytes(http, 'bytes=0-499');
    const limited = fetchBytes(http, undefined, { maxContentLength: 600 });
    await expect(limited).rejects.toMatchObject({ code: 'ERR_BAD_RESPONSE' });
    expectPart(await fetchBytes(http, 'bytes=0-599', { maxContentLength: 600 }), WHOLE, 0, 599);
    expectWhole(await fetchBytes(http), WHOLE);
    expect(bench().origin.count()).toBe(2);
  });

  it.each<[string, (http: CachedAxiosInstance) => Promise<unknown>]>([
    ['deleted', (http) => http.cache.deleteUrl('/file')],
    ['cleared', (http) => http.cache.clear()],
    ['changed by a PUT', (http) => http.put('/file', 'x')],
  ])('do not bring back what has been %s meanwhile', async (_title, remove) => {
    bench().answer(V);
    const http = bench().wrap(CODES);
    await fetchBytes(http, 'bytes=0-499');
    const slow = held(V);
    bench().answer((request, count) =>
      request.method === 'GET' ? slow.handler(request, count) : { status: 204 },
    );
    const completing = fetchBytes(http);
    await until(() => bench().origin.count() === 2);
    await remove(http);
    expect(await http.cache.count()).toBe(0);
    slow.release();
    const whole = await completing;
    expectWhole(whole, WHOLE);
    expect(whole.cache.stored).toBe(false);
    expect(await http.cache.count()).toBe(0);
  });
});
