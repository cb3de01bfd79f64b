import { randomUUID } from 'node:crypto';
import { createClient } from 'redis';
import { RedisBackend } from '../../../lib/backends/redis/index.js';
import { aRecord, assertStored, listAll, noise } from '../../../lib/backend-suite/records.js';
import { type StoredRecord } from '../../../lib/storage/backend.js';
import { type RedisClientLike } from '../../../lib/storage/options/redis.js';
import { describeServers } from '../../servers/index.js';

/** Two who write and delete at one address: each command of one can come between two of the other. */
jest.setTimeout(60_000);

type Command = readonly (string | Buffer)[];
type Client = ReturnType<typeof createClient>;

/**
 * Sends each command after the one before has been answered.
 * @param before is asked before each of them, and waited for
 * @param isOne whether it looks like one connection, which keeps the order by itself
 */
function stepByStep(
  client: Client,
  before: (command: Command) => unknown,
  isOne = true,
): RedisClientLike & object {
  let last: Promise<unknown> = Promise.resolve();
  return {
    isOpen: true,
    ...(isOne ? { isReady: true } : {}),
    on: () => undefined,
    off: () => undefined,
    sendCommand: (command: Command, options: object) => {
      const reply = last.then(async () => {
        await before(command);
        return client.sendCommand(command, options);
      });
      last = reply.catch(() => undefined);
      return reply;
    },
  };
}

/** Answers as a cluster does that is hidden behind one address, to a script with keys of several slots. */
function divided(client: Client): Client {
  return new Proxy(client, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name, target);
      if (name !== 'sendCommand') return typeof member === 'function' ? member.bind(target) : member;
      return (command: Command, options: object) => {
        if (slotsOf(command).size < 2) return target.sendCommand(command, options);
        return Promise.reject(new Error("CROSSSLOT Keys in request don't hash to the same slot"));
      };
    },
  });
}

function keyNames([, , count, ...rest]: Command): string[] {
  return rest.slice(0, Number(count)).map(String);
}

/** What stands between braces in the names of a script's keys. */
function slotsOf(command: Command): Set<string> {
  if (!/^EVAL/.test(String(command[0]))) return new Set();
  return new Set(keyNames(command).map((key) => /\{(.*?)\}/.exec(key)?.[1] ?? ''));
}

/** Something that is waited for until it is told. */
function aSignal(): { readonly reached: Promise<void>; tell(): void } {
  let tell = (): void => undefined;
  const reached = new Promise<void>((resolve) => (tell = resolve));
  return { reached, tell: () => tell() };
}

