import type { AxiosInstance, AxiosRequestConfig, InternalAxiosRequestConfig } from 'axios';
import type { CacheCore } from '../cache/cache-core.js';
import type { PreparedRequest } from '../cache/prepared-request.js';
import { HttpCacheError, InvalidOptionError, isHttpCacheError } from '../errors.js';
import { judgeRequest } from '../policy/request-verdict.js';
import type { OwnCopy } from './own-copy.js';
import { toKeyRequest } from './messages.js';
import { prepareConfig, type Preparation, requestParts } from './prepare-config.js';
import { keyableBody } from './request-body.js';

/**
 * The config of a request, given to maintenance. Unlike `AxiosRequestConfig` it takes the config of any response, whatever
 * type its parameters have.
 */
export type RequestConfig = Omit<AxiosRequestConfig, 'paramsSerializer'> & {
  paramsSerializer?: unknown;
};

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
  async prepare(config: RequestConfig): Promise<PreparedRequest> {
    requireConfig(config);
    return this.#prepareFinal(await this.#complete(config));
  }

  /**
   * What the cache would make of a request, closed, disabled and all.
   * @throws InvalidOptionError (ERR_CACHE_INVALID_OPTION) for an unusable config
   */
  async preparation(config: RequestConfig): Promise<Preparation> {
    requireConfig(config);
    const completed = await this.#complete(config);
    // What may be done with an answer depends on who brings it.
    const adapter = (config as AxiosRequestConfig).adapter ?? this.#instance.defaults.adapter;
    if (adapter === undefined) delete completed.adapter;
    else completed.adapter = adapter;
    return prepareConfig(this.#core, this.#copy, completed);
  }

  /**
   * As {@link prepare}, for the config of a response. Those that axios has made are complete; those that were written by
   * hand are completed.
   */
  prepareAnswered(config: RequestConfig): Promise<PreparedRequest> {
    if (!isFinal(config)) return this.prepare(config);
    return this.#prepareFinal({ ...config, headers: withoutAdapterHeaders(config.headers) });
  }

  async #prepareFinal(config: InternalAxiosRequestConfig): Promise<PreparedRequest> {
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
    try {
      return this.#core.prepare(head, keyRequest, settings, judgeRequest(head, settings.policy));
    } catch (error) {
      if (isHttpCacheError(error)) throw error;
      throw new InvalidOptionError('keyFn', settings.key.keyFn, 'a function that does not throw', {
        cause: error,
      });
    }
  }

  /**
   * The effective URL of a request that the instance would send.
   * @throws InvalidOptionError (ERR_CACHE_INVALID_OPTION)
   */
  uriOf(url: string, config: RequestConfig | undefined): string {
    if (typeof url !== 'string') throw new InvalidOptionError('url', url, 'a string');
    try {
      return this.#instance.getUri({ ...config, url } as AxiosRequestConfig);
    } catch (error) {
      throw new InvalidOptionError('url', url, 'a URL that axios can build with the config that was given', {
        cause: error,
      });
    }
  }

  /** Sends the config through an instance that has only the defaults, to an adapter that answers nothing. */
  async #complete(config: RequestConfig): Promise<InternalAxiosRequestConfig> {
    // What `create` gives may be in use, where somebody has replaced it; and an installed cache has followed, which would take
    // the empty answer below for one of the origin's, and store it.
    const probe = this.#instance.create().create();
    probe.interceptors.request.clear();
    probe.interceptors.response.clear();
    const defaults = probe.defaults as unknown as Record<string, unknown>;
    for (const name of Object.keys(defaults)) delete defaults[name];
    Object.assign(defaults, this.#instance.defaults);
    let completed: InternalAxiosRequestConfig | undefined;
    // Nothing is sent: what may end a request early does not concern it.
    const { signal: _signal, cancelToken: _cancelToken, ...lasting } = config as AxiosRequestConfig;
    await probe.request({
      ...lasting,
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

function requireConfig(config: unknown): asserts config is RequestConfig {
  if (typeof config === 'object' && config !== null && !Array.isArray(config)) return;
  throw new InvalidOptionError('config', config, 'an axios request config');
}

/** axios completes a config together with its header. */
function isFinal(config: RequestConfig): config is RequestConfig & InternalAxiosRequestConfig {
  return typeof (config.headers as { set?: unknown } | undefined)?.set === 'function';
}

/** What axios's adapters write into the header of the config while they send it, by lower-case name. */
const ADAPTER_HEADERS: Readonly<Record<string, RegExp>> = {
  'user-agent': /^axios\/\d/,
  'accept-encoding': /^gzip, compress, deflate\b/,
  'content-length': /^\d+$/,
};

/** A request is stored and found by what it was before an adapter had it: the header without its additions. */
function withoutAdapterHeaders(
  headers: InternalAxiosRequestConfig['headers'],
): InternalAxiosRequestConfig['headers'] {
  const own = Object.entries(headers).filter(
    ([name, value]) => ADAPTER_HEADERS[name.toLowerCase()]?.test(String(value)) !== true,
  );
  return Object.fromEntries(own) as unknown as InternalAxiosRequestConfig['headers'];
}
