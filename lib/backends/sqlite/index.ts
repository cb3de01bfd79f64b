import type { EpochMs } from '../../clock.js';
import { BackendError, type BackendOperation, CacheClosedError, isHttpCacheError } from '../../errors.js';
import type {
  Backend,
  EvictionListener,
  BackendTraits,
  FoundRecord,
  MaybePromise,
  RecordAddress,
  RecordMeta,
  ScanRange,
  StoredRecord,
} from '../../storage/backend.js';
import type { SqliteOptions } from '../../storage/backend-options.js';
import { currentSurroundings, temporaryDirectory } from '../../storage/location.js';
import { Evictions } from '../../storage/evictions.js';
import { Opening } from '../../storage/opening.js';
import { needAccounting, type RecordLimits } from './accounting.js';
import { type Attempt, BusyRetry } from './busy-retry.js';
import { createDatabaseFile, isPresent, removeDatabaseFile } from './database-file.js';
import { loadDriver, type SqlDatabase, type SqliteDriver, sqliteProblem } from './driver.js';
import { currentDatabasePath, isInMemory } from './location.js';
import { sqliteTraits, validateSqliteOptions } from './options.js';
import { DRIVER_WAIT_MS, prepareDatabase } from './schema.js';
import { MAX_BODY_BYTES, SHRINK_STEP_PAGES, SqliteStore } from './store.js';

const DEFAULT_BUSY_TIMEOUT_MS = 5000;
const DEFAULT_RECENT_BYTES = 8 * 1024 * 1024;
const SCAN_PAGE = 200;
/** So many records past retention are deleted at a time: some milliseconds, as they are scattered over the file. */
const PRUNED_AT_ONCE = 50;
/** So many records are deleted at a time when a store is opened with lower limits than before. */
const EVICTED_PER_STEP = 100;
const MEMORY = ':memory:';

/**
 * Keeps records in one SQLite file, or in a database in memory. Nothing is loaded or opened before the first call; from
 * then on calls answer at once, but for those that have to wait for another process's lock.
 *
 * Processes share a file safely on a local file system, not on a network drive. Bodies over 1,000,000,000 bytes are not
 * stored.
 */
export class SqliteBackend implements Backend {
  readonly name = 'sqlite';
  readonly traits: BackendTraits;
  /** Absolute path of the file, or `:memory:`. */
  readonly path: string;
  /** As the limits say, and never more than SQLite can hold. */
  readonly maxEntryBytes: number;
  readonly #limits: RecordLimits;
  readonly #options: SqliteOptions;
  readonly #evictions = new Evictions();
  readonly #loadDriver: () => Promise<SqliteDriver>;
  readonly #opening = new Opening(() => this.#open());
  readonly #busy: BusyRetry;
  #isClosed = false;

  /**
   * @param cacheName path of the file; see {@link SqliteOptions} and `databasePath`
   * @param load how to get a driver; for tests
   * @throws InvalidOptionError: ERR_CACHE_INVALID_OPTION
   */
  constructor(
    cacheName: string,
    options: SqliteOptions = {},
    load: () => Promise<SqliteDriver> = () => loadDriver(options.driver),
  ) {
    validateSqliteOptions(options, cacheName, '');
    this.traits = sqliteTraits(options, cacheName);
    const isMemory = isInMemory(cacheName, options);
    this.path = isMemory ? MEMORY : currentDatabasePath(cacheName, options);
    const { maxBytes = Infinity, maxEntries = Infinity, maxEntryBytes = maxBytes } = options;
    this.#limits = { maxBytes, maxEntries, maxEntryBytes };
    this.maxEntryBytes = Math.min(maxEntryBytes, MAX_BODY_BYTES);
    this.#options = options;
    this.#loadDriver = load;
    this.#busy = new BusyRetry(options.busyTimeout ?? DEFAULT_BUSY_TIMEOUT_MS);
  }

  get(key: string): MaybePromise<readonly FoundRecord[]> {
    return this.#read('get', (store) => store.get(key));
  }

