import type { AxiosInstance } from 'axios';
import type { CacheOptions } from '../cache/cache-options.js';
import { AlreadyWrappedError } from '../errors.js';
import type { BackendTable } from '../storage/open-backend.js';
import { cacheOf, requireInstance } from './axios-instance.js';
import { tapOn } from './global-registry.js';
import { HttpCache } from './http-cache.js';
import { cachingInterceptors, placeInterceptors } from './interceptors.js';
import { openCache } from './open-cache.js';
import { ownCopyOf } from './own-copy.js';

/** An axios instance with a cache. */
export type CachedAxiosInstance<I extends AxiosInstance = AxiosInstance> = I & { readonly cache: HttpCache };

/** Gives an instance a cache; see `withCache`. */
export function attachCache<I extends AxiosInstance>(
  instance: I,
  options: CacheOptions,
  table: BackendTable,
): CachedAxiosInstance<I> {
  requireInstance(instance, 'axiosInstance', 'an axios instance, such as axios.create()');
  if (hasCacheOfItsOwn(instance)) throw new AlreadyWrappedError();
  const { core, autoclose } = openCache(options, table);
  const copy = ownCopyOf(instance);
  const takeOut = placeInterceptors(instance, cachingInterceptors(core, copy));
  const undo = (): void => {
    if (cacheOf(instance) !== cache) return;
    takeOut();
    delete (instance as { cache?: HttpCache }).cache;
    tapOn(instance)?.reveal();
  };
  const cache = new HttpCache(core, copy, instance, autoclose, undo);
  tapOn(instance)?.conceal();
  Object.defineProperty(instance, 'cache', {
    value: cache,
    configurable: true,
    enumerable: true,
    writable: false,
  });
  return instance as CachedAxiosInstance<I>;
}

/** An installed cache gives way to one of the instance's own. */
function hasCacheOfItsOwn(instance: AxiosInstance): boolean {
  const tap = tapOn(instance);
  return tap === undefined || tap.isConcealed ? cacheOf(instance) !== undefined : false;
}
