import { gzipSync } from 'node:zlib';
import { BACKENDS_UNDER_TEST, useBench } from '../helpers/bench.js';
import { expectBytes, expectPart, expectWhole, fetchBytes, serving, someBytes } from './ranged-origin.js';

const WHOLE = someBytes(1000);
const DATE = 'Fri, 20 Nov 2026 11:00:00 GMT';

describe.each(BACKENDS_UNDER_TEST)('a range of a complete stored response (%s)', (name) => {
  const bench = useBench(name);

  it.each<[string, number, number]>([
    ['bytes=0-0', 0, 0],
    ['bytes=0-99', 0, 99],
    ['bytes=100-899', 100, 899],
    ['bytes=999-999', 999, 999],
    ['bytes=0-', 0, 999],
    ['bytes=990-', 990, 999],
    ['bytes=999-', 999, 999],
    ['bytes=-1', 999, 999],
    ['bytes=-250', 750, 999],
    ['bytes=-1000', 0, 999],
    ['bytes=-5000', 0, 999],
    ['bytes=500-5000', 500, 999],
    ['bytes=999-1000', 999, 999],
    ['BYTES=10-19', 10, 19],
  ])('%s is cut out of it', async (range, first, last) => {
    bench().answer(serving({ body: WHOLE, etag: '"v"' }));
    const http = bench().wrap();
    expectWhole(await fetchBytes(http), WHOLE);
    const answer = await fetchBytes(http, range);
    expectPart(answer, WHOLE, first, last);
    expect(answer.headers).toMatchObject({ etag: '"v"', 'content-type': 'application/octet-stream' });
    expect(answer.cache).toMatchObject({ hit: true, fromCache: true, stored: false });
    expect(bench().origin.count()).toBe(1);
    expectWhole(await fetchBytes(http), WHOLE);
    expect(bench().origin.count()).toBe(1);
  });

  it.each(['bytes=1000-', 'bytes=1000-2000', 'bytes=5000-', 'bytes=-0'])(
    '%s is a 416, which axios rejects',
    async (range) => {
      bench().answer(serving({ body: WHOLE, etag: '"v"' }));
      const http = bench().wrap();
      await fetchBytes(http);
      const error = { name: 'AxiosError', code: 'ERR_BAD_REQUEST', status: 416 };
      await expect(http.get('/file', { headers: { Range: range } })).rejects.toMatchObject(error);
      const answer = await fetchBytes(http, range);
      expect([answer.status, answer.statusText]).toEqual([416, 'Range Not Satisfiable']);
      expect(answer.headers['content-range']).toBe('bytes */1000');
      expect(answer.data).toHaveLength(0);
      expect(bench().origin.count()).toBe(1);
      expectWhole(await fetchBytes(http), WHOLE);
    },
  );

  it('of an empty one is a 416', async () => {
    bench().answer(serving({ body: Buffer.alloc(0) }));
    const http = bench().wrap();
    await fetchBytes(http);
    const answer = await fetchBytes(http, 'bytes=0-');
    expect([answer.status, answer.headers['content-range']]).toEqual([416, 'bytes */0']);
  });

  it('is exact where the whole has more than a megabyte', async () => {
    const large = someBytes(1_234_567, 'large');
    expect(new Set(large).size).toBe(256);
    bench().answer(serving({ body: large, etag: '"large"' }));
    const http = bench().wrap();
    expectWhole(await fetchBytes(http), large);
    expectPart(await fetchBytes(http, 'bytes=0-1048575'), large, 0, 1_048_575);
    expectPart(await fetchBytes(http, 'bytes=65535-65537'), large, 65_535, 65_537);
    expectPart(await fetchBytes(http, 'bytes=-1000001'), large, 234_566, 1_234_566);
    expect(bench().origin.count()).toBe(1);
  });

  it('of an origin that knows no ranges, once it has sent the whole', async () => {
    bench().answer(() => ({ headers: { 'Content-Length': '1000' }, body: WHOLE }));
    const http = bench().wrap();
    expectWhole(await fetchBytes(http, 'bytes=0-99'), WHOLE);
    expectPart(await fetchBytes(http, 'bytes=0-99'), WHOLE, 0, 99);
    expect(bench().origin.count()).toBe(1);
  });

  it('is the caller’s own: changing it changes nothing', async () => {
    bench().answer(serving({ body: WHOLE }));
    const http = bench().wrap();
    await fetchBytes(http);
    (await fetchBytes(http, 'bytes=0-99')).data.fill(7);
    expectPart(await fetchBytes(http, 'bytes=0-99'), WHOLE, 0, 99);
    expectWhole(await fetchBytes(http), WHOLE);
  });

  it('after a restart', async () => {
    bench().answer(serving({ body: WHOLE }));
    await fetchBytes(bench().wrap({ autoclose: false }));
    expectPart(await fetchBytes(bench().wrap({ autoclose: false }), 'bytes=5-9'), WHOLE, 5, 9);
    expect(bench().origin.count()).toBe(1);
  });

  it('is validated with the whole when it is stale', async () => {
    bench().answer(serving({ body: WHOLE, etag: '"v"' }));
    const http = bench().wrap({ expireAfter: 10 });
    await fetchBytes(http);
    bench().pass(11);
    const answer = await fetchBytes(http, 'bytes=5-9');
    expectPart(answer, WHOLE, 5, 9);
    expect(answer.cache).toMatchObject({ revalidated: true, fwd: 'stale', fwdStatus: 304 });
    expect(bench().origin.last.headers['if-none-match']).toBe('"v"');
    expectWhole(await fetchBytes(http), WHOLE);
    expect(bench().origin.count()).toBe(2);
  });
});

