import { type AxiosInstance, type AxiosRequestConfig, type InternalAxiosRequestConfig } from 'axios';
import { type CacheCore } from '../cache/cache-core.js';
import { type PreparedRequest } from '../cache/prepared-request.js';
import { HttpCacheError, InvalidOptionError } from '../errors.js';
import { judgeRequest } from '../policy/request-verdict.js';
import { type OwnCopy } from './own-copy.js';
import { toKeyRequest } from './messages.js';
import { requestParts } from './prepare-config.js';
import { keyableBody } from './request-body.js';

/**
 * Works out what a request would be stored and found under, without sending it: the config is completed by the
 * instance's defaults and `transformRequest`, as axios does. Interceptors are not run, since they may have effects.
 */
export class RequestProbe {
  readonly #core: CacheCore;
  readonly #copy: OwnCopy;
  readonly #instance: AxiosInstance;

  constructor(core: CacheCore, copy: OwnCopy, instance: AxiosInstance) {
    this.#core = core;
    this.#copy = copy;
    this.#instance = instance;
  }

  /**
   * @throws InvalidOptionError (ERR_CACHE_INVALID_OPTION) for an unusable config; HttpCacheError
   * (ERR_CACHE_UNSUPPORTED_BODY) for a body that can be read only once
   */
  async prepare(config: AxiosRequestConfig): Promise<PreparedRequest> {
    return this.prepareFinal(await this.#complete(config));
  }

  /** As {@link prepare}, for a config that has been completed already: that of a response. */
  async prepareFinal(config: InternalAxiosRequestConfig): Promise<PreparedRequest> {
    const parts = requestParts(this.#core, this.#copy, config);
    if (parts === undefined) throw new InvalidOptionError('url', config.url, 'an HTTP URL');
    const body = await keyableBody(config.data);
    if (body === 'unkeyable') {
      throw new HttpCacheError(
        'ERR_CACHE_UNSUPPORTED_BODY',
        'A body that can be read only once has no cache key.',
      );
    }
    const { head, settings } = parts;
    const keyRequest = toKeyRequest(config, head.url, head.headers, body === 'none' ? undefined : body);
    return this.#core.prepare(head, keyRequest, settings, judgeRequest(head, settings.policy));
  }

  /** The effective URL, without what the instance's other defaults would do to a request. */
  uriOf(url: string, config: AxiosRequestConfig | undefined): string {
    const { baseURL, params, paramsSerializer, allowAbsoluteUrls } = {
      ...this.#instance.defaults,
      ...config,
    };
    const own = {
      url,
      baseURL,
      params: mergedParams(this.#instance.defaults.params, params),
      paramsSerializer,
    };
    const given = Object.entries({ ...own, allowAbsoluteUrls }).filter(([, value]) => value !== undefined);
    return this.#copy.uriOf(Object.fromEntries(given) as unknown as InternalAxiosRequestConfig);
  }

  /** Sends the config through an instance that has only the defaults, to an adapter that answers nothing. */
  async #complete(config: AxiosRequestConfig): Promise<InternalAxiosRequestConfig> {
    const probe = this.#instance.create();
    const defaults = probe.defaults as unknown as Record<string, unknown>;
    for (const name of Object.keys(defaults)) delete defaults[name];
    Object.assign(defaults, this.#instance.defaults);
    let completed: InternalAxiosRequestConfig | undefined;
    await probe.request({
      ...config,
      transformResponse: [],
      adapter: (final) => {
        completed = final;
        return Promise.resolve({
          data: undefined,
          status: 200,
          statusText: '',
          headers: {},
          config: final,
        } as never);
      },
    });
    if (completed === undefined) throw new InvalidOptionError('request', config, 'an axios request config');
    return completed;
  }
}

/** axios lays a request's parameters over the default ones, name by name, where both are plain objects. */
function mergedParams(defaults: unknown, params: unknown): unknown {
  return isPlainObject(defaults) && isPlainObject(params) ? { ...defaults, ...params } : params;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
