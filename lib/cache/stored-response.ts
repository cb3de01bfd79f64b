import type { EpochMs } from '../clock.js';
import { CorruptRecordError } from '../errors.js';
import { type ByteSpan, totalLength } from '../http/byte-range.js';
import type { HeaderFields } from '../http/header-fields.js';
import { tagName } from '../key/tag-name.js';
import type { LifetimeSource, NominatedValues, StoredParts, StoredResponseHead } from '../policy/messages.js';
import type { RecordMeta, StoredRecord } from '../storage/backend.js';
import { decodeHead, encodeHead, type BodyDigest } from '../storage/record-codec.js';
import { isStoredRedirects, type StoredRedirects } from './stored-redirects.js';

/**
 * In which shape the adapter gave a body: `bytes` (axios's own adapters), `text` or `json` (a function or mock that
 * answers with a string or a value), `none` (it gave no body at all).
 */
export type BodyShape = 'bytes' | 'text' | 'json' | 'none';

/** The request that a stored response answered, without secrets: all that is needed to make its key again. */
export interface StoredRequest {
  /** As it was sent, in upper case. */
  readonly method: string;
  /** Redacted. */
  readonly headers: HeaderFields;
  /** See `RequestIdentity.bodyKey`. */
  readonly bodyKey: string;
  readonly decompress: boolean | undefined;
  readonly maxRedirects: number | undefined;
  readonly socketPath: string | undefined;
  readonly insecure: boolean | undefined;
}

/** A response as it is stored, without its body. */
export interface StoredResponse extends StoredResponseHead {
  readonly key: string;
  readonly variant: string;
  readonly resource: string;
  /** Whether the key is the user's own; then method and URL do not have to agree with the request's. */
  readonly isCustomKey: boolean;
  /** Canonical and redacted. */
  readonly url: string;
  /** Keyed hash of the user's credentials; `''`: anonymous. */
  readonly partition: string;
  readonly statusText: string;
  /** Original spelling of header names that were not in lower case. */
  readonly headerNames: Readonly<Record<string, string>> | undefined;
  readonly request: StoredRequest;
  /** Where redirects led to, redacted; undefined: to no other URL. */
  readonly finalUrl: string | undefined;
  /** The redirects on the way; undefined: none, or not known. */
  readonly redirects: StoredRedirects | undefined;
  /** Header fields that the adapter added to the request by itself, by original name. */
  readonly adapterHeaders: Readonly<Record<string, string>> | undefined;
  readonly bodyShape: BodyShape;
  readonly retainUntil: EpochMs | undefined;
  /** In order, each once; undefined: none. */
  readonly tags: readonly string[] | undefined;
}

/** A stored response together with what is needed to rewrite its head without its body. */
export interface DecodedRecord {
  readonly stored: StoredResponse;
  readonly bodyDigest: BodyDigest;
}

/** What the head's bytes hold: all of {@link StoredResponse} but what the record's columns hold already. */
type Payload = Omit<StoredResponse, 'resource' | 'bodyBytes' | 'expiresAt' | 'retainUntil' | 'createdAt'>;

/** Not written into the head. By `undefined`, as what is left out of a copy takes V8 much longer than what is set in it. */
const IN_COLUMNS = Object.freeze({
  resource: undefined,
  bodyBytes: undefined,
  expiresAt: undefined,
  retainUntil: undefined,
  createdAt: undefined,
});

/** Encodes a response for storage, with its body or with the digest of the body that is stored already. */
export function toRecordMeta(stored: StoredResponse, body: Uint8Array | BodyDigest): RecordMeta {
  const { resource, bodyBytes, expiresAt, retainUntil, createdAt, tags } = stored;
  const head = encodeHead({ ...stored, ...IN_COLUMNS } satisfies Record<keyof Payload, unknown>, body);
  const meta = {
    key: stored.key,
    variant: stored.variant,
    resource,
    head,
    bodyBytes,
    createdAt,
    expiresAt,
    retainUntil,
  };
  return tags === undefined ? meta : { ...meta, tags: tags.map(tagName) };
}

/** A whole record, ready to be put. */
export function toRecord(stored: StoredResponse, body: Uint8Array): StoredRecord {
  return Object.assign(toRecordMeta(stored, body), { body });
}

/** A record as it was read from elsewhere, which names the tags that its head has, so that it is found by them. */
export function withTagNames(record: StoredRecord): StoredRecord {
  let tags: unknown;
  try {
    tags = decodeHead(record.head).head['tags'];
  } catch {
    // What cannot be read has none.
  }
  return isTextList(tags) ? { ...record, tags: tags.map(tagName) } : record;
}

/** By their bytes, as a backend in memory hands them out again. */
const decoded = new WeakMap<Uint8Array, DecodedRecord>();

/** By address: what was decoded of late, and of which bytes. */
const recent = new Map<string, { readonly head: Uint8Array; readonly record: DecodedRecord }>();
/** So many are kept, of heads up to so many bytes: a megabyte or two. Then it begins anew. */
const MOST_RECENT = 1000;
const LARGEST_RECENT_BYTES = 2048;

/**
 * Reads a record's head. One that was decoded before is not decoded twice: neither the same bytes, nor, of late, others that
 * are equal, as a backend reads them from a file each time.
 * @throws CorruptRecordError (ERR_CACHE_CORRUPT_RECORD) when it cannot be used
 */
