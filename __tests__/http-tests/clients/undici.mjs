import { importInstalled, installedVersion } from '../rivals/installed.mjs';
import { badGateway, fetchShaped, requestFields } from './fetch-shape.mjs';
import { optionText } from './option-text.mjs';

const MAX_REDIRECTIONS = 5;

/**
 * `type: 'private'`: by default it is a shared cache, which passes fewer tests. No test more or less is passed with
 * other `methods` or another `cacheByDefault`. Three verdicts, one of them on a required test, depend on chance: undici
 * forgets a response of one second's lifetime after two more, unless it was stale already when it came, and the suite
 * comes back for it after three.
 */
async function prepare(storeName) {
  const { default: undici } = await importInstalled('undici', 'undici');
  const Store = undici.cacheStores[storeName];
  if (Store === undefined) throw new Error(`undici's ${storeName} needs a Node that has node:sqlite`);
  const options = { type: 'private', store: new Store() };
  return { undici, options, cache: undici.interceptors.cache(options) };
}

/**
 * `undici.fetch`, which alone can pass on what the engine says of Fetch's cache modes: that passes a required test more
 * (and an optimal one less) than `undici.request` does.
 */
export async function byFetch(storeName) {
  const { undici, options, cache } = await prepare(storeName);
  const dispatcher = new undici.Agent().compose(cache);
  return {
    name: storeName === 'MemoryCacheStore' ? 'undici' : `undici, ${storeName}`,
    version: installedVersion('undici', 'undici'),
    options: `fetch with interceptors.cache(${optionText(options)})`,
    fetch: async (url, init) => {
      try {
        const response = await undici.fetch(url, { ...init, dispatcher });
        const bytes = new Uint8Array(await response.arrayBuffer());
        return fetchShaped(response.status, response.statusText, response.headers, bytes);
      } catch (error) {
        return badGateway(error.cause ?? error);
      }
    },
  };
}

export async function byRequest(storeName) {
  const { undici, options, cache } = await prepare(storeName);
  const direct = new undici.Agent().compose(cache);
  const following = new undici.Agent().compose(
    undici.interceptors.redirect({ maxRedirections: MAX_REDIRECTIONS }),
    cache,
  );
  return {
    name: 'undici, request',
    version: installedVersion('undici', 'undici'),
    options: `request with interceptors.cache(${optionText(options)})`,
    fetch: async (url, init) => {
      try {
        const { statusCode, statusText, headers, body } = await undici.request(url, {
          method: init?.method ?? 'GET',
          headers: requestFields(init?.headers),
          body: init?.body,
          dispatcher: init?.redirect === 'manual' ? direct : following,
        });
        const bytes = new Uint8Array(await body.arrayBuffer());
        return fetchShaped(statusCode, statusText, Object.entries(headers), bytes);
      } catch (error) {
        return badGateway(error);
      }
    },
  };
}
