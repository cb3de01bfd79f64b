import axios from 'axios';
import { type CachedAxiosInstance, withCache } from 'axios-persistent-cache';

/** An instance for one test. `RECORD=1 GITHUB_TOKEN=… npm test` asks GitHub; without, what was recorded answers. */
export function recorded(name: string): CachedAxiosInstance {
  const token = process.env['GITHUB_TOKEN'];
  const instance = axios.create({
    baseURL: 'https://api.github.com',
    headers: token === undefined ? {} : { Authorization: `Bearer ${token}` },
  });
  return withCache(instance, {
    mode: process.env['RECORD'] ? 'record' : 'replay',
    cacheName: `examples/record-replay/recordings/${name}`,
  });
}
