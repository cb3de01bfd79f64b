import { chmodSync } from 'node:fs';
import axios from 'axios';
import { loadDriver, type SqlDatabase, type SqliteDriver } from '../../../lib/backends/sqlite/driver.js';
import { SqliteBackend } from '../../../lib/backends/sqlite/index.js';
import { type CachedAxiosInstance, type CacheEvent, withCache } from '../../../lib/index.js';
import { type SqliteOptions } from '../../../lib/storage/backend-options.js';
import { ManualClock } from '../../helpers/manual-clock.js';
import { OriginServer } from '../../helpers/origin-server.js';
import { asOrdinaryUser } from '../../helpers/ordinary-user.js';
import { aTemporaryDirectory, type TemporaryDirectory } from '../../helpers/temporary-directory.js';

/** Requests whose storage has failed, through the whole library: they go on, events tell, and storage comes back. */
const BODY = 'x'.repeat(10_000);
const PAUSE_SECONDS = 30;
const EVENTS = ['backendError', 'breakerOpen', 'breakerClose'] as const;

let directory: TemporaryDirectory;
let origin: OriginServer;
let clock: ManualClock;
let told: CacheEvent[];
let opened: CachedAxiosInstance[];

beforeEach(async () => {
  directory = aTemporaryDirectory();
  origin = await OriginServer.start(({ url }) => ({ body: url + BODY }));
  clock = new ManualClock();
  told = [];
  opened = [];
});
afterEach(async () => {
  for (const http of opened) await http.cache.close();
  await origin.close();
  directory.remove();
});

function cached(options: SqliteOptions = {}, load?: () => Promise<SqliteDriver>): CachedAxiosInstance {
  const backend = new SqliteBackend(directory.path('cache.sqlite'), options, load);
  const http = withCache(axios.create({ baseURL: origin.url }), { backend, clock });
  for (const name of EVENTS) http.cache.on(name, (event) => told.push(event));
  opened.push(http);
  return http;
}

async function get(http: CachedAxiosInstance, url: string) {
  const { data, cache } = await http.get<string>(url);
  expect(data).toBe(url + BODY);
  return cache;
}

const kinds = (): string[] =>
  told.map((event) => ('lane' in event ? `${event.type} ${event.lane}` : event.type));

it('a full disk: hits go on, writes pause after five failures, and come back when there is room', async () => {
  const driver = await loadDriver(undefined);
  let database: SqlDatabase | undefined;
  const http = cached({}, async () => ({
    name: driver.name,
    open: (file) => (database = driver.open(file)),
  }));
  expect((await get(http, '/kept')).stored).toBe(true);
  const limit = (pages: string): void => void database?.prepare(`PRAGMA max_page_count = ${pages}`).get();
  const { page_count: pages } = database?.prepare('PRAGMA page_count').get() as { page_count: number };
  limit(String(pages));
  for (let index = 0; index < 8; index++) {
    expect((await get(http, `/new/${index}`)).stored).toBe(false);
    expect((await get(http, '/kept')).fromCache).toBe(true);
  }
  expect(kinds()).toEqual([...Array<string>(5).fill('backendError'), 'breakerOpen write']);
  expect(told[0]).toMatchObject({ operation: 'put', error: { code: 'ERR_CACHE_BACKEND' } });
  limit('1000000');
  expect((await get(http, '/new/0')).stored).toBe(false);
  clock.advance(PAUSE_SECONDS * 1000);
  expect((await get(http, '/new/0')).stored).toBe(true);
  expect(kinds().at(-1)).toBe('breakerClose write');
  expect((await get(http, '/new/0')).fromCache).toBe(true);
});

it('a full disk with a limit of bytes below it: never met, since the least recently used records go first', async () => {
  const driver = await loadDriver(undefined);
  const http = cached({ maxBytes: 100_000 }, async () => ({
    name: driver.name,
    open: (file) => {
      const database = driver.open(file);
      database.exec('PRAGMA max_page_count = 80');
      return database;
    },
  }));
  for (let index = 0; index < 100; index++) expect((await get(http, `/new/${index}`)).stored).toBe(true);
  expect((await get(http, '/new/99')).fromCache).toBe(true);
  expect(kinds()).toEqual([]);
});

it('no permission to create the file: everything comes from the origin, until there is', async () => {
  const http = cached();
  chmodSync(directory.path(), 0o555);
  await asOrdinaryUser(async () => {
    for (let index = 0; index < 8; index++) {
      expect(await get(http, '/a')).toMatchObject({ fromCache: false, stored: false });
    }
  });
  expect(kinds().filter((kind) => kind.startsWith('breakerOpen'))).toEqual([
    'breakerOpen read',
    'breakerOpen write',
  ]);
  expect(told[0]).toMatchObject({ error: { operation: 'open', code: 'ERR_CACHE_BACKEND' } });
  chmodSync(directory.path(), 0o777);
  clock.advance(PAUSE_SECONDS * 1000);
  await asOrdinaryUser(async () => {
    await get(http, '/a');
    expect((await get(http, '/a')).fromCache).toBe(true);
  });
  expect(kinds()).toContain('breakerClose read');
});

it.each<[string, SqliteOptions]>([
  ['', {}],
  [' under limits', { maxEntries: 100 }],
])('no permission to write into the file%s: hits go on, and nothing is stored', async (_, limits) => {
  const options = { wal: false, ...limits };
  const writer = cached(options);
  await get(writer, '/kept');
  await writer.cache.close();
  opened.length = 0;
  chmodSync(directory.path('cache.sqlite'), 0o444);
  chmodSync(directory.path(), 0o555);
  await asOrdinaryUser(async () => {
    const http = cached(options);
    for (let index = 0; index < 7; index++) {
      expect((await get(http, '/kept')).fromCache).toBe(true);
      expect((await get(http, `/new/${index}`)).stored).toBe(false);
    }
    expect(kinds()).toEqual([...Array<string>(5).fill('backendError'), 'breakerOpen write']);
    await http.cache.close();
    opened.length = 0;
  });
  chmodSync(directory.path(), 0o755);
});
