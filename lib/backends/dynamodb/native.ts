import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { exactJson, isJson, isJsonObject, type Json, type JsonLimits } from '../../storage/exact-json.js';
import type { NativeForm } from '../../storage/native-form.js';
import { exactHead, isBodyDigest } from '../../storage/native-head.js';
import { readableText } from '../../storage/readable-text.js';
import { encodeHead } from '../../storage/record-codec.js';
import {
  attributeBytes,
  type AttributeValue,
  fromAttribute,
  numberOf,
  toAttribute,
} from './attribute-value.js';
import { orderOf, readOrder } from './name-order.js';

/*
 * Heads and bodies as values of DynamoDB. What it would not give back exactly stays bytes. A reader goes by what there is,
 * whoever has written it.
 *
 * A head is a map of `head`, what it says; `order`, of its names, since maps have none; `bodyBytes` and `bodyCrc32`, of the body
 * that belongs to it; and `mark`, another one for each other head that is written.
 */

/** DynamoDB keeps 32 levels, of which some are ours. Tools cannot show control characters, and some servers not even read them. */
const LIMITS: JsonLimits = {
  depth: 26,
  takesName: (name) => name !== '' && name !== '__proto__' && name.length <= 1000 && !/\p{Cc}/u.test(name),
  takesNumber: (number) => number === 0 || (Math.abs(number) >= 1e-130 && Math.abs(number) < 9.9e125),
};

/** Longer heads stay bytes, since DynamoDB keeps three copies of them in 400 KB: as a map they would not fit. */
const LONGEST_NATIVE_HEAD = 64_000;

/** As it was stored what was handed out as bytes: who has edited a head has not changed its mark and its order. */
const handedOut = new WeakMap<Uint8Array, AttributeValue>();
const written = new WeakMap<Uint8Array, AttributeValue>();

/** A head as it is written. */
export function headAttribute(head: Uint8Array, form: NativeForm | undefined): AttributeValue {
  return (form === undefined ? undefined : nativeHead(head)) ?? { B: head };
}

/** Which values are this head, in whichever form. */
export function headsLike(head: Uint8Array, form: NativeForm | undefined): readonly AttributeValue[] {
  // Who writes bytes has nothing to do with other forms, unless one was read.
  const native = handedOut.get(head) ?? (form === undefined ? undefined : nativeHead(head));
  return native === undefined ? [{ B: head }] : [{ B: head }, native];
}

/** The bytes of a head; undefined where there is none that can be read. */
export function readHead(value: AttributeValue | undefined): Uint8Array | undefined {
  if (value?.M === undefined) return value?.B;
  const { head, order, bodyBytes, bodyCrc32 } = value.M;
  const json = jsonOf(head, order);
  const digest = { bodyBytes: numberOf(bodyBytes?.N), bodyCrc32: numberOf(bodyCrc32?.N) };
  if (!isJsonObject(json, LIMITS) || !isBodyDigest(digest)) return undefined;
  const encoded = encodeHead(json, digest);
  handedOut.set(encoded, value);
  return encoded;
}

/** What a stored head is known by, also where servers cannot compare maps: nobody else has written one with this mark. */
export function markOf(value: AttributeValue): string | undefined {
  return value.M?.['mark']?.S;
}

function nativeHead(encoded: Uint8Array): AttributeValue | undefined {
  const known = written.get(encoded);
  if (known !== undefined) return known;
  const exact = encoded.byteLength > LONGEST_NATIVE_HEAD ? undefined : exactHead(encoded);
  const native = exact === undefined ? undefined : nativeJson(exact.head as Json);
  if (exact === undefined || native === undefined) return undefined;
  const { bodyBytes, bodyCrc32 } = exact.bodyDigest;
  const value: AttributeValue = {
    M: {
      head: native.value,
      order: native.order,
      bodyBytes: { N: String(bodyBytes) },
      bodyCrc32: { N: String(bodyCrc32) },
      mark: { S: createHash('sha256').update(encoded).digest('base64url') },
    },
  };
  if (attributeBytes(value) > LONGEST_NATIVE_HEAD) return undefined;
  written.set(encoded, value);
  return value;
}

/** A body in the item of its record. */
export interface InlineBody {
  readonly value: AttributeValue;
  /** Of names, beside a map or a list. */
  readonly order?: AttributeValue;
  /** What both take. */
  readonly bytes: number;
}

/** @param room so many bytes there are for it in the item */
export function inlineBody(body: Uint8Array, form: NativeForm | undefined, room: number): InlineBody {
  const asBytes = { value: { B: body }, bytes: body.byteLength };
  // What goes into chunks is not read for nothing; and some servers have no empty texts.
  if (form === undefined || body.byteLength === 0 || body.byteLength > room) return asBytes;
  const text = readableText(body);
  if (text === undefined) return asBytes;
  const json = form.decodesContent ? exactJson(text)?.json : undefined;
  // Other values would be taken for text, or for nothing.
  const native = typeof json === 'object' && json !== null ? nativeJson(json) : undefined;
  if (native !== undefined) {
    const bytes = attributeBytes(native.value) + attributeBytes(native.order);
    if (bytes <= room) return { ...native, bytes };
  }
  return { value: { S: text }, bytes: body.byteLength };
}

/**
 * The bytes of a body that lies in an item; undefined where there is none that can be read.
 * @param bodyBytes how long it is. Another length: it was edited, and the head does not know
 */
export function readBody(
  value: AttributeValue | undefined,
  order: AttributeValue | undefined,
  bodyBytes: number,
): Uint8Array | undefined {
  if (value?.B !== undefined) return value.B;
  const text = value?.S ?? jsonText(value, order);
  const bytes = text === undefined ? undefined : Buffer.from(text, 'utf8');
  return bytes?.byteLength === bodyBytes ? bytes : undefined;
}

function jsonText(value: AttributeValue | undefined, order: AttributeValue | undefined): string | undefined {
  const isNested = value?.M !== undefined || value?.L !== undefined;
  const json = isNested ? jsonOf(value, order) : undefined;
  return json === undefined ? undefined : JSON.stringify(json);
}

/** A value and the order of its names, where exactly the same can be made of them again. */
function nativeJson(
  json: Json,
): { readonly value: AttributeValue; readonly order: AttributeValue } | undefined {
  if (!isJson(json, LIMITS)) return undefined;
  const value = toAttribute(json);
  const order = { S: orderOf(json) };
  return JSON.stringify(jsonOf(value, order)) === JSON.stringify(json) ? { value, order } : undefined;
}

function jsonOf(value: AttributeValue | undefined, order: AttributeValue | undefined): Json | undefined {
  const json = value && fromAttribute(value, readOrder(order?.S), LIMITS.depth);
  return isJson(json, LIMITS) ? json : undefined;
}
