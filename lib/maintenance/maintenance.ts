import { type CacheCore } from '../cache/cache-core.js';
import { type CacheEventName, type CacheEventOf } from '../cache/events.js';
import { type StoredResponse } from '../cache/stored-response.js';
import { InvalidOptionError } from '../errors.js';
import { expectBoolean, type OptionSchema, validateOptions } from '../options.js';
import { type ExpirationTime, NEVER_EXPIRE } from '../policy/expiration.js';
import { type Backend, type ScanRange } from '../storage/backend.js';
import { CachedResponse, InvalidResponse, momentBefore, type ResponseSource } from './cached-response.js';
import { decode, RecordStore } from './record-store.js';
import { copyRecords, recreateKeys, resetExpiration } from './rewriting.js';

/** Which stored responses are meant. */
export interface ResponseFilter {
  /** Those that are fresh. @default true */
  valid?: boolean;
  /** Those that are stale. @default true */
  expired?: boolean;
  /** Only those first stored before a `Date`, or longer ago than so many seconds or a duration (`'2d'`). */
  olderThan?: Date | number | string;
}

/** Which stored responses to delete: those that any of the conditions names. */
export interface DeleteConditions<Request> {
  /** Cache keys, all variants. */
  keys?: readonly string[];
  /** Everything that is stored for these URLs, as by `deleteUrl`. */
  urls?: readonly string[];
  /** What these requests would be answered from, all variants. */
  requests?: readonly Request[];
  /** Those that are stale, even if they could still be served stale or revalidated. */
  expired?: boolean;
  /** Those that cannot be read back whole. Reads every body. */
  invalid?: boolean;
  /** Those first stored before a `Date`, or longer ago than so many seconds or a duration (`'2d'`). */
  olderThan?: Date | number | string;
}

/** How the axios side tells what a URL or request is stored under. */
export interface Addressing<Request> {
  /** Resource of a URL: everything stored for it, whatever method, user and variant. */
  resource(url: string, request: Request | undefined): string;
  /** Cache key of a request. */
  key(request: Request): Promise<string>;
}

const DELETE_SCHEMA: OptionSchema = {
  keys: expectTexts,
  urls: expectTexts,
  requests: (value, option) => {
    if (!Array.isArray(value)) throw new InvalidOptionError(option, value, 'an array of request configs');
  },
  expired: expectBoolean,
  invalid: expectBoolean,
  olderThan: () => undefined,
};

const FILTER_SCHEMA: OptionSchema = {
  valid: expectBoolean,
  expired: expectBoolean,
  olderThan: () => undefined,
};

/** Stale records are deleted in steps, between which other work gets its turn. */
const PRUNED_PER_STEP = 500;

/**
 * The operator's view of a cache. Unlike requests, these calls fail when storage does: with a `BackendError`
 * (ERR_CACHE_BACKEND) that keeps the driver's error as `cause`, or `CacheClosedError` (ERR_CACHE_CLOSED). A wrong
 * argument is an `InvalidOptionError` (ERR_CACHE_INVALID_OPTION).
 */
export class Maintenance<Request> {
  protected readonly core: CacheCore;
  protected readonly addressing: Addressing<Request>;
  protected readonly store: RecordStore;
  readonly #source: ResponseSource;

  constructor(core: CacheCore, addressing: Addressing<Request>) {
    this.core = core;
    this.addressing = addressing;
    const store = new RecordStore(core);
    this.store = store;
    this.#source = { clock: core.clock, body: (address) => store.verifiedBody(address) };
  }

  /** How many responses are stored; with `expired: false` only those that are fresh. */
  count(range: { expired?: boolean } = {}): Promise<number> {
    const freshOnly = range.expired === false;
    return this.store.use('count', (backend) =>
      backend.count(freshOnly ? { freshAt: this.core.clock.now() } : {}),
    );
  }

  /** Bytes that the store takes: the size of its file, where there is one. */
  size(): Promise<number> {
    return this.store.use('size', (backend) => backend.size());
  }

  /** Deletes everything in this cache. */
  clear(): Promise<void> {
    return this.store.use('clear', (backend) => backend.clear());
  }

