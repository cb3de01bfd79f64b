import { type EpochMs, systemClock } from '../../clock.js';
import { BackendError, type BackendOperation, CacheClosedError, isHttpCacheError } from '../../errors.js';
import type {
  Backend,
  EvictionListener,
  FoundRecord,
  MaybePromise,
  RecordAddress,
  RecordMeta,
  ScanRange,
  StoredRecord,
} from '../../storage/backend.js';
import { CallOrder } from '../../storage/call-order.js';
import { atMost } from '../../storage/deadline.js';
import { Evictions } from '../../storage/evictions.js';
import { Opening } from '../../storage/opening.js';
import type { FilesystemOptions } from '../../storage/options/filesystem.js';
import { isInRange } from '../../storage/scan-range.js';
import { BINARY_FORMAT } from './binary-format.js';
import { createDirectories, removeAll, sweep } from './directory.js';
import { isFull } from './files.js';
import type { RecordFormat } from './format.js';
import { Layout, type Slot, slotOf } from './layout.js';
import { listSlots, sizeOf } from './listing.js';
import { currentDirectory, FILESYSTEM_TRAITS, validateFilesystemOptions } from './options.js';
import { makeStore, type OpenedStore } from './opened-store.js';
import { JSON_NOTATION, TextFormat } from './text-format.js';
import { loadYamlNotation } from './yaml-notation.js';

/** A file of which nothing can be understood. */
export interface UnreadableFile {
  /** Its absolute path. */
  readonly path: string;
  readonly isRemoved: boolean;
}

/** Records past retention that may go at once to make room for a new one. */
const PRUNED_WHEN_FULL = 500;
/** So many records past retention are removed while others who store under limits wait. */
const PRUNED_AT_ONCE = 50;
/** Milliseconds that `close` waits for a disk that does not answer. */
const CLOSE_TIMEOUT_MS = 30_000;

/**
 * Keeps each record in a file of its own, in a directory that several processes may use at the same time, on a local file
 * system. Nothing is created before the first call. A file is complete before it gets its name: readers never see half of
 * one, and a process that dies leaves nothing behind but a temporary file, which is removed later.
 *
 * Each record costs two more files, which are empty, by which it is found by its resource and by the end of its retention.
 * Files may be deleted by hand at any time.
 */
export class FilesystemBackend implements Backend {
  readonly name = 'filesystem';
  readonly traits = FILESYSTEM_TRAITS;
  /** Absolute path of the directory. */
  readonly path: string;
  /** As the limits say, and never more than the serializer can write. */
  readonly maxEntryBytes: number;
  readonly #options: FilesystemOptions;
  readonly #evictions = new Evictions();
  readonly #opening = new Opening(() => this.#open());
  readonly #order = new CallOrder();
  #layout: Layout | undefined;
  #sweeping: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  /**
   * @param cacheName path of the directory; see {@link FilesystemOptions}
   * @throws InvalidOptionError: ERR_CACHE_INVALID_OPTION
   */
  constructor(cacheName: string, options: FilesystemOptions = {}) {
    validateFilesystemOptions(options, cacheName, '');
    this.path = currentDirectory(cacheName, options);
    this.#options = options;
    const most =
      (options.serializer ?? 'binary') === 'binary' ? BINARY_FORMAT : new TextFormat(JSON_NOTATION);
    const { maxBytes = Infinity, maxEntryBytes = maxBytes } = options;
    this.maxEntryBytes = Math.min(maxEntryBytes, most.maxRecordBytes);
  }

  get(key: string): MaybePromise<readonly FoundRecord[]> {
    const read = ({ store, limits }: OpenedStore): MaybePromise<readonly FoundRecord[]> => {
      const found = store.get(key);
      if (limits === undefined) return found;
      const note = (records: readonly FoundRecord[]): readonly FoundRecord[] => {
        for (const { variant } of records) limits.note(slotOf(key, variant));
        return records;
      };
      return found instanceof Promise ? found.then(note) : note(found);
    };
    return this.#read('get', key, read, (call) => this.#order.readShared(key, call));
  }

