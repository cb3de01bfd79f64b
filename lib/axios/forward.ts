import type { AxiosResponse, InternalAxiosRequestConfig } from 'axios';
import type { Redirect } from '../cache/network.js';
import type { HeaderFields } from '../http/header-fields.js';
import { isNamedAdapter } from './adapter-family.js';
import { isResponse } from './messages.js';
import type { OwnCopy } from './own-copy.js';
import { redirectRecorder } from './redirects.js';

type Headers = InternalAxiosRequestConfig['headers'];

/** Where the redirects that are followed are noted. */
export interface Recording {
  /** The effective URL of the request. */
  readonly url: string;
  readonly redirects: Redirect[];
}

/** Sends a request as it is. The response and any error show the caller's own config, whichever copy made the call. */
export async function forwardUnchanged(
  copy: OwnCopy,
  config: InternalAxiosRequestConfig,
  recording: Recording | undefined,
): Promise<AxiosResponse> {
  const sent =
    recording === undefined
      ? config
      : {
          ...config,
          beforeRedirect: redirectRecorder(config, recording.url, copy.adapterHeaders, recording.redirects),
        };
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
    if (value === undefined || value === null || headers[name] === value) continue;
    // An adapter also changes what is there: the type of a form gets its boundary.
    if (!headers.has(name)) added[name] = String(value);
    headers.set(name, value as string);
  }
  if (typeof sent.headers?.has === 'function') removeWhatIsGone(headers, sent.headers, leftOut);
  return added;
}

function removeWhatIsGone(headers: Headers, sent: Headers, leftOut: readonly string[]): void {
  for (const [name, value] of Object.entries(headers)) {
    // An entry without a value is no field, and adapters leave it as it is.
    if (value === undefined || sent[name] === value || leftOut.includes(name.toLowerCase())) continue;
    if (!sent.has(name)) headers.delete(name);
  }
}
