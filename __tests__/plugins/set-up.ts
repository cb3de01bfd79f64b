import { type AxiosInstance, type AxiosRequestConfig } from 'axios';
import { type CachedAxiosInstance, type CacheOptions } from '../../lib/index.js';
import { type Bench } from '../helpers/bench.js';

/** Plugins are added to an instance before it gets its cache, or to one that has a cache already. */
export const ORDERS = ['before withCache', 'after withCache'] as const;
export type Order = (typeof ORDERS)[number];

/** Gives an instance a plugin. */
export type AddPlugin = (instance: AxiosInstance) => unknown;

/** An instance for the bench's origin that has a cache and a plugin, added in the order that is asked for. */
export function withPlugin(
  bench: Bench,
  order: Order,
  add: AddPlugin,
  options: CacheOptions = {},
  config: AxiosRequestConfig = {},
): CachedAxiosInstance {
  const instance = bench.plain(config);
  if (order === 'before withCache') add(instance);
  const http = bench.adopt(instance, options);
  if (order === 'after withCache') add(instance);
  return http;
}

/** The same without a cache, for comparison. */
export function withoutCache(bench: Bench, add: AddPlugin, config: AxiosRequestConfig = {}): AxiosInstance {
  const instance = bench.plain(config);
  add(instance);
  return instance;
}

/** What a promise is rejected with. */
export async function failureOf<T = Error>(promise: Promise<unknown>): Promise<T> {
  let result: unknown;
  try {
    result = await promise;
  } catch (error) {
    return error as T;
  }
  throw new Error(`It did not fail, but gave ${String(result)}.`);
}
