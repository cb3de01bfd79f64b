/*
 * The classes of the backends, for who makes one himself or extends one. Apart from the main entry, so that a program that
 * uses one by its name loads no other.
 */
export { DynamodbBackend } from './dynamodb/index.js';
export { FilesystemBackend, type UnreadableFile } from './filesystem/index.js';
export { MemoryBackend } from './memory.js';
export { GridfsBackend } from './mongodb/gridfs.js';
export { MongodbBackend } from './mongodb/index.js';
export { RedisBackend } from './redis/index.js';
export { SqliteBackend } from './sqlite/index.js';
