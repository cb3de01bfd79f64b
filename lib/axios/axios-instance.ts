import type { AxiosInstance } from 'axios';
import { InvalidOptionError } from '../errors.js';

/** Whether a value is an axios instance, of whichever copy of axios, that can be given a cache. */
export function isAxiosInstance(value: unknown): value is AxiosInstance {
  const given = value as Partial<AxiosInstance> | null | undefined;
  return (
    typeof given?.request === 'function' &&
    typeof given.create === 'function' &&
    typeof given.getUri === 'function' &&
    typeof given.interceptors?.request?.use === 'function' &&
    typeof given.interceptors.response?.use === 'function' &&
    Object.isExtensible(given)
  );
}

/** @throws InvalidOptionError (ERR_CACHE_INVALID_OPTION) */
export function requireInstance(
  value: unknown,
  option: string,
  accepted: string,
): asserts value is AxiosInstance {
  if (!isAxiosInstance(value)) throw new InvalidOptionError(option, value, accepted);
}

/** What an instance has as its `cache`, whoever put it there. */
export function cacheOf(instance: AxiosInstance): unknown {
  return (instance as { readonly cache?: unknown }).cache;
}
