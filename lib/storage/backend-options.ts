import type { DynamodbOptions } from './options/dynamodb.js';
import type { FilesystemOptions } from './options/filesystem.js';
import type { GridfsOptions, MongodbOptions } from './options/mongodb.js';
import type { RedisOptions } from './options/redis.js';

/** Options of the backend `memory`. */
export interface MemoryOptions {
  /**
   * Bytes that all records together may take: heads, bodies, keys and variants (in UTF-8), nothing else. The least
   * recently used record goes first. A whole number > 0, or `Infinity` for no limit.
   * @default 268435456 (256 MiB)
   */
  readonly maxBytes?: number | undefined;
  /**
   * How many records are kept; the least recently used goes first. Each costs about half a kilobyte of memory that
   * `maxBytes` does not count. A whole number > 0, or `Infinity` for no limit.
   * @default 100000
   */
  readonly maxEntries?: number | undefined;
  /**
   * Bytes that one record may take, counted as for `maxBytes`. A larger one is not stored, and takes the older record
   * at its address with it. At most `maxBytes`.
   * @default `maxBytes`
   */
  readonly maxEntryBytes?: number | undefined;
}

/** The SQLite drivers that the backend `sqlite` can use. */
export type SqliteDriverName = 'better-sqlite3' | 'node:sqlite';

/** Options of the backend `sqlite`. */
export interface SqliteOptions {
  /**
   * Put the file into the user's cache directory (Linux `$XDG_CACHE_HOME` or `~/.cache`, macOS `~/Library/Caches`,
   * Windows `%LOCALAPPDATA%`). Wins over `useTemp`; without effect on an absolute path.
   * @default false
   */
  readonly useCacheDir?: boolean | undefined;
  /**
   * Put the file among the temporary ones: into `axios-persistent-cache-<user>` (the user's number, on Windows the name) in
   * `os.tmpdir()`, which is created for this user only. It is an error when this directory or the file in it is a link
   * or belongs to another user. Without effect on an absolute path.
   * @default false
   */
  readonly useTemp?: boolean | undefined;
  /**
   * Keep the database in memory: no file, gone when it is closed, and not shared. The cache name `:memory:` does the
   * same. Wins over all that concerns a file.
   * @default false
   */
  readonly useMemory?: boolean | undefined;
  /**
   * Do not wait for the disk (`synchronous=OFF`). A crash of the process loses nothing; a power cut can damage the
   * file.
   * @default false
   */
  readonly fastSave?: boolean | undefined;
  /**
   * Write-ahead log: readers and a writer do not block each other, in other processes neither. It needs a file system
   * with shared memory, so not a network drive; there use `false`.
   * @default true
   */
  readonly wal?: boolean | undefined;
  /**
   * Milliseconds for which a call retries while another process has locked the file, before it fails. The event loop
   * is never blocked for more than 20 ms at a time. 0: no retry.
   * @default 5000
   */
  readonly busyTimeout?: number | undefined;
  /**
   * Bytes of records that were read of late and are kept in memory too: heads, bodies, and 2 KiB for each record; of one key at
   * most an eighth of them.
   * What is asked for again is then not read again, unless any process has changed the file since, which SQLite is asked each
   * time. 0: nothing is kept, and SQLite itself keeps no more than 2 MB of pages, for programs that read all of it once.
   * @default 8388608 (8 MiB)
   */
  readonly recentBytes?: number | undefined;
  /**
   * Bytes that all records together may take: heads, bodies, keys and variants (in UTF-8; a key with NUL or characters
   * beyond U+FFFF counts a few bytes more), nothing else. The file is larger by its indexes and by pages that are only
   * partly filled. The least recently used record goes first, in the same step as the one that takes its room. Several
   * processes with one file keep the limit together. A whole number > 0, or `Infinity` for no limit.
   *
   * Use by reading is noted in memory and written along with the next record, and at least every 10 seconds: a process
   * that is killed, and others until then, know nothing of it.
   * @default Infinity: a cache that is to persist loses nothing unasked; `removeExpired` removes what is of no use any more
   */
  readonly maxBytes?: number | undefined;
  /**
   * How many records are kept; the least recently used goes first, as for `maxBytes`. A whole number > 0, or `Infinity`
   * for no limit.
   * @default Infinity
   */
  readonly maxEntries?: number | undefined;
  /**
   * Bytes that one record may take, counted as for `maxBytes`. A larger one is not stored, and takes the older record
   * at its address with it. At most `maxBytes`. Bodies over 1,000,000,000 bytes are never stored.
   * @default `maxBytes`
   */
  readonly maxEntryBytes?: number | undefined;
  /**
   * The driver to use, instead of `better-sqlite3` where it loads and `node:sqlite` (Node 22.13 or later) where it
   * does not.
   */
  readonly driver?: SqliteDriverName | undefined;
}

/** Options of each backend, by the name that the user writes. Others may add theirs by augmentation. */
export interface BackendOptionsByName {
  memory: MemoryOptions;
  sqlite: SqliteOptions;
  filesystem: FilesystemOptions;
  redis: RedisOptions;
  dynamodb: DynamodbOptions;
  mongodb: MongodbOptions;
  gridfs: GridfsOptions;
}

/** The names of the backends, in lower case. At run time letter case does not matter. */
export type BackendName = Extract<keyof BackendOptionsByName, string>;
