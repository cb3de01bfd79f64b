import type { AxiosInstance } from 'axios';
import { cacheOf } from './axios-instance.js';
import type { HttpCache } from './http-cache.js';
import { placeInterceptors } from './interceptors.js';
import type { SharedCache, SharedCacheMember } from './shared-cache.js';

/** What a tap has to know of the installation that it belongs to. */
export interface TapSource {
  /** The cache that is in force where this is asked. */
  readonly inForce: () => SharedCache | undefined;
  /** Is told of what `instance.create()` makes. */
  readonly onCreated: (made: unknown) => void;
}

/**
 * By this an instance uses whichever shared cache is in force where a request is made, and none where none is. It changes
 * the instance in three places: its interceptors, `instance.create`, and `instance.cache`.
 */
export class Tap {
  readonly #instance: AxiosInstance;
  readonly #source: TapSource;
  readonly #takeOutInterceptors: () => void;
  readonly #restoreCreate: () => void;
  readonly #getCache = (): HttpCache | undefined => this.#member()?.cache;
  #isConcealed = true;

  constructor(instance: AxiosInstance, source: TapSource) {
    this.#instance = instance;
    this.#source = source;
    this.#takeOutInterceptors = placeInterceptors(instance, {
      onRequest: (config) => this.#member()?.onRequest(config) ?? config,
      onResponse: (response) => this.#member()?.onResponse(response) ?? response,
      // The very error that axios or an interceptor made, whatever it is.
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
      onError: (error) => this.#member()?.onError(error) ?? Promise.reject(error),
    });
    this.#restoreCreate = observeCreate(instance, source.onCreated);
    if (cacheOf(instance) === undefined) this.reveal();
  }

  /** Whether the instance has a cache of its own, which comes first. */
  get isConcealed(): boolean {
    return this.#isConcealed;
  }

  /** Gives way to a cache of the instance's own. */
  conceal(): void {
    if (this.#isConcealed) return;
    this.#isConcealed = true;
    if (Object.getOwnPropertyDescriptor(this.#instance, 'cache')?.get !== this.#getCache) return;
    // Not by `delete`, which would throw where the instance has been frozen meanwhile.
    Reflect.deleteProperty(this.#instance, 'cache');
  }

  /** The instance has no cache of its own any more. */
  reveal(): void {
    if (!this.#isConcealed) return;
    this.#isConcealed = false;
    Reflect.defineProperty(this.#instance, 'cache', {
      get: this.#getCache,
      configurable: true,
      enumerable: true,
    });
  }

  /** Leaves the instance as it was before; for good. */
  remove(): void {
    this.conceal();
    this.#takeOutInterceptors();
    this.#restoreCreate();
  }

  #member(): SharedCacheMember | undefined {
    if (this.#isConcealed) return undefined;
    const member = this.#source.inForce()?.member(this.#instance);
    return member?.isDetached === true ? undefined : member;
  }
}

type Create = (this: unknown, ...args: Parameters<AxiosInstance['create']>) => AxiosInstance;

/**
 * Is told of every instance that `instance.create()` makes.
 * @returns puts `create` back as it was, unless somebody has replaced it meanwhile: then what they may call goes on to work
 */
function observeCreate(instance: AxiosInstance, onCreated: (made: unknown) => void): () => void {
  const before = Object.getOwnPropertyDescriptor(instance, 'create');
  const original = Reflect.get(instance, 'create') as Create;
  let isOver = false;
  const create: Create = function (this: unknown, ...args) {
    const made = Reflect.apply(original, this, args);
    if (!isOver) onCreated(made);
    return made;
  };
  Object.defineProperty(create, 'length', { value: original.length, configurable: true });
  const isEnumerable = before?.enumerable ?? true;
  Object.defineProperty(instance, 'create', {
    value: create,
    writable: true,
    configurable: true,
    enumerable: isEnumerable,
  });
  return () => {
    isOver = true;
    if (Object.getOwnPropertyDescriptor(instance, 'create')?.value !== create) return;
    if (before !== undefined) Reflect.defineProperty(instance, 'create', before);
    else Reflect.deleteProperty(instance, 'create');
  };
}
