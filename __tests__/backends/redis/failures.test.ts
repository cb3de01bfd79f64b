import axios from 'axios';
import { createClient } from 'redis';
import { RedisBackend } from '../../../lib/backends/redis/index.js';
import { aRecord, errorOf, noise } from '../../../lib/backend-suite/records.js';
import { type CachedAxiosInstance, type CacheEvent, withCache } from '../../../lib/index.js';
import { type RedisOptions } from '../../../lib/storage/options/redis.js';
import { ManualClock } from '../../helpers/manual-clock.js';
import { OriginServer } from '../../helpers/origin-server.js';
import {
  askRedis,
  describeOwnServers,
  type FaultProxy,
  type OwnRedis,
  startFaultProxy,
  startRedis,
} from '../../servers/index.js';

/** A server that ends, freezes, is full and comes back, and connections that are cut, through the whole library. */
jest.setTimeout(120_000);

const PAUSE_SECONDS = 30;
const EVENTS = ['backendError', 'breakerOpen', 'breakerClose'] as const;
const CUTS = 25;

function bodyOf(url: string): Buffer {
  return Buffer.concat([Buffer.from(`${url}\n`), noise(60_000, url.length)]);
}

describeOwnServers('redis', () => {
  let server: OwnRedis;
  let proxy: FaultProxy;
  let origin: OriginServer;
  let clock: ManualClock;
  let told: CacheEvent[];
  let opened: CachedAxiosInstance[];

  beforeEach(async () => {
    server = await startRedis({ persistent: true });
    proxy = await startFaultProxy(server.url);
    origin = await OriginServer.start(({ url }) => ({ body: bodyOf(url) }));
    // Far ahead, since the server deletes by its own clock.
    clock = new ManualClock(Date.UTC(2100, 0, 1));
    told = [];
    opened = [];
  });
  afterEach(async () => {
    await proxy.heal();
    for (const http of opened) await http.cache.close();
    await origin.close();
    await proxy.close();
    await server.stop();
  });

  function cached(storageTimeout = 30, options: RedisOptions = {}): CachedAxiosInstance {
    const target = options.client === undefined ? { url: proxy.url } : {};
    const http = withCache(axios.create({ baseURL: origin.url, responseType: 'arraybuffer' }), {
      backend: new RedisBackend('failures', { ...target, commandTimeout: 3000, ...options }),
      clock,
      storageTimeout,
    });
    for (const event of EVENTS) http.cache.on(event, (one) => told.push(one));
    opened.push(http);
    return http;
  }

  /** The right answer, wherever it comes from. */
  async function get(http: CachedAxiosInstance, url: string) {
    const { data, cache } = await http.get<Buffer>(url);
    expect(Buffer.compare(data, bodyOf(url))).toBe(0);
    return cache;
  }

  const kinds = (type = ''): string[] =>
    told
      .map((event) => ('lane' in event ? `${event.type} ${event.lane}` : event.type))
      .filter((kind) => kind.startsWith(type))
      .sort();

  /** Requests are answered by the origin until both breakers are open. */
  async function expectBreakersToOpen(http: CachedAxiosInstance): Promise<void> {
    for (let index = 0; index < 8; index++) {
      expect(await get(http, `/new/${index}`)).toMatchObject({ fromCache: false, stored: false });
    }
    expect(kinds('breakerOpen')).toEqual(['breakerOpen read', 'breakerOpen write']);
    expect(told[0]).toMatchObject({
      type: 'backendError',
      backend: 'redis',
      error: { code: expect.stringMatching(/^ERR_CACHE_BACKEND/) as string },
    });
    // While they are open nobody is asked, and nothing is told.
    const before = told.length;
    await get(http, '/paused');
    expect(told).toHaveLength(before);
  }

  async function expectRecovery(http: CachedAxiosInstance): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      clock.advance(PAUSE_SECONDS * 1000);
      await get(http, '/again');
      if ((await get(http, '/again')).fromCache) break;
      expect(attempt).toBeLessThan(40);
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    expect(kinds('breakerClose')).toEqual(
      expect.arrayContaining(['breakerClose read', 'breakerClose write']) as string[],
    );
  }

  it('a server that ends: requests go on, breakers open, and close when it is back', async () => {
    const http = cached();
    expect((await get(http, '/kept')).stored).toBe(true);
    expect((await get(http, '/kept')).fromCache).toBe(true);
    await server.kill();
    await expectBreakersToOpen(http);
    await server.restart();
    await expectRecovery(http);
    expect((await get(http, '/kept')).fromCache).toBe(true);
  });

  it('so it is with a client of the user, which finds its way back by itself', async () => {
    const client = createClient({ url: proxy.url, disableOfflineQueue: true });
    client.on('error', () => undefined);
    await client.connect();
    const http = cached(30, { client });
    expect((await get(http, '/kept')).stored).toBe(true);
    await server.kill();
    await expectBreakersToOpen(http);
    await server.restart();
    await expectRecovery(http);
    expect((await get(http, '/kept')).fromCache).toBe(true);
    expect(client.isOpen).toBe(true);
    client.destroy();
  });

  it('a server that freezes: no request waits longer than storageTimeout, and all is well when it goes on', async () => {
    const http = cached(0.4, { commandTimeout: 60_000 });
    await http.cache.count();
    await get(http, '/kept');
    server.pause();
    await expectBreakersToOpen(http);
    server.resume();
    await expectRecovery(http);
  });

  it('every call on a frozen server ends by itself, also those behind others, and closing does', async () => {
    const backend = new RedisBackend('frozen', { url: proxy.url, commandTimeout: 500 });
    // Warm, however long that takes.
    while (
      await Promise.resolve(backend.put(aRecord())).then(
        () => false,
        () => true,
      )
    );
    server.pause();
    const outcomes = await Promise.allSettled<unknown>([
      backend.get('key'),
      backend.put(aRecord()),
      backend.delete('key'),
      backend.deleteResource('resource'),
      backend.replaceHead(aRecord()),
      backend.get('key'),
      backend.clear(),
      backend.count(),
    ]);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { backend: 'redis' } });
    }
    const late = errorOf(() => backend.get('key'));
    await backend.close();
    expect(await late).toMatchObject({ backend: 'redis' });
    server.resume();
  });

  it('a connection over which nothing comes any more is replaced', async () => {
    const backend = new RedisBackend('silent', { url: proxy.url, commandTimeout: 2000 });
    await backend.put(aRecord());
    const { connections } = proxy.traffic;
    proxy.freeze();
    expect(await errorOf(() => backend.get('key'))).toMatchObject({ code: 'ERR_CACHE_BACKEND' });
    await proxy.heal();
    expect(await backend.get('key')).toHaveLength(1);
    expect(proxy.traffic.connections).toBe(connections + 1);
    await backend.close();
  });

  it('a connection that was lost meanwhile is replaced before anybody needs it', async () => {
    const backend = new RedisBackend('lost', { url: proxy.url, commandTimeout: 30_000 });
    await backend.put(aRecord());
    proxy.cutAll();
    while (proxy.openConnections > 0) await new Promise((resolve) => setTimeout(resolve, 10));
    // What the client has been told reaches it with what is read next.
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await backend.get('key')).toHaveLength(1);
    expect(proxy.traffic.connections).toBe(2);
    await backend.close();
  });

  it('a full server: nothing new is stored, hits go on, and so does storing when there is room', async () => {
    const http = cached();
    expect((await get(http, '/kept')).stored).toBe(true);
    await askRedis(server.port, 'CONFIG SET maxmemory-policy noeviction');
    await askRedis(server.port, 'CONFIG SET maxmemory 1');
    for (let index = 0; index < 8; index++) {
      expect(await get(http, `/new/${index}`)).toMatchObject({ fromCache: false, stored: false });
      expect((await get(http, '/kept')).fromCache).toBe(true);
    }
    expect(kinds('breakerOpen')).toEqual(['breakerOpen write']);
    expect(told[0]).toMatchObject({ operation: 'put', error: { code: 'ERR_CACHE_BACKEND' } });
    expect(String((told[0] as { error?: Error }).error?.cause)).toMatch(/OOM/);
    // Deleting is what helps.
    expect(await http.cache.count()).toBe(1);
    await http.cache.clear();
    expect(await http.cache.count()).toBe(0);
    await askRedis(server.port, 'CONFIG SET maxmemory 0');
    clock.advance(PAUSE_SECONDS * 1000);
    expect((await get(http, '/again')).stored).toBe(true);
    expect((await get(http, '/again')).fromCache).toBe(true);
    expect(kinds('breakerClose')).toEqual(['breakerClose write']);
  });

  it('a connection that is cut in the middle of a write: nothing half-written is ever served', async () => {
    const http = cached();
    await get(http, '/first');
    let cuts = 0;
    for (let index = 0; index < CUTS; index++) {
      const url = `/cut/${index}`;
      const isAnswer = index % 5 === 4;
      const cut = proxy.cutAfter(
        isAnswer ? index / 5 : 10 + index * 2600,
        isAnswer ? 'toClient' : 'toServer',
      );
      await get(http, url);
      await proxy.heal();
      if (await cut) cuts += 1;
      // Whole, or from the origin.
      await get(http, url);
      await get(http, url);
      clock.advance(PAUSE_SECONDS * 1000);
    }
    expect(cuts).toBeGreaterThan(CUTS / 2);
    for (let index = 0; index < CUTS; index++) {
      await get(http, `/cut/${index}`);
      expect((await get(http, `/cut/${index}`)).fromCache).toBe(true);
    }
    expect(kinds('backendError').length).toBeGreaterThan(CUTS / 2);
  });

  it.each(['string', 'hash'] as const)(
    'layout %s: cut while one of two variants is replaced: the older one or the newer one, and both are found by resource',
    async (layout) => {
      const backend = new RedisBackend('variants', { url: proxy.url, layout });
      const versions = [1, 2].map((seed) =>
        aRecord({ head: Buffer.from([seed]), body: noise(50_000, seed) }),
      );
      const other = aRecord({ variant: 'other', body: noise(5000, 9) });
      await backend.put(other);
      await backend.put(versions[0] as never);
      for (let index = 0; index < 20; index++) {
        const cut = proxy.cutAfter(10 + index * 2700, 'toServer');
        await Promise.resolve(backend.put(versions[index % 2] as never)).catch(() => undefined);
        await proxy.heal();
        await cut;
        const found = await backend.get('key');
        expect(found.map(({ variant }) => variant).sort()).toEqual(['', 'other']);
        for (const { head, variant } of found) {
          const body = await backend.body({ key: 'key', variant });
          const stored =
            variant === '' ? versions.find((one) => Buffer.compare(one.head, head) === 0) : other;
          expect(Buffer.compare(body ?? Buffer.of(), stored?.body ?? Buffer.of(1))).toBe(0);
        }
      }
      expect(await backend.deleteResource('resource')).toBe(2);
      await backend.close();
    },
  );
});

it('without a server every call fails at once, by a typed error, and it can be closed while it connects', async () => {
  const backend = new RedisBackend('none', { url: 'redis://127.0.0.1:1', commandTimeout: 60_000 });
  for (let attempt = 0; attempt < 3; attempt++) {
    const error = (await errorOf(() => backend.get('key'))) as Error;
    expect(error).toMatchObject({ code: 'ERR_CACHE_BACKEND', backend: 'redis', operation: 'get' });
    expect(String(error.cause)).toMatch(/ECONNREFUSED/);
  }
  const failing = errorOf(() => backend.put(aRecord()));
  await backend.close();
  expect(await failing).toMatchObject({ backend: 'redis' });
});
