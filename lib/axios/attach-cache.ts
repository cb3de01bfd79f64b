import { type AxiosInstance } from 'axios';
import { CacheCore } from '../cache/cache-core.js';
import { type CacheOptions } from '../cache/cache-options.js';
import { SessionSettings, validateCacheOptions } from '../cache/settings.js';
import { systemClock } from '../clock.js';
import { AlreadyWrappedError, InvalidOptionError, UnknownSerializerError } from '../errors.js';
import { expectBoolean, expectNonEmptyString, type OptionSchema } from '../options.js';
import { parseDurationSeconds } from '../policy/expiration.js';
import { type BackendTable, openBackend } from '../storage/open-backend.js';
import { HttpCache } from './http-cache.js';
import { requestInterceptor, responseInterceptors } from './interceptors.js';
import { ownCopyOf } from './own-copy.js';

/** An axios instance with a cache. */
export type CachedAxiosInstance<I extends AxiosInstance = AxiosInstance> = I & { readonly cache: HttpCache };

/** Where relative names of files lie, and namespaces in databases. */
export const DEFAULT_CACHE_NAME = 'http_cache';
const DEFAULT_STORAGE_TIMEOUT_SECONDS = 2;
const SERIALIZERS = ['binary'];

/** The options that only `withCache` takes; a backend's own are checked when it is opened. */
const INSTANCE_SCHEMA: OptionSchema = {
  cacheName: expectNonEmptyString,
  backend: () => undefined,
  serializer: (value, option) => {
    if (typeof value !== 'string')
      throw new InvalidOptionError(option, value, `one of ${SERIALIZERS.join(', ')}`);
    if (!SERIALIZERS.includes(value)) throw new UnknownSerializerError(value, SERIALIZERS);
  },
  autoclose: expectBoolean,
  storageTimeout: (value, option) => void storageTimeoutMs(value, option),
  clock: (value, option) => {
    if (typeof (value as { now?: unknown } | null)?.now !== 'function') {
      throw new InvalidOptionError(
        option,
        value,
        'an object with a function `now` that gives epoch milliseconds',
      );
    }
  },
};

/** Gives an instance a cache; see `withCache`. */
export function attachCache<I extends AxiosInstance>(
  instance: I,
  options: CacheOptions,
  table: BackendTable,
): CachedAxiosInstance<I> {
  requireInstance(instance);
  validateCacheOptions(options, INSTANCE_SCHEMA);
  const { clock = systemClock, autoclose = true } = options;
  const settings = new SessionSettings(options, clock.now());
  // `null` is not "not given": it is refused.
  const { backend: spec = 'sqlite', cacheName = DEFAULT_CACHE_NAME } = options;
  const backend = openBackend(spec, cacheName, table);
  const timeoutMs = storageTimeoutMs(
    options.storageTimeout ?? DEFAULT_STORAGE_TIMEOUT_SECONDS,
    'storageTimeout',
  );
  const core = new CacheCore(backend, settings, timeoutMs, clock);

  const copy = ownCopyOf(instance);
  const onRequest = instance.interceptors.request.use(requestInterceptor(core, copy), null, {
    synchronous: true,
  });
  const { annotateResponse, annotateError } = responseInterceptors(core);
  const onResponse = instance.interceptors.response.use(annotateResponse, annotateError);
  const undo = (): void => {
    if ((instance as Partial<CachedAxiosInstance>).cache !== cache) return;
    instance.interceptors.request.eject(onRequest);
    instance.interceptors.response.eject(onResponse);
    delete (instance as { cache?: HttpCache }).cache;
  };
  const cache = new HttpCache(core, copy, instance, autoclose, undo);
  Object.defineProperty(instance, 'cache', {
    value: cache,
    configurable: true,
    enumerable: true,
    writable: false,
  });
  return instance as CachedAxiosInstance<I>;
}

function requireInstance(instance: unknown): asserts instance is AxiosInstance {
  const given = instance as Partial<AxiosInstance> | null | undefined;
  const isInstance =
    typeof given?.request === 'function' &&
    typeof given.create === 'function' &&
    typeof given.getUri === 'function' &&
    typeof given.interceptors?.request?.use === 'function' &&
    typeof given.interceptors.response?.use === 'function' &&
    Object.isExtensible(given);
  if (!isInstance)
    throw new InvalidOptionError('axiosInstance', instance, 'an axios instance, such as axios.create()');
  if ((given as Partial<CachedAxiosInstance>).cache !== undefined) throw new AlreadyWrappedError();
}

function storageTimeoutMs(value: unknown, option: string): number {
  const seconds = parseDurationSeconds(value, option);
  if (seconds === 0)
    throw new InvalidOptionError(option, value, 'a time greater than 0: seconds or a duration');
  return seconds * 1000;
}
