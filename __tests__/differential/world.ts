import axios, { type AxiosInstance } from 'axios';
import {
  type CachedAxiosInstance,
  type CacheOptions,
  initBackend,
  rfc9111,
  withCache,
} from '../../lib/index.js';
import { ManualClock } from '../helpers/manual-clock.js';
import { aTemporaryDirectory } from '../helpers/temporary-directory.js';
import { type SessionName, STORED_METHODS } from './cases.js';
import { Labels } from './labels.js';
import { TwoOrigins } from './two-origins.js';

const EVERY_STATUS = Array.from({ length: 400 }, (_, index) => 200 + index);

/** The origins, plain axios, and an instance with a cache for each session. */
export class World {
  readonly labels = new Labels();
  readonly plain: AxiosInstance = axios.create();
  readonly #directory = aTemporaryDirectory();
  readonly #sessions: Readonly<Record<SessionName, CachedAxiosInstance>>;
  readonly events: string[] = [];

  private constructor(readonly origins: TwoOrigins) {
    const everything: CacheOptions = { allowableCodes: EVERY_STATUS, allowableMethods: STORED_METHODS };
    this.#sessions = {
      memory: this.#wrap({ ...everything, backend: initBackend('memory', 'memory') }),
      sqlite: this.#wrap({
        ...everything,
        replayCookies: true,
        backend: initBackend(this.#directory.path('cache.sqlite'), 'sqlite'),
      }),
      rfc9111: this.#wrap({ ...rfc9111, backend: initBackend('rfc9111', 'memory') }),
    };
  }

  static async create(): Promise<World> {
    return new World(await TwoOrigins.start());
  }

  session(name: SessionName): CachedAxiosInstance {
    return this.#sessions[name];
  }

  async close(): Promise<void> {
    for (const http of Object.values(this.#sessions)) await http.cache.close();
    await this.origins.close();
    this.#directory.remove();
  }

  #wrap(options: CacheOptions): CachedAxiosInstance {
    const http = withCache(axios.create(), { clock: new ManualClock(), storageTimeout: 60, ...options });
    for (const name of ['backendError', 'recordRejected', 'callbackError'] as const) {
      http.cache.on(name, (event) => this.events.push(event.type));
    }
    return http;
  }
}
