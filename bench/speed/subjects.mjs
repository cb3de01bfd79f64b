// What is timed: this library by each of its local backends, the floor, plain axios, and the rivals.
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import axios, { AxiosHeaders } from 'axios';
import { withCache } from 'axios-persistent-cache';
import { installRival } from '../../__tests__/http-tests/install.mjs';
import { importInstalled, installedVersion } from '../../__tests__/http-tests/rivals/installed.mjs';
import { fieldsOf, jsonOf } from './bodies.mjs';

/**
 * @typedef {object} Subject
 * @property {string} name
 * @property {(url: string, config?: object) => Promise<unknown>} get the parsed body
 * @property {() => unknown} close
 */

const agent = new http.Agent({ keepAlive: true });

/** axios with an adapter that answers at once, with the fields and the body that the origin sends. */
export function floor() {
  const answers = new Map();
  const instance = axios.create({
    adapter: async (config) => {
      const bytes = Number(/^https?:\/\/[^/]+\/(\d+)/.exec(config.url)[1]);
      let answer = answers.get(bytes);
      if (answer === undefined) {
        const body = jsonOf(bytes);
        answer = { body, fields: fieldsOf(body, bytes) };
        answers.set(bytes, answer);
      }
      const { body, fields } = answer;
      return {
        data: shaped(body, config.responseType),
        status: 200,
        statusText: 'OK',
        headers: new AxiosHeaders({ ...fields }),
        config,
        request: {},
      };
    },
  });
  return subject('axios, answered at once', instance);
}

/** As axios's own adapter gives it. */
function shaped(body, responseType) {
  return responseType === 'arraybuffer' ? Buffer.from(body) : body.toString('utf8');
}

export function plainAxios() {
  return subject('axios, no cache', axios.create({ httpAgent: agent }));
}

/** This library. */
export function ours(backend, options = {}) {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'bench-speed-'));
  const instance = withCache(axios.create({ httpAgent: agent }), {
    cacheName: path.join(directory, 'cache'),
    backend,
    expireAfter: '1d',
    ...options,
  });
  instance.cache.on('backendError', ({ error }) => {
    console.error(error);
    process.exitCode = 1;
  });
  const name = `this, ${typeof backend === 'string' ? backend : backend.name}`;
  const close = async () => {
    await instance.cache.close();
    rmSync(directory, { recursive: true, force: true });
  };
  return { ...subject(name, instance), close };
}

function subject(name, instance) {
  return {
    name,
    get: async (url, config) => (await instance.get(url, config)).data,
    respond: (url, config) => instance.get(url, config),
    close: () => undefined,
  };
}

/** By name; each is installed on demand. */
export const RIVALS = {
  'axios-cache-interceptor': () => interceptor('axios-cache-interceptor', false),
  'axios-cache-interceptor, cloneData': () => interceptor('axios-cache-interceptor, cloneData', 'double'),
  undici: async () => {
    await installRival('undici');
    const { default: undici } = await importInstalled('undici', 'undici');
    const dispatcher = new undici.Agent().compose(undici.interceptors.cache());
    return {
      name: 'undici, cache interceptor',
      version: installedVersion('undici', 'undici'),
      get: async (url) => (await undici.request(url, { dispatcher })).body.json(),
      close: () => dispatcher.close(),
    };
  },
  got: async () => {
    await installRival('got');
    const { default: got } = await importInstalled('got', 'got');
    const client = got.extend({ cache: new Map() });
    return {
      name: 'got, Map',
      version: installedVersion('got', 'got'),
      get: (url) => client(url).json(),
      close: () => undefined,
    };
  },
};

async function interceptor(name, cloneData) {
  await installRival('axios-cache-interceptor');
  const [{ default: theirAxios }, { setupCache, buildMemoryStorage }] = await Promise.all([
    importInstalled('axios-cache-interceptor', 'axios'),
    importInstalled('axios-cache-interceptor', 'axios-cache-interceptor'),
  ]);
  const instance = setupCache(theirAxios.create({ httpAgent: agent }), {
    storage: buildMemoryStorage(cloneData),
    ttl: 86_400_000,
  });
  return {
    ...subject(name, instance),
    version: installedVersion('axios-cache-interceptor', 'axios-cache-interceptor'),
  };
}
