import { type PolicySettings, type RequestHead, type ReuseDecision } from '../../lib/policy/messages';
import { decideReuse, whyFresh } from '../../lib/policy/reuse-decision';
import { standsUntil } from '../../lib/policy/standing-decision';
import { get, matching, NOW, rfcSettings, SECOND, settings, stored } from './fixtures';

type Stored = ReturnType<typeof stored>;

function decide(
  one: Stored,
  now: number,
  request: RequestHead = get(),
  policy: PolicySettings = settings(),
): ReuseDecision<Stored> {
  return decideReuse({ request, candidates: [matching(one)], settings: policy, now, jitterShare: 1 });
}

const until = (one: Stored, request = get(), policy = settings()): number | undefined =>
  standsUntil(decide(one, NOW, request, policy), request, policy);

describe('standsUntil', () => {
  const fresh = stored({}, { expiresAt: NOW + 10 * SECOND });

  it('lets what is fresh stand until it expires', () => {
    expect(until(fresh)).toBe(NOW + 10 * SECOND);
  });

  it('lets what never expires stand for good', () => {
    expect(until(stored({}, { expiresAt: undefined }))).toBe(Infinity);
  });

  it.each<[title: string, one: Stored, request: RequestHead, policy: PolicySettings]>([
    ['what is stale', stored({}, { expiresAt: NOW - SECOND }), get(), settings({ mode: 'offline' })],
    ['what is asked about', fresh, get(), settings({ mode: 'network-first' })],
    ['a request with a max-age', fresh, get({ 'cache-control': 'max-age=100000000' }), settings()],
    ['a request with a min-fresh', fresh, get({ 'cache-control': 'min-fresh=5' }), settings()],
    [
      'what is brought up to date ahead',
      fresh,
      get(),
      settings({ refreshAhead: { fraction: undefined, seconds: 1, jitter: 0 } }),
    ],
  ])('lets nothing stand of %s', (_title, one, request, policy) => {
    expect(until(one, request, policy)).toBeUndefined();
  });
});

describe('a standing decision', () => {
  /** Numbers that are the same in each run. */
  function randomOf(seed: number): (below: number) => number {
    let state = seed;
    return (below) => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state % below;
    };
  }

  it('is what is decided at every moment before its end, but for the words', () => {
    const random = randomOf(20_261_127);
    const pick = <T>(...choices: readonly [T, ...T[]]): T => choices[random(choices.length)] as T;
    let standing = 0;
    for (let round = 0; round < 20_000; round++) {
      const one = stored(
        pick<Record<string, string>>(
          {},
          { etag: '"a"' },
          { 'cache-control': 'no-cache' },
          { 'cache-control': 'must-revalidate, max-age=5' },
          { 'cache-control': 'stale-while-revalidate=60' },
        ),
        { expiresAt: pick(undefined, NOW + random(100) * SECOND, NOW - random(100) * SECOND) },
      );
      const request = get(
        pick<Record<string, string>>(
          {},
          {},
          { 'cache-control': pick('max-age=3', 'min-fresh=4', 'no-cache', 'max-stale', 'only-if-cached') },
          { pragma: 'no-cache' },
          { 'if-none-match': '"a"' },
          { range: 'bytes=0-1' },
        ),
      );
      const policy = pick(
        settings,
        rfcSettings,
      )({
        mode: pick('default', 'network-first', 'cache-first', 'cache-only', 'offline'),
        alwaysRevalidate: random(4) === 0,
        onlyIfCached: random(4) === 0,
        refresh: random(8) === 0,
        staleWhileRevalidate: pick<number | boolean>(false, true, 30),
        ...(random(4) === 0 ? { refreshAhead: { fraction: 0.5, seconds: undefined, jitter: 0.5 } } : {}),
      });
      const first = decide(one, NOW, request, policy);
      const end = standsUntil(first, request, policy);
      if (end === undefined || first.action !== 'reuse') continue;
      standing += 1;
      const before = Math.min(end - 1, NOW + random(200) * SECOND);
      for (const now of [NOW, before, NOW - random(100) * SECOND]) {
        const again = decide(one, now, request, policy);
        expect({ ...again, reason: '' }).toEqual({ ...first, reason: '' });
        expect(again).toMatchObject(whyFresh(one, now));
      }
    }
    expect(standing).toBeGreaterThan(1000);
  });
});
