import { LONGEST_DECODED_TEXT } from './readable-text.js';

/** What JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: Json;
}

/** What a notation or a database keeps of JSON as it is. */
export interface JsonLimits {
  /** So many objects and lists may lie within each other. */
  readonly depth: number;
  readonly takesName: (name: string) => boolean;
  readonly takesNumber: (number: number) => boolean;
}

/** A half of a pair without the other one: UTF-8 cannot hold it. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** What the text of JSON says, where that text can be made of it again to the byte; undefined: it cannot, or is too long. */
export function exactJson(text: string): { readonly json: Json } | undefined {
  if (text.length > LONGEST_DECODED_TEXT) return undefined;
  try {
    const json = JSON.parse(text) as Json;
    return JSON.stringify(json) === text ? { json } : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a value, whoever has made it, is such JSON at every depth, and nothing that only looks like it. */
export function isJson(value: unknown, limits: JsonLimits, depth = limits.depth): value is Json {
  switch (typeof value) {
    case 'string':
      return !LONE_SURROGATE.test(value);
    case 'number':
      return Number.isFinite(value) && limits.takesNumber(value);
    case 'boolean':
      return true;
    case 'object':
      if (value === null) return true;
      if (depth === 0) return false;
      if (Array.isArray(value)) return value.every((member) => isJson(member, limits, depth - 1));
      return isPlainObject(value) && hasOnly(value, limits, depth - 1);
    default:
      return false;
  }
}

/** Whether a value is an object of names and values, and such JSON at every depth. */
export function isJsonObject(value: unknown, limits: JsonLimits): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && isJson(value, limits);
}

function hasOnly(value: object, limits: JsonLimits, depth: number): boolean {
  return Object.entries(value).every(
    ([name, member]) => limits.takesName(name) && !LONE_SURROGATE.test(name) && isJson(member, limits, depth),
  );
}

/** Whether it is of no class, in whichever realm it was made. */
export function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
