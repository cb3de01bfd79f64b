import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { types } from 'node:util';
import type { EpochMs } from '../../clock.js';
import type { RecordAddress, RecordMeta, ScanRange } from '../../storage/backend.js';
import type { Json } from '../../storage/exact-json.js';
import type { NativeForm } from '../../storage/native-form.js';
import { fromColumn, toColumn } from '../../storage/text-column.js';
import type { Filter, Found } from './driver.js';
import { bsonBytes, headFields, readBody, readHead } from './native.js';

/*
 * One document for each record:
 *
 *   _id           SHA-256 of the key in hex; and where there is a variant, "." and that of the variant. So all variants of
 *                 a key are neighbours in the one index that every collection has
 *   key, variant  as they are, but for texts that BSON cannot hold
 *   resource      as it is where it is short, else its hash; then `longResource` has it
 *   tags          hashes; absent: none
 *   createdAt, expiresAt, retainUntil   milliseconds since 1970, as numbers, since fractions and times beyond those of
 *                 dates are kept exactly; absent: never
 *   deleteAt      `retainUntil` as a date, which the TTL index goes by; absent: never
 *   head, body    bytes, with their lengths in `headBytes` and `bodyBytes`; or as values of MongoDB: a head as a
 *                 sub-document, beside it `bodyDigest`; a body as text, or as a sub-document or an array, beside it
 *                 `jsonBytes`
 *   file          in place of `body`: which file of the bucket has it
 */

/** No server takes a document of more than 16 MiB, and some no command of more; so much is left for the command. */
export const MOST_DOCUMENT_BYTES = 16 * 1024 * 1024 - 4096;
/** More than the fields of a document take that is not large by its texts. */
export const USUAL_OVERHEAD_BYTES = 2048;
/** Some servers index no longer texts. */
const LONGEST_INDEXED_TEXT = 512;
const LATEST_DATE_MS = 8.64e15;

/** Filter of all documents that are ours: others begin otherwise. */
export const OURS: Filter = Object.freeze({ _id: Object.freeze({ $gte: '0', $lt: 'g' }) });

/** A document that was read and understood, as far as it was asked for. */
export interface ReadDocument {
  readonly id: string;
  readonly meta: RecordMeta;
  readonly body: Uint8Array | undefined;
  readonly file: string | undefined;
}

function hashOf(text: string): string {
  return createHash('sha256').update(text, 'utf16le').digest('hex');
}

/** `_id` of a record. */
export function idOf({ key, variant }: RecordAddress): string {
  return variant === '' ? hashOf(key) : `${hashOf(key)}.${hashOf(variant)}`;
}

/** Filter of all variants under a key. */
export function withKey(key: string): Filter {
  const hash = hashOf(key);
  // "/" is the character after ".".
  return { _id: { $gte: hash, $lt: `${hash}/` } };
}

/** Filter of all records of a resource. */
export function withResource(resource: string): Filter {
  return { resource: resourceFields(resource).resource };
}

/** Filter of all records with a tag. */
export function withTag(tag: string): Filter {
  return { tags: tag };
}

/** Filter of the records of a range, which may be narrowed to those after an `_id`. */
export function withinRange(range: ScanRange, afterId?: string): Filter {
  const { expiredBy, freshAt, createdBefore, resource, tag } = range;
  const expiresAt = {
    ...(expiredBy === undefined ? {} : { $lte: expiredBy }),
    // Where the field is absent, too.
    ...(freshAt === undefined ? {} : { $not: { $lte: freshAt } }),
  };
  return {
    _id: afterId === undefined ? OURS['_id'] : { $gt: afterId, $lt: 'g' },
    ...(Object.keys(expiresAt).length === 0 ? {} : { expiresAt }),
    ...(createdBefore === undefined ? {} : { createdAt: { $lt: createdBefore } }),
    ...(resource === undefined ? {} : withResource(resource)),
    ...(tag === undefined ? {} : withTag(tag)),
  };
}

/** Filter of what need not be kept any longer. */
export function pastRetention(now: EpochMs): Filter {
  return { retainUntil: { $lte: now } };
}

/** The document of a record, without its body. @param form undefined: the head as bytes */
export function documentOf(meta: RecordMeta, usesTtl: boolean, form?: NativeForm): Record<string, unknown> {
  const { key, variant, bodyBytes } = meta;
  return {
    _id: idOf(meta),
    key: toColumn(key),
    variant: toColumn(variant),
    ...changingFields(meta, usesTtl, form),
    bodyBytes,
  };
}

