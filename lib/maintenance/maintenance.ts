import type { CacheCore } from '../cache/cache-core.js';
import type { CacheEventName, CacheEventOf } from '../cache/events.js';
import { hasTag, isOfUrls, type NamedResponses, namedResponses } from '../cache/named-responses.js';
import type { CacheStats } from '../cache/statistics.js';
import type { StoredResponse } from '../cache/stored-response.js';
import { InvalidOptionError } from '../errors.js';
import type { RequestIdentity } from '../key/request.js';
import { tagName } from '../key/tag-name.js';
import { expectFunction, validateOptions } from '../options.js';
import { type ExpirationTime, momentBefore, NEVER_EXPIRE } from '../policy/expiration.js';
import type { Backend, ScanRange } from '../storage/backend.js';
import { guardBackend } from '../storage/guarded-backend.js';
import {
  DELETE_SCHEMA,
  EXPIRED_SCHEMA,
  expectEventName,
  expectTagOrTags,
  FILTER_SCHEMA,
  STATS_SCHEMA,
  UPDATE_SCHEMA,
  VALUES_SCHEMA,
} from './arguments.js';
import { CachedResponse, InvalidResponse, type ResponseSource } from './cached-response.js';
import { decode, RecordStore } from './record-store.js';
import type { ProgressListener } from './rewriting.js';

/** Which stored responses are meant. */
export interface ResponseFilter {
  /** Those that are fresh. @default true */
  valid?: boolean | undefined;
  /** Those that are stale. @default true */
  expired?: boolean | undefined;
  /** Only those first stored before a `Date`, or longer ago than so many seconds or a duration (`'2d'`). */
  olderThan?: Date | number | string | undefined;
  /** Only those with this tag, or with at least one of these. */
  tags?: string | readonly string[] | undefined;
  /** Only those that are stored for one of these URLs, or that one of these patterns matches: see {@link DeleteConditions.urls}. */
  urls?: readonly (string | RegExp)[] | undefined;
}

/** Which stored responses to delete: those that any of the conditions names. */
export interface DeleteConditions<Request> {
  /** Cache keys, all variants. */
  keys?: readonly string[] | undefined;
  /**
   * Everything that is stored for these URLs, as by `deleteUrl`; or, where there is an asterisk in a text, for all that it matches
   * as a glob. Globs are those of `urlsExpireAfter`: without scheme, `*` any text, and they match everything below, too. One that
   * begins with a slash goes on from the `baseURL`. A RegExp is searched for in the whole URL.
   *
   * Patterns see the URL as it is stored, canonical and redacted, and those of redirects that led to the response. All stored
   * heads are read for them. `deleteUrl` takes a URL with an asterisk for what it is.
   */
  urls?: readonly (string | RegExp)[] | undefined;
  /** Those with this tag, or with one of these. Found by an index, but in `filesystem`, `dynamodb`, and backends without `deleteTag`. */
  tags?: string | readonly string[] | undefined;
  /** Those for which it gives true. It is asked about every response that can be read; what it throws ends the deletion. */
  predicate?: ((response: CachedResponse) => boolean | Promise<boolean>) | undefined;
  /** What these requests would be answered from, all variants. */
  requests?: readonly Request[] | undefined;
  /** Those that are stale, even if they could still be served stale or revalidated. */
  expired?: boolean | undefined;
  /** Those that cannot be read back whole. Reads every body. */
  invalid?: boolean | undefined;
  /** Those first stored before a `Date`, or longer ago than so many seconds or a duration (`'2d'`). */
  olderThan?: Date | number | string | undefined;
}

/** How the axios side tells what a URL or request is stored under. */
export interface Addressing<Request> {
  /** Resource of a URL: everything stored for it, whatever method, user and variant. */
  resource(url: string, request: Request | undefined): string;
  /** A URL completed as that of a request. */
  uri(url: string): string;
  /** What a request is stored and found under. */
  identity(request: Request): Promise<RequestIdentity>;
}

/** Stale records are deleted in steps, between which other work gets its turn. */
const PRUNED_PER_STEP = 500;

