import { randomUUID } from 'node:crypto';
import axios from 'axios';
import { createClient } from 'redis';
import { RedisBackend } from '../../../lib/backends/redis/index.js';
import { aRecord, assertStored, bytesOf, listAll, noise } from '../../../lib/backend-suite/records.js';
import { withCache } from '../../../lib/index.js';
import { OriginServer } from '../../helpers/origin-server.js';
import { describeServers } from '../../servers/index.js';

/** Values that somebody else has put there, or that were damaged. */
jest.setTimeout(120_000);

/** Which corruptions there are is told by this number alone. */
const SEED = 20_261_126;
const CORRUPTIONS = 600;
const AS_BYTES = { typeMapping: { 36: Buffer } } as const;
type Client = ReturnType<typeof createClient>;

function numbers(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
    return Math.floor((((state ^ (state >>> 13)) >>> 0) / 2 ** 32) * below);
  };
}

function corrupt(bytes: Buffer, chance: (below: number) => number): Buffer {
  const damaged = Buffer.from(bytes);
  // Most of it is told at the beginning: lengths, times.
  const reach = chance(2) === 0 ? Math.min(200, bytes.length) : bytes.length;
  switch (chance(5)) {
    case 0:
      return damaged.subarray(0, chance(bytes.length));
    case 1:
      return Buffer.concat([damaged, noise(1 + chance(100), chance(1000))]);
    case 2: {
      const at = chance(reach);
      return damaged.fill(chance(2) * 255, at, Math.min(at + 1 + chance(8), damaged.length));
    }
    case 3:
      return Buffer.from(noise(chance(300), chance(1000)));
    default:
      for (let flips = 1 + chance(4); flips > 0; flips--) {
        const at = chance(reach);
        damaged[at] = (damaged[at] ?? 0) ^ (1 << chance(8));
      }
      return damaged;
  }
}

