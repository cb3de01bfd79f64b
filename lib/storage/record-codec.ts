import { Buffer } from 'node:buffer';
import { types } from 'node:util';
import { CorruptRecordError } from '../errors.js';
import { crc32 } from './crc32.js';

/*
 * The encoded head, format 1 (numbers are unsigned, most significant byte first):
 *
 *   0   4  magic: 89 'A' 'P' 'C'; the first byte is not ASCII, so that no text file begins like this
 *   4   1  format version
 *   5   4  CRC-32 of everything that follows
 *   9   4  CRC-32 of the body
 *  13   6  length of the body
 *  19   4  length of the payload, which must be exactly what is left
 *  23   …  the payload: the head as JSON in UTF-8
 *
 * The body is stored apart, raw. Its digest lies in the head, so that a head and a body that do not belong together
 * are noticed, and so that a head can be written anew without reading the body.
 */
const MAGIC = Uint8Array.of(0x89, 0x41, 0x50, 0x43);
const FORMAT_VERSION = 1;
const VERSION_OFFSET = 4;
const HEAD_CRC_OFFSET = 5;
const BODY_CRC_OFFSET = 9;
const BODY_BYTES_OFFSET = 13;
const PAYLOAD_BYTES_OFFSET = 19;
const PAYLOAD_OFFSET = 23;
const BODY_BYTES_WIDTH = 6;

/** What a record says of its response: anything that JSON can hold. The codec does not look into it. */
export type HeadPayload = Readonly<Record<string, unknown>>;

/** Length and checksum of a body: enough to notice a damaged, cut or exchanged one. */
export interface BodyDigest {
  readonly bodyBytes: number;
  /** CRC-32 as in zlib, 0 to 2^32 − 1. Finds accidents, not attackers: for those sign the records. */
  readonly bodyCrc32: number;
}

/** An encoded head, read. Shared between callers and frozen at every depth. */
export interface DecodedHead {
  readonly head: HeadPayload;
  readonly bodyDigest: BodyDigest;
}

// Backends that keep bytes in memory hand out the same objects again and again; these remember what was already
// checked, for as long as the bytes live. That is sound because nobody changes bytes once they are handed over.
const decodedHeads = new WeakMap<Uint8Array, DecodedHead>();
const bodyChecksums = new WeakMap<Uint8Array, number>();

/**
 * Encodes a head together with the digest of its body.
 *
 * Strings may hold anything, unpaired surrogates included. What JSON cannot say is lost in the way of
 * `JSON.stringify`: `undefined` members vanish, NaN becomes null, a Date becomes text.
 * @param head an object, not an array
 * @param body the body itself; or its digest, where only the head is written anew
 */
export function encodeHead(head: object, body: Uint8Array | BodyDigest): Uint8Array {
  const text = JSON.stringify(head);
  const payloadBytes = Buffer.byteLength(text, 'utf8');
  const { bodyBytes, bodyCrc32 } = types.isUint8Array(body) ? newDigestOf(body) : body;
  // A buffer of its own: a slice of Node's shared pool would keep the whole pool alive in a cache.
  const encoded = Buffer.allocUnsafeSlow(PAYLOAD_OFFSET + payloadBytes);
  encoded.set(MAGIC, 0);
  encoded[VERSION_OFFSET] = FORMAT_VERSION;
  encoded.writeUInt32BE(bodyCrc32, BODY_CRC_OFFSET);
  encoded.writeUIntBE(bodyBytes, BODY_BYTES_OFFSET, BODY_BYTES_WIDTH);
  encoded.writeUInt32BE(payloadBytes, PAYLOAD_BYTES_OFFSET);
  encoded.write(text, PAYLOAD_OFFSET, 'utf8');
  encoded.writeUInt32BE(crc32(encoded.subarray(BODY_CRC_OFFSET)), HEAD_CRC_OFFSET);
  return encoded;
}

/**
 * Reads what {@link encodeHead} wrote. The result for one `Uint8Array` object is remembered and shared, and therefore
 * frozen at every depth: copy what has to be changed.
 * @throws CorruptRecordError (ERR_CACHE_CORRUPT_RECORD) and nothing else; its `problem` is `foreign`, `newer-format`
 * or `damaged`. Nothing is allocated by lengths that the record claims.
 */
