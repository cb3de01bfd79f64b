import { Readable } from 'node:stream';
import axios, { type AxiosError, type AxiosStatic } from 'axios';
import { deadUrl, useBench } from '../helpers/bench.js';

/** axios, loaded a second time: other classes, other interceptor managers, other adapters. */
function anotherCopy(): AxiosStatic {
  let copy: AxiosStatic | undefined;
  jest.isolateModules(() => {
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    const loaded = require('axios') as AxiosStatic & { default?: AxiosStatic };
    copy = loaded.default ?? loaded;
  });
  if (copy === undefined || copy.AxiosError === axios.AxiosError) throw new Error('It is the same copy.');
  return copy;
}

describe('an instance of another copy of axios', () => {
  const bench = useBench();
  const copy = anotherCopy();

  const wrap = (...[options, config]: Parameters<ReturnType<typeof bench>['wrap']>) =>
    bench().adopt(copy.create({ baseURL: bench().origin.url, ...config }), options);

  const caught = async (promise: Promise<unknown>): Promise<AxiosError> =>
    (await promise.catch((error: unknown) => error)) as AxiosError;

  it('hits and misses as any other', async () => {
    bench().answer(() => ({ headers: { 'content-type': 'application/json' }, body: '{"a":1}' }));
    const http = wrap();
    const miss = await http.get('/a', { params: { b: 1 } });
    const hit = await http.get('/a', { params: { b: 1 } });
    for (const response of [miss, hit]) {
      expect(response.data).toEqual({ a: 1 });
      expect(response.headers).toBeInstanceOf(copy.AxiosHeaders);
      expect(response.config.headers).toBeInstanceOf(copy.AxiosHeaders);
      expect(response.config.adapter).toEqual(copy.defaults.adapter);
    }
    expect(hit.cache.fromCache).toBe(true);
    expect({ ...hit.config.headers }).toEqual({ ...miss.config.headers });
    expect(bench().origin.count()).toBe(1);
  });

  it('sends what plain axios sends, its body too', async () => {
    const data = { a: [1, 'zwei'] };
    await copy.create({ baseURL: bench().origin.url }).post('/a', data, { headers: { 'X-Mine': '1' } });
    const expected = bench().origin.last;
    const http = wrap({ allowableMethods: ['POST'] });
    await http.post('/a', data, { headers: { 'X-Mine': '1' } });
    expect(bench().origin.last).toEqual(expected);
    expect((await http.post('/a', data, { headers: { 'X-Mine': '1' } })).cache.fromCache).toBe(true);
    await http.post('/b', data, { cache: false });
    expect(bench().origin.last.body).toEqual(expected.body);
  });

  it('does not have its defaults applied twice', async () => {
    const defaults = { params: { every: 'time' }, auth: { username: 'u', password: 'p' }, timeout: 1234 };
    const http = wrap({}, { ...defaults, transformRequest: [(data: unknown) => data] });
    const miss = await http.get('/a', { params: { once: 1 } });
    expect(bench().origin.last.url).toBe('/a?every=time&once=1');
    expect(bench().origin.last.headers.authorization).toBe(`Basic ${Buffer.from('u:p').toString('base64')}`);
    expect(miss.config.timeout).toBe(1234);
    expect((await http.get('/a', { params: { once: 1 } })).cache.fromCache).toBe(true);
  });

  it('throws errors of its own class, on misses, on hits and when the network fails', async () => {
    bench().answer(() => ({ status: 404, body: 'sorry' }));
    const http = wrap({ allowableCodes: [404] });
    const miss = await caught(http.get('/a'));
    const hit = await caught(http.get('/a'));
    expect(hit.response?.cache.fromCache).toBe(true);
    const tooLong = await caught(http.get('/a', { maxContentLength: 1 }));
    expect(tooLong.message).toBe('maxContentLength size of 1 exceeded');
    const down = await caught(http.get('/b', { baseURL: await deadUrl() }));
    for (const error of [miss, hit, tooLong, down]) {
      expect(error).toBeInstanceOf(copy.AxiosError);
      expect(error).not.toBeInstanceOf(axios.AxiosError);
      expect(error.constructor).toBe(copy.AxiosError);
      expect(error.config?.validateStatus).toBe(copy.defaults.validateStatus);
    }
    expect(down.code).toBe('ECONNREFUSED');
  });

  it('is aborted in its own way, never hidden by staleIfError', async () => {
    bench().answer(() => ({ body: 'stored' }));
    const http = wrap({ expireAfter: 1, staleIfError: true });
    await http.get('/a');
    bench().pass(2);
    const controller = new AbortController();
    bench().answer(() => () => controller.abort());
    const error = await caught(http.get('/a', { signal: controller.signal }));
    expect(copy.isCancel(error)).toBe(true);
    expect(error).toBeInstanceOf(copy.CanceledError);
  });

  it('resolves adapter names by itself', async () => {
    const http = wrap();
    expect((await http.get('/a', { adapter: 'fetch', responseType: 'arraybuffer' })).data).toBeInstanceOf(
      ArrayBuffer,
    );
    expect((await caught(http.get('/other', { adapter: 'nothing-like-it' }))).message).toBe(
      "Unknown adapter 'nothing-like-it'",
    );
    const stream = await http.get('/b', { responseType: 'stream' });
    expect(stream.cache.fromCache).toBe(false);
    expect(stream.data).toBeInstanceOf(Readable);
    stream.data.destroy();
  });

  it('lets interceptors take away what the defaults have set', async () => {
    const instance = copy.create({
      baseURL: bench().origin.url,
      params: { by: 'default' },
      headers: { 'X-Default': 'yes' },
    });
    instance.interceptors.request.use((config) => {
      config.headers.delete('X-Default');
      delete config.params;
      return config;
    });
    await bench().adopt(instance).get('/me');
    expect([bench().origin.last.url, bench().origin.last.headers['x-default']]).toEqual(['/me', undefined]);
  });

  it('runs interceptors once', async () => {
    const seen: string[] = [];
    const instance = copy.create({ baseURL: bench().origin.url });
    instance.interceptors.request.use((config) => {
      seen.push('request');
      return config;
    });
    const http = bench().adopt(instance);
    instance.interceptors.response.use((response) => {
      seen.push('response');
      return response;
    });
    await http.get('/a');
    expect(seen).toEqual(['request', 'response']);
  });
});