describeServers('redis', (server) => {
  let client: Client;
  let namespace: string;
  let backend: RedisBackend;
  beforeEach(async () => {
    namespace = `damaged-${randomUUID()}`;
    client = createClient({ url: server().url });
    await client.connect();
  });
  afterEach(async () => {
    await backend.clear();
    expect(await client.keys(`${namespace}*`)).toEqual([]);
    await client.close();
  });

  it.each(['string', 'hash'] as const)(
    `layout %s: ${CORRUPTIONS} corruptions, and every answer is the origin's`,
    async (layout) => {
      const chance = numbers(SEED);
      const bodyOf = (url: string): string => url.repeat(url.startsWith('/long') ? 1000 : 3);
      const origin = await OriginServer.start(({ url }) => ({
        headers: { vary: 'x-mode' },
        body: bodyOf(url),
      }));
      backend = new RedisBackend(namespace, { client, layout });
      const http = withCache(axios.create({ baseURL: origin.url }), { backend, storageTimeout: 60 });
      const tally = { hits: 0, misses: 0, rejected: 0 };
      const told: unknown[] = [];
      http.cache.on('recordRejected', () => (tally.rejected += 1));
      http.cache.on('backendError', ({ error }) => told.push(error));
      const read = async (key: string) => {
        if (layout === 'hash') return client.withCommandOptions(AS_BYTES).hGetAll(key);
        const type = await client.type(key);
        return type === 'hash'
          ? client.withCommandOptions(AS_BYTES).hGetAll(key)
          : client.withCommandOptions(AS_BYTES).get(key);
      };
      const get = async (url: string, mode: string): Promise<void> => {
        const { data, cache } = await http.get<string>(url, { headers: { 'x-mode': mode } });
        if (data !== bodyOf(url)) throw new Error(`A wrong body for ${url}: ${data.slice(0, 80)}`);
        tally[cache.fromCache ? 'hits' : 'misses'] += 1;
      };
      try {
        // One variant, several short ones, and several long ones, whose bodies are kept apart.
        const wanted = [
          ['/short', 'a'],
          ['/shorts', 'a'],
          ['/shorts', 'b'],
          ['/longs', 'a'],
          ['/longs', 'b'],
        ] as const;
        for (const [url, mode] of wanted) await get(url, mode);
        const keys = layout === 'hash' ? [namespace] : await client.keys(`${namespace}:{[^.]*`);
        const sound = await Promise.all(keys.map(async (key) => [key, await read(key)] as const));
        for (let round = 0; round < CORRUPTIONS; round++) {
          const [key, value] = sound[chance(sound.length)] as (typeof sound)[number];
          if (Buffer.isBuffer(value)) await client.set(key, corrupt(value, chance));
          else {
            const fields = Object.entries(value as unknown as Record<string, Buffer>);
            const [field, bytes] = fields[chance(fields.length)] as (typeof fields)[number];
            await client.hSet(key, field, corrupt(bytes, chance));
          }
          const [url, mode] = wanted[chance(wanted.length)] as (typeof wanted)[number];
          for (const [ofAll, by] of round % 3 === 0 ? wanted : [[url, mode] as const]) await get(ofAll, by);
          if (round % 50 === 0) {
            await http.cache.count();
            await http.cache.size();
            await http.cache.removeExpired();
          }
          // As it was.
          if (chance(3) === 0) await http.cache.delete({ urls: [origin.url + url] });
          for (const [name, whole] of sound) {
            if (Buffer.isBuffer(whole)) await client.set(name, whole);
            else await client.hSet(name, whole as unknown as Record<string, Buffer>);
          }
        }
        expect(told).toEqual([]);
        expect(tally.hits).toBeGreaterThan(CORRUPTIONS / 4);
        expect(tally.misses).toBeGreaterThan(CORRUPTIONS / 10);
      } finally {
        await origin.close();
      }
    },
  );

  it.each(['string', 'hash'] as const)(
    'layout %s: a value whose end is missing is pruned when it is due, and goes with its resource',
    async (layout) => {
      backend = new RedisBackend(namespace, { client, layout, ttl: false });
      const bytes = client.withCommandOptions(AS_BYTES);
      await backend.put(aRecord({ key: 'due', retainUntil: 5 }));
      await backend.put(aRecord({ key: 'kept', retainUntil: undefined }));
      for (const key of ['due', 'kept']) {
        if (layout === 'hash') {
          const whole = (await bytes.hGet(namespace, key)) as unknown as Buffer;
          await client.hSet(namespace, key, whole.subarray(0, -1));
        } else {
          const name = `${namespace}:{${key}}`;
          const whole = (await bytes.get(name)) as unknown as Buffer;
          await client.set(name, whole.subarray(0, -1));
        }
      }
      expect(await backend.get('due')).toEqual([]);
      expect(await backend.prune(10, 100)).toBe(0);
      expect(await backend.deleteResource('resource')).toBe(0);
      expect(await client.keys(`${namespace}*`)).toEqual([]);
    },
  );

  it.each(['a list', 'a set', 'a hash', 'a text', 'nothing'] as const)(
    'layout string: %s in place of a record reads as absent, and is replaced',
    async (foreign) => {
      backend = new RedisBackend(namespace, { client });
      const key = `${namespace}:{key}`;
      for (const name of [key, `${key}:bodies`]) {
        if (foreign === 'a list') await client.lPush(name, 'x');
        if (foreign === 'a set') await client.sAdd(name, 'x');
        if (foreign === 'a hash') await client.hSet(name, 'x', 'y');
        if (foreign === 'a text') await client.set(name, 'not ours');
        if (foreign === 'nothing') await client.set(name, '');
      }
      expect(await backend.get('key')).toEqual([]);
      expect(await backend.body({ key: 'key', variant: '' })).toBeUndefined();
      expect(await backend.count()).toBe(0);
      expect(await backend.delete('key')).toBe(0);
      expect(await backend.replaceHead(aRecord())).toBe(false);
      for (const variant of ['a', 'b']) {
        expect(await backend.put(aRecord({ variant, body: noise(5000) }))).toBe(true);
      }
      for (const variant of ['a', 'b']) {
        await assertStored(backend, aRecord({ variant, body: noise(5000) }));
      }
    },
  );

  it('layout hash: something else that is called as the namespace reads as absent; storing fails, until clear()', async () => {
    backend = new RedisBackend(namespace, { client, layout: 'hash' });
    await client.set(namespace, 'not ours');
    expect(await backend.get('key')).toEqual([]);
    expect(await backend.count()).toBe(0);
    await expect(backend.put(aRecord())).rejects.toMatchObject({
      code: 'ERR_CACHE_BACKEND',
      operation: 'put',
    });
    await backend.clear();
    await backend.put(aRecord());
    await assertStored(backend, aRecord());
  });

  it('a body that Redis has evicted is absent, and so is one of another length', async () => {
    backend = new RedisBackend(namespace, { client });
    const records = ['a', 'b'].map((variant) => aRecord({ variant, body: noise(5000) }));
    for (const record of records) await backend.put(record);
    const bodies = `${namespace}:{key}:bodies`;
    for (const field of await client.hKeys(bodies)) await client.hSet(bodies, field, 'short');
    for (const record of records) expect(await backend.body(record)).toBeUndefined();
    await client.del(bodies);
    for (const record of records) expect(await backend.body(record)).toBeUndefined();
    expect(await backend.delete('key', 'a')).toBe(1);
    expect(await backend.get('key')).toEqual([]);
    for (const record of records) await backend.put(record);
    for (const record of records) await assertStored(backend, record);
  });

  it('an index of another kind fails as an error of the backend, and clear() makes all well', async () => {
    backend = new RedisBackend(namespace, { client });
    await client.set(`${namespace}:{.deadlines}`, 'not ours');
    await expect(backend.put(aRecord())).rejects.toMatchObject({ code: 'ERR_CACHE_BACKEND' });
    await expect(backend.prune(1, 1)).rejects.toMatchObject({ code: 'ERR_CACHE_BACKEND' });
    await backend.clear();
    await backend.put(aRecord({ head: bytesOf('x') }));
    expect(await listAll(backend.scan({ resource: 'resource' }))).toHaveLength(1);
  });
});
