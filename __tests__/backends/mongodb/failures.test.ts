import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import axios from 'axios';
import { MongoClient } from 'mongodb';
import { aRecord, errorOf, noise } from '../../../lib/backend-suite/records.js';
import { GridfsBackend } from '../../../lib/backends/mongodb/gridfs.js';
import { MongodbBackend } from '../../../lib/backends/mongodb/index.js';
import {
  type Backend,
  type CachedAxiosInstance,
  type CacheEvent,
  type FoundRecord,
  withCache,
} from '../../../lib/index.js';
import { ensureBuilt, PROJECT } from '../../helpers/built-package.js';
import { ManualClock } from '../../helpers/manual-clock.js';
import { OriginServer } from '../../helpers/origin-server.js';
import { until } from '../../helpers/until.js';
import {
  describeOwnServers,
  type FaultProxy,
  type OwnMongo,
  startFaultProxy,
  startMongo,
} from '../../servers/index.js';

/** Servers that end, freeze and come back, and connections that are cut, through the whole library. */
jest.setTimeout(120_000);

const PAUSE_SECONDS = 30;
const EVENTS = ['backendError', 'breakerOpen', 'breakerClose'] as const;
const OPERATION_TIMEOUT_MS = 1500;
/** So long nothing takes, however busy the machine is, unless it waits for its time to pass. */
const FOR_EVER_SECONDS = 60;
/** The driver looks for a server that it has lost every 500 ms, unless it is told otherwise. */
const CLIENT_OPTIONS = { minHeartbeatFrequencyMS: 50 };

type Name = 'mongodb' | 'gridfs';

let stores = 0;

/** Of a store of its own: all tests with one kind of server use the same. */
function backendOf(name: Name, url: string, operationTimeout = OPERATION_TIMEOUT_MS): Backend {
  const cacheName = `failures-${(stores += 1)}`;
  const options = { url, operationTimeout, clientOptions: CLIENT_OPTIONS };
  return name === 'mongodb'
    ? new MongodbBackend(cacheName, options)
    : new GridfsBackend(cacheName, { ...options, inlineBytes: 0, chunkBytes: 10_000 });
}

/** MongoDB writes its journal every 100 ms, and a server that is killed loses what is not in it; this makes it write now. */
async function flushJournal(url: string): Promise<void> {
  const client = await new MongoClient(url).connect();
  await client
    .db('flush')
    .collection('flush')
    .insertOne({}, { writeConcern: { w: 1, journal: true } });
  await client.close();
}

