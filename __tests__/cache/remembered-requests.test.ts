import { type AxiosResponse } from 'axios';
import { type CachedAxiosInstance, type CacheOptions } from '../../lib/index.js';
import { Random } from '../differential/random.js';
import { type Bench, BACKENDS_UNDER_TEST, useBench } from '../helpers/bench.js';
import { type Handler } from '../helpers/origin-server.js';
import { until } from '../helpers/until.js';

const ROUNDS = 40;
const STEPS = 60;

/** Answers in many ways, by the path alone and by how often it was asked for. */
const answers: Handler = ({ url, headers }, count) => {
  const kind = url.split('/').at(-1) ?? '';
  const tag = `"${Math.ceil(count / 3)}"`;
  const common = { etag: tag, 'content-type': 'application/json' };
  if (headers['if-none-match'] === tag) return { status: 304, headers: common };
  const body = JSON.stringify({ kind, count, language: headers['accept-language'] ?? null });
  switch (kind) {
    case 'lasting':
      return { body, headers: { ...common, 'cache-control': 'max-age=30, stale-while-revalidate=20' } };
    case 'varying':
      return { body, headers: { ...common, 'cache-control': 'max-age=50', vary: 'Accept-Language' } };
    case 'nagging':
      return { body, headers: { ...common, 'cache-control': 'no-cache' } };
    case 'strict':
      return { body, headers: { ...common, 'cache-control': 'max-age=5, must-revalidate' } };
    case 'moved':
      return { status: 302, headers: { location: './lasting', 'cache-control': 'max-age=20' } };
    case 'failing':
      // Not to what the cache asks of its own accord: it would then wait before it asks again.
      return count % 2 === 0 && headers['if-none-match'] === undefined
        ? { status: 503 }
        : { body, headers: common };
    case 'setting':
      return { body, headers: { ...common, 'set-cookie': `count=${count}`, 'cache-control': 'max-age=40' } };
    default:
      return { body, headers: { 'last-modified': new Date(0).toUTCString() } };
  }
};

const KINDS = ['lasting', 'varying', 'nagging', 'strict', 'moved', 'failing', 'setting', 'plain'] as const;

const OPTIONS: readonly CacheOptions[] = [
  { expireAfter: 40 },
  { expireAfter: -1, replayCookies: true },
  { expireAfter: 20, cacheControl: true, staleIfError: true },
  { expireAfter: 20, staleWhileRevalidate: 30 },
  { expireAfter: 30, refreshAhead: 0.5 },
  { expireAfter: 30, mode: 'cache-first' },
  { expireAfter: 30, alwaysRevalidate: true },
  { expireAfter: 30, immutableData: true },
];

/** Rules by which an answer is brought up to date after it was given. */
const IN_BACKGROUND: ReadonlySet<string> = new Set(['stale-while-revalidate', 'refresh-ahead']);

/** A request that is remembered beside the same one that never is, each with a store and an origin of its own. */
class Pair {
  readonly #bench: Bench;
  readonly #random: Random;
  readonly #remembered: CachedAxiosInstance;
  readonly #forgotten: CachedAxiosInstance;
  readonly #refreshes = new Map<CachedAxiosInstance, number>();
  readonly #awaited = new Map<CachedAxiosInstance, number>();

  constructor(bench: Bench, round: number) {
    this.#bench = bench;
    this.#random = new Random(round);
    const options = this.#random.pick(OPTIONS);
    const wrap = (side: string): CachedAxiosInstance => {
      const http = bench.wrap(
        { ...options, backend: bench.newBackend() },
        { baseURL: `${bench.origin.url}/${side}`, validateStatus: () => true },
      );
      const count = (): unknown => this.#refreshes.set(http, (this.#refreshes.get(http) ?? 0) + 1);
      http.cache.on('refresh', count);
      http.cache.on('backgroundError', count);
      return http;
    };
    this.#remembered = wrap('remembered');
    this.#forgotten = wrap('forgotten');
  }

  /** Does one thing to both. @returns what each of them shows */
  async step(): Promise<readonly [unknown, unknown]> {
    const kind = this.#random.pick(KINDS);
    const chance = this.#random.below(20);
    if (chance === 0) return this.#both((http) => http.cache.deleteUrl(kind).then(() => undefined));
    if (chance === 1) return this.#both(async (http) => (await http.post(kind, {})).status);
    if (chance === 2) return this.#both((http) => http.cache.resetExpiration(10).then(() => undefined));
    if (chance === 3) this.#bench.pass(-this.#random.below(20));
    if (chance >= 4 && chance < 10) this.#bench.pass(this.#random.below(15));
    const headers = this.#random.pick<Readonly<Record<string, string>>>([
      {},
      {},
      {},
      { 'Accept-Language': 'de' },
      { 'Accept-Language': 'fr' },
      { 'Cache-Control': 'max-age=7' },
      { 'If-None-Match': '"1"' },
      { Range: 'bytes=0-3' },
    ]);
    const times = 1 + this.#random.below(3);
    return this.#both(async (http, isForgotten) => {
      const seen: unknown[] = [];
      for (let time = 0; time < times; time++) {
        // Options of its own, even none, and it is worked out each time.
        const response = await http.get(kind, { headers, ...(isForgotten ? { cache: {} } : {}) });
        seen.push(shown(response));
        if (IN_BACKGROUND.has(response.cache.rule)) await this.#refreshed(http);
      }
      return seen;
    });
  }

  /** Waits for the next end of a refresh in the background, unless it has come already. */
  async #refreshed(http: CachedAxiosInstance): Promise<void> {
    const awaited = (this.#awaited.get(http) ?? 0) + 1;
    this.#awaited.set(http, awaited);
    await until(() => (this.#refreshes.get(http) ?? 0) >= awaited);
  }

  async #both(
    act: (http: CachedAxiosInstance, isForgotten: boolean) => Promise<unknown>,
  ): Promise<readonly [unknown, unknown]> {
    return [await act(this.#remembered, false), await act(this.#forgotten, true)];
  }
}

function shown({ status, data, headers, cache }: AxiosResponse): unknown {
  const { key: _key, history, ...facts } = { ...cache };
  return { status, data: data as unknown, headers: { ...headers }, facts, redirects: history?.length };
}

describe.each(BACKENDS_UNDER_TEST)('what is remembered of a request changes no answer (%s)', (name) => {
  const bench = useBench(name);

  it.each(Array.from({ length: ROUNDS }, (_, round) => round))('in round %i', async (round) => {
    bench().answer(answers);
    const pair = new Pair(bench(), round);
    for (let step = 0; step < STEPS; step++) {
      const [remembered, forgotten] = await pair.step();
      expect({ step, shown: remembered }).toEqual({ step, shown: forgotten });
    }
  });
});
