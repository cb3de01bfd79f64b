import { type InternalAxiosRequestConfig } from 'axios';
import { type CacheCore } from '../cache/cache-core.js';
import { type Network, type NetworkPurpose } from '../cache/network.js';
import { type HeaderFields } from '../http/header-fields.js';
import { type ResponseHead } from '../policy/messages.js';
import { untilAborted } from './abort.js';
import { learnFamily } from './body-shape.js';
import { mirrorHeaders, ofThisRequest, showConfig } from './forward.js';
import { type AxiosNetworkResponse, toNetworkResponse } from './messages.js';
import { type OwnCopy } from './own-copy.js';
import { observingRedirects } from './redirects.js';

const acceptEveryStatus = (): boolean => true;

/** Codes of axios by which a request fails through its own fault, or because the caller gave up. */
const NOT_THE_ORIGINS_FAULT: ReadonlySet<unknown> = new Set([
  'ERR_CANCELED',
  'ERR_BAD_OPTION',
  'ERR_BAD_OPTION_VALUE',
  'ERR_BAD_REQUEST',
  'ERR_DEPRECATED',
  'ERR_FORM_DATA_DEPTH_EXCEEDED',
  'ERR_INVALID_URL',
  'ERR_NOT_SUPPORT',
]);

/** Reaches the origin for one request to a URL, through the adapter that the caller's config names. */
export function networkOf(
  core: CacheCore,
  copy: OwnCopy,
  config: InternalAxiosRequestConfig,
  url: string,
): Network<AxiosNetworkResponse> {
  return {
    send: async (conditionalFields, purpose, leftOut = []) => {
      // Whoever asked has its answer already when the cache asks for itself: its config stays as it is.
      const shown = purpose === 'background' ? { ...config, headers: copyOf(config.headers) } : config;
      const redirects: ResponseHead[] = [];
      const sent = observingRedirects(configForBytes(config, conditionalFields, purpose, leftOut), redirects);
      const requestSentAt = core.clock.now();
      try {
        const answer = copy.dispatch(sent);
        // An adapter may know nothing of signals; callers' own are seen to elsewhere.
        const raw = await (purpose === 'background' ? untilAborted(sent, answer) : answer);
        const times = { requestSentAt, responseReceivedAt: core.clock.now() };
        learnFamily(config.adapter, raw.data);
        const added = mirrorHeaders(shown, ofThisRequest(raw, sent), conditionalFields, leftOut);
        return toNetworkResponse(raw, url, copy.adapterHeaders.learn(added), { ...times, redirects }, config);
      } catch (error) {
        copy.adapterHeaders.learn(
          mirrorHeaders(shown, ofThisRequest(error, sent), conditionalFields, leftOut),
        );
        throw showConfig(error, config);
      }
    },
    isOriginFailure,
    mayAskAgain: (error) => !config.timeout && !isTimeout(error),
  };
}

/** The caller's config, asking for bytes whatever the status, with header fields of its own that an adapter may change. */
function configForBytes(
  config: InternalAxiosRequestConfig,
  conditionalFields: HeaderFields | undefined,
  purpose: NetworkPurpose,
  leftOut: readonly string[],
): InternalAxiosRequestConfig {
  const { cache: _ours, ...callers } = config;
  const headers = copyOf(config.headers);
  for (const name of leftOut) headers.delete(name);
  for (const [name, value] of Object.entries(conditionalFields ?? {}))
    headers.set(canonicalName(name), value as string);
  const sent: InternalAxiosRequestConfig = {
    ...callers,
    headers,
    responseType: 'arraybuffer',
    validateStatus: acceptEveryStatus,
  };
  return purpose === 'background' ? forNobody(sent) : sent;
}

function copyOf(headers: InternalAxiosRequestConfig['headers']): InternalAxiosRequestConfig['headers'] {
  const AxiosHeaders = headers.constructor as new (headers: unknown) => InternalAxiosRequestConfig['headers'];
  return new AxiosHeaders(headers);
}

/** A background request that is never answered would keep others from being made; a caller's `timeout` is its own. */
const BACKGROUND_TIMEOUT_MS = 60_000;

/** The caller has its answer already: neither its abort nor its progress bar are about this request. */
function forNobody(config: InternalAxiosRequestConfig): InternalAxiosRequestConfig {
  const sent = { ...config, signal: AbortSignal.timeout(config.timeout || BACKGROUND_TIMEOUT_MS) };
  delete sent.cancelToken;
  delete sent.onDownloadProgress;
  delete sent.onUploadProgress;
  return sent;
}

/** `if-none-match` as `If-None-Match`: some origins are particular about spelling. */
function canonicalName(name: string): string {
  return name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
}

/**
 * Recognised by shape: the error may come from another copy of axios. An adapter may reject with a response, too; of
 * those only a server error is the origin's failure.
 */
function isOriginFailure(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return true;
  const { __CANCEL__, isAxiosError, code, config, name, response } = error as Readonly<
    Record<string, unknown>
  >;
  if (__CANCEL__ === true || name === 'AbortError' || NOT_THE_ORIGINS_FAULT.has(code)) return false;
  // So axios says that there is no such adapter.
  if (isAxiosError === true && code === undefined && config === undefined) return false;
  const status = (response as { status?: unknown } | null | undefined)?.status;
  return typeof status !== 'number' || status < 400 || status >= 500;
}

function isTimeout(error: unknown): boolean {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return code === 'ECONNABORTED' || code === 'ETIMEDOUT';
}
