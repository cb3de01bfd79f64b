import { importInstalled, installedVersion } from '../rivals/installed.mjs';
import { fetchByAxios, PLAIN_AXIOS } from './axios-fetch.mjs';
import { optionText } from './option-text.mjs';

const RIVAL = 'axios-cache-interceptor';

async function create(name, options) {
  const [{ default: axios }, { setupCache }] = await Promise.all([
    importInstalled(RIVAL, 'axios'),
    importInstalled(RIVAL, RIVAL),
  ]);
  const http = setupCache(axios.create(PLAIN_AXIOS), options);
  const axiosVersion = installedVersion(RIVAL, 'axios');
  return {
    name,
    version: installedVersion(RIVAL, RIVAL),
    options: `setupCache(axios, ${optionText(options)}), axios ${axiosVersion}`,
    fetch: (url, init) => fetchByAxios(http, url, init),
  };
}

/**
 * The options, tried one by one and together, that pass most required tests:
 * - `ttl` is the lifetime of a response that names none, by default five minutes. The test that forbids that is one that
 *   most others depend on. One second instead of 0 passes nine optimal tests more and seven required ones less.
 * - `statusCheck`: by default only some statuses are stored, even where their lifetime is explicit. All of them: nine
 *   required and ten optimal tests more.
 * - `modifiedSince`: by default a response without an ETag is not validated.
 * - `staleIfError`: by default for ever. With all statuses stored it makes no difference to the score.
 * - `cacheTakeover`: by default it adds Cache-Control, Pragma and Expires to requests; no difference either.
 * More `methods`, another `location` or `storage` make no difference; fewer `methods`, or `etag`, `vary` or
 * `interpretHeader` off pass fewer tests.
 */
export function best() {
  return create(RIVAL, {
    ttl: 0,
    cachePredicate: { statusCheck: () => true },
    modifiedSince: true,
    staleIfError: false,
    cacheTakeover: false,
  });
}

export function defaults() {
  return create(`${RIVAL}, defaults`, {});
}
