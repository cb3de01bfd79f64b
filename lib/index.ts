import type { AxiosInstance } from 'axios';
import { attachCache, type CachedAxiosInstance } from './axios/attach-cache.js';
import type { HttpCache } from './axios/http-cache.js';
import { enableCache, installSharedCache } from './axios/install-cache.js';
import { BACKENDS as BACKEND_TABLE } from './backends/table.js';
import type { CacheOptions, RequestCacheOptions } from './cache/cache-options.js';
import { SessionSettings, type SharedOptions, validateCacheOptions } from './cache/settings.js';
import { systemClock } from './clock.js';
import { InvalidOptionError } from './errors.js';
import { expectObject } from './options.js';
import {
  createKey as identify,
  type KeyRequest,
  type KeySettings,
  type RequestIdentity,
} from './key/cache-key.js';
import type { PolicySettings } from './policy/messages.js';
import {
  type ExpirationRule,
  type ExpirationTime,
  getExpirationDate as expirationDate,
} from './policy/expiration.js';
import { getUrlExpiration as urlExpiration, type UrlPatterns } from './policy/url-patterns.js';
import type { Backend } from './storage/backend.js';
import { openSerialized } from './serializers/open-serialized.js';
import type { BackendName } from './storage/backend-options.js';
import type { BackendSettings, BackendSpec } from './storage/open-backend.js';

/**
 * Gives an axios instance a persistent HTTP cache. The instance itself is changed and returned: `instance.cache` is for
 * maintenance, and every response has `response.cache`. Nothing is opened before the first request.
 *
 * Instances made from it by `instance.create()` have no cache, as they have no interceptors of it; wrap them too.
 *
 * @param instance an axios instance, such as `axios.create()` or the default export
 * @param options all optional; see {@link CacheOptions}
 * @throws InvalidOptionError (ERR_CACHE_INVALID_OPTION), UnknownBackendError (ERR_CACHE_UNKNOWN_BACKEND),
 * UnknownSerializerError (ERR_CACHE_UNKNOWN_SERIALIZER), AlreadyWrappedError (ERR_CACHE_ALREADY_WRAPPED): at once
 */
export function withCache<I extends AxiosInstance>(
  instance: I,
  options: CacheOptions = {},
): CachedAxiosInstance<I> {
  return attachCache(instance, options, BACKEND_TABLE);
}

/**
 * Gives a cache to the default export of axios, and to every instance that `axios.create()` makes from then on, also to
 * those that are made by `create()` of such an instance. They share one store, one set of settings and the requests that
 * are under way. Instances that are there already are not touched.
 *
 * An instance that is wrapped by {@link withCache} has that cache instead. For programs, not for libraries: it changes
 * axios for everybody in the process.
 *
 * @param options as for {@link withCache}
 * @param axiosExport another copy of axios; `import` and `require` load different ones
 * @returns the cache of the axios export; `close()` or `settings` of any instance's are those of all
 * @throws AlreadyWrappedError (ERR_CACHE_ALREADY_WRAPPED) when that copy has one installed; InvalidOptionError
 * (ERR_CACHE_INVALID_OPTION) and the like: at once, and then nothing is changed
 */
export function installCache(options: CacheOptions = {}, axiosExport?: AxiosInstance): HttpCache {
  return installSharedCache(options, axiosExport, BACKEND_TABLE);
}

/**
 * Runs a function with a cache for what it sends by the default export of axios, and by instances that are made meanwhile.
 * Scoped to the function's own asynchronous context: what runs beside it is not touched. Of several the innermost counts;
 * after it what was there before is there again. The cache is closed when the function is done, also when it fails.
 *
 * @param options as for {@link withCache}
 * @param axiosExport another copy of axios; `import` and `require` load different ones
 * @returns what the function returns or resolves with
 * @throws as {@link installCache}, by a rejected promise, and then the function is not called
 */
export function enabled<T>(
  options: CacheOptions,
  run: () => T | PromiseLike<T>,
  axiosExport?: AxiosInstance,
): Promise<T> {
  return enableCache(options, run, axiosExport, BACKEND_TABLE);
}

/**
 * A backend by name, for sharing one between instances or for copying records between stores. Opened at its first use.
 * @param cacheName file, directory, namespace or database, by backend
 * @param options the backend's own, and `serializer`; of a backend that is an object only `serializer`
 * @throws UnknownBackendError (ERR_CACHE_UNKNOWN_BACKEND), UnknownSerializerError (ERR_CACHE_UNKNOWN_SERIALIZER),
 * InvalidOptionError (ERR_CACHE_INVALID_OPTION)
 */
