import { Buffer } from 'node:buffer';
import type { EpochMs } from '../../clock.js';
import type { FoundRecord, RecordMeta, StoredRecord } from '../../storage/backend.js';
import type { NativeForm } from '../../storage/native-form.js';
import { attributeBytes, type AttributeValue } from './attribute-value.js';
import { headAttribute, type InlineBody, readBody, readHead } from './native.js';
import {
  type ItemKey,
  type Names,
  recordTokens,
  resourceSortKey,
  resourceToken,
  textBeside,
  textOf,
} from './names.js';

export type Item = Readonly<Record<string, AttributeValue>>;

/*
 * Attributes of a record, with names of one letter, since names count as bytes:
 *
 *   pk, sk   namespace and partition; key and variant (hashed where they are long or unusual)
 *   rs       resource, by which the index by_resource sorts
 *   k v r    key, variant, resource as JSON, where pk, sk, rs have only their hashes
 *   h y      head, as bytes or as a map (see native.ts); its length as bytes
 *   x        length of the body
 *   c e u    createdAt, expiresAt, retainUntil in milliseconds, as they were given; absent: undefined
 *   w        id of the write: another one for each put
 *   b s z    body, where it fits into the item, as bytes or text; or as a map or a list, with the order of its names, and the
 *            bytes that both take; else
 *   n t      number of its chunks, which lie under the id of the write; when DynamoDB may delete them, if ever
 *   ttl      seconds, when DynamoDB may delete the record, if ever
 */

/** DynamoDB's limit. The local indexes' copies of attributes count with the item. */
const MAX_ITEM_BYTES = 400 * 1024;
/** Leaves heads some room to grow. */
const MAX_INLINE_BYTES = 390_000;
/** Names, numbers and ids of an item and of its two copies. More than they take. */
const FIXED_BYTES = 1000;
/** Of a body that does not fit into the item of its record. */
export const CHUNK_BYTES = 384 * 1024;
export const MAX_BODY_BYTES = 1_000_000_000;

const SECOND_MS = 1000;
const DAY_MS = 86_400_000;
/** The year 10000: for DynamoDB that is the same as never. */
const LATEST_TTL_S = 253_402_300_800;

/** How a body is kept. */
export type BodyPlace =
  | { readonly writeId: string; readonly body: InlineBody }
  | { readonly writeId: string; readonly chunks: number; readonly chunksTtl: number | undefined };

/** Bytes of a record's item without its body, more or less, and rather more. */
export function bytesBesideBody(meta: RecordMeta, names: Names, form: NativeForm | undefined): number {
  const { pk, sk } = names.record(meta);
  const texts = [sk, resourceSortKey(meta.resource), textBeside(meta.key), textBeside(meta.variant)];
  const indexed = [...texts, textBeside(meta.resource)].map((text) => Buffer.byteLength(text ?? ''));
  const headBytes = attributeBytes(headAttribute(meta.head, form));
  const twice = indexed.reduce((sum, bytes) => sum + bytes, headBytes);
  return 2 * twice + 3 * Buffer.byteLength(pk) + Buffer.byteLength(sk) + FIXED_BYTES;
}

/** How much a body may take that is kept in the item of its record when it is put. */
export function inlineRoom(besideBody: number): number {
  return MAX_INLINE_BYTES - besideBody;
}

/** How much a body in the item may take when the head is replaced. Negative: not even the head fits. */
export function roomForBody(besideBody: number): number {
  return MAX_ITEM_BYTES - besideBody;
}

/** When DynamoDB may delete a record, in seconds; undefined: never. */
export function recordTtl(retainUntil: EpochMs | undefined, now: EpochMs): number | undefined {
  if (retainUntil === undefined) return undefined;
  // What is due for more than five years, DynamoDB takes for a mistake and keeps.
  return laterThanAny(Math.max(Math.ceil(retainUntil / SECOND_MS), Math.floor(now / SECOND_MS)));
}

/**
 * When DynamoDB may delete the chunks of a body, in seconds; undefined: never. Later than the record, and with so much to
 * spare that a record which is refreshed again and again rarely has to prolong it.
 */
export function bodyTtl(retainUntil: EpochMs | undefined, now: EpochMs): number | undefined {
  if (retainUntil === undefined) return undefined;
  const end = Math.max(retainUntil, now);
  return laterThanAny(Math.ceil((end + (end - now) + DAY_MS) / SECOND_MS));
}

function laterThanAny(seconds: number): number | undefined {
  return seconds < LATEST_TTL_S ? seconds : undefined;
}

/** The attributes that come with a head. Undefined: the record has none. */
export function headAttributes(
  meta: RecordMeta,
  ttl: number | undefined,
  form: NativeForm | undefined,
): Readonly<Record<string, AttributeValue | undefined>> {
  return {
    rs: text(resourceSortKey(meta.resource)),
    r: text(textBeside(meta.resource)),
    h: headAttribute(meta.head, form),
    y: number(meta.head.byteLength),
    c: number(meta.createdAt),
    e: number(meta.expiresAt),
    u: number(meta.retainUntil),
    ttl: number(ttl),
  };
}

