import { randomUUID } from 'node:crypto';
import { createClient } from 'redis';
import { RedisBackend } from '../../../lib/backends/redis/index.js';
import { aRecord, assertStored, metaOf, noise, NOON } from '../../../lib/backend-suite/records.js';
import { describeServers, type FaultProxy, startFaultProxy } from '../../servers/index.js';

jest.setTimeout(60_000);

const RED = 'a'.repeat(64);
const BLUE = 'b'.repeat(64);
const commandTimeout = 30_000;

describeServers('redis', (server) => {
  let proxy: FaultProxy;
  let namespace: string;
  let backend: RedisBackend;
  let client: ReturnType<typeof createClient>;
  beforeEach(async () => {
    namespace = `tags-${randomUUID()}`;
    proxy = await startFaultProxy(server().url);
    client = createClient({ url: server().url });
    await client.connect();
  });
  afterEach(async () => {
    await backend.clear();
    await backend.close();
    await client.close();
    await proxy.close();
  });

  const keys = async (): Promise<readonly string[]> => client.keys(`${namespace}*`);
  const tagKeys = async (): Promise<readonly string[]> => client.keys(`${namespace}:{.tag:*`);

  it.each(['string', 'hash'] as const)('layout %s: a record with tags is one round trip', async (layout) => {
    backend = new RedisBackend(namespace, { url: proxy.url, layout, commandTimeout });
    const record = aRecord({ tags: [RED, BLUE], body: noise(30_000) });
    await backend.put(record);
    await backend.replaceHead(metaOf(record));
    const trips = async (call: () => unknown): Promise<number> =>
      (await proxy.measure(call)).traffic.roundTrips;
    expect(await trips(() => backend.put(record))).toBe(1);
    expect(await trips(() => backend.put({ ...record, key: 'another' }))).toBe(1);
    expect(await trips(() => backend.get('key'))).toBe(1);
    expect(
      await trips(() => backend.replaceHead({ ...metaOf(record), expiresAt: NOON + 1 }, record.head)),
    ).toBe(1);
  });

  it.each(['string', 'hash'] as const)('layout %s: nothing is left of tags', async (layout) => {
    backend = new RedisBackend(namespace, { url: server().url, layout, commandTimeout });
    await backend.put(aRecord({ tags: [RED] }));
    await backend.put(aRecord({ tags: [BLUE] }));
    expect(await tagKeys()).toHaveLength(1);
    await backend.replaceHead(metaOf(aRecord({ tags: [RED] })));
    await backend.put(aRecord({ variant: 'v', tags: [RED, BLUE] }));
    await backend.delete('key', '');
    expect(await tagKeys()).toHaveLength(2);
    await backend.delete('key');
    expect(await keys()).toEqual([]);
  });

  it('prune() takes the entries of what Redis has deleted by itself', async () => {
    backend = new RedisBackend(namespace, { url: server().url, commandTimeout });
    await backend.put(aRecord({ tags: [RED], retainUntil: Date.now() - 1000 }));
    expect(await backend.get('key')).toEqual([]);
    expect(await tagKeys()).toHaveLength(1);
    await backend.prune(NOON, 10);
    expect(await keys()).toEqual([]);
  });

  it('more than a batch of records goes by one tag, and another variant stays whole', async () => {
    backend = new RedisBackend(namespace, { url: server().url, commandTimeout });
    const records = Array.from({ length: 1100 }, (_, index) => aRecord({ key: `k${index}`, tags: [RED] }));
    await Promise.all(records.map((record) => backend.put(record)));
    const kept = aRecord({ key: 'k7', variant: 'kept', tags: [BLUE], body: noise(5000) });
    await backend.put(kept);
    expect(await backend.deleteTag(RED)).toBe(1100);
    await assertStored(backend, kept);
    expect(await backend.count()).toBe(1);
    expect(await tagKeys()).toHaveLength(1);
  });
});
