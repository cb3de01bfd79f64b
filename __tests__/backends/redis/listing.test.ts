import { randomUUID } from 'node:crypto';
import { createClient } from 'redis';
import { aRecord, listAll } from '../../../lib/backend-suite/records.js';
import { RedisConnection, type Reply } from '../../../lib/backends/redis/connection.js';
import { SeenIds } from '../../../lib/backends/redis/seen-ids.js';
import { RedisStore } from '../../../lib/backends/redis/store.js';
import { describeServers } from '../../servers/index.js';

/** A listing remembers what it has seen, of a part at a time: everything is listed, and once. */
jest.setTimeout(60_000);

describe('ids that were seen', () => {
  const IDS = 100_000;
  const kinds: Readonly<Record<string, (index: number) => string>> = {
    hashes: (index) => index.toString(16).padStart(64, '0'),
    numbers: String,
    'of which only the end differs': (index) => `https_api_example_com_items_${index}`,
    'of which only the beginning differs': (index) => `${index}_of_the_items_of_api_example_com`,
  };

  it.each(Object.entries(kinds))('are told from new ones: %s', (_kind, idOf) => {
    const seen = new SeenIds();
    const add = () => Array.from({ length: IDS }, (_, index) => seen.addWithin(0, 1, idOf(index)));
    expect(add().filter((isNew) => isNew)).toHaveLength(IDS);
    expect(add().filter((isNew) => isNew)).toHaveLength(0);
    seen.clear();
    expect(add().filter((isNew) => isNew)).toHaveLength(IDS);
  });

  it.each(Object.entries(kinds))('lie in one part each, spread evenly: %s', (_kind, idOf) => {
    const seen = new SeenIds();
    const bounds = [0, 0.1, 0.5, 1];
    const counts = bounds.slice(1).map((to, part) => {
      const from = bounds[part] ?? 0;
      seen.clear();
      return Array.from({ length: IDS }, (_, index) => seen.addWithin(from, to, idOf(index))).filter(
        (isNew) => isNew,
      ).length;
    });
    expect(counts.reduce((sum, count) => sum + count)).toBe(IDS);
    // By chance 0.16 % is usual.
    for (const [index, part] of [0.1, 0.4, 0.5].entries()) {
      expect(Math.abs((counts[index] ?? 0) / IDS - part)).toBeLessThan(0.02);
    }
  });
});

/** Redis may list a key several times; this one always does. Counts how often listing has begun. */
class Repeating extends RedisConnection {
  begun = 0;

  override async servers() {
    const servers = await super.servers();
    return servers.map((send) => async (args: readonly (string | Buffer)[]): Promise<Reply> => {
      const reply = await send(args);
      if (args[0] !== 'SCAN') return reply;
      if (args[1] === '0') this.begun += 1;
      const [next, keys] = reply as [Buffer, readonly Buffer[]];
      return [next, [...keys, ...[...keys].reverse()]];
    });
  }
}

describeServers('redis', (server) => {
  const RECORDS = 1000;
  let connection: Repeating;
  let namespace: string;
  beforeEach(() => {
    namespace = `listing-${randomUUID()}`;
    connection = new Repeating({ url: server().url });
  });
  afterEach(async () => {
    await new RedisStore(connection, namespace, {}).clear();
    await connection.close();
  });

  async function listed(layout: 'string' | 'hash', rememberedIds?: number): Promise<readonly string[]> {
    const store = new RedisStore(connection, namespace, { layout }, rememberedIds);
    const keys = Array.from({ length: RECORDS }, (_, index) => `key-${index}`);
    await Promise.all(keys.map((key) => store.put(aRecord({ key }))));
    connection.begun = 0;
    const found = (await listAll(store.list({}))).map(({ key }) => key);
    expect(found.sort()).toEqual(keys.sort());
    return found;
  }

  it.each(['string', 'hash'] as const)('lists everything once, layout %s', async (layout) => {
    await listed(layout);
  });

  it.each([1000, 700, 300, 90])('lists everything once where it remembers %d ids', async (rememberedIds) => {
    await listed('string', rememberedIds);
    // A part for as many ids as are remembered; the first is smaller, since the server has keys of others and of the index.
    expect(connection.begun).toBeGreaterThanOrEqual(RECORDS / rememberedIds);
  });

  it('does not go through a server once more for each so many keys of others', async () => {
    const others = createClient({ url: server().url });
    await others.connect();
    const prefix = `others-${randomUUID()}:`;
    const write = 'for i = 1, 20000 do redis.call("SET", ARGV[1] .. i, "", "EX", "60") end';
    try {
      await others.eval(write, { arguments: [prefix] });
      await listed('string', 500);
      // The first time in a small part of all; two to five times twice as many as there are, since each comes twice.
      expect(connection.begun).toBeLessThanOrEqual(1 + 5);
      expect(connection.begun).toBeGreaterThan(1);
    } finally {
      await others.eval(write.replace('"SET"', '"UNLINK"').replace(', "", "EX", "60"', ''), {
        arguments: [prefix],
      });
      await others.close();
    }
  });
});
