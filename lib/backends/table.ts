import type { BackendTable, BackendRow } from '../storage/open-backend.js';
import { DYNAMO_PACKAGE, DYNAMODB_TRAITS, validateDynamodbOptions } from './dynamodb/options.js';
import { currentDirectory, FILESYSTEM_TRAITS, validateFilesystemOptions } from './filesystem/options.js';
import { validateMemoryOptions } from './memory-options.js';
import {
  MONGO_TRAITS,
  MONGODB_PACKAGE,
  validateGridfsOptions,
  validateMongodbOptions,
} from './mongodb/options.js';
import { REDIS_PACKAGE, REDIS_TRAITS, validateRedisOptions } from './redis/options.js';
import { currentDatabasePath, isInMemory } from './sqlite/location.js';
import { BETTER_SQLITE3, sqliteTraits, validateSqliteOptions } from './sqlite/options.js';

const memory: BackendRow = {
  name: 'memory',
  indexesTags: true,
  validate: (options, _cacheName, path) => validateMemoryOptions(options, path),
  traits: () => ({ persistent: false, shared: false }),
  load: async () => {
    const { MemoryBackend } = await import('./memory.js');
    return (_cacheName, options) => new MemoryBackend(options);
  },
};

const sqlite: BackendRow = {
  name: 'sqlite',
  indexesTags: true,
  ...BETTER_SQLITE3,
  validate: validateSqliteOptions,
  traits: (options, cacheName) => sqliteTraits(options, cacheName),
  locate: (options, cacheName) =>
    isInMemory(cacheName, options) ? cacheName : currentDatabasePath(cacheName, options),
  load: async () => {
    const { SqliteBackend } = await import('./sqlite/index.js');
    return (cacheName, options) => new SqliteBackend(cacheName, options);
  },
};

const filesystem: BackendRow = {
  name: 'filesystem',
  ownSerializers: ['json', 'yaml'],
  validate: validateFilesystemOptions,
  traits: () => FILESYSTEM_TRAITS,
  locate: (options, cacheName) => currentDirectory(cacheName, options),
  load: async () => {
    const { FilesystemBackend } = await import('./filesystem/index.js');
    return (cacheName, options) => new FilesystemBackend(cacheName, options);
  },
};

const dynamodb: BackendRow = {
  name: 'dynamodb',
  ownSerializers: ['bson'],
  ...DYNAMO_PACKAGE,
  validate: (options, _cacheName, path) => validateDynamodbOptions(options, path),
  traits: () => DYNAMODB_TRAITS,
  load: async () => {
    const { DynamodbBackend } = await import('./dynamodb/index.js');
    return (cacheName, options) => new DynamodbBackend(cacheName, options);
  },
};

const mongodb: BackendRow = {
  name: 'mongodb',
  indexesTags: true,
  ownSerializers: ['bson'],
  ...MONGODB_PACKAGE,
  validate: (options, _cacheName, path) => validateMongodbOptions(options, path),
  traits: () => MONGO_TRAITS,
  load: async () => {
    const { MongodbBackend } = await import('./mongodb/index.js');
    return (cacheName, options) => new MongodbBackend(cacheName, options);
  },
};

const gridfs: BackendRow = {
  name: 'gridfs',
  indexesTags: true,
  ...MONGODB_PACKAGE,
  validate: (options, _cacheName, path) => validateGridfsOptions(options, path),
  traits: () => MONGO_TRAITS,
  load: async () => {
    const { GridfsBackend } = await import('./mongodb/gridfs.js');
    return (cacheName, options) => new GridfsBackend(cacheName, options);
  },
};

const redis: BackendRow = {
  name: 'redis',
  indexesTags: true,
  ...REDIS_PACKAGE,
  validate: (options, _cacheName, path) => validateRedisOptions(options, path),
  traits: () => REDIS_TRAITS,
  load: async () => {
    const { RedisBackend } = await import('./redis/index.js');
    return (cacheName, options) => new RedisBackend(cacheName, options);
  },
};

/**
 * The backends that can be chosen by name, the default first. A driver is loaded only when its backend is used.
 */
export const BACKENDS: BackendTable = [sqlite, memory, filesystem, redis, mongodb, gridfs, dynamodb];
