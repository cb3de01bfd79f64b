import { MongoClient } from 'mongodb';
import { aRecord, assertStored, bytesOf, noise, putAll } from '../../../lib/backend-suite/records.js';
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
});