/**
 * The operator's view of a cache. Unlike requests, these calls fail when storage does: with a `BackendError`
 * (ERR_CACHE_BACKEND) that keeps the driver's error as `cause`, or `CacheClosedError` (ERR_CACHE_CLOSED). A wrong
 * argument is an `InvalidOptionError` (ERR_CACHE_INVALID_OPTION).
 */
export class Maintenance<Request> {
  /** @internal */
  protected readonly core: CacheCore;
  /** @internal */
  protected readonly addressing: Addressing<Request>;
  /** @internal */
  protected readonly store: RecordStore;
  readonly #source: ResponseSource;

  /** @internal */
  constructor(core: CacheCore, addressing: Addressing<Request>) {
    this.core = core;
    this.addressing = addressing;
    const store = new RecordStore(
      core.storage,
      core.clock,
      () => core.isClosed,
      core.exchange.writer.inFlight,
    );
    this.store = store;
    this.#source = { clock: core.clock, body: (address) => store.body(address) };
  }

  /** How many responses are stored; with `expired: false` only those that are fresh. */
  async count(range: { expired?: boolean | undefined } = {}): Promise<number> {
    validateOptions(range, EXPIRED_SCHEMA, 'count');
    const freshOnly = range.expired === false;
    return this.store.count(freshOnly ? { freshAt: this.core.clock.now() } : {});
  }

  /** Bytes that the store takes: the size of its file, where there is one. */
  size(): Promise<number> {
    return this.store.use('size', (backend) => backend.size());
  }

  /** Deletes everything in this cache. */
  clear(): Promise<void> {
    return this.store.clear();
  }

  /** Every cache key once, in any order. */
  async *keys(filter?: ResponseFilter): AsyncGenerator<string, void, undefined> {
    const seen = new Set<string>();
    for await (const { key } of this.values(filter)) {
      if (seen.has(key)) continue;
      seen.add(key);
      yield key;
    }
  }

  /** Every stored URL once, canonical and redacted, in any order. */
  async *urls(filter?: ResponseFilter): AsyncGenerator<string, void, undefined> {
    const seen = new Set<string>();
    for await (const { url } of this.values(filter)) {
      if (seen.has(url)) continue;
      seen.add(url);
      yield url;
    }
  }

  /** Stored responses, in any order, read page by page. Records that cannot be read are left out. */
  async *values(filter: ResponseFilter = {}): AsyncGenerator<CachedResponse, void, undefined> {
    validateOptions(filter, VALUES_SCHEMA, 'filter');
    yield* this.filter(filter);
  }

