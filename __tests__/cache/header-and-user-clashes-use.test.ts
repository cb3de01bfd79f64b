import { type AxiosRequestConfig } from 'axios';
import {
  type CacheOptions,
  type CachedAxiosInstance,
  DO_NOT_CACHE,
  NEVER_EXPIRE,
  type RequestCacheOptions,
} from '../../lib/index.js';
import { BACKENDS_UNDER_TEST, type Bench, useBench } from '../helpers/bench.js';

// What is done with a stored response where header fields of the response or of the request and the user's settings
// differ.

/** What became of a request, told by what it was answered with and by what the origin saw of it. */
type Fate =
  | 'reused'
  | 'used stale'
  | 'used stale, refreshed in the background'
  | 'validated'
  | 'fetched'
  | 'fetched, not stored'
  | 'stands in for the error'
  | 'the error'
  | '504 Not Cached';

interface Scene {
  /** The response's `Cache-Control`. */
  readonly says?: string;
  /** Whether the response has no `ETag`. */
  readonly tag?: false;
  readonly session?: CacheOptions;
  /** Seconds between the response and the request. */
  readonly after?: number;
  /** What the request is, besides equal. */
  readonly request?: AxiosRequestConfig;
  /** The status with which the origin fails by then. */
  readonly fails?: number;
}

type Clash = readonly [scene: Scene, obeyed: Fate, ignored: Fate];

const options = (cache: RequestCacheOptions): AxiosRequestConfig => ({ cache });
const directives = (value: string, cache?: RequestCacheOptions): AxiosRequestConfig => ({
  headers: { 'Cache-Control': value },
  ...(cache && { cache }),
});

async function meet(bench: Bench, scene: Scene, cacheControl: boolean): Promise<Fate> {
  const { says, tag = true, after = 0, request = {}, fails } = scene;
  bench.answer(({ headers }, count) => {
    if (headers['if-none-match'] === '"v"') return { status: 304 };
    return {
      headers: { ...(tag && { etag: '"v"' }), ...(says !== undefined && { 'cache-control': says }) },
      body: `answer ${count}`,
    };
  });
  // The user's lifetime is that of most headers here, so that it is stale at the same time either way.
  const session = { expireAfter: 60, ...scene.session, cacheControl, autoclose: false };
  const http = bench.wrap(session, { validateStatus: null });
  const first = await http.get('/a');
  if (!first.cache.stored) throw new Error(`Not stored: ${first.cache.reason}`);
  bench.pass(after);
  if (fails !== undefined) bench.answer(() => ({ status: fails, body: 'failing' }));
  return fateOf(bench, http, request);
}

async function fateOf(bench: Bench, http: CachedAxiosInstance, request: AxiosRequestConfig): Promise<Fate> {
  const asked = bench.origin.count();
  const { status, data, cache } = await http.get('/a', request);
  // Waits for what goes on in the background.
  await http.cache.close();
  const requests = bench.origin.requests.slice(asked);
  if (status === 504 && requests.length === 0) return '504 Not Cached';
  if (data === 'failing' && requests.length === 1) return 'the error';
  if (data === 'answer 1' && requests.length === 0) return cache.stale ? 'used stale' : 'reused';
  const isConditional = requests[0]?.headers['if-none-match'] === '"v"';
  if (data === 'answer 1' && requests.length === 1) {
    if (cache.hit && cache.stale) return 'used stale, refreshed in the background';
    if ((cache.fwdStatus ?? 0) >= 500) return 'stands in for the error';
    if (cache.revalidated && isConditional) return 'validated';
  }
  if (data === 'answer 2' && requests.length === 1 && !isConditional) {
    return cache.stored ? 'fetched' : 'fetched, not stored';
  }
  throw new Error(`Status ${status}, ${requests.length} requests, ${data}: ${cache.reason}`);
}

const STALE = { after: 100 } as const;
const FAILING = { after: 100, fails: 503 } as const;
const inSession = (session: CacheOptions): Scene => ({ session });
const inRequest = (cache: RequestCacheOptions): Scene => ({ request: { cache } });
const background = 'used stale, refreshed in the background';

