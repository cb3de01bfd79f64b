import { Buffer } from 'node:buffer';
import { types } from 'node:util';
import { asBuffer } from './bytes.js';
import { exactJson, isPlainObject } from '../storage/exact-json.js';
import { LONGEST_DECODED_TEXT, readableText } from '../storage/readable-text.js';
import { isBodyDigest } from '../storage/native-head.js';
import { decodeHead, encodeHead, type HeadPayload } from '../storage/record-codec.js';

/*
 * What serializers are given: plain objects, in which a head or a body is said as readably as the notation can, and exactly.
 */

/** A head: status, header fields and times, and what tells the body that belongs to it. */
export interface HeadDocument {
  readonly head: HeadPayload;
  readonly bodyBytes: number;
  readonly bodyCrc32: number;
}

/** A body, in one of these forms. */
export type BodyDocument =
  | { readonly text: string }
  /** With `decodeContent`: what the text of JSON says, where that text can be made of it again to the byte. */
  | { readonly json: unknown }
  | { readonly base64: string }
  /** For notations that hold bytes. */
  | { readonly bytes: Uint8Array };

export interface BodyForms {
  /** Whether the notation holds bytes, so that base64 is not needed. */
  readonly holdsBytes: boolean;
  readonly decodeContent: boolean;
  /** Whether every text, and bytes where it holds them, come back as they were, so that nobody has to look. */
  readonly isExact: boolean;
}

/** What was read from JSON: a notation need not look for dates and the like in it, which takes most of its time. */
const PLAIN = new WeakSet<object>();

/** Whether it is a document that JSON says as it is. */
export function isPlain(value: unknown): boolean {
  return typeof value === 'object' && value !== null && PLAIN.has(value);
}

function plain<T extends object>(document: T): T {
  PLAIN.add(document);
  return document;
}

export function headDocument(encoded: Uint8Array): HeadDocument {
  const { head, bodyDigest } = decodeHead(encoded);
  return plain({ head, ...bodyDigest });
}

/** A head, and how long the body is that belongs to it. */
export interface ReadHead {
  readonly head: Uint8Array;
  readonly bodyBytes: number;
}

/** @throws TypeError where the document is none, also not one of those for bytes */
export function headOf(document: unknown): ReadHead {
  const { head, bodyBytes, bodyCrc32 } = expectObject(document) as Partial<HeadDocument>;
  if (head === undefined) {
    if (!Number.isSafeInteger(bodyBytes) || (bodyBytes as number) < 0)
      throw new TypeError('no length of a body');
    return { head: bodyOf(document), bodyBytes: bodyBytes as number };
  }
  const digest = { bodyBytes, bodyCrc32 };
  if (!isBodyDigest(digest)) throw new TypeError('no length and checksum of a body');
  requireTree(head);
  return { head: encodeHead(expectObject(head), digest), bodyBytes: digest.bodyBytes };
}

export function bodyDocument(body: Uint8Array, { holdsBytes, decodeContent }: BodyForms): BodyDocument {
  const text = readableText(body);
  if (text === undefined) return plainDocument(body, holdsBytes);
  const json = decodeContent ? exactJson(text) : undefined;
  return plain(json ?? { text });
}

/** @throws TypeError where the document is none */
export function bodyOf(document: unknown): Uint8Array {
  const { text, base64, bytes, ...rest } = expectObject(document) as {
    readonly [name: string]: unknown;
  };
  if (typeof text === 'string') return Buffer.from(text, 'utf8');
  if (typeof base64 === 'string') return Buffer.from(base64, 'base64');
  if (types.isUint8Array(bytes)) return bytes;
  if (Object.hasOwn(rest, 'json')) {
    requireTree(rest['json']);
    return Buffer.from(JSON.stringify(rest['json']) ?? '', 'utf8');
  }
  throw new TypeError('no body');
}

/** Any bytes in the form that every notation keeps. */
export function plainDocument(bytes: Uint8Array, holdsBytes: boolean): BodyDocument {
  return holdsBytes ? { bytes } : plain({ base64: asBuffer(bytes).toString('base64') });
}

/**
 * Refuses what becomes longer as JSON than what is ever written as a value: notations that can say "the same as there" say in
 * a hundred bytes what would take a gigabyte.
 * @throws TypeError
 */
function requireTree(root: unknown): void {
  let left = LONGEST_DECODED_TEXT;
  const pending: unknown[] = [root];
  while (pending.length > 0) {
    const value = pending.pop();
    left -= typeof value === 'string' ? value.length : 1;
    if (Array.isArray(value)) {
      // Also of what is not there: it becomes null.
      left -= value.length;
      if (left >= 0) for (const member of value) pending.push(member);
    } else if (typeof value === 'object' && value !== null) {
      if (!isPlainObject(value)) throw new TypeError('it holds what is no JSON');
      for (const [name, member] of Object.entries(value)) {
        left -= name.length;
        pending.push(member);
      }
    }
    if (left < 0) throw new TypeError('it says more than is ever written as a value');
  }
}

function expectObject(value: unknown): object {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new TypeError('not an object');
  return value;
}
