import { type AxiosInstance, type AxiosRequestConfig, type AxiosResponse } from 'axios';
import { type CacheCore } from '../cache/cache-core.js';
import { type PreparedRequest } from '../cache/prepared-request.js';
import { type SharedOptions } from '../cache/settings.js';
import { type StoredResponse } from '../cache/stored-response.js';
import { HttpCacheError, InvalidOptionError } from '../errors.js';
import { resourceOf } from '../key/cache-key.js';
import { type CachedResponse } from '../maintenance/cached-response.js';
import { Maintenance } from '../maintenance/maintenance.js';
import { type ExpirationTime, NEVER_EXPIRE, parseExpirationTime } from '../policy/expiration.js';
import { matchesNominated } from '../policy/vary.js';
import { receivedBody } from './body-shape.js';
import { toNetworkResponse } from './messages.js';
import { type OwnCopy } from './own-copy.js';
import { RequestProbe } from './request-probe.js';

/** A cache key, or the config of a request, of which the key is worked out. */
export type CacheTarget = string | AxiosRequestConfig;

/** Parts of a config that single out one of the requests to a URL. */
const SINGLES_OUT = ['method', 'data', 'headers', 'auth', 'cache'] as const;

/**
 * The cache of a wrapped instance: `instance.cache`.
 *
 * Configs given here are completed by the instance's defaults, as axios does; interceptors are not run, so give what
 * they would add. Calls fail with typed errors when storage does, unlike requests.
 */
export class HttpCache extends Maintenance<AxiosRequestConfig> {
  readonly #probe: RequestProbe;
  readonly #autoclose: boolean;
  readonly #undo: () => void;

  /** @internal Made by `withCache`. */
  constructor(core: CacheCore, copy: OwnCopy, instance: AxiosInstance, autoclose: boolean, undo: () => void) {
    const probe = new RequestProbe(core, copy, instance);
    super(core, {
      resource: (url, request) => resourceOf(probe.uriOf(url, request), core.settings.effective.key),
      key: async (request) => (await probe.prepare(request)).identity.key,
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
  set settings(options: SharedOptions) {
    this.core.settings.change(options, this.core.clock.now());
  }

  /** Whether a fresh response is stored under a key or for a request; `expired: true`: a stale one counts too. */
  async contains(target: CacheTarget, options: { expired?: boolean } = {}): Promise<boolean> {
    const now = this.core.clock.now();
    const found = await this.#matching(target);
    return found.some(
      ({ expiresAt }) => options.expired === true || expiresAt === undefined || expiresAt > now,
    );
  }

  /** The stored response under a key or for a request, stale ones too; of several variants the most recent. */
  async get(target: CacheTarget): Promise<CachedResponse | undefined> {
    const [found] = await this.#matching(target);
    return found && this.view(found);
  }

  /**
   * Whether a fresh response is stored for a URL: by any method and for any user; or, with `method`, `data`, `headers`,
   * `auth` or `cache` in the config, for such a request only. Relative URLs and `params` are completed as in a request.
   */
  async hasUrl(url: string, config?: AxiosRequestConfig): Promise<boolean> {
    if (singlesOut(config)) return this.contains({ ...config, url });
    const resource = this.addressing.resource(url, config);
    for await (const _found of this.store.scan({ resource, freshAt: this.core.clock.now() })) return true;
    return false;
  }

  /**
   * Deletes what is stored for a URL: by every method, in every variant, for every user; or, with `method`, `data`,
   * `headers`, `auth` or `cache` in the config, only what such a request would be answered from, in every variant.
   * Relative URLs and `params` are completed as in a request.
   * @returns how many responses went
   */
  async deleteUrl(url: string, config?: AxiosRequestConfig): Promise<number> {
    if (singlesOut(config)) return this.delete({ requests: [{ ...config, url }] });
    return this.store.deleteResource(this.addressing.resource(url, config));
  }

  /** {@link deleteUrl} for several URLs. @returns how many responses went */
  deleteUrls(urls: readonly string[]): Promise<number> {
    return this.delete({ urls });
  }

  /** The key that a request is stored and found under. */
  createKey(config: AxiosRequestConfig): Promise<string> {
    return this.addressing.key(config);
  }

  /**
   * Stores a response by hand, whatever the policy would say, for the request in its `config`. Bytes and text are kept as
   * they are; any other `data` is kept as JSON.
   * @returns the key that it is stored under
   * @throws HttpCacheError (ERR_CACHE_UNSUPPORTED_BODY) for a body that cannot be kept, such as a stream
   */
  async saveResponse(
    response: Omit<AxiosResponse, 'cache'>,
    options: { key?: string; expireAfter?: ExpirationTime } = {},
  ): Promise<string> {
    const { key, expireAfter = this.core.settings.options.expireAfter ?? NEVER_EXPIRE } = options;
    const now = this.core.clock.now();
    const lifetime = parseExpirationTime(expireAfter, 'expireAfter', now);
    if (lifetime.kind === 'do-not-cache') {
      throw new InvalidOptionError(
        'expireAfter',
        expireAfter,
        'a lifetime for the response that is to be stored',
      );
    }
    const config = key === undefined ? response.config : { ...response.config, cache: { key } };
    const prepared = await this.#probe.prepareFinal(config);
    const { bytes } = receivedBody(response.data);
    if (bytes === undefined) {
      throw new HttpCacheError(
        'ERR_CACHE_UNSUPPORTED_BODY',
        'This response has a body that cannot be stored.',
      );
    }
    const received = toNetworkResponse(response as AxiosResponse, undefined, {
      requestSentAt: now,
      responseReceivedAt: now,
    });
    const record = this.core.exchange.writer.recordOf(prepared, received, bytes, lifetime);
    await this.store.use('put', (backend) => backend.put(record));
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
    return this.core.close(this.#autoclose);
  }

  /** Most recent first. */
  async #matching(target: CacheTarget): Promise<readonly StoredResponse[]> {
    const prepared = typeof target === 'string' ? undefined : await this.#probe.prepare(target);
    const key = typeof target === 'string' ? target : (prepared as PreparedRequest).identity.key;
    const found = await this.variants(key);
    return found
      .filter((stored) => prepared === undefined || belongsTo(stored, prepared))
      .sort((a, b) => b.responseReceivedAt - a.responseReceivedAt);
  }
}

function belongsTo(stored: StoredResponse, prepared: PreparedRequest): boolean {
  return (
    stored.partition === prepared.identity.partition &&
    matchesNominated(stored.nominated, prepared.varyHeaders, prepared.protect)
  );
}

function singlesOut(config: AxiosRequestConfig | undefined): config is AxiosRequestConfig {
  return config !== undefined && SINGLES_OUT.some((name) => config[name] !== undefined);
}