  body(address: RecordAddress): MaybePromise<Uint8Array | undefined> {
    return this.#read('body', (store) => store.body(address));
  }

  put(record: StoredRecord): MaybePromise<boolean> {
    return this.#write('put', (store) => store.put(record));
  }

  replaceHead(meta: RecordMeta, expectedHead?: Uint8Array): MaybePromise<boolean> {
    return this.#write('replaceHead', (store) => store.replaceHead(meta, expectedHead));
  }

  delete(key: string, variant?: string): MaybePromise<number> {
    return this.#write('delete', (store) => store.delete(key, variant));
  }

  deleteResource(resource: string): MaybePromise<number> {
    return this.#write('deleteResource', (store) => store.deleteResource(resource));
  }

  deleteTag(tag: string): MaybePromise<number> {
    return this.#write('deleteTag', (store) => store.deleteTag(tag));
  }

  async *scan(range: ScanRange = {}): AsyncGenerator<RecordMeta, void, undefined> {
    let afterId = 0;
    for (;;) {
      // No statement stays open between pages, so that neither writers nor checkpoints have to wait.
      const rows = await this.#read('scan', (store) => store.page(range, afterId, SCAN_PAGE));
      for (const { id, meta } of rows) {
        if (meta !== undefined) yield meta;
        afterId = id;
      }
      if (rows.length < SCAN_PAGE) return;
      await letOthersRun();
    }
  }

  count(range: ScanRange = {}): MaybePromise<number> {
    return this.#read('count', (store) => store.count(range));
  }

  size(): MaybePromise<number> {
    return this.#read('size', (store) => store.size());
  }

  prune(now: EpochMs, limit: number): MaybePromise<number> {
    const pruned = this.#pruneSome(now, limit);
    if (limit <= PRUNED_AT_ONCE || (!(pruned instanceof Promise) && pruned < PRUNED_AT_ONCE)) return pruned;
    return this.#pruneOn(pruned, now, limit);
  }

