import type { AxiosResponse, InternalAxiosRequestConfig } from 'axios';
import type { LiveBody } from '../cache/live-body.js';
import type { BodyShape } from '../cache/stored-response.js';
import { type HeaderFields, fieldValue } from '../http/header-fields.js';
import type { MaybePromise } from '../storage/backend.js';
import { type AdapterFamily, familyOf, isArrayBuffer } from './adapter-family.js';
import type { StreamWatch } from './body-streams.js';
import type { AxiosErrorClass, OwnCopy } from './own-copy.js';
import { fetchResponseType, presentAsFetch } from './present-fetch.js';
import { bytesToString, presentAsHttp } from './present-http.js';
import { presentAsXhr } from './present-xhr.js';

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

/** Whether the caller's adapter gives the body as it comes. The fetch adapter takes the word in any case of letters. */
export function asksForStream(
  config: InternalAxiosRequestConfig,
  family: AdapterFamily = familyOf(config),
): boolean {
  if (family === 'http') return config.responseType === 'stream';
  return family === 'fetch' && fetchResponseType(config) === 'stream';
}

/** A response that lacks nothing but its body. */
export type BodilessResponse = Omit<AxiosResponse, 'cache' | 'data'>;

/**
 * Makes of stored bytes what this caller's adapter would have given for its `responseType`: an object of the caller's own
 * each time, so that nobody can change another's. Fails as that adapter would: no such encoding, no form in the body.
 * @param fields of the response
 * @param watch for a stream
 */
export function presentBytes(
  copy: OwnCopy,
  bytes: Uint8Array,
  fields: HeaderFields,
  response: BodilessResponse,
  family: AdapterFamily,
  watch?: StreamWatch,
): MaybePromise<unknown> {
  const { config, status } = response;
  const fail = async (error: unknown): Promise<never> => {
    throw presentingError(await copy.errorClass(), error, response, family);
  };
  try {
    if (family === 'http') return presentAsHttp(bytes, config, watch);
    const contentType = fieldValue(fields, 'content-type');
    if (family === 'xhr') return presentAsXhr(bytes, config, contentType);
    const presented = presentAsFetch(bytes, config, status, contentType, watch);
    return presented instanceof Promise ? presented.catch(fail) : presented;
  } catch (error) {
    return fail(error);
  }
}

/** As each adapter of axios reports what happens while it makes something of the body. */
function presentingError(
  AxiosError: AxiosErrorClass,
  error: unknown,
  response: BodilessResponse,
  family: AdapterFamily,
): unknown {
  const { config } = response;
  const request: unknown = response.request;
  if (family !== 'fetch') return AxiosError.from(error, null, config, request, response as AxiosResponse);
  const { code, message, name } = error as { code?: string; message?: unknown; name?: unknown };
  if (name !== 'TypeError' || !/Load failed|fetch/i.test(String(message))) {
    return AxiosError.from(error, code, config, request);
  }
  const failure = new AxiosError('Network Error', 'ERR_NETWORK', config, request, undefined);
  const cause: unknown = (error as { cause?: unknown }).cause ?? error;
  return Object.defineProperty(failure, 'cause', { value: cause, writable: true, configurable: true });
}

/** The value that a mock or a function of the user's gave, as it gave it. */
export function presentValue(bytes: Uint8Array, shape: Exclude<BodyShape, 'bytes'>): unknown {
  switch (shape) {
    case 'none':
      return undefined;
    case 'text':
      return bytesToString(bytes, 'utf8');
    case 'json':
      return JSON.parse(bytesToString(bytes, 'utf8'));
  }
}
