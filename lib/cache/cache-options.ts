import type { Clock } from '../clock.js';
import type { FieldValue } from '../http/header-fields.js';
import type { KeyFunction } from '../key/request.js';
import type { CodeLifetimes } from '../policy/code-lifetimes.js';
import type { ExpirationRule } from '../policy/expiration.js';
import type { CacheMode } from '../policy/messages.js';
import type { RefreshAheadOption } from '../policy/refresh-ahead.js';
import type { UrlPatterns } from '../policy/url-patterns.js';
import type { BackendSpec } from '../storage/open-backend.js';
import type { SerializerSpec } from '../storage/serializer-stage.js';
import type { RecordingMode } from './request-recorder.js';

/** A response as {@link CacheOptions.filterFn} sees it: as it came from the origin, or as it is stored. */
export interface FilterableResponse {
  /** In upper case, after a method override. */
  readonly method: string;
  /** The effective URL, canonical and without credentials. */
  readonly url: string;
  readonly status: number;
  readonly statusText: string;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, FieldValue>>;
  /** The body's bytes after content decoding. Do not change them. */
  readonly body: Uint8Array;
  /** Whether it comes from storage. */
  readonly fromCache: boolean;
}

/**
 * Gives the tags of a response that is about to be stored, or that the origin has confirmed (`fromCache`); undefined: none. Like
 * the option, at most 64 of 1 to 256 characters.
 */
export type TagFunction = (
  response: FilterableResponse,
) => readonly string[] | undefined | Promise<readonly string[] | undefined>;

/** Which stored responses a request makes untrue: those that any of it names. */
export interface Invalidation {
  /** Those with one of these tags. */
  tags?: readonly string[] | undefined;
  /**
   * Everything that is stored for these URLs, relative ones completed as that of the request; what a glob (a text with an
   * asterisk, as in `urlsExpireAfter`) or a RegExp matches. See `DeleteConditions.urls`.
   */
  urls?: readonly (string | RegExp)[] | undefined;
}

/**
 * What may be set for one request in `config.cache`; it wins over the option of the same name given to `withCache`.
 * None of it is ever sent to the origin.
 */
