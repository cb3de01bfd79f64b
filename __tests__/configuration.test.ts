import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import axios, { type AxiosInstance } from 'axios';
import { MemoryBackend } from '../lib/backends/index.js';
import { type CacheOptions, isHttpCacheError, UnknownOptionError, withCache } from '../lib/index.js';
import { OriginServer } from './helpers/origin-server.js';

/** What a call throws; undefined: nothing. */
function thrownBy(call: () => unknown): unknown {
  try {
    call();
    return undefined;
  } catch (error) {
    return error;
  }
}

/** How many handlers axios would call. */
function countInterceptors({ interceptors }: AxiosInstance): number {
  let count = 0;
  for (const manager of [interceptors.request, interceptors.response]) {
    (manager as unknown as { forEach(visit: () => void): void }).forEach(() => (count += 1));
  }
  return count;
}

type Wrong = readonly [options: unknown, option: string, says?: string];

/** Where nothing else is expected of the message, it names the option. */
function complete(rows: readonly Wrong[]): [options: unknown, option: string, says: string][] {
  return rows.map(([options, option, says]) => [options, option, says ?? `"${option}"`]);
}

const lacking = (method: string): unknown => Object.assign(new MemoryBackend(), { [method]: undefined });

/** Options that are wrong, the option that is named, and what else the message says. */
const WRONG: readonly Wrong[] = [
  // Names.
  [{ expireafter: 5 }, 'expireafter', 'Did you mean "expireAfter"?'],
  [{ expire_after: 5 }, 'expire_after', 'Did you mean "expireAfter"?'],
  [{ stale_if_error: true }, 'stale_if_error', 'Did you mean "staleIfError"?'],
  [{ urls_expire_after: {} }, 'urls_expire_after', 'Did you mean "urlsExpireAfter"?'],
  [{ alowableCodes: [200] }, 'alowableCodes', 'Did you mean "allowableCodes"?'],
  [{ cache_name: 'x' }, 'cache_name', 'Did you mean "cacheName"?'],
  [{ autoClose: true }, 'autoClose', 'Did you mean "autoclose"?'],
  [{ somethingElse: 1 }, 'somethingElse', 'Known options: '],
  [{ forceRefresh: true }, 'forceRefresh', 'Known options: '],
  [{ key: 'mine' }, 'key'],
  // The options themselves.
  [null, 'options'],
  ['my_cache', 'options'],
  [[], 'options'],
  [5, 'options'],
  // Times.
  [{ expireAfter: Number.NaN }, 'expireAfter', 'NaN'],
  [{ expireAfter: -5 }, 'expireAfter'],
  [{ expireAfter: 'soon' }, 'expireAfter', '"soon"'],
  [{ expireAfter: '10 months' }, 'expireAfter', 'no months'],
  [{ expireAfter: '2026-01-01' }, 'expireAfter', 'pass a Date'],
  [{ expireAfter: new Date(Number.NaN) }, 'expireAfter', 'an invalid Date'],
  [{ expireAfter: null }, 'expireAfter', 'null'],
  [{ expireAfter: true }, 'expireAfter'],
  [{ expireAfter: {} }, 'expireAfter'],
  [{ urlsExpireAfter: null }, 'urlsExpireAfter'],
  [{ urlsExpireAfter: '*.example.com' }, 'urlsExpireAfter'],
  [{ urlsExpireAfter: { 'example.com': 'soon' } }, 'urlsExpireAfter["example.com"]'],
  [{ urlsExpireAfter: [[/static/, Number.NaN]] }, 'urlsExpireAfter["/static/"]', 'NaN'],
  [{ staleIfError: -5 }, 'staleIfError'],
  [{ staleIfError: 'long' }, 'staleIfError'],
  [{ staleIfError: null }, 'staleIfError'],
  [{ staleWhileRevalidate: Number.NaN }, 'staleWhileRevalidate'],
  [{ storageTimeout: 0 }, 'storageTimeout'],
  [{ storageTimeout: -1 }, 'storageTimeout'],
  [{ storageTimeout: Number.NaN }, 'storageTimeout'],
  [{ storageTimeout: null }, 'storageTimeout'],
  // Switches, lists, functions.
  [{ cacheControl: 'yes' }, 'cacheControl'],
  [{ cacheControl: null }, 'cacheControl'],
  [{ alwaysRevalidate: 1 }, 'alwaysRevalidate'],
  [{ onlyIfCached: 'no' }, 'onlyIfCached'],
  [{ readOnly: 0 }, 'readOnly'],
  [{ disabled: 'false' }, 'disabled'],
  [{ replayCookies: {} }, 'replayCookies'],
  [{ immutableData: 'yes' }, 'immutableData'],
  [{ autoclose: 'yes' }, 'autoclose'],
  [{ heuristicFraction: 1.5 }, 'heuristicFraction'],
  [{ heuristicFraction: Number.NaN }, 'heuristicFraction'],
  [{ allowableCodes: 200 }, 'allowableCodes'],
  [{ allowableCodes: ['200'] }, 'allowableCodes', '"200"'],
  [{ allowableCodes: [200, 99] }, 'allowableCodes', '99'],
  [{ allowableCodes: [200.5] }, 'allowableCodes'],
  [{ allowableMethods: 'GET' }, 'allowableMethods'],
  [{ allowableMethods: ['GET', 'NOT A METHOD'] }, 'allowableMethods', '"NOT A METHOD"'],
  [{ ignoredParameters: 'token' }, 'ignoredParameters'],
  [{ ignoredParameters: [''] }, 'ignoredParameters'],
  [{ matchHeaders: 'Accept' }, 'matchHeaders'],
  [{ matchHeaders: [5] }, 'matchHeaders'],
  [{ contentRootKey: '' }, 'contentRootKey'],
  [{ filterFn: true }, 'filterFn'],
  [{ keyFn: 'url' }, 'keyFn'],
  [{ clock: Date.now }, 'clock'],
  [{ clock: null }, 'clock'],
  // Where to store.
  [{ cacheName: '' }, 'cacheName'],
  [{ cacheName: null }, 'cacheName'],
  [{ cacheName: 5 }, 'cacheName'],
  [{ cacheName: 'a\0b' }, 'cacheName'],
  [{ cacheName: 'file:demo.sqlite' }, 'cacheName', 'a path, not a URI'],
  [{ serializer: 5 }, 'serializer'],
  [{ serializer: null }, 'serializer'],
  [{ backend: null }, 'backend'],
  [{ backend: 5 }, 'backend'],
  [{ backend: [] }, 'backend'],
  [{ backend: {} }, 'backend.name'],
  [{ backend: { name: 5 } }, 'backend.name'],
  [{ backend: { name: 'memory', maxBytes: -1 } }, 'backend.maxBytes', '-1'],
  [{ backend: { name: 'memory', maxBytes: Number.NaN } }, 'backend.maxBytes', 'NaN'],
  [{ backend: { name: 'memory', maxBytes: 0 } }, 'backend.maxBytes'],
  [{ backend: { name: 'memory', maxEntries: 1.5 } }, 'backend.maxEntries'],
  [{ backend: { name: 'memory', maxBytes: 10, maxEntryBytes: 20 } }, 'backend.maxEntryBytes'],
  [{ backend: { name: 'memory', max_bytes: 5 } }, 'backend.max_bytes', 'Did you mean "maxBytes"?'],
  [{ backend: { name: 'sqlite', url: 'a.sqlite' } }, 'backend.url', 'Known options: '],
  [{ backend: { name: 'sqlite', use_temp: true } }, 'backend.use_temp', 'Did you mean "useTemp"?'],
  [{ backend: { name: 'sqlite', useTemp: 1 } }, 'backend.useTemp'],
  [{ backend: { name: 'sqlite', busyTimeout: -1 } }, 'backend.busyTimeout'],
  [{ backend: { name: 'sqlite', busyTimeout: Number.NaN } }, 'backend.busyTimeout'],
  [{ backend: { name: 'sqlite', driver: 'sqlite3' } }, 'backend.driver', '"better-sqlite3"'],
  [{ backend: { name: 'sqlite', wal: null } }, 'backend.wal'],
  ...[
    'get',
    'body',
    'put',
    'replaceHead',
    'delete',
    'deleteResource',
    'scan',
    'count',
    'size',
    'prune',
    'clear',
    'close',
  ].map((method): [unknown, string, string] => [
    { backend: lacking(method) },
    'backend',
    `${method}() is missing`,
  ]),
];

