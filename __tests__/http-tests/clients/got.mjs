import { importInstalled, installedVersion } from '../rivals/installed.mjs';
import { badGateway, fetchShaped, requestFields } from './fetch-shape.mjs';
import { optionText } from './option-text.mjs';

/** The packages that do got's caching, in the order in which they call each other. */
const WITH = ['cacheable-request', 'http-cache-semantics'];

/**
 * `shared: false`: by default it is a shared cache, which passes fewer tests. `cacheHeuristic: 0` turns heuristic
 * freshness off: with it, seven required tests fail (statuses that must not be cached heuristically), and nine optimal
 * ones pass. No test more or less is passed with `ignoreCargoCult`, with another `immutableMinTimeToLive` or with
 * `decompress` off.
 */
export async function create(cacheOptions) {
  const { default: got } = await importInstalled('got', 'got');
  const cacheConfiguration = { cache: new Map(), cacheOptions };
  const http = got.extend({
    ...cacheConfiguration,
    allowGetBody: true,
    responseType: 'buffer',
    retry: { limit: 0 },
    throwHttpErrors: false,
  });
  const versions = WITH.map((name) => `${name} ${installedVersion('got', name)}`).join(', ');
  return {
    name: cacheOptions.cacheHeuristic === 0 ? 'got' : 'got, heuristic freshness',
    version: installedVersion('got', 'got'),
    options: `${optionText(cacheConfiguration)}, ${versions}`,
    fetch: (url, init) => fetchByGot(http, url, init),
  };
}

async function fetchByGot(http, url, init) {
  let response;
  try {
    response = await http(url, {
      method: init?.method ?? 'GET',
      headers: requestFields(init?.headers),
      body: init?.body,
      followRedirect: init?.redirect !== 'manual',
    });
  } catch (error) {
    return badGateway(error);
  }
  const { statusCode, statusMessage, headers, body } = response;
  return fetchShaped(statusCode, statusMessage, Object.entries(headers), body);
}
