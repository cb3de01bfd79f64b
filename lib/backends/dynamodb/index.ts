import { type Clock, type EpochMs, systemClock } from '../../clock.js';
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
import { nativeForm } from '../../storage/native-form.js';
import type { DynamodbOptions } from '../../storage/options/dynamodb.js';
import { Bodies } from './bodies.js';
import { type ConnectionParts, DynamoConnection } from './connection.js';
import { MAX_BODY_BYTES } from './item.js';
import { DynamoListing } from './listing.js';
import { Names, resourceSortKey } from './names.js';
import { DEFAULT_OPERATION_TIMEOUT_MS, DYNAMODB_TRAITS, validateDynamodbOptions } from './options.js';
import { DynamoStore } from './store.js';

/** After so many times the time of one operation, `close` does not wait any longer. */
const CLOSE_TIMEOUTS = 5;

/**
 * Keeps records in a table of DynamoDB, many caches in one table if you like. Connects at the first call.
 *
 * What calls cost, in requests: a hit and a put one each, also `replaceHead` and the deletion of one variant; bodies over
 * about 380 KB one more for each 384 KiB, and a put of them two more. What concerns a resource or the whole cache costs at
 * least 16, side by side, and of a large cache one more for each megabyte of heads: bodies are not read for it, but by
 * `clear` and by the deletion of all variants of a key. In capacity units each write costs one to three more than the record
 * itself, for the two local secondary indexes; and a replaced head as much as a put, as DynamoDB charges for whole items.
 *
 * With `serializer: 'bson'` heads are maps, and bodies in the items of their records texts, maps and lists. Both forms are read by
 * both, and may be mixed. Heads over 64 KB, and bodies in chunks, are bytes all the same.
 *
 * `size` counts heads and bodies, as bytes. Heads over about 200 KB are not stored, nor bodies over 1,000,000,000 bytes. A cache may
 * hold 10 GB in each of 16 partitions, chunks of large bodies not counted: a limit of DynamoDB for tables with such indexes.
 */
export class DynamodbBackend implements Backend {
  readonly name = 'dynamodb';
  readonly traits = DYNAMODB_TRAITS;
  readonly maxEntryBytes = MAX_BODY_BYTES;
  readonly #connection: DynamoConnection;
  readonly #bodies: Bodies;
  readonly #store: DynamoStore;
  readonly #listing: DynamoListing;
  readonly #order = new CallOrder();
  readonly #label: string;
  readonly #closeTimeoutMs: number;
  #closing: Promise<void> | undefined;

  /**
   * @param cacheName the namespace, unless the options name another
   * @param parts for tests
   * @throws InvalidOptionError: ERR_CACHE_INVALID_OPTION
   */
  constructor(
    cacheName: string,
    options: DynamodbOptions = {},
    parts: ConnectionParts & { readonly clock?: Clock } = {},
  ) {
    validateDynamodbOptions(options, '');
    const { clock = systemClock } = parts;
    const { namespace = cacheName, ttl: hasTtl = true } = options;
    const names = new Names(namespace);
    this.#connection = new DynamoConnection(options, parts);
    const bodies = (this.#bodies = new Bodies(this.#connection, names, clock));
    this.#store = new DynamoStore(this.#connection, names, bodies, {
      hasTtl,
      clock,
      form: nativeForm(options),
    });
    this.#listing = new DynamoListing(this.#connection, names, { store: this.#store, bodies, hasTtl, clock });
    this.#label = `"${namespace}" in table "${this.#connection.tableName}"`;
    this.#closeTimeoutMs = CLOSE_TIMEOUTS * (options.operationTimeout ?? DEFAULT_OPERATION_TIMEOUT_MS);
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
    const sortKey = resourceSortKey(resource);
    return this.#ask('deleteResource', () => this.#order.writeAll(() => this.#store.removeResource(sortKey)));
  }

  async *scan(range: ScanRange = {}): AsyncGenerator<RecordMeta, void, undefined> {
    this.#requireOpen();
    try {
      await this.#order.readAll(() => Promise.resolve());
      yield* range.resource === undefined
        ? this.#listing.list(range)
        : await this.#listing.listResource(range);
    } catch (error) {
      throw this.#typedError('scan', error);
    }
  }

  count(range: ScanRange = {}): Promise<number> {
    return this.#ask('count', () => this.#order.readAll(() => this.#listing.count(range)));
  }

  size(): Promise<number> {
    return this.#ask('size', () => this.#order.readAll(() => this.#listing.size()));
  }

  /** Deletes only what is still past retention at that moment, so that nobody has to wait for it. */
  prune(now: EpochMs, limit: number): Promise<number> {
    return this.#ask('prune', () => this.#order.readAll(() => this.#listing.prune(now, limit)));
  }

  clear(): Promise<void> {
    return this.#ask('clear', () => this.#order.writeAll(() => this.#store.clear()));
  }

  /** Waits for what was asked for before, at most five times as long as one operation may take. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await atMost(this.#whenIdle(), this.#closeTimeoutMs);
    await this.#connection.close();
  }

  async #whenIdle(): Promise<void> {
    await this.#order.whenIdle();
    await this.#bodies.whenIdle();
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
    const { message, name } = (error ?? {}) as { message?: unknown; name?: unknown };
    const why = typeof message === 'string' && message !== '' ? message : String(name ?? error);
    return new BackendError(
      { backend: this.name, operation, message: `${this.#label}: ${why}` },
      { cause: error },
    );
  }

  #requireOpen(): void {
    if (this.#closing !== undefined) throw new CacheClosedError(`Cache ${this.#label}`);
  }
}