  #pruneSome(now: EpochMs, limit: number): MaybePromise<number> {
    return this.#write('prune', (store) => {
      const pruned = store.prune(now, Math.min(limit, PRUNED_AT_ONCE));
      if (pruned > 0) ignoringBusy(() => store.shrink(SHRINK_STEP_PAGES));
      return pruned;
    });
  }

  async #pruneOn(first: MaybePromise<number>, now: EpochMs, limit: number): Promise<number> {
    let last = await first;
    let pruned = last;
    while (last === PRUNED_AT_ONCE && pruned < limit) {
      await letOthersRun();
      last = await this.#pruneSome(now, limit - pruned);
      pruned += last;
    }
    return pruned;
  }

  /**
   * Deletes all records and gives the space back. A file that has been deleted meanwhile, that cannot be read as a
   * database any more, or that cannot be cleared because the disk is full, is replaced by a new one; another program's
   * database is refused and left as it is.
   */
  async clear(): Promise<void> {
    this.#requireOpen();
    if (this.path !== MEMORY && this.#opening.value !== undefined && !isPresent(this.path))
      await this.#recreate();
    try {
      await this.#write('clear', (store) => store.clear());
      while ((await this.#write('clear', (store) => store.shrink(SHRINK_STEP_PAGES))) > 0)
        await letOthersRun();
      await this.#write('clear', (store) => ignoringBusy(() => store.checkpoint()));
    } catch (error) {
      const problem = sqliteProblem(error);
      if (this.path === MEMORY || (problem !== 'unreadable' && problem !== 'full')) throw error;
      await this.#recreate();
    }
  }

  onEvict(listener: EvictionListener): void {
    this.#evictions.add(listener);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    // What could not be opened needs no closing; whoever asked for it got the error.
    await this.#opening.attempt?.catch(() => undefined);
    await this.#busy.pendingWrites;
    const store = this.#opening.value;
    this.#opening.forget();
    try {
      store?.close();
    } catch (error) {
      throw this.#typedError('close', error);
    }
  }

  #read<T>(operation: BackendOperation, ask: (store: SqliteStore) => T): MaybePromise<T> {
    return this.#ask(operation, (attempt) => this.#busy.read(attempt), ask);
  }

  #write<T>(operation: BackendOperation, ask: (store: SqliteStore) => T): MaybePromise<T> {
    return this.#ask(operation, (attempt) => this.#busy.write(attempt), ask);
  }

  #ask<T>(
    operation: BackendOperation,
    run: (attempt: Attempt<T>) => MaybePromise<T>,
    ask: (store: SqliteStore) => T,
  ): MaybePromise<T> {
    this.#requireOpen();
    if (this.#opening.value === undefined) return this.#askWhenOpen(operation, run, ask);
    try {
      const result = run((isRetry) => ask(this.#storeFor(isRetry)));
      if (!(result instanceof Promise)) return result;
      return result.catch((error: unknown) => {
        throw this.#typedError(operation, error);
      });
    } catch (error) {
      throw this.#typedError(operation, error);
    }
  }

  async #askWhenOpen<T>(
    operation: BackendOperation,
    run: (attempt: Attempt<T>) => MaybePromise<T>,
    ask: (store: SqliteStore) => T,
  ): Promise<T> {
    await this.#opening.ensure();
    try {
      return await run((isRetry) => ask(this.#storeFor(isRetry)));
    } catch (error) {
      throw this.#typedError(operation, error);
    }
  }

  /** Looked up in each attempt: a retry may come after the file was replaced. */
  #storeFor(isRetry: boolean): SqliteStore {
    const store = this.#opening.value;
    if (store === undefined) throw new CacheClosedError(`Cache ${this.path}`);
    store.waitForLocks(isRetry ? 0 : DRIVER_WAIT_MS);
    return store;
  }

  async #open(): Promise<SqliteStore> {
    const driver = await this.#loadDriver();
    if (this.path !== MEMORY) await createDatabaseFile(this.path, temporaryDirectory(currentSurroundings()));
    try {
      const store = await this.#busy.read(() => openStore(driver, this.path, this.#options, this.#limits));
      store.onEvicted = this.#evictions.tell;
      await keepLimits(store);
      return store;
    } catch (error) {
      throw this.#typedError('open', error);
    }
  }

  async #recreate(): Promise<void> {
    const store = this.#opening.value;
    this.#opening.forget();
    try {
      store?.close();
      await removeDatabaseFile(this.path);
    } catch (error) {
      throw this.#typedError('clear', error);
    }
    await this.#opening.ensure();
  }

  #typedError(operation: BackendOperation, error: unknown): Error {
    if (isHttpCacheError(error)) return error;
    const cause = error instanceof Error ? error.message : String(error);
    const message = `${this.path}: ${cause}`;
    return new BackendError({ backend: this.name, operation, message }, { cause: error });
  }

  #requireOpen(): void {
    if (this.#isClosed) throw new CacheClosedError(`Cache ${this.path}`);
  }
}

function openStore(
  driver: SqliteDriver,
  file: string,
  { wal = true, fastSave = false, recentBytes = DEFAULT_RECENT_BYTES }: SqliteOptions,
  limits: RecordLimits,
): SqliteStore {
  const database: SqlDatabase = driver.open(file);
  try {
    const settings = { wal, fastSave, accounting: needAccounting(limits), keepsPages: recentBytes > 0 };
    prepareDatabase(database, settings, file);
    return new SqliteStore(database, limits, recentBytes);
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Deletes in small steps what others, or lower limits, have left over the limits. */
async function keepLimits(store: SqliteStore): Promise<void> {
  try {
    while (!store.evict(EVICTED_PER_STEP)) {
      store.shrink(SHRINK_STEP_PAGES);
      await letOthersRun();
    }
  } catch {
    // The disk is full, or the file cannot be written. Then the next write, if there is one, keeps them.
  }
}

/** For housekeeping that can as well be done another time. */
function ignoringBusy(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    if (sqliteProblem(error) !== 'busy') throw error;
  }
}

function letOthersRun(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
