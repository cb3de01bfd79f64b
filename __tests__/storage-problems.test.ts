import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import axios from 'axios';
import { SqliteBackend } from '../lib/backends/index.js';
import { loadDriver } from '../lib/backends/sqlite/driver.js';
import { BETTER_SQLITE3 } from '../lib/backends/sqlite/options.js';
import {
  type Backend,
  type CachedAxiosInstance,
  type CacheEventOf,
  type CacheOptions,
  type HttpCacheErrorCode,
  isHttpCacheError,
  withCache,
} from '../lib/index.js';
import { asOrdinaryUser } from './helpers/ordinary-user.js';
import { OriginServer } from './helpers/origin-server.js';

let directory: string;
let origin: OriginServer;
const opened: CachedAxiosInstance[] = [];

beforeEach(async () => {
  directory = mkdtempSync(path.join(os.tmpdir(), 'storage-problems-'));
  origin = await OriginServer.start();
});
afterEach(async () => {
  for (const http of opened.splice(0)) await http.cache.close();
  await origin.close();
  rmSync(directory, { recursive: true, force: true });
});

function cached(options: CacheOptions): CachedAxiosInstance {
  const http = withCache(axios.create({ baseURL: origin.url }), options);
  opened.push(http);
  return http;
}

/** Root may write everywhere: the test then goes on as somebody who may not. The modules are loaded while they can be read. */
async function afterLoading(run: () => Promise<void>): Promise<void> {
  if (process.getuid?.() === 0) {
    const first = cached({ backend: { name: 'sqlite', useMemory: true } });
    await first.get('/loaded');
  }
  await asOrdinaryUser(run);
}

/** Requests are answered by the origin and an event tells why; maintenance rejects. */
async function expectOnlyTheNetwork(http: CachedAxiosInstance, code: HttpCacheErrorCode): Promise<Error> {
  const events: CacheEventOf<'backendError'>[] = [];
  http.cache.on('backendError', (event) => events.push(event));
  const before = origin.count('/a');
  for (let count = 1; count <= 2; count++) {
    const { data, cache } = await http.get<string>('/a');
    expect({ data, fromCache: cache.fromCache, stored: cache.stored }).toEqual({
      data: 'hello',
      fromCache: false,
      stored: false,
    });
  }
  expect(origin.count('/a') - before).toBe(2);
  expect(events.length).toBeGreaterThan(0);
  for (const { backend, error } of events) {
    expect(backend).toBe('sqlite');
    expect(isHttpCacheError(error)).toBe(true);
    expect(error).toMatchObject({ code });
  }

  const error: unknown = await http.cache.count().catch((reason: unknown) => reason);
  expect(isHttpCacheError(error)).toBe(true);
  expect(error).toMatchObject({ code });
  return error as Error;
}

describe('a file that cannot be used', () => {
  it('lies below something that is a file', async () => {
    writeFileSync(path.join(directory, 'in-the-way'), 'x');
    const http = cached({ cacheName: path.join(directory, 'in-the-way', 'deeper', 'cache') });
    const { message, cause } = await expectOnlyTheNetwork(http, 'ERR_CACHE_BACKEND');
    expect(message).toContain('because it or a directory above it is a file');
    expect(cause).toMatchObject({ code: 'ENOTDIR' });
    expect(readFileSync(path.join(directory, 'in-the-way'), 'utf8')).toBe('x');
  });

  it('is a directory itself', async () => {
    mkdirSync(path.join(directory, 'cache.sqlite'));
    const http = cached({ cacheName: path.join(directory, 'cache') });
    const { message } = await expectOnlyTheNetwork(http, 'ERR_CACHE_BACKEND');
    expect(message).toContain(path.join(directory, 'cache.sqlite'));
  });

  it('would lie in a directory that may only be read', async () => {
    const readOnly = path.join(directory, 'read-only');
    mkdirSync(readOnly);
    chmodSync(directory, 0o755);
    chmodSync(readOnly, 0o555);
    await afterLoading(async () => {
      const http = cached({ cacheName: path.join(readOnly, 'cache') });
      const { message, cause } = await expectOnlyTheNetwork(http, 'ERR_CACHE_BACKEND');
      expect(message).toContain('no permission to create');
      expect(cause).toMatchObject({ code: 'EACCES' });
    });
    expect(readdirSync(readOnly)).toEqual([]);
  });

  it('may only be read itself', async () => {
    const file = path.join(directory, 'cache.sqlite');
    const writer = cached({ cacheName: file });
    await writer.get('/other');
    await writer.cache.close();
    chmodSync(directory, 0o755);
    chmodSync(file, 0o444);
    await afterLoading(async () => {
      await expectOnlyTheNetwork(cached({ cacheName: file }), 'ERR_CACHE_BACKEND');
    });
  });
});

