import https from 'node:https';
import { type AxiosRequestConfig } from 'axios';
import { type CachedAxiosInstance, type CacheOptions } from '../../lib/index.js';
import { BACKENDS_UNDER_TEST, type Bench, useBench } from '../helpers/bench.js';
import { type Handler } from '../helpers/origin-server.js';

// Defects that were measured in requests-cache, each by the number under which it is known in this project.

const ALL_METHODS: CacheOptions = { allowableMethods: ['GET', 'HEAD', 'POST'] };

/** Says what it was asked, so that the answer to another request is seen to be another's. */
const echo: Handler = ({ method, url, headers, body }) => ({
  headers: { 'content-type': 'text/plain' },
  body: [method, url, headers['content-type'], body.toString('latin1')].join(' '),
});

/** Sends both requests, twice: each is answered by the origin once, and then from storage by its own answer. */
async function expectApart(
  bench: Bench,
  http: CachedAxiosInstance,
  one: AxiosRequestConfig,
  other: AxiosRequestConfig,
): Promise<void> {
  const first = [await http.request(one), await http.request(other)];
  const second = [await http.request(one), await http.request(other)];
  expect(first.map(({ cache }) => cache.fromCache)).toEqual([false, false]);
  expect(second.map(({ cache }) => cache.fromCache)).toEqual([true, true]);
  expect(first[0]?.cache.key).not.toBe(first[1]?.cache.key);
  expect(second.map(({ data }) => data)).toEqual(first.map(({ data }) => data));
  expect(bench.origin.count()).toBe(2);
}

describe('D11: requests that differ in redirects, Range or Content-Type are answered by each other', () => {
  const bench = useBench();

  it('whether redirects are followed', async () => {
    bench().answer(({ url }) =>
      url === '/from' ? { status: 302, headers: { location: '/to' }, body: 'moved' } : { body: 'there' },
    );
    const http = bench().wrap({ allowableCodes: [200, 302] }, { validateStatus: null });
    for (const fromCache of [false, true]) {
      const stayed = await http.get('/from', { maxRedirects: 0 });
      expect([stayed.status, stayed.data, stayed.cache.fromCache]).toEqual([302, 'moved', fromCache]);
      const followed = await http.get('/from');
      expect([followed.status, followed.data, followed.cache.fromCache]).toEqual([200, 'there', fromCache]);
    }
  });

  it.each([['part first'], ['whole first']])('Range: %s', async (order) => {
    bench().answer(({ headers }) =>
      headers.range === undefined
        ? { body: 'hello' }
        : { status: 206, headers: { 'content-range': 'bytes 0-1/5' }, body: 'he' },
    );
    const http = bench().wrap({ allowableCodes: [200, 206] });
    const part = (): Promise<unknown> =>
      http.get('/a', { headers: { Range: 'bytes=0-1' } }).then(({ status, data }) => [status, data]);
    const whole = (): Promise<unknown> => http.get('/a').then(({ status, data }) => [status, data]);
    const calls = order === 'part first' ? [part, whole, part, whole] : [whole, part, whole, part];
    for (const call of calls) expect(await call()).toEqual(call === part ? [206, 'he'] : [200, 'hello']);
  });

  it.each([
    ['text/plain', 'application/x-www-form-urlencoded'],
    ['text/plain', 'application/json'],
    ['application/json', 'application/vnd.api+json'],
  ])('Content-Type of the body: %s and %s', async (one, other) => {
    bench().answer(echo);
    const send = (type: string): AxiosRequestConfig => ({
      method: 'post',
      url: '/a',
      data: '[1]',
      headers: { 'Content-Type': type },
    });
    await expectApart(bench(), bench().wrap(ALL_METHODS), send(one), send(other));
  });
});

