import type { EpochMs } from '../../clock.js';
import { BackendError, type BackendOperation, CacheClosedError, isHttpCacheError } from '../../errors.js';
import type {
  Backend,
  BackendTraits,
  FoundRecord,
  RecordAddress,
  RecordMeta,
  ScanRange,
  StoredRecord,
  TroubleListener,
} from '../../storage/backend.js';
import { CallOrder } from '../../storage/call-order.js';
import { atMost, withDeadline } from '../../storage/deadline.js';
import { Opening } from '../../storage/opening.js';
import type { MongoOptions } from '../../storage/options/mongodb.js';
import { Connection } from './connection.js';
import { DEFAULT_OPERATION_TIMEOUT_MS, MONGO_TRAITS } from './options.js';
import { ensureIndexes, type IndexWishes } from './indexes.js';
import type { RecordStore } from './record-store.js';
import { CommandTimeout } from './timed-collection.js';

/** Closing waits so many times as long as a command may take for what was accepted. */
const PATIENCE_FACTOR = 6;

const WRITES: ReadonlySet<BackendOperation> = new Set([
  'put',
  'replaceHead',
  'delete',
  'deleteResource',
  'deleteTag',
  'prune',
  'clear',
]);

/** What makes one of the backends of this folder. */
export interface DocumentBackendFacts<S extends RecordStore> {
  readonly name: string;
  readonly cacheName: string;
  readonly database: string;
  readonly options: MongoOptions;
  readonly createStore: (connection: Connection, inBackground: (work: Promise<unknown>) => void) => S;
}

interface Opened<S> {
  readonly connection: Connection;
  readonly store: S;
}

/** What the backends of this folder have in common: opening, order, closing, and errors. */
export abstract class DocumentBackend<S extends RecordStore> implements Backend {
  readonly name: string;
  readonly traits: BackendTraits = MONGO_TRAITS;
  readonly #facts: DocumentBackendFacts<S>;
  readonly #limitMs: number;
  readonly #opening = new Opening(() => this.#open());
  readonly #order = new CallOrder();
  readonly #background = new Set<Promise<unknown>>();
  readonly #listeners: TroubleListener[] = [];
  #indexes: Promise<unknown> | undefined;
  #tagIndexes: Promise<unknown> | undefined;
  #closing: Promise<void> | undefined;
  #hasEnded = false;

  protected constructor(facts: DocumentBackendFacts<S>) {
    this.name = facts.name;
    this.#facts = facts;
    this.#limitMs = facts.options.operationTimeout ?? DEFAULT_OPERATION_TIMEOUT_MS;
  }

