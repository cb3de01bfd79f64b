import { Buffer } from 'node:buffer';
import { LRUCache } from 'lru-cache';
import type { EpochMs } from '../clock.js';
import { CacheClosedError } from '../errors.js';
import type {
  Backend,
  EvictionListener,
  FoundRecord,
  RecordAddress,
  RecordMeta,
  ScanRange,
  StoredRecord,
} from '../storage/backend.js';
import type { MemoryOptions } from '../storage/backend-options.js';
import { Evictions } from '../storage/evictions.js';
import { isInRange } from '../storage/scan-range.js';
import { DEFAULT_MAX_BYTES, validateMemoryOptions } from './memory-options.js';
import { RetentionHeap, type RetentionPlace } from '../storage/retention-heap.js';

const DEFAULT_MAX_ENTRIES = 100_000;
/** After so many records a scan lets other work go first. */
const SCAN_PAGE = 1000;

/** What is kept, and handed out as it is: frozen, with bytes that nobody changes. */
type Kept = FoundRecord & { readonly body: Uint8Array };

/**
 * Keeps records in the memory of the process, up to exact limits of bytes and records. Every call answers at once.
 * `get` and `body` make a record the most recently used; nothing else does. Each instance is a store of its own, gone
 * when it is closed.
 *
 * Bytes are handed out uncopied. Those that are only a part of a larger buffer are copied when they are stored, so
 * that a small body does not keep a large buffer alive.
 */
export class MemoryBackend implements Backend {
  readonly name = 'memory';
  readonly traits = Object.freeze({ persistent: false, shared: false });
  readonly #maxEntries: number;
  readonly maxEntryBytes: number;
  /** With each record its place in {@link MemoryBackend.#retention}, or `FOREVER`. */
  readonly #recency: LRUCache<Kept, RetentionPlace<Kept> | typeof FOREVER>;
  /** The variants of each key; the lists are frozen and replaced, never changed. */
  readonly #byKey = new Map<string, readonly Kept[]>();
  /** Most resources have one record: a set for each would take hundreds of bytes. */
  readonly #byResource = new Map<string, Kept | Set<Kept>>();
  readonly #byTag = new Map<string, Set<Kept>>();
  readonly #retention = new RetentionHeap<Kept>();
  /** The key under which a record is being replaced: it keeps its place among the keys, so that no scan meets it twice. */
  #keyInWork: string | undefined;
  readonly #evictions = new Evictions();
  #isClosed = false;