describe('If-Range on a complete stored response', () => {
  const bench = useBench();

  it.each<[string, object, string, boolean]>([
    ['its entity tag', { etag: '"v"' }, '"v"', true],
    ['another entity tag', { etag: '"v"' }, '"w"', false],
    ['a weak form of it', { etag: '"v"' }, 'W/"v"', false],
    ['its weak entity tag', { etag: 'W/"v"' }, 'W/"v"', false],
    ['an entity tag, and it has none', {}, '"v"', false],
    ['its date, long past', { lastModified: DATE }, DATE, true],
    ['a later date', { lastModified: DATE }, 'Fri, 20 Nov 2026 11:00:01 GMT', false],
    ['an earlier date', { lastModified: DATE }, 'Fri, 20 Nov 2026 10:59:59 GMT', false],
    [
      'a date that is not strong',
      { lastModified: 'Fri, 20 Nov 2026 11:59:59 GMT' },
      'Fri, 20 Nov 2026 11:59:59 GMT',
      false,
    ],
    ['what is neither', { etag: '"v"' }, 'yesterday', false],
  ])('%s', async (_title, validators, ifRange, isMet) => {
    bench().answer(serving({ body: WHOLE, ...validators }));
    const http = bench().wrap();
    await fetchBytes(http);
    const answer = await fetchBytes(http, 'bytes=1-9', { headers: { 'If-Range': ifRange } });
    if (isMet) expectPart(answer, WHOLE, 1, 9);
    else expectWhole(answer, WHOLE);
    expect(answer.cache.hit).toBe(true);
  });

  it('without a Range means nothing', async () => {
    bench().answer(serving({ body: WHOLE, etag: '"v"' }));
    const http = bench().wrap();
    await fetchBytes(http);
    expectWhole(await fetchBytes(http, undefined, { headers: { 'If-Range': '"v"' } }), WHOLE);
    expect(bench().origin.count()).toBe(1);
  });

  it('comes after If-None-Match, which is answered by a 304', async () => {
    bench().answer(serving({ body: WHOLE, etag: '"v"' }));
    const http = bench().wrap();
    await fetchBytes(http);
    const headers = { 'If-None-Match': '"v"', 'If-Range': '"v"' };
    const answer = await fetchBytes(http, 'bytes=1-9', { headers });
    expect([answer.status, answer.data.length]).toEqual([304, 0]);
    headers['If-None-Match'] = '"x"';
    expectPart(await fetchBytes(http, 'bytes=1-9', { headers }), WHOLE, 1, 9);
  });
});