  /** Every cache key once, in any order. */
  async *keys(filter?: ResponseFilter): AsyncGenerator<string, void, undefined> {
    // Only keys with variants can come more than once.
    const seen = new Set<string>();
    for await (const { key, variant } of this.values(filter)) {
      if (variant !== '' && seen.has(key)) continue;
      if (variant !== '') seen.add(key);
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
  values(filter?: ResponseFilter): AsyncGenerator<CachedResponse, void, undefined> {
    return this.filter({ ...filter, invalid: false });
  }

  /**
   * Stored responses that a filter names, in any order, read page by page.
   * `invalid: true` adds those that cannot be read back whole, which reads every body.
   */
  filter(
    filter: ResponseFilter & { invalid: true },
  ): AsyncGenerator<CachedResponse | InvalidResponse, void, undefined>;
  filter(filter?: ResponseFilter & { invalid?: false }): AsyncGenerator<CachedResponse, void, undefined>;
  async *filter(
    filter: ResponseFilter & { invalid?: boolean } = {},
  ): AsyncGenerator<CachedResponse | InvalidResponse, void, undefined> {
    validateOptions(filter, { ...FILTER_SCHEMA, invalid: expectBoolean }, 'filter');
    const { valid = true, expired = true, invalid = false, olderThan } = filter;
    const limit =
      olderThan === undefined ? undefined : momentBefore(olderThan, 'filter.olderThan', this.core.clock);
    const now = this.core.clock.now();
    for await (const meta of this.store.scan(invalid ? {} : scanRange(valid, expired, limit, now))) {
      const { decoded, problem } = invalid ? await this.store.inspect(meta) : decode(meta);
      if (decoded === undefined) {
        if (invalid) yield new InvalidResponse(meta, problem);
        continue;
      }
      if (isWanted(decoded.stored, valid, expired, limit, now))
        yield new CachedResponse(decoded.stored, this.#source);
    }
  }

  /**
   * Deletes what any of the conditions names; without conditions nothing.
   * @returns how many responses went
   */
  async delete(conditions: DeleteConditions<Request>): Promise<number> {
    validateOptions(conditions, DELETE_SCHEMA, 'delete');
    const { keys = [], urls = [], requests = [], expired = false, invalid = false, olderThan } = conditions;
    const limit =
      olderThan === undefined ? undefined : momentBefore(olderThan, 'delete.olderThan', this.core.clock);
    let deleted = 0;
    for (const key of keys) deleted += await this.store.delete({ key });
    for (const request of requests)
      deleted += await this.store.delete({ key: await this.addressing.key(request) });
    for (const url of urls)
      deleted += await this.store.deleteResource(this.addressing.resource(url, undefined));
    if (expired) deleted += await this.store.deleteRange({ expiredBy: this.core.clock.now() });
    if (limit !== undefined) deleted += await this.store.deleteRange({ createdBefore: limit });
    if (invalid) deleted += await this.#deleteInvalid();
    return deleted;
  }

  /**
   * Deletes what can be of no use any more: stale, and past every window in which it could be served stale or revalidated.
   * Works in small steps.
   * @returns how many responses went
   */
  async removeExpired(): Promise<number> {
    let removed = 0;
    for (;;) {
      const step = await this.store.use('prune', (backend) =>
        backend.prune(this.core.clock.now(), PRUNED_PER_STEP),
      );
      removed += step;
      if (step < PRUNED_PER_STEP) return removed;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /**
   * Gives every stored response a new expiry, counted from now.
   * @param expireAfter seconds, a duration, a `Date`, an HTTP date or a constant. @default NEVER_EXPIRE
   * @returns how many were changed
   */
  resetExpiration(expireAfter: ExpirationTime = NEVER_EXPIRE): Promise<number> {
    return resetExpiration(this.store, expireAfter);
  }

  /**
   * Copies all of another cache's records into this one, keys, variants and users as they are; what is stored under the
   * same key and variant is replaced.
   * @returns how many were copied
   */
  update(other: Maintenance<unknown> | Backend): Promise<number> {
    return copyRecords(other instanceof Maintenance ? other.core.backend : other, this.store);
  }

  /**
   * Gives every stored response the key that the present settings would give it; variants and users stay apart. Responses
   * with a key of the user's own making keep it.
   * @returns how many got another key
   */
  recreateKeys(): Promise<number> {
    return recreateKeys(this.store, this.core.settings.effective.key);
  }

  /** Listens to an event; see `CacheEvent` for what there is. A listener that throws disturbs nothing. */
  on<N extends CacheEventName>(name: N, listener: (event: CacheEventOf<N>) => void): this {
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
    return this.core.disabled(run);
  }

  /** All variants under a key that can be read, in any order. */
  protected async variants(key: string): Promise<readonly StoredResponse[]> {
    const records = await this.store.use('get', (backend) => backend.get(key));
    return records.flatMap((record) => decode(record).decoded?.stored ?? []);
  }

  protected view(stored: StoredResponse): CachedResponse {
    return new CachedResponse(stored, this.#source);
  }

  async #deleteInvalid(): Promise<number> {
    let deleted = 0;
    for await (const found of this.filter({ valid: false, expired: false, invalid: true })) {
      deleted += await this.store.delete(found);
    }
    return deleted;
  }
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

function expectTexts(value: unknown, option: string): void {
  if (!Array.isArray(value) || value.some((text) => typeof text !== 'string')) {
    throw new InvalidOptionError(option, value, 'an array of strings');
  }
}
