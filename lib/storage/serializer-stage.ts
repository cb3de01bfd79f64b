import type { RecordMeta } from './backend.js';

/** What storage keeps of a record in clear; see `RecordMeta`. */
export type Columns = Pick<RecordMeta, 'resource' | 'createdAt' | 'expiresAt' | 'retainUntil'>;

/** What one call of a stage is about. Only the library's own stages are told: those of the user are given the value alone. */
export interface SerializerContext {
  /** The cache's name, as backends have it: the same bytes under another name are another record. */
  readonly namespace: string;
  /** The cache key. */
  readonly key: string;
  /** Which of the key's variants (RFC 9111 section 4.1); `''` where the response did not vary. */
  readonly variant: string;
  /** The head holds status, header fields and times; head and body are written apart, since a 304 rewrites only the head. */
  readonly part: 'head' | 'body';
  /** Of a head: what is stored beside it, in columns of its own, for storage to find and to delete it by. */
  readonly columns?: Columns | undefined;
  /** Bytes that reading may make at most of what is stored: what would become more is damaged, or an attack. */
  readonly maxBytes: number;
}

/**
 * Anything that turns a value into another and back: a notation such as JSON, a compression, a signature.
 * `loads` gets exactly what `dumps` has made; it may throw anything for what it cannot read, which then reads as absent. What
 * has not settled after 30 seconds has failed.
 */
export interface SerializerStage {
  /** For storage. What a promise resolves with goes on to the next stage; the last one gives text or bytes. */
  dumps(value: unknown, context?: SerializerContext): unknown;
  /** Back from storage: what `dumps` was given. */
  loads(value: unknown, context?: SerializerContext): unknown;
}

/** The serializers that can be chosen by name. */
export type SerializerName = 'binary' | 'json' | 'yaml' | 'bson' | 'v8';

/**
 * How records are written: a name; what `initSerializer` gives, which takes options; a `SerializerPipeline`; or any object
 * with `dumps` and `loads`.
 */
export type SerializerSpec = SerializerName | SerializerStage;
