// The rivals of Node, each installed on demand beside the tests that compare them, with its own axios where it has one.
import http from 'node:http';
import { installRival } from '../../../__tests__/http-tests/install.mjs';
import { importInstalled, installedVersion } from '../../../__tests__/http-tests/rivals/installed.mjs';
import { answeringAdapter } from './floor.mjs';
import { axiosSubject, drained } from './axios-subject.mjs';

const INTERCEPTOR = 'axios-cache-interceptor';
const DAY_MS = 86_400_000;

/** Installs all of them. @returns versions by package */
export async function installRivals() {
  for (const rival of [INTERCEPTOR, 'undici', 'got']) await installRival(rival);
  return {
    [INTERCEPTOR]: installedVersion(INTERCEPTOR, INTERCEPTOR),
    undici: installedVersion('undici', 'undici'),
    got: installedVersion('got', 'got'),
  };
}

/**
 * @param {false | 'double'} cloneData 'double' copies what is stored and what is handed out, so that nobody changes what
 *   others get; that is the promise of this library, too
 */
async function interceptor(cloneData, { isAnswered = false } = {}) {
  const [{ default: axios }, { setupCache, buildMemoryStorage }] = await Promise.all([
    importInstalled(INTERCEPTOR, 'axios'),
    importInstalled(INTERCEPTOR, INTERCEPTOR),
  ]);
  const httpAgent = new http.Agent({ keepAlive: true });
  const adapter = isAnswered ? { adapter: answeringAdapter(axios.AxiosHeaders) } : {};
  // Its limit of 1024 entries stays, except where more are to be stored.
  const storage = isAnswered ? buildMemoryStorage(cloneData, false, false) : buildMemoryStorage(cloneData);
  const instance = setupCache(axios.create({ httpAgent, ...adapter }), { storage, ttl: DAY_MS });
  const subject = cloneData
    ? axiosSubject('interceptor-clone', `${INTERCEPTOR}, cloneData`, instance)
    : {
        ...axiosSubject('interceptor', INTERCEPTOR, instance),
        note: 'one object for everybody, who can change it',
        isShared: true,
      };
  return { ...subject, clear: () => storage.data.clear(), close: () => httpAgent.destroy() };
}

export const interceptorUncloned = (how) => interceptor(false, how);
export const interceptorCloned = (how) => interceptor('double', how);

export async function undici() {
  const { default: package_ } = await importInstalled('undici', 'undici');
  const agent = new package_.Agent();
  const dispatcher = agent.compose(package_.interceptors.cache());
  const readers = {
    json: (body) => body.json(),
    text: (body) => body.text(),
    arraybuffer: (body) => body.arrayBuffer(),
    stream: drained,
  };
  return {
    id: 'undici',
    name: 'undici, cache interceptor',
    get: async (url, kind = 'json') => {
      const { body } = await package_.request(url, { dispatcher });
      return readers[kind](body);
    },
    close: () => agent.destroy(),
  };
}

export async function got() {
  const [{ default: package_ }, { default: CacheableRequest }] = await Promise.all([
    importInstalled('got', 'got'),
    importInstalled('got', 'cacheable-request'),
  ]);
  const map = new Map();
  const agent = new http.Agent({ keepAlive: true });
  const client = package_.extend({ cache: storeOf(map, CacheableRequest), agent: { http: agent } });
  const readers = {
    json: (url) => client(url).json(),
    text: (url) => client(url).text(),
    arraybuffer: (url) => client(url).buffer(),
    stream: (url) => drained(client.stream(url)),
  };
  return {
    id: 'got',
    name: 'got, Map',
    get: (url, kind = 'json') => readers[kind](url),
    clear: () => map.clear(),
    close: () => agent.destroy(),
  };
}

/**
 * The store (a Keyv) that got makes of a `Map`, with one thing mended in its favour. For each request it adds a listener by `once`
 * and takes it away by `removeListener`, which does not find it there, since Keyv's `once` wraps it. They would become
 * more with each request, and each would print a warning and cost time, which says nothing of how fast its cache is. What
 * is added by `on` is found.
 */
function storeOf(map, CacheableRequest) {
  const { cache: store } = new CacheableRequest(http.request, map);
  store.once = store.on;
  return store;
}
