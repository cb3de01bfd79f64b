import type { AxiosInstance, AxiosResponse, InternalAxiosRequestConfig } from 'axios';
import type { CacheCore } from '../cache/cache-core.js';
import type { Explanation } from '../cache/explanation.js';
import type { NetworkResponse } from '../cache/network.js';
import type { PreparedRequest } from '../cache/prepared-request.js';
import { ResponseCacheInfo } from '../cache/outcome.js';
import { isVariantFor } from '../cache/select-response.js';
import type { SettingsChange, SharedOptions } from '../cache/settings.js';
import { expectTags, joinSources, MOST_TAGS, tagsFor } from '../cache/tags.js';
import type { StoredResponse } from '../cache/stored-response.js';
import { BackendError, HttpCacheError, InvalidOptionError } from '../errors.js';
import { formatCacheStatus } from '../http/cache-status.js';
import type { HeaderFields } from '../http/header-fields.js';
import { resourceOf } from '../key/cache-key.js';
import { EXPIRED_SCHEMA } from '../maintenance/arguments.js';
import type { CachedResponse } from '../maintenance/cached-response.js';
import { Maintenance } from '../maintenance/maintenance.js';
import { decode } from '../maintenance/record-store.js';
import { expectNonEmptyString, type OptionSchema, validateOptions } from '../options.js';
import { effectiveLifetime, withLifetimesFor } from '../policy/effective-lifetime.js';
import {
  type ExpirationTime,
  NEVER_EXPIRE,
  parseExpirationRule,
  parseExpirationTime,
} from '../policy/expiration.js';
import type { Lifetime, StoredParts } from '../policy/messages.js';
import { hasContentFor, HEADER_ONLY, receivedParts } from '../policy/partial-content.js';
import type { StoredRecord } from '../storage/backend.js';
import { withoutAppended } from './append-field.js';
import { receivedBody } from './body-shape.js';
import { toNetworkResponse } from './messages.js';
import type { OwnCopy } from './own-copy.js';
import { type RequestConfig, RequestProbe } from './request-probe.js';

/** A cache key, or the config of a request, of which the key is worked out. */
export type CacheTarget = string | RequestConfig;

/** Parts of a config that single out one of the requests to a URL. */
const SINGLES_OUT = ['method', 'data', 'headers', 'auth', 'cache'] as const;

/**
 * The cache of a wrapped instance: `instance.cache`.
 *
 * Configs given here are completed by the instance's defaults, as axios does; interceptors are not run, so give what
 * they would add. Calls fail with typed errors when storage does, unlike requests.
 */
export class HttpCache extends Maintenance<RequestConfig> {
  readonly #probe: RequestProbe;
  readonly #autoclose: boolean;
  readonly #undo: () => void;

  /** @internal Made by `withCache`. */
  constructor(core: CacheCore, copy: OwnCopy, instance: AxiosInstance, autoclose: boolean, undo: () => void) {
    const probe = new RequestProbe(core, copy, instance);
    super(core, {
      resource: (url, request) => resourceOf(probe.uriOf(url, request), core.settings.effective.key),
      uri: (url) => probe.uriOf(url, undefined),
      identity: async (request) => (await probe.prepare(request)).identity,
    });
    this.#probe = probe;
    this.#autoclose = autoclose;
    this.#undo = undo;
  }

  /**
   * The options that have been set. Assigning changes those that are given, for the requests that follow; what is stored
   * stays as it is. `undefined` puts a default back. `backend`, `cacheName` and the like cannot be changed.
   */
  get settings(): Readonly<SharedOptions> {
    return this.core.settings.options;
  }

  /** @throws InvalidOptionError (ERR_CACHE_INVALID_OPTION), and then nothing is changed */
  set settings(options: SettingsChange) {
    this.core.settings.change(options, this.core.clock.now());
  }

  /**
   * Whether a fresh response that can be read back whole is stored under a key or for a request; `expired: true`: a stale
   * one counts too.
   */
  async contains(target: CacheTarget, options: { expired?: boolean | undefined } = {}): Promise<boolean> {
    validateOptions(options, EXPIRED_SCHEMA, 'contains');
    const now = this.core.clock.now();
    const found = await this.#targeted(target);
    return found.some(
      ({ expiresAt }) => options.expired === true || expiresAt === undefined || expiresAt > now,
    );
  }

