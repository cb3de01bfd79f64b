import type { AxiosRequestConfig } from 'axios';
import type { RequestCacheOptions } from '../cache/cache-options.js';
import type { ResponseCacheInfo } from '../cache/outcome.js';

declare module 'axios' {
  // Without type parameters the augmentation fits every axios from 1.7 on, whatever parameters that has.
  interface AxiosRequestConfig {
    /** Options of the cache for this request, or `false` to let it pass as if there were no cache. */
    cache?: false | RequestCacheOptions | undefined;
  }
  interface AxiosResponse {
    /**
     * What the cache did: on every response of an instance that `withCache` has wrapped. Responses of other instances do
     * not have it, whatever this type says; code that builds an `AxiosResponse` itself (adapters, mocks) has to say
     * `as AxiosResponse`.
     */
    cache: ResponseCacheInfo;
  }
}

/** Exported by the entry, so that the augmentation above is not lost when declarations are bundled. */
export type CacheAugmentation = Pick<AxiosRequestConfig, 'cache'>;
