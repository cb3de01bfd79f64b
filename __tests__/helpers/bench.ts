import axios, { type AxiosInstance, type AxiosRequestConfig } from 'axios';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {
  type Backend,
  type CacheEvent,
  type CacheEventName,
  type CachedAxiosInstance,
  type CacheOptions,
  initBackend,
  withCache,
} from '../../lib/index.js';
import { ManualClock } from './manual-clock.js';
import { type Handler, OriginServer } from './origin-server.js';

type MainBackend = 'memory' | 'sqlite';

/**
 * The backends on which all requests are tested; the others prove that they keep the same contract. Which axios there is makes
 * no difference to storage, so that older ones are tested on one only.
 */
export const BACKENDS_UNDER_TEST: readonly MainBackend[] =
  process.env['AXIOS_UNDER_TEST'] === undefined ? ['memory', 'sqlite'] : ['memory'];

/** Those that need no server. */
export const LOCAL_BACKENDS: readonly BackendUnderTest[] = ['memory', 'sqlite', 'filesystem'];
export type BackendUnderTest = MainBackend | 'filesystem';

const EVENT_NAMES: readonly CacheEventName[] = [
  'backendError',
  'breakerOpen',
  'breakerClose',
  'recordRejected',
  'backgroundError',
  'callbackError',
];

/** A URL at which nobody listens. */
export async function deadUrl(): Promise<string> {
  const origin = await OriginServer.start();
  const { url } = origin;
  await origin.close();
  return url;
}

/** A real origin, a clock that stands still, and a backend: new for each test, closed after it. */
export class Bench {
  readonly clock = new ManualClock();
  readonly events: CacheEvent[] = [];
  readonly #wrapped: CachedAxiosInstance[] = [];
  readonly #name: BackendUnderTest;
  #origin: OriginServer | undefined;
  #directory: string | undefined;
  #backend: Backend | undefined;

  constructor(name: BackendUnderTest) {
    this.#name = name;
  }

  get origin(): OriginServer {
    if (this.#origin === undefined) throw new Error('The bench is not set up.');
    return this.#origin;
  }

  /** The backend that all instances of one test share, unless they are given another. */
  get backend(): Backend {
    this.#backend ??= this.newBackend();
    return this.#backend;
  }

  /** Path of the database, for tests of sqlite that look into it or open it again. */
  get file(): string {
    this.#directory ??= mkdtempSync(path.join(os.tmpdir(), 'cache-bench-'));
    return path.join(this.#directory, 'cache.sqlite');
  }

  /** Another handle: on the same file or directory, for memory a store of its own. */
  newBackend(): Backend {
    return this.#name === 'memory' ? initBackend('memory', 'memory') : initBackend(this.file, this.#name);
  }

  /** An instance for the origin with a cache, by default on the bench's backend and clock. */
  wrap(options: CacheOptions = {}, config: AxiosRequestConfig = {}): CachedAxiosInstance {
    return this.adopt(axios.create({ baseURL: this.origin.url, ...config }), options);
  }

  /** Gives an instance a cache, and remembers to close it. */
  adopt(instance: AxiosInstance, options: CacheOptions = {}): CachedAxiosInstance {
    const http = withCache(instance, {
      clock: this.clock,
      ...options,
      backend: options.backend ?? this.backend,
    });
    for (const name of EVENT_NAMES) http.cache.on(name, (event) => this.events.push(event));
    this.#wrapped.push(http);
    return http;
  }

  /** An instance for the origin without a cache. */
  plain(config: AxiosRequestConfig = {}): AxiosInstance {
    return axios.create({ baseURL: this.origin.url, ...config });
  }

  answer(handler: Handler): void {
    this.origin.handle(handler);
  }

  /** Lets time pass. */
  pass(seconds: number): void {
    this.clock.advance(seconds * 1000);
  }

  eventTypes(): readonly string[] {
    return this.events.map(({ type }) => type);
  }

  async setUp(): Promise<void> {
    this.#origin = await OriginServer.start();
  }

  async tearDown(): Promise<void> {
    try {
      for (const http of this.#wrapped) await http.cache?.close();
      await this.#backend?.close();
    } finally {
      await this.#origin?.close();
      if (this.#directory !== undefined) rmSync(this.#directory, { recursive: true, force: true });
    }
  }
}

/** A bench for each test of the surrounding `describe`, reached by the returned function. */
export function useBench(name: BackendUnderTest = 'memory'): () => Bench {
  let bench = new Bench(name);
  beforeEach(async () => {
    bench = new Bench(name);
    await bench.setUp();
  });
  afterEach(() => bench.tearDown());
  return () => bench;
}
