import { createClient, createClientPool, createCluster, createSentinel } from 'redis';
import { isHttpCacheError, MissingPackageError } from '../../../lib/errors.js';
import { errorOf } from '../../../lib/backend-suite/records.js';
import { REDIS_PACKAGE } from '../../../lib/backends/redis/options.js';
import { type RedisPackage } from '../../../lib/backends/redis/redis-package.js';
import { RedisBackend } from '../../../lib/backends/redis/index.js';
import { BACKENDS } from '../../../lib/backends/table.js';
import { initBackend } from '../../../lib/index.js';
import { loadOptionalPackage } from '../../../lib/optional-package.js';
import { openBackend } from '../../../lib/storage/open-backend.js';

/** Options are checked without the package. */
const never = (): never => {
  throw new Error('must not be asked');
};

const client = { isOpen: true, sendCommand: async () => null, on: () => 0, off: () => 0 };
const sentinel = { name: 'mymaster', nodes: [{ host: 'a', port: 26_379 }] };

const ACCEPTED: readonly object[] = [
  {},
  { url: 'redis://localhost' },
  { url: 'rediss://user:p%40ss@[::1]:6380/3' },
  { cluster: { nodes: ['redis://a:1', 'redis://b:2'] } },
  { cluster: { nodes: ['redis://a:1'], options: { useReplicas: true } } },
  { sentinel },
  { sentinel: { ...sentinel, options: {} }, clientOptions: { password: 'x' } },
  { client },
  { client: () => client },
  { clientOptions: { socket: { tls: true } } },
  { namespace: 'Ä:{}*', layout: 'string', ttl: false, ttlOffset: 0.5 },
  { layout: 'hash', maxEntryBytes: 1000, commandTimeout: 1 },
  { maxEntryBytes: Infinity, ttlOffset: 0 },
  { url: undefined, client, cluster: undefined },
];

const REFUSED: readonly (readonly [object, string])[] = [
  [{ url: 'mongodb://localhost' }, 'url'],
  [{ url: 'localhost:6379' }, 'url'],
  [{ url: '' }, 'url'],
  [{ url: 5 }, 'url'],
  [{ cluster: 'redis://a' }, 'cluster'],
  [{ cluster: {} }, 'cluster.nodes'],
  [{ cluster: { nodes: [] } }, 'cluster.nodes'],
  [{ cluster: { nodes: ['redis://a', 'a:1'] } }, 'cluster.nodes[1]'],
  [{ cluster: { nodes: ['redis://a'], option: {} } }, 'cluster.option'],
  [{ cluster: { nodes: ['redis://a'], options: 1 } }, 'cluster.options'],
  [{ sentinel: {} }, 'sentinel.nodes'],
  [{ sentinel: { nodes: sentinel.nodes } }, 'sentinel.name'],
  [{ sentinel: { ...sentinel, name: '' } }, 'sentinel.name'],
  [{ sentinel: { name: 'x', nodes: [{ host: 'a' }] } }, 'sentinel.nodes[0].port'],
  [{ sentinel: { name: 'x', nodes: [{ port: 1 }] } }, 'sentinel.nodes[0].host'],
  [{ sentinel: { name: 'x', nodes: [{ host: 'a', port: 65_536 }] } }, 'sentinel.nodes[0].port'],
  [{ sentinel: { name: 'x', nodes: [{ host: 'a', port: 0 }] } }, 'sentinel.nodes[0].port'],
  [{ client: {} }, 'client'],
  [{ client: 'x' }, 'client'],
  [{ client: null }, 'client'],
  [{ client: { ...client, isOpen: undefined } }, 'client'],
  [{ client, url: 'redis://a' }, 'client'],
  [{ client, clientOptions: {} }, 'clientOptions'],
  [{ url: 'redis://a', cluster: { nodes: ['redis://a'] } }, 'cluster'],
  [{ cluster: { nodes: ['redis://a'] }, sentinel }, 'sentinel'],
  [{ clientOptions: [] }, 'clientOptions'],
  [{ namespace: '' }, 'namespace'],
  [{ namespace: 5 }, 'namespace'],
  [{ layout: 'strings' }, 'layout'],
  [{ ttl: 60 }, 'ttl'],
  [{ ttlOffset: -1 }, 'ttlOffset'],
  [{ ttlOffset: NaN }, 'ttlOffset'],
  [{ ttlOffset: '1m' }, 'ttlOffset'],
  [{ maxEntryBytes: 0 }, 'maxEntryBytes'],
  [{ maxEntryBytes: 1.5 }, 'maxEntryBytes'],
  [{ commandTimeout: 0 }, 'commandTimeout'],
  [{ commandTimeout: Infinity }, 'commandTimeout'],
  [{ commandTimeout: 2 ** 31 }, 'commandTimeout'],
  [{ maxEntryByte: 1 }, 'maxEntryByte'],
];

