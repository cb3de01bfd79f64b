import axios, { type AxiosRequestConfig, type AxiosResponse } from 'axios';
import { type CachedAxiosInstance, type CacheOptions, withCache } from '../../lib/index.js';
import { type Backend } from '../../lib/storage/backend.js';
import { ManualClock } from '../helpers/manual-clock.js';
import { type Answer, OriginServer, type ReceivedRequest } from '../helpers/origin-server.js';
import { Secrets } from './secrets.js';

/** The names that the user of the scenario lists: of header fields, parameters and members alike. */
export const LISTED = ['X-Mine', 'mine', 'X-Reply'];

const OPTIONS: CacheOptions = {
  ignoredParameters: LISTED,
  allowableMethods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'QUERY'],
  allowableCodes: [200, 201, 203, 204, 206, 301, 302, 303, 307, 308, 404],
  expireAfter: 600,
};

type Route = (request: ReceivedRequest, count: number) => Answer;

/** What the parts of a scenario have: an origin, a clock, secrets, and instances on the storage that is looked into. */
export class Context {
  /** Near the real time, by which servers delete what is past its time. */
  readonly clock = new ManualClock(Date.now());
  readonly secrets = new Secrets();
  /** Messages of errors and events that came up. */
  readonly told: string[] = [];
  readonly origin: OriginServer;
  readonly backend: Backend;
  readonly #routes = new Map<string, Route>();
  readonly #isThorough: boolean;
  #http: CachedAxiosInstance | undefined;
  #paths = 0;

  private constructor(origin: OriginServer, backend: Backend, isThorough: boolean) {
    this.origin = origin;
    this.backend = backend;
    this.#isThorough = isThorough;
    origin.handle((request, count) => {
      const route = this.#routes.get(new URL(request.url, origin.url).pathname);
      return route?.(request, count) ?? { body: 'fine' };
    });
  }

  static async start(backend: Backend, isThorough: boolean): Promise<Context> {
    return new Context(await OriginServer.start(), backend, isThorough);
  }

  /** A path that nobody has asked for yet. */
  path(route?: Route): string {
    const path = `/${++this.#paths}`;
    if (route !== undefined) this.#routes.set(path, route);
    return path;
  }

  /** The instance that is used where nothing else is said. */
  get http(): CachedAxiosInstance {
    this.#http ??= this.wrap();
    return this.#http;
  }

  /** All of a list, or a few of it: what is redacted does not depend on the storage, so that not all is tried with each. */
  some<T>(list: readonly T[]): readonly T[] {
    return this.#isThorough ? list : list.filter((_, index) => index % 4 === 0);
  }

  /** An instance with a cache on the storage. */
  wrap(options: CacheOptions = {}, config: AxiosRequestConfig = {}): CachedAxiosInstance {
    const instance = axios.create({ baseURL: this.origin.url, validateStatus: () => true, ...config });
    return withCache(instance, {
      ...OPTIONS,
      clock: this.clock,
      backend: this.backend,
      autoclose: false,
      ...options,
    });
  }

  /**
   * Sends a request that must end up in storage, since what is not stored proves nothing.
   * @param asked a function where the request can be sent only once
   * @returns what came the second time, from there
   */
  async store(
    asked: AxiosRequestConfig | (() => AxiosRequestConfig),
    http: CachedAxiosInstance = this.http,
  ): Promise<AxiosResponse> {
    const make = typeof asked === 'function' ? asked : () => asked;
    const url = this.path();
    const sent = await http.request({ url, ...make() });
    if (!sent.cache.stored) throw new Error(`Not stored: ${sent.cache.reason} (${sent.config.url})`);
    const again = await http.request({ url, ...make() });
    if (!again.cache.fromCache)
      throw new Error(`Not found again: ${again.cache.reason} (${sent.config.url})`);
    return again;
  }

  async end(): Promise<void> {
    await this.origin.close();
  }
}
