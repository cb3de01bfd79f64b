import { type InternalAxiosRequestConfig } from 'axios';
import { type BodyShape } from '../cache/stored-response.js';

/** Which family of platform objects an adapter deals in: Node's Buffer and streams, or the web's ArrayBuffer and Blob. */
export type AdapterFamily = 'node' | 'web';

type Adapter = InternalAxiosRequestConfig['adapter'];

const learnedFamilies = new WeakMap<object, AdapterFamily>();

/**
 * The family of the adapter that a config names. A function's is learned from its first answer; until then it is taken
 * to be Node's.
 */
export function familyOf(adapter: Adapter): AdapterFamily {
  const named = Array.isArray(adapter) ? adapter : [adapter];
  for (const candidate of named) {
    if (typeof candidate === 'function') {
      const own = (candidate as { adapterName?: unknown }).adapterName;
      return learnedFamilies.get(candidate) ?? (own === 'fetch' || own === 'xhr' ? 'web' : 'node');
    }
    if (candidate === 'http') return 'node';
    if (candidate === 'fetch') return 'web';
    if (candidate === 'xhr' && 'XMLHttpRequest' in globalThis) return 'web';
  }
  return 'node';
}

/** Remembers what a function adapter answered with when it was asked for an array buffer. */
export function learnFamily(adapter: Adapter, data: unknown): void {
  if (typeof adapter !== 'function') return;
  if (isArrayBuffer(data)) learnedFamilies.set(adapter, 'web');
  else if (data instanceof Uint8Array) learnedFamilies.set(adapter, 'node');
}

/** A body as the adapter gave it, in storable form; `bytes` is undefined where it cannot be stored (a stream, a Blob). */
export interface ReceivedBody {
  readonly shape: BodyShape;
  readonly bytes: Uint8Array | undefined;
}

const NO_BYTES = new Uint8Array(0);

/**
 * What an adapter answered when it was asked for an array buffer. axios's own adapters give bytes; a mock or a
 * function of the user's may give text or a value whatever it was asked for, and is then replayed in that shape.
 */
export function receivedBody(data: unknown): ReceivedBody {
  if (data instanceof Uint8Array) return { shape: 'bytes', bytes: data };
  if (isArrayBuffer(data)) return { shape: 'bytes', bytes: new Uint8Array(data) };
  if (typeof data === 'string') return { shape: 'text', bytes: Buffer.from(data, 'utf8') };
  if (data === undefined) return { shape: 'none', bytes: NO_BYTES };
  if (!isPlainValue(data)) return { shape: 'json', bytes: undefined };
  try {
    return { shape: 'json', bytes: Buffer.from(JSON.stringify(data), 'utf8') };
  } catch {
    return { shape: 'json', bytes: undefined };
  }
}

/** Whether JSON keeps a value: anything but functions and objects that are more than their fields, such as streams. */
function isPlainValue(data: unknown): boolean {
  if (typeof data !== 'object') return typeof data === 'number' || typeof data === 'boolean';
  if (data === null || Array.isArray(data)) return true;
  const prototype = Object.getPrototypeOf(data) as object | null;
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null;
}

/**
 * Makes of stored bytes the value that this caller's adapter would have given for its `responseType`: an object of the
 * caller's own each time, so that nobody can change another's.
 */
export function presentBody(
  bytes: Uint8Array,
  shape: BodyShape,
  config: InternalAxiosRequestConfig,
  family: AdapterFamily,
): unknown {
  if (shape === 'none') return undefined;
  if (shape === 'text') return bytesToString(bytes, 'utf8');
  if (shape === 'json') return JSON.parse(bytesToString(bytes, 'utf8'));
  return family === 'node' ? presentForNode(bytes, config) : presentForWeb(bytes, config);
}

/** As axios's http adapter does: a Buffer, or text in `responseEncoding` without a byte order mark. */
function presentForNode(bytes: Uint8Array, config: InternalAxiosRequestConfig): unknown {
  if (config.responseType === 'arraybuffer') return Buffer.from(bytes);
  const encoding = config.responseEncoding as BufferEncoding | undefined;
  const text = bytesToString(bytes, encoding);
  const mayHaveMark = encoding === undefined || encoding === null || encoding === 'utf8';
  return mayHaveMark && text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

/** As axios's fetch adapter does: an ArrayBuffer, a Blob, or text in UTF-8. */
function presentForWeb(bytes: Uint8Array, config: InternalAxiosRequestConfig): unknown {
  if (config.responseType === 'arraybuffer') {
    return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  }
  if (config.responseType === 'blob') return new Blob([Buffer.from(bytes)]);
  return new TextDecoder().decode(bytes);
}

function bytesToString(bytes: Uint8Array, encoding: BufferEncoding | undefined): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(encoding);
}

/** By tag, not by class: the buffer may come from another realm. */
export function isArrayBuffer(data: unknown): data is ArrayBuffer {
  return Object.prototype.toString.call(data) === '[object ArrayBuffer]';
}