  /** The stored response under a key or for a request, stale ones too; of several variants the most recent. */
  async get(target: CacheTarget): Promise<CachedResponse | undefined> {
    const [found] = await this.#targeted(target);
    return found && this.view(found);
  }

  /**
   * Whether a fresh response is stored for a URL: by any method and for any user; or, with `method`, `data`, `headers`,
   * `auth` or `cache` in the config, for such a request only. Relative URLs and `params` are completed as in a request.
   */
  async hasUrl(url: string, config?: RequestConfig): Promise<boolean> {
    if (singlesOut(config)) return this.contains({ ...config, url });
    const resource = this.addressing.resource(url, config);
    return this.store.hasResource({ resource, freshAt: this.core.clock.now() });
  }

  /**
   * Deletes what is stored for a URL: by every method, in every variant, for every user; or, with `method`, `data`,
   * `headers`, `auth` or `cache` in the config, only what such a request would be answered from, in every variant.
   * Relative URLs and `params` are completed as in a request.
   * @returns how many responses went
   */
  async deleteUrl(url: string, config?: RequestConfig): Promise<number> {
    if (singlesOut(config)) return this.delete({ requests: [{ ...config, url }] });
    return this.store.deleteResource(this.addressing.resource(url, config));
  }

  /** {@link deleteUrl} for several URLs, globs and RegExps. @returns how many responses went */
  deleteUrls(urls: readonly (string | RegExp)[]): Promise<number> {
    return this.delete({ urls });
  }

  /**
   * What would become of a request, and why, without sending it: its key and what that was made of, what is stored and how
   * fresh it is, and which rule decides. `String(explanation)` has all of it in words. Interceptors are not run, and the stored
   * body is not read, so that a damaged one is not noticed, nor what `filterFn` would say of it. Nothing is written; where
   * storage lets go what was used least recently, it counts as a use.
   * @throws InvalidOptionError (ERR_CACHE_INVALID_OPTION) for an unusable config. Storage that fails is a fact in the answer
   */
  async explain(config: RequestConfig): Promise<Explanation> {
    const preparation = await this.#probe.preparation(config);
    const { explain, explainBypass } = await import('../cache/explanation.js');
    const backend = this.store.name;
    switch (preparation.kind) {
      case 'cached': {
        const { prepared } = preparation;
        const { selection, decision } = await this.core.exchange.consider(prepared);
        const isMissing = selection.candidates.length === 0 && !selection.storageFailed;
        const othersOfUrl = isMissing ? await this.#othersOfUrl(prepared) : [];
        const now = this.core.clock.now();
        return explain({ prepared, selection, decision, othersOfUrl, backend, now });
      }
      case 'post':
        return explainBypass({
          action: 'bypass',
          rule: 'method',
          reason: 'method POST is not answered from storage; what it brings may be kept for later GETs',
          fwd: 'method',
          backend,
          mayWrite: true,
        });
      case 'recorded': {
        const { mode } = preparation.recorder;
        const rule = mode === 'record' ? 'recorded' : 'replayed';
        const reason = `mode ${mode}: no policy counts, only what is recorded`;
        return explainBypass({ action: 'bypass', rule, reason, fwd: 'bypass', backend });
      }
      case 'refused':
        return explainBypass({ ...preparation, action: 'gateway-timeout', fwd: undefined, backend });
      case 'bypass':
        return explainBypass({ ...preparation, action: 'bypass', backend });
    }
  }

  /** The key that a request is stored and found under. */
  async createKey(config: RequestConfig): Promise<string> {
    return (await this.addressing.identity(config)).key;
  }

