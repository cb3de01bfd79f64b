import { randomBytes } from 'node:crypto';
import * as redis6 from 'redis';
import * as redis5 from 'redis-5';
import { RedisBackend } from '../../../lib/backends/redis/index.js';
import { type RedisPackage } from '../../../lib/backends/redis/redis-package.js';
import { type Backend } from '../../../lib/storage/backend.js';
import { type RedisOptions } from '../../../lib/storage/options/redis.js';
import {
  type BackendHarness,
  type StoreRequest,
  type TestStore,
} from '../../../lib/backend-suite/harness.js';

/** The versions of the package that are supported. */
export const DRIVERS = { 'redis 5': redis5, 'redis 6': redis6 } as unknown as Readonly<
  Record<'redis 5' | 'redis 6', RedisPackage>
>;
export type Driver = keyof typeof DRIVERS;

/** The backend `redis`, in namespaces of the harness's own. @param options where the server is; asked for when it is there */
export function redisHarness(driver: Driver, options: () => RedisOptions): BackendHarness {
  return {
    traits: { persistent: true, shared: true },
    indexesTags: true,
    limitsRecords: true,
    damagesStores: false,
    createStore: (request) => aStore(driver, options(), request),
  };
}

function aStore(driver: Driver, options: RedisOptions, { name, maxRecordBytes }: StoreRequest): TestStore {
  const opened: Backend[] = [];
  const cacheName = `${randomBytes(4).toString('hex')}:${name}`;
  const limits = maxRecordBytes === undefined ? {} : { maxEntryBytes: maxRecordBytes };
  const open = (): Backend =>
    new RedisBackend(cacheName, { ...options, ...limits }, () => Promise.resolve(DRIVERS[driver]));
  return {
    open: () => {
      const backend = open();
      opened.push(backend);
      return backend;
    },
    dispose: async () => {
      for (const backend of opened) await backend.close();
      const last = open();
      await last.clear();
      await last.close();
    },
  };
}
