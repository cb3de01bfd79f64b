import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import axios from 'axios';
import { FilesystemBackend } from '../../../lib/backends/filesystem/index.js';
import { type CachedAxiosInstance, type CacheEvent, withCache } from '../../../lib/index.js';
import { type FilesystemOptions } from '../../../lib/storage/options/filesystem.js';
import { ManualClock } from '../../helpers/manual-clock.js';
import { OriginServer } from '../../helpers/origin-server.js';
import { asOrdinaryUser, asRoot } from '../../helpers/ordinary-user.js';
import { aTemporaryDirectory, type TemporaryDirectory } from '../../helpers/temporary-directory.js';
import { aSmallDisk, mountProblem } from './small-disk.js';

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
  mkdirSync(directory.path('disk'));
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

function cached(options: FilesystemOptions = {}): CachedAxiosInstance {
  const backend = new FilesystemBackend(directory.path('disk', 'cache'), { fastSave: true, ...options });
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

const onSmallDisk = mountProblem === undefined ? it : it.skip;
onSmallDisk(
  `a full disk: hits go on, writes pause after five failures, and come back when there is room${mountProblem ?? ''}`,
  async () => {
    const disk = aSmallDisk(directory.path('disk'));
    disk.limit();
    try {
      const http = cached();
      expect((await get(http, '/kept')).stored).toBe(true);
      writeFileSync(directory.path('disk', 'big'), Buffer.alloc(900_000));
      for (let index = 0; index < 20; index++) await get(http, `/fills/${index}`);
      expect(kinds()).toEqual([...Array<string>(5).fill('backendError'), 'breakerOpen write']);
      expect(told[0]).toMatchObject({ operation: 'put', error: { code: 'ERR_CACHE_BACKEND' } });
      expect((await get(http, '/kept')).fromCache).toBe(true);
      disk.lift();
      expect((await get(http, '/new')).stored).toBe(false);
      clock.advance(PAUSE_SECONDS * 1000);
      expect((await get(http, '/new')).stored).toBe(true);
      expect(kinds().at(-1)).toBe('breakerClose write');
      expect((await get(http, '/new')).fromCache).toBe(true);
      await http.cache.close();
    } finally {
      disk.unmount();
    }
  },
);

onSmallDisk('a full disk with a limit of bytes below it: never met', async () => {
  const disk = aSmallDisk(directory.path('disk'));
  disk.limit();
  try {
    const http = cached({ maxBytes: 300_000 });
    for (let index = 0; index < 150; index++) expect((await get(http, `/new/${index}`)).stored).toBe(true);
    expect((await get(http, '/new/149')).fromCache).toBe(true);
    expect(await http.cache.size()).toBeLessThanOrEqual(300_000);
    expect(kinds()).toEqual([]);
    await http.cache.close();
  } finally {
    disk.unmount();
  }
});

it('no permission to create the directory: everything comes from the origin, until there is', async () => {
  const http = cached();
  chmodSync(directory.path(), 0o755);
  chmodSync(directory.path('disk'), 0o555);
  await asOrdinaryUser(async () => {
    for (let index = 0; index < 8; index++) {
      expect(await get(http, '/a')).toMatchObject({ fromCache: false, stored: false });
    }
  });
  expect(
    kinds()
      .filter((kind) => kind.startsWith('breakerOpen'))
      .sort(),
  ).toEqual(['breakerOpen read', 'breakerOpen write']);
  expect(told[0]).toMatchObject({
    error: {
      operation: 'open',
      code: 'ERR_CACHE_BACKEND',
      message: expect.stringContaining('no permission'),
    },
  });
  chmodSync(directory.path('disk'), 0o777);
  clock.advance(PAUSE_SECONDS * 1000);
  await asOrdinaryUser(async () => {
    await get(http, '/a');
    expect((await get(http, '/a')).fromCache).toBe(true);
    await http.cache.close();
  });
  expect(kinds()).toContain('breakerClose read');
});

it.each<[string, FilesystemOptions]>([
  ['', {}],
  [' under limits', { maxEntries: 100 }],
])(
  'permission to read that is lost%s: everything comes from the origin, until it is back',
  async (_, options) => {
    chmodSync(directory.path(), 0o755);
    chmodSync(directory.path('disk'), 0o777);
    await asOrdinaryUser(async () => {
      const http = cached(options);
      await get(http, '/kept');
      asRoot(() => chmodSync(directory.path('disk'), 0o000));
      for (let index = 0; index < 8; index++) expect((await get(http, '/kept')).fromCache).toBe(false);
      expect(kinds()).toContain('breakerOpen read');
      asRoot(() => chmodSync(directory.path('disk'), 0o777));
      clock.advance(PAUSE_SECONDS * 1000);
      await get(http, '/kept');
      expect((await get(http, '/kept')).fromCache).toBe(true);
      expect(kinds()).toContain('breakerClose read');
      await http.cache.close();
    });
  },
);

it.each<[string, FilesystemOptions]>([
  ['', {}],
  [' under limits', { maxEntries: 100 }],
])('permission to write that is lost%s: hits go on, and nothing is stored', async (_, options) => {
  chmodSync(directory.path(), 0o755);
  chmodSync(directory.path('disk'), 0o777);
  await asOrdinaryUser(async () => {
    const http = cached(options);
    await get(http, '/kept');
    const places = ['tmp', 'locks', 'due', 'resources', 'empty', '.'].map((name) =>
      directory.path('disk', 'cache', 'v1', 'bin', name),
    );
    for (const place of places) chmodSync(place, 0o555);
    for (let index = 0; index < 7; index++) {
      expect((await get(http, '/kept')).fromCache).toBe(true);
      expect((await get(http, `/new/${index}`)).stored).toBe(false);
    }
    expect(kinds()).toEqual([...Array<string>(5).fill('backendError'), 'breakerOpen write']);
    for (const place of places) chmodSync(place, 0o755);
    clock.advance(PAUSE_SECONDS * 1000);
    expect((await get(http, '/new/0')).stored).toBe(true);
    await http.cache.close();
  });
});

it.each<[string, FilesystemOptions]>([
  ['', {}],
  [' under limits', { maxEntries: 100 }],
  [' as JSON', { serializer: 'json' }],
])('the directory is deleted or moved away underway%s: nobody notices', async (_, options) => {
  const http = cached(options);
  for (const remove of [
    () => rmSync(directory.path('disk', 'cache'), { recursive: true }),
    () => rmSync(directory.path('disk'), { recursive: true }),
    () => renameSync(directory.path('disk', 'cache', 'v1'), directory.path(`moved ${Math.random()}`)),
  ]) {
    for (const url of ['/a', '/b']) await get(http, url);
    expect((await get(http, '/a')).fromCache).toBe(true);
    remove();
    expect(await http.cache.count()).toBe(0);
    expect((await get(http, '/a')).stored).toBe(true);
    expect((await get(http, '/a')).fromCache).toBe(true);
    await http.cache.delete({ urls: [`${origin.url}/a`] });
    remove();
    await http.cache.clear();
    expect((await get(http, '/c')).stored).toBe(true);
    await http.cache.clear();
  }
  expect(kinds()).toEqual([]);
});