  /**
   * Stores a response by hand, whatever the policy would say, for the request in its `config`. Bytes and text are kept as
   * they are; any other `data` is kept as JSON, as if the origin had sent that.
   *
   * The config may be that of a response, or one that was written by hand; then the instance's defaults complete it.
   * @param options `key`: in place of the computed one; `expireAfter`: in place of the session's; `tags`: besides the session's
   * @returns the key that it is stored under
   * @throws HttpCacheError (ERR_CACHE_UNSUPPORTED_BODY) for a body that cannot be kept, such as a stream, for a 206 of which
   * nobody knows the bytes, and for a 304; BackendError
   * (ERR_CACHE_BACKEND) for one over the backend's limits
   */
  async saveResponse(
    response: SavableResponse,
    options: {
      key?: string | undefined;
      expireAfter?: ExpirationTime | undefined;
      tags?: readonly string[] | undefined;
    } = {},
  ): Promise<string> {
    requireResponse(response);
    validateOptions(options, SAVE_SCHEMA, 'saveResponse');
    const { key, tags = [] } = options;
    const prepared = await this.#probe.prepareAnswered(
      key === undefined ? response.config : { ...response.config, cache: { key } },
    );
    const { bytes } = receivedBody(response.data);
    if (bytes === undefined || response.status === 304) {
      throw new HttpCacheError(
        'ERR_CACHE_UNSUPPORTED_BODY',
        'This response has a body that cannot be stored.',
      );
    }
    const received = this.#receivedOf(prepared, response, bytes);
    const record = this.core.exchange.writer.recordOf(
      prepared,
      received,
      bytes,
      this.#lifetimeToSave(options.expireAfter, prepared, received),
      await tagsToSave(prepared, received, bytes, tags),
    );
    await this.#put(prepared, record);
    return prepared.identity.key;
  }

  /**
   * Takes the cache off the instance, which then is as it was before. Storage stays open, for maintenance; see
   * {@link close}. Idempotent.
   */
  detach(): void {
    this.#undo();
  }

  /**
   * Waits for refreshes that run in the background, and closes the backend unless `autoclose` is off. Requests then go to
   * the origin; maintenance fails with ERR_CACHE_CLOSED. Idempotent.
   */
  close(): Promise<void> {
    return this.core.storage.maintenance('close', () => this.core.close(this.#autoclose));
  }

  /** What is stored for the URL of a request that does not find it. Only a help: what can be found will do. */
  async #othersOfUrl({ identity }: PreparedRequest): Promise<readonly StoredResponse[]> {
    const others: StoredResponse[] = [];
    try {
      for await (const meta of this.store.scan({ resource: identity.resource })) {
        const stored = decode(meta).decoded?.stored;
        if (stored !== undefined && others.push(stored) === MOST_OTHERS) break;
      }
    } catch {
      // The decision stands without it.
    }
    return others;
  }

  /** A function of the session's is asked about the response that is saved. */
  #lifetimeToSave(
    expireAfter: ExpirationTime | undefined,
    { head, identity }: PreparedRequest,
    { status, headers }: NetworkResponse,
  ): Exclude<Lifetime, { kind: 'do-not-cache' }> {
    const { settings, clock } = this.core;
    const given = expireAfter ?? settings.options.expireAfter ?? NEVER_EXPIRE;
    const now = clock.now();
    const others = { requestLifetime: undefined, patternLifetime: undefined, codeLifetimes: undefined };
    const sessionLifetime = parseExpirationRule(given, 'expireAfter', now);
    const policy = { ...settings.effective.policy, ...others, sessionLifetime };
    const request = { method: head.method, url: identity.url, headers: head.headers };
    const response = { status, headers };
    const { lifetime } = effectiveLifetime(withLifetimesFor(policy, request, response, now), status);
    if (lifetime.kind !== 'do-not-cache') return lifetime;
    throw new InvalidOptionError('expireAfter', given, 'a lifetime for the response that is to be stored');
  }

  #receivedOf(prepared: PreparedRequest, response: SavableResponse, bytes: Uint8Array): NetworkResponse {
    const now = this.core.clock.now();
    const times = { requestSentAt: now, responseReceivedAt: now, redirects: [] };
    const received = toNetworkResponse(
      response as AxiosResponse,
      prepared.head.url,
      undefined,
      times,
      response.config as InternalAxiosRequestConfig,
    );
    const bodyShape = received.bodyShape === 'none' ? 'none' : 'bytes';
    const parts = partsToSave(prepared, received, bytes.byteLength);
    const headers = this.#withoutOwnStatus(received.headers, response);
    return { ...received, headers, bodyShape, parts };
  }

  /** What this cache has told of a response is no part of it: each answer from storage has its own. */
  #withoutOwnStatus(headers: HeaderFields, response: SavableResponse): HeaderFields {
    const { cacheStatus } = this.core;
    const { cache } = response as { readonly cache?: unknown };
    if (cacheStatus === undefined || !(cache instanceof ResponseCacheInfo)) return headers;
    return withoutAppended(headers, 'cache-status', formatCacheStatus(cacheStatus, cache));
  }

  /** Takes the place of every variant that answered the request so far. */
  async #put(prepared: PreparedRequest, record: StoredRecord): Promise<void> {
    const superseded = await this.#answering(prepared.identity.key, prepared);
    this.core.exchange.writer.inFlight.keyDeleted(record.key);
    if (!(await this.store.use('put', (backend) => backend.put(record)))) {
      const message = 'the response is larger than the limits of the backend allow';
      throw new BackendError({ backend: this.store.name, operation: 'put', message });
    }
    for (const { key, variant } of superseded) {
      if (variant !== record.variant) await this.store.delete({ key, variant });
    }
  }

  async #targeted(target: CacheTarget): Promise<readonly StoredResponse[]> {
    if (typeof target === 'string') return this.#answering(target, undefined);
    const prepared = await this.#probe.prepare(target);
    return this.#answering(prepared.identity.key, prepared);
  }

  /** What is stored under a key, where it would answer the request if one is given; most recent first. */
  async #answering(key: string, prepared: PreparedRequest | undefined): Promise<readonly StoredResponse[]> {
    const found = await this.store.answering(key);
    return found
      .filter((stored) => prepared === undefined || answers(stored, prepared))
      .sort((a, b) => b.responseReceivedAt - a.responseReceivedAt);
  }
}

