import type { AxiosInstance } from 'axios';
import type { GlobalCaches } from './global-caches.js';
import type { Tap } from './tap.js';

/**
 * Where the caches that are installed are found, by other copies of this library too (ESM beside CJS). The number is that
 * of the protocol between them.
 */
const REGISTRY = Symbol.for('axios-persistent-cache.global/1');

type Registry = { [REGISTRY]?: GlobalCaches };

/** What is installed or enabled in this process; undefined: nothing, nowhere. */
export function presentCaches(): GlobalCaches | undefined {
  return (globalThis as Registry)[REGISTRY];
}

/** Makes caches known to the whole process. @returns takes that back */
export function register(caches: GlobalCaches): () => void {
  Object.defineProperty(globalThis, REGISTRY, { value: caches, configurable: true });
  return () => {
    if (presentCaches() === caches) delete (globalThis as Registry)[REGISTRY];
  };
}

/** By what an instance takes part in installed caches; undefined: it does not. */
export function tapOn(instance: AxiosInstance): Tap | undefined {
  return presentCaches()?.tapOn(instance);
}