  /** @throws InvalidOptionError: ERR_CACHE_INVALID_OPTION */
  constructor(options: MemoryOptions = {}) {
    validateMemoryOptions(options, '');
    const maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
    this.#maxEntries = options.maxEntries ?? DEFAULT_MAX_ENTRIES;
    this.maxEntryBytes = options.maxEntryBytes ?? maxBytes;
    // Without `max`: the LRU cache would reserve room for that many entries at once.
    this.#recency = new LRUCache({
      maxSize: Math.min(maxBytes, Number.MAX_SAFE_INTEGER),
      dispose: (place, kept, reason) => {
        this.#unlink(kept, place);
        if (reason === 'evict') this.#evictions.tell(1);
      },
    });
  }

  get(key: string): readonly FoundRecord[] {
    this.#requireOpen();
    const variants = this.#byKey.get(key);
    if (variants === undefined) return NONE;
    for (const kept of variants) this.#recency.get(kept);
    return variants;
  }

  body(address: RecordAddress): Uint8Array | undefined {
    const kept = this.#find(address.key, address.variant);
    if (kept !== undefined) this.#recency.get(kept);
    return kept?.body;
  }

  put(record: StoredRecord): boolean {
    return this.#replace(this.#find(record.key, record.variant), record, ownBytes(record.body));
  }

  replaceHead(meta: RecordMeta, expectedHead?: Uint8Array): boolean {
    const older = this.#find(meta.key, meta.variant);
    if (older === undefined) return false;
    if (expectedHead !== undefined && Buffer.compare(older.head, expectedHead) !== 0) return false;
    return this.#replace(older, meta, older.body);
  }

  delete(key: string, variant?: string): number {
    this.#requireOpen();
    const variants = this.#byKey.get(key) ?? NONE;
    return this.#remove(
      variant === undefined ? variants : variants.filter((kept) => kept.variant === variant),
    );
  }

  deleteResource(resource: string): number {
    this.#requireOpen();
    return this.#remove(this.#ofResource(resource));
  }

  deleteTag(tag: string): number {
    this.#requireOpen();
    return this.#remove([...(this.#byTag.get(tag) ?? NONE)]);
  }

  async *scan(range: ScanRange = {}): AsyncGenerator<RecordMeta, void, undefined> {
    this.#requireOpen();
    let seen = 0;
    for (const { key, variant } of this.#candidates(range)) {
      if (++seen % SCAN_PAGE === 0) await new Promise<void>((resolve) => setImmediate(resolve));
      const kept = this.#find(key, variant);
      if (kept !== undefined && isMeant(kept, range)) yield withoutBody(kept);
    }
  }

  count(range: ScanRange = {}): number {
    this.#requireOpen();
    if (Object.keys(range).length === 0) return this.#recency.size;
    let count = 0;
    for (const kept of this.#candidates(range)) if (isMeant(kept, range)) count++;
    return count;
  }

  size(): number {
    this.#requireOpen();
    return this.#recency.calculatedSize;
  }

  prune(now: EpochMs, limit: number): number {
    this.#requireOpen();
    for (let pruned = 0; ; pruned++) {
      const { first } = this.#retention;
      if (pruned >= limit || first === undefined || first.retainUntil > now) return pruned;
      this.#recency.delete(first.record);
    }
  }

  clear(): void {
    this.#requireOpen();
    this.#recency.clear();
  }

  onEvict(listener: EvictionListener): void {
    this.#evictions.add(listener);
  }

  close(): void {
    if (this.#isClosed) return;
    this.clear();
    this.#isClosed = true;
  }

  #replace(older: Kept | undefined, meta: RecordMeta, body: Uint8Array): boolean {
    if (older === undefined) return this.#add(meta, body);
    this.#keyInWork = older.key;
    this.#recency.delete(older);
    const isAdded = this.#add(meta, body);
    this.#keyInWork = undefined;
    if (this.#byKey.get(older.key)?.length === 0) this.#byKey.delete(older.key);
    return isAdded;
  }

  #add(meta: RecordMeta, body: Uint8Array): boolean {
    const head = ownBytes(meta.head);
    const { key, variant, resource, createdAt, expiresAt, retainUntil, tags } = meta;
    const bodyBytes = body.byteLength;
    const fields = { key, variant, resource, head, bodyBytes, createdAt, expiresAt, retainUntil, body };
    // Most have none, and then no room for them.
    const kept: Kept = Object.freeze(tags === undefined ? fields : { ...fields, tags });
    const bytes = sizeOf(kept, body);
    if (bytes > this.maxEntryBytes) return false;
    // The LRU cache does not take a size of 0, which only an empty record under an empty key has.
    const place = retainUntil === undefined ? FOREVER : this.#retention.add(kept, retainUntil);
    this.#recency.set(kept, place, { size: Math.max(1, bytes) });
    this.#link(kept);
    while (this.#recency.size > this.#maxEntries) this.#recency.pop();
    return true;
  }

  #link(kept: Kept): void {
    this.#byKey.set(kept.key, Object.freeze([...(this.#byKey.get(kept.key) ?? NONE), kept]));
    const same = this.#byResource.get(kept.resource);
    if (same instanceof Set) same.add(kept);
    else this.#byResource.set(kept.resource, same === undefined ? kept : new Set([same, kept]));
    for (const tag of kept.tags ?? NO_TAGS) {
      const tagged = this.#byTag.get(tag);
      if (tagged === undefined) this.#byTag.set(tag, new Set([kept]));
      else tagged.add(kept);
    }
  }

  #unlink(kept: Kept, place: RetentionPlace<Kept> | typeof FOREVER): void {
    if (place !== FOREVER) this.#retention.remove(place);
    const others = (this.#byKey.get(kept.key) ?? NONE).filter((other) => other !== kept);
    if (others.length === 0 && kept.key !== this.#keyInWork) this.#byKey.delete(kept.key);
    else this.#byKey.set(kept.key, Object.freeze(others));
    const same = this.#byResource.get(kept.resource);
    if (same instanceof Set) same.delete(kept);
    if (same === kept || (same instanceof Set && same.size === 0)) this.#byResource.delete(kept.resource);
    for (const tag of kept.tags ?? NO_TAGS) {
      const tagged = this.#byTag.get(tag);
      if (tagged?.delete(kept) === true && tagged.size === 0) this.#byTag.delete(tag);
    }
  }

  #remove(records: readonly Kept[]): number {
    for (const kept of records) this.#recency.delete(kept);
    return records.length;
  }

  #find(key: string, variant: string): Kept | undefined {
    this.#requireOpen();
    return this.#byKey.get(key)?.find((kept) => kept.variant === variant);
  }

  /** The records that a range can only be about. What is changed meanwhile does no harm. */
  #candidates(range: ScanRange): Iterable<Kept> {
    if (range.tag !== undefined) return [...(this.#byTag.get(range.tag) ?? NONE)];
    return range.resource === undefined ? this.#all() : this.#ofResource(range.resource);
  }

  #ofResource(resource: string): readonly Kept[] {
    const same = this.#byResource.get(resource);
    if (same === undefined) return NONE;
    return same instanceof Set ? [...same] : [same];
  }

  /** Without a list of them all. Ends also where records are added all the time: those that are new come last. */
  *#all(): Generator<Kept, void, undefined> {
    let left = this.#byKey.size;
    for (const variants of this.#byKey.values()) {
      if (left-- === 0) return;
      yield* variants;
    }
  }

  #requireOpen(): void {
    if (this.#isClosed) throw new CacheClosedError('The cache in memory');
  }
}

/** For a record that is kept until it is deleted. */
const FOREVER = 'forever';
const NONE: readonly Kept[] = Object.freeze([]);
const NO_TAGS: readonly string[] = Object.freeze([]);

function isMeant(kept: Kept, range: ScanRange): boolean {
  return (range.tag === undefined || kept.tags?.includes(range.tag) === true) && isInRange(kept, range);
}

/** The bytes as they are when they fill their buffer, else a copy. */
function ownBytes(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
}

function sizeOf(address: RecordMeta, body: Uint8Array): number {
  const keyBytes = Buffer.byteLength(address.key) + Buffer.byteLength(address.variant);
  return keyBytes + address.head.byteLength + body.byteLength;
}

function withoutBody(kept: Kept): RecordMeta {
  const { body: _body, ...meta } = kept;
  return meta;
}