export function initBackend<N extends BackendName>(
  cacheName: string,
  backend: N | Backend = 'sqlite' as N,
  options: BackendSettings<N> = {} as BackendSettings<N>,
): Backend {
  expectObject(options, 'options');
  if (typeof backend === 'string') {
    return openSerialized({ ...options, name: backend } as BackendSpec, cacheName, BACKEND_TABLE, undefined);
  }
  const { serializer, ...others } = options;
  const [surplus] = Object.entries(others);
  if (surplus !== undefined) {
    throw new InvalidOptionError(
      surplus[0],
      surplus[1],
      'nothing: a backend that is an object has its options',
    );
  }
  return openSerialized(backend, cacheName, BACKEND_TABLE, serializer);
}

/** The names of the backends that can be chosen, the default first. */
export const BACKENDS: readonly string[] = Object.freeze(BACKEND_TABLE.map(({ name }) => name));

/**
 * When something that expires after a given time will expire, counted from now; undefined: never.
 * @throws InvalidOptionError (ERR_CACHE_INVALID_OPTION)
 */
export function getExpirationDate(expireAfter: ExpirationTime): Date | undefined {
  return expirationDate(expireAfter, systemClock.now());
}

/**
 * The lifetime that URL patterns give a URL: the value of the first that matches; undefined when none does.
 * @throws InvalidOptionError (ERR_CACHE_INVALID_OPTION)
 */
export function getUrlExpiration<T extends ExpirationRule = ExpirationTime>(
  url: string,
  patterns: UrlPatterns<T>,
): T | undefined {
  return urlExpiration(url, patterns, systemClock.now());
}

/** Settings as the building blocks take them: the options, validated, with every default filled in. */
export interface CacheSettings {
  readonly policy: PolicySettings;
  readonly key: KeySettings;
}

/**
 * Makes of options what {@link decideReuse}, {@link judgeStorability} and {@link createKey} take.
 * @param options those of a session; `backend` and the like do not count here
 * @param requestOptions those of one request, which win
 * @param url of the request, for `urlsExpireAfter`
 * @throws InvalidOptionError (ERR_CACHE_INVALID_OPTION)
 */
export function resolveSettings(
  options: SharedOptions = {},
  requestOptions?: RequestCacheOptions,
  url = '',
): CacheSettings {
  validateCacheOptions(options, {});
  const now = systemClock.now();
  const { policy, key } = new SessionSettings(options, now).forRequest(requestOptions, now).forUrl(url);
  return { policy, key };
}

/**
 * What a request is stored and found under: its key, and the canonical, redacted form of its URL.
 * @param settings what the key depends on; those left out are at their defaults
 * @param customKey used as the key, as it is
 * @throws InvalidOptionError (ERR_CACHE_INVALID_OPTION)
 */
export function createKey(
  request: KeyRequest,
  settings: Partial<KeySettings> = {},
  customKey?: string,
): RequestIdentity {
  return identify(
    { ...request, headers: request.headers ?? {} },
    {
      ignoredParameters: undefined,
      matchHeaders: false,
      contentRootKey: undefined,
      keyFn: undefined,
      ...settings,
    },
    customKey,
  );
}

