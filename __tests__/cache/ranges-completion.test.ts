import { type AxiosResponse } from 'axios';
import { BACKENDS_UNDER_TEST, useBench } from '../helpers/bench.js';
import { type Handler } from '../helpers/origin-server.js';
import {
  expectBytes,
  expectPart,
  expectWhole,
  fetchBytes,
  part,
  serving,
  someBytes,
} from './ranged-origin.js';

const WHOLE = someBytes(1000);
const OTHER = someBytes(1200, 'other');
const CODES = { allowableCodes: [200, 206] };
const V = serving({ body: WHOLE, etag: '"v"' });

describe.each(BACKENDS_UNDER_TEST)('a plain GET where a part is stored (%s)', (name) => {
  const bench = useBench(name);

  it.each<[string, readonly string[], string]>([
    ['the end', ['bytes=0-499'], 'bytes=500-'],
    ['the last byte', ['bytes=0-998'], 'bytes=999-'],
    ['the start', ['bytes=500-'], 'bytes=0-499'],
    ['the first byte', ['bytes=1-'], 'bytes=0-0'],
    ['the middle', ['bytes=0-299', 'bytes=-300'], 'bytes=300-699'],
  ])('asks only for the rest, %s, and gets the whole', async (_title, fetched, rest) => {
    bench().answer(V);
    const http = bench().wrap(CODES);
    for (const range of fetched) await fetchBytes(http, range);
    const whole = await fetchBytes(http);
    expectWhole(whole, WHOLE);
    expect(whole.headers).toMatchObject({ etag: '"v"', 'content-type': 'application/octet-stream' });
    expect(whole.cache).toMatchObject({ hit: false, fromCache: true, stored: true, stale: false });
    expect(whole.cache).toMatchObject({ fwd: 'partial', fwdStatus: 206 });
    const { headers } = bench().origin.last;
    expect(headers).toMatchObject({ range: rest, 'if-range': '"v"' });
    expect(headers['if-none-match']).toBeUndefined();
    const again = await fetchBytes(http);
    expectWhole(again, WHOLE);
    expect(again.cache.hit).toBe(true);
    expectPart(await fetchBytes(http, 'bytes=250-749'), WHOLE, 250, 749);
    expect(bench().origin.count()).toBe(fetched.length + 1);
    expect(await http.cache.count()).toBe(1);
  });

  it('does not show the caller the fields that the cache has added', async () => {
    bench().answer(V);
    const http = bench().wrap(CODES);
    await fetchBytes(http, 'bytes=0-499');
    const { config } = await fetchBytes(http);
    expect([config.headers.get('Range'), config.headers.get('If-Range')]).toEqual([undefined, undefined]);
    expect(bench().origin.last.headers.range).toBe('bytes=500-');
  });

  it('completes a megabyte, also after a restart', async () => {
    const large = someBytes(1_300_003, 'large');
    bench().answer(serving({ body: large, etag: '"large"' }));
    const options = { ...CODES, autoclose: false };
    await fetchBytes(bench().wrap(options), 'bytes=0-1048575');
    expectWhole(await fetchBytes(bench().wrap(options)), large);
    expect(bench().origin.last.headers.range).toBe('bytes=1048576-');
    expectWhole(await fetchBytes(bench().wrap(options)), large);
    expect(bench().origin.count()).toBe(2);
  });

  it('completes as text and as JSON', async () => {
    const body = Buffer.from(JSON.stringify({ text: 'ä€😀', list: [1, 2, 3] }));
    bench().answer(serving({ body, etag: '"v"', headers: { 'Content-Type': 'application/json' } }));
    const http = bench().wrap(CODES);
    // The cut goes through a character.
    await fetchBytes(http, 'bytes=0-9');
    const whole: AxiosResponse<unknown> = await http.get('/file');
    expect([whole.status, whole.data]).toEqual([200, { text: 'ä€😀', list: [1, 2, 3] }]);
    expect(whole.cache.fwd).toBe('partial');
  });

  it('completes through the http adapter, where it follows no redirects', async () => {
    bench().answer(V);
    const http = bench().wrap(CODES, { adapter: 'http', maxRedirects: 0 });
    await fetchBytes(http, 'bytes=0-499');
    const whole = await fetchBytes(http);
    expect([whole.status, whole.cache.fwd, whole.cache.fwdStatus]).toEqual([200, 'partial', 206]);
    expectBytes(Buffer.from(whole.data), WHOLE);
    const { data, cache } = await fetchBytes(http, 'bytes=499-500');
    expectBytes(Buffer.from(data), WHOLE.subarray(499, 501));
    expect(cache.hit).toBe(true);
  });

  it('fetches the whole through an adapter that does not tell which URL answered', async () => {
    bench().answer(V);
    const http = bench().wrap(CODES, { adapter: 'fetch' });
    await fetchBytes(http, 'bytes=0-499');
    const whole = await fetchBytes(http);
    expectBytes(Buffer.from(whole.data), WHOLE);
    expect([whole.status, whole.cache.fwdStatus]).toEqual([200, 200]);
    expect(bench().origin.last.headers.range).toBeUndefined();
  });

  it.each<[string, Handler]>([
    ['403', () => ({ status: 403 })],
    ['405', () => ({ status: 405 })],
    ['500', () => ({ status: 500 })],
    ['204', () => ({ status: 204 })],
    ['a reset', () => (_request, response) => void response.destroy()],
    ['a 206 that is compressed', () => part(WHOLE, 500, 999, { ETag: '"v"', 'Content-Encoding': 'gzip' })],
  ])('asks again for the whole where a range brings %s', async (_title, refuse) => {
    bench().answer(V);
    const http = bench().wrap(CODES);
    await fetchBytes(http, 'bytes=0-499');
    bench().answer((request, count) =>
      request.headers.range === undefined ? V(request, count) : refuse(request, count),
    );
    expectWhole(await fetchBytes(http), WHOLE);
    expect((await fetchBytes(http)).cache.hit).toBe(true);
  });

  it('does not take a 206 that nobody asked for as the whole', async () => {
    bench().answer((request, count) =>
      count === 1 ? part(WHOLE, 0, 499, { ETag: '"v"' }) : V(request, count),
    );
    const http = bench().wrap(CODES);
    expectPart(await fetchBytes(http), WHOLE, 0, 499);
    expectWhole(await fetchBytes(http), WHOLE);
    expect(bench().origin.last.headers.range).toBe('bytes=500-');
  });

  it.each<[string, string, string | undefined]>([
    ['two gaps', 'bytes=100-199', '"v"'],
    ['no entity tag', 'bytes=0-499', undefined],
    ['a weak entity tag', 'bytes=0-499', 'W/"v"'],
    ['an entity tag without quotes', 'bytes=0-499', 'v'],
  ])('asks for everything where there is no use in asking for the rest: %s', async (_title, range, etag) => {
    bench().answer(serving({ body: WHOLE, etag }));
    const http = bench().wrap(CODES);
    await fetchBytes(http, range);
    const whole = await fetchBytes(http);
    expectWhole(whole, WHOLE);
    expect(whole.cache).toMatchObject({ fromCache: false, fwd: 'partial', fwdStatus: 200, stored: true });
    const { headers } = bench().origin.last;
    expect([headers.range, headers['if-range'], headers['if-none-match']]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect((await fetchBytes(http)).cache.hit).toBe(true);
  });

  it('asks for everything by forceRefresh', async () => {
    bench().answer(V);
    const http = bench().wrap(CODES);
    await fetchBytes(http, 'bytes=0-499');
    expectWhole(await fetchBytes(http, undefined, { cache: { forceRefresh: true } }), WHOLE);
    expect(bench().origin.last.headers.range).toBeUndefined();
  });

  it('with a condition of its own goes to the origin as it is', async () => {
    bench().answer(V);
    const http = bench().wrap(CODES);
    await fetchBytes(http, 'bytes=0-499');
    const answer = await fetchBytes(http, undefined, { headers: { 'If-None-Match': '"v"' } });
    expect([answer.status, answer.cache.fromCache]).toEqual([304, false]);
    expect(bench().origin.last.headers.range).toBeUndefined();
    expectPart(await fetchBytes(http, 'bytes=0-499'), WHOLE, 0, 499);
    expect(bench().origin.count()).toBe(2);
  });

  it('completes what is stale, and renews it', async () => {
    bench().answer(V);
    const http = bench().wrap({ ...CODES, expireAfter: 10 });
    await fetchBytes(http, 'bytes=0-499');
    bench().pass(11);
    const whole = await fetchBytes(http);
    expectWhole(whole, WHOLE);
    expect(whole.cache).toMatchObject({ isExpired: false, ttl: 10, fwd: 'partial' });
    expect(bench().origin.last.headers.range).toBe('bytes=500-');
  });

  it('gets the whole from a cache that may only be read, and leaves the part as it is', async () => {
    bench().answer(V);
    const http = bench().wrap(CODES);
    await fetchBytes(http, 'bytes=0-499');
    for (let turn = 0; turn < 2; turn += 1) {
      const whole = await fetchBytes(http, undefined, { cache: { readOnly: true } });
      expectWhole(whole, WHOLE);
      expect(whole.cache).toMatchObject({ stored: false, fwd: 'partial' });
    }
    expect(bench().origin.count()).toBe(3);
    expectPart(await fetchBytes(http, 'bytes=0-499'), WHOLE, 0, 499);
    expect(bench().origin.count()).toBe(3);
  });
});

describe.each(BACKENDS_UNDER_TEST)(
  'a plain GET where the representation has changed meanwhile (%s)',
  (name) => {
    const bench = useBench(name);
    const W = serving({ body: OTHER, etag: '"w"' });

    it.each<[string, Handler, boolean]>([
      ['200 with another entity tag', W, false],
      ['200 without an entity tag', serving({ body: OTHER }), false],
      [
        '206 with another entity tag, though If-Range forbids it',
        (request, count) =>
          request.headers.range === undefined ? W(request, count) : part(OTHER, 500, 1199, { ETag: '"w"' }),
        true,
      ],
      [
        '206 without an entity tag',
        (request, count) =>
          request.headers.range === undefined ? W(request, count) : part(OTHER, 500, 1199),
        true,
      ],
      [
        '206 with a weak form of the tag',
        (request, count) =>
          request.headers.range === undefined ? W(request, count) : part(OTHER, 500, 1199, { ETag: 'W/"v"' }),
        true,
      ],
      [
        '206 with the same tag and another length',
        (request, count) =>
          request.headers.range === undefined ? W(request, count) : part(OTHER, 500, 1199, { ETag: '"v"' }),
        true,
      ],
      [
        '206 with a Content-Range that cannot be read',
        (request, count) =>
          request.headers.range === undefined
            ? W(request, count)
            : part(WHOLE, 500, 999, { ETag: '"v"', 'Content-Range': 'bytes 500-999' }),
        true,
      ],
      [
        '206 with less than was asked for',
        (request, count) =>
          request.headers.range === undefined ? W(request, count) : part(WHOLE, 500, 998, { ETag: '"v"' }),
        true,
      ],
      [
        '206 with another part than was asked for',
        (request, count) =>
          request.headers.range === undefined ? W(request, count) : part(WHOLE, 600, 999, { ETag: '"v"' }),
        true,
      ],
      [
        '416',
        (request, count) =>
          request.headers.range === undefined
            ? W(request, count)
            : { status: 416, headers: { 'Content-Range': 'bytes */400' } },
        true,
      ],
      [
        '304, which nobody asked for',
        (request, count) =>
          request.headers.range === undefined ? W(request, count) : { status: 304, headers: { ETag: '"v"' } },
        true,
      ],
      [
        '304 without a tag, which nobody asked for',
        (request, count) => (request.headers.range === undefined ? W(request, count) : { status: 304 }),
        true,
      ],
    ])('gets the new one whole, and nothing of the old: %s', async (_title, handler, asksAgain) => {
      bench().answer(V);
      const http = bench().wrap(CODES);
      await fetchBytes(http, 'bytes=0-499');
      bench().answer(handler);
      const whole = await fetchBytes(http);
      expectWhole(whole, OTHER);
      expect(whole.cache).toMatchObject({ fromCache: false, stored: true, fwd: 'partial', fwdStatus: 200 });
      const [, completion, ...more] = bench().origin.requests.map(({ headers }) => headers);
      expect(completion).toMatchObject({ range: 'bytes=500-', 'if-range': '"v"' });
      expect(more.map((headers) => [headers.range, headers['if-range']])).toEqual(
        asksAgain ? [[undefined, undefined]] : [],
      );
      const before = bench().origin.count();
      expectWhole(await fetchBytes(http), OTHER);
      expectPart(await fetchBytes(http, 'bytes=0-999'), OTHER, 0, 999);
      expect(bench().origin.count()).toBe(before);
      expect(await http.cache.count()).toBe(1);
    });

    it('takes a 206 with more than it asked for', async () => {
      bench().answer(V);
      const http = bench().wrap(CODES);
      await fetchBytes(http, 'bytes=0-499');
      bench().answer(() => part(WHOLE, 100, 999, { ETag: '"v"' }));
      expectWhole(await fetchBytes(http), WHOLE);
      expect(bench().origin.count()).toBe(2);
    });

    it.each([404, 500, 503])('is answered %i by the origin, and the part stays', async (status) => {
      bench().answer(V);
      const http = bench().wrap({ ...CODES, staleIfError: true });
      await fetchBytes(http, 'bytes=0-499');
      bench().answer(() => ({ status, body: 'sorry' }));
      const answer = await fetchBytes(http);
      expect([answer.status, answer.data.toString(), answer.cache.fromCache]).toEqual([
        status,
        'sorry',
        false,
      ]);
      expect(await http.cache.count()).toBe(status === 404 ? 0 : 1);
    });
  },
);