const STALENESS: readonly Clash[] = [
  // must-revalidate and no-cache against the user's windows.
  ...[inSession({ staleIfError: true }), inRequest({ staleIfError: true })].flatMap((wants): Clash[] => [
    [{ says: 'max-age=60, must-revalidate', ...FAILING, ...wants }, 'the error', 'stands in for the error'],
    [{ says: 'max-age=60, no-cache', ...FAILING, ...wants }, 'the error', 'stands in for the error'],
    [{ says: 'max-age=60', ...FAILING, ...wants }, 'stands in for the error', 'stands in for the error'],
  ]),
  ...[inSession({ staleWhileRevalidate: true }), inRequest({ staleWhileRevalidate: true })].flatMap(
    (wants): Clash[] => [
      [{ says: 'max-age=60, must-revalidate', ...STALE, ...wants }, 'validated', background],
      [{ says: 'max-age=60, no-cache', ...STALE, ...wants }, 'validated', background],
      [{ says: 'max-age=60', ...STALE, ...wants }, background, background],
    ],
  ),
  [{ says: 'must-revalidate', ...STALE, session: { expireAfter: NEVER_EXPIRE } }, 'reused', 'reused'],
  // The response's own windows against the user's: the longer one counts.
  ...[{}, { staleIfError: false }, { staleIfError: 10 }].map((session): Clash => [
    { says: 'max-age=60, stale-if-error=600', ...FAILING, session },
    'stands in for the error',
    'the error',
  ]),
  [
    { says: 'max-age=60, stale-if-error=10', ...FAILING, session: { staleIfError: 600 } },
    'stands in for the error',
    'stands in for the error',
  ],
  [
    { says: 'max-age=60, stale-if-error=600', ...FAILING, request: options({ staleIfError: 10 }) },
    'stands in for the error',
    'the error',
  ],
  [
    { says: 'max-age=60, stale-if-error=39', ...FAILING, session: { staleIfError: 40 } },
    'the error',
    'the error',
  ],
  ...[{}, { staleWhileRevalidate: false }, { staleWhileRevalidate: 10 }].map((session): Clash => [
    { says: 'max-age=60, stale-while-revalidate=600', ...STALE, session },
    background,
    'validated',
  ]),
  [
    { says: 'max-age=60, stale-while-revalidate=10', ...STALE, session: { staleWhileRevalidate: 600 } },
    background,
    background,
  ],
  // False for one request forbids what the response allows.
  [
    { says: 'max-age=60, stale-if-error=600', ...FAILING, request: options({ staleIfError: false }) },
    'the error',
    'the error',
  ],
  [
    {
      says: 'max-age=60, stale-while-revalidate=600',
      ...STALE,
      request: options({ staleWhileRevalidate: false }),
    },
    'validated',
    'validated',
  ],
  // must-revalidate against windows beside it, and against the request's.
  [{ says: 'max-age=60, must-revalidate, stale-if-error=600', ...FAILING }, 'the error', 'the error'],
  [
    { says: 'max-age=60, must-revalidate', ...FAILING, request: directives('stale-if-error=600') },
    'the error',
    'stands in for the error',
  ],
  [
    { says: 'max-age=60, must-revalidate', ...STALE, request: directives('max-stale') },
    'validated',
    'used stale',
  ],
  // With cacheControl, allowableCodes says what is stored, not what is an error.
  ...[500, 502, 503, 504].map((fails): Clash => {
    const session = { staleIfError: true, allowableCodes: [200, fails] };
    return [{ says: 'max-age=60', ...STALE, fails, session }, 'stands in for the error', 'the error'];
  }),
];

