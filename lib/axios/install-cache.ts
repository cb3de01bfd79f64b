import axios, { type AxiosInstance } from 'axios';
import type { CacheOptions } from '../cache/cache-options.js';
import { AlreadyWrappedError, InvalidOptionError } from '../errors.js';
import { expectFunction } from '../options.js';
import type { BackendTable } from '../storage/open-backend.js';
import { canObserve } from './axios-hook.js';
import { cacheOf, requireInstance } from './axios-instance.js';
import { GlobalCaches } from './global-caches.js';
import { presentCaches } from './global-registry.js';
import type { HttpCache } from './http-cache.js';
import { openCache } from './open-cache.js';
import { SharedCache } from './shared-cache.js';

/** Installs a cache; see `installCache`. */
export function installSharedCache(
  options: CacheOptions,
  axiosExport: AxiosInstance = axios,
  table: BackendTable,
): HttpCache {
  requireExport(axiosExport);
  if (isInstalled(axiosExport)) {
    throw new AlreadyWrappedError(
      'A cache is installed in this copy of axios already. Call `uninstallCache()` first.',
    );
  }
  const shared = new SharedCache(openCache(options, table));
  const { hook, release } = GlobalCaches.obtain().useHook(axiosExport);
  hook.install(shared, release);
  return shared.member(axiosExport).cache;
}

/**
 * Undoes `installCache`: the axios export, and the instances that were made meanwhile, are as if it had never been; what
 * `enabled` has put in force stays until that is done. Idempotent.
 * @param axiosExport the one that was given to `installCache`
 * @returns when what runs in the background is done and the cache is closed
 * @throws HttpCacheError, by a rejected promise, when storage cannot be closed
 */
export async function uninstallCache(axiosExport: AxiosInstance = axios): Promise<void> {
  await presentCaches()?.hookOn(axiosExport)?.uninstall()?.close();
}

/**
 * Whether `installCache` is in effect, wherever this is asked: within `enabled` and `disabled` the answer is the same. See
 * {@link getCache} for what is in force.
 */
export function isInstalled(axiosExport: AxiosInstance = axios): boolean {
  return presentCaches()?.hookOn(axiosExport)?.isInstalled ?? false;
}

/**
 * The cache that requests of the axios export use where this is asked: that of the innermost `enabled`, else the installed
 * one; undefined within `disabled`, and where there is none.
 */
export function getCache(axiosExport: AxiosInstance = axios): HttpCache | undefined {
  return presentCaches()?.hookOn(axiosExport)?.inForce()?.member(axiosExport).cache;
}

/** Enables a cache; see `enabled`. */
export async function enableCache<T>(
  options: CacheOptions,
  run: () => T | PromiseLike<T>,
  axiosExport: AxiosInstance = axios,
  table: BackendTable,
): Promise<T> {
  requireExport(axiosExport);
  expectFunction(run, 'run');
  const shared = new SharedCache(openCache(options, table));
  const caches = GlobalCaches.obtain();
  const { release } = caches.useHook(axiosExport);
  const enabled = caches.contexts.open(axiosExport, shared);
  try {
    return await enabled.run(run);
  } finally {
    enabled.end();
    release();
    // What the function gave, or why it failed, is not lost because storage cannot be closed.
    await shared.closeQuietly();
  }
}

/**
 * Runs a function without the caches that are installed or enabled, of any copy of axios, and all that it starts: as if
 * there were none, so that responses have no `response.cache` either. What runs beside it still has them. Caches of
 * `withCache` are not touched; they have a `disabled` of their own.
 * @returns what the function returns
 */
export function disabled<T>(run: () => T): T {
  expectFunction(run, 'run');
  const caches = GlobalCaches.obtain();
  const release = caches.use();
  let isRunning = false;
  try {
    const result = caches.contexts.without(run);
    isRunning = result instanceof Promise;
    if (result instanceof Promise) void result.then(release, release);
    return result;
  } finally {
    if (!isRunning) release();
  }
}

/** Deletes everything in the cache that is in force here; does nothing where there is none. */
export async function clear(axiosExport: AxiosInstance = axios): Promise<void> {
  await getCache(axiosExport)?.clear();
}

/**
 * Deletes what the cache that is in force here has stored for some URLs.
 * @returns how many responses went; 0 where there is no cache
 */
export async function deleteUrls(
  urls: readonly string[],
  axiosExport: AxiosInstance = axios,
): Promise<number> {
  return (await getCache(axiosExport)?.deleteUrls(urls)) ?? 0;
}

/** @throws InvalidOptionError, AlreadyWrappedError */
function requireExport(axiosExport: unknown): asserts axiosExport is AxiosInstance {
  const accepted = 'the default export of a copy of axios, or an instance';
  requireInstance(axiosExport, 'axiosExport', accepted);
  if (!canObserve(axiosExport)) {
    throw new InvalidOptionError('axiosExport', axiosExport, `${accepted}, whose \`create\` can be replaced`);
  }
  const caches = presentCaches();
  if (caches?.hookOn(axiosExport) !== undefined) return;
  if (caches?.tapOn(axiosExport) !== undefined) {
    throw new AlreadyWrappedError('This instance shares the cache of the copy of axios that made it.');
  }
  const cache = cacheOf(axiosExport);
  if (cache !== undefined && !isHttpCache(cache)) {
    throw new InvalidOptionError('axiosExport', axiosExport, `${accepted}, whose property \`cache\` is free`);
  }
}

/** By shape: the cache may be of another copy of this library. */
function isHttpCache(value: unknown): boolean {
  const given = value as Partial<HttpCache> | null;
  return typeof given?.detach === 'function' && typeof given.close === 'function';
}
