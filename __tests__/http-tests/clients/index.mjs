// The clients that the suite can be run on, by name.
const CLIENTS = {
  memory: () => import('./axios-persistent-cache.mjs').then(({ wrap }) => wrap('memory')),
  sqlite: () => import('./axios-persistent-cache.mjs').then(({ wrap }) => wrap('sqlite')),
};

export const clientNames = Object.freeze(Object.keys(CLIENTS));

/** @returns {Promise<{ name: string, version: string, fetch: typeof fetch, close?: () => Promise<void> }>} */
export async function createClient(name) {
  return CLIENTS[name]();
}