describe('withCache', () => {
  let directory: string;
  let instance: AxiosInstance;
  let workingDirectory: string;

  beforeEach(() => {
    workingDirectory = process.cwd();
    directory = mkdtempSync(path.join(os.tmpdir(), 'configuration-'));
    process.chdir(directory);
    instance = axios.create();
  });
  afterEach(() => {
    process.chdir(workingDirectory);
    rmSync(directory, { recursive: true, force: true });
  });

  function expectUntouched(): void {
    expect(countInterceptors(instance)).toBe(0);
    expect('cache' in instance).toBe(false);
    expect(readdirSync(directory)).toEqual([]);
    // It can still be wrapped.
    expect(withCache(instance, { backend: 'memory' })).toBe(instance);
  }

  it.each(complete(WRONG))('D28: refuses %j at once, naming %s', (options, option, says) => {
    const error = thrownBy(() => withCache(instance, options as CacheOptions));
    expect(isHttpCacheError(error)).toBe(true);
    expect(error).toMatchObject({ code: 'ERR_CACHE_INVALID_OPTION', option });
    expect((error as Error).message).toContain(says);
    expectUntouched();
  });

  it('takes undefined for not given, and only what is the object’s own', () => {
    const options = Object.assign(Object.create({ expire_after: 5 }) as object, {
      expireAfter: undefined,
      backend: undefined,
      cacheName: undefined,
    });
    expect(withCache(instance, options as object)).toBe(instance);
  });

  it('tells the known names and the nearest one, for programs too', () => {
    const error = thrownBy(() => withCache(instance, { expire_afer: 1 } as CacheOptions));
    expect(error).toBeInstanceOf(UnknownOptionError);
    expect(Object.keys(error as object)).not.toContain('given');
    expect((error as Error).message).toMatch(
      /^Unknown option "expire_afer"\. Did you mean "expireAfter"\? Known /,
    );
  });

  it.each([
    ['rediss', /Unknown backend "rediss"\. Known backends: sqlite, memory, /],
    [{ name: 'Postgres' }, /Unknown backend "Postgres"\. Known backends: sqlite, memory, /],
    ['', /Unknown backend ""/],
  ])('refuses the unknown backend %j and lists the known ones', (backend, message) => {
    const error = thrownBy(() => withCache(instance, { backend: backend as never }));
    expect(isHttpCacheError(error)).toBe(true);
    expect(error).toMatchObject({ name: 'UnknownBackendError', code: 'ERR_CACHE_UNKNOWN_BACKEND' });
    expect((error as Error).message).toMatch(message);
    expectUntouched();
  });

  it('refuses an unknown serializer and lists the known ones', () => {
    const error = thrownBy(() => withCache(instance, { serializer: 'pickle' as never }));
    expect(error).toMatchObject({ code: 'ERR_CACHE_UNKNOWN_SERIALIZER', serializer: 'pickle' });
    expect((error as Error).message).toContain('Known serializers: binary');
    expectUntouched();
  });

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a function', () => undefined],
    ['the class', axios.Axios],
    ['an object with some of it', { request: () => undefined, interceptors: {} }],
    [
      'an instance without response interceptors',
      { ...axios.create(), interceptors: { request: { use: () => 0 } } },
    ],
    ['a frozen instance', Object.freeze(axios.create())],
  ])('refuses %s in place of an axios instance', (_what, given) => {
    expect(thrownBy(() => withCache(given as never))).toMatchObject({
      code: 'ERR_CACHE_INVALID_OPTION',
      option: 'axiosInstance',
    });
  });

  it('refuses to wrap twice, and leaves the first cache as it is', () => {
    const wrapped = withCache(instance, { backend: 'memory', expireAfter: 60 });
    const { cache } = wrapped;
    expect(thrownBy(() => withCache(instance, { expireAfter: 1 }))).toMatchObject({
      name: 'AlreadyWrappedError',
      code: 'ERR_CACHE_ALREADY_WRAPPED',
    });
    expect(wrapped.cache).toBe(cache);
    expect(cache.settings).toEqual({ expireAfter: 60 });
    expect(countInterceptors(instance)).toBe(2);
  });

  it('creates no file before the first request', () => {
    withCache(instance, { cacheName: 'demo_cache' });
    expect(readdirSync(directory)).toEqual([]);
  });
});

