import { type AxiosError, type AxiosRequestConfig, type AxiosResponse } from 'axios';
import { randomFillSync } from 'node:crypto';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { BACKENDS_UNDER_TEST, useBench } from '../helpers/bench.js';

const json = { 'content-type': 'application/json' };

describe.each(BACKENDS_UNDER_TEST)('one stored response for callers of every kind (%s)', (name) => {
  const bench = useBench(name);
  const body = '{"n": 1.10, "umlaut": "äöü"}';

  const KINDS: readonly [kind: string, config: AxiosRequestConfig, expected: unknown][] = [
    ['no responseType', {}, { n: 1.1, umlaut: 'äöü' }],
    ['json', { responseType: 'json' }, { n: 1.1, umlaut: 'äöü' }],
    ['text', { responseType: 'text' }, body],
    ['arraybuffer', { responseType: 'arraybuffer' }, Buffer.from(body)],
    ['a transformResponse', { transformResponse: (text: string) => text.length }, body.length],
    [
      'a list of transforms',
      { transformResponse: [(text: string) => text.slice(1), (text: string) => text[0]] },
      '"',
    ],
    ['no transformResponse', { transformResponse: [] }, body],
  ];

  it.each(KINDS)('%s asks first', async (_kind, config, expected) => {
    bench().answer(() => ({ headers: json, body }));
    const plain = await bench().plain().get('/a', config);
    const http = bench().wrap();
    expect((await http.get('/a', config)).data).toEqual(expected);
    expect(plain.data).toEqual(expected);
    for (const [other, otherConfig, otherExpected] of KINDS) {
      const { data, cache } = await http.get('/a', otherConfig);
      expect([other, cache.fromCache, data]).toEqual([other, true, otherExpected]);
    }
    expect(bench().origin.count()).toBe(2);
  });

  it('byte for byte, 5 MB of noise and every length around a page', async () => {
    const bodies = [0, 1, 4095, 4096, 4097, 65_536, 5_000_000].map((length) =>
      randomFillSync(Buffer.alloc(length)),
    );
    bench().answer(({ url }) => ({ body: bodies[Number(url.slice(1))] as Buffer }));
    const http = bench().wrap();
    for (const [index, expected] of bodies.entries()) {
      const miss = await http.get(`/${index}`, { responseType: 'arraybuffer' });
      const hit = await http.get(`/${index}`, { responseType: 'arraybuffer' });
      expect(hit.cache.fromCache).toBe(true);
      expect(Buffer.isBuffer(hit.data)).toBe(true);
      expect(expected.equals(miss.data as Buffer)).toBe(true);
      expect(expected.equals(hit.data as Buffer)).toBe(true);
    }
  });
});