export function fromRecordMeta(meta: RecordMeta): DecodedRecord {
  const known = decoded.get(meta.head);
  if (known !== undefined && known.stored.key === meta.key && known.stored.variant === meta.variant)
    return known;
  const address = `${meta.key}\n${meta.variant}`;
  const before = recent.get(address);
  if (before !== undefined && isSame(before.record.stored, meta) && areEqual(before.head, meta.head)) {
    return before.record;
  }
  const record = decodeRecord(meta);
  if (meta.head.byteLength <= LARGEST_RECENT_BYTES) {
    if (recent.size >= MOST_RECENT) recent.clear();
    // A copy: it may be a small part of a large buffer.
    recent.set(address, { head: Uint8Array.from(meta.head), record });
  }
  return record;
}

/** Whether storage says the same of it as it did. */
function isSame(stored: StoredResponse, meta: RecordMeta): boolean {
  return (
    stored.key === meta.key &&
    stored.variant === meta.variant &&
    stored.resource === meta.resource &&
    stored.bodyBytes === meta.bodyBytes &&
    stored.createdAt === meta.createdAt &&
    stored.expiresAt === meta.expiresAt &&
    stored.retainUntil === meta.retainUntil
  );
}

function areEqual(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0;
}

function decodeRecord(meta: RecordMeta): DecodedRecord {
  const { head, bodyDigest } = decodeHead(meta.head);
  if (!isPayload(head)) {
    throw new CorruptRecordError('damaged', 'A stored record lacks fields that every stored response has.');
  }
  if (head.key !== meta.key || head.variant !== meta.variant) {
    throw new CorruptRecordError('misplaced', 'A stored record lies under another key than its own.');
  }
  const partBytes = totalLength(head.parts?.spans ?? []);
  if (partBytes > 0 && partBytes !== meta.bodyBytes) {
    throw new CorruptRecordError('damaged', 'A stored part has another length than its positions say.');
  }
  const stored: StoredResponse = {
    ...head,
    resource: meta.resource,
    bodyBytes: meta.bodyBytes,
    createdAt: meta.createdAt,
    expiresAt: meta.expiresAt,
    retainUntil: meta.retainUntil,
  };
  const record = { stored, bodyDigest };
  decoded.set(meta.head, record);
  return record;
}

const SHAPES: ReadonlySet<unknown> = new Set<BodyShape>(['bytes', 'text', 'json', 'none']);
const SOURCES: ReadonlySet<unknown> = new Set<LifetimeSource>([
  'max-age',
  's-maxage',
  'expires',
  'heuristic',
  'request',
  'url-pattern',
  'status',
  'session',
  'manual',
]);

/** The integrity check vouches for the bytes; this vouches for the program that wrote them. */
function isPayload(value: unknown): value is Payload {
  if (!isObject(value)) return false;
  return (
    ['key', 'variant', 'url', 'partition', 'statusText', 'method'].every(
      (name) => typeof value[name] === 'string',
    ) &&
    ['status', 'requestSentAt', 'responseReceivedAt', 'generatedAt'].every((name) =>
      Number.isFinite(value[name]),
    ) &&
    typeof value['isCustomKey'] === 'boolean' &&
    isBodyDescription(value) &&
    SOURCES.has(value['lifetimeSource']) &&
    isHeaderFields(value['headers']) &&
    isOptional(value['nominated'], isNominated) &&
    isOptional(value['headerNames'], isTexts) &&
    isOptional(value['adapterHeaders'], isTexts) &&
    isOptional(value['finalUrl'], (url) => typeof url === 'string') &&
    isOptional(value['tags'], isTextList) &&
    isOptional(value['redirects'], (redirects) => isStoredRedirects(redirects, isHeaderFields)) &&
    isStoredRequest(value['request'])
  );
}

/** Whether what was read from storage describes a request. */
export function isStoredRequest(value: unknown): value is StoredRequest {
  return (
    isObject(value) &&
    typeof value['method'] === 'string' &&
    typeof value['bodyKey'] === 'string' &&
    isHeaderFields(value['headers'])
  );
}

function isBodyDescription(value: Record<string, unknown>): boolean {
  return (
    SHAPES.has(value['bodyShape']) &&
    typeof value['isByteExact'] === 'boolean' &&
    isOptional(value['parts'], isParts)
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isOptional(value: unknown, is: (value: unknown) => boolean): boolean {
  return value === undefined || is(value);
}

function isHeaderFields(value: unknown): value is HeaderFields {
  return (
    isObject(value) &&
    Object.values(value).every(
      (field) =>
        typeof field === 'string' ||
        (Array.isArray(field) && field.every((line) => typeof line === 'string')),
    )
  );
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}

function isParts(value: unknown): value is StoredParts {
  return (
    isObject(value) &&
    Array.isArray(value['spans']) &&
    isOptional(value['completeLength'], Number.isSafeInteger) &&
    areSpans(value['spans'], value['completeLength'] as number | undefined) &&
    typeof value['isCombinable'] === 'boolean' &&
    isOptional(value['range'], (range) => typeof range === 'string')
  );
}

/** Whether they are sorted, with gaps between them, and within the length. */
function areSpans(spans: readonly unknown[], completeLength: number | undefined): boolean {
  let next = 0;
  for (const span of spans) {
    if (!isObject(span)) return false;
    const { first, last } = span as Partial<ByteSpan>;
    if (!Number.isSafeInteger(first) || !Number.isSafeInteger(last)) return false;
    if (first! < next || last! < first! || last! >= (completeLength ?? Infinity)) return false;
    next = last! + 2;
  }
  return true;
}

/** Whether what was read from storage are the values that a `Vary` nominates. */
export function isNominated(value: unknown): value is NominatedValues {
  return (
    isObject(value) && Object.values(value).every((field) => field === null || typeof field === 'string')
  );
}

function isTexts(value: unknown): value is Record<string, string> {
  return isObject(value) && Object.values(value).every((text) => typeof text === 'string');
}
