import axios from 'axios';
import { RedisBackend } from '../../../lib/backends/redis/index.js';
import { aRecord, assertStored, listAll } from '../../../lib/backend-suite/records.js';
import { type CacheEvent, withCache } from '../../../lib/index.js';
import { ManualClock } from '../../helpers/manual-clock.js';
import { OriginServer } from '../../helpers/origin-server.js';
import {
  askRedis,
  describeOwnServers,
  describeServers,
  type OwnRedis,
  type OwnRedisCluster,
  startRedisCluster,
} from '../../servers/index.js';
import { DRIVERS } from '../conformance/redis-harness.js';

/** A cluster: its keys lie on several nodes, and one of these may be away. */
jest.setTimeout(120_000);

const PAUSE_SECONDS = 30;

describeServers('redis-cluster', (server) => {
  it('records lie on all nodes; listing and clearing reach all of them', async () => {
    const namespace = `spread-${process.pid}`;
    const backend = new RedisBackend(namespace, { cluster: { nodes: server().urls.slice(0, 1) } });
    const records = Array.from({ length: 60 }, (_, index) =>
      aRecord({ key: `k${index}`, resource: `r${index % 3}` }),
    );
    await Promise.all(records.map((record) => backend.put(record)));
    const held = await Promise.all(
      server().urls.map(async (url) => {
        const keys = await askRedis(
          Number(new URL(url).port),
          `EVAL "return #redis.call('KEYS','${namespace}:*')" 0`,
        );
        return Number(keys.slice(1));
      }),
    );
    expect(held.every((count) => count > 5)).toBe(true);
    for (const record of records.slice(0, 5)) await assertStored(backend, record);
    expect(await listAll(backend.scan())).toHaveLength(60);
    expect(await backend.deleteResource('r0')).toBe(20);
    expect(await backend.count()).toBe(40);
    await backend.clear();
    for (const url of server().urls) {
      const left = await askRedis(
        Number(new URL(url).port),
        `EVAL "return #redis.call('KEYS','${namespace}:*')" 0`,
      );
      expect(left).toBe(':0\r\n');
    }
    await backend.close();
  });
});

describeOwnServers('redis-cluster', () => {
  let cluster: OwnRedisCluster;
  beforeAll(async () => {
    cluster = await startRedisCluster({ extraArgs: ['--cluster-require-full-coverage', 'no'] });
  });
  afterAll(() => cluster.stop());

  it.each([
    ['redis 5', 'frozen'],
    ['redis 6', 'killed'],
  ] as const)(
    '%s: one master is %s: requests go on, what the others have is served, and all is well when it is back',
    async (driver, how) => {
      // The only one of which the backend is told: it stays with those that it has learned of.
      const lost = cluster.nodes[1] as OwnRedis;
      const origin = await OriginServer.start(({ url }) => ({ body: url }));
      const clock = new ManualClock(Date.UTC(2100, 0, 1));
      const told: CacheEvent[] = [];
      const backend = new RedisBackend(
        `away-${driver}-${how}`,
        { cluster: { nodes: [lost.url] }, commandTimeout: 1000 },
        () => Promise.resolve(DRIVERS[driver]),
      );
      // The same keys each time, so that always the same ones lie on the lost node: the port of the origin is another each time.
      const keyFn = ({ url }: { readonly url: string }): string => new URL(url).pathname;
      const http = withCache(axios.create({ baseURL: origin.url }), {
        backend,
        clock,
        keyFn,
        storageTimeout: 20,
      });
      for (const event of ['backendError', 'breakerOpen', 'breakerClose'] as const) {
        http.cache.on(event, (one) => told.push(one));
      }
      const urls = Array.from({ length: 12 }, (_, index) => `/page/${index}`);
      const get = async (url: string) => {
        const { data, cache } = await http.get<string>(url);
        expect(data).toBe(url);
        return cache;
      };
      try {
        for (const url of urls) expect((await get(url)).stored).toBe(true);
        for (const url of urls) expect((await get(url)).fromCache).toBe(true);
        if (how === 'killed') await lost.kill();
        else lost.pause();
        let hits = 0;
        for (const url of urls) {
          clock.advance(PAUSE_SECONDS * 1000);
          if ((await get(url)).fromCache) hits += 1;
        }
        expect(told.some(({ type }) => type === 'backendError')).toBe(true);
        // About two thirds; a busy machine may be late with one.
        expect(hits).toBeGreaterThan(urls.length / 3);
        expect(hits).toBeLessThan(urls.length);
        if (how === 'killed') await lost.restart();
        else lost.resume();
        await cluster.agreement();
        for (let attempt = 1; ; attempt += 1) {
          clock.advance(PAUSE_SECONDS * 1000);
          for (const url of urls) await get(url);
          const found = [];
          for (const url of urls) found.push((await get(url)).fromCache);
          if (found.every(Boolean)) break;
          expect(attempt).toBeLessThan(20);
          await new Promise((resolve) => setTimeout(resolve, 250));
        }
        await http.cache.clear();
        expect(await http.cache.count()).toBe(0);
      } finally {
        if (how === 'frozen' && lost.isRunning) lost.resume();
        await http.cache.close();
        await origin.close();
      }
    },
  );
});
