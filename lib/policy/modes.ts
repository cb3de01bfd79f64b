import type { CacheMode, PolicySettings } from './messages.js';

/** Every mode, the default first. */
export const CACHE_MODES: readonly CacheMode[] = Object.freeze([
  'default',
  'network-first',
  'cache-first',
  'cache-only',
  'offline',
]);

/** Whether the settings keep every request from the origin. */
export function neverAsks({ onlyIfCached, mode }: PolicySettings): boolean {
  return onlyIfCached || mode === 'cache-only' || mode === 'offline';
}

/** Whether what is stored answers however old it is, whatever it says itself. */
export function servesAnyAge({ mode }: PolicySettings): boolean {
  return mode === 'cache-first' || mode === 'offline';
}

/** What keeps a request from the origin, for a reason in words. */
export function whyNotAsked({ mode }: PolicySettings): string {
  return mode === 'cache-only' || mode === 'offline' ? `mode ${mode}` : 'only-if-cached';
}