  /**
   * Stored responses that a filter names, in any order, read page by page.
   * `invalid: true` adds those that cannot be read back whole, which reads every body.
   */
  filter(
    filter: ResponseFilter & { invalid: true },
  ): AsyncGenerator<CachedResponse | InvalidResponse, void, undefined>;
  filter(
    filter?: ResponseFilter & { invalid?: false | undefined },
  ): AsyncGenerator<CachedResponse, void, undefined>;
  async *filter(
    filter: ResponseFilter & { invalid?: boolean | undefined } = {},
  ): AsyncGenerator<CachedResponse | InvalidResponse, void, undefined> {
    validateOptions(filter, FILTER_SCHEMA, 'filter');
    const { valid = true, expired = true, invalid = false, olderThan, tags, urls } = filter;
    const limit =
      olderThan === undefined
        ? undefined
        : momentBefore(olderThan, 'filter.olderThan', this.core.clock.now());
    const now = this.core.clock.now();
    const isNamed = this.#namedTest(tags, urls);
    const range = invalid ? {} : scanRange(valid, expired, limit, now);
    for await (const meta of this.store.scan({ ...range, ...tagRange(tags) })) {
      const { decoded, problem } = invalid ? await this.store.inspect(meta) : decode(meta);
      if (decoded === undefined) {
        // Of what cannot be read nobody knows tags or URL.
        if (invalid && isNamed === undefined) yield new InvalidResponse(meta, problem);
        continue;
      }
      const { stored } = decoded;
      if (isWanted(stored, valid, expired, limit, now) && (isNamed?.(stored) ?? true))
        yield new CachedResponse(stored, this.#source);
    }
  }

  /**
   * Deletes what any of the conditions names; without conditions nothing.
   * @returns how many responses went
   */
  async delete(conditions: DeleteConditions<Request>): Promise<number> {
    validateOptions(conditions, DELETE_SCHEMA, 'delete');
    const { keys = [], requests = [], expired = false, invalid = false, olderThan, predicate } = conditions;
    const limit =
      olderThan === undefined
        ? undefined
        : momentBefore(olderThan, 'delete.olderThan', this.core.clock.now());
    // All that can be wrong with the conditions is found before anything is deleted.
    const named = this.#named(conditions.tags, conditions.urls);
    const identities = await Promise.all(requests.map((request) => this.addressing.identity(request)));
    let deleted = 0;
    for (const key of keys) deleted += await this.store.deleteKey(key);
    for (const identity of identities) deleted += await this.#deleteRequest(identity);
    deleted += await this.store.deleteNamed(named);
    if (predicate !== undefined) {
      deleted += await this.store.deleteWhere(async (stored) => predicate(this.view(stored)));
    }
    if (expired) deleted += await this.store.deleteRange({ expiredBy: this.core.clock.now() });
    if (limit !== undefined) deleted += await this.store.deleteRange({ createdBefore: limit });
    if (invalid) deleted += await this.#deleteInvalid();
    return deleted;
  }

  /**
   * Deletes every response with a tag, or with one of several: see `RequestCacheOptions.tags`. What is under way meanwhile is not
   * stored with it.
   * @returns how many responses went
   */
  async deleteTag(tag: string | readonly string[]): Promise<number> {
    expectTagOrTags(tag, 'tag');
    return this.delete({ tags: tag });
  }

  /**
   * Deletes what can be of no use any more: stale, and past every window in which it could be served stale or revalidated.
   * Works in small steps.
   * @returns how many responses went
   */
  removeExpired(): Promise<number> {
    return this.store.prune(PRUNED_PER_STEP);
  }

  /**
   * Gives every stored response a new expiry, counted from now.
   * @param expireAfter seconds, a duration, a `Date`, an HTTP date or a constant. @default NEVER_EXPIRE
   * @returns how many were changed
   */
  async resetExpiration(expireAfter: ExpirationTime = NEVER_EXPIRE): Promise<number> {
    const { resetExpiration } = await import('./rewriting.js');
    return resetExpiration(this.store, expireAfter, this.core.settings.effective.policy);
  }

  /**
   * Copies all of another cache's records into this one, keys, variants and users as they are, with what this cache ignores
   * redacted; what is stored under the same key and variant is replaced. Records that cannot be read back whole are left out.
   * Where the settings that keys depend on differ, call {@link recreateKeys} afterwards.
   * @param other what `withCache` put on another instance, or a backend, such as one of `initBackend`
   * @param options `onProgress` is told how many records have been looked at and how many there are, first with 0; what it
   * throws ends the copying
   * @returns how many were copied
   */
  async update(
    other: Maintenance<unknown> | Backend,
    options: { readonly onProgress?: ProgressListener | undefined } = {},
  ): Promise<number> {
    validateOptions(options, UPDATE_SCHEMA, 'update');
    const source = other instanceof Maintenance ? other.store : this.#storeOf(other);
    const { copyRecords } = await import('./rewriting.js');
    return copyRecords(source, this.store, this.core.settings.effective.key, options.onProgress);
  }

  /**
   * Gives every stored response the key that the present settings would give it, and redacts what they ignore; variants
   * and users stay apart. Responses with a key of the user's own making keep it. What the settings want and what was
   * redacted when it was stored is lost: such responses are not found any more.
   * @returns how many were changed
   */
  async recreateKeys(): Promise<number> {
    const { recreateKeys } = await import('./rewriting.js');
    return recreateKeys(this.store, this.core.settings.effective.key);
  }

  /**
   * What the cache has done since it was made: a copy of the figures as they are now. Kept in memory, for this process alone.
   * @param options `reset`: begin anew afterwards
   */
  stats(options: { readonly reset?: boolean | undefined } = {}): CacheStats {
    validateOptions(options, STATS_SCHEMA, 'stats');
    const { stats } = this.core.statistics;
    if (options.reset === true) this.core.statistics.reset();
    return stats;
  }

  /** Listens to an event; see `CacheEvent` for what there is. A listener that throws disturbs nothing. */
  on<N extends CacheEventName>(name: N, listener: (event: CacheEventOf<N>) => void): this {
    expectEventName(name, 'name');
    expectFunction(listener, 'listener');
    this.core.events.on(name, listener);
    return this;
  }

  /** Stops listening. */
  off<N extends CacheEventName>(name: N, listener: (event: CacheEventOf<N>) => void): this {
    this.core.events.off(name, listener);
    return this;
  }

  /**
   * Runs a function, and all that it starts, without the cache: neither read nor written. Requests that run beside it
   * still use the cache.
   */
  disabled<T>(run: () => T): T {
    expectFunction(run, 'run');
    return this.core.disabled(run);
  }

  /** @internal */
  protected view(stored: StoredResponse): CachedResponse {
    return new CachedResponse(stored, this.#source);
  }

  #named(tags: string | readonly string[] = [], urls: readonly (string | RegExp)[] = []): NamedResponses {
    const { key } = this.core.settings.effective;
    return namedResponses({ tags: asList(tags), urls }, key, (url) => this.addressing.uri(url));
  }

  /** Undefined: all are meant. */
  #namedTest(
    tags: string | readonly string[] | undefined,
    urls: readonly (string | RegExp)[] | undefined,
  ): ((stored: StoredResponse) => boolean) | undefined {
    if (tags === undefined && urls === undefined) return undefined;
    const named = this.#named(tags, urls);
    return (stored) =>
      (tags === undefined || hasTag(stored, named.tags)) && (urls === undefined || isOfUrls(stored, named));
  }