export interface RequestCacheOptions {
  /**
   * Lifetime of the response that this request brings: seconds, a duration (`'10m'`), a `Date`, an HTTP date,
   * `NEVER_EXPIRE`, `EXPIRE_IMMEDIATELY` (0: kept for revalidation only) or `DO_NOT_CACHE` (neither read nor written).
   * Or a function of the request and its response that gives one of these, or `undefined` where the next in precedence is to
   * decide, and after the session's the default (never); what it throws is told by the event `callbackError`, and nothing is
   * stored.
   *
   * What is already stored keeps its own. Precedence: the response's own headers, when `cacheControl` is on; the request's
   * `expireAfter`; the first matching pattern of `urlsExpireAfter`; `codesExpireAfter`; the session's `expireAfter`.
   */
  expireAfter?: ExpirationRule | undefined;
  /**
   * Lifetimes by URL pattern: a glob without scheme, or a RegExp over the whole URL. The first match wins. Values as of
   * `expireAfter`, functions too.
   */
  urlsExpireAfter?: UrlPatterns<ExpirationRule> | undefined;
  /**
   * Lifetimes by status: `{ 404: '1m', '5xx': 10 }`. A status wins over its class. What is listed here may be stored, whatever
   * `allowableCodes` says, unless its lifetime is `DO_NOT_CACHE`. Only wins over the session's `expireAfter`; see there. Stale
   * responses still stand in for a 5xx by `staleIfError`.
   */
  codesExpireAfter?: CodeLifetimes | undefined;
  /** Whether the response's Cache-Control, Expires, Age and Date count (RFC 9111). @default false */
  cacheControl?: boolean | undefined;
  /**
   * With `cacheControl`: a response with Last-Modified and no explicit lifetime is fresh for this fraction of the time
   * since it was modified (RFC 9111 section 4.2.2); wins over the session's `expireAfter`. 0: off. @default 0
   */
  heuristicFraction?: number | undefined;
  /** Statuses that may be stored. A 304 never is. @default [200] */
  allowableCodes?: readonly number[] | undefined;
  /** Methods whose responses may be stored and reused, in any case. @default ['GET', 'HEAD'] */
  allowableMethods?: readonly string[] | undefined;
  /** Validate before every use what has an ETag or Last-Modified. @default false */
  alwaysRevalidate?: boolean | undefined;
  /**
   * Names of headers (in any case), query parameters and body fields whose values do not count for matching; what is
   * stored has `REDACTED` in their place. The usual names of credentials (`DEFAULT_IGNORED_PARAMETERS`, and others that
   * mean a token, a key or a password) are redacted too where they are not listed, but keep users apart.
   */
  ignoredParameters?: readonly string[] | undefined;
  /** Request headers that count for matching: `true` all, a list those. @default false */
  matchHeaders?: boolean | readonly string[] | undefined;
  /** In a JSON body, apply `ignoredParameters` only below this key. */
  contentRootKey?: string | undefined;
  /**
   * Whether a response may be stored. Called once for what the origin sends, and once for what is about to be answered
   * from storage; there `false` deletes it and asks the origin.
   */
  filterFn?: ((response: FilterableResponse) => boolean | Promise<boolean>) | undefined;
  /**
   * Names by which the response can be found and deleted together with others (`deleteTag`): at most 64 texts of 1 to 256
   * characters, or a function of the response that gives them. Those of the request are added to those of the session.
   *
   * A response gets its tags when it is stored, and keeps them. One that the origin confirms keeps what it has, and gets those of
   * the confirming request besides; an answer from storage adds none. What cannot be tagged cannot be deleted by tag: where
   * the function throws or gives something else (event `callbackError`), or a response would have more than 256 tags, it
   * is not stored.
   */
  tags?: readonly string[] | TagFunction | undefined;
  /** Makes the cache key. Users are still kept apart by their credentials. */
  keyFn?: KeyFunction | undefined;
  /**
   * Answer with the stored response, however stale (`true`) or stale for at most so many seconds, when the origin
   * cannot be reached or answers 5xx. Never for an abort, nor for 4xx. @default false
   */
  staleIfError?: boolean | number | string | undefined;
  /**
   * Answer at once with a stale response, however stale (`true`) or stale for at most so many seconds, and bring it up
   * to date in the background. @default false
   */
  staleWhileRevalidate?: boolean | number | string | undefined;
  /**
   * Bring a response up to date in the background when a hit finds it in the last part of its lifetime: a fraction
   * (`0.1`: the last tenth), a duration before it becomes stale (`'30s'`, at most half of the lifetime), or
   * `{ fraction or before, jitter }`, by which many processes do not do so at the same moment. Once per key at a time. Nothing
   * that never expires, and not where the cache is read-only or the origin must not be asked. 0 and `false`: off.
   * @default false
   */
  refreshAhead?: RefreshAheadOption | undefined;
  /**
   * Who is asked first, and how old an answer may be:
   *
   * - `default`: what is fresh answers; else the origin is asked.
   * - `network-first`: the origin is asked, by a conditional request where that can be; what is stored, of whatever age, answers
   *   when it cannot be reached or says 5xx. Never for an abort, nor for 4xx. With `cacheControl`, `must-revalidate` and
   *   `no-cache` of the stored response forbid it (RFC 9111 section 4.2.4). The request's own `staleIfError` limits it.
   * - `cache-first`: what is stored answers, of whatever age and whatever its headers say; else the origin is asked. The request's
   *   `refresh`, `forceRefresh` and `Cache-Control` go before it; with `staleWhileRevalidate` it is brought up to date.
   * - `cache-only`: as `onlyIfCached`. What is fresh by the policy answers, else 504 `Not Cached`.
   * - `offline`: what is stored answers, of whatever age and whatever anybody says, `refresh` and `forceRefresh` too; else 504
   *   `Not Cached`.
   *
   * `onlyIfCached` beside another mode keeps the origin from being asked all the same. `cache: false` and `disabled` go before
   * every mode. Where a mode answers from whatever is stored, nothing that it stores is ever pruned.
   * @default 'default'
   */
  mode?: CacheMode | undefined;
  /** Never ask the origin: what is not stored and usable is answered by 504 `Not Cached`. @default false */
  onlyIfCached?: boolean | undefined;
  /** Read, but never write or delete. @default false */
  readOnly?: boolean | undefined;
  /** Neither read nor write. @default false */
  disabled?: boolean | undefined;
  /**
   * Store a response's `Set-Cookie`, hand it out on hits, and put it into the cookie jar of the request (`config.jar` of
   * axios-cookiejar-support, or that of an agent of http-cookie-agent). Lifetimes count from the hit on. Only for what one user
   * uses. Off: a hit has no `Set-Cookie`, also where another instance has stored it, so that no caller gets
   * another's cookie. @default false
   */
  replayCookies?: boolean | undefined;
  /**
   * Parse a stored response once, and hand the same value to everybody: `response.data` is frozen at every depth, so that
   * writing to it throws in strict mode, and is silently ignored elsewhere. Also what comes from the origin is frozen. Shared is
   * what JSON can say (objects, arrays, texts, numbers, booleans, null); a Date, a Buffer, a stream, an object of a class that
   * `transformResponse` has made is made for each caller, and not frozen. What `transformResponse` gives must depend on nothing but
   * the data, the header fields and the status: another function is called for itself, one that was seen before is not called
   * again for the same response. Nothing is shared or frozen where a function of the user's stands between axios and the cache.
   * Values are kept of at most 64 MiB of bodies, each counted as 2 KiB at least, the least recently used go first; in memory
   * they take some times as much. @default false
   */
  immutableData?: boolean | undefined;
  /**
   * Bytes of the longest body that is stored, as it is after content decoding. Undefined: whatever the backend takes, and of
   * bodies that are streamed (`responseType: 'stream'`) at most 64 MiB, since they are collected in memory.
   */
  maxEntryBytes?: number | undefined;
  /** Validate before use; where there is no validator, fetch anew. @default false */
  refresh?: boolean | undefined;
  /** Fetch anew; the stored response is only used if that fails and `staleIfError` allows it. @default false */
  forceRefresh?: boolean | undefined;
  /** The cache key of this request, in place of the computed one. Users are still kept apart by their credentials. */
  key?: string | undefined;
  /**
   * What an unsafe request (POST, PUT, PATCH, DELETE, …) makes untrue besides its own URL: deleted when the origin has answered
   * it with 2xx or 3xx, before the response is handed out, and not brought back by what was under way. A list of texts means
   * tags. What is answered from storage changes nothing, and so invalidates nothing; nor does a cache that is `disabled` or
   * `readOnly`. With a safe method (GET, HEAD, …) it is an error (ERR_CACHE_INVALID_OPTION).
   *
   * Where storage cannot find tags by an index, and for globs and RegExps, all stored heads are read. The request waits for that no longer
   * than `storageTimeout`; the deletion goes on.
   * @see https://www.rfc-editor.org/rfc/rfc9111.html#section-4.4
   */
  invalidates?: readonly string[] | Invalidation | undefined;
}

