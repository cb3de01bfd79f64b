import { type AxiosAdapter, type AxiosResponse } from 'axios';
import { gzipSync } from 'node:zlib';
import { rfc9111 } from '../../lib/index.js';
import { useBench } from '../helpers/bench.js';
import { expectPart, expectWhole, fetchBytes, part, serving, someBytes } from './ranged-origin.js';

const WHOLE = someBytes(1000);
const OTHER = someBytes(1000, 'other');
const CODES = { allowableCodes: [200, 206] };

describe('parts that must not be combined', () => {
  const bench = useBench();

  it.each<[string, string | undefined, string | undefined]>([
    ['of different entity tags', '"v"', '"w"'],
    ['without an entity tag', undefined, undefined],
    ['of which only the first has one', '"v"', undefined],
    ['of which only the second has one', undefined, '"v"'],
    ['of the same weak entity tag', 'W/"v"', 'W/"v"'],
    ['of a strong tag and its weak form', '"v"', 'W/"v"'],
    ['of the same tag without quotes', 'v', 'v'],
  ])('%s: the newer replaces the older', async (_title, first, second) => {
    const lastModified = 'Fri, 20 Nov 2026 11:00:00 GMT';
    bench().answer(serving({ body: WHOLE, etag: first, lastModified }));
    const http = bench().wrap(CODES);
    await fetchBytes(http, 'bytes=0-99');
    bench().answer(serving({ body: OTHER, etag: second, lastModified }));
    expectPart(await fetchBytes(http, 'bytes=100-199'), OTHER, 100, 199);
    expectPart(await fetchBytes(http, 'bytes=150-199'), OTHER, 150, 199);
    expect(bench().origin.count()).toBe(2);
    expectPart(await fetchBytes(http, 'bytes=0-99'), OTHER, 0, 99);
    expect(bench().origin.count()).toBe(3);
    expectWhole(await fetchBytes(http), OTHER);
    expect(await http.cache.count()).toBe(1);
  });

  it('of different lengths, though the entity tag is the same', async () => {
    bench().answer(serving({ body: WHOLE, etag: '"v"' }));
    const http = bench().wrap(CODES);
    await fetchBytes(http, 'bytes=0-99');
    bench().answer(serving({ body: OTHER.subarray(0, 500), etag: '"v"' }));
    await fetchBytes(http, 'bytes=100-199');
    expectPart(await fetchBytes(http, 'bytes=0-99'), OTHER.subarray(0, 500), 0, 99);
    expect(bench().origin.count()).toBe(3);
  });

  it('of different users', async () => {
    bench().answer(({ headers, ...rest }, count) => {
      const body = headers.authorization === 'Bearer b' ? OTHER : WHOLE;
      return serving({ body, etag: '"v"' })({ headers, ...rest }, count);
    });
    const http = bench().wrap({ ...rfc9111, expireAfter: 60 });
    const asUser = (user: string, range?: string) =>
      fetchBytes(http, range, { headers: { Authorization: `Bearer ${user}` } });
    await asUser('a', 'bytes=0-499');
    await asUser('b', 'bytes=500-999');
    expectPart(await asUser('b', 'bytes=0-499'), OTHER, 0, 499);
    expectWhole(await asUser('b'), OTHER);
    expectPart(await asUser('a', 'bytes=0-499'), WHOLE, 0, 499);
    expect(bench().origin.count()).toBe(3);
  });

  it.each([undefined, 'bytes=500-'])(
    'of different URLs that redirects led to, though the entity tag is the same: %s',
    async (range) => {
      let target = '/v1';
      bench().answer((request, count) => {
        if (request.url === '/file') return { status: 302, headers: { Location: target } };
        return serving({ body: request.url === '/v1' ? WHOLE : OTHER, etag: '"1"' })(request, count);
      });
      const http = bench().wrap(CODES);
      await fetchBytes(http, 'bytes=0-499');
      target = '/v2';
      const answer = await fetchBytes(http, range);
      if (range === undefined) expectWhole(answer, OTHER);
      else expectPart(answer, OTHER, 500, 999);
      expectWhole(await fetchBytes(http), OTHER);
    },
  );

  it('of one URL that redirects led to are, each time by the same way', async () => {
    bench().answer((request, count) =>
      request.url === '/file'
        ? { status: 302, headers: { Location: '/v1' } }
        : serving({ body: WHOLE, etag: '"1"' })(request, count),
    );
    const http = bench().wrap(CODES);
    await fetchBytes(http, 'bytes=0-499');
    expectWhole(await fetchBytes(http), WHOLE);
    expect(bench().origin.last.headers.range).toBe('bytes=500-');
    expect(bench().origin.count()).toBe(4);
  });

  it('of different variants', async () => {
    bench().answer((request, count) => {
      const body = request.headers['accept-language'] === 'fr' ? OTHER : WHOLE;
      return serving({ body, etag: '"v"', headers: { Vary: 'Accept-Language' } })(request, count);
    });
    const http = bench().wrap(CODES);
    const inLanguage = (language: string, range?: string) =>
      fetchBytes(http, range, { headers: { 'Accept-Language': language } });
    await inLanguage('en', 'bytes=0-499');
    expectPart(await inLanguage('fr', 'bytes=500-999'), OTHER, 500, 999);
    expectPart(await inLanguage('fr', 'bytes=0-499'), OTHER, 0, 499);
    expectPart(await inLanguage('en', 'bytes=0-499'), WHOLE, 0, 499);
    expect(bench().origin.count()).toBe(3);
    expectWhole(await inLanguage('fr'), OTHER);
    expect(bench().origin.count()).toBe(3);
    expectWhole(await inLanguage('en'), WHOLE);
    expect(bench().origin.last.headers.range).toBe('bytes=500-');
  });
});

