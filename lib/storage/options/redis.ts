/**
 * An open client of the package `redis` 5 or 6: what `createClient`, `createCluster`, `createSentinel` or
 * `createClientPool` gives. Only the shape that is needed; the package's own types fit.
 */
export interface RedisClientLike {
  /** False before `connect()` and after closing. */
  readonly isOpen: boolean;
  /** Sends a command as it is. Its parameters differ between a client, a cluster and a sentinel. */
  sendCommand(...args: never[]): Promise<unknown>;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  off(event: 'error', listener: (error: unknown) => void): unknown;
}

/** One node of a Redis Cluster, or one sentinel. */
export interface RedisNodeAddress {
  readonly host: string;
  /** 1 to 65535. */
  readonly port: number;
}

/** A Redis Cluster. */
export interface RedisClusterOptions {
  /**
   * Some of the nodes, by URL; the others are learned from them. At least one:
   * `['redis://10.0.0.1:6379', 'redis://10.0.0.2:6379']`.
   */
  readonly nodes: readonly string[];
  /** More options of the package's `createCluster`, such as `nodeAddressMap`, passed on as they are. */
  readonly options?: Readonly<Record<string, unknown>> | undefined;
}

/** A master that Redis Sentinel watches. */
export interface RedisSentinelOptions {
  /** The name under which the sentinels know the master: `mymaster`. */
  readonly name: string;
  /** Some of the sentinels; at least one. */
  readonly nodes: readonly RedisNodeAddress[];
  /** More options of the package's `createSentinel`, such as `sentinelClientOptions`, passed on as they are. */
  readonly options?: Readonly<Record<string, unknown>> | undefined;
}

/** Options of the backend `redis`. At most one of `url`, `cluster`, `sentinel` and `client` may be given. */
export interface RedisOptions {
  /**
   * A single server: `redis[s]://[[username][:password]@][host][:port][/database]`.
   * @default 'redis://127.0.0.1:6379'
   */
  readonly url?: string | undefined;
  /** A Redis Cluster instead of a single server. */
  readonly cluster?: RedisClusterOptions | undefined;
  /** A master that Sentinel watches, instead of a fixed server. */
  readonly sentinel?: RedisSentinelOptions | undefined;
  /**
   * A client of the package `redis` that is connected already, which is not closed here; or a function that makes one, called
   * at the first use and again when its connection is lost, whose client is connected when it is not yet, and is closed here.
   */
  readonly client?: RedisClientLike | (() => RedisClientLike | Promise<RedisClientLike>) | undefined;
  /**
   * Options of the package's `createClient`, for each connection: `username`, `password`, `database`, `socket: { tls: true,
   * ca }` and so on, passed on as they are. Not together with `client`.
   */
  readonly clientOptions?: Readonly<Record<string, unknown>> | undefined;
  /**
   * Begins the names of all keys. Stores with different namespaces share nothing.
   * @default the cache name
   */
  readonly namespace?: string | undefined;
  /**
   * `string`: one Redis string for each cache key, which Redis can expire and evict. `hash`: all records in one Redis hash
   * that is called as the namespace; they have no TTL and go only by `prune`, deletion and `clear`.
   * @default 'string'
   */
  readonly layout?: 'string' | 'hash' | undefined;
  /**
   * Whether Redis itself deletes records when they need not be kept any longer (`PEXPIREAT`). A record that never expires
   * has no TTL in any case. Without effect in the layout `hash`.
   * @default true
   */
  readonly ttl?: boolean | undefined;
  /**
   * Seconds for which Redis keeps a record beyond the time for which it is needed; 0 or more, fractions allowed. Stale windows
   * are not in need of it: they are part of that time.
   * @default 0
   */
  readonly ttlOffset?: number | undefined;
  /**
   * Bytes that one record may take: head, body, key and variant (in UTF-8). A larger one is not stored, and takes the older
   * record at its address with it. A whole number > 0, or `Infinity`. Nothing over 511 MiB is stored, whatever is given here.
   * Calls share a connection and wait while a large record is sent: who raises this should raise `commandTimeout`, too, and
   * use the layout `string`, since a listing of a hash reads bodies as well.
   * @default 67108864: 64 MiB
   */
  readonly maxEntryBytes?: number | undefined;
  /**
   * Milliseconds after which a command that has no answer fails, connecting included, and the connection is replaced. A whole
   * number > 0.
   * @default 2000
   */
  readonly commandTimeout?: number | undefined;
}
