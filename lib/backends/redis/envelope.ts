import { Buffer } from 'node:buffer';
import type { RecordMeta } from '../../storage/backend.js';
import { tagIdsOf } from './names.js';

/*
 * What is stored under one cache key, format 1 (numbers are most significant byte first; lengths in bytes):
 *
 *   0   4  magic: 8A 'A' 'R', and the format
 *   4   4  length of the table
 *   8   4  how many records
 *  12   4  length of the cache key
 *  16   …  the cache key, which begins the table; then the records without bodies; then the bodies that are not elsewhere
 *
 * A record in the table:
 *
 *   0   4  its length
 *   4  24  created at, expires at, retain until: doubles; NaN stands for undefined
 *  28   8  length of the body: a double
 *  36  16  lengths of variant, resource, head and the body's name
 *  52   …  these four. Without a name the body follows after the table. Tags follow the name, each behind a bar; earlier releases,
 *          which take them for a part of it, find no body by that, and so no response
 *
 * Texts begin with 0 (UTF-8) or 1 (UTF-16, which can hold unpaired surrogates). The scripts read and write this, too.
 */
const MAGIC = 0x8a415201;
const START_BYTES = 16;
const FIXED_BYTES = 52;

/** As {@link MAGIC}, for scripts. */
export const LUA_MAGIC = String.raw`\138AR\1`;

/** One record of an envelope. */
export interface Entry {
  readonly meta: RecordMeta;
  /** Where the body is kept; `''`: in the envelope. */
  readonly bodyName: string;
  /** Short names of its tags. */
  readonly tagIds: readonly string[];
  /** Present where it is in the envelope and the whole envelope was read. */
  readonly body: Buffer | undefined;
}

/** How many bytes from the beginning hold the table; `undefined`: this is no envelope. */
export function tableEnd(bytes: Buffer): number | undefined {
  if (bytes.length < START_BYTES || bytes.readUInt32BE(0) !== MAGIC) return undefined;
  return START_BYTES + bytes.readUInt32BE(4);
}

/** What UTF-8 may not be able to hold. */
const AWKWARD = /[\ud800-\udfff]/;

/** Any text as bytes that are the same for no other text. */
export function encodeText(text: string): Buffer {
  const isAwkward = AWKWARD.test(text);
  const encoded = Buffer.from(text, isAwkward ? 'utf16le' : 'utf8');
  return Buffer.concat([Buffer.of(isAwkward ? 1 : 0), encoded]);
}

/** As {@link encodeText}, for an argument of a command: a string where that gives the same bytes, which is quicker to send. */
export function textArgument(text: string): string | Buffer {
  return AWKWARD.test(text) ? encodeText(text) : `\0${text}`;
}

export function decodeText(bytes: Buffer): string {
  return bytes[0] === 1 ? bytes.toString('utf16le', 1) : bytes.toString('utf8', 1);
}

/** Tags as they stand behind the name of a body. */
export function encodeTags(tagIds: readonly string[]): string {
  return tagIds.map((id) => `|${id}`).join('');
}

export function decodeTags(text: string): readonly string[] {
  return text === '' ? NO_TAGS : text.slice(1).split('|');
}

const NO_TAGS: readonly string[] = Object.freeze([]);

/** A record for the table, without a name for its body. @param tags see {@link encodeTags} */
export function encodeMeta(meta: RecordMeta, bodyBytes: number, tags = ''): Buffer {
  const [variant, resource] = [encodeText(meta.variant), encodeText(meta.resource)];
  const tagsAt = FIXED_BYTES + variant.length + resource.length + meta.head.byteLength;
  const length = tagsAt + tags.length;
  const bytes = Buffer.allocUnsafe(length);
  bytes.writeUInt32BE(length, 0);
  bytes.writeDoubleBE(meta.createdAt, 4);
  bytes.writeDoubleBE(meta.expiresAt ?? NaN, 12);
  bytes.writeDoubleBE(meta.retainUntil ?? NaN, 20);
  bytes.writeDoubleBE(bodyBytes, 28);
  bytes.writeUInt32BE(variant.length, 36);
  bytes.writeUInt32BE(resource.length, 40);
  bytes.writeUInt32BE(meta.head.byteLength, 44);
  bytes.writeUInt32BE(tags.length, 48);
  bytes.set(variant, FIXED_BYTES);
  bytes.set(resource, FIXED_BYTES + variant.length);
  bytes.set(meta.head, FIXED_BYTES + variant.length + resource.length);
  if (tags !== '') bytes.write(tags, tagsAt, 'latin1');
  return bytes;
}