describeServers('redis', (server) => {
  let client: Client;
  let namespace: string;
  beforeEach(async () => {
    namespace = `race-${randomUUID()}`;
    client = createClient({ url: server().url });
    await client.connect();
  });
  afterEach(async () => {
    await new RedisBackend(namespace, { client }).clear();
    await client.close();
  });

  const isWrite = ([name]: Command): boolean => /^EVAL/.test(String(name));
  const isRemovalFromIndex = ([name]: Command): boolean => /^[SZ]REM$/.test(String(name));

  async function expectFound(): Promise<void> {
    const reader = new RedisBackend(namespace, { client });
    expect(await reader.get('key')).toHaveLength(1);
    expect(await listAll(reader.scan({ resource: 'resource' }))).toHaveLength(1);
    expect(await client.zRange(`${namespace}:{.deadlines}`, 0, -1)).toHaveLength(1);
    expect(await reader.deleteResource('resource')).toBe(1);
    expect(await reader.count()).toBe(0);
  }

  it.each([
    ['put', 'one connection', true, 'one keyspace'],
    ['put', 'several connections', false, 'one keyspace'],
    ['put', 'one connection', true, 'a divided keyspace'],
    ['put', 'several connections', false, 'a divided keyspace'],
    ['replaceHead', 'one connection', true, 'one keyspace'],
    ['replaceHead', 'several connections', false, 'one keyspace'],
    ['replaceHead', 'one connection', true, 'a divided keyspace'],
    ['replaceHead', 'several connections', false, 'a divided keyspace'],
  ] as const)(
    'what %s stores over %s (%s: %s), while the index forgets the older one, is found by its resource',
    async (how, _title, isOne, keyspace) => {
      const older = aRecord({ variant: how === 'put' ? '' : 'gone' });
      await new RedisBackend(namespace, { client }).put(older);
      if (how === 'replaceHead') await new RedisBackend(namespace, { client }).put(aRecord());
      const [deleted, writes] = [aSignal(), aSignal()];
      const deleting = new RedisBackend(namespace, {
        client: stepByStep(client, async (command) => {
          if (!isRemovalFromIndex(command)) return;
          deleted.tell();
          await writes.reached;
        }),
      });
      const deletion = deleting.delete('key', older.variant);
      await deleted.reached;
      let isFirst = false;
      const writing = new RedisBackend(namespace, {
        client: stepByStep(
          keyspace === 'one keyspace' ? client : divided(client),
          async (command) => {
            if (!isWrite(command) || !isFirst) return;
            isFirst = false;
            writes.tell();
            await deletion;
          },
          isOne,
        ),
      });
      // So that Redis knows the script on this connection, and all is sent together where it can be.
      const record = aRecord({ head: Buffer.from('newer') });
      if (how === 'put') await writing.put(aRecord({ key: 'another', resource: 'other' }));
      else await writing.replaceHead(aRecord());
      isFirst = true;
      expect(await (how === 'put' ? writing.put(record) : writing.replaceHead(record))).toBe(true);
      expect(await deletion).toBe(1);
      await writing.delete('another');
      await expectFound();
    },
  );

  it('so is what is stored before the index forgets the older one', async () => {
    await new RedisBackend(namespace, { client }).put(aRecord());
    const [deleted, written] = [aSignal(), aSignal()];
    const deleting = new RedisBackend(namespace, {
      client: stepByStep(client, async (command) => {
        if (!isRemovalFromIndex(command)) return;
        deleted.tell();
        await written.reached;
      }),
    });
    const deletion = deleting.delete('key');
    await deleted.reached;
    await new RedisBackend(namespace, { client }).put(aRecord());
    written.tell();
    expect(await deletion).toBe(1);
    await expectFound();
  });

  it('what is stored while everything is deleted is found by its resource, or is gone', async () => {
    const other = new RedisBackend(namespace, { client });
    await other.put(aRecord({ key: 'older' }));
    let stored = 0;
    const clearing = new RedisBackend(namespace, {
      client: stepByStep(client, async ([name]) => {
        if (name === 'UNLINK') await other.put(aRecord({ key: `newer ${stored++}` }));
      }),
    });
    await clearing.clear();
    expect(stored).toBeGreaterThan(2);
    const left = await listAll(other.scan());
    expect(await listAll(other.scan({ resource: 'resource' }))).toHaveLength(left.length);
    expect(await client.zCard(`${namespace}:{.deadlines}`)).toBeGreaterThanOrEqual(left.length);
    expect(await other.deleteResource('resource')).toBe(left.length);
    expect(await other.count()).toBe(0);
  });

  it('a script that Redis has been made to forget runs all the same, and the index comes after it', async () => {
    const commands: string[] = [];
    const backend = new RedisBackend(namespace, {
      client: stepByStep(divided(client), ([name]) => commands.push(String(name))),
    });
    await backend.put(aRecord());
    await client.scriptFlush();
    commands.length = 0;
    expect(await backend.put(aRecord())).toBe(true);
    const last = commands.lastIndexOf('EVAL');
    expect(last).toBeGreaterThan(commands.indexOf('EVALSHA'));
    expect(commands.slice(last)).toEqual(['EVAL', 'SADD', 'ZADD']);
    await expectFound();
  });

  it('what may go over several connections is sent when the one before has been answered', async () => {
    const steps: string[] = [];
    const apart = divided(client);
    const backend = new RedisBackend(namespace, {
      client: {
        isOpen: true,
        on: () => undefined,
        off: () => undefined,
        sendCommand: async (command: string[], options: object) => {
          steps.push(`${command[0]} sent`);
          const reply = await apart.sendCommand(command, options);
          steps.push(`${command[0]} answered`);
          return reply;
        },
      } as RedisClientLike,
    });
    await backend.put(aRecord());
    steps.length = 0;
    await backend.put(aRecord());
    const index = ['SADD sent', 'ZADD sent', 'SADD answered', 'ZADD answered'];
    expect(steps).toEqual([...index, 'EVALSHA sent', 'EVALSHA answered', ...index]);
    await expectFound();
  });

  it('where there is one keyspace one command stores a record and its place in the index', async () => {
    const commands: string[] = [];
    const backend = new RedisBackend(namespace, {
      client: stepByStep(client, ([name]) => commands.push(String(name))),
    });
    await backend.put(aRecord());
    await client.scriptFlush();
    commands.length = 0;
    expect(await backend.put(aRecord())).toBe(true);
    expect(await backend.replaceHead(aRecord({ head: Buffer.from('newer') }))).toBe(true);
    expect(commands).toEqual(['EVALSHA', 'EVAL', 'EVALSHA', 'EVAL']);
    await expectFound();
  });

  it('a cluster behind one address is noticed once', async () => {
    const commands: string[] = [];
    const backend = new RedisBackend(namespace, {
      client: stepByStep(divided(client), ([name]) => commands.push(String(name))),
    });
    expect(await backend.put(aRecord({ body: noise(100_000) }))).toBe(true);
    expect(commands.slice(0, 6)).toEqual(['SET', 'EVALSHA', 'UNLINK', 'SADD', 'ZADD', 'EVALSHA']);
    commands.length = 0;
    expect(await backend.put(aRecord())).toBe(true);
    expect(commands.filter((name) => name === 'SET')).toEqual([]);
    await expectFound();
  });

  describe('what is large waits in a key of its own until it takes its place', () => {
    const large = aRecord({ body: noise(100_000) });

    async function expectOnly(...records: StoredRecord[]): Promise<void> {
      const reader = new RedisBackend(namespace, { client });
      for (const record of records) await assertStored(reader, record);
      expect(await reader.count()).toBe(records.length);
      expect((await client.keys(`${namespace}:*`)).filter((key) => key.includes(':new:'))).toEqual([]);
    }

    it.each(['string', 'hash'] as const)('new, the same again, and beside others (%s)', async (layout) => {
      const backend = new RedisBackend(namespace, { client, layout });
      await backend.put(large);
      const again = { ...large, body: noise(70_000, 2) };
      await backend.put(again);
      const reader = new RedisBackend(namespace, { client, layout });
      await assertStored(reader, again);
      const other = aRecord({ variant: 'other', body: noise(50_000, 3) });
      const third = aRecord({ variant: 'third', body: noise(2_000_000, 4) });
      for (const record of [other, third, other]) await backend.put(record);
      for (const record of [again, other, third]) await assertStored(reader, record);
      expect(await reader.count()).toBe(3);
      expect((await client.keys(`${namespace}:*`)).filter((key) => key.includes(':new:'))).toEqual([]);
      await reader.clear();
    });

    it('many at the same time, each with its own bytes', async () => {
      const backend = new RedisBackend(namespace, { client });
      const records = Array.from({ length: 60 }, (_, index) =>
        aRecord({ key: `key ${index % 20}`, body: noise(20_000 + 10_000 * index, index) }),
      );
      await Promise.all(records.map((record) => backend.put(record)));
      await expectOnly(...records.slice(40));
    });

    it('is what it was when the connection lets go of it with a delay', async () => {
      const backend = new RedisBackend(namespace, {
        client: stepByStep(client, () => new Promise((resolve) => setTimeout(resolve, 5))),
      });
      const records = [1, 2, 3].map((seed) => aRecord({ key: `key ${seed}`, body: noise(100_000, seed) }));
      await Promise.all(records.map((record) => backend.put(record)));
      for (const record of records) await backend.put(record);
      await expectOnly(...records);
    });

    it('leaves the older one where its script is lost, and goes by itself', async () => {
      await new RedisBackend(namespace, { client }).put(aRecord());
      const backend = new RedisBackend(namespace, {
        client: stepByStep(client, ([name]) => {
          if (/^EVAL/.test(String(name))) throw new Error('The connection is lost');
        }),
      });
      await expect(backend.put(large)).rejects.toThrow('lost');
      const [waiting = ''] = (await client.keys(`${namespace}:*`)).filter((key) => key.includes(':new:'));
      expect(await client.pTTL(waiting)).toBeGreaterThan(0);
      const reader = new RedisBackend(namespace, { client });
      await assertStored(reader, aRecord());
      expect(await reader.count()).toBe(1);
      await reader.clear();
      expect(await client.keys(`${namespace}*`)).toEqual([]);
    });

    const isScript = ([name]: Command): boolean => /^EVAL/.test(String(name));
    const waitingKeys = (): Promise<string[]> => client.keys(`${namespace}:*:new:*`);

    it.each([
      ['alone', false],
      ['beside another', true],
    ])('is stored also when it is gone before its script comes: %s', async (_title, isBeside) => {
      const plain = new RedisBackend(namespace, { client });
      await plain.put(aRecord());
      const other = aRecord({ variant: 'other' });
      if (isBeside) await plain.put(other);
      let evicted = 0;
      const backend = new RedisBackend(namespace, {
        client: stepByStep(client, async (command) => {
          const keys = isScript(command) ? await waitingKeys() : [];
          if (keys.length > 0) evicted += await client.del(keys);
        }),
      });
      expect(await backend.put(large)).toBe(true);
      expect(await backend.put(large)).toBe(true);
      expect(evicted).toBe(2);
      await expectOnly(large, ...(isBeside ? [other] : []));
    });

    it('is stored also when a driver sends its script twice, since it lost the first answer', async () => {
      const twice = new Proxy(client, {
        get: (target, name) => {
          const member: unknown = Reflect.get(target, name, target);
          if (name !== 'sendCommand') return typeof member === 'function' ? member.bind(target) : member;
          return async (command: Command, options: object) => {
            if (isScript(command)) await target.sendCommand(command, options);
            return target.sendCommand(command, options);
          };
        },
      });
      const backend = new RedisBackend(namespace, { client: stepByStep(twice, () => undefined) });
      expect(await backend.put(large)).toBe(true);
      await expectOnly(large);
    });

    it('does not wait where Redis does not let keys be renamed, after one try', async () => {
      const commands: string[] = [];
      const strict = stepByStep(client, (command) => {
        commands.push(String(command[0]));
        if (
          isScript(command) &&
          slotsOf(command).size > 0 &&
          keyNames(command).some((key) => key.includes(':new:'))
        )
          throw new Error("ERR The user executing the script can't run this command or subcommand");
      });
      const backend = new RedisBackend(namespace, { client: strict });
      expect(await backend.put(large)).toBe(true);
      expect(commands).toContain('SET');
      commands.length = 0;
      expect(await backend.put({ ...large, head: Buffer.from('newer') })).toBe(true);
      expect(commands).not.toContain('SET');
      await expectOnly({ ...large, head: Buffer.from('newer') });
    });

    it('does not stay when its script fails', async () => {
      const backend = new RedisBackend(namespace, { client });
      await client.set(`${namespace}:{.deadlines}`, 'of somebody else');
      await expect(backend.put(large)).rejects.toMatchObject({ code: 'ERR_CACHE_BACKEND' });
      await client.ping();
      expect(await waitingKeys()).toEqual([]);
      await client.del(`${namespace}:{.deadlines}`);
    });
  });

  it('the deadline of a record that never expires is no deadline of the one that replaces it', async () => {
    const [reading, writing] = [0, 1].map(() => new RedisBackend(namespace, { client })) as [
      RedisBackend,
      RedisBackend,
    ];
    await writing.put(aRecord({ retainUntil: 1e12, expiresAt: 1e12 }));
    await writing.put(aRecord({ retainUntil: undefined }));
    expect(await reading.prune(2e12, 10)).toBe(0);
    expect(await reading.count()).toBe(1);
    await writing.put(aRecord());
    expect(await reading.prune(aRecord().retainUntil ?? 0, 10)).toBe(1);
    expect(await client.keys(`${namespace}*`)).toEqual([]);
  });
});