describe('a 206 of which nobody can say which bytes it has', () => {
  const bench = useBench();
  const headers = { ETag: '"v"' };

  it.each<[string, Record<string, string>]>([
    ['longer than it announces', { 'Content-Range': 'bytes 0-98/1000' }],
    ['without Content-Range', { 'Content-Range': '' }],
    ['of another unit', { 'Content-Range': 'items 0-99/1000' }],
    ['with a last before its first', { 'Content-Range': 'bytes 99-0/1000' }],
    ['past its own end', { 'Content-Range': 'bytes 0-99/99' }],
    ['with a length that is no number', { 'Content-Range': 'bytes 0-99/x' }],
    ['of which the whole length is all that is known', { 'Content-Range': 'bytes */1000' }],
    ['with two ranges in one field', { 'Content-Range': 'bytes 0-99/1000, bytes 0-99/1000' }],
    ['as a multipart of one', { 'Content-Range': '', 'Content-Type': 'multipart/byteranges; boundary=x' }],
    ['compressed', { 'Content-Encoding': 'x-own' }],
  ])('is given to the caller and not stored: %s', async (_title, fields) => {
    bench().answer(() => part(WHOLE, 0, 99, { ...headers, ...fields }));
    const http = bench().wrap(CODES);
    for (let turn = 1; turn <= 2; turn += 1) {
      const { status, data, cache } = await fetchBytes(http, 'bytes=0-99');
      expect([status, data.equals(WHOLE.subarray(0, 100))]).toEqual([206, true]);
      expect(cache).toMatchObject({ fromCache: false, stored: false });
      expect(bench().origin.count()).toBe(turn);
    }
    expect(await http.cache.count()).toBe(0);
  });

  it('takes nothing away from what is stored', async () => {
    bench().answer(serving({ body: WHOLE, etag: '"v"' }));
    const http = bench().wrap(CODES);
    await fetchBytes(http, 'bytes=0-99');
    bench().answer(() => part(OTHER, 100, 199, { ETag: '"v"', 'Content-Range': 'bytes 100-198/1000' }));
    await fetchBytes(http, 'bytes=100-199');
    expectPart(await fetchBytes(http, 'bytes=0-99'), WHOLE, 0, 99);
    expect(bench().origin.count()).toBe(2);
  });

  it('is one of what axios has decoded', async () => {
    const packed = gzipSync(WHOLE);
    bench().answer(serving({ body: packed, etag: '"v"', headers: { 'Content-Encoding': 'gzip' } }));
    const http = bench().wrap(CODES);
    const direct = await bench()
      .plain({ responseType: 'arraybuffer' })
      .get<Buffer>('/file', {
        headers: { Range: 'bytes=0-' },
      });
    const answer = await fetchBytes(http, 'bytes=0-');
    expect([answer.status, answer.data.equals(direct.data), answer.cache.stored]).toEqual([206, true, false]);
    expect(await http.cache.count()).toBe(0);
  });

  it('is one that an adapter made of text', async () => {
    const answer = {
      data: 'text',
      status: 206,
      statusText: '',
      headers: { 'content-range': 'bytes 0-3/10', etag: '"v"' },
    };
    const adapter: AxiosAdapter = (config) =>
      Promise.resolve({ ...answer, config } as Omit<AxiosResponse, 'cache'> as AxiosResponse);
    const http = bench().wrap(CODES, { adapter });
    expect((await fetchBytes(http, 'bytes=0-3')).cache.stored).toBe(false);
    expect(await http.cache.count()).toBe(0);
  });

  it('is one with an empty body', async () => {
    bench().answer(() => ({ status: 206, headers: { ...headers, 'Content-Range': 'bytes 0-99/1000' } }));
    const http = bench().wrap(CODES);
    expect((await fetchBytes(http, 'bytes=0-99')).cache.stored).toBe(false);
    expect(await http.cache.count()).toBe(0);
  });
});