/**
 * The envelope of a key with one record.
 * @param allocate gives a buffer of that length
 */
export function encodeEnvelope(
  meta: RecordMeta,
  body: Uint8Array,
  allocate: (length: number) => Buffer = (length) => Buffer.allocUnsafe(length),
): Buffer {
  const key = encodeText(meta.key);
  const entry = encodeMeta(meta, body.byteLength, encodeTags(tagIdsOf(meta)));
  const tableBytes = key.length + entry.length;
  const bytes = allocate(START_BYTES + tableBytes + body.byteLength);
  bytes.writeUInt32BE(MAGIC, 0);
  bytes.writeUInt32BE(tableBytes, 4);
  bytes.writeUInt32BE(1, 8);
  bytes.writeUInt32BE(key.length, 12);
  bytes.set(key, START_BYTES);
  bytes.set(entry, START_BYTES + key.length);
  bytes.set(body, START_BYTES + tableBytes);
  return bytes;
}

/**
 * The records of an envelope. Whatever the bytes are, nothing is thrown, and nothing is allocated by lengths that they claim.
 * @param part `all`, or only the beginning up to {@link tableEnd}
 * @returns an empty list when this is no whole envelope
 */
export function decodeEnvelope(bytes: Buffer, part: 'all' | 'table'): readonly Entry[] {
  const end = tableEnd(bytes);
  if (end === undefined || end > bytes.length) return [];
  const keyEnd = START_BYTES + bytes.readUInt32BE(12);
  if (keyEnd > end) return [];
  const key = decodeText(bytes.subarray(START_BYTES, keyEnd));
  const entries: Entry[] = [];
  let [at, bodyAt] = [keyEnd, end];
  for (let left = bytes.readUInt32BE(8); left > 0; left--) {
    const entry = decodeMeta(bytes.subarray(at, end), key);
    if (entry === undefined) return [];
    at += entry.length;
    const { meta, bodyName, tagIds } = entry;
    let body: Buffer | undefined;
    if (bodyName === '' && part === 'all') {
      body = bytes.subarray(bodyAt, bodyAt + meta.bodyBytes);
      if (body.length !== meta.bodyBytes) return [];
      bodyAt += body.length;
    }
    entries.push({ meta, bodyName, tagIds, body });
  }
  return entries;
}

function decodeMeta(
  bytes: Buffer,
  key: string,
): { meta: RecordMeta; bodyName: string; tagIds: readonly string[]; length: number } | undefined {
  if (bytes.length < FIXED_BYTES) return undefined;
  const length = bytes.readUInt32BE(0);
  const resourceAt = FIXED_BYTES + bytes.readUInt32BE(36);
  const headAt = resourceAt + bytes.readUInt32BE(40);
  const nameAt = headAt + bytes.readUInt32BE(44);
  if (nameAt + bytes.readUInt32BE(48) !== length || length > bytes.length) return undefined;
  const [createdAt, bodyBytes] = [bytes.readDoubleBE(4), bytes.readDoubleBE(28)];
  if (!Number.isFinite(createdAt) || !Number.isSafeInteger(bodyBytes) || bodyBytes < 0) return undefined;
  const meta = {
    key,
    variant: decodeText(bytes.subarray(FIXED_BYTES, resourceAt)),
    resource: decodeText(bytes.subarray(resourceAt, headAt)),
    head: bytes.subarray(headAt, nameAt),
    bodyBytes,
    createdAt,
    expiresAt: orUndefined(bytes.readDoubleBE(12)),
    retainUntil: orUndefined(bytes.readDoubleBE(20)),
  };
  const name = bytes.toString('latin1', nameAt, length);
  const bar = name.indexOf('|');
  if (bar === -1) return { meta, bodyName: name, tagIds: NO_TAGS, length };
  return { meta, bodyName: name.slice(0, bar), tagIds: decodeTags(name.slice(bar)), length };
}

function orUndefined(time: number): number | undefined {
  return Number.isNaN(time) ? undefined : time;
}
