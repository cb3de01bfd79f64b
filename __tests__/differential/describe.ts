import { createHash } from 'node:crypto';
import { type Labels } from './labels.js';

/** What can be compared and printed: a value as text, or a tree of such. */
export type Described = string | { readonly [name: string]: Described };

const BOUNDARY =
  /(-*axios-[\d.]+-boundary-[-\w]{10,}|-*axios-[\da-f]{36}(?:--)?|-{2,}formdata-undici-\d+|-{20,}[\da-f]{24})/g;

/** Boundaries of multipart bodies are random. */
export function withoutBoundaries(text: string): string {
  return text.replace(BOUNDARY, 'BOUNDARY');
}

export function describeText(text: string): string {
  const plain = withoutBoundaries(text);
  if (plain.length <= 300) return JSON.stringify(plain);
  return `${JSON.stringify(plain.slice(0, 80))}… of ${plain.length}, ${hash(Buffer.from(plain))}`;
}

export function describeBytes(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return buffer.length > 100_000
    ? `${buffer.length} bytes, ${hash(buffer)}`
    : describeText(buffer.toString('latin1'));
}

function hash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}

/**
 * A value with all that tells it from another: its class, its content, functions and objects of somebody's own by
 * identity.
 */
export function describeValue(value: unknown, labels: Labels, depth = 0): Described {
  if (typeof value === 'string') return describeText(value);
  if (typeof value === 'function') return labels.of(value);
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? '-0' : String(value);
  const known = labels.known(value);
  if (known !== undefined) return known;
  if (depth > 8) return 'too deep';
  const name = className(value);
  if (value instanceof Uint8Array) return `${name} ${describeBytes(value)}`;
  if (tagOf(value) === 'ArrayBuffer')
    return `ArrayBuffer ${describeBytes(new Uint8Array(value as ArrayBuffer))}`;
  if (tagOf(value) === 'URLSearchParams') return `${name} ${(value as URLSearchParams).toString()}`;
  if (tagOf(value) === 'Date') return `Date ${(value as Date).toISOString()}`;
  if (value instanceof Map) return { class: name, ...entriesOf(value.entries(), labels, depth) };
  if (!isContainer(value)) return `an object of class ${name}`;
  return {
    ...(name === 'Object' || name === 'Array' ? {} : { class: name }),
    ...(Array.isArray(value) ? { length: String(value.length) } : {}),
    ...entriesOf(
      Reflect.ownKeys(value).map((key) => [key, (value as Record<PropertyKey, unknown>)[key]]),
      labels,
      depth,
    ),
  };
}

function entriesOf(
  entries: Iterable<readonly [unknown, unknown]>,
  labels: Labels,
  depth: number,
): Record<string, Described> {
  const described: Record<string, Described> = Object.create(null) as Record<string, Described>;
  for (const [key, value] of entries) described[String(key)] = describeValue(value, labels, depth + 1);
  return described;
}

function isContainer(value: object): boolean {
  return Array.isArray(value) || ['Object', 'none', 'AxiosHeaders'].includes(className(value));
}

/** The name of an object's class; `none` without a prototype. */
export function className(value: object): string {
  const prototype = Object.getPrototypeOf(value) as { constructor?: { name?: string } } | null;
  return prototype === null ? 'none' : (prototype.constructor?.name ?? 'unnamed');
}

/** By tag, since jest's tests run in a realm of their own. */
export function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}