describe('a 206 that is shorter than it announces', () => {
  const bench = useBench();

  it('has the bytes that came, and not the missing ones', async () => {
    const short = { ETag: '"v"', 'Content-Range': 'bytes 0-199/1000' };
    bench().answer(() => part(WHOLE, 0, 99, short));
    const http = bench().wrap(CODES);
    expect((await fetchBytes(http, 'bytes=0-199')).cache.stored).toBe(true);
    bench().answer(serving({ body: WHOLE, etag: '"v"' }));
    expectPart(await fetchBytes(http, 'bytes=0-99'), WHOLE, 0, 99);
    expect(bench().origin.count()).toBe(1);
    expectPart(await fetchBytes(http, 'bytes=0-100'), WHOLE, 0, 100);
    expect(bench().origin.count()).toBe(2);
    expectWhole(await fetchBytes(http), WHOLE);
    expect(bench().origin.last.headers.range).toBe('bytes=101-');
  });

  it('because the connection broke is an error, and not stored', async () => {
    bench().answer(() => (_request, response) => {
      response.writeHead(206, { ETag: '"v"', 'Content-Range': 'bytes 0-99/1000', 'Content-Length': '100' });
      response.write(WHOLE.subarray(0, 50), () => response.destroy());
    });
    const http = bench().wrap(CODES);
    await expect(fetchBytes(http, 'bytes=0-99')).rejects.toMatchObject({ name: 'AxiosError' });
    expect(await http.cache.count()).toBe(0);
  });

  it('in chunks because the connection broke, too', async () => {
    bench().answer(() => (_request, response) => {
      response.writeHead(206, { ETag: '"v"', 'Content-Range': 'bytes 0-99/1000' });
      response.write(WHOLE.subarray(0, 50), () => response.destroy());
    });
    const http = bench().wrap(CODES);
    await expect(fetchBytes(http, 'bytes=0-99')).rejects.toMatchObject({ name: 'AxiosError' });
    expect(await http.cache.count()).toBe(0);
  });
});
