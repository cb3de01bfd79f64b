import FormDataPackage from 'form-data';
import { type AxiosRequestConfig, type CreateAxiosDefaults, type InternalAxiosRequestConfig } from 'axios';
import { type CacheOptions } from '../../lib/index.js';
import { describeOnBackends } from './fixture.js';

type Case = [
  what: string,
  config: () => AxiosRequestConfig,
  options?: CacheOptions,
  defaults?: CreateAxiosDefaults,
];

function webForm(): FormData {
  const form = new FormData();
  form.append('name', 'Ada');
  form.append('file', new Blob(['content'], { type: 'text/plain' }), 'a.txt');
  return form;
}

function packageForm(): FormDataPackage {
  const form = new FormDataPackage();
  form.append('name', 'Ada');
  return form;
}

const CASES: readonly Case[] = [
  ['a GET', () => ({ url: '/a' })],
  ['parameters', () => ({ url: '/a?z=1', params: { b: [1, 2], a: { c: ' x' }, d: null } })],
  [
    'parameters with a serializer of their own',
    () => ({ url: '/a', params: { b: [1, 2] }, paramsSerializer: { indexes: null } }),
  ],
  ['default parameters', () => ({ url: '/a', params: { page: 2 } }), {}, { params: { lang: 'en' } }],
  ['a HEAD', () => ({ url: '/a', method: 'HEAD' })],
  ['a POST of JSON', () => ({ url: '/a', method: 'post', data: { b: 1, a: [true, null] } })],
  [
    'a POST of JSON text',
    () => ({ url: '/a', method: 'post', data: '{"b":1}', headers: { 'Content-Type': 'application/json' } }),
  ],
  ['a POST of text', () => ({ url: '/a', method: 'post', data: 'a=1&b=2' })],
  [
    'a POST of parameters',
    () => ({ url: '/a', method: 'post', data: new URLSearchParams({ b: '1', a: '2' }) }),
  ],
  ['a POST of bytes', () => ({ url: '/a', method: 'post', data: Buffer.from([0, 1, 255]) })],
  ['a POST of a form', () => ({ url: '/a', method: 'post', data: webForm() })],
  ['a POST of a form of the package form-data', () => ({ url: '/a', method: 'post', data: packageForm() })],
  [
    'a POST of an object as form',
    () => ({ url: '/a', method: 'post', data: { a: 1 }, headers: { 'Content-Type': 'multipart/form-data' } }),
  ],
  ['a Blob', () => ({ url: '/a', method: 'put', data: new Blob(['x'], { type: 'text/plain' }) })],
  ['header fields that count', () => ({ url: '/a', headers: { 'X-Tenant': 'one' } }), { matchHeaders: true }],
  ['basic credentials', () => ({ url: '/a', auth: { username: 'u', password: 'p' } })],
  ['a token', () => ({ url: '/a', headers: { Authorization: 'Bearer t' } })],
  ['default credentials', () => ({ url: '/a' }), {}, { auth: { username: 'u', password: 'p' } }],
  ['a key of its own', () => ({ url: '/a', cache: { key: 'mine' } })],
  ['a key function', () => ({ url: '/a' }), { keyFn: ({ method, url }, own) => `${method} ${url} ${own()}` }],
  [
    'a request that transforms its data',
    () => ({ url: '/a', method: 'post', data: 1, transformRequest: [() => 'x'] }),
  ],
  ['options that change the exchange', () => ({ url: '/a', decompress: false, maxRedirects: 3 })],
];

describeOnBackends('createKey', (fixture) => {
  it.each(CASES)('gives the key of %s', async (_what, config, options = {}, defaults = {}) => {
    const http = fixture().cached({ allowableMethods: ['GET', 'HEAD', 'POST', 'PUT'], ...options }, defaults);
    const before = await http.cache.createKey(config());
    expect(fixture().origin.count()).toBe(0);
    const { cache } = await http.request(config());
    expect(cache.key).toBe(before);
    expect(cache.stored).toBe(true);
    expect(await http.cache.createKey(config())).toBe(before);
    expect((await http.request(config())).cache.fromCache).toBe(true);
  });

  it('gives every one of these requests a key of its own', async () => {
    const keys = new Set<string>();
    for (const [, config, options = {}, defaults = {}] of CASES) {
      keys.add(await fixture().cached(options, defaults).cache.createKey(config()));
    }
    // The same credentials given twice: with the request, and as a default.
    expect(keys.size).toBe(CASES.length - 1);
  });

  it('gives the key of a config that has been sent', async () => {
    const http = fixture().cached({ allowableMethods: ['POST'] });
    const { cache, config } = await http.post('/a', { question: 1 });
    expect(await http.cache.createKey(config)).toBe(cache.key);
  });

  it('neither sends anything nor runs interceptors, and does not mind that a request was given up', async () => {
    const http = fixture().cached();
    const intercept = jest.fn((config: InternalAxiosRequestConfig) => config);
    http.interceptors.request.use(intercept);
    const config = { url: '/a', signal: AbortSignal.abort(), timeout: 1 };
    expect(await http.cache.createKey(config)).toBe(await http.cache.createKey({ url: '/a' }));
    expect(intercept).not.toHaveBeenCalled();
    expect(fixture().origin.count()).toBe(0);
  });

  it('refuses bodies that can be read only once', async () => {
    const http = fixture().cached({ allowableMethods: ['POST'] });
    const data = new ReadableStream();
    await expect(http.cache.createKey({ url: '/a', method: 'post', data })).rejects.toMatchObject({
      code: 'ERR_CACHE_UNSUPPORTED_BODY',
    });
  });

  it.each([
    ['an option that does not exist', { url: '/a', cache: { expire_after: 1 } }, 'cache.expire_after'],
    ['a URL that is not HTTP', { url: 'ftp://example.test/a' }, 'url'],
    ['no config', undefined, 'config'],
    ['a URL in place of a config', '/a', 'config'],
  ])('refuses %s', async (_what, config, option) => {
    await expect(
      fixture()
        .cached()
        .cache.createKey(config as never),
    ).rejects.toMatchObject({
      code: 'ERR_CACHE_INVALID_OPTION',
      option,
    });
  });
});
