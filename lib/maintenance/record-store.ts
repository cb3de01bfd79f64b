import { InFlight } from '../cache/in-flight.js';
import { deleteNamed, deleteWhere } from '../cache/named-deletion.js';
import type { NamedResponses } from '../cache/named-responses.js';
import {
  concernsRedirects,
  isPointer,
  POINTERS,
  readAlias,
  seenThrough,
} from '../cache/redirect-pointers.js';
import { deleteWhole, findTarget, type RecordAccess } from '../cache/redirect-records.js';
import { type DecodedRecord, fromRecordMeta, type StoredResponse } from '../cache/stored-response.js';
import type { Clock } from '../clock.js';
import { tagName } from '../key/tag-name.js';
import {
  type BackendOperation,
  CacheClosedError,
  CorruptRecordError,
  type RecordProblem,
} from '../errors.js';
import type {
  Backend,
  FoundRecord,
  MaybePromise,
  RecordAddress,
  RecordMeta,
  ScanRange,
  StoredRecord,
} from '../storage/backend.js';
import type { GuardedBackend } from '../storage/guarded-backend.js';
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

/**
 * The records of a cache for maintenance: every failure of the backend reaches the caller as a typed error. Pointers that
 * redirects have left are followed, and do not count as responses.
 */
export class RecordStore {
  readonly clock: Clock;
  /** The calls that pointers need. */
  readonly access: RecordAccess;
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
    this.access = {
      get: (key) => this.use('get', (backend) => backend.get(key)),
      put: (record) => this.use('put', (backend) => backend.put(record)),
      replaceHead: (meta, expected) =>
        this.use('replaceHead', (backend) => backend.replaceHead(meta, expected)),
      delete: (key, variant) => this.use('delete', (backend) => backend.delete(key, variant)),
    };
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

