import { type AxiosError, type InternalAxiosRequestConfig } from 'axios';
import { type AdapterFamily, isArrayBuffer } from './adapter-family.js';
import { type OwnCopy } from './own-copy.js';

type Headers = InternalAxiosRequestConfig['headers'];

/**
 * What axios's http adapter would have made of the header fields of a config: it is not called for an answer from storage, but
 * programs may look there. Forms are left out: their boundary is a new one each time.
 * @param added what it adds to every request, by original name
 */
export function showAsSent(
  { headers, auth, data }: InternalAxiosRequestConfig,
  url: string,
  added: ReadonlyMap<string, string>,
): void {
  headers.normalize(false);
  // In the adapter's own order.
  const userAgent = added.get('User-Agent');
  if (userAgent !== undefined) headers.set('User-Agent', userAgent, false);
  showBody(headers, data);
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

/**
 * The error by which the adapter would have refused to send a request that is answered from storage; undefined: it would not
 * have.
 */
export async function refusalToSend(
  copy: OwnCopy,
  config: InternalAxiosRequestConfig,
  family: AdapterFamily,
): Promise<AxiosError | undefined> {
  const refusal = refusalOf(config, family);
  if (refusal === undefined) return undefined;
  const AxiosError = await copy.errorClass();
  return new AxiosError(refusal.message, refusal.code, config, undefined, undefined);
}

function refusalOf(
  { data, maxBodyLength, timeout }: InternalAxiosRequestConfig,
  family: AdapterFamily,
): { readonly message: string; readonly code: string } | undefined {
  const length = plainLength(data) ?? (isBlob(data) ? data.size : 0);
  if (family !== 'xhr' && typeof maxBodyLength === 'number' && maxBodyLength > -1 && length > maxBodyLength) {
    return { message: 'Request body larger than maxBodyLength limit', code: 'ERR_BAD_REQUEST' };
  }
  if (family === 'http' && timeout && Number.isNaN(parseInt(String(timeout), 10))) {
    return { message: 'error trying to parse `config.timeout` to int', code: 'ERR_BAD_OPTION_VALUE' };
  }
  return undefined;
}
