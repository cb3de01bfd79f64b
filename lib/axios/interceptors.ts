import { type AxiosResponse, type InternalAxiosRequestConfig } from 'axios';
import { type CacheCore } from '../cache/cache-core.js';
import { bypassOutcome } from '../cache/outcome.js';
import { annotate, cachingAdapter, isCachingAdapter } from './caching-adapter.js';
import { isResponse } from './messages.js';
import { type OwnCopy } from './own-copy.js';

/**
 * Only wraps the adapter: what is to be sent is not settled before the adapter is called, since interceptors that
 * were added earlier and `transformRequest` come after this one.
 */
export function requestInterceptor(
  core: CacheCore,
  copy: OwnCopy,
): (config: InternalAxiosRequestConfig) => InternalAxiosRequestConfig {
  return (config) => {
    if (!isCachingAdapter(config.adapter)) config.adapter = cachingAdapter(core, copy, config.adapter);
    return config;
  };
}

/** Sees to it that every response has `response.cache`, also one that did not come through the adapter. */
export function responseInterceptors(core: CacheCore): {
  annotateResponse: (response: AxiosResponse) => AxiosResponse;
  annotateError: (error: unknown) => Promise<never>;
} {
  const annotateBypass = (response: unknown): void => {
    if (!isResponse(response)) return;
    annotate(
      response,
      bypassOutcome('another adapter answered', 'bypass', response.status, core.clock.now()),
      core.clock,
    );
  };
  return {
    annotateResponse: (response) => {
      annotateBypass(response);
      return response;
    },
    annotateError: (error) => {
      annotateBypass((error as { response?: unknown } | null | undefined)?.response);
      // The very error that axios or an interceptor made, whatever it is.
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
      return Promise.reject(error);
    },
  };
}
