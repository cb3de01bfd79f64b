// This library, by each of its backends.
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import axios, { AxiosHeaders } from 'axios';
import { withCache } from 'axios-persistent-cache';
import { removeAtEnd } from '../../../__tests__/http-tests/processes.mjs';
import { axiosSubject } from './axios-subject.mjs';
import { answeringAdapter } from './floor.mjs';

const LOCAL = ['memory', 'sqlite', 'filesystem'];
let made = 0;

/**
 * @param {string | { name: string }} backend as `withCache` takes it
 * @param {object} options of `withCache`
 * @param {{ isAnswered?: boolean }} how isAnswered: misses are answered in the process, by what answers the floor
 */
export function ours(backend, options = {}, { isAnswered = false } = {}) {
  const name = typeof backend === 'string' ? backend : backend.name;
  const httpAgent = new http.Agent({ keepAlive: true });
  const adapter = isAnswered ? { adapter: answeringAdapter(AxiosHeaders) } : {};
  const place = placeFor(name);
  const instance = withCache(axios.create({ httpAgent, ...adapter }), {
    cacheName: place.cacheName,
    backend,
    expireAfter: '1d',
    ...options,
  });
  let failure;
  instance.cache.on('backendError', ({ error }) => (failure ??= error));
  return {
    ...axiosSubject(name, `this, ${name}`, instance),
    cache: instance.cache,
    /** The first failure of storage: figures of what went to the origin instead say nothing. */
    failure: () => failure,
    clear: () => instance.cache.clear(),
    close: async () => {
      // A server of the environment keeps what it is not told to delete.
      if (!LOCAL.includes(name)) await instance.cache.clear();
      await instance.cache.close();
      httpAgent.destroy();
      place.remove();
    },
  };
}

function placeFor(name) {
  if (!LOCAL.includes(name)) {
    return { cacheName: `bench_speed_${process.pid}_${made++}`, remove: () => undefined };
  }
  const directory = mkdtempSync(path.join(os.tmpdir(), 'bench-speed-'));
  removeAtEnd(directory);
  return {
    cacheName: path.join(directory, 'cache'),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** With an option that this release may not have yet. @returns undefined where it has not */
export function oursImmutable() {
  try {
    const subject = ours('memory', { immutableData: true });
    return {
      ...subject,
      id: 'memory-immutable',
      name: 'this, memory, immutableData',
      note: 'one object for everybody, frozen',
      isShared: true,
    };
  } catch (error) {
    if (error?.code === 'ERR_CACHE_INVALID_OPTION') return undefined;
    throw error;
  }
}

const OPTIONS_FOR = {
  redis: (url) => ({ url }),
  mongodb: (url) => ({ url }),
  gridfs: (url) => ({ url }),
  dynamodb: (url) => ({
    endpoint: url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
  }),
};

/** @param {{ backend: string, url: string, title: string, isEmulator: boolean }} server one that answers just now */
export function oursOn({ backend, url, title, isEmulator }, options = {}) {
  const subject = ours({ name: backend, ...OPTIONS_FOR[backend](url) }, options);
  return { ...subject, note: `on ${title}${isEmulator ? ', an emulator' : ''}` };
}

export function oursLocal(options = {}) {
  return LOCAL.map((backend) => ours(backend, options));
}
