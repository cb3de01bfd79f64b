import { Buffer } from 'node:buffer';
import type { Json, JsonObject } from '../../storage/exact-json.js';
import { inOrder, type NameOrder, orderOfMember } from './name-order.js';

/** A value of an attribute, as the protocol has it. A number is in decimal. */
export interface AttributeValue {
  readonly S?: string | undefined;
  readonly N?: string | undefined;
  readonly B?: Uint8Array | undefined;
  readonly BOOL?: boolean | undefined;
  readonly NULL?: boolean | undefined;
  readonly L?: readonly AttributeValue[] | undefined;
  readonly M?: Readonly<Record<string, AttributeValue>> | undefined;
}

/** JSON as a value. Names are sorted, so that nobody relies on an order that DynamoDB does not keep. */
export function toAttribute(json: Json): AttributeValue {
  if (json === null) return { NULL: true };
  if (typeof json === 'string') return { S: json };
  if (typeof json === 'number') return { N: String(json) };
  if (typeof json === 'boolean') return { BOOL: json };
  if (isList(json)) return { L: json.map(toAttribute) };
  const names = Object.keys(json).sort();
  return { M: Object.fromEntries(names.map((name) => [name, toAttribute(json[name] ?? null)])) };
}

/**
 * What a value says; undefined where it, or anything in it, is nothing that JSON can say.
 * @param order of its names
 * @param depth so many maps and lists may lie within each other
 */
export function fromAttribute(
  value: AttributeValue,
  order: NameOrder | undefined,
  depth: number,
): Json | undefined {
  if (value.S !== undefined) return value.S;
  if (value.N !== undefined) return numberOf(value.N);
  if (value.BOOL !== undefined) return value.BOOL;
  if (value.NULL !== undefined) return null;
  if (depth === 0) return undefined;
  if (value.L !== undefined) return listOf(value.L, order, depth - 1);
  return value.M === undefined ? undefined : objectOf(value.M, order, depth - 1);
}

function listOf(
  values: readonly AttributeValue[],
  order: NameOrder | undefined,
  depth: number,
): Json | undefined {
  const list: Json[] = [];
  for (const [index, value] of values.entries()) {
    const member = fromAttribute(value, orderOfMember(order, index), depth);
    if (member === undefined) return undefined;
    list.push(member);
  }
  return list;
}

function objectOf(
  values: Readonly<Record<string, AttributeValue>>,
  order: NameOrder | undefined,
  depth: number,
): JsonObject | undefined {
  const members: [string, Json][] = [];
  for (const name of inOrder(Object.keys(values), order)) {
    const member = fromAttribute(values[name] ?? {}, orderOfMember(order, name), depth);
    if (member === undefined) return undefined;
    members.push([name, member]);
  }
  return Object.fromEntries(members);
}

/** Undefined where it is no finite number. */
export function numberOf(decimal: string | undefined): number | undefined {
  const number = Number(decimal);
  return decimal?.trim() !== '' && Number.isFinite(number) ? number : undefined;
}

/** Bytes that a value takes, more or less, and rather more. */
export function attributeBytes(value: AttributeValue): number {
  if (value.S !== undefined) return Buffer.byteLength(value.S);
  if (value.B !== undefined) return value.B.byteLength;
  if (value.N !== undefined) return value.N.length + 1;
  if (value.L !== undefined) return value.L.reduce((sum, member) => sum + 1 + attributeBytes(member), 3);
  if (value.M === undefined) return 1;
  let bytes = 3;
  for (const [name, member] of Object.entries(value.M)) {
    bytes += 1 + Buffer.byteLength(name) + attributeBytes(member);
  }
  return bytes;
}

function isList(json: Json): json is readonly Json[] {
  return Array.isArray(json);
}
