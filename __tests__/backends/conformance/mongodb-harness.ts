import { randomBytes } from 'node:crypto';
import { MongoClient } from 'mongodb';
import { MongoClient as MongoClient6 } from 'mongodb-6';
import { GridfsBackend } from '../../../lib/backends/mongodb/gridfs.js';
import { MongodbBackend } from '../../../lib/backends/mongodb/index.js';
import {
  type BackendHarness,
  type StoreRequest,
  type TestStore,
} from '../../../lib/backend-suite/harness.js';
import { type Backend } from '../../../lib/storage/backend.js';
import { type NativeFormOptions } from '../../../lib/storage/options/native-form.js';
import { type MongoOptions } from '../../../lib/storage/options/mongodb.js';

/** How the backends get their driver: the newest by themselves, or an older one in the client that they are given. */
export type Driver = 'mongodb 7' | 'mongodb 6' | 'an open client';

type Make = (cacheName: string, options: MongoOptions) => Backend;

/** The backend `mongodb` on a server, in databases of the harness's own. */
export function mongodbHarness(
  url: () => string,
  driver: Driver = 'mongodb 7',
  form: NativeFormOptions = {},
): BackendHarness {
  return harness(url, driver, ({ maxRecordBytes: maxEntryBytes }) => {
    const limits = maxEntryBytes === undefined ? {} : { maxEntryBytes };
    return (cacheName, options) => new MongodbBackend(cacheName, { ...options, ...limits, ...form });
  });
}

/** The backend `gridfs` likewise. By default every body goes into the bucket, in chunks that are small. */
export function gridfsHarness(
  url: () => string,
  driver: Driver = 'mongodb 7',
  sizes: { inlineBytes?: number; chunkBytes?: number } = { inlineBytes: 0, chunkBytes: 10_000 },
): BackendHarness {
  return harness(url, driver, ({ maxRecordBytes: maxEntryBytes }) => {
    const limits = maxEntryBytes === undefined ? {} : { maxEntryBytes };
    return (cacheName, options) => new GridfsBackend(cacheName, { ...options, ...limits, ...sizes });
  });
}

function harness(
  url: () => string,
  driver: Driver,
  makerFor: (request: StoreRequest) => Make,
): BackendHarness {
  return {
    traits: { persistent: true, shared: true },
    indexesTags: true,
    limitsRecords: true,
    damagesStores: false,
    createStore: (request) => aStore(url(), driver, request, makerFor(request)),
  };
}

function aStore(url: string, driver: Driver, { name }: StoreRequest, make: Make): TestStore {
  const opened: Backend[] = [];
  const clients: { close(): Promise<unknown> }[] = [];
  const cacheName = `${name}-${randomBytes(4).toString('hex')}`;
  return {
    open: () => {
      const backend = make(cacheName, sourceOf(url, driver, clients));
      opened.push(backend);
      return backend;
    },
    dispose: async () => {
      for (const backend of opened) await backend.close();
      for (const client of clients) await client.close();
      await dropDatabase(url, cacheName);
    },
  };
}

function sourceOf(url: string, driver: Driver, clients: { close(): Promise<unknown> }[]): MongoOptions {
  switch (driver) {
    case 'mongodb 7':
      return { url };
    case 'mongodb 6':
      return { client: () => new MongoClient6(url) };
    case 'an open client': {
      const client = new MongoClient(url);
      clients.push(client);
      return { client };
    }
  }
}

/** Deletes a test's own database, as far as the server can. */
export async function dropDatabase(url: string, name: string): Promise<void> {
  const client = new MongoClient(url);
  try {
    for (const collection of await client.db(name).collections()) await collection.drop();
  } catch {
    // Some servers have no such command; they end with the tests.
  } finally {
    await client.close();
  }
}