/** The options of `withCache`. Every one has a default. */
export interface CacheOptions extends Omit<
  RequestCacheOptions,
  'refresh' | 'forceRefresh' | 'key' | 'invalidates' | 'mode'
> {
  /**
   * One of the modes that a request may have too, see {@link RequestCacheOptions.mode}; or, for tests, how requests are recorded and
   * replayed. Then `cacheName` is a directory of readable files to be committed, unless `backend` says otherwise, and the policy
   * and the requests' own options do not count, `cache: false` neither; only `http.cache.disabled(fn)` passes by.
   *
   * - `record`: every request is sent, whatever its method, and its answer recorded, whatever its status, without secrets. What was
   *   recorded for it before is replaced.
   * - `replay`: no request is ever sent. What was recorded answers, whatever its age; what was not is a `ReplayMissError`
   *   (ERR_CACHE_REPLAY_MISS).
   * - `record-missing`: what was recorded answers; what was not is sent and recorded.
   * @default 'default'
   */
  mode?: CacheMode | RecordingMode | undefined;
  /**
   * Where to store, by backend: the path of the SQLite file (`.sqlite` is added when there is no suffix), a directory, a
   * namespace, a database, a table. @default 'http_cache'
   */
  cacheName?: string | undefined;
  /** A backend's name, `{ name, …options }`, or an object that implements `Backend`. @default 'sqlite' */
  backend?: BackendSpec | undefined;
  /**
   * How records are written: `binary`, `json`, `yaml`, `bson` or `v8`; `initSerializer(name, options)`; a `SerializerPipeline`, for
   * compression, signatures and encryption; or any object with `dumps` and `loads`. What another serializer has written reads
   * as absent, and is replaced. @default 'binary'
   */
  serializer?: SerializerSpec | undefined;
  /** Whether `close()` closes the backend too. Switch it off to share one backend object. @default true */
  autoclose?: boolean | undefined;
  /**
   * For how long a request waits for each answer of storage (a read, and a write) before it goes on without: seconds or a
   * duration. @default 2
   */
  storageTimeout?: number | string | undefined;
  /**
   * Add the header field `Cache-Status` to responses, after what other caches on the way have put there: `true`, or the name
   * by which this cache is to be known there. It says what `response.cache` says: `hit` with `ttl`, or `fwd`, `fwd-status`,
   * `stored` and `collapsed`, and the rule as `detail`. What is stored does not have it. @default false
   * @see https://www.rfc-editor.org/rfc/rfc9211.html
   */
  cacheStatus?: boolean | string | undefined;
  /**
   * URL patterns, globs or RegExps as in `urlsExpireAfter`, whose requests `stats()` counts apart, too. A request counts for the
   * first that matches. @default none
   */
  statsByUrl?: readonly (string | RegExp)[] | undefined;
  /** Where the time comes from; for tests. @default the system's clock */
  clock?: Clock | undefined;
}
