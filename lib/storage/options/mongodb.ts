import type { NativeFormOptions } from './native-form.js';

/** What is used of an open client of the package `mongodb` 6 or 7. A `MongoClient` is one. */
export interface MongoClientLike {
  connect(): Promise<unknown>;
  db(name?: string): object;
  close(force?: boolean): Promise<unknown>;
}

/** Options that the backends `mongodb` and `gridfs` have in common. */
export interface MongoOptions {
  /**
   * The servers: `mongodb://[user:password@]host[:port][,…][/][?options]` or `mongodb+srv://…`. A database in it is only that
   * of the user (`authSource`); see `database`.
   * @default 'mongodb://127.0.0.1:27017'
   */
  readonly url?: string | undefined;
  /**
   * The database: 1 to 63 bytes, none of `/\. "$*<>:|?`.
   * @default the cache name. One that is not made of at most 38 of `a-z`, `0-9`, `_` and `-`, or that begins with a digit, is
   * replaced by its permitted characters, `-` and 16 hex digits of its hash
   */
  readonly database?: string | undefined;
  /**
   * A client of the package `mongodb` that is open already, which is not closed here; or a function that makes one, called at
   * the first use, whose client is closed here. Give it time-outs (`serverSelectionTimeoutMS`, `socketTimeoutMS`), so that
   * what fails here by `operationTimeout` ends there, too. Not together with `url` and `clientOptions`.
   */
  readonly client?: MongoClientLike | (() => MongoClientLike | Promise<MongoClientLike>) | undefined;
  /** Options of `new MongoClient(url, options)`, such as `tls` or `auth`, passed on as they are. */
  readonly clientOptions?: Readonly<Record<string, unknown>> | undefined;
  /**
   * Let the server delete records by a TTL index when they need not be kept any longer, within about a minute, by its own
   * clock. A record that never expires is never deleted so. Where the server knows no such index, and with false, records
   * stay until they are pruned, which happens now and then while others are stored.
   * @default true
   */
  readonly ttl?: boolean | undefined;
  /**
   * Milliseconds after which a command that has no answer fails, connecting included. Commands of maintenance that look at
   * many records may take twelve times as long. A whole number > 0.
   * @default 5000
   */
  readonly operationTimeout?: number | undefined;
}

/** Options of the backend `mongodb`. */
export interface MongodbOptions extends MongoOptions, NativeFormOptions {
  /**
   * The collection. Nothing else should be in it. Where both `database` and `collection` are given, the cache name plays
   * no part.
   * @default 'responses'; where `database` is given, the cache name, in the form that is told there
   */
  readonly collection?: string | undefined;
  /**
   * Bytes that one record may take: head, body, key and variant (in UTF-8). A larger one is not stored, and takes the older
   * record at its address with it. A whole number > 0, or `Infinity`. No document of MongoDB is larger than 16 MiB, whatever
   * is given here, in whichever form it is written; the backend `gridfs` has no such limit.
   * @default Infinity
   */
  readonly maxEntryBytes?: number | undefined;
}

/** Options of the backend `gridfs`. */
export interface GridfsOptions extends MongoOptions {
  /**
   * Begins the names of the three collections: `<bucket>.heads`, and the bucket proper, `<bucket>.files` and
   * `<bucket>.chunks`. Nothing else should be in them. Where both `database` and `bucket` are given, the cache name plays no
   * part.
   * @default 'responses'; where `database` is given, the cache name, in the form that is told there
   */
  readonly bucket?: string | undefined;
  /**
   * Bodies of at most so many bytes are kept with their heads instead of in the bucket: then a hit costs one round trip and
   * not two. A whole number from 0, which puts every body into the bucket, to 8388608.
   * @default 16384
   */
  readonly inlineBytes?: number | undefined;
  /**
   * Bytes of a body that are kept in one document of `<bucket>.chunks`. A whole number from 1 to 8388608. Bodies that are
   * there already keep theirs.
   * @default 261120 (255 KiB)
   */
  readonly chunkBytes?: number | undefined;
  /**
   * Milliseconds after which half a body, or one that no head belongs to, is deleted: what a process has left that ended
   * while it was storing. No body may take longer than this to be stored. A whole number, 0 or greater.
   * @default 3600000 (an hour)
   */
  readonly orphanAge?: number | undefined;
  /**
   * Bytes that one record may take: head, body, key and variant (in UTF-8). A larger one is not stored, and takes the older
   * record at its address with it. A whole number > 0, or `Infinity` for no limit.
   * @default Infinity
   */
  readonly maxEntryBytes?: number | undefined;
}