describe('a file that is no cache', () => {
  it('is no database: clear() makes it one', async () => {
    const file = path.join(directory, 'cache.sqlite');
    const garbage = Buffer.alloc(8192, 'this is not a database ');
    writeFileSync(file, garbage);
    const http = cached({ cacheName: file });
    const { message } = await expectOnlyTheNetwork(http, 'ERR_CACHE_BACKEND');
    expect(message).toContain(file);
    expect(readFileSync(file)).toEqual(garbage);

    await http.cache.clear();
    expect(await http.cache.count()).toBe(0);
    const again = cached({ cacheName: file });
    await again.get('/a');
    expect((await again.get('/a')).cache.fromCache).toBe(true);
  });

  it('was written by a later release: it is left as it is', async () => {
    const file = path.join(directory, 'cache.sqlite');
    const writer = cached({ cacheName: file });
    await writer.get('/a');
    await writer.cache.close();
    const database = (await loadDriver(undefined)).open(file);
    database.exec('PRAGMA user_version = 999');
    database.close();
    const before = readFileSync(file);

    const http = cached({ cacheName: file });
    const { message } = await expectOnlyTheNetwork(http, 'ERR_CACHE_STORE_FORMAT');
    expect(message).toMatch(/written by a later release \(schema 999; .*Update axios-persistent-cache/);
    await expect(http.cache.clear()).rejects.toMatchObject({ code: 'ERR_CACHE_STORE_FORMAT' });
    expect(readFileSync(file)).toEqual(before);
  });

  it('belongs to another program: it is left as it is', async () => {
    const file = path.join(directory, 'accounts.sqlite');
    const database = (await loadDriver(undefined)).open(file);
    database.exec("CREATE TABLE accounts (name TEXT); INSERT INTO accounts VALUES ('Ada')");
    database.close();
    const before = readFileSync(file);

    const http = cached({ cacheName: file });
    const { message } = await expectOnlyTheNetwork(http, 'ERR_CACHE_STORE_FORMAT');
    expect(message).toContain('is a database of another program and is left as it is');
    await expect(http.cache.clear()).rejects.toMatchObject({ code: 'ERR_CACHE_STORE_FORMAT' });
    expect(readFileSync(file)).toEqual(before);
    expect(readdirSync(directory)).toEqual(['accounts.sqlite']);
  });
});

describe('a driver that is missing', () => {
  const notFound = (): Promise<never> =>
    Promise.reject(
      Object.assign(new Error("Cannot find package 'better-sqlite3' imported from /app/index.mjs"), {
        code: 'ERR_MODULE_NOT_FOUND',
      }),
    );

  function withoutDriver(importBetterSqlite3: () => Promise<unknown>): Backend {
    const load = () => loadDriver(undefined, { importBetterSqlite3, nodeSqlite: () => undefined });
    return new SqliteBackend(path.join(directory, 'cache'), {}, load);
  }

  it('is not installed: the message has the command and the alternative, and no file is made', async () => {
    const http = cached({ backend: withoutDriver(notFound) });
    const error = await expectOnlyTheNetwork(http, 'ERR_CACHE_MISSING_PACKAGE');
    expect(error).toMatchObject({ backend: 'sqlite', packageName: 'better-sqlite3' });
    expect(error.message).toContain(`npm install better-sqlite3@"${BETTER_SQLITE3.range}"`);
    expect(error.message).toContain('Or use Node 22.13 or later, which has node:sqlite.');
    expect(readdirSync(directory)).toEqual([]);
  });

  it('is installed but does not load: the message says so instead', async () => {
    const cause = Object.assign(new Error('The module was compiled against a different Node.js version'), {
      code: 'ERR_DLOPEN_FAILED',
    });
    const http = cached({ backend: withoutDriver(() => Promise.reject(cause)) });
    const error = await expectOnlyTheNetwork(http, 'ERR_CACHE_PACKAGE_LOAD');
    expect(error.message).toContain('Run: npm rebuild better-sqlite3.');
    expect(error.cause).toBe(cause);
  });
});

it('a store that goes away while it is in use costs no request', async () => {
  const file = path.join(directory, 'cache.sqlite');
  const http = cached({ cacheName: file });
  await http.get('/a');
  rmSync(directory, { recursive: true });
  const { status } = await http.get('/b');
  expect(status).toBe(200);
  await http.cache.clear();
  expect(await http.cache.count()).toBe(0);
});
