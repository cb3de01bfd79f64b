import type { EpochMs } from '../clock.js';
import { BackendError, type BackendOperation, CorruptRecordError, isHttpCacheError } from '../errors.js';
import type {
  Backend,
  BackendTraits,
  FoundRecord,
  MaybePromise,
  RecordAddress,
  RecordMeta,
  ScanRange,
  StoredRecord,
  EvictionListener,
  TroubleListener,
} from '../storage/backend.js';
import { CallOrder } from '../storage/call-order.js';
import { withDeadline } from '../storage/deadline.js';
import { decodeHead } from '../storage/record-codec.js';
import { andThen, orElse } from './and-then.js';
import { asBuffer } from './bytes.js';
import type { ReadHead } from './document.js';
import type { RecordSerializer } from './record-serializer.js';
import type { SerializerContext } from '../storage/serializer-stage.js';

/** What reading may make of a record where the backend has no limit. */
const MOST_BYTES = 2 ** 31 - 1;

/** What takes longer has failed: else no later call on the key would ever be done, nor the closing. */
const LONGEST_STAGES_MS = 30_000;

/** Stands for a head that cannot be read: no codec takes it for one. */
const UNREADABLE = new Uint8Array(0);

/**
 * A backend whose heads and bodies are written by a serializer. To those who use it they look as they would without.
 *
 * What cannot be read, since it is damaged, signed by somebody else, or written by another serializer, has a head that no
 * codec can read either; so it reads as absent, is reported, and is replaced.
 */
export class SerializedBackend implements Backend {
  readonly name: string;
  readonly traits: BackendTraits;
  readonly deleteTag?: (tag: string) => MaybePromise<number>;
  readonly #backend: Backend;
  readonly #serializer: RecordSerializer;
  readonly #namespace: string;
  /** Stages may take their time, and must not let a later call overtake an earlier one. */
  readonly #order = new CallOrder();
  /** As what a head is stored that was handed out. */
  readonly #storedHeads = new WeakMap<Uint8Array, Uint8Array>();
  readonly #listeners: TroubleListener[] = [];

  /** @param namespace to which signed and encrypted records are bound: the name of the cache */
  constructor(backend: Backend, serializer: RecordSerializer, namespace: string) {
    this.name = backend.name;
    this.traits = backend.traits;
    this.#backend = backend;
    this.#serializer = serializer;
    this.#namespace = namespace;
    if (typeof backend.deleteTag === 'function') {
      this.deleteTag = (tag) => this.#writeAll(() => backend.deleteTag?.(tag) ?? 0);
    }
  }

  /** Of what is given, too, so that nothing is stored that would be refused when it is read. */
  get maxEntryBytes(): number | undefined {
    return this.#backend.maxEntryBytes;
  }

  get(key: string): MaybePromise<readonly FoundRecord[]> {
    return this.#read(key, () =>
      andThen<readonly FoundRecord[], readonly FoundRecord[]>(this.#backend.get(key), (found) =>
        all(found.map((record) => this.#readRecord(record))),
      ),
    );
  }

  body(address: RecordAddress): MaybePromise<Uint8Array | undefined> {
    return this.#read(address.key, () =>
      andThen<Uint8Array | undefined, Uint8Array | undefined>(this.#backend.body(address), (stored) =>
        stored === undefined ? undefined : this.#readBody(stored, address),
      ),
    );
  }