  body(address: RecordAddress): MaybePromise<Uint8Array | undefined> {
    const { key, variant } = address;
    const read = ({ store, limits }: OpenedStore): MaybePromise<Uint8Array | undefined> => {
      limits?.note(slotOf(key, variant));
      return store.body(address);
    };
    return this.#read('body', key, read, (call) => this.#order.read(key, call));
  }

  put(record: StoredRecord): Promise<boolean> {
    return this.#ask('put', () =>
      this.#order.write(record.key, async () => {
        const { store } = await this.#ready();
        try {
          return await store.put(record);
        } catch (error) {
          if (!isFull(error)) throw error;
          await store.prune(record.createdAt, PRUNED_WHEN_FULL).catch(() => undefined);
          return store.put(record);
        }
      }),
    );
  }

  replaceHead(meta: RecordMeta, expectedHead?: Uint8Array): Promise<boolean> {
    return this.#ask('replaceHead', () =>
      this.#order.write(meta.key, async () => (await this.#ready()).store.replaceHead(meta, expectedHead)),
    );
  }

  delete(key: string, variant?: string): Promise<number> {
    return this.#ask('delete', () =>
      this.#order.write(key, async () => (await this.#ready()).store.remove(key, variant)),
    );
  }

  deleteResource(resource: string): Promise<number> {
    return this.#ask('deleteResource', () =>
      this.#order.writeAll(async () => (await this.#ready()).store.removeResource(resource)),
    );
  }

  async *scan(range: ScanRange = {}): AsyncGenerator<RecordMeta, void, undefined> {
    for await (const { slot, store } of this.#slots('scan', range.resource)) {
      const meta = store.readMeta(slot);
      if (meta !== undefined && isInRange(meta, range)) yield meta;
    }
  }

  count(range: ScanRange = {}): Promise<number> {
    const isAll = Object.values(range).every((condition) => condition === undefined);
    return this.#sum('count', range.resource, ({ store }, slot) => {
      if (isAll) return 1;
      const meta = store.readMeta(slot);
      return meta !== undefined && isInRange(meta, range) ? 1 : 0;
    });
  }

  /** Bytes of the files of all records. */
  size(): Promise<number> {
    return this.#sum('size', undefined, ({ layout }, slot) => sizeOf(layout, slot)?.bytes ?? 0);
  }

  /** The absolute paths of the files of all records, in any order. */
  async *paths(): AsyncGenerator<string, void, undefined> {
    for await (const { slot, layout } of this.#slots('scan')) yield layout.file(slot);
  }

  /**
   * The files that have the name of a record and cannot be understood at all: damaged, misplaced, or edited so that they are
   * no record any more. No record is read from them, and no scan shows them.
   *
   * @param options `remove` deletes them, unless a later release has written them
   */
  async *unreadable({ remove = false } = {}): AsyncGenerator<UnreadableFile, void, undefined> {
    for await (const { slot, layout, store } of this.#slots('scan')) {
      if (!store.isUnreadable(slot)) continue;
      const isRemoved = remove && (await this.#order.writeAll(() => store.removeUnreadable(slot)));
      yield { path: layout.file(slot), isRemoved };
    }
  }

  prune(now: EpochMs, limit: number): Promise<number> {
    return this.#ask('prune', () =>
      // It removes only what is past retention at that moment, so that nobody has to wait for it.
      this.#order.readAll(async () => {
        const { store } = await this.#ready();
        let pruned = 0;
        for (;;) {
          const wanted = Math.min(limit - pruned, PRUNED_AT_ONCE);
          const some = await store.prune(now, wanted);
          pruned += some;
          if (some < wanted || pruned >= limit) return pruned;
        }
      }),
    );
  }

  /** Deletes all records with the extension, whatever state their files are in. Other files beside them stay. */
  clear(): Promise<void> {
    return this.#ask('clear', () =>
      this.#order.writeAll(async () => {
        const layout = await this.#layoutOf();
        const opened = this.#opening.value ?? (await this.#opening.ensure().catch(() => undefined));
        if (opened?.limits === undefined) await removeAll(layout);
        else await opened.limits.clear(() => removeAll(layout));
        await createDirectories(this.path, layout);
      }),
    );
  }

  onEvict(listener: EvictionListener): void {
    this.#evictions.add(listener);
  }

  /** Waits for what was asked for before, at most 30 seconds. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    try {
      await atMost(this.#finish(), CLOSE_TIMEOUT_MS);
    } catch (error) {
      throw this.#typedError('close', error);
    }
  }

  async #finish(): Promise<void> {
    await this.#order.whenIdle();
    // What could not be opened needs no closing; whoever asked for it got the error.
    await this.#opening.attempt?.catch(() => undefined);
    await this.#opening.value?.keeping;
    await this.#opening.value?.limits?.close();
    this.#opening.value?.locks.close();
    await this.#sweeping;
  }

  #sum(
    operation: BackendOperation,
    resource: string | undefined,
    amount: (opened: OpenedStore, slot: Slot) => number,
  ): Promise<number> {
    return this.#ask(operation, () =>
      this.#order.readAll(async () => {
        const opened = await this.#ready();
        let sum = 0;
        for await (const slot of slotsOf(opened, resource)) sum += amount(opened, slot);
        return sum;
      }),
    );
  }

  async *#slots(
    operation: BackendOperation,
    resource?: string,
  ): AsyncGenerator<OpenedStore & { readonly slot: Slot }, void, undefined> {
    this.#requireOpen();
    try {
      const opened = await this.#order.readAll(() => this.#ready());
      for await (const slot of slotsOf(opened, resource)) {
        this.#requireOpen();
        yield { ...opened, slot };
      }
    } catch (error) {
      throw this.#typedError(operation, error);
    }
  }

  /** At once where nothing that concerns the key is under way, and the record is not large. */
  #read<T>(
    operation: BackendOperation,
    key: string,
    read: (opened: OpenedStore) => MaybePromise<T>,
    inOrder: (call: () => Promise<T>) => Promise<T>,
  ): MaybePromise<T> {
    const opened = this.#opening.value;
    if (opened === undefined || !this.#order.isFree(key)) {
      return this.#ask(operation, () => inOrder(async () => read(await this.#opening.ensure())));
    }
    this.#requireOpen();
    try {
      const result = read(opened);
      if (!(result instanceof Promise)) return result;
      return this.#ask(operation, () => inOrder(() => result));
    } catch (error) {
      throw this.#typedError(operation, error);
    }
  }

  /** The store, within its limits. */
  async #ready(): Promise<OpenedStore> {
    const opened = await this.#opening.ensure();
    await opened.keeping;
    return opened;
  }

  async #open(): Promise<OpenedStore> {
    const format = await this.#loadFormat();
    const layout = await this.#layoutOf(format);
    await createDirectories(this.path, layout);
    this.#sweeping ??= sweep(layout, systemClock.now());
    return makeStore(
      layout,
      format,
      { ...this.#options, maxEntryBytes: this.maxEntryBytes },
      this.#evictions.tell,
    );
  }

  async #layoutOf(format?: RecordFormat): Promise<Layout> {
    const { extension = (format ?? (await this.#loadFormat())).extension } = this.#options;
    return (this.#layout ??= new Layout(this.path, extension.replace(/^\./, '')));
  }

  async #loadFormat(): Promise<RecordFormat> {
    const { serializer = 'binary', decodeContent } = this.#options;
    if (serializer === 'binary') return BINARY_FORMAT;
    return new TextFormat(serializer === 'json' ? JSON_NOTATION : await loadYamlNotation(), decodeContent);
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
    const cause = error instanceof Error ? error.message : String(error);
    return new BackendError(
      { backend: this.name, operation, message: `${this.path}: ${cause}` },
      { cause: error },
    );
  }

  #requireOpen(): void {
    if (this.#closing !== undefined) throw new CacheClosedError(`Cache ${this.path}`);
  }
}

/** @param resource undefined: of all */
function slotsOf(
  { layout, store }: OpenedStore,
  resource: string | undefined,
): AsyncIterable<Slot> | Iterable<Slot> {
  return resource === undefined ? listSlots(layout) : store.slotsOfResource(resource);
}
