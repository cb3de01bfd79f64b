import type { EpochMs } from '../clock.js';
import type { BackendError } from '../errors.js';

/** A value, or a promise of it. Synchronous backends answer at once, so that a hit costs no extra turn. */
export type MaybePromise<T> = T | Promise<T>;

/** Names one stored record: the cache key, and the variant of the response under it (`''` where there is no `Vary`). */
export interface RecordAddress {
  /** The primary cache key. Usually 64 hex digits; a user's own key may be any text, of any length. */
  readonly key: string;
  /** Which of the key's variants (RFC 9111 section 4.1); `''` where the response did not vary. */
  readonly variant: string;
}

/**
 * What storage knows of a record without its body. Backends index these columns and never look inside `head`.
 */
export interface RecordMeta extends RecordAddress {
  /** Hash of the target URI: index for invalidating everything that is stored for one URL. */
  readonly resource: string;
  /** The encoded head (method, URL, status, header fields, times): opaque to a backend. */
  readonly head: Uint8Array;
  /** Length of the body in bytes. */
  readonly bodyBytes: number;
  /** When the response was first stored. */
  readonly createdAt: EpochMs;
  /** When the response becomes stale; `undefined`: never. Says nothing about how long to keep it. */
  readonly expiresAt: EpochMs | undefined;
  /**
   * Until when storage has to keep the record: freshness plus the windows in which it may be served stale or
   * revalidated. `undefined`: until deleted. May lie in the past; then the record may go at once.
   */
  readonly retainUntil: EpochMs | undefined;
  /**
   * Hashes of the record's tags (64 hex digits each), each once; undefined: it has none. For backends with
   * {@link Backend.deleteTag}, which find records by them. Need not be handed out when records are read: the head has the tags.
   */
  readonly tags?: readonly string[] | undefined;
}

/** A whole record, as it is written. */
export interface StoredRecord extends RecordMeta {
  readonly body: Uint8Array;
}

/** A record as it was found. */
export interface FoundRecord extends RecordMeta {
  /** The body, where it came along cheaply; `undefined`: ask {@link Backend.body}. */
  readonly body: Uint8Array | undefined;
}

/** Which records a scan or a count is about. Conditions are joined by "and"; none: all records. */
export interface ScanRange {
  /** Only records that have become stale by then (`expiresAt` ≤ this). */
  readonly expiredBy?: EpochMs;
  /** Only records that are still fresh then (`expiresAt` > this, or none). */
  readonly freshAt?: EpochMs;
  /** Only records first stored before this (`createdAt` < this). */
  readonly createdBefore?: EpochMs;
  /** Only records of this resource. */
  readonly resource?: string;
  /**
   * Only records with this tag, by its hash. A backend without {@link Backend.deleteTag} may leave it out of account: whoever
   * scans looks into the heads.
   */
  readonly tag?: string;
}

/** What a kind of backend can and cannot do. */
export interface BackendTraits {
  /** Whether records outlive the process. */
  readonly persistent: boolean;
  /** Whether several processes may use one store at the same time. */
  readonly shared: boolean;
}

/**
 * Is told of what is no call's failure but should be known: a record that the server cannot hold, an index that it refuses.
 * @param key the cache key that it is about, if it is about one
 */
export type TroubleListener = (error: BackendError, key?: string) => void;

/** Is told how many records went to keep within limits; a listener does not throw. */
export type EvictionListener = (eviction: { readonly count: number }) => void;

/**
 * Where stored responses are kept: knows keys, bytes and deadlines, and nothing of HTTP.
 *
 * Every method may answer at once or by a promise, and fails with a {@link BackendError} that keeps the driver's
 * error as `cause`. Calls take effect in the order in which they are made, awaited or not. Missing is always
 * `undefined` or an empty list. Every write is atomic for readers, also in other processes: a reader sees the old
 * record or the new one, whole. Bytes that are handed out or taken in are not copied: neither side changes them
 * afterwards.
 */
export interface Backend {
  /** The name by which it was chosen, such as `sqlite`. */
  readonly name: string;
  readonly traits: BackendTraits;
  /**
   * Bytes of the largest record that {@link put} takes, head and body together; undefined: no limit that is known. It keeps
   * bodies that are streamed from being collected in vain.
   */
  readonly maxEntryBytes?: number | undefined;
  /**
   * All variants under one key, in any order; empty when there are none. The body comes along at least when there is
   * exactly one variant. A record whose `retainUntil` has passed may still be returned until it is pruned.
   */
  get(key: string): MaybePromise<readonly FoundRecord[]>;
  /** The body of one record; `undefined` when the record is gone. */
  body(address: RecordAddress): MaybePromise<Uint8Array | undefined>;
  /**
   * Stores a record in place of the one with the same key and variant.
   * @returns false when it is larger than the backend's limits allow; then nothing is stored under that address.
   */
  put(record: StoredRecord): MaybePromise<boolean>;
  /**
   * Replaces everything but the body, which stays byte for byte; `bodyBytes` is ignored.
   * @param expectedHead replace only if the stored head is byte for byte this one, so that a head is never written over
   * a record that somebody else has stored meanwhile; `undefined`: whatever is stored. Comparing and replacing are one
   * step, in other processes too.
   * @returns false when there is no such record (nothing is created), when its head is not the expected one (nothing is
   * changed), or when the new head makes the record larger than the backend's limits allow (then it is gone).
   */
  replaceHead(meta: RecordMeta, expectedHead?: Uint8Array): MaybePromise<boolean>;
  /** Deletes one variant, or all of a key when `variant` is undefined. @returns how many records went. */
  delete(key: string, variant?: string): MaybePromise<number>;
  /** Deletes every record of a resource, whatever its key. @returns how many records went. */
  deleteResource(resource: string): MaybePromise<number>;
  /**
   * Deletes every record with a tag, by its hash, without looking at all others. A backend that has it honours
   * {@link ScanRange.tag} too. Absent: records are found by their heads, of which all are read then.
   * @returns how many records went
   */
  deleteTag?(tag: string): MaybePromise<number>;
  /**
   * Lists records without bodies, in any order, a page at a time. What changes meanwhile may or may not be seen,
   * but records that stay are seen exactly once. Leaving the loop early frees whatever the scan held.
   */
  scan(range?: ScanRange): AsyncIterable<RecordMeta>;
  /** How many records there are. */
  count(range?: ScanRange): MaybePromise<number>;
  /** Bytes that the store takes: heads and bodies, or the size of the file where there is one. */
  size(): MaybePromise<number>;
  /** Deletes at most `limit` records whose `retainUntil` ≤ `now`. @returns how many; fewer than `limit`: none left. */
  prune(now: EpochMs, limit: number): MaybePromise<number>;
  /** Deletes all records of this store, and nothing else. */
  clear(): MaybePromise<void>;
  /** Has trouble told that no call fails with. May be called several times, before anything is opened; listeners do not throw. */
  onTrouble?(listener: TroubleListener): void;
  /**
   * Has it told when records go to keep within the backend's own limits (not when they are deleted, replaced or pruned). May be
   * called several times, before anything is opened.
   */
  onEvict?(listener: EvictionListener): void;
  /** Lets go of files and connections. Calling it again does nothing; other calls then fail with `ERR_CACHE_CLOSED`. */
  close(): MaybePromise<void>;
}