  /** The records of responses. */
  async *scan(range?: ScanRange): AsyncGenerator<RecordMeta, void, undefined> {
    this.#requireOpen();
    for await (const meta of this.#storage.scan(range)) if (!isPointer(meta)) yield meta;
  }

  /** The records that redirects have left. */
  async *pointers(range?: ScanRange): AsyncGenerator<RecordMeta, void, undefined> {
    this.#requireOpen();
    for await (const meta of this.#storage.scan({ ...range, ...POINTERS })) if (isPointer(meta)) yield meta;
  }

  /** How many responses there are. */
  count(range: ScanRange = {}): Promise<number> {
    return this.use('count', async (backend) => {
      const pointers = await backend.count({ ...range, ...POINTERS });
      return Math.max(0, (await backend.count(range)) - pointers);
    });
  }

  /**
   * Deletes what is past retention, at most `perStep` records at a time; between steps other work gets its turn.
   * @param onStep is told how many records have gone so far
   * @returns how many of them were responses
   */
  async prune(perStep: number, onStep: (done: number) => void = () => undefined): Promise<number> {
    // Counting may be slow where storage is far away: once before and once after, and not for each step.
    const pointers = await this.#countPointers();
    let pruned = 0;
    for (;;) {
      const records = await this.use('prune', (backend) => backend.prune(this.clock.now(), perStep));
      pruned += records;
      onStep(pruned);
      if (records < perStep) break;
      await new Promise((resolve) => setImmediate(resolve));
    }
    const left = pointers === 0 || pruned === 0 ? pointers : await this.#countPointers();
    return Math.max(0, pruned - Math.max(0, pointers - left));
  }

  #countPointers(): Promise<number> {
    return this.use('count', (backend) => backend.count(POINTERS));
  }

  /** Whether something can be read back whole that was stored for a URL, or that redirects led to by way of it. */
  async hasResource(range: ScanRange & { readonly resource: string }): Promise<boolean> {
    for await (const meta of this.scan(range)) {
      if ((await this.inspect(meta)).decoded !== undefined) return true;
    }
    for await (const meta of this.pointers(range)) {
      const target = await findTarget(this.access, meta);
      if (target !== undefined && (await this.inspect(target.record)).decoded !== undefined) return true;
    }
    return false;
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

  /** As {@link intact}, and what redirects led to by way of the URL that the key is of. */
  async answering(key: string): Promise<readonly StoredResponse[]> {
    const found = (await this.intact(key)).map(({ stored }) => stored);
    for (const meta of await this.use('get', (backend) => backend.get(key))) {
      const alias = readAlias(meta);
      const target = alias && (await findTarget(this.access, meta));
      if (alias === undefined || target === undefined) continue;
      if ((await this.inspect(target.record)).decoded === undefined) continue;
      found.push(seenThrough(alias, meta.resource, target.stored));
    }
    return found;
  }

  /** The body of a response, found by its own address or by an alias; undefined when it is gone or damaged. */
  async body({ key, variant }: RecordAddress): Promise<Uint8Array | undefined> {
    const records = await this.use('get', (backend) => backend.get(key));
    const record = records.find((candidate) => candidate.variant === variant);
    if (record === undefined) return undefined;
    const target = isPointer(record) ? (await findTarget(this.access, record))?.record : record;
    return target && (await this.read(target))?.body;
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

  /** Deletes just what lies there. */
  delete(address: { readonly key: string; readonly variant?: string }): Promise<number> {
    this.#inFlight.keyDeleted(address.key);
    return this.use('delete', (backend) => backend.delete(address.key, address.variant));
  }

  /**
   * Deletes what lies under a key with all that belongs to it: see `deleteWhole`.
   * @param isMeant which of the records; undefined: all
   * @returns how many responses went
   */
  async deleteKey(key: string, isMeant?: (meta: RecordMeta) => boolean): Promise<number> {
    this.#inFlight.keyDeleted(key);
    let deleted = 0;
    for (const meta of await this.use('get', (backend) => backend.get(key))) {
      const isToGo = isMeant === undefined ? concernsRedirects(meta) : isMeant(meta);
      if (isToGo) deleted += await deleteWhole(this.access, meta);
    }
    return isMeant === undefined ? deleted + (await this.delete({ key })) : deleted;
  }

  /** Deletes all that is stored for a URL, and what redirects led to by way of it. @returns how many responses went */
  async deleteResource(resource: string): Promise<number> {
    this.#inFlight.resourceDeleted(resource);
    let deleted = 0;
    const linked: RecordMeta[] = [];
    for await (const meta of this.#storage.scan({ resource })) if (concernsRedirects(meta)) linked.push(meta);
    for (const meta of linked) deleted += await deleteWhole(this.access, meta);
    return deleted + (await this.use('deleteResource', (backend) => backend.deleteResource(resource)));
  }

  /** Deletes what tags, URLs and patterns name, likewise. */
  async deleteNamed({ tags, resources, matches }: NamedResponses): Promise<number> {
    let deleted = 0;
    for (const resource of resources) deleted += await this.deleteResource(resource);
    for (const tag of tags) this.#inFlight.tagDeleted(tagName(tag));
    if (matches !== undefined) this.#inFlight.urlsDeleted(matches);
    if (tags.length === 0 && matches === undefined) return deleted;
    const onKey = (key: string): void => this.#inFlight.keyDeleted(key);
    return (
      deleted + (await this.use('deleteTag', (backend) => deleteNamed(backend, { tags, matches }, onKey)))
    );
  }

  /** Deletes the responses that a test picks, likewise. What the test throws is thrown. */
  deleteWhere(isMeant: (stored: StoredResponse) => Promise<boolean>): Promise<number> {
    return deleteWhere(this.scan(), this.access, isMeant, (key) => this.#inFlight.keyDeleted(key));
  }

  clear(): Promise<void> {
    this.#inFlight.cleared();
    return this.use('clear', (backend) => backend.clear());
  }

  async deleteRange(range: ScanRange): Promise<number> {
    let deleted = 0;
    for await (const meta of this.scan(range)) {
      this.#inFlight.keyDeleted(meta.key);
      deleted += await deleteWhole(this.access, meta);
    }
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