  /** Under a key of the user's own making lie the responses of several users. */
  #deleteRequest({ key, isCustomKey, partition }: RequestIdentity): Promise<number> {
    if (!isCustomKey) return this.store.deleteKey(key);
    return this.store.deleteKey(key, (meta) => {
      const { decoded } = decode(meta);
      return decoded === undefined || decoded.stored.partition === partition;
    });
  }

  #storeOf(other: unknown): RecordStore {
    const { scan, get } = (other ?? {}) as Partial<Backend>;
    if (typeof scan !== 'function' || typeof get !== 'function') {
      throw new InvalidOptionError('other', other, 'the cache of another instance, or a Backend');
    }
    // Its failures are this call's, so there is nothing to tell anybody else.
    const storage = guardBackend(other as Backend, { clock: this.core.clock, report: () => undefined });
    return new RecordStore(storage, this.core.clock);
  }

  async #deleteInvalid(): Promise<number> {
    let deleted = 0;
    for await (const found of this.filter({ valid: false, expired: false, invalid: true })) {
      deleted += await this.store.delete(found);
    }
    return deleted;
  }
}

function asList(tags: string | readonly string[]): readonly string[] {
  return typeof tags === 'string' ? [tags] : tags;
}

/** Of several tags the heads have to tell. */
function tagRange(tags: string | readonly string[] = []): ScanRange {
  const [tag, ...others] = asList(tags);
  return tag === undefined || others.length > 0 ? {} : { tag: tagName(tag) };
}

function scanRange(valid: boolean, expired: boolean, limit: number | undefined, now: number): ScanRange {
  return {
    ...(limit === undefined ? {} : { createdBefore: limit }),
    ...(valid ? {} : { expiredBy: now }),
    ...(expired ? {} : { freshAt: now }),
  };
}

function isWanted(
  stored: StoredResponse,
  valid: boolean,
  expired: boolean,
  limit: number | undefined,
  now: number,
): boolean {
  const isExpired = stored.expiresAt !== undefined && stored.expiresAt <= now;
  return (isExpired ? expired : valid) && (limit === undefined || stored.createdAt < limit);
}