const open = (options: object): unknown => openBackend({ name: 'redis', ...options }, 'demo', BACKENDS);

it.each(ACCEPTED)('accepts %j', (options) => {
  expect(open(options)).toMatchObject({ name: 'redis', traits: { persistent: true, shared: true } });
  expect(new RedisBackend('demo', options, never)).toMatchObject({ name: 'redis' });
});

it.each(REFUSED)('refuses %j at once, naming %s', (options, option) => {
  let error: unknown;
  try {
    open(options);
  } catch (thrown) {
    error = thrown;
  }
  expect(isHttpCacheError(error)).toBe(true);
  expect(error).toMatchObject({ code: 'ERR_CACHE_INVALID_OPTION', option: `backend.${option}` });
  expect(() => new RedisBackend('demo', options, never)).toThrow(
    expect.objectContaining({ code: 'ERR_CACHE_INVALID_OPTION', option }) as Error,
  );
});

it('says nothing of a password in a URL', () => {
  for (const options of [{ url: 'http://me:secret@host' }, { cluster: { nodes: ['me:secret@host'] } }]) {
    expect(() => open(options)).toThrow(/redis:\/\//);
    expect(() => open(options)).not.toThrow(/me:secret/);
  }
});

it('names the option that was probably meant', () => {
  expect(() => open({ commandTimeOut: 1 })).toThrow(/Did you mean "commandTimeout"/);
});

it('the limit of a record is never above what Redis takes', () => {
  const ofRedis = 511 * 1024 * 1024;
  expect(new RedisBackend('x').maxEntryBytes).toBe(64 * 1024 * 1024);
  expect(new RedisBackend('x', { maxEntryBytes: Infinity }).maxEntryBytes).toBe(ofRedis);
  expect(new RedisBackend('x', { maxEntryBytes: 10 }).maxEntryBytes).toBe(10);
  expect(new RedisBackend('x', { maxEntryBytes: 2 * ofRedis }).maxEntryBytes).toBe(ofRedis);
});

it('accepts clients of the package, also by their types', async () => {
  const node = { host: '127.0.0.1', port: 1 };
  const clients = [
    createClient(),
    createClientPool(),
    createCluster({ rootNodes: [{ url: 'redis://127.0.0.1:1' }] }),
    createSentinel({ name: 'x', sentinelRootNodes: [node] }),
  ] as const;
  const backends = [
    initBackend('x', 'redis', { client: clients[0] }),
    initBackend('x', 'redis', { client: clients[1] }),
    initBackend('x', 'redis', { client: clients[2] }),
    initBackend('x', 'redis', { client: clients[3] }),
    initBackend('x', 'redis', { client: () => createClient() }),
    initBackend('x', 'redis', { client: async () => createCluster({ rootNodes: [] }) }),
  ];
  for (const backend of backends) await backend.close();
});

it('nothing is loaded or opened by making a backend, nor by closing it', async () => {
  const backends = [new RedisBackend('x', {}, never), new RedisBackend('x', { client: never }, never)];
  for (const backend of backends) await backend.close();
  const error = await errorOf(() => backends[0]?.get('key'));
  expect(error).toMatchObject({ code: 'ERR_CACHE_CLOSED' });
});

it('a package that is missing is named, with the command that installs it', async () => {
  const load = (): Promise<RedisPackage> =>
    loadOptionalPackage<RedisPackage>({
      backend: 'redis',
      ...REDIS_PACKAGE,
      load: () =>
        Promise.reject(
          Object.assign(new Error("Cannot find package 'redis'"), { code: 'ERR_MODULE_NOT_FOUND' }),
        ),
    });
  const backend = new RedisBackend('x', {}, load);
  const error = await errorOf(() => backend.get('key'));
  expect(error).toBeInstanceOf(MissingPackageError);
  expect((error as Error).message).toContain('npm install redis@"^5.0.0 || ^6.0.0"');
  await backend.close();
});