export function decodeHead(encoded: Uint8Array): DecodedHead {
  const known = decodedHeads.get(encoded);
  if (known !== undefined) return known;
  const bytes = Buffer.from(encoded.buffer, encoded.byteOffset, encoded.byteLength);
  checkEnvelope(bytes);
  const bodyDigest = {
    bodyCrc32: bytes.readUInt32BE(BODY_CRC_OFFSET),
    bodyBytes: bytes.readUIntBE(BODY_BYTES_OFFSET, BODY_BYTES_WIDTH),
  };
  const decoded = Object.freeze({ head: parsePayload(bytes), bodyDigest: Object.freeze(bodyDigest) });
  decodedHeads.set(encoded, decoded);
  return decoded;
}

/** To compute the checksum of so many bytes takes no longer than to remember it. */
const QUICK_BYTES = 16 * 1024;

/** Length and checksum of a body that is written. It need not be read again soon. */
function newDigestOf(body: Uint8Array): BodyDigest {
  return body.byteLength > QUICK_BYTES
    ? digestOf(body)
    : { bodyBytes: body.byteLength, bodyCrc32: crc32(body) };
}

/** Length and checksum of a body. The checksum of one `Uint8Array` object is computed once. */
export function digestOf(body: Uint8Array): BodyDigest {
  let bodyCrc32 = bodyChecksums.get(body);
  if (bodyCrc32 === undefined) {
    bodyCrc32 = crc32(body);
    bodyChecksums.set(body, bodyCrc32);
  }
  return { bodyBytes: body.byteLength, bodyCrc32 };
}

/** Whether this is the body that the head was written for, whole. */
export function verifyBody(digest: BodyDigest, body: Uint8Array): boolean {
  return body.byteLength === digest.bodyBytes && digestOf(body).bodyCrc32 === digest.bodyCrc32;
}

function checkEnvelope(bytes: Buffer): void {
  const magicLength = Math.min(bytes.length, MAGIC.length);
  for (let index = 0; index < magicLength; index++) {
    if (bytes[index] !== MAGIC[index]) {
      throw new CorruptRecordError('foreign', 'The record was not written by this library.');
    }
  }
  const version = bytes[VERSION_OFFSET];
  if (version !== undefined && version > FORMAT_VERSION) {
    throw new CorruptRecordError(
      'newer-format',
      `The record has format ${version}; this release reads up to format ${FORMAT_VERSION}.`,
    );
  }
  if (version !== FORMAT_VERSION) throw damaged('its envelope is incomplete');
  if (bytes.length < PAYLOAD_OFFSET) throw damaged('its envelope is incomplete');
  if (bytes.readUInt32BE(PAYLOAD_BYTES_OFFSET) !== bytes.length - PAYLOAD_OFFSET) {
    throw damaged('its length is not the one it was written with');
  }
  if (crc32(bytes.subarray(BODY_CRC_OFFSET)) !== bytes.readUInt32BE(HEAD_CRC_OFFSET)) {
    throw damaged('its checksum does not match');
  }
}

function parsePayload(bytes: Buffer): HeadPayload {
  let payload: unknown;
  try {
    payload = JSON.parse(bytes.toString('utf8', PAYLOAD_OFFSET));
  } catch (error) {
    throw damaged('its payload is not JSON', error);
  }
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) {
    throw damaged('its payload is not an object');
  }
  deepFreeze(payload);
  return payload as HeadPayload;
}

/** With a stack of its own, since a payload may be nested deeper than the call stack is. */
function deepFreeze(root: object): void {
  const pending: object[] = [root];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    Object.freeze(next);
    // Own names only, so that a member called `__proto__` is a member like any other.
    for (const member of Object.values(next)) {
      if (typeof member === 'object' && member !== null) pending.push(member as object);
    }
  }
}

function damaged(what: string, cause?: unknown): CorruptRecordError {
  return new CorruptRecordError(
    'damaged',
    `The record is damaged: ${what}.`,
    cause === undefined ? undefined : { cause },
  );
}
