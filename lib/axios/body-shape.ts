import { type InternalAxiosRequestConfig } from 'axios';
import { readableOf, webStreamOf } from './body-streams.js';
import { type LiveBody } from '../cache/live-body.js';
import { type BodyShape } from '../cache/stored-response.js';

/** Which family of platform objects an adapter deals in: Node's Buffer and streams, or the web's ArrayBuffer and Blob. */
export type AdapterFamily = 'node' | 'web';

type Adapter = InternalAxiosRequestConfig['adapter'];

/**
 * Whether a config names an adapter of axios's own, or leaves the choice to axios; of a function (a mock, a user's own) nobody
 * knows what it does.
 */
export function isNamedAdapter(adapter: Adapter): boolean {
  return ![adapter].flat().some((one) => typeof one === 'function');
}

/** Whether the caller wants the body as it comes. axios's fetch adapter takes the word in any case of letters. */
export function asksForStream({
  adapter,
  responseType,
}: Pick<InternalAxiosRequestConfig, 'adapter' | 'responseType'>): boolean {
  if (typeof responseType !== 'string') return false;
  return (familyOf(adapter) === 'web' ? responseType.toLowerCase() : responseType) === 'stream';
}

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
  /** A body that is still coming. */
  readonly live?: LiveBody | undefined;
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
  const json = faithfulJson(data);
  return { shape: 'json', bytes: json === undefined ? undefined : Buffer.from(json, 'utf8') };
}

/** A value as JSON, where JSON keeps it as it is; undefined where it does not: a stream, or a Date somewhere within. */
function faithfulJson(data: unknown): string | undefined {
  let isKept = true;
  try {
    // The holder has the value itself; the second argument is what toJSON has made of it already.
    const json = JSON.stringify(data, function (this: unknown, name: string, value: unknown): unknown {
      isKept &&= isKeptByJson((this as Record<string, unknown>)[name], Array.isArray(this));
      return isKept ? value : undefined;
    });
    return isKept ? json : undefined;
  } catch {
    return undefined;
  }
}

function isKeptByJson(value: unknown, isElement: boolean): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true;
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0);
    case 'undefined':
      // A member that is undefined and one that is missing read the same.
      return !isElement;
    case 'object':
      return value === null || isPlainContainer(value);
    default:
      return false;
  }
}

function isPlainContainer(value: object): boolean {
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function') return false;
  if (Array.isArray(value)) return true;
  const prototype = Object.getPrototypeOf(value) as object | null;
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/**
 * Makes of stored bytes the value that this caller's adapter would have given for its `responseType`: an object of the
 * caller's own each time, so that nobody can change another's.
 * @param contentType of the response, for a Blob
 */
export function presentBody(
  bytes: Uint8Array,
  shape: BodyShape,
  config: InternalAxiosRequestConfig,
  family: AdapterFamily,
  contentType: string | undefined,
): unknown {
  if (shape === 'none') return undefined;
  if (shape === 'text') return bytesToString(bytes, 'utf8');
  if (shape === 'json') return JSON.parse(bytesToString(bytes, 'utf8'));
  if (asksForStream(config)) return family === 'node' ? readableOf(bytes) : webStreamOf(bytes);
  return family === 'node' ? presentForNode(bytes, config) : presentForWeb(bytes, config, contentType);
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
function presentForWeb(
  bytes: Uint8Array,
  config: InternalAxiosRequestConfig,
  type: string | undefined,
): unknown {
  if (config.responseType === 'arraybuffer') {
    return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  }
  if (config.responseType === 'blob')
    return new Blob([Buffer.from(bytes)], type === undefined ? {} : { type });
  return new TextDecoder().decode(bytes);
}

function bytesToString(bytes: Uint8Array, encoding: BufferEncoding | undefined): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(encoding);
}

/** By tag, not by class: the buffer may come from another realm. */
export function isArrayBuffer(data: unknown): data is ArrayBuffer {
  return Object.prototype.toString.call(data) === '[object ArrayBuffer]';
}
