import { type AxiosResponse, type InternalAxiosRequestConfig } from 'axios';
import { type HeaderFields } from '../http/header-fields.js';
import { type ResponseHead } from '../policy/messages.js';
import { isNamedAdapter } from './adapter-family.js';
import { isResponse } from './messages.js';
import { type OwnCopy } from './own-copy.js';
import { observingRedirects } from './redirects.js';

/**
 * Sends a request as it is. The response and any error show the caller's own config, whichever copy made the call.
 * @param redirects where to note the redirects that are followed; undefined: nowhere
 */
export async function forwardUnchanged(
  copy: OwnCopy,
  config: InternalAxiosRequestConfig,
  redirects: ResponseHead[] | undefined,
): Promise<AxiosResponse> {
  const sent = redirects === undefined ? config : observingRedirects(config, redirects);
  try {
    const response = await copy.dispatch(sent);
    mirrorHeaders(config, ofThisRequest(response, sent), undefined);
    response.config = config;
    return response;
  } catch (error) {
    mirrorHeaders(config, ofThisRequest(error, sent), undefined);
    throw showConfig(error, config);
  }
}

/**
 * The config that an adapter was given for a request: what it shows, if that can be no other's. A function may fail with the
 * error of a request of its own, whose credentials are not the caller's; axios's own adapters show what they were given, or,
 * in another copy of axios, what was made of it.
 * @param result a response or an error
 */
export function ofThisRequest(result: unknown, sent: InternalAxiosRequestConfig): InternalAxiosRequestConfig {
  const shown = (result as { config?: InternalAxiosRequestConfig } | null | undefined)?.config;
  return isNamedAdapter(sent.adapter) ? (shown ?? sent) : sent;
}

/**
 * Makes an error speak of the caller's config, not of the copy that the cache sent.
 * @returns the same error
 */
export function showConfig(error: unknown, config: InternalAxiosRequestConfig): unknown {
  if (typeof error !== 'object' || error === null) return error;
  const { config: sent, response } = error as { config?: unknown; response?: unknown };
  if (sent !== undefined) Reflect.set(error, 'config', config);
  if (isResponse(response)) response.config = config;
  return error;
}

/**
 * Brings what an adapter did to the header fields of the config it was given over to the caller's config: adapters add
 * `User-Agent` and `Accept-Encoding`, and take `Authorization` away where they send `auth` instead.
 * @param ours fields that the cache added itself and that stay out
 * @param leftOut fields that the cache left out itself and that stay in
 * @returns what was added, by name
 */
export function mirrorHeaders(
  config: InternalAxiosRequestConfig,
  sent: InternalAxiosRequestConfig,
  ours: HeaderFields | undefined,
  leftOut: readonly string[] = [],
): Record<string, string> {
  const added: Record<string, string> = {};
  if (sent === undefined || sent.headers === config.headers) return added;
  const { headers } = config;
  for (const [name, value] of Object.entries(sent.headers ?? {})) {
    if (ours !== undefined && Object.hasOwn(ours, name.toLowerCase())) continue;
    if (value === undefined || value === null) continue;
    // An adapter also changes what is there: the type of a form gets its boundary.
    if (!headers.has(name)) added[name] = String(value);
    headers.set(name, value as string);
  }
  for (const name of Object.keys(headers)) {
    if (leftOut.includes(name.toLowerCase()) || typeof sent.headers?.has !== 'function') continue;
    // An entry without a value is no field, and adapters leave it as it is.
    if (headers[name] !== undefined && !sent.headers.has(name)) headers.delete(name);
  }
  return added;
}
