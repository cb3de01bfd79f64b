import { MongoClient, MongoNetworkError, MongoServerError } from 'mongodb';
import { aRecord, assertStored, bytesOf, noise, NOON, putAll } from '../../../lib/backend-suite/records.js';
import { GridfsBackend } from '../../../lib/backends/mongodb/gridfs.js';
import { type MongoClientLike } from '../../../lib/index.js';
import { describeServers } from '../../servers/index.js';
import { aDatabase, type TestDatabase } from './a-database.js';

jest.setTimeout(60_000);

interface ChunkCursor {
  next(): Promise<unknown>;
  close(): Promise<void>;
}

/** A client by which something is done before the chunks of a body are read. */
function interrupted(client: MongoClient, before: () => Promise<void>): MongoClientLike {
  const cursorOf = (cursor: ChunkCursor): ChunkCursor => ({
    next: async () => {
      await before();
      return cursor.next();
    },
    close: () => cursor.close(),
  });
  return {
    connect: () => client.connect(),
    close: (force) => client.close(force),
    db: (name) => {
      const db = client.db(name);
      return {
        command: (command: object) => db.command(command),
        collection: (collection: string, options: object) => {
          const real = db.collection(collection, options);
          if (!collection.endsWith('.chunks')) return real;
          return { find: (filter: object, how: object) => cursorOf(real.find(filter, how)) };
        },
      };
    },
  };
}

/** A client whose commands that put a head in its place have another outcome. */
function withOtherPuts(client: MongoClient, put: (real: () => Promise<unknown>) => Promise<unknown>) {
  const headsOf = (name: string): object => {
    const heads = client.db(name).collection('responses.heads');
    return new Proxy(heads, {
      get: (_, property) => {
        const found: unknown = Reflect.get(heads, property);
        if (typeof found !== 'function') return found;
        const real = found.bind(heads) as (...given: unknown[]) => Promise<unknown>;
        return property === 'findOneAndReplace' ? (...given: unknown[]) => put(() => real(...given)) : real;
      },
    });
  };
  return {
    connect: () => client.connect(),
    close: (force?: boolean) => client.close(force),
    db: (name: string) => ({
      command: (command: object) => client.db(name).command(command),
      collection: (collection: string, options: object) =>
        collection.endsWith('.heads') ? headsOf(name) : client.db(name).collection(collection, options),
    }),
  } as MongoClientLike;
}

describeServers('mongodb', (server) => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await aDatabase(server().url);
  });
  afterEach(() => database.drop());

  const older = aRecord({ head: bytesOf('older'), body: noise(5000, 1) });
  const newer = aRecord({ head: bytesOf('newer'), body: noise(6000, 2) });
  const open = (source: { url: string } | { client: MongoClientLike }): GridfsBackend =>
    new GridfsBackend(database.name, { ...source, inlineBytes: 0, chunkBytes: 1000 });

  it.each(['get', 'body'] as const)(
    'a record that is replaced between its head and its body is read anew by %s, and the newer one stays',
    async (call) => {
      let replacements = 0;
      const replace = async (): Promise<void> => {
        if ((replacements += 1) > 1) return;
        const other = open({ url: server().url });
        await putAll(other, [newer]);
        // Also the older body is gone then.
        await other.close();
      };
      const first = open({ url: server().url });
      await putAll(first, [older]);
      await first.close();
      const client = new MongoClient(server().url);
      const reader = open({ client: interrupted(client, replace) });
      const body =
        call === 'get' ? (await reader.get('key'))[0]?.body : await reader.body({ key: 'key', variant: '' });
      expect(replacements).toBeGreaterThan(1);
      expect(Buffer.compare(body ?? bytesOf(''), newer.body)).toBe(0);
      await assertStored(reader, newer);
      await reader.close();
      await client.close();
    },
  );

  describe('a put whose head', () => {
    let client: MongoClient;
    beforeEach(() => {
      client = new MongoClient(server().url);
    });
    afterEach(() => client.close());
    const files = () => database.collection('responses.files').countDocuments();

    it('is refused leaves no body', async () => {
      const refuse = () => Promise.reject(new MongoServerError({ message: 'not authorized', code: 13 }));
      const backend = open({ client: withOtherPuts(client, refuse) });
      await expect(backend.put(newer)).rejects.toMatchObject({ code: 'ERR_CACHE_BACKEND', operation: 'put' });
      await backend.close();
      expect(await files()).toBe(0);
    });

    it('had its effect although the answer was lost keeps its body', async () => {
      const lose = async (real: () => Promise<unknown>): Promise<never> => {
        await real();
        throw new MongoNetworkError('the connection is gone');
      };
      const backend = open({ client: withOtherPuts(client, lose) });
      await expect(backend.put(newer)).rejects.toMatchObject({ code: 'ERR_CACHE_BACKEND', operation: 'put' });
      await backend.close();
      const reader = open({ url: server().url });
      await assertStored(reader, newer);
      await reader.close();
      expect(await files()).toBe(1);
    });
  });

  it('a sweep gets to what lies behind many bodies that are in use, all at once or little by little', async () => {
    const backend = new GridfsBackend(database.name, {
      url: server().url,
      ...{ inlineBytes: 0, chunkBytes: 1000, orphanAge: 0 },
    });
    const used = Array.from({ length: 210 }, (_, index) => aRecord({ key: `k${index}`, body: noise(1500) }));
    await Promise.all(used.map((record) => backend.put(record)));
    const chunks = database.collection('responses.chunks');
    const files = database.collection('responses.files');
    // Later than all others: half a body, and then a whole one without a head.
    const half = `${Date.now().toString(16).padStart(12, '0')}${'f'.repeat(20)}`;
    await chunks.insertOne({ files_id: half, n: 0, data: Buffer.from('half') } as never);
    expect(await backend.sweep(-60_000)).toBe(1);
    expect(await chunks.countDocuments()).toBe(420);
    await putAll(backend, [aRecord({ key: 'lost', body: noise(1500) })]);
    await database.collection('responses.heads').deleteOne({ key: 'lost' });
    for (let round = 0; round < 10 && (await files.countDocuments()) > 210; round++) {
      await backend.prune(NOON, 10);
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    expect(await files.countDocuments()).toBe(210);
    await backend.close();
    expect(await chunks.countDocuments()).toBe(420);
  });
});
