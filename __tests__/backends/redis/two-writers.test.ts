import { randomUUID } from 'node:crypto';
import { createClient } from 'redis';
import { RedisBackend } from '../../../lib/backends/redis/index.js';
import { aRecord, listAll } from '../../../lib/backend-suite/records.js';
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
    ['put', 'one connection', true],
    ['put', 'several connections', false],
    ['replaceHead', 'one connection', true],
    ['replaceHead', 'several connections', false],
  ] as const)(
    'what %s stores over %s, while the index forgets the older one, is found by its resource',
    async (how, _title, isOne) => {
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
          client,
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
      client: stepByStep(client, ([name]) => commands.push(String(name))),
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
    const backend = new RedisBackend(namespace, {
      client: {
        isOpen: true,
        on: () => undefined,
        off: () => undefined,
        sendCommand: async (command: string[], options: object) => {
          steps.push(`${command[0]} sent`);
          const reply = await client.sendCommand(command, options);
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