/** The change that {@link RecordMeta} makes to a document whose body stays. */
export function headUpdate(
  meta: RecordMeta,
  usesTtl: boolean,
  form?: NativeForm,
): { $set: object; $unset?: object } {
  const $set = changingFields(meta, usesTtl, form);
  const absent = MAY_BE_ABSENT.filter((name) => !(name in $set));
  return { $set, $unset: Object.fromEntries(absent.map((name) => [name, ''])) };
}

const MAY_BE_ABSENT = ['longResource', 'tags', 'expiresAt', 'retainUntil', 'deleteAt', 'bodyDigest'] as const;

function changingFields(
  meta: RecordMeta,
  usesTtl: boolean,
  form: NativeForm | undefined,
): Record<string, unknown> {
  const { resource, createdAt, expiresAt, retainUntil, head, tags } = meta;
  const deleteAt = usesTtl ? dateOf(retainUntil) : undefined;
  return {
    ...resourceFields(resource),
    ...(tags === undefined ? {} : { tags }),
    createdAt,
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(retainUntil === undefined ? {} : { retainUntil }),
    ...(deleteAt === undefined ? {} : { deleteAt }),
    headBytes: head.byteLength,
    ...headFields(head, form),
  };
}

function resourceFields(resource: string): { readonly resource: string; readonly longResource?: string } {
  const text = toColumn(resource);
  // No text that is as it is begins with U+0001 and then no quote.
  return text.length <= LONGEST_INDEXED_TEXT
    ? { resource: text }
    : { resource: `\u0001${hashOf(resource)}`, longResource: text };
}

/** Not before the time; undefined where there is no such date. */
function dateOf(time: EpochMs | undefined): Date | undefined {
  if (time === undefined || !(time < LATEST_DATE_MS)) return undefined;
  return new Date(Math.max(Math.ceil(time), -LATEST_DATE_MS));
}

/** Reads what was found; undefined: it is none of ours, or damaged. Never throws. */
export function readDocument(found: Found): ReadDocument | undefined {
  const { _id: id, key, variant, resource, longResource, file, bodyBytes } = found;
  if (typeof id !== 'string' || typeof key !== 'string' || typeof variant !== 'string') return undefined;
  const address = { key: fromColumn(key), variant: fromColumn(variant) };
  // A document under another one's `_id` is nobody's.
  if (idOf(address) !== id) return undefined;
  const times = readTimes(found);
  const head = readHead(found);
  if (times === undefined || head === undefined || !isLength(bodyBytes)) return undefined;
  if (typeof resource !== 'string' || !isAbsentOr(longResource, 'string')) return undefined;
  const body = readBody(found);
  if (!isAbsentOr(file, 'string') || (body === undefined && found['body'] !== undefined)) return undefined;
  const meta: RecordMeta = {
    ...address,
    resource: fromColumn(longResource ?? resource),
    head,
    bodyBytes: body === undefined ? bodyBytes : body.byteLength,
    ...times,
  };
  return { id, meta, body, file };
}

function readTimes({
  createdAt,
  expiresAt,
  retainUntil,
}: Found): Pick<RecordMeta, 'createdAt' | 'expiresAt' | 'retainUntil'> | undefined {
  if (typeof createdAt !== 'number' || !isAbsentOr(expiresAt, 'number')) return undefined;
  return isAbsentOr(retainUntil, 'number') ? { createdAt, expiresAt, retainUntil } : undefined;
}

interface Kinds {
  readonly number: number;
  readonly string: string;
}

function isAbsentOr<K extends keyof Kinds>(value: unknown, type: K): value is Kinds[K] | undefined {
  return value === undefined || typeof value === type;
}

function isLength(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Bytes that a document takes in BSON; whole numbers may take four less than is counted here. */
export function documentBytes(document: Readonly<Record<string, unknown>>): number {
  let bytes = 5;
  for (const [name, value] of Object.entries(document)) bytes += 2 + name.length + valueBytes(value);
  return bytes;
}

function valueBytes(value: unknown): number {
  if (typeof value === 'string') return 5 + Buffer.byteLength(value);
  if (types.isUint8Array(value)) return 5 + value.byteLength;
  const isNested = typeof value === 'object' && value !== null && !types.isDate(value);
  return isNested ? bsonBytes(value as Json) : 8;
}

/** Bytes of a record as `maxEntryBytes` counts them, but for its body. */
export function bytesBesideBody({ key, variant, head }: RecordMeta): number {
  return Buffer.byteLength(key) + Buffer.byteLength(variant) + head.byteLength;
}
