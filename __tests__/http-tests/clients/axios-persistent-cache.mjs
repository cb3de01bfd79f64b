// The built package, as a user would have it: a wrapped axios instance with the `rfc9111` options.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import axios from 'axios';
import { rfc9111, withCache } from '../../../dist/index.mjs';
import { fetchByAxios, PLAIN_AXIOS } from './axios-fetch.mjs';

const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));

/** @param {'memory' | 'sqlite'} backend */
export async function wrap(backend) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'http-tests-cache-'));
  const http = withCache(
    axios.create(PLAIN_AXIOS),
    // RFC 9111 section 4.2.4 leaves it to a cache whether it answers stale when the origin is not to be reached; what the
    // suite says of the exceptions makes sense only where it does.
    { ...rfc9111, staleIfError: true, backend, cacheName: path.join(folder, 'http-tests') },
  );
  return {
    name: `axios-persistent-cache (${backend})`,
    version,
    options: `{ ...rfc9111, staleIfError: true, backend: '${backend}' }`,
    fetch: (url, init) => fetchByAxios(http, url, init),
    close: async () => {
      await http.cache.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