  get(key: string): Promise<readonly FoundRecord[]> {
    this.#requireOpen();
    return this.#impatient(
      'get',
      this.#order.readShared(key, () => this.#run('get', (store) => store.get(key))),
    );
  }

  body(address: RecordAddress): Promise<Uint8Array | undefined> {
    return this.#read(address.key, 'body', (store) => store.body(address));
  }

  async put(record: StoredRecord): Promise<boolean> {
    const outcome = await this.#write(record.key, 'put', (store) => {
      this.#indexTags(store, record);
      return store.put(record);
    });
    if (outcome === 'too large for a document') {
      const bytes = record.head.byteLength + record.body.byteLength;
      this.tell('put', this.tooLargeMessage(bytes), { key: record.key, code: 'ERR_CACHE_RECORD_TOO_LARGE' });
    }
    return outcome === 'stored';
  }

  replaceHead(meta: RecordMeta, expectedHead?: Uint8Array): Promise<boolean> {
    return this.#write(meta.key, 'replaceHead', (store) => {
      this.#indexTags(store, meta);
      return store.replaceHead(meta, expectedHead);
    });
  }

  delete(key: string, variant?: string): Promise<number> {
    return this.#write(key, 'delete', (store) => store.delete(key, variant));
  }

  deleteResource(resource: string): Promise<number> {
    return this.#writeAll('deleteResource', (store) => store.deleteResource(resource));
  }

  deleteTag(tag: string): Promise<number> {
    return this.#writeAll('deleteTag', (store) => store.deleteTag(tag));
  }

  async *scan(range: ScanRange = {}): AsyncGenerator<RecordMeta, void, undefined> {
    let afterId: string | undefined;
    do {
      // No cursor stays open between pages, so that a scan that is left early leaves nothing behind.
      const page = await this.#readAll('scan', (store) => store.page(range, afterId));
      yield* page.metas;
      afterId = page.lastId;
    } while (afterId !== undefined);
  }

  count(range: ScanRange = {}): Promise<number> {
    return this.#readAll('count', (store) => store.count(range));
  }

  size(): Promise<number> {
    return this.#readAll('size', (store) => store.size());
  }

  prune(now: EpochMs, limit: number): Promise<number> {
    return this.#writeAll('prune', (store) => store.prune(now, limit));
  }

  clear(): Promise<void> {
    return this.#writeAll('clear', (store) => store.clear());
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  onTrouble(listener: TroubleListener): void {
    this.#listeners.push(listener);
  }

  /** Why a record of so many bytes is not stored, and what would store it. */
  protected abstract tooLargeMessage(bytes: number): string;

  /** Tells of something that is no call's failure. */
  protected tell(
    operation: BackendOperation,
    message: string,
    { key, code, cause }: { key?: string; code?: BackendError['code']; cause?: unknown } = {},
  ): void {
    const facts = { backend: this.name, operation, message, ...(code === undefined ? {} : { code }) };
    const error = new BackendError(facts, cause === undefined ? undefined : { cause });
    for (const listener of this.#listeners) listener(error, key);
  }

  /** Runs beside the calls; closing waits for it. What it fails with is its own affair. */
  protected inBackground(work: Promise<unknown>): void {
    const running = work.then(undefined, () => undefined);
    this.#background.add(running);
    void running.then(() => this.#background.delete(running));
  }

  /** A call that stands in no line. */
  protected async use<T>(operation: BackendOperation, call: (store: S) => Promise<T>): Promise<T> {
    this.#requireOpen();
    return this.#run(operation, call);
  }

  #read<T>(key: string, operation: BackendOperation, call: (store: S) => Promise<T>): Promise<T> {
    this.#requireOpen();
    return this.#impatient(
      operation,
      this.#order.read(key, () => this.#run(operation, call)),
    );
  }

  #write<T>(key: string, operation: BackendOperation, call: (store: S) => Promise<T>): Promise<T> {
    this.#requireOpen();
    return this.#impatient(
      operation,
      this.#order.write(key, () => this.#run(operation, call)),
    );
  }

  #readAll<T>(operation: BackendOperation, call: (store: S) => Promise<T>): Promise<T> {
    this.#requireOpen();
    return this.#impatient(
      operation,
      this.#order.readAll(() => this.#run(operation, call)),
    );
  }

  #writeAll<T>(operation: BackendOperation, call: (store: S) => Promise<T>): Promise<T> {
    this.#requireOpen();
    return this.#impatient(
      operation,
      this.#order.writeAll(() => this.#run(operation, call)),
    );
  }

  /**
   * Tells the caller at once when there is no server any more. Those behind it in the line wait until the driver has given
   * up the call: as long as it has not, it may still have its effect.
   */
  #impatient<T>(operation: BackendOperation, call: Promise<T>): Promise<T> {
    const connection = this.#opening.value?.connection;
    if (connection === undefined) return call;
    return connection.orUnreachable(call).catch((error: unknown) => {
      throw this.#typedError(operation, error);
    });
  }

  async #run<T>(operation: BackendOperation, call: (store: S) => Promise<T>): Promise<T> {
    const opened = this.#opening.value ?? (await this.#opening.ensure());
    try {
      const reaching = opened.connection.reach();
      if (reaching !== undefined) await reaching;
      if (operation === 'put') this.#indexes ??= this.#prepareIndexes(opened);
      if (this.#indexes !== undefined && WRITES.has(operation)) await this.#indexes;
      return await call(opened.store);
    } catch (error) {
      throw this.#typedError(operation, error);
    }
  }

  async #open(): Promise<Opened<S>> {
    const { options, database, name, createStore } = this.#facts;
    // A call that closing did not wait for any longer must not open anew.
    if (this.#hasEnded) throw this.#closedError();
    try {
      const connection = await Connection.open(options, database, name);
      return { connection, store: createStore(connection, (work) => this.inBackground(work)) };
    } catch (error) {
      throw this.#typedError('open', error);
    }
  }

  /**
   * Before the first record is stored, since an index is made fastest, and disturbs least, where there is nothing yet. Where it
   * takes longer than a command may, the record does not wait for it.
   */
  #prepareIndexes({ store }: Opened<S>): Promise<unknown> {
    const retry = (): void => void (this.#indexes = undefined);
    const making = this.#ensure(store.indexes()).then(undefined, retry);
    this.inBackground(making);
    const late = (): Error => new CommandTimeout(this.#limitMs);
    return withDeadline(making, this.#limitMs, late).then(undefined, () => undefined);
  }

  /** With the first record that has tags; nobody waits for it, since there may be many others. */
  #indexTags(store: S, { tags }: RecordMeta): void {
    if (tags === undefined || this.#tagIndexes !== undefined) return;
    const retry = (): void => void (this.#tagIndexes = undefined);
    this.#tagIndexes = this.#ensure(store.tagIndexes()).then(undefined, retry);
    this.inBackground(this.#tagIndexes);
  }

  #ensure(indexes: readonly IndexWishes[]): Promise<unknown> {
    const refused = (name: string, cause: unknown): void =>
      this.tell('open', `the server refused the index "${name}"${whatIsLost(name)}`, { cause });
    return ensureIndexes(indexes, refused);
  }

  async #close(): Promise<void> {
    const accepted = Promise.allSettled([this.#order.whenIdle(), this.#opening.attempt]);
    const work = accepted.then(() => Promise.allSettled(this.#background));
    await atMost(work, this.#limitMs * PATIENCE_FACTOR);
    this.#hasEnded = true;
    const opened = this.#opening.value;
    this.#opening.forget();
    try {
      await opened?.connection.close();
    } catch (error) {
      throw this.#typedError('close', error);
    }
  }

  #typedError(operation: BackendOperation, error: unknown): Error {
    if (isHttpCacheError(error)) return error;
    const code = error instanceof CommandTimeout ? { code: 'ERR_CACHE_BACKEND_TIMEOUT' as const } : {};
    const message = `${error instanceof Error ? error.message : String(error)}`;
    return new BackendError({ backend: this.name, operation, message, ...code }, { cause: error });
  }

  #requireOpen(): void {
    if (this.#closing !== undefined) throw this.#closedError();
  }

  #closedError(): CacheClosedError {
    return new CacheClosedError(`Cache "${this.#facts.cacheName}" (backend "${this.name}")`);
  }
}

function whatIsLost(index: string): string {
  return index === 'deleteAt'
    ? ': it does not delete by itself what need not be kept any longer; that goes now and then while others are stored, and by removeExpired()'
    : ': some calls take longer the more there is stored';
}