/** The attributes that say where the body is. */
export function bodyAttributes(place: BodyPlace): Readonly<Record<string, AttributeValue | undefined>> {
  const inline = 'body' in place ? place.body : undefined;
  const chunked = 'body' in place ? undefined : place;
  return {
    w: text(place.writeId),
    b: inline?.value,
    s: inline?.order,
    z: inline?.order === undefined ? undefined : number(inline.bytes),
    n: number(chunked?.chunks),
    t: number(chunked?.chunksTtl),
  };
}

export function recordItem(
  record: StoredRecord,
  names: Names,
  ttl: number | undefined,
  { place, form }: { readonly place: BodyPlace; readonly form: NativeForm | undefined },
): Item {
  return present({
    ...keyOf(names.record(record)),
    k: text(textBeside(record.key)),
    v: text(textBeside(record.variant)),
    x: number(record.body.byteLength),
    ...headAttributes(record, ttl, form),
    ...bodyAttributes(place),
  });
}

export function keyOf({ pk, sk }: ItemKey): Item {
  return { pk: { S: pk }, sk: { S: sk } };
}

/** Leaves out what is undefined. */
export function present(attributes: Readonly<Record<string, AttributeValue | undefined>>): Item {
  const item: Record<string, AttributeValue> = {};
  for (const [name, value] of Object.entries(attributes)) if (value !== undefined) item[name] = value;
  return item;
}

export function text(value: string | undefined): AttributeValue | undefined {
  return value === undefined ? undefined : { S: value };
}

export function number(value: number | undefined): AttributeValue | undefined {
  return value === undefined ? undefined : { N: String(value) };
}

/** A record as an item has it. */
export interface FoundItem {
  readonly meta: RecordMeta;
  readonly key: ItemKey;
  readonly writeId: string;
  /** The head as it is stored. */
  readonly head: AttributeValue;
  readonly body: Uint8Array | undefined;
  /** What a body takes that lies in the item. */
  readonly inlineBytes: number;
  /** How many chunks the body has; undefined: it lies in the item. */
  readonly chunks: number | undefined;
  readonly chunksTtl: number | undefined;
}

/** Reads an item; undefined when it is no record, or a damaged one. The body is not asked for: it may be left out. */
export function foundItem(item: Item): FoundItem | undefined {
  const key = itemKey(item);
  const meta = key === undefined ? undefined : metaOf(item, key);
  const { w, h: head } = item;
  const writeId = w?.S;
  if (key === undefined || meta === undefined || head === undefined || writeId === undefined)
    return undefined;
  const chunks = numberIn(item['n']);
  if (item['n'] !== undefined && chunks !== chunksFor(meta.bodyBytes)) return undefined;
  const body = readBody(item['b'], item['s'], meta.bodyBytes);
  const inlineBytes = numberIn(item['z']) ?? body?.byteLength ?? 0;
  return { meta, key, writeId, head, body, inlineBytes, chunks, chunksTtl: numberIn(item['t']) };
}

/** A found record, as the contract has it. */
export function foundRecord({ meta, body }: FoundItem): FoundRecord {
  return { ...meta, body };
}

export function itemKey(item: Item): ItemKey | undefined {
  const [pk, sk] = [item['pk']?.S, item['sk']?.S];
  return pk === undefined || sk === undefined ? undefined : { pk, sk };
}

function metaOf(item: Item, key: ItemKey): RecordMeta | undefined {
  const names = namesOf(item, key);
  const times = timesOf(item);
  const head = readHead(item['h']);
  const bodyBytes = numberIn(item['x']);
  if (names === undefined || times === undefined || head === undefined || bodyBytes === undefined)
    return undefined;
  return { ...names, head, bodyBytes, ...times };
}

function namesOf(item: Item, { sk }: ItemKey): Pick<RecordMeta, 'key' | 'variant' | 'resource'> | undefined {
  const tokens = recordTokens(sk);
  if (tokens === undefined) return undefined;
  const key = textOf(tokens[0], item['k']?.S);
  const variant = textOf(tokens[1], item['v']?.S);
  const resource = textOf(resourceToken(item['rs']?.S ?? ''), item['r']?.S);
  return key === undefined || variant === undefined || resource === undefined
    ? undefined
    : { key, variant, resource };
}

function timesOf(item: Item): Pick<RecordMeta, 'createdAt' | 'expiresAt' | 'retainUntil'> | undefined {
  const createdAt = numberIn(item['c']);
  const [expiresAt, retainUntil] = [numberIn(item['e']), numberIn(item['u'])];
  // There, but not a number: what it was meant to say is not known.
  const isClear =
    (item['e'] === undefined || expiresAt !== undefined) &&
    (item['u'] === undefined || retainUntil !== undefined);
  return createdAt === undefined || !isClear ? undefined : { createdAt, expiresAt, retainUntil };
}

export function chunksFor(bodyBytes: number): number {
  return Math.ceil(bodyBytes / CHUNK_BYTES);
}

/** How many chunks an item claims, where that can be true. */
export function claimedChunks(item: Item): number | undefined {
  const chunks = numberIn(item['n']);
  const isPossible = Number.isInteger(chunks) && chunks !== undefined && chunks >= 0;
  return isPossible && chunks <= chunksFor(MAX_BODY_BYTES) ? chunks : undefined;
}

/** A number that was stored; undefined when there is none. */
export function numberIn(value: AttributeValue | undefined): number | undefined {
  if (value?.N === undefined) return undefined;
  const parsed = Number(value.N);
  return Number.isFinite(parsed) ? parsed : undefined;
}
