import { randomBytes } from 'node:crypto';
import { type Collection, type Db, type Document, MongoClient } from 'mongodb';

/** Documents whose `_id` is a text. */
export type TextDocument = Document & { _id: string };

/** A database of a test's own on a server that others use, too, and a client of the test's own to look into it. */
export interface TestDatabase {
  readonly name: string;
  readonly client: MongoClient;
  readonly db: Db;
  collection(name: string): Collection<TextDocument>;
  /** Deletes it, as far as the server can. */
  drop(): Promise<void>;
}

export async function aDatabase(url: string): Promise<TestDatabase> {
  const client = await new MongoClient(url, { promoteBuffers: true }).connect();
  const name = `test-${randomBytes(6).toString('hex')}x`;
  const db = client.db(name);
  return {
    name,
    client,
    db,
    collection: (collection) => db.collection<TextDocument>(collection),
    drop: async () => {
      try {
        for (const collection of await db.collections()) await collection.drop();
      } catch {
        // Some servers have no such command; they end with the tests.
      } finally {
        await client.close();
      }
    },
  };
}
