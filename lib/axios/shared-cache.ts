import type { AxiosInstance } from 'axios';
import type { CacheCore } from '../cache/cache-core.js';
import type { HttpCacheError } from '../errors.js';
import { HttpCache } from './http-cache.js';
import { cachingInterceptors, type Interceptors } from './interceptors.js';
import type { OpenedCache } from './open-cache.js';
import { ownCopyOf } from './own-copy.js';

/** What one instance has of a cache that it shares with others. */
export interface SharedCacheMember extends Interceptors {
  readonly cache: HttpCache;
  /** The user has taken the cache off this instance. */
  readonly isDetached: boolean;
}

/** One cache for many instances: one store, one set of settings, one exchange. Each instance keeps its own copy of axios. */
export class SharedCache {
  readonly #core: CacheCore;
  readonly #autoclose: boolean;
  /** Weak: instances come and go, with each request in some programs, while the cache stays. */
  readonly #members = new WeakMap<AxiosInstance, SharedCacheMember>();

  constructor({ core, autoclose }: OpenedCache) {
    this.#core = core;
    this.#autoclose = autoclose;
  }

  /** What an instance has of the cache, made when it is first asked for. */
  member(instance: AxiosInstance): SharedCacheMember {
    const known = this.#members.get(instance);
    if (known !== undefined) return known;
    const member = this.#join(instance);
    this.#members.set(instance, member);
    return member;
  }

  /**
   * Waits for what runs in the background, then closes the backend unless `autoclose` is off. Idempotent.
   * @throws HttpCacheError
   */
  close(): Promise<void> {
    return this.#core.storage.maintenance('close', () => this.#core.close(this.#autoclose));
  }

  /** As {@link close}, but a failure is told as the event `backendError`. */
  async closeQuietly(): Promise<void> {
    try {
      await this.close();
    } catch (error) {
      const { name } = this.#core.backend;
      this.#core.tell({
        type: 'backendError',
        backend: name,
        operation: 'close',
        error: error as HttpCacheError,
      });
    }
  }

  #join(instance: AxiosInstance): SharedCacheMember {
    const copy = ownCopyOf(instance);
    let isDetached = false;
    const detach = (): void => {
      isDetached = true;
    };
    return {
      ...cachingInterceptors(this.#core, copy),
      cache: new HttpCache(this.#core, copy, instance, this.#autoclose, detach),
      get isDetached() {
        return isDetached;
      },
    };
  }
}