describe.each(BACKENDS_UNDER_TEST)('D12: different requests have one key (%s)', (name) => {
  const bench = useBench(name);

  it.each([
    ['/a%2Fb', '/a/b'],
    ['/a', '/a/'],
    ['/a', '/a?'],
    ['/a?x=', '/a'],
    ['/a?x=', '/a?x'],
    ['/a?x', '/a'],
    ['/a?x=1&x=2', '/a?x=2&x=1'],
    ['/a?x=1&y=2&x=3', '/a?x=3&y=2&x=1'],
    ['/a?x=1%26y=2', '/a?x=1&y=2'],
    ['/a?x=1%3D2&y', '/a?x=1&2=y'],
    ['/a?x=1+2', '/a?x=1%2B2'],
    ['/A', '/a'],
    ['/a?X=1', '/a?x=1'],
    ['//a', '/a'],
  ])('URLs: %s and %s', async (one, other) => {
    bench().answer(echo);
    const { url } = bench().origin;
    await expectApart(bench(), bench().wrap(), { url: url + one }, { url: url + other });
  });

  const post = (url: string, data: unknown, headers: Record<string, string> = {}): AxiosRequestConfig => ({
    method: 'post',
    url,
    data,
    headers,
  });
  const text = { 'Content-Type': 'text/plain' };

  it.each<[string, AxiosRequestConfig, AxiosRequestConfig]>([
    ['order of a JSON array', post('/a', [1, 2]), post('/a', [2, 1])],
    [
      'order of a JSON array within',
      post('/a', { list: [{ b: 1 }, 2] }),
      post('/a', { list: [2, { b: 1 }] }),
    ],
    ['number and text', post('/a', { x: 1 }), post('/a', { x: '1' })],
    ['null and missing', post('/a', { x: null }), post('/a', {})],
    ['object and array', post('/a', {}), post('/a', [])],
    ['where the URL ends and the body begins', post('/ab', 'c', text), post('/a', 'bc', text)],
    ['no body and an empty one', post('/a', undefined, text), { ...post('/a', '', text), method: 'get' }],
    ['repeated fields of a form', post('/a', 'x=1&x=2'), post('/a', 'x=2&x=1')],
    ['method', post('/a', 'x', text), { ...post('/a', 'x', text), method: 'get' }],
  ])('requests: %s', async (_what, one, other) => {
    bench().answer(echo);
    await expectApart(bench(), bench().wrap(ALL_METHODS), one, other);
  });

  it('header fields that are matched: where the name ends and the value begins', async () => {
    bench().answer(({ headers }) => ({ body: JSON.stringify([headers['x-a'], headers['x-ab']]) }));
    await expectApart(
      bench(),
      bench().wrap({ matchHeaders: ['X-A', 'X-AB'] }),
      { url: '/a', headers: { 'X-A': 'bc' } },
      { url: '/a', headers: { 'X-AB': 'c' } },
    );
  });

  it('whether certificates are verified', async () => {
    bench().answer(echo);
    const httpsAgent = new https.Agent({ rejectUnauthorized: false });
    await expectApart(bench(), bench().wrap(), { url: '/a', httpsAgent }, { url: '/a' });
  });
});

describe.each(BACKENDS_UNDER_TEST)('D13: the order of keys in nested JSON makes a miss (%s)', (name) => {
  const bench = useBench(name);

  it.each<[string, unknown, unknown]>([
    ['at the top', { a: 1, b: 2 }, { b: 2, a: 1 }],
    ['one level down', { q: { a: 1, b: 2 } }, { q: { b: 2, a: 1 } }],
    [
      'deep, within arrays',
      { q: [{ z: { a: 1, b: [{ c: 1, d: 2 }] } }], k: 0 },
      { k: 0, q: [{ z: { b: [{ d: 2, c: 1 }], a: 1 } }] },
    ],
    ['in JSON that is text, with other white space', '{"a":{"x":1,"y":2}}', '{ "a": {"y": 2,\n"x": 1} }'],
  ])('%s', async (_where, one, other) => {
    bench().answer(echo);
    const http = bench().wrap(ALL_METHODS);
    const json = { headers: { 'Content-Type': 'application/json' } };
    const miss = await http.post('/a', one, json);
    const hit = await http.post('/a', other, json);
    expect(hit.cache).toMatchObject({ fromCache: true, key: miss.cache.key });
    expect(bench().origin.count()).toBe(1);
  });
});

describe('D16: options of the cache reach the origin and change the key, and Cache-Control can make it crash', () => {
  const bench = useBench();

  it('options are in no header field, and make no other key', async () => {
    bench().answer(echo);
    const http = bench().wrap({ matchHeaders: true });
    const plain = await http.get('/a');
    const expected = bench().origin.last.headers;
    const options = { expireAfter: 60, forceRefresh: true, staleIfError: 30, alwaysRevalidate: true };
    const steered = await http.get('/a', { cache: options });
    expect(bench().origin.last.headers).toEqual(expected);
    expect(steered.cache).toMatchObject({ fromCache: false, key: plain.cache.key });
    expect((await http.get('/a', { cache: { refresh: true } })).cache.key).toBe(plain.cache.key);
    expect(bench().origin.last.headers).toEqual(expected);
  });

  it.each(['max-age=100', 'no-cache', 'max-age=100, min-fresh=10', 'max-stale'])(
    "a request's own Cache-Control (%s) makes no other key, and stays as the caller wrote it",
    async (directives) => {
      bench().answer(echo);
      const http = bench().wrap({ matchHeaders: true });
      const plain = await http.get('/a');
      const headers = { 'Cache-Control': directives };
      expect((await http.get('/a', { headers })).cache.key).toBe(plain.cache.key);
      await http.get('/a', { headers, cache: { forceRefresh: true, expireAfter: 5 } });
      expect(bench().origin.last.headers['cache-control']).toBe(directives);
    },
  );

  it.each([', ', 'no-transform, ', ', max-age=100', 'no-transform, , max-age=100', '=', '"', 'max-age=, ='])(
    'Cache-Control: %j is no exception for the caller',
    async (directives) => {
      bench().answer(({ url }) => ({ headers: { 'cache-control': directives }, body: url }));
      const http = bench().wrap({ cacheControl: true, expireAfter: 60 });
      for (const headers of [{}, { 'Cache-Control': directives }]) {
        expect((await http.get('/a', { headers })).data).toBe('/a');
        expect((await http.get('/a', { headers })).data).toBe('/a');
      }
      expect(bench().eventTypes()).toEqual([]);
    },
  );
});
