import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import axios, { type CreateAxiosDefaults } from 'axios';
import {
  type Backend,
  type BackendName,
  type CachedAxiosInstance,
  type CacheOptions,
  initBackend,
  type StoredRecord,
  withCache,
} from '../../lib/index.js';
import { ManualClock } from '../helpers/manual-clock.js';
import { type Handler, OriginServer } from '../helpers/origin-server.js';

/** The backends that every test of maintenance runs on. */
export const BACKEND_NAMES: readonly BackendName[] = ['memory', 'sqlite'];

/** An origin, a clock and a store, and instances that are cached by them. */
export class Fixture {
  readonly clock = new ManualClock();
  readonly origin: OriginServer;
  /** The store that {@link cached} uses unless it is told another one. */
  readonly backend: Backend;
  readonly #name: BackendName;
  readonly #directory = mkdtempSync(path.join(os.tmpdir(), 'maintenance-'));
  readonly #opened: Backend[] = [];

  private constructor(name: BackendName, origin: OriginServer) {
    this.#name = name;
    this.origin = origin;
    this.backend = this.newBackend();
  }

  static async start(name: BackendName, handler?: Handler): Promise<Fixture> {
    return new Fixture(name, await OriginServer.start(handler));
  }

  /** Another, empty store; of the same kind unless told otherwise. */
  newBackend(name: BackendName = this.#name): Backend {
    const cacheName = path.join(this.#directory, `store-${this.#opened.length}`);
    const backend =
      name === 'sqlite' ? initBackend(cacheName, name, { fastSave: true }) : initBackend(cacheName, name);
    this.#opened.push(backend);
    return backend;
  }

  /** An instance with the origin as its `baseURL`. */
  cached(options: CacheOptions = {}, defaults: CreateAxiosDefaults = {}): CachedAxiosInstance {
    const instance = axios.create({ baseURL: this.origin.url, ...defaults });
    return withCache(instance, { backend: this.backend, clock: this.clock, ...options });
  }

  /** Changes a body behind the back of its head, as a failing disk would. */
  async damage(key: string): Promise<void> {
    const records = await this.backend.get(key);
    if (records.length === 0) throw new Error('There is nothing to damage.');
    for (const record of records) {
      const damaged: StoredRecord = { ...record, body: Buffer.from('not what was stored') };
      await this.backend.put(damaged);
    }
  }

  async dispose(): Promise<void> {
    for (const backend of this.#opened) await backend.close();
    await this.origin.close();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** Runs tests once for each backend, each test with a fixture of its own. */
export function describeOnBackends(title: string, tests: (fixture: () => Fixture) => void): void {
  describe.each(BACKEND_NAMES)(`${title} (%s)`, (name) => {
    let fixture: Fixture;
    beforeEach(async () => {
      fixture = await Fixture.start(name);
    });
    afterEach(() => fixture.dispose());
    tests(() => fixture);
  });
}

/** All that an iteration gives. */
export async function collect<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of iterable) all.push(one);
  return all;
}

/** Stores texts by hand, without asking the origin: `/item/0`, `/item/1`, … */
export async function saveItems(http: CachedAxiosInstance, count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    await http.cache.saveResponse({
      data: `item ${index}`,
      status: 200,
      statusText: 'OK',
      headers: {},
      config: { url: `/item/${index}` },
    });
  }
}
