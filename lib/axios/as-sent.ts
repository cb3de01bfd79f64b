import type { InternalAxiosRequestConfig } from 'axios';
import type { MaybePromise } from '../storage/backend.js';
import { type AdapterFamily, isArrayBuffer } from './adapter-family.js';
import type { OwnCopy } from './own-copy.js';

type Headers = InternalAxiosRequestConfig['headers'];

/** What is known of a request that is answered from storage. */
export interface Unsent {
  readonly config: InternalAxiosRequestConfig;
  readonly url: string;
  readonly family: AdapterFamily;
  /** Stands in for the adapter's own. */
  readonly request: unknown;
  /** The header fields that axios's http adapter adds to every request, by original name; undefined: it is another one. */
  readonly added: ReadonlyMap<string, string> | undefined;
}

/**
 * Does to a config what its adapter would have done before it sends anything: it is not called for an answer from storage, but
 * programs may look at the header fields there. At once, unless it rejects.
 * @throws the error by which the adapter would have refused to send the request
 */
export function asIfSent(copy: OwnCopy, unsent: Unsent): MaybePromise<void> {
  const { config, url, family, added } = unsent;
  if (added !== undefined && showAtOnce(config, url, added)) return undefined;
  if (added !== undefined) showBeginning(config, added);
  // What a function that is none of axios's own would have refused, nobody knows.
  if ((added !== undefined || family === 'fetch') && isTooLong(config)) {
    return refuse(copy, config, 'Request body larger than maxBodyLength limit', 'ERR_BAD_REQUEST');
  }
  if (added === undefined) return undefined;
  showRest(config, url, added);
  return isTimeout(config.timeout)
    ? undefined
    : refuse(
        copy,
        config,
        'error trying to parse `config.timeout` to int',
        'ERR_BAD_OPTION_VALUE',
        unsent.request,
      );
}

/** What axios leaves as it is: it takes control characters and the white space around a value away. */
const PLAIN_VALUE = /^[!-~]+(?: +[!-~]+)*$/;

/**
 * Does all of it in one go for the usual request, without axios's own looking for each name again and again.
 * @returns false where there is more to it, and nothing has been done
 */
function showAtOnce(
  { headers, data, auth, timeout }: InternalAxiosRequestConfig,
  url: string,
  added: ReadonlyMap<string, string>,
): boolean {
  if ((data ?? undefined) !== undefined || auth || timeout || url.includes('@')) return false;
  const present = plainNames(headers, added);
  if (present === undefined) return false;
  const fields = headers as unknown as Record<string, unknown>;
  const userAgent = added.get('User-Agent');
  if (userAgent !== undefined && !present.includes('user-agent')) fields['User-Agent'] = userAgent;
  for (const [name, value] of added) {
    if (name !== 'User-Agent' && !present.includes(name.toLowerCase())) fields[name] = value;
  }
  return true;
}

/**
 * The names of header fields that have a value, in lower case; undefined where axios would change any of them, or what the
 * adapter adds would not simply come last.
 */
function plainNames(headers: Headers, added: ReadonlyMap<string, string>): readonly string[] | undefined {
  const fields = headers as unknown as Readonly<Record<string, unknown>>;
  const names: string[] = [];
  for (const name of Object.keys(fields)) {
    const lower = name.toLowerCase();
    const value = fields[name];
    if (!PLAIN_VALUE.test(name) || names.includes(lower)) return undefined;
    if (value === undefined) {
      // It is not sent; but what is added takes its place.
      if (isAdded(lower, added)) return undefined;
      continue;
    }
    if (typeof value !== 'string' || !PLAIN_VALUE.test(value)) return undefined;
    names.push(lower);
  }
  return names;
}

function isAdded(lower: string, added: ReadonlyMap<string, string>): boolean {
  for (const name of added.keys()) if (name.toLowerCase() === lower) return true;
  return false;
}

async function refuse(
  copy: OwnCopy,
  config: InternalAxiosRequestConfig,
  message: string,
  code: string,
  request?: unknown,
): Promise<never> {
  const AxiosError = await copy.errorClass();
  throw new AxiosError(message, code, config, request, undefined);
}

/** Forms are left out: their boundary is a new one each time. */
function showBeginning(
  { headers, data }: InternalAxiosRequestConfig,
  added: ReadonlyMap<string, string>,
): void {
  headers.normalize(false);
  const userAgent = added.get('User-Agent');
  if (userAgent !== undefined) headers.set('User-Agent', userAgent, false);
  showBody(headers, data);
}

function showRest(
  { headers, auth }: InternalAxiosRequestConfig,
  url: string,
  added: ReadonlyMap<string, string>,
): void {
  for (const [name, value] of added) headers.set(name, value, false);
  if (auth || hasUserinfo(url)) headers.delete('authorization');
}

function showBody(headers: Headers, data: unknown): void {
  const length = plainLength(data);
  if (length !== undefined) headers.setContentLength(length, false);
  if (!isBlob(data)) return;
  if (data.size > 0) headers.setContentType(data.type || 'application/octet-stream');
  headers.setContentLength(data.size);
}

/** Bytes of a body that is there as a whole; undefined: there is none, or it is of another kind. */
function plainLength(data: unknown): number | undefined {
  if (typeof data === 'string') return data === '' ? undefined : Buffer.byteLength(data);
  return Buffer.isBuffer(data) || isArrayBuffer(data) ? data.byteLength : undefined;
}

function isBlob(data: unknown): data is Blob {
  return /^\[object (?:Blob|File)\]$/.test(Object.prototype.toString.call(data));
}

function hasUserinfo(url: string): boolean {
  return /^[a-z][a-z\d+.-]*:\/\/[^/?#]*@/i.test(url);
}

function isTooLong({ data, maxBodyLength }: InternalAxiosRequestConfig): boolean {
  const length = plainLength(data) ?? (isBlob(data) ? data.size : 0);
  return typeof maxBodyLength === 'number' && maxBodyLength > -1 && length > maxBodyLength;
}

/** As axios's http adapter reads it. */
function isTimeout(timeout: unknown): boolean {
  return !timeout || !Number.isNaN(parseInt(timeout as string, 10));
}
