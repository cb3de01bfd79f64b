import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import axios, { type AxiosRequestConfig } from 'axios';
import {
  type CachedAxiosInstance,
  type CacheOptions,
  type RecordingMode,
  withCache,
} from '../../lib/index.js';
import { ManualClock } from '../helpers/manual-clock.js';
import { OriginServer } from '../helpers/origin-server.js';

/** A real origin, and a directory for recordings. */
export class RecordingBench {
  readonly clock = new ManualClock();
  readonly directory = mkdtempSync(path.join(os.tmpdir(), 'recordings-'));
  readonly #wrapped: CachedAxiosInstance[] = [];

  private constructor(readonly origin: OriginServer) {}

  static async start(): Promise<RecordingBench> {
    return new RecordingBench(await OriginServer.start());
  }

  /** A new instance, as in another run of the tests. */
  run(mode: RecordingMode, options: CacheOptions = {}, config: AxiosRequestConfig = {}): CachedAxiosInstance {
    const http = withCache(axios.create({ baseURL: this.origin.url, ...config }), {
      clock: this.clock,
      cacheName: this.directory,
      mode,
      ...options,
    });
    this.#wrapped.push(http);
    return http;
  }

  /** File names, with the origin's port as `PORT` and the part of the key as `KEY`. */
  get names(): readonly string[] {
    return this.files.map((name) =>
      name.replace(new URL(this.origin.url).port, 'PORT').replace(/_[0-9a-f]{8}(?=\.)/, '_KEY'),
    );
  }

  get files(): readonly string[] {
    return readdirSync(this.directory).sort();
  }

  read(file = this.files[0] as string): string {
    return readFileSync(path.join(this.directory, file), 'utf8');
  }

  write(file: string, text: string): void {
    writeFileSync(path.join(this.directory, file), text);
  }

  async end(): Promise<void> {
    for (const http of this.#wrapped) await http.cache.close();
    await this.origin.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** A bench for each test of the surrounding `describe`. */
export function useRecordingBench(): () => RecordingBench {
  let bench: RecordingBench;
  beforeEach(async () => {
    bench = await RecordingBench.start();
  });
  afterEach(() => bench.end());
  return () => bench;
}
