import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import axios from 'axios';
import { MemoryBackend, SqliteBackend } from '../lib/backends/index.js';
import * as library from '../lib/index.js';
import {
  BACKENDS,
  getExpirationDate,
  getUrlExpiration,
  initBackend,
  isHttpCacheError,
  withCache,
} from '../lib/index.js';
import { OriginServer } from './helpers/origin-server.js';

function thrownBy(call: () => unknown): unknown {
  try {
    return { returned: call() };
  } catch (error) {
    return error;
  }
}

it('the entry exports these values, and no others by accident', () => {
  expect(Object.keys(library).sort()).toMatchInlineSnapshot(`
    [
      "AlreadyWrappedError",
      "BACKENDS",
      "BackendError",
      "CacheClosedError",
      "CachedResponse",
      "CorruptRecordError",
      "DEFAULT_CACHE_NAME",
      "DEFAULT_IGNORED_PARAMETERS",
      "DEFAULT_OPTIONS",
      "DO_NOT_CACHE",
      "EXPIRE_IMMEDIATELY",
      "HttpCacheError",
      "InvalidOptionError",
      "InvalidResponse",
      "MissingPackageError",
      "NEVER_EXPIRE",
      "PackageLoadError",
      "ReplayMissError",
      "SERIALIZERS",
      "SerializerPipeline",
      "Stage",
      "UnknownBackendError",
      "UnknownOptionError",
      "UnknownSerializerError",
      "binarySerializer",
      "brotli",
      "bsonSerializer",
      "clear",
      "createKey",
      "decideReuse",
      "deleteUrls",
      "disabled",
      "enabled",
      "encrypted",
      "getCache",
      "getExpirationDate",
      "getUrlExpiration",
      "gzip",
      "initBackend",
      "initSerializer",
      "installCache",
      "isHttpCacheError",
      "isInstalled",
      "jsonSerializer",
      "judgeStorability",
      "parseCacheControl",
      "resolveSettings",
      "rfc9111",
      "signed",
      "systemClock",
      "uninstallCache",
      "v8Serializer",
      "withCache",
      "yamlSerializer",
      "zstd",
    ]
  `);
});

describe('initBackend', () => {
  it.each<[what: string, call: () => unknown, expected: object]>([
    ['an unknown name', () => initBackend('x', 'cassandra' as never), { code: 'ERR_CACHE_UNKNOWN_BACKEND' }],
    ['a wrong option', () => initBackend('x', 'memory', { maxBytes: -1 }), { option: 'backend.maxBytes' }],
    [
      'a misspelt option',
      () => initBackend('x', 'sqlite', { useTmp: true } as never),
      { option: 'backend.useTmp' },
    ],
    ['no cache name', () => initBackend(undefined as never), { option: 'cacheName' }],
    ['null for options', () => initBackend('x', 'memory', null as never), { option: 'options' }],
    ['null for a backend', () => initBackend('x', null as never), { option: 'backend' }],
  ])('refuses %s', (_what, call, expected) => {
    const error = thrownBy(call);
    expect(isHttpCacheError(error)).toBe(true);
    expect(error).toMatchObject(expected);
  });

  it('gives SQLite by default, opened at its first use', async () => {
    const directory = mkdtempSync(path.join(os.tmpdir(), 'init-backend-'));
    const backend = initBackend(path.join(directory, 'demo'));
    try {
      expect(backend).toMatchObject({ name: 'sqlite', traits: { persistent: true, shared: true } });
      expect(readdirSync(directory)).toEqual([]);
      expect(await backend.count()).toBe(0);
      expect(readdirSync(directory)).toContain('demo.sqlite');
    } finally {
      await backend.close();
      rmSync(directory, { recursive: true });
    }
  });

  it('takes names in any case, and the options of that backend', async () => {
    const backend = initBackend('x', 'Memory' as 'memory', { maxEntries: 1 });
    const meta = { variant: '', resource: 'r', head: Buffer.from('h'), bodyBytes: 1 };
    const times = { createdAt: 0, expiresAt: undefined, retainUntil: undefined };
    await backend.put({ ...meta, ...times, key: 'a', body: Buffer.from('a') });
    await backend.put({ ...meta, ...times, key: 'b', body: Buffer.from('b') });
    expect(await backend.count()).toBe(1);
  });

  it('gives a backend object back as it is', () => {
    const backend = new MemoryBackend();
    expect(initBackend('x', backend)).toBe(backend);
  });

  it('makes backends that several instances share', async () => {
    const origin = await OriginServer.start();
    const backend = initBackend('shared', 'memory');
    const [first, second] = [1, 2].map(() =>
      withCache(axios.create({ baseURL: origin.url }), { backend, autoclose: false }),
    );
    await first?.get('/a');
    expect((await second?.get('/a'))?.cache.fromCache).toBe(true);
    await origin.close();
  });
});

it('BACKENDS are the names, the default first, and each can be opened', () => {
  expect(BACKENDS).toEqual(['sqlite', 'memory', 'filesystem', 'redis', 'mongodb', 'gridfs', 'dynamodb']);
  expect(Object.isFrozen(BACKENDS)).toBe(true);
  for (const name of BACKENDS) expect(initBackend('x', name as 'memory').name).toBe(name);
});

it('the backend classes can be made directly', async () => {
  const backend = new SqliteBackend(':memory:');
  const http = withCache(axios.create(), { backend });
  expect(await http.cache.count()).toBe(0);
  await http.cache.close();
});

describe('getExpirationDate', () => {
  it.each<[value: library.ExpirationTime, expected: Date | undefined]>([
    [-1, undefined],
    [new Date(5), new Date(5)],
    ['Sun, 06 Nov 2033 08:49:37 GMT', new Date(Date.UTC(2033, 10, 6, 8, 49, 37))],
  ])('of %p is %p', (value, expected) => {
    expect(getExpirationDate(value)).toEqual(expected);
  });

  it('counts seconds and durations from now', () => {
    jest.useFakeTimers({ now: 1_000_000 });
    try {
      expect(getExpirationDate('2m')).toEqual(new Date(1_120_000));
      expect(getExpirationDate(0)).toEqual(new Date(1_000_000));
    } finally {
      jest.useRealTimers();
    }
  });

  it('refuses what is no time', () => {
    expect(thrownBy(() => getExpirationDate('soon'))).toMatchObject({ option: 'expireAfter' });
    expect(thrownBy(() => getExpirationDate(library.DO_NOT_CACHE))).toMatchObject({ option: 'expireAfter' });
  });
});

describe('getUrlExpiration', () => {
  const patterns = { 'example.com/static': 60, '*.example.com': '1h', 'example.com': 5 };

  it.each([
    ['https://example.com/static/a.png', 60],
    ['https://api.example.com/', '1h'],
    ['https://example.com/other', 5],
    ['https://elsewhere.test/', undefined],
  ])('of %s is %p', (url, expected) => {
    expect(getUrlExpiration(url, patterns)).toBe(expected);
  });

  it('refuses patterns that are none', () => {
    expect(thrownBy(() => getUrlExpiration('https://example.com/', { x: 'soon' }))).toMatchObject({
      code: 'ERR_CACHE_INVALID_OPTION',
    });
  });
});