describe('config.cache', () => {
  let origin: OriginServer;
  beforeEach(async () => {
    origin = await OriginServer.start();
  });
  afterEach(() => origin.close());

  const WRONG_FOR_REQUEST: readonly Wrong[] = [
    [{ expire_after: 5 }, 'cache.expire_after', 'Did you mean "expireAfter"?'],
    [{ force_refresh: true }, 'cache.force_refresh', 'Did you mean "forceRefresh"?'],
    [{ backend: 'memory' }, 'cache.backend', 'Known options: '],
    [{ expireAfter: 'soon' }, 'cache.expireAfter', '"soon"'],
    [{ expireAfter: Number.NaN }, 'cache.expireAfter'],
    [{ expireAfter: null }, 'cache.expireAfter'],
    [{ expireAfter: new Date('never') }, 'cache.expireAfter', 'an invalid Date'],
    [{ staleIfError: -1.5 }, 'cache.staleIfError'],
    [{ refresh: 'yes' }, 'cache.refresh'],
    [{ forceRefresh: null }, 'cache.forceRefresh'],
    [{ onlyIfCached: 1 }, 'cache.onlyIfCached'],
    [{ key: '' }, 'cache.key'],
    [{ key: 5 }, 'cache.key'],
    [{ allowableCodes: [999] }, 'cache.allowableCodes', '999'],
    [{ filterFn: {} }, 'cache.filterFn'],
    [true, 'cache'],
    [null, 'cache'],
    ['60', 'cache'],
    [60, 'cache'],
  ];
  it.each(complete(WRONG_FOR_REQUEST))(
    'D28: %j rejects, naming %s, and nothing is sent',
    async (cache, option, says) => {
      const http = withCache(axios.create({ baseURL: origin.url }), { backend: 'memory' });
      const error: unknown = await http
        .get('/a', { cache: cache as never })
        .catch((reason: unknown) => reason);
      expect(isHttpCacheError(error)).toBe(true);
      expect(error).toMatchObject({ code: 'ERR_CACHE_INVALID_OPTION', option });
      expect((error as Error).message).toContain(says);
      expect(origin.count()).toBe(0);
      expect((await http.get('/a')).data).toBe('hello');
    },
  );
});