describeOwnServers('mongodb', (kind) => {
  let server: OwnMongo;
  beforeAll(async () => {
    server = await startMongo({ kind });
  });
  afterAll(() => server.stop());

  describe.each<Name>(['mongodb', 'gridfs'])('%s', (name) => {
    let proxy: FaultProxy;
    let origin: OriginServer;
    let clock: ManualClock;
    let told: CacheEvent[];
    let opened: CachedAxiosInstance[];

    beforeEach(async () => {
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
      // Where a test has failed in between.
      if (server.isRunning) server.resume();
      else await server.restart();
    });

    function bodyOf(url: string): Buffer {
      return Buffer.concat([Buffer.from(`${url}\n`), noise(60_000, url.length)]);
    }

    function cached(storageTimeout = 5, operationTimeout = OPERATION_TIMEOUT_MS): CachedAxiosInstance {
      const http = withCache(axios.create({ baseURL: origin.url, responseType: 'arraybuffer' }), {
        backend: backendOf(name, proxy.url, operationTimeout),
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

    const kinds = (): string[] =>
      told.map((event) => ('lane' in event ? `${event.type} ${event.lane}` : event.type));

    async function expectRecovery(http: CachedAxiosInstance): Promise<void> {
      // The driver may need a moment until it has noticed; until then breakers open again.
      for (let attempt = 1; ; attempt += 1) {
        clock.advance(PAUSE_SECONDS * 1000);
        await get(http, '/again');
        if ((await get(http, '/again')).fromCache) break;
        expect(attempt).toBeLessThan(40);
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
      expect(kinds()).toContain('breakerClose read');
      expect(kinds()).toContain('breakerClose write');
    }

    it('a server that ends: requests go on, breakers open, and close when it is back', async () => {
      // Nothing here can fail by its time, so whoever had to wait for that would take longer than the test may.
      const http = cached(FOR_EVER_SECONDS, FOR_EVER_SECONDS * 1000);
      expect((await get(http, '/kept')).stored).toBe(true);
      expect((await get(http, '/kept')).fromCache).toBe(true);
      await flushJournal(server.url);
      await server.kill();
      for (let index = 0; index < 8; index++) {
        expect(await get(http, `/new/${index}`)).toMatchObject({ fromCache: false, stored: false });
      }
      expect(
        kinds()
          .filter((one) => one.startsWith('breakerOpen'))
          .sort(),
      ).toEqual(['breakerOpen read', 'breakerOpen write']);
      const failures = told.filter(({ type }) => type === 'backendError');
      expect(failures.length).toBeGreaterThan(0);
      for (const failure of failures) {
        expect(failure).toMatchObject({ backend: name, error: { code: 'ERR_CACHE_BACKEND' } });
      }
      await server.restart();
      await expectRecovery(http);
      // What was stored before is still there where the server keeps it.
      if (server.traits.persistent) expect((await get(http, '/kept')).fromCache).toBe(true);
    });

    it('a server that freezes: no request waits longer than storageTimeout, and all is well when it goes on', async () => {
      const http = cached(0.2);
      // As soon as the connection is there, and the machine has time.
      await until(async () => (await get(http, '/kept')).fromCache);
      told = [];
      server.pause();
      for (let index = 0; index < 8; index++) {
        expect(await get(http, `/new/${index}`)).toMatchObject({ fromCache: false, stored: false });
      }
      expect(
        kinds()
          .filter((one) => one.startsWith('breakerOpen'))
          .sort(),
      ).toEqual(['breakerOpen read', 'breakerOpen write']);
      expect(told[0]).toMatchObject({ error: { code: 'ERR_CACHE_BACKEND_TIMEOUT' } });
      server.resume();
      await expectRecovery(http);
    });

    it('every call on a frozen server ends by itself, also those behind others, and closing does', async () => {
      const backend = backendOf(name, proxy.url, 250);
      await until(() =>
        Promise.resolve(backend.put(aRecord())).then(
          () => true,
          () => false,
        ),
      );
      proxy.freeze();
      const calls = [
        backend.get('key'),
        backend.put(aRecord()),
        backend.delete('key'),
        backend.deleteResource('resource'),
        backend.replaceHead(aRecord()),
        backend.get('key'),
      ];
      const outcomes = await Promise.allSettled(calls.map((call) => Promise.resolve<unknown>(call)));
      for (const outcome of outcomes) {
        expect(outcome).toMatchObject({ status: 'rejected', reason: { backend: name } });
      }
      await backend.close();
    });

    it('a connection that is cut in the middle of a write: nothing half-written is ever served', async () => {
      const http = cached();
      await get(http, '/first');
      for (let index = 0; index < 25; index++) {
        const url = `/cut/${index}`;
        const cut = proxy.cutAfter(10 + index * 2600, index % 5 === 4 ? 'toClient' : 'toServer');
        await get(http, url);
        await proxy.heal();
        await cut;
        // Whole, or from the origin.
        await get(http, url);
        await get(http, url);
        clock.advance(PAUSE_SECONDS * 1000);
      }
      await expectRecoveryAfterCuts(http);
    });

    async function expectRecoveryAfterCuts(http: CachedAxiosInstance): Promise<void> {
      await until(async () => {
        clock.advance(PAUSE_SECONDS * 1000);
        await get(http, '/again');
        return (await get(http, '/again')).fromCache;
      });
      for (let index = 0; index < 25; index++) await get(http, `/cut/${index}`);
    }

    it('a connection that is cut while a response is replaced: the older one or the newer one', async () => {
      const backend = backendOf(name, proxy.url);
      const versions = [1, 2].map((seed) =>
        aRecord({ head: Buffer.from([seed]), body: noise(50_000, seed) }),
      );
      await backend.put(versions[0] as never);
      for (let index = 0; index < 20; index++) {
        const cut = proxy.cutAfter(10 + index * 2700, 'toServer');
        const version = versions[index % 2] as (typeof versions)[0];
        await Promise.resolve(backend.put(version)).catch(() => undefined);
        await proxy.heal();
        await cut;
        const found = await reading(backend);
        expect(found).toHaveLength(1);
        const { head, body } = found[0] as FoundRecord;
        const stored = versions.find((one) => Buffer.compare(one.head, head) === 0);
        expect(Buffer.compare(body ?? Buffer.alloc(0), stored?.body ?? Buffer.alloc(1))).toBe(0);
      }
      await backend.close();
    });

    /** Until the driver has noticed that there is a way again. */
    async function reading(backend: Backend) {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await backend.get('key');
        } catch (error) {
          if (attempt === 20) throw error;
          await new Promise((resolve) => setTimeout(resolve, 200));
        }
      }
    }

    it('a thousand requests at a time for one URL make one request of the origin', async () => {
      const http = cached(60, 60_000);
      await Promise.all(Array.from({ length: 1000 }, () => get(http, '/popular')));
      expect(origin.count('/popular')).toBe(1);
      expect((await get(http, '/popular')).fromCache).toBe(true);
      expect(told).toEqual([]);
    });
  });

  it('processes that have closed their backends end by themselves, also when the server is frozen', async () => {
    ensureBuilt();
    const script = path.join(PROJECT, '__tests__/backends/mongodb/closing.mjs');
    for (const isFrozen of [false, true]) {
      const children = ['mongodb', 'gridfs'].map((name) =>
        spawn(process.execPath, [script, name, server.url], {
          cwd: PROJECT,
          stdio: ['pipe', 'pipe', 'inherit'],
        }),
      );
      const exits = children.map((child) => once(child, 'exit') as Promise<[number]>);
      await Promise.all(children.map(({ stdout }) => once(stdout, 'data')));
      if (isFrozen) server.pause();
      for (const { stdin } of children) stdin.end();
      const codes = (await Promise.all(exits)).map(([code]) => code);
      if (isFrozen) server.resume();
      expect({ isFrozen, codes }).toEqual({ isFrozen, codes: [0, 0] });
    }
  });
});

describe.each<Name>(['mongodb', 'gridfs'])('%s without a server', (name) => {
  it('fails at once, not after the time that it has for an answer', async () => {
    const backend = backendOf(name, 'mongodb://127.0.0.1:1', 60_000);
    for (let attempt = 0; attempt < 3; attempt++) {
      const error = await errorOf(() => backend.get('key'));
      expect(error).toMatchObject({ code: 'ERR_CACHE_BACKEND', backend: name, operation: 'open' });
      expect((error as Error).message).toMatch(/ECONNREFUSED/);
    }
    await backend.close();
  });

  it('can be closed while it looks for one', async () => {
    const backend = backendOf(name, 'mongodb://127.0.0.1:1', 60_000);
    const failing = errorOf(() => backend.put(aRecord()));
    await backend.close();
    expect(await failing).toMatchObject({ backend: name });
  });
});