describe('bodies as plain axios gives them', () => {
  const bench = useBench();

  /** The same request by plain axios, as a miss, and as a hit. */
  async function thrice(
    config: AxiosRequestConfig,
  ): Promise<Record<'plain' | 'miss' | 'hit', AxiosResponse>> {
    const plain = await bench()
      .plain()
      .request({ url: '/a', ...config });
    const http = bench().wrap({
      allowableCodes: [200, 204, 205, 299],
      allowableMethods: ['GET', 'HEAD', 'POST'],
    });
    const miss = await http.request({ url: '/a', ...config });
    const hit = await http.request({ url: '/a', ...config });
    expect(miss.cache.fromCache).toBe(false);
    expect(hit.cache.fromCache).toBe(true);
    return { plain, miss, hit };
  }

  const TEXT = 'grüße, 世界, 👋';
  const CASES: readonly [title: string, headers: Record<string, string>, body: string | Uint8Array][] = [
    ['an empty body', {}, ''],
    ['text', { 'content-type': 'text/plain' }, TEXT],
    ['JSON that is not JSON', json, '{"broken'],
    ['a JSON string', json, '"text"'],
    ['a JSON number', json, '47.10'],
    ['null', json, 'null'],
    ['gzip', { 'content-encoding': 'gzip', 'content-type': 'text/plain' }, gzipSync(TEXT)],
    ['brotli', { 'content-encoding': 'br' }, brotliCompressSync(TEXT)],
    ['deflate', { 'content-encoding': 'deflate' }, deflateSync(TEXT)],
    ['a byte order mark', { 'content-type': 'text/plain' }, Buffer.from(`\ufeff${TEXT}`)],
    ['a byte order mark before JSON', json, Buffer.from('\ufeff{"a":1}')],
    [
      'bytes that are not UTF-8',
      { 'content-type': 'text/plain' },
      Buffer.from([0x67, 0xfc, 0xdf, 0xff, 0x00]),
    ],
  ];

  describe.each(CASES)('%s', (_title, headers, body) => {
    it.each<AxiosRequestConfig>([
      {},
      { responseType: 'json' },
      { responseType: 'text' },
      { responseType: 'arraybuffer' },
      { responseType: 'blob' },
      { responseEncoding: 'latin1' },
      { responseEncoding: 'base64', responseType: 'text' },
      { decompress: false, responseType: 'arraybuffer' },
      { adapter: 'fetch', transformResponse: [] },
      { adapter: 'fetch', responseType: 'arraybuffer' },
    ])('with %j', async (config) => {
      bench().answer(() => ({ headers, body }));
      const lenient: AxiosRequestConfig = { ...config, transitional: { silentJSONParsing: true } };
      if (config.responseType === 'json')
        lenient.transitional = { silentJSONParsing: true, forcedJSONParsing: true };
      const { plain, miss, hit } = await thrice(lenient);
      expect(miss.data).toEqual(plain.data);
      expect(hit.data).toEqual(plain.data);
      expect(Object.prototype.toString.call(hit.data)).toBe(Object.prototype.toString.call(plain.data));
      expect(hit.headers['content-encoding']).toBe(plain.headers['content-encoding']);
      expect(hit.headers['content-length']).toBe(plain.headers['content-length']);
    });
  });

  it.each([204, 205, 299])('status %i', async (status) => {
    bench().answer(() => ({ status }));
    const { plain, miss, hit } = await thrice({});
    expect([miss.data, hit.data]).toEqual([plain.data, plain.data]);
    expect([miss.status, hit.status]).toEqual([status, status]);
  });

  it('HEAD', async () => {
    bench().answer(() => ({ headers: { 'content-length': '1234', etag: '"x"' } }));
    const { plain, hit } = await thrice({ method: 'HEAD' });
    expect(hit.data).toBe(plain.data);
    expect(hit.headers['content-length']).toBe('1234');
  });

  it('a Blob of the fetch adapter, with its type', async () => {
    bench().answer(() => ({ headers: { 'content-type': 'text/plain;charset=utf-8' }, body: TEXT }));
    const { plain, miss, hit } = await thrice({ adapter: 'fetch', responseType: 'blob' });
    for (const { data } of [plain, miss, hit] as { data: Blob }[]) {
      expect(await data.text()).toBe(TEXT);
      expect(data.type).toBe((plain.data as Blob).type);
    }
  });

  it('compressed and decompressed bodies do not mix', async () => {
    bench().answer(() => ({ headers: { 'content-encoding': 'gzip' }, body: gzipSync('plain') }));
    const http = bench().wrap();
    expect((await http.get('/a')).data).toBe('plain');
    const raw = await http.get('/a', { decompress: false, responseType: 'arraybuffer' });
    expect(raw.cache.fromCache).toBe(false);
    expect(raw.data).toEqual(gzipSync('plain'));
    expect((await http.get('/a')).cache.fromCache).toBe(true);
  });

  it('strict JSON parsing fails on a hit as it does on a miss, and the next caller still hits', async () => {
    bench().answer(() => ({ headers: json, body: '{"broken' }));
    const strict: AxiosRequestConfig = { responseType: 'json', transitional: { silentJSONParsing: false } };
    const http = bench().wrap();
    const errors = await Promise.all(
      [bench().plain(), http].map((instance) => instance.get('/a', strict).catch((error: unknown) => error)),
    );
    errors.push(await http.get('/a', strict).catch((error: unknown) => error));
    for (const error of errors)
      expect(error).toMatchObject({ name: 'SyntaxError', code: 'ERR_BAD_RESPONSE' });
    // Older versions of axios leave the response out of this error.
    const responses = errors.map((error) => (error as AxiosError).response);
    const [, miss, hit] = responses[0] === undefined ? [] : [undefined, false, true];
    expect(responses.map((response) => response === undefined)).toEqual(Array(3).fill(miss === undefined));
    expect(responses.slice(1).map((response) => response?.cache.fromCache)).toEqual([miss, hit]);
    expect((await http.get('/a', { responseType: 'text' })).data).toBe('{"broken');
    expect(bench().origin.count()).toBe(2);
  });

  it('a parseReviver of the caller is applied on hits', async () => {
    bench().answer(() => ({ headers: json, body: '{"when":"2026-01-01"}' }));
    const http = bench().wrap();
    await http.get('/a');
    const parseReviver = (_key: string, value: unknown): unknown =>
      value === '2026-01-01' ? 'revived' : value;
    // Older versions of axios know of no reviver.
    const plain = await bench().plain().get('/a', { parseReviver });
    const hit = await http.get('/a', { parseReviver });
    expect(hit.cache.fromCache).toBe(true);
    expect(hit.data).toEqual(plain.data);
  });
});

describe.each(BACKENDS_UNDER_TEST)('what a caller does to its response (%s)', (name) => {
  const bench = useBench(name);

  it('to an object, changes nobody else’s', async () => {
    bench().answer(() => ({ headers: { ...json, 'x-list': 'a' }, body: '{"deep":{"list":[1]}}' }));
    const http = bench().wrap();
    const expected = { deep: { list: [1] } };
    for (let turn = 0; turn < 3; turn += 1) {
      const response = await http.get('/a');
      expect(response.data).toEqual(expected);
      expect(response.headers['x-list']).toBe('a');
      (response.data as typeof expected).deep.list.push(99);
      response.headers['x-list'] = 'changed';
      response.headers['x-new'] = 'y';
      response.status = 500;
    }
  });

  it.each(['http', 'fetch'])('to bytes of the %s adapter, changes nobody else’s', async (adapter) => {
    bench().answer(() => ({ body: Buffer.from('original') }));
    const http = bench().wrap();
    for (let turn = 0; turn < 3; turn += 1) {
      const { data } = await http.get<Buffer | ArrayBuffer>('/a', { adapter, responseType: 'arraybuffer' });
      const bytes = new Uint8Array(
        data instanceof ArrayBuffer ? data : data.buffer,
        'byteOffset' in data ? data.byteOffset : 0,
        data.byteLength,
      );
      expect(Buffer.from(bytes).toString()).toBe('original');
      bytes.fill(0);
    }
  });

  it('to the arrays of Set-Cookie, changes nobody else’s', async () => {
    bench().answer(() => ({ headers: { 'set-cookie': ['a=1', 'b=2'] }, body: 'x' }));
    const http = bench().wrap({ replayCookies: true });
    for (let turn = 0; turn < 3; turn += 1) {
      const { headers } = await http.get('/a');
      expect(headers['set-cookie']).toEqual(['a=1', 'b=2']);
      headers['set-cookie']?.push('c=3');
    }
  });
});
