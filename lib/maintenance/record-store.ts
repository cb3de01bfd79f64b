import { type DecodedRecord, fromRecordMeta } from '../cache/stored-response.js';
import { InFlight } from '../cache/in-flight.js';
import { type Clock } from '../clock.js';
import {
  type BackendOperation,
  CacheClosedError,
  CorruptRecordError,
  type RecordProblem,
} from '../errors.js';
import {
  type Backend,
  type FoundRecord,
  type MaybePromise,
  type RecordAddress,
  type RecordMeta,
  type ScanRange,
  type StoredRecord,
} from '../storage/backend.js';
import { type GuardedBackend } from '../storage/guarded-backend.js';
import { verifyBody } from '../storage/record-codec.js';

/** A record's head, read; or why it cannot be. */
export type Decoding =
  | { readonly decoded: DecodedRecord; readonly problem?: undefined }
  | { readonly decoded: undefined; readonly problem: RecordProblem };

/** Reads a record's head. */
export function decode(meta: RecordMeta): Decoding {
  try {
    return { decoded: fromRecordMeta(meta) };
  } catch (error) {
    if (error instanceof CorruptRecordError) return { decoded: undefined, problem: error.problem };
    throw error;
  }
}

/** The records of a cache for maintenance: every failure of the backend reaches the caller as a typed error. */
export class RecordStore {
  readonly clock: Clock;
  readonly #storage: GuardedBackend;
  readonly #isClosed: () => boolean;
  readonly #inFlight: InFlight;

  /**
   * @param isClosed whether the cache was closed, which its backend need not be
   * @param inFlight the requests whose answers must not undo a deletion
   */
  constructor(
    storage: GuardedBackend,
    clock: Clock,
    isClosed: () => boolean = () => false,
    inFlight: InFlight = new InFlight(),
  ) {
    this.#storage = storage;
    this.clock = clock;
    this.#isClosed = isClosed;
    this.#inFlight = inFlight;
  }

  /** The name of its backend. */
  get name(): string {
    return this.#storage.name;
  }

  /** @throws BackendError (ERR_CACHE_BACKEND) or another HttpCacheError */
  async use<T>(operation: BackendOperation, call: (backend: Backend) => MaybePromise<T>): Promise<T> {
    this.#requireOpen();
    return this.#storage.maintenance(operation, call);
  }

  async *scan(range?: ScanRange): AsyncGenerator<RecordMeta, void, undefined> {
    this.#requireOpen();
    yield* this.#storage.scan(range);
  }

  /** Reads a record's head and checks its body too. */
  async inspect(meta: RecordMeta): Promise<Decoding> {
    const decoding = decode(meta);
    if (decoding.decoded === undefined) return decoding;
    const body = await this.use('body', (backend) => backend.body(meta));
    if (body === undefined) return { decoded: undefined, problem: 'body-missing' };
    return verifyBody(decoding.decoded.bodyDigest, body)
      ? decoding
      : { decoded: undefined, problem: 'damaged' };
  }

  /** All variants under a key that can be read back whole, in any order. */
  async intact(key: string): Promise<readonly DecodedRecord[]> {
    const records = await this.use('get', (backend) => backend.get(key));
    const intact: DecodedRecord[] = [];
    for (const record of records) {
      const { decoded } = decode(record);
      if (decoded !== undefined && (await this.#verifiedBody(record, decoded)) !== undefined)
        intact.push(decoded);
    }
    return intact;
  }

  /** What is now stored there, whole; undefined when it is gone or damaged. */
  async read(address: RecordAddress): Promise<StoredRecord | undefined> {
    const records = await this.use('get', (backend) => backend.get(address.key));
    const record = records.find((candidate) => candidate.variant === address.variant);
    const decoded = record && decode(record).decoded;
    if (record === undefined || decoded === undefined) return undefined;
    const body = await this.#verifiedBody(record, decoded);
    return body && { ...record, body };
  }

  delete(address: { readonly key: string; readonly variant?: string }): Promise<number> {
    this.#inFlight.keyDeleted(address.key);
    return this.use('delete', (backend) => backend.delete(address.key, address.variant));
  }

  deleteResource(resource: string): Promise<number> {
    this.#inFlight.resourceDeleted(resource);
    return this.use('deleteResource', (backend) => backend.deleteResource(resource));
  }

  clear(): Promise<void> {
    this.#inFlight.cleared();
    return this.use('clear', (backend) => backend.clear());
  }

  async deleteRange(range: ScanRange): Promise<number> {
    let deleted = 0;
    for await (const meta of this.scan(range)) deleted += await this.delete(meta);
    return deleted;
  }

  async #verifiedBody(record: FoundRecord, { bodyDigest }: DecodedRecord): Promise<Uint8Array | undefined> {
    const body = record.body ?? (await this.use('body', (backend) => backend.body(record)));
    return body !== undefined && verifyBody(bodyDigest, body) ? body : undefined;
  }

  #requireOpen(): void {
    if (this.#isClosed()) throw new CacheClosedError('This cache');
  }
}
