import { randomUUID } from 'node:crypto';
import axios from 'axios';
import { RedisBackend } from '../../../lib/backends/redis/index.js';
import { aRecord, listAll, metaOf, noise } from '../../../lib/backend-suite/records.js';
import { withCache } from '../../../lib/index.js';
import { type RedisPackage } from '../../../lib/backends/redis/redis-package.js';
import { OriginServer } from '../../helpers/origin-server.js';
import { describeServers, type FaultProxy, startFaultProxy } from '../../servers/index.js';
import { DRIVERS } from '../conformance/redis-harness.js';

/** How often Redis is asked, and waited for. */
jest.setTimeout(60_000);

const commandTimeout = 30_000;

describeServers('redis', (server) => {
  let proxy: FaultProxy;
  let backend: RedisBackend;
  beforeEach(async () => {
    proxy = await startFaultProxy(server().url);
  });
  afterEach(async () => {
    await backend.clear();
    await backend.close();
    await proxy.close();
  });

  const trips = async (call: () => unknown): Promise<number> =>
    (await proxy.measure(call)).traffic.roundTrips;

  describe.each(Object.keys(DRIVERS) as (keyof typeof DRIVERS)[])('%s', (driver) => {
    const load = (): Promise<RedisPackage> => Promise.resolve(DRIVERS[driver]);

    it.each(['string', 'hash'] as const)('layout %s: one for a hit, a miss and a write', async (layout) => {
      backend = new RedisBackend(randomUUID(), { url: proxy.url, layout, commandTimeout }, load);
      // Redis gets to know the scripts.
      await backend.put(aRecord({ key: 'first' }));
      await backend.replaceHead(metaOf(aRecord({ key: 'first' })));
      await backend.delete('first');
      const record = aRecord({ body: noise(30_000) });
      const counts = {
        put: await trips(() => backend.put(record)),
        again: await trips(() => backend.put(record)),
        small: await trips(() => backend.put(aRecord({ key: 'small' }))),
        hit: await trips(() => backend.get('key')),
        body: await trips(() => backend.body(record)),
        miss: await trips(() => backend.get('unknown')),
        head: await trips(() => backend.replaceHead(metaOf(record), record.head)),
        nothing: await trips(() => backend.delete('unknown')),
      };
      expect(counts).toEqual({ put: 1, again: 1, small: 1, hit: 1, body: 1, miss: 1, head: 1, nothing: 1 });
    });
  });

  it('one for a thousand who look for the same at the same time, and one body on its way', async () => {
    backend = new RedisBackend(randomUUID(), { url: proxy.url, commandTimeout });
    const record = aRecord({ body: noise(10_000) });
    await backend.put(record);
    const { result, traffic } = await proxy.measure(() =>
      Promise.all(Array.from({ length: 1000 }, () => backend.get('key'))),
    );
    expect(
      result.filter(([found]) => Buffer.compare(found?.body ?? Buffer.of(), record.body) === 0),
    ).toHaveLength(1000);
    expect(traffic.roundTrips).toBe(1);
    expect(traffic.bytesToClient).toBeLessThan(2 * 10_000);
  });

  it('one connection, and one round trip for a hit, also for requests', async () => {
    const origin = await OriginServer.start(({ url }) => ({ body: url }));
    backend = new RedisBackend(randomUUID(), { url: proxy.url, commandTimeout });
    const http = withCache(axios.create({ baseURL: origin.url }), { backend, storageTimeout: 30 });
    try {
      await http.get('/page');
      await http.get('/other');
      const { result, traffic } = await proxy.measure(() => http.get<string>('/page'));
      expect(result.cache.fromCache).toBe(true);
      expect(result.data).toBe('/page');
      expect(traffic).toMatchObject({ roundTrips: 1, connections: 0 });
      expect(proxy.traffic.connections).toBe(1);
    } finally {
      await origin.close();
    }
  });

  it('listing does not fetch bodies', async () => {
    backend = new RedisBackend(randomUUID(), { url: proxy.url, commandTimeout });
    for (let index = 0; index < 20; index++) {
      await backend.put(aRecord({ key: `k${index}`, body: noise(100_000) }));
    }
    const { result, traffic } = await proxy.measure(() => listAll(backend.scan()));
    expect(result).toHaveLength(20);
    expect(traffic.bytesToClient).toBeLessThan(20 * 5000 + 20_000);
  });
});