/** Of what `explain` looks for besides. */
const MOST_OTHERS = 10;

/** What `saveResponse` needs of a response. */
export type SavableResponse = Pick<AxiosResponse, 'data' | 'status' | 'statusText' | 'headers'> & {
  readonly config: RequestConfig;
};

/** What of a representation a response has that is stored by hand. */
function partsToSave(
  { head, identity }: PreparedRequest,
  response: NetworkResponse,
  bodyBytes: number,
): StoredParts | undefined {
  if (head.method === 'HEAD' && identity.method === 'GET') return HEADER_ONLY;
  if (response.status !== 206) return undefined;
  const parts = response.bodyShape === 'bytes' ? receivedParts(head, response, bodyBytes, false) : undefined;
  if (parts !== undefined) return parts;
  throw new HttpCacheError(
    'ERR_CACHE_UNSUPPORTED_BODY',
    'A 206 can be stored when its body is bytes (responseType: "arraybuffer") and its Content-Range says which.',
  );
}

/** @throws whatever a function of the user's throws; InvalidOptionError (ERR_CACHE_INVALID_OPTION) */
async function tagsToSave(
  { head: { method }, identity: { url }, settings }: PreparedRequest,
  { status, statusText, headers }: NetworkResponse,
  body: Uint8Array,
  given: readonly string[],
): Promise<readonly string[]> {
  const sources = joinSources(settings.tags, given);
  if (sources === undefined) return given;
  const tags = await tagsFor(sources, { method, url, status, statusText, headers, body, fromCache: false });
  if (tags.length > MOST_TAGS) throw new InvalidOptionError('tags', tags, `${MOST_TAGS} tags in all`);
  return tags;
}

const SAVE_SCHEMA: OptionSchema = {
  tags: expectTags,
  key: expectNonEmptyString,
  expireAfter: (value, option) => void parseExpirationTime(value, option, 0),
};

function requireResponse(response: unknown): asserts response is SavableResponse {
  const { status, config } = (response ?? {}) as Partial<SavableResponse>;
  if (!Number.isInteger(status) || typeof config !== 'object' || config === null) {
    throw new InvalidOptionError(
      'response',
      response,
      'an axios response: { data, status, statusText, headers, config }',
    );
  }
}

/** As requests are answered: a key is a hash, so that method and URL are compared too; and a part is not the whole. */
function answers(stored: StoredResponse, prepared: PreparedRequest): boolean {
  const { head, identity } = prepared;
  const isSameTarget =
    identity.isCustomKey || (stored.method === identity.method && stored.url === identity.url);
  return (
    isSameTarget &&
    stored.partition === identity.partition &&
    isVariantFor(prepared, stored) &&
    hasContentFor(head, stored)
  );
}

function singlesOut(config: RequestConfig | undefined): config is RequestConfig {
  return config != null && SINGLES_OUT.some((name) => config[name] !== undefined);
}
