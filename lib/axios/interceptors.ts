import type { AxiosAdapter, AxiosInstance, AxiosResponse, InternalAxiosRequestConfig } from 'axios';
import type { CacheCore } from '../cache/cache-core.js';
import { bypassOutcome, ResponseCacheInfo } from '../cache/outcome.js';
import { formatCacheStatus } from '../http/cache-status.js';
import { hasGivenUp } from './abort.js';
import { annotate, cachingAdapter, isCachingAdapter, showOwnParts } from './caching-adapter.js';
import { appendField } from './append-field.js';
import { isResponse } from './messages.js';
import type { OwnCopy } from './own-copy.js';

/** What is put into an instance's chains of interceptors. */
export interface Interceptors {
  readonly onRequest: (config: InternalAxiosRequestConfig) => InternalAxiosRequestConfig;
  readonly onResponse: (response: AxiosResponse) => AxiosResponse;
  readonly onError: (error: unknown) => Promise<never>;
}

const ANOTHERS_ANSWER = {
  rule: 'other-adapter',
  reason: 'another adapter answered',
  fwd: 'bypass',
} as const;

/** The interceptors by which an instance has a cache. */
export function cachingInterceptors(core: CacheCore, copy: OwnCopy): Interceptors {
  /** Sees to it that every response has `response.cache`, also one that did not come through the adapter. */
  const annotateBypass = (response: unknown): void => {
    if (!isResponse(response) || (response as { cache?: unknown }).cache instanceof ResponseCacheInfo) return;
    annotate(response, bypassOutcome(ANOTHERS_ANSWER, response.status, core.clock.now()), core.clock);
  };
  const { cacheStatus } = core;
  /** Once for each response, which an interceptor that sends a request again may bring here twice. */
  const told = new WeakSet<object>();
  const addCacheStatus = (response: unknown): void => {
    if (cacheStatus === undefined || !isResponse(response) || told.has(response)) return;
    const { cache } = response as { readonly cache?: unknown };
    if (!(cache instanceof ResponseCacheInfo)) return;
    told.add(response);
    appendField(response, 'cache-status', formatCacheStatus(cacheStatus, cache));
  };
  // Most requests of an instance have the same adapter.
  let latest:
    { readonly original: InternalAxiosRequestConfig['adapter']; readonly caching: AxiosAdapter } | undefined;
  const cachingAdapterFor = (original: InternalAxiosRequestConfig['adapter']): AxiosAdapter => {
    if (latest === undefined || latest.original !== original) {
      latest = { original, caching: cachingAdapter(core, copy, original) };
    }
    return latest.caching;
  };
  return {
    /**
     * Only wraps the adapter: what is to be sent is not settled before the adapter is called, since interceptors that
     * were added earlier and `transformRequest` come after this one.
     */
    onRequest: (config) => {
      // No adapter is called then, and older versions of axios call no interceptor either that would take ours away again.
      if (hasGivenUp(config)) return config;
      if (!isCachingAdapter(config.adapter)) config.adapter = cachingAdapterFor(config.adapter);
      return config;
    },
    onResponse: (response) => {
      annotateBypass(response);
      addCacheStatus(response);
      return response;
    },
    onError: (error) => {
      const { config, response } = (error ?? {}) as { config?: unknown; response?: unknown };
      showOwnParts(config);
      annotateBypass(response);
      addCacheStatus(response);
      // The very error that axios or an interceptor made, whatever it is.
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
      return Promise.reject(error);
    },
  };
}

/** One of the two chains of an instance; `handlers` is not in axios's types, but public. */
interface Chain {
  handlers?: unknown[] | null;
  eject(id: number): void;
}

/** @returns takes the interceptors out again */
export function placeInterceptors(instance: AxiosInstance, interceptors: Interceptors): () => void {
  const { request, response } = instance.interceptors;
  const { onRequest, onResponse, onError } = interceptors;
  const onRequestId = request.use(onRequest, null, { synchronous: true });
  const requestHandler = lastHandler(request as Chain);
  const onResponseId = response.use(onResponse, onError);
  const responseHandler = lastHandler(response as Chain);
  return () => {
    eject(request as Chain, onRequestId, requestHandler);
    eject(response as Chain, onResponseId, responseHandler);
  };
}

function lastHandler({ handlers }: Chain): unknown {
  return handlers?.at(-1);
}

/**
 * Older copies of axios leave a hole where an interceptor was. At the end of the chain it can go, and the chain is what it
 * was; elsewhere it has to stay, since places in the chain are the numbers by which others take out their own.
 */
function eject(chain: Chain, id: number, handler: unknown): void {
  const index = chain.handlers?.indexOf(handler) ?? -1;
  chain.eject(id);
  const { handlers } = chain;
  if (index !== -1 && handlers?.length === index + 1 && handlers[index] === null) handlers.pop();
}
