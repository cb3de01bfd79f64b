import { isHttpCacheError } from '../../../lib/errors.js';
import { GridfsBackend } from '../../../lib/backends/mongodb/gridfs.js';
import { MongodbBackend } from '../../../lib/backends/mongodb/index.js';
import { BACKENDS } from '../../../lib/backends/table.js';
import { type BackendSpec, openBackend } from '../../../lib/storage/open-backend.js';

const client = { connect: async () => undefined, db: () => ({}), close: async () => undefined };

const ACCEPTED: readonly object[] = [
  {},
  { url: 'mongodb://localhost' },
  { url: 'mongodb://user:pass@a:1,b:2/auth?replicaSet=rs0' },
  { url: 'mongodb+srv://cluster.example.net/?retryWrites=true' },
  { client },
  { client: () => client },
  { clientOptions: { tls: true } },
  { database: 'app', ttl: false, operationTimeout: 100, maxEntryBytes: Infinity },
  { database: 'Ä', url: undefined, client: undefined },
];

const REFUSED: readonly (readonly [object, string])[] = [
  [{ url: 'redis://localhost' }, 'url'],
  [{ url: 'mongodb://' }, 'url'],
  [{ url: 5 }, 'url'],
  [{ client: {} }, 'client'],
  [{ client: 'x' }, 'client'],
  [{ client, url: 'mongodb://localhost' }, 'url'],
  [{ client, clientOptions: {} }, 'clientOptions'],
  [{ clientOptions: [] }, 'clientOptions'],
  [{ database: '' }, 'database'],
  [{ database: 'a.b' }, 'database'],
  [{ database: 'a b' }, 'database'],
  [{ database: '\ud800' }, 'database'],
  [{ database: 'x'.repeat(64) }, 'database'],
  [{ ttl: 1 }, 'ttl'],
  [{ operationTimeout: 0 }, 'operationTimeout'],
  [{ maxEntryBytes: 0 }, 'maxEntryBytes'],
  [{ maxEntryByte: 1 }, 'maxEntryByte'],
];

const NAMES = ['', 'system.users', 'a$b', '.a', 'a.', 'a..b', 'a\0b', 'x'.repeat(151)];

const OWN: Readonly<Record<string, readonly (readonly [object, string])[]>> = {
  mongodb: [
    ...NAMES.map((collection) => [{ collection }, 'collection'] as const),
    [{ bucket: 'x' }, 'bucket'],
    [{ serializer: 'json' }, 'serializer'],
    [{ serializer: 'bson', decodeContent: 1 }, 'decodeContent'],
    [{ decodeContent: true }, 'decodeContent'],
    [{ serializer: 'binary', decodeContent: true }, 'decodeContent'],
  ],
  gridfs: [
    [{ serializer: 'bson' }, 'serializer'],
    [{ decodeContent: false }, 'decodeContent'],
    ...NAMES.map((bucket) => [{ bucket }, 'bucket'] as const),
    [{ collection: 'x' }, 'collection'],
    [{ inlineBytes: -1 }, 'inlineBytes'],
    [{ inlineBytes: 8 * 1024 * 1024 + 1 }, 'inlineBytes'],
    [{ chunkBytes: 0 }, 'chunkBytes'],
    [{ chunkBytes: 1.5 }, 'chunkBytes'],
    [{ orphanAge: -1 }, 'orphanAge'],
  ],
};

describe.each(['mongodb', 'gridfs'])('options of %s', (name) => {
  const open = (options: object): unknown =>
    openBackend({ name, ...options } as BackendSpec, 'demo', BACKENDS);

  it.each(ACCEPTED)('accepts %j', (options) => expect(open(options)).toMatchObject({ name }));

  it.each([...REFUSED, ...(OWN[name] ?? [])])('refuses %j at once, naming %s', (options, option) => {
    let error: unknown;
    try {
      open(options);
    } catch (thrown) {
      error = thrown;
    }
    expect(isHttpCacheError(error)).toBe(true);
    expect(error).toMatchObject({ code: 'ERR_CACHE_INVALID_OPTION', option: `backend.${option}` });
  });

  it('says nothing of a password in a URL', () => {
    expect(() => open({ url: 'mongo://me:secret@host' })).toThrow(/mongodb:\/\//);
    expect(() => open({ url: 'mongo://me:secret@host' })).not.toThrow(/secret/);
  });
});

it('the classes take the same options', () => {
  expect(() => new MongodbBackend('x', { bucket: 'y' } as object)).toThrow(/Unknown option "bucket"/);
  expect(() => new GridfsBackend('x', { chunkByte: 5 } as object)).toThrow(/Did you mean "chunkBytes"/);
  expect(new MongodbBackend('x').maxEntryBytes).toBe(16 * 1024 * 1024 - 6144);
  expect(new MongodbBackend('x', { maxEntryBytes: 10 }).maxEntryBytes).toBe(10);
  expect(new GridfsBackend('x').maxEntryBytes).toBeUndefined();
  expect(new GridfsBackend('x', { maxEntryBytes: 10 }).maxEntryBytes).toBe(10);
});

it('nothing is opened by making a backend, and nothing by closing it', async () => {
  const backend = new MongodbBackend('x', { client: () => Promise.reject(new Error('must not be asked')) });
  await backend.close();
});
