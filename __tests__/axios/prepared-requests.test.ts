import axios, { AxiosHeaders, type AxiosRequestConfig, type InternalAxiosRequestConfig } from 'axios';
import { CookieJar } from 'tough-cookie';
import { openCache } from '../../lib/axios/open-cache.js';
import { ownCopyOf } from '../../lib/axios/own-copy.js';
import { prepareConfig } from '../../lib/axios/prepare-config.js';
import { BACKENDS } from '../../lib/backends/table.js';
import { type CacheOptions } from '../../lib/cache/cache-options.js';
import { type MaybePromise } from '../../lib/storage/backend.js';

const URL = 'http://origin.test/a';

function aCache(options: CacheOptions = {}) {
  const { core } = openCache({ backend: 'memory', ...options }, BACKENDS);
  const copy = ownCopyOf(axios.create());
  return { core, copy, prepare: (config: InternalAxiosRequestConfig) => prepareConfig(core, copy, config) };
}

function configOf({ headers, ...config }: AxiosRequestConfig = {}): InternalAxiosRequestConfig {
  const fields = new AxiosHeaders({ Accept: 'application/json', ...(headers as Record<string, string>) });
  return { method: 'get', url: URL, ...config, headers: fields } as InternalAxiosRequestConfig;
}

function keyOf(preparation: MaybePromise<unknown>): unknown {
  return (preparation as { prepared: { identity: { key: string } } }).prepared.identity.key;
}

it('of a plain request is worked out once', () => {
  const { prepare } = aCache();
  const first = prepare(configOf());
  expect(first).toMatchObject({ kind: 'cached' });
  expect(prepare(configOf())).toBe(first);
  expect(prepare(configOf({ params: null, data: undefined }))).toBe(first);
});

describe('is another one', () => {
  it.each<[string, AxiosRequestConfig, boolean]>([
    ['URL', { url: `${URL}b` }, true],
    ['base URL', { url: '/a', baseURL: 'http://other.test' }, true],
    ['method', { method: 'head' }, true],
    ['header field', { headers: { 'X-A': '1' } }, false],
    ['value', { headers: { Accept: 'text/html' } }, false],
    ['limit of redirects', { maxRedirects: 1 }, true],
    ['socket', { socketPath: '/tmp/socket' }, true],
    ['decoding', { decompress: false }, true],
    ['query', { params: { b: 1 } }, true],
    ['user', { auth: { username: 'a', password: 'b' } }, true],
    ['option', { cache: { key: 'mine' } } as AxiosRequestConfig, true],
  ])('by its %s', (_what, change, hasOtherKey) => {
    const { prepare } = aCache();
    const first = prepare(configOf());
    const other = prepare(configOf(change));
    expect(other).not.toBe(first);
    expect(keyOf(other) !== keyOf(first)).toBe(hasOtherKey);
    expect(prepare(configOf())).toBe(first);
  });

  it('whichever way the same characters are cut', () => {
    const { prepare } = aCache();
    const cut = [{ 'X-A': '1', 'X-B': '2' }, { 'X-A': '13:X-B1:2' }, { 'X-A1': 'X-B2' }];
    const made = cut.map((headers) => prepare(configOf({ headers })));
    expect(new Set(made).size).toBe(cut.length);
  });
});

describe('is worked out anew each time', () => {
  it.each<[string, AxiosRequestConfig, CacheOptions]>([
    ['where it has credentials', { headers: { Authorization: 'Bearer a' } }, {}],
    [
      'where it has credentials that its key leaves out',
      { headers: { Authorization: 'Bearer a' } },
      { ignoredParameters: ['Authorization'] },
    ],
    [
      'where its URL has credentials that its key leaves out',
      { url: `${URL}?token=a` },
      { ignoredParameters: ['token'] },
    ],
    ['where its URL has', { url: `${URL}?access_token=a` }, {}],
    ['where it has a jar', { jar: new CookieJar() } as AxiosRequestConfig, {}],
    ['where a function makes the key', {}, { keyFn: () => 'key' }],
    ['where it is long', { url: `${URL}?q=${'x'.repeat(2000)}` }, {}],
  ])('%s', (_when, change, options) => {
    const { prepare } = aCache(options);
    const first = prepare(configOf(change));
    expect(first).toMatchObject({ kind: 'cached' });
    expect(prepare(configOf(change))).not.toBe(first);
  });
});

it('counts no more once settings change, or something is known of the adapter', () => {
  const { core, copy, prepare } = aCache();
  const first = prepare(configOf());
  core.settings.change({ matchHeaders: true }, 0);
  const second = prepare(configOf());
  expect(second).not.toBe(first);
  expect(keyOf(second)).not.toBe(keyOf(first));
  copy.adapterHeaders.learn({ 'User-Agent': 'axios/1' });
  const third = prepare(configOf());
  expect(third).not.toBe(second);
  copy.adapterHeaders.learn({ 'User-Agent': 'axios/1' });
  expect(prepare(configOf())).toBe(third);
});

it('does not get in the way of disabled() and close()', async () => {
  const { core, prepare } = aCache();
  void prepare(configOf());
  expect(core.disabled(() => prepare(configOf()))).toMatchObject({ kind: 'bypass' });
  await core.close(true);
  expect(prepare(configOf())).toMatchObject({ kind: 'bypass' });
});
