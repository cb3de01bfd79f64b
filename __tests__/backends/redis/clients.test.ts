import { randomUUID } from 'node:crypto';
import { type createClient, createClientPool } from 'redis';
import { type RedisPackage } from '../../../lib/backends/redis/redis-package.js';
import { RedisBackend } from '../../../lib/backends/redis/index.js';
import { aRecord, assertStored, errorOf, noise } from '../../../lib/backend-suite/records.js';
import { askRedis, describeOwnServers, describeServers, startRedis } from '../../servers/index.js';
import { DRIVERS } from '../conformance/redis-harness.js';

/** Clients that the user gives, and those that are made here. */
jest.setTimeout(60_000);

describe.each(Object.keys(DRIVERS) as (keyof typeof DRIVERS)[])('%s', (driver) => {
  const { createClient: make } = DRIVERS[driver] as unknown as { createClient: typeof createClient };
  const load = (): Promise<RedisPackage> => Promise.resolve(DRIVERS[driver]);

  describeServers('redis', (server) => {
    let namespace: string;
    beforeEach(() => (namespace = `clients-${randomUUID()}`));
    afterEach(async () => {
      const backend = new RedisBackend(namespace, { url: server().url });
      await backend.clear();
      await backend.close();
    });

    it('a client that is given is used and never closed', async () => {
      const client = make({ url: server().url });
      client.on('error', () => undefined);
      await client.connect();
      const backend = new RedisBackend(namespace, { client }, load);
      await backend.put(aRecord());
      await assertStored(backend, aRecord());
      const listeners = client.listenerCount('error');
      await backend.close();
      expect(client.isReady).toBe(true);
      expect(await client.ping()).toBe('PONG');
      expect(listeners - client.listenerCount('error')).toBe(1);
      await client.close();
    });

    it('one that is not open is refused, and used as soon as it is', async () => {
      const client = make({ url: server().url });
      const backend = new RedisBackend(namespace, { client }, load);
      const error = await errorOf(() => backend.get('key'));
      expect(error).toMatchObject({ code: 'ERR_CACHE_BACKEND', operation: 'open' });
      expect((error as Error).message).toMatch(/connect\(\)/);
      expect(client.listenerCount('error')).toBe(0);
      await client.connect();
      expect(await backend.get('key')).toEqual([]);
      await backend.close();
      await client.close();
    });

    it.each([true, false])('one that a function gives (open: %p) is closed', async (isOpen) => {
      const made: { readonly isOpen: boolean }[] = [];
      const client = async () => {
        const one = make({ url: server().url });
        made.push(one);
        return isOpen ? one.connect() : one;
      };
      const backend = new RedisBackend(namespace, { client }, load);
      expect(made).toHaveLength(0);
      await Promise.all([backend.put(aRecord()), backend.get('other'), backend.count()]);
      await assertStored(backend, aRecord());
      await backend.close();
      expect(made.map((one) => one.isOpen)).toEqual([false]);
    });

    it('a listing that goes on after closing ends, and opens no other connection', async () => {
      const backend = new RedisBackend(
        namespace,
        { url: server().url, clientOptions: { name: namespace } },
        load,
      );
      for (let n = 0; n < 20; n++) await backend.put(aRecord({ key: `k${n}` }));
      for (const range of [{}, { resource: 'resource' }]) {
        const listing = new RedisBackend(
          namespace,
          { url: server().url, clientOptions: { name: namespace } },
          load,
        );
        const scan = listing.scan(range)[Symbol.asyncIterator]();
        await scan.next();
        await listing.close();
        expect(await errorOf(() => scan.next())).toMatchObject({ code: 'ERR_CACHE_CLOSED' });
      }
      const client = await make({ url: server().url }).connect();
      await backend.clear();
      await backend.close();
      expect((await client.clientList()).map(({ name }) => name)).not.toContain(namespace);
      await client.close();
    });

    it('options reach the connection', async () => {
      const clientOptions = { database: 3, name: namespace };
      const backend = new RedisBackend(namespace, { url: server().url, clientOptions }, load);
      await backend.put(aRecord());
      const client = await make({ url: server().url, database: 3 }).connect();
      expect(await client.exists(`${namespace}:{key}`)).toBe(1);
      expect((await client.clientList()).map(({ name }) => name)).toContain(namespace);
      await backend.clear();
      await backend.close();
      expect((await client.clientList()).map(({ name }) => name)).not.toContain(namespace);
      await client.close();
    });
  });
});

describeServers('redis', (server) => {
  it('a pool will do', async () => {
    const pool = createClientPool({ url: server().url });
    pool.on('error', () => undefined);
    await pool.connect();
    const namespace = randomUUID();
    const backend = new RedisBackend(namespace, { client: pool });
    await Promise.all(Array.from({ length: 20 }, (_, n) => backend.put(aRecord({ key: `k${n}` }))));
    await assertStored(backend, aRecord({ key: 'k7' }));
    await backend.put(aRecord({ key: 'k8', body: noise(100_000) }));
    await assertStored(backend, aRecord({ key: 'k8', body: noise(100_000) }));
    expect(await backend.count()).toBe(20);
    expect(await backend.deleteResource('resource')).toBe(20);
    await backend.clear();
    await backend.close();
    expect(pool.isOpen).toBe(true);
    await pool.close();
  });
});

describeOwnServers('redis', () => {
  it('a password in the URL or in options lets in; a wrong one fails with a typed error', async () => {
    const redis = await startRedis({ extraArgs: ['--requirepass', 'se:cret/'] });
    try {
      const withPassword = redis.url.replace('redis://', 'redis://:se%3Acret%2F@');
      for (const options of [
        { url: withPassword },
        { url: redis.url, clientOptions: { password: 'se:cret/' } },
      ]) {
        const backend = new RedisBackend('x', options);
        expect(await backend.put(aRecord())).toBe(true);
        await backend.close();
      }
      const backend = new RedisBackend('x', { url: redis.url.replace('redis://', 'redis://:wrong@') });
      for (const call of [() => backend.get('key'), () => backend.put(aRecord()), () => backend.clear()]) {
        const error = await errorOf(call);
        expect(error).toMatchObject({ code: 'ERR_CACHE_BACKEND', backend: 'redis' });
        expect(String(error)).not.toMatch(/wrong@/);
      }
      await backend.close();
      expect(await askRedis(redis.port, 'AUTH se:cret/')).toMatch(/OK/);
    } finally {
      await redis.stop();
    }
  });
});
