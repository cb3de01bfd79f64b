import type { EpochMs } from '../../clock.js';
import { BackendError, type BackendOperation, CacheClosedError, isHttpCacheError } from '../../errors.js';
import type {
  Backend,
  FoundRecord,
  RecordAddress,
  RecordMeta,
  ScanRange,
  StoredRecord,
} from '../../storage/backend.js';
import { CallOrder } from '../../storage/call-order.js';
import { atMost } from '../../storage/deadline.js';
import type { RedisOptions } from '../../storage/options/redis.js';
import { RedisConnection } from './connection.js';
import { DEFAULT_COMMAND_TIMEOUT_MS, REDIS_TRAITS, validateRedisOptions } from './options.js';
import type { RedisPackage } from './redis-package.js';
import { maxRecordBytes, RedisStore } from './store.js';

/**
 * Calls on one key may stand in line behind each other, and each takes up to a command's time; counting takes as many as
 * there are pages.
 */
const CLOSE_TIMEOUTS = 15;

/**
 * Keeps records in Redis: a single server, a Cluster, or a master that Sentinel watches. Connects at the first call, and again
 * after the connection was lost. A hit takes one round trip. So does a write, but for large bodies where a connection is not
 * the only one (two), and in a cluster (three).
 */
export class RedisBackend implements Backend {
  readonly name = 'redis';
  readonly traits = REDIS_TRAITS;
  readonly maxEntryBytes: number;
  readonly #connection: RedisConnection;
  readonly #store: RedisStore;
  readonly #order = new CallOrder();
  readonly #namespace: string;
  readonly #closeTimeoutMs: number;
  #closing: Promise<void> | undefined;

  /**
   * @param cacheName the namespace, unless the options name another
   * @param load how to get the package; for tests
   * @throws InvalidOptionError: ERR_CACHE_INVALID_OPTION
   */
  constructor(cacheName: string, options: RedisOptions = {}, load?: () => Promise<RedisPackage>) {
    validateRedisOptions(options, '');
    this.maxEntryBytes = maxRecordBytes(options);
    this.#namespace = options.namespace ?? cacheName;
    this.#closeTimeoutMs = CLOSE_TIMEOUTS * (options.commandTimeout ?? DEFAULT_COMMAND_TIMEOUT_MS);
    this.#connection = new RedisConnection(options, load);
    this.#store = new RedisStore(this.#connection, this.#namespace, options);
  }

  get(key: string): Promise<readonly FoundRecord[]> {
    return this.#ask('get', () => this.#order.readShared(key, () => this.#store.get(key)));
  }

  body(address: RecordAddress): Promise<Uint8Array | undefined> {
    return this.#ask('body', () => this.#order.read(address.key, () => this.#store.body(address)));
  }

  put(record: StoredRecord): Promise<boolean> {
    return this.#ask('put', () => this.#order.write(record.key, () => this.#store.put(record)));
  }

  replaceHead(meta: RecordMeta, expectedHead?: Uint8Array): Promise<boolean> {
    return this.#ask('replaceHead', () =>
      this.#order.write(meta.key, () => this.#store.replaceHead(meta, expectedHead)),
    );
  }

  delete(key: string, variant?: string): Promise<number> {
    return this.#ask('delete', () => this.#order.write(key, () => this.#store.remove(key, variant)));
  }

  deleteResource(resource: string): Promise<number> {
    return this.#ask('deleteResource', () =>
      this.#order.writeAll(() => this.#store.removeResource(resource)),
    );
  }

  deleteTag(tag: string): Promise<number> {
    return this.#ask('deleteTag', () => this.#order.writeAll(() => this.#store.removeTag(tag)));
  }

  async *scan(range: ScanRange = {}): AsyncGenerator<RecordMeta, void, undefined> {
    this.#requireOpen();
    try {
      await this.#order.readAll(() => Promise.resolve());
      for await (const meta of this.#store.list(range)) {
        yield meta;
        this.#requireOpen();
      }
    } catch (error) {
      throw this.#typedError('scan', error);
    }
  }

  count(range: ScanRange = {}): Promise<number> {
    return this.#sum('count', range, () => 1);
  }

  /** Bytes of heads and bodies. */
  size(): Promise<number> {
    return this.#sum('size', {}, ({ head, bodyBytes }) => head.byteLength + bodyBytes);
  }

  prune(now: EpochMs, limit: number): Promise<number> {
    return this.#ask('prune', () => this.#order.writeAll(() => this.#store.prune(now, limit)));
  }

  /** Deletes every key whose name begins with the namespace and `:{`, and the hash that is called as the namespace. */
  clear(): Promise<void> {
    return this.#ask('clear', () => this.#order.writeAll(() => this.#store.clear()));
  }

  /** Waits for what was asked for before, at most 15 times as long as one command may take. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await atMost(Promise.resolve(this.#order.whenIdle()), this.#closeTimeoutMs);
    await this.#connection.close();
  }

  #sum(operation: BackendOperation, range: ScanRange, amount: (meta: RecordMeta) => number): Promise<number> {
    return this.#ask(operation, () =>
      this.#order.readAll(async () => {
        let sum = 0;
        for await (const meta of this.#store.list(range)) sum += amount(meta);
        return sum;
      }),
    );
  }

  async #ask<T>(operation: BackendOperation, call: () => Promise<T>): Promise<T> {
    this.#requireOpen();
    try {
      return await call();
    } catch (error) {
      throw this.#typedError(operation, error);
    }
  }

  #typedError(operation: BackendOperation, error: unknown): Error {
    if (isHttpCacheError(error)) return error;
    return new BackendError({ backend: this.name, operation }, { cause: error });
  }

  #requireOpen(): void {
    if (this.#closing !== undefined)
      throw new CacheClosedError(`Cache "${this.#namespace}" (backend "redis")`);
  }
}