  put(record: StoredRecord): MaybePromise<boolean> {
    return this.#write(record.key, () => {
      if (record.head.byteLength + record.body.byteLength > this.#maxBytes) {
        return andThen<number, boolean>(this.#backend.delete(record.key, record.variant), () => false);
      }
      return andThen<readonly Uint8Array[], boolean>(
        all([
          this.#dumpsHead(record, 'put'),
          this.#failing('put', () =>
            this.#serializer.dumpsBody(record.body, this.#contextOf(record, 'body')),
          ),
        ]),
        ([head = UNREADABLE, body = UNREADABLE]) =>
          this.#backend.put({ ...record, head, body, bodyBytes: body.byteLength }),
      );
    });
  }

  replaceHead(meta: RecordMeta, expectedHead?: Uint8Array): MaybePromise<boolean> {
    return this.#write(meta.key, () =>
      andThen<RecordMeta | undefined, boolean>(this.#withBodyBytes(meta), (measured) => {
        if (measured === undefined) return false;
        return andThen<Uint8Array, boolean>(this.#dumpsHead(measured, 'replaceHead'), (head) => {
          if (expectedHead === undefined) return this.#backend.replaceHead({ ...meta, head });
          return andThen<Uint8Array | undefined, boolean>(this.#storedHead(meta, expectedHead), (stored) =>
            stored === undefined ? false : this.#backend.replaceHead({ ...meta, head }, stored),
          );
        });
      }),
    );
  }

  delete(key: string, variant?: string): MaybePromise<number> {
    return this.#write(key, () => this.#backend.delete(key, variant));
  }

  deleteResource(resource: string): MaybePromise<number> {
    return this.#writeAll(() => this.#backend.deleteResource(resource));
  }

  clear(): MaybePromise<void> {
    return this.#writeAll(() => this.#backend.clear());
  }

  async *scan(range: ScanRange = {}): AsyncGenerator<RecordMeta, void, undefined> {
    await this.#order.readAll(() => Promise.resolve());
    for await (const meta of this.#backend.scan(range)) yield await this.#readMeta(meta);
  }

  count(range?: ScanRange): MaybePromise<number> {
    return this.#readAll(() => this.#backend.count(range));
  }

  size(): MaybePromise<number> {
    return this.#readAll(() => this.#backend.size());
  }

  prune(now: EpochMs, limit: number): MaybePromise<number> {
    return this.#readAll(() => this.#backend.prune(now, limit));
  }

  onTrouble(listener: TroubleListener): void {
    this.#listeners.push(listener);
    this.#backend.onTrouble?.(listener);
  }

  onEvict(listener: EvictionListener): void {
    this.#backend.onEvict?.(listener);
  }

  async close(): Promise<void> {
    await this.#order.whenIdle();
    await this.#backend.close();
  }

  #readRecord({ body: stored, ...meta }: FoundRecord): MaybePromise<FoundRecord> {
    return andThen<RecordMeta, FoundRecord>(this.#readMeta(meta), (read) => {
      if (stored === undefined || read.head === UNREADABLE) return { ...read, body: stored };
      return andThen<Uint8Array | undefined, FoundRecord>(this.#readBody(stored, meta), (body) =>
        body === undefined
          ? { ...read, head: UNREADABLE, body }
          : { ...read, body, bodyBytes: body.byteLength },
      );
    });
  }

  #readMeta(meta: RecordMeta): MaybePromise<RecordMeta> {
    const read = this.#orTold(meta, () => this.#serializer.loadsHead(meta.head, this.#headContextOf(meta)));
    return andThen<ReadHead | undefined, RecordMeta>(read, (found) => {
      if (found === undefined) return { ...meta, head: UNREADABLE };
      this.#storedHeads.set(found.head, meta.head);
      return { ...meta, ...found };
    });
  }

  #readBody(stored: Uint8Array, address: RecordAddress): MaybePromise<Uint8Array | undefined> {
    return this.#orTold(address, () => this.#serializer.loadsBody(stored, this.#contextOf(address, 'body')));
  }

  /** @returns undefined for what cannot be read, which is told */
  #orTold<T>({ key }: RecordAddress, read: () => MaybePromise<T>): MaybePromise<T | undefined> {
    return orElse(
      () => inTime(read()),
      (cause): undefined => void this.#tell(key, cause),
    );
  }

  #dumpsHead(meta: RecordMeta, operation: BackendOperation): MaybePromise<Uint8Array> {
    const { head, bodyBytes } = meta;
    return this.#failing(operation, () =>
      this.#serializer.dumpsHead({ head, bodyBytes }, this.#headContextOf(meta)),
    );
  }

  /** What a head says of the length of its body; if it is none of the codec's, what the present one says. */
  #withBodyBytes(meta: RecordMeta): MaybePromise<RecordMeta | undefined> {
    const bodyBytes = bodyBytesOf(meta.head);
    if (bodyBytes !== undefined) return { ...meta, bodyBytes };
    return andThen<RecordMeta | undefined, RecordMeta | undefined>(
      this.#present(meta),
      (present) => present && { ...meta, bodyBytes: present.bodyBytes },
    );
  }

  #present({ key, variant }: RecordAddress): MaybePromise<RecordMeta | undefined> {
    return andThen<readonly FoundRecord[], RecordMeta | undefined>(this.#backend.get(key), (found) => {
      const present = found.find((one) => one.variant === variant);
      return present && this.#readMeta(present);
    });
  }

  /**
   * A stage may throw anything. It is a rejection always: what is thrown at once, for the body, would leave nobody to hear of
   * what the head, which is still being written, is rejected with.
   */
  #failing<T>(operation: BackendOperation, call: () => MaybePromise<T>): MaybePromise<T> {
    return orElse(
      () => inTime(call()),
      (cause): Promise<never> => {
        if (isHttpCacheError(cause)) return Promise.reject(cause);
        const message = `the serializer failed: ${cause instanceof Error ? cause.message : String(cause)}`;
        return Promise.reject(new BackendError({ backend: this.name, operation, message }, { cause }));
      },
    );
  }

  #tell(key: string, cause: unknown): void {
    const corrupt = new CorruptRecordError('foreign', 'The serializer cannot read the record.', { cause });
    const error = new BackendError({ backend: this.name, operation: 'get' }, { cause: corrupt });
    for (const listener of this.#listeners) listener(error, key);
  }

  /** What has to be there so that the head that is there is the expected one; undefined: another is there, or none. */
  #storedHead(address: RecordAddress, expected: Uint8Array): MaybePromise<Uint8Array | undefined> {
    const known = this.#storedHeads.get(expected);
    if (known !== undefined) return known;
    return andThen<RecordMeta | undefined, Uint8Array | undefined>(this.#present(address), (present) =>
      present !== undefined && asBuffer(present.head).equals(expected)
        ? this.#storedHeads.get(present.head)
        : undefined,
    );
  }

  #contextOf({ key, variant }: RecordAddress, part: SerializerContext['part']): SerializerContext {
    return { namespace: this.#namespace, key, variant, part, maxBytes: this.#maxBytes };
  }

  #headContextOf(meta: RecordMeta): SerializerContext {
    const { resource, createdAt, expiresAt, retainUntil } = meta;
    return { ...this.#contextOf(meta, 'head'), columns: { resource, createdAt, expiresAt, retainUntil } };
  }

  get #maxBytes(): number {
    return Math.min(this.#backend.maxEntryBytes ?? MOST_BYTES, MOST_BYTES);
  }

  #read<T>(key: string, call: () => MaybePromise<T>): MaybePromise<T> {
    return this.#order.isFree(key) ? call() : this.#order.read(key, async () => call());
  }

  #write<T>(key: string, call: () => MaybePromise<T>): MaybePromise<T> {
    if (!this.#order.isFree(key)) return this.#order.write(key, async () => call());
    const result = call();
    // Who comes next stands in line behind it.
    return result instanceof Promise ? this.#order.write(key, () => result) : result;
  }

  #readAll<T>(call: () => MaybePromise<T>): MaybePromise<T> {
    return this.#order.whenIdle() === undefined ? call() : this.#order.readAll(async () => call());
  }

  #writeAll<T>(call: () => MaybePromise<T>): MaybePromise<T> {
    if (this.#order.whenIdle() !== undefined) return this.#order.writeAll(async () => call());
    const result = call();
    return result instanceof Promise ? this.#order.writeAll(() => result) : result;
  }
}

/** @throws Error, by the promise, where stages of the user do not settle */
function inTime<T>(result: MaybePromise<T>): MaybePromise<T> {
  if (!(result instanceof Promise)) return result;
  return withDeadline(
    result,
    LONGEST_STAGES_MS,
    () => new Error(`its stages took longer than ${LONGEST_STAGES_MS} ms`),
  );
}

/** As long as the body was that was given; undefined: the head does not tell. */
function bodyBytesOf(head: Uint8Array): number | undefined {
  try {
    return decodeHead(head).bodyDigest.bodyBytes;
  } catch {
    return undefined;
  }
}

/** At once where all are there. */
function all<T>(values: readonly MaybePromise<T>[]): MaybePromise<readonly T[]> {
  return values.some((value) => value instanceof Promise) ? Promise.all(values) : (values as readonly T[]);
}