const ASKING: readonly Clash[] = [
  // A wish to ask the origin wins over any freshness.
  ...['max-age=3600', 'max-age=3600, immutable'].flatMap((says): Clash[] => [
    [{ says }, 'reused', 'reused'],
    [{ says, request: options({ refresh: true }) }, 'validated', 'validated'],
    [{ says, request: options({ forceRefresh: true }) }, 'fetched', 'fetched'],
    [{ says, session: { alwaysRevalidate: true } }, 'validated', 'validated'],
    [{ says, request: options({ alwaysRevalidate: true }) }, 'validated', 'validated'],
    [{ says, request: directives('max-age=0') }, 'validated', 'validated'],
    [{ says, request: directives('no-cache', { expireAfter: NEVER_EXPIRE }) }, 'validated', 'validated'],
  ]),
  [{ says: 'no-cache', request: options({ forceRefresh: true }) }, 'fetched', 'fetched'],
  // Without a validator it is fetched anew; only alwaysRevalidate leaves it alone.
  ...[
    options({ refresh: true }),
    directives('no-cache'),
    directives('max-age=0', { expireAfter: NEVER_EXPIRE }),
    { headers: { Pragma: 'no-cache' } },
  ].map((request): Clash => [{ says: 'max-age=3600, immutable', tag: false, request }, 'fetched', 'fetched']),
  [{ says: 'max-age=3600', tag: false, session: { alwaysRevalidate: true } }, 'reused', 'reused'],
  [{ says: 'max-age=60', tag: false, ...STALE, session: { alwaysRevalidate: true } }, 'fetched', 'fetched'],
  [
    { says: 'max-age=3600', request: options({ expireAfter: DO_NOT_CACHE }) },
    'fetched, not stored',
    'fetched, not stored',
  ],
  // Of what is stored already, neither asks anew for a lifetime.
  [{ says: 'max-age=3600', after: 30, request: options({ expireAfter: 10 }) }, 'reused', 'reused'],
  // onlyIfCached never asks; what may not be used without asking is not used.
  [{ says: 'max-age=60, no-cache', request: options({ onlyIfCached: true }) }, '504 Not Cached', 'reused'],
  [
    { says: 'max-age=60', ...STALE, request: options({ onlyIfCached: true }) },
    '504 Not Cached',
    '504 Not Cached',
  ],
  [
    { says: 'max-age=60, stale-if-error=600', ...STALE, request: options({ onlyIfCached: true }) },
    'used stale',
    '504 Not Cached',
  ],
  [
    {
      says: 'max-age=60, must-revalidate',
      ...STALE,
      request: options({ onlyIfCached: true, staleIfError: true }),
    },
    '504 Not Cached',
    'used stale',
  ],
];

const NEVER = { session: { expireAfter: NEVER_EXPIRE } } as const;
const HOUR = { expireAfter: '1h' } as const;

/** What a request says counts in both modes. The response says nothing. */
const REQUESTS: readonly (readonly [request: AxiosRequestConfig, fate: Fate])[] = [
  [directives('no-store'), 'fetched, not stored'],
  [directives('no-store', HOUR), 'fetched, not stored'],
  [directives('no-store', { forceRefresh: true }), 'fetched, not stored'],
  [directives('no-cache'), 'validated'],
  [directives('no-cache', HOUR), 'validated'],
  [directives('no-cache', { onlyIfCached: true }), '504 Not Cached'],
  [directives('max-age=0'), 'validated'],
  [directives('max-age=0', HOUR), 'validated'],
  [directives('max-age=99', { expireAfter: NEVER_EXPIRE }), 'validated'],
  [directives('max-age=100'), 'reused'],
  [directives('min-fresh=3600'), 'reused'],
  [directives('only-if-cached'), 'reused'],
  [directives('only-if-cached', HOUR), 'reused'],
  [directives('only-if-cached', { refresh: true }), 'reused'],
  [directives('only-if-cached', { forceRefresh: true }), 'reused'],
  [directives('max-age=0, only-if-cached'), '504 Not Cached'],
  [{ headers: { Pragma: 'no-cache' } }, 'validated'],
  [{ headers: { Pragma: 'no-cache' }, cache: HOUR }, 'validated'],
  [{ headers: { Pragma: 'no-cache', 'Cache-Control': 'max-age=600' } }, 'reused'],
];

describe.each(BACKENDS_UNDER_TEST)('header fields against settings, once stored (%s)', (name) => {
  const bench = useBench(name);
  const described = [...STALENESS, ...ASKING].map(
    ([scene, obeyed, ignored]) => [JSON.stringify(scene), { scene, obeyed, ignored }] as const,
  );

  it.each(described)('%s, with cacheControl', async (_title, { scene, obeyed }) => {
    expect(await meet(bench(), scene, true)).toBe(obeyed);
  });

  it.each(described)('%s, without', async (_title, { scene, ignored }) => {
    expect(await meet(bench(), scene, false)).toBe(ignored);
  });

  const asked = REQUESTS.flatMap(([request, fate]) =>
    [true, false].map((cacheControl) => [JSON.stringify(request), cacheControl, { request, fate }] as const),
  );

  it.each(asked)(
    'a request of %s against never, with cacheControl %p',
    async (_title, cacheControl, { request, fate }) => {
      expect(await meet(bench(), { ...NEVER, ...STALE, request }, cacheControl)).toBe(fate);
    },
  );
});
