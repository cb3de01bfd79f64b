// axios without a cache: the floor. What must not be reused is not, and that alone passes many tests.
import { importInstalled, installedVersion } from '../rivals/installed.mjs';
import { fetchByAxios, PLAIN_AXIOS } from './axios-fetch.mjs';

export async function create() {
  const { default: axios } = await importInstalled('axios', 'axios');
  const http = axios.create(PLAIN_AXIOS);
  return {
    name: 'axios (no cache)',
    version: installedVersion('axios', 'axios'),
    options: 'no cache',
    fetch: (url, init) => fetchByAxios(http, url, init),
  };
}