describe('what a range is not answered from', () => {
  const bench = useBench();
  const text = 'Lorem ipsum dolor sit amet. '.repeat(100);

  it.each(['http', 'fetch'])('what came compressed by %s: its bytes are others', async (adapter) => {
    const packed = gzipSync(text);
    const headers = { 'Content-Encoding': 'gzip' };
    bench().answer(serving({ body: packed, etag: '"gz"', headers }));
    const http = bench().wrap({ allowableCodes: [200, 206] }, { adapter });
    expect((await http.get('/file')).data).toBe(text);
    const answer = await fetchBytes(http, 'bytes=0-9', { decompress: true });
    expect(answer.status).toBe(206);
    expect(answer.headers['content-range']).toBe(`bytes 0-9/${packed.length}`);
    expect(bench().origin.count()).toBe(2);
    const whole = await http.get('/file');
    expect([whole.data, whole.cache.hit]).toEqual([text, true]);
  });

  it('with decompress: false the bytes are the origin’s own, whoever answers', async () => {
    const packed = gzipSync(text);
    bench().answer(serving({ body: packed, etag: '"gz"', headers: { 'Content-Encoding': 'gzip' } }));
    const http = bench().wrap({ allowableCodes: [200, 206] });
    const raw = { decompress: false };
    for (let turn = 0; turn < 2; turn += 1) {
      expectWhole(await fetchBytes(http, undefined, raw), packed);
      expectPart(await fetchBytes(http, 'bytes=5-20', raw), packed, 5, 20);
      expectPart(await fetchBytes(http, 'bytes=10-', raw), packed, 10, packed.length - 1);
      expect((await http.get('/file')).data).toBe(text);
    }
  });

  it('another status than 200: it is given as it is', async () => {
    bench().answer(() => ({ status: 404, body: 'not here' }));
    const http = bench().wrap({ allowableCodes: [200, 404] });
    await fetchBytes(http);
    const answer = await fetchBytes(http, 'bytes=0-2');
    expect([answer.status, answer.data.toString(), answer.cache.hit]).toEqual([404, 'not here', true]);
  });

  it.each(['bytes=0-1,5-9', 'bytes=0-1, -2', 'items=0-5', 'bytes=9-5', 'bytes=x'])(
    '%s is the origin’s affair, and nothing of its answer is stored',
    async (range) => {
      bench().answer(serving({ body: WHOLE, etag: '"v"' }));
      const http = bench().wrap({ allowableCodes: [200, 206] });
      const direct = await bench()
        .plain()
        .get<Buffer>('/file', {
          headers: { Range: range },
          responseType: 'arraybuffer',
          validateStatus: null,
        });
      for (let turn = 1; turn <= 2; turn += 1) {
        const answer = await fetchBytes(http, range);
        expect([answer.status, answer.headers['content-range']]).toEqual([
          direct.status,
          direct.headers['content-range'],
        ]);
        expectBytes(answer.data, direct.data);
        expect(answer.cache).toMatchObject({ fromCache: false, stored: false });
        expect(await http.cache.count()).toBe(0);
      }
      expect(bench().origin.count()).toBe(3);
    },
  );

  it.each(['HEAD', 'POST'])('%s: its Range means nothing to a cache', async (method) => {
    bench().answer(serving({ body: WHOLE, etag: '"v"' }));
    const http = bench().wrap({ allowableCodes: [200, 206], allowableMethods: ['GET', 'HEAD', 'POST'] });
    const request = {
      method,
      url: '/file',
      headers: { Range: 'bytes=0-9' },
      responseType: 'arraybuffer',
    } as const;
    for (let turn = 1; turn <= 2; turn += 1) {
      const answer = await http.request({ ...request, validateStatus: null });
      expect(answer.cache).toMatchObject({ fromCache: false, stored: false });
      expect(bench().origin.count()).toBe(turn);
    }
    expect(await http.cache.count()).toBe(0);
  });

  it('a part that cannot be stored: every range is fetched with codes [200]', async () => {
    bench().answer(serving({ body: WHOLE, etag: '"v"' }));
    const http = bench().wrap();
    for (let turn = 1; turn <= 2; turn += 1) {
      const answer = await fetchBytes(http, 'bytes=0-9');
      expectPart(answer, WHOLE, 0, 9);
      expect(answer.cache).toMatchObject({ fromCache: false, stored: false, fwd: 'uri-miss' });
      expect(bench().origin.count()).toBe(turn);
    }
    expect(await http.cache.count()).toBe(0);
    expectWhole(await fetchBytes(http), WHOLE);
    expect(bench().origin.last.headers.range).toBeUndefined();
    expectPart(await fetchBytes(http, 'bytes=0-9'), WHOLE, 0, 9);
    expect(bench().origin.count()).toBe(3);
  });
});

describe('the shape of a range that is cut out', () => {
  const bench = useBench();
  const json = JSON.stringify({ list: [1, 2, 3], name: 'ä' });

  it.each<['text' | 'json', string, unknown]>([
    ['text', 'bytes=8-14', '[1,2,3]'],
    ['text', 'bytes=-5', json.slice(-4)],
    ['json', 'bytes=8-14', [1, 2, 3]],
    ['json', 'bytes=9-13', '1,2,3'],
  ])('as %s: %s', async (responseType, range, expected) => {
    bench().answer(() => ({ headers: { 'content-type': 'application/json' }, body: json }));
    const http = bench().wrap();
    await http.get('/file');
    // Without this, axios reads text as JSON where it can.
    const own = responseType === 'text' ? { transformResponse: [(data: unknown) => data] } : {};
    const answer = await http.get('/file', { headers: { Range: range }, responseType, ...own });
    expect([answer.status, answer.data]).toEqual([206, expected]);
    expect(answer.cache.hit).toBe(true);
  });

  it('is measured by maxContentLength itself, not the whole', async () => {
    bench().answer(serving({ body: WHOLE }));
    const http = bench().wrap();
    await fetchBytes(http);
    const limited = { maxContentLength: 100 };
    expectPart(await fetchBytes(http, 'bytes=0-99', limited), WHOLE, 0, 99);
    await expect(fetchBytes(http, 'bytes=0-100', limited)).rejects.toMatchObject({
      code: 'ERR_BAD_RESPONSE',
    });
    await expect(fetchBytes(http, undefined, limited)).rejects.toMatchObject({ code: 'ERR_BAD_RESPONSE' });
    expect(bench().origin.count()).toBe(1);
  });

  it('has no digest of the whole content, but keeps that of the representation', async () => {
    const headers = { 'Content-MD5': 'x', 'Content-Digest': 'sha-256=:x:', 'Repr-Digest': 'sha-256=:y:' };
    bench().answer(serving({ body: WHOLE, headers }));
    const http = bench().wrap();
    expect((await fetchBytes(http)).headers).toMatchObject({ 'content-digest': 'sha-256=:x:' });
    const { headers: given } = await fetchBytes(http, 'bytes=0-9');
    expect(given['repr-digest']).toBe('sha-256=:y:');
    expect([given['content-md5'], given['content-digest']]).toEqual([undefined, undefined]);
  });
});
