import type { AxiosInstance } from 'axios';
import type { ContextStack } from '../cache/context-stack.js';
import { isAxiosInstance } from './axios-instance.js';
import type { SharedCache } from './shared-cache.js';
import { Tap } from './tap.js';

/** A cache that is in force wherever no context says otherwise. */
interface Installed {
  readonly shared: SharedCache;
  /** Ends what the installation keeps in place. */
  readonly release: () => void;
}

/**
 * Makes an axios export, and what its `create` makes from then on, use the caches that are installed or enabled for it.
 * There is one for each copy of axios, as long as anything is.
 */
export class AxiosHook {
  readonly axiosExport: AxiosInstance;
  #installed: Installed | undefined;
  readonly #contexts: ContextStack<SharedCache>;
  /** Instances are held weakly in both: a program may make one for each request. */
  readonly #taps = new WeakMap<AxiosInstance, Tap>();
  readonly #instances = new Set<WeakRef<AxiosInstance>>();
  readonly #collected = new FinalizationRegistry<WeakRef<AxiosInstance>>((instance) =>
    this.#instances.delete(instance),
  );

  constructor(axiosExport: AxiosInstance, contexts: ContextStack<SharedCache>) {
    this.axiosExport = axiosExport;
    this.#contexts = contexts;
    this.#tap(axiosExport);
  }

  /** The cache that is in force here: the innermost of the context, else the one that is installed. */
  inForce(): SharedCache | undefined {
    const found = this.#contexts.find(this.axiosExport);
    return found === undefined ? this.#installed?.shared : (found ?? undefined);
  }

  get isInstalled(): boolean {
    return this.#installed !== undefined;
  }

  /** Puts a cache in force wherever no context says otherwise. */
  install(shared: SharedCache, release: () => void): void {
    this.#installed = { shared, release };
  }

  /** @returns what was installed, not closed yet */
  uninstall(): SharedCache | undefined {
    const installed = this.#installed;
    this.#installed = undefined;
    installed?.release();
    return installed?.shared;
  }

  tapOn(instance: AxiosInstance): Tap | undefined {
    return this.#taps.get(instance);
  }

  /** Leaves every instance as it was before. */
  remove(): void {
    for (const reference of this.#instances) {
      const instance = reference.deref();
      if (instance !== undefined) this.#taps.get(instance)?.remove();
    }
    this.#instances.clear();
  }

  #tap(instance: AxiosInstance): void {
    const tap = new Tap(instance, {
      inForce: () => this.inForce(),
      onCreated: (made) => this.#adopt(made),
    });
    const reference = new WeakRef(instance);
    this.#taps.set(instance, tap);
    this.#instances.add(reference);
    this.#collected.register(instance, reference);
  }

  /** What is made where nothing is installed, beside somebody else's `enabled`, is not touched. */
  #adopt(made: unknown): void {
    if (!isAxiosInstance(made) || this.#taps.has(made) || !canObserve(made)) return;
    if (!this.isInstalled && this.#contexts.find(this.axiosExport) === undefined) return;
    this.#tap(made);
  }
}

/** Whether `create` of an instance can be replaced, and put back. */
export function canObserve(instance: AxiosInstance): boolean {
  return Object.getOwnPropertyDescriptor(instance, 'create')?.configurable !== false;
}
