import { type InternalAxiosRequestConfig } from 'axios';
import { type CacheCore } from '../cache/cache-core.js';
import { type Network, type NetworkPurpose } from '../cache/network.js';
import { type HeaderFields } from '../http/header-fields.js';
import { learnFamily } from './body-shape.js';
import { mirrorHeaders, showConfig } from './forward.js';
import { type AxiosNetworkResponse, toNetworkResponse } from './messages.js';
import { type OwnCopy } from './own-copy.js';

/** Fields that an adapter adds to every request alike; only these are kept with a stored response. */
const KEPT_ADAPTER_HEADERS = ['user-agent', 'accept-encoding'];

const acceptEveryStatus = (): boolean => true;

/** Reaches the origin for one request, through the adapter that the caller's config names. */
export function networkOf(
  core: CacheCore,
  copy: OwnCopy,
  config: InternalAxiosRequestConfig,
): Network<AxiosNetworkResponse> {
  return {
    send: (conditionalFields, purpose) => send(core, copy, config, conditionalFields, purpose),
    isCancellation,
  };
}

async function send(
  core: CacheCore,
  copy: OwnCopy,
  config: InternalAxiosRequestConfig,
  conditionalFields: HeaderFields | undefined,
  purpose: NetworkPurpose,
): Promise<AxiosNetworkResponse> {
  const sent = configForBytes(config, conditionalFields, purpose);
  const requestSentAt = core.clock.now();
  try {
    const raw = await copy.dispatch(sent);
    const responseReceivedAt = core.clock.now();
    learnFamily(config.adapter, raw.data);
    const added = mirrorHeaders(config, raw.config ?? sent, conditionalFields);
    return toNetworkResponse(raw, keptHeaders(added), { requestSentAt, responseReceivedAt });
  } catch (error) {
    throw showConfig(error, config);
  }
}

/** The caller's config, asking for bytes whatever the status, with header fields of its own that an adapter may change. */
function configForBytes(
  config: InternalAxiosRequestConfig,
  conditionalFields: HeaderFields | undefined,
  purpose: NetworkPurpose,
): InternalAxiosRequestConfig {
  const { cache: _ours, ...callers } = config;
  const AxiosHeaders = config.headers.constructor as new (
    headers: unknown,
  ) => InternalAxiosRequestConfig['headers'];
  const headers = new AxiosHeaders(config.headers);
  for (const [name, value] of Object.entries(conditionalFields ?? {}))
    headers.set(canonicalName(name), value as string);
  const sent: InternalAxiosRequestConfig = {
    ...callers,
    headers,
    responseType: 'arraybuffer',
    validateStatus: acceptEveryStatus,
  };
  if (purpose === 'background') {
    // The caller has its answer already: neither its abort nor its progress bar are about this request.
    delete sent.signal;
    delete sent.cancelToken;
    delete sent.onDownloadProgress;
    delete sent.onUploadProgress;
  }
  return sent;
}

/** `if-none-match` as `If-None-Match`: some origins are particular about spelling. */
function canonicalName(name: string): string {
  return name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
}

function keptHeaders(added: Record<string, string>): Record<string, string> | undefined {
  const kept = Object.entries(added).filter(([name]) => KEPT_ADAPTER_HEADERS.includes(name.toLowerCase()));
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

/** Recognised by shape: the error may come from another copy of axios. */
function isCancellation(error: unknown): boolean {
  const reason = error as { __CANCEL__?: unknown; code?: unknown; name?: unknown } | null;
  return reason?.__CANCEL__ === true || reason?.code === 'ERR_CANCELED' || reason?.name === 'AbortError';
}
