import { Buffer } from 'node:buffer';
import { types } from 'node:util';
import { exactJson, isJson, isJsonObject, type Json, type JsonLimits } from '../../storage/exact-json.js';
import type { NativeForm } from '../../storage/native-form.js';
import { exactHead, isBodyDigest } from '../../storage/native-head.js';
import { readableText } from '../../storage/readable-text.js';
import { type BodyDigest, encodeHead } from '../../storage/record-codec.js';
import type { Filter, Found } from './driver.js';

/*
 * Heads and bodies as MongoDB's own values. What it would not give back exactly stays bytes. A reader goes by what there is,
 * whoever has written it.
 */

/** A head as fields of a document. */
interface NativeHead {
  readonly head: object;
  readonly bodyDigest: BodyDigest;
}

/**
 * MongoDB refuses what is nested over 100 deep. Names with a dot or a dollar could not be asked for, NUL ends a name, and
 * `_bsontype` means something to the driver, which also reads a list wrongly that has a name all objects inherit
 * (`constructor`). Any number of JSON is one of BSON.
 */
const LIMITS: JsonLimits = {
  depth: 60,
  takesName: (name) => !/^$|^\$|^_bsontype$|[.\0]/.test(name) && !(name in Object.prototype),
  takesNumber: () => true,
};

/** The field `jsonBytes` itself. */
const OWN_FIELD_BYTES = 19;

/**
 * As it was stored what was handed out as bytes: after somebody has edited a head, other bytes than those may be made of it
 * that it was written as.
 */
const handedOut = new WeakMap<Uint8Array, NativeHead>();

/** The fields that a head takes. */
export function headFields(
  head: Uint8Array,
  form: NativeForm | undefined,
): NativeHead | { head: Uint8Array } {
  return (form === undefined ? undefined : nativeHead(head)) ?? { head };
}

/** Filter of documents that have this head, in whichever form. */
export function withHead(head: Uint8Array, form: NativeForm | undefined): Filter {
  // Who writes bytes has nothing to do with other forms, unless one was read.
  const native = handedOut.get(head) ?? (form === undefined ? undefined : nativeHead(head));
  if (native === undefined) return { head };
  // All of it is compared, so that what was edited meanwhile is noticed, too.
  return { head: { $in: [head, native.head] }, bodyDigest: { $in: [null, native.bodyDigest] } };
}

/** The bytes of a head; undefined where there is none that can be read. */
export function readHead({ head, bodyDigest }: Found): Uint8Array | undefined {
  if (types.isUint8Array(head)) return head;
  if (!isJsonObject(head, LIMITS) || !isBodyDigest(bodyDigest)) return undefined;
  const encoded = encodeHead(head, bodyDigest);
  handedOut.set(encoded, { head, bodyDigest });
  return encoded;
}

function nativeHead(encoded: Uint8Array): NativeHead | undefined {
  const exact = exactHead(encoded);
  if (exact === undefined || !isJson(exact.head, LIMITS)) return undefined;
  // A sub-document equals another one only where its fields are in the same order.
  const { bodyBytes, bodyCrc32 } = exact.bodyDigest;
  return { head: exact.head, bodyDigest: { bodyBytes, bodyCrc32 } };
}

/** A body as fields of a document. */
export interface BodyFields {
  readonly body: unknown;
  /** What a body takes that is a sub-document or an array, this field included. */
  readonly jsonBytes?: number;
}

/** @param room so many bytes there are for it in the document */
export function bodyFields(body: Uint8Array, form: NativeForm | undefined, room: number): BodyFields {
  const text = form === undefined ? undefined : readableText(body);
  if (text === undefined) return { body };
  const json = form?.decodesContent === true ? exactJson(text)?.json : undefined;
  // Other values would be taken for text, or for nothing.
  if (typeof json !== 'object' || json === null || !isJson(json, LIMITS)) return { body: text };
  const jsonBytes = bsonBytes(json) + OWN_FIELD_BYTES;
  return jsonBytes <= room ? { body: json, jsonBytes } : { body: text };
}

/** The bytes of a body; undefined where there is none that can be read. */
export function readBody({ body, bodyBytes }: Found): Uint8Array | undefined {
  if (types.isUint8Array(body)) return body;
  const text = typeof body === 'string' ? body : jsonText(body);
  const bytes = text === undefined ? undefined : Buffer.from(text, 'utf8');
  // Another length: it was edited, and the head does not know.
  return bytes?.byteLength === bodyBytes ? bytes : undefined;
}

function jsonText(value: unknown): string | undefined {
  return typeof value === 'object' && value !== null && isJson(value, LIMITS)
    ? JSON.stringify(value)
    : undefined;
}

/** Bytes that a value takes in BSON. */
export function bsonBytes(value: Json): number {
  if (value === null) return 0;
  if (typeof value === 'string') return 5 + Buffer.byteLength(value);
  if (typeof value === 'number') return (value | 0) === value && !Object.is(value, -0) ? 4 : 8;
  if (typeof value === 'boolean') return 1;
  let bytes = 5;
  // In a list each member has its index in decimal for a name.
  if (isList(value))
    value.forEach((member, index) => (bytes += 2 + String(index).length + bsonBytes(member)));
  else {
    for (const [name, member] of Object.entries(value)) {
      bytes += 2 + Buffer.byteLength(name) + bsonBytes(member);
    }
  }
  return bytes;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
