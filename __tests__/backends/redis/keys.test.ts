import { randomUUID } from 'node:crypto';
import { createClient } from 'redis';
import { RedisBackend } from '../../../lib/backends/redis/index.js';
import {
  aRecord,
  assertAbsent,
  assertStored,
  metaOf,
  noise,
  NOON,
} from '../../../lib/backend-suite/records.js';
import { type RedisOptions } from '../../../lib/storage/options/redis.js';
import { describeServers } from '../../servers/index.js';

/** The keys in Redis: which there are, when Redis deletes them, and whose they are. */
jest.setTimeout(60_000);

const HOUR = 3_600_000;

describeServers('redis', (server) => {
  let connected: ReturnType<typeof createClient>;
  let namespace: string;
  let opened: RedisBackend[];
  beforeEach(async () => {
    namespace = `keys-${randomUUID()}`;
    opened = [];
    connected = createClient({ url: server().url });
    await connected.connect();
  });
  afterEach(async () => {
    for (const backend of opened) await backend.clear();
    await connected.close();
  });

  function open(options: RedisOptions = {}, cacheName = namespace): RedisBackend {
    const backend = new RedisBackend(cacheName, { client: connected, ...options });
    opened.push(backend);
    return backend;
  }

  const expiryOf = async (key: string): Promise<number> =>
    Number(await connected.sendCommand(['PEXPIRETIME', `${namespace}:{${key}}`]));

  describe('expiry', () => {
    it('is the time until which a record is to be kept, and follows new heads', async () => {
      const backend = open();
      const record = aRecord();
      await backend.put(record);
      expect(await expiryOf('key')).toBe(NOON + HOUR);
      await backend.replaceHead({ ...metaOf(record), retainUntil: NOON + 2 * HOUR });
      expect(await expiryOf('key')).toBe(NOON + 2 * HOUR);
      await backend.replaceHead({ ...metaOf(record), retainUntil: undefined });
      expect(await expiryOf('key')).toBe(-1);
      await backend.put(record);
      expect(await expiryOf('key')).toBe(NOON + HOUR);
      await backend.put(aRecord({ retainUntil: undefined }));
      expect(await expiryOf('key')).toBe(-1);
    });

    it('is that of the variant which is kept longest, for the bodies, too', async () => {
      const backend = open();
      for (const [index, variant] of ['a', 'b', 'c'].entries()) {
        await backend.put(
          aRecord({ variant, body: noise(5000), retainUntil: NOON + ((index + 1) % 3) * HOUR }),
        );
      }
      expect(await expiryOf('key')).toBe(NOON + 2 * HOUR);
      expect(Number(await connected.sendCommand(['PEXPIRETIME', `${namespace}:{key}:bodies`]))).toBe(
        NOON + 2 * HOUR,
      );
      await backend.delete('key', 'b');
      expect(await expiryOf('key')).toBe(NOON + HOUR);
      await backend.put(aRecord({ variant: 'd', body: noise(5000), retainUntil: undefined }));
      expect(await expiryOf('key')).toBe(-1);
      expect(Number(await connected.sendCommand(['PTTL', `${namespace}:{key}:bodies`]))).toBe(-1);
    });

    it('is later by ttlOffset, and there is none without ttl, nor in one hash', async () => {
      await open({ ttlOffset: 90.5 }).put(aRecord());
      expect(await expiryOf('key')).toBe(NOON + HOUR + 90_500);
      await open({ ttl: false, ttlOffset: 90 }).put(aRecord());
      expect(await expiryOf('key')).toBe(-1);
      await open({ layout: 'hash' }).put(aRecord());
      expect(Number(await connected.sendCommand(['PEXPIRETIME', namespace]))).toBe(-1);
    });

    it('has Redis delete what is past it, and prune() what is left in the index', async () => {
      const backend = open();
      await backend.put(aRecord({ key: 'gone', retainUntil: Date.now() - 1000 }));
      await backend.put(aRecord({ key: 'soon', retainUntil: Date.now() + 300, resource: 'other' }));
      await assertAbsent(backend, 'gone');
      while ((await backend.get('soon')).length > 0) await new Promise((resolve) => setTimeout(resolve, 50));
      expect(await backend.count()).toBe(0);
      expect(await connected.keys(`${namespace}*`)).not.toEqual([]);
      expect(await backend.prune(NOON, 10)).toBe(0);
      expect(await connected.keys(`${namespace}*`)).toEqual([]);
    });
  });

  it.each(['string', 'hash'] as const)('layout %s: namespaces share nothing', async (layout) => {
    const names = [
      namespace,
      `${namespace}*`,
      `${namespace}:`,
      `${namespace}:{key`,
      `${namespace}?[a]\\`,
      `${namespace}%{`,
    ];
    const backends = names.map((name) => open({ layout }, name));
    const record = (index: number) => aRecord({ body: noise(100, index + 1) });
    for (const [index, backend] of backends.entries()) await backend.put(record(index));
    for (const [index, backend] of backends.entries()) {
      await assertStored(backend, record(index));
      expect(await backend.count()).toBe(1);
    }
    const foreign = `${namespace}-other`;
    await connected.set(foreign, 'x');
    // Each deletes its own, in whatever way.
    await backends[1]?.clear();
    expect(await backends[2]?.deleteResource('resource')).toBe(1);
    expect(await backends[3]?.prune(NOON + HOUR, 100)).toBe(1);
    const left = await Promise.all(backends.map((backend) => backend.count()));
    expect(left).toEqual([1, 0, 0, 0, 1, 1]);
    await backends[0]?.clear();
    await backends[4]?.clear();
    expect(await backends[5]?.count()).toBe(1);
    expect(await connected.getDel(foreign)).toBe('x');
    await backends[5]?.clear();
    // Indexes are theirs, too.
    expect(await connected.keys(`${namespace}*`)).toEqual([]);
  });

  it('the option namespace goes before the cache name', async () => {
    await open({ namespace: `${namespace}-given` }, 'ignored').put(aRecord());
    expect(await connected.exists(`${namespace}-given:{key}`)).toBe(1);
  });

  it('nothing is left when everything was deleted', async () => {
    const backend = open();
    for (const variant of ['a', 'b', 'c']) await backend.put(aRecord({ variant, body: noise(5000) }));
    await backend.put(aRecord({ key: 'another', resource: 'r' }));
    expect(await backend.delete('key', 'b')).toBe(1);
    expect(await backend.delete('key')).toBe(2);
    expect(await backend.deleteResource('r')).toBe(1);
    expect(await connected.keys(`${namespace}*`)).toEqual([]);
  });
});