export type { CacheAugmentation } from './axios/augmentation.js';
export type { CachedAxiosInstance } from './axios/attach-cache.js';
export type { CacheTarget, HttpCache, SavableResponse } from './axios/http-cache.js';
export { clear, deleteUrls, disabled, getCache, isInstalled, uninstallCache } from './axios/install-cache.js';
export type { RequestConfig } from './axios/request-probe.js';
export type { TracedRequest } from './axios/tracing.js';
export type {
  CacheOptions,
  FilterableResponse,
  Invalidation,
  RequestCacheOptions,
  TagFunction,
} from './cache/cache-options.js';
export type {
  AboutAnswer,
  BackgroundErrorEvent,
  BypassEvent,
  CacheEvent,
  CacheEventName,
  CacheEventOf,
  CallbackErrorEvent,
  EvictEvent,
  HitEvent,
  InvalidateEvent,
  MissEvent,
  RecordRejectedEvent,
  RefreshEvent,
  RevalidateEvent,
  StoreEvent,
} from './cache/events.js';
export type { ExplainedKey, ExplainedResponse, Explanation, OtherStored } from './cache/explanation.js';
export type { ResponseCacheInfo } from './cache/outcome.js';
export type { CacheStats, CallStats, RequestStats } from './cache/statistics.js';
export type { RecordingMode } from './cache/request-recorder.js';
export type { RedirectResponse } from './cache/stored-redirects.js';
export {
  DEFAULT_OPTIONS,
  type EffectiveSettings,
  type SettingsChange,
  type SharedOptions,
} from './cache/settings.js';
export { type Clock, type EpochMs, systemClock } from './clock.js';
export {
  AlreadyWrappedError,
  BackendError,
  type BackendOperation,
  CacheClosedError,
  CorruptRecordError,
  HttpCacheError,
  type HttpCacheErrorCode,
  InvalidOptionError,
  isHttpCacheError,
  MissingPackageError,
  PackageLoadError,
  type MissedRequest,
  type RecordProblem,
  ReplayMissError,
  UnknownBackendError,
  UnknownOptionError,
  UnknownSerializerError,
} from './errors.js';
export type { ByteSpan } from './http/byte-range.js';
export { type CacheDirectives, parseCacheControl } from './http/cache-control.js';
export type { FieldValue, HeaderFields } from './http/header-fields.js';
export type {
  KeyFunction,
  KeyFunctionRequest,
  KeyRequest,
  KeySettings,
  MultipartPart,
  RequestBody,
  RequestIdentity,
} from './key/cache-key.js';
export { DEFAULT_IGNORED_PARAMETERS } from './key/ignored-parameters.js';
export { CachedResponse, InvalidResponse } from './maintenance/cached-response.js';
export type { DeleteConditions, ResponseFilter } from './maintenance/maintenance.js';
export type { ProgressListener } from './maintenance/rewriting.js';
export type { CodeLifetimes } from './policy/code-lifetimes.js';
export {
  DO_NOT_CACHE,
  type ExpirationFunction,
  type ExpirationRequest,
  type ExpirationResponse,
  type ExpirationRule,
  type ExpirationTime,
  EXPIRE_IMMEDIATELY,
  NEVER_EXPIRE,
} from './policy/expiration.js';
export type {
  CacheMode,
  CacheRule,
  Candidate,
  ForwardReason,
  Lifetime,
  LifetimeByResponse,
  LifetimeRule,
  LifetimeSource,
  NominatedValues,
  PassRule,
  PolicySettings,
  RefreshAhead,
  RequestHead,
  ResponseHead,
  ReuseDecision,
  ReuseRule,
  StaleWindow,
  StorageVerdict,
  StoredParts,
  StoredResponseHead,
} from './policy/messages.js';
export { rfc9111 } from './policy/presets.js';
export type { RefreshAheadOption, RefreshAheadTimes } from './policy/refresh-ahead.js';
export { decideReuse, type ReuseInput } from './policy/reuse-decision.js';
export { type Exchange as StorabilityInput, judgeStorability } from './policy/storability.js';
export type { UrlPatterns } from './policy/url-patterns.js';
export { brotli, type CompressionOptions, gzip, zstd } from './serializers/compression.js';
export { encrypted } from './serializers/encrypted.js';
export {
  binarySerializer,
  bsonSerializer,
  initSerializer,
  jsonSerializer,
  type SerializerOptions,
  SERIALIZERS,
  v8Serializer,
  yamlSerializer,
} from './serializers/named-serializer.js';
export { SerializerPipeline } from './serializers/pipeline.js';
export type { SecretInput, Secrets } from './serializers/secrets.js';
export { signed } from './serializers/signed.js';
export { Stage, type StageNames } from './serializers/stage.js';
export type {
  Backend,
  BackendTraits,
  EvictionListener,
  FoundRecord,
  MaybePromise,
  RecordAddress,
  RecordMeta,
  ScanRange,
  StoredRecord,
  TroubleListener,
} from './storage/backend.js';
export type {
  BackendName,
  BackendOptionsByName,
  MemoryOptions,
  SqliteDriverName,
  SqliteOptions,
} from './storage/backend-options.js';
export type { DynamodbClientLike, DynamodbCredentials, DynamodbOptions } from './storage/options/dynamodb.js';
export type { FilesystemOptions, FilesystemSerializer } from './storage/options/filesystem.js';
export type {
  GridfsOptions,
  MongoClientLike,
  MongodbOptions,
  MongoOptions,
} from './storage/options/mongodb.js';
export type {
  RedisClientLike,
  RedisClusterOptions,
  RedisNodeAddress,
  RedisOptions,
  RedisSentinelOptions,
} from './storage/options/redis.js';
export type { GuardEvent, GuardLane } from './storage/guarded-backend.js';
export {
  type BackendSettings,
  type BackendSpec,
  DEFAULT_CACHE_NAME,
  type SerializerSettings,
} from './storage/open-backend.js';
export type {
  Columns,
  SerializerContext,
  SerializerName,
  SerializerSpec,
  SerializerStage,
} from './storage/serializer-stage.js';
