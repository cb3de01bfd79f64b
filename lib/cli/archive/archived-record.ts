import { Buffer, isUtf8 } from 'node:buffer';
import { isPointer, readPointer } from '../../cache/redirect-pointers.js';
import { fromRecordMeta, toRecord } from '../../cache/stored-response.js';
import type { RecordMeta, StoredRecord } from '../../storage/backend.js';
import { type BodyDigest, decodeHead, encodeHead, verifyBody } from '../../storage/record-codec.js';
import { CommandFailure } from '../failure.js';

/** A record as it stands in a file: JSON, of which exactly the same record can be made. */
export interface ArchivedRecord {
  readonly key: string;
  readonly variant: string;
  readonly resource: string;
  readonly createdAt: number;
  /** Absent: never. */
  readonly expiresAt?: number;
  /** Absent: for ever. */
  readonly retainUntil?: number;
  /** What the head says, where the same bytes can be made of that; else `headBase64`. */
  readonly head?: object;
  readonly headBase64?: string;
  /** Of the body: what has been damaged on the way is noticed. */
  readonly bodyCrc32: number;
}

/** A body as it stands in a file; neither: empty. */
export interface ArchivedBody {
  readonly text?: string;
  readonly base64?: string;
}

/** @throws CorruptRecordError for a head that cannot be read */
export function archived(record: StoredRecord): ArchivedRecord {
  const { key, variant, resource, createdAt, expiresAt, retainUntil, head } = record;
  const { head: payload, bodyDigest } = decodeHead(head);
  const isExact = Buffer.compare(encodeHead(payload, bodyDigest), head) === 0;
  return {
    key,
    variant,
    resource,
    createdAt,
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(retainUntil === undefined ? {} : { retainUntil }),
    ...(isExact ? { head: payload } : { headBase64: base64Of(head) }),
    bodyCrc32: bodyDigest.bodyCrc32,
  };
}

/** Text that editors and developer tools can show stays text. */
export function archivedBody(body: Uint8Array): ArchivedBody {
  if (body.byteLength === 0) return {};
  return isReadable(body) ? { text: bufferOf(body).toString('utf8') } : { base64: base64Of(body) };
}

/** @throws CommandFailure for what is none */
export function bodyOf({ text, base64 }: Readonly<Record<keyof ArchivedBody, unknown>>): Uint8Array {
  if (typeof base64 === 'string') return Buffer.from(base64, 'base64');
  if (typeof text === 'string') return Buffer.from(text, 'utf8');
  if (base64 === undefined && text === undefined) return new Uint8Array(0);
  throw new CommandFailure('its body is neither text nor base64');
}

/**
 * The record that was archived, checked.
 * @throws CommandFailure, CorruptRecordError for what is none, or does not fit its body
 */
export function restored(value: unknown, body: Uint8Array): StoredRecord {
  const record = (value ?? {}) as Readonly<Record<keyof ArchivedRecord, unknown>>;
  const { key, variant, resource, createdAt, expiresAt, retainUntil, bodyCrc32 } = record;
  const isRecord =
    [key, variant, resource].every((text) => typeof text === 'string') &&
    isMoment(createdAt) &&
    typeof bodyCrc32 === 'number' &&
    isUint32(bodyCrc32) &&
    [expiresAt, retainUntil].every((time) => time === undefined || isMoment(time));
  if (!isRecord) throw new CommandFailure('it is no record of axios-persistent-cache');
  const meta: RecordMeta = {
    key: key as string,
    variant: variant as string,
    resource: resource as string,
    head: headOf(record, { bodyBytes: body.byteLength, bodyCrc32 }),
    bodyBytes: body.byteLength,
    createdAt,
    expiresAt: expiresAt as number | undefined,
    retainUntil: retainUntil as number | undefined,
  };
  if (!verifyBody(decodeHead(meta.head).bodyDigest, body)) {
    throw new CommandFailure('its body is not the one that was exported with it');
  }
  return checked(meta, body);
}

function headOf(
  { head, headBase64 }: Readonly<Record<keyof ArchivedRecord, unknown>>,
  digest: BodyDigest,
): Uint8Array {
  if (typeof headBase64 === 'string') return Buffer.from(headBase64, 'base64');
  if (typeof head === 'object' && head !== null && !Array.isArray(head)) return encodeHead(head, digest);
  throw new CommandFailure('it has no head');
}

/** What cannot be read again is better not stored. */
function checked(meta: RecordMeta, body: Uint8Array): StoredRecord {
  if (isPointer(meta)) {
    if (readPointer(meta) === undefined) throw new CommandFailure('its pointer cannot be read');
    return { ...meta, body };
  }
  // By way of the response itself, so that storage is given all that it wants to know of one.
  return { ...toRecord(fromRecordMeta(meta).stored, body), head: meta.head };
}

/** `1e999` is infinite, and would never be deleted by its age. */
function isMoment(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function isUint32(value: number): boolean {
  return value >>> 0 === value;
}

/** Whether it is text through and through. */
function isReadable(body: Uint8Array): boolean {
  return isUtf8(body) && !body.includes(0);
}

function base64Of(bytes: Uint8Array): string {
  return bufferOf(bytes).toString('base64');
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
