// The clients that the suite can be run on, by name. A rival may have variants, `name:variant`; the plain name is the one
// that passes most required tests, and among those the one that passes most optimal ones.

/** The package's own backends. */
const OWN = {
  memory: () => import('./axios-persistent-cache.mjs').then(({ wrap }) => wrap('memory')),
  sqlite: () => import('./axios-persistent-cache.mjs').then(({ wrap }) => wrap('sqlite')),
};

const RIVALS = {
  undici: () => import('./undici.mjs').then(({ byFetch }) => byFetch('MemoryCacheStore')),
  'undici:sqlite': () => import('./undici.mjs').then(({ byFetch }) => byFetch('SqliteCacheStore')),
  'undici:request': () => import('./undici.mjs').then(({ byRequest }) => byRequest('MemoryCacheStore')),
  got: () => import('./got.mjs').then(({ create }) => create({ shared: false, cacheHeuristic: 0 })),
  'got:heuristic': () => import('./got.mjs').then(({ create }) => create({ shared: false })),
  'axios-cache-interceptor': () => import('./axios-cache-interceptor.mjs').then(({ best }) => best()),
  'axios-cache-interceptor:defaults': () =>
    import('./axios-cache-interceptor.mjs').then(({ defaults }) => defaults()),
  axios: () => import('./axios.mjs').then(({ create }) => create()),
};

const CLIENTS = { ...OWN, ...RIVALS };

export const ownNames = Object.freeze(Object.keys(OWN));
export const rivalNames = Object.freeze(Object.keys(RIVALS));

/** The package that a variant is a variant of. */
export function rivalOf(name) {
  return name.split(':', 1)[0];
}

/**
 * @returns {Promise<{ name: string, version: string, options?: string, fetch: typeof fetch, close?: () => Promise<void> }>}
 *   `options`: the configuration, as the scoreboard shows it
 */
export async function createClient(name) {
  return CLIENTS[name]();
}
