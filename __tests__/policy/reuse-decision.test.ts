import fc from 'fast-check';
import {
  type Candidate,
  type ForwardReason,
  type PolicySettings,
  type RequestHead,
  type ReuseDecision,
  type ReuseRule,
  type StoredResponseHead,
} from '../../lib/policy/messages';
import { decideReuse } from '../../lib/policy/reuse-decision';
import { date, get, matching, NOW, other, rfcSettings, settings, staleFor, stored } from './fixtures';

type Changes = Partial<PolicySettings>;

function decide(
  candidates: readonly Candidate[],
  changes: Changes = {},
  directives?: string,
  base: (changes: Changes) => PolicySettings = settings,
): ReuseDecision {
  const request: RequestHead = get(directives === undefined ? {} : { 'cache-control': directives });
  return decideReuse({ request, candidates, settings: base(changes), now: NOW });
}

/** A decision in one word: what to do, and how. */
function summary(decision: ReuseDecision): string {
  switch (decision.action) {
    case 'reuse':
      return `reuse ${decision.stale ? 'stale' : 'fresh'}${decision.background ? ' + background' : ''}`;
    case 'validate':
    case 'complete':
    case 'forward':
      return `${decision.action} ${decision.fwd}`;
    case 'gateway-timeout':
      return 'gateway-timeout';
  }
}

function sent(decision: ReuseDecision): Record<string, unknown> | undefined {
  if (decision.action === 'reuse' || decision.action === 'gateway-timeout') return undefined;
  return decision.conditionalFields && { ...decision.conditionalFields };
}

const LM = date(-1000);
const TAG = { etag: '"a"' };
const fresh = stored(TAG, staleFor(-35));
const stale = stored(TAG, staleFor(12));
const freshBare = stored({}, staleFor(-35));
const staleBare = stored({}, staleFor(12));

describe('nothing stored', () => {
  it('is forwarded as it is', () => {
    expect(decide([])).toEqual({
      action: 'forward',
      stored: undefined,
      conditionalFields: undefined,
      fwd: 'uri-miss',
      rule: 'nothing-stored',
      reason: 'nothing is stored',
    });
  });

  it.each<[Changes, string | undefined]>([
    [{ onlyIfCached: true }, undefined],
    [{}, 'only-if-cached'],
    [{ onlyIfCached: true, refresh: true, forceRefresh: true }, undefined],
  ])('is a 504 with only-if-cached (%#)', (changes, directives) => {
    expect(summary(decide([], changes, directives))).toBe('gateway-timeout');
  });
});

describe('which stored response', () => {
  it('is the most recent of those that match', () => {
    const at = (seconds: number, receivedAt = NOW): StoredResponseHead =>
      stored({ date: date(seconds) }, { responseReceivedAt: receivedAt });
    const [old, recent, newest] = [at(-60), at(-30, NOW - 60_000), at(-10)];
    expect(decide([matching(old), matching(recent), other(newest)])).toMatchObject({
      action: 'reuse',
      stored: recent,
    });
    expect(decide([matching(recent), matching(old)])).toMatchObject({ stored: recent });
  });
});

describe('D1: no variant matches: tags of the others, never their dates', () => {
  const english = stored({ etag: '"en"', 'last-modified': LM }, staleFor(12));
  const german = stored({ etag: 'W/"de"' }, staleFor(-12));

  it.each<[string, Changes]>([
    ['plain', {}],
    ['alwaysRevalidate', { alwaysRevalidate: true }],
    ['refresh', { refresh: true }],
  ])('%s', (_title, changes) => {
    const decision = decide([other(english), other(german)], changes);
    expect(summary(decision)).toBe('forward vary-miss');
    expect(sent(decision)).toEqual({ 'if-none-match': '"en", W/"de"' });
  });

  it('nothing at all where there are only dates, or with forceRefresh', () => {
    expect(sent(decide([other(stored({ 'last-modified': LM }))]))).toBeUndefined();
    expect(sent(decide([other(english)], { forceRefresh: true }))).toBeUndefined();
  });
});

describe('D2: no variant matches: nothing to fall back on, whatever staleIfError says', () => {
  it.each<[Changes]>([
    [{ staleIfError: true }],
    [{ staleIfError: true, forceRefresh: true }],
    [{ staleWhileRevalidate: true }],
  ])('%j', (changes) => {
    expect(decide([other(stale)], changes, 'stale-if-error=999')).toMatchObject({
      action: 'forward',
      stored: undefined,
    });
  });
});

describe('D3: only-if-cached never asks the origin', () => {
  type Case = [
    title: string,
    candidates: Candidate[],
    changes: Changes,
    directives: string | undefined,
    expected: string,
  ];
  it.each<Case>([
    ['no variant matches', [other(fresh)], {}, undefined, 'gateway-timeout'],
    ['fresh', [matching(fresh)], {}, undefined, 'reuse fresh'],
    ['stale', [matching(stale)], {}, undefined, 'gateway-timeout'],
    ['refresh is beaten', [matching(fresh)], { refresh: true }, undefined, 'reuse fresh'],
    ['forceRefresh is beaten', [matching(fresh)], { forceRefresh: true }, undefined, 'reuse fresh'],
    ['alwaysRevalidate is beaten', [matching(fresh)], { alwaysRevalidate: true }, undefined, 'reuse fresh'],
    ['must-revalidate of the request is beaten', [matching(fresh)], {}, 'must-revalidate', 'reuse fresh'],
    ['no-cache of the request is not', [matching(fresh)], {}, 'no-cache', 'gateway-timeout'],
    ['max-age of the request is not', [matching(fresh)], {}, 'max-age=50', 'gateway-timeout'],
    ['nor max-age=0', [matching(fresh)], {}, 'max-age=0', 'gateway-timeout'],
    ['nor min-fresh', [matching(fresh)], {}, 'min-fresh=50', 'gateway-timeout'],
    ['max-stale covers it', [matching(stale)], {}, 'max-stale=20', 'reuse stale'],
    ['max-stale does not', [matching(stale)], {}, 'max-stale=5', 'gateway-timeout'],
    [
      'staleWhileRevalidate, without a background',
      [matching(stale)],
      { staleWhileRevalidate: 20 },
      undefined,
      'reuse stale',
    ],
    ['staleIfError', [matching(stale)], { staleIfError: 20 }, undefined, 'reuse stale'],
    ['staleIfError, exceeded', [matching(stale)], { staleIfError: 5 }, undefined, 'gateway-timeout'],
    ['stale-if-error of the request', [matching(stale)], {}, 'stale-if-error=20', 'reuse stale'],
  ])('%s', (_title, candidates, changes, directives, expected) => {
    expect(summary(decide(candidates, { ...changes, onlyIfCached: true }, directives))).toBe(expected);
    const asDirective = ['only-if-cached', ...(directives === undefined ? [] : [directives])].join(', ');
    expect(summary(decide(candidates, changes, asDirective))).toBe(expected);
  });

  it.each([
    ['no-cache of the response', stored({ 'cache-control': 'no-cache' }, staleFor(-9)), 'gateway-timeout'],
    [
      'must-revalidate once stale',
      stored({ 'cache-control': 'must-revalidate' }, staleFor(9)),
      'gateway-timeout',
    ],
    [
      'must-revalidate while fresh',
      stored({ 'cache-control': 'must-revalidate' }, staleFor(-9)),
      'reuse fresh',
    ],
    ['its own stale-if-error', stored({ 'cache-control': 'stale-if-error=20' }, staleFor(9)), 'reuse stale'],
  ])('with cacheControl: %s', (_title, one, expected) => {
    const changes: Changes = { onlyIfCached: true, staleWhileRevalidate: _title.startsWith('must') };
    expect(summary(decide([matching(one)], changes, undefined, rfcSettings))).toBe(expected);
  });

  it('never forwards, validates or refreshes, whatever else is asked for', () => {
    const flags = fc.record({
      refresh: fc.boolean(),
      forceRefresh: fc.boolean(),
      alwaysRevalidate: fc.boolean(),
      cacheControl: fc.boolean(),
      staleIfError: fc.oneof(fc.boolean(), fc.nat({ max: 50 })),
      staleWhileRevalidate: fc.oneof(fc.boolean(), fc.nat({ max: 50 })),
    });
    const directive = fc.constantFrom(
      'no-cache',
      'max-age=0',
      'max-stale',
      'min-fresh=5',
      'must-revalidate',
      'stale-if-error=9',
    );
    const one = fc.tuple(fc.integer({ min: -50, max: 50 }), fc.boolean(), fc.boolean());
    fc.assert(
      fc.property(flags, fc.array(directive), fc.array(one), (changes, directives, ones) => {
        const candidates = ones.map(([seconds, isTagged, matches]) => ({
          stored: stored(isTagged ? TAG : {}, staleFor(seconds)),
          matches,
        }));
        const decision = decide(candidates, changes, ['only-if-cached', ...directives].join(', '));
        expect(decision.action).toMatch(/^(reuse|gateway-timeout)$/);
        expect(decision).not.toMatchObject({ background: true });
      }),
      { seed: 20261120, numRuns: 500 },
    );
  });
});

describe('wishes of the request', () => {
  type Case = [title: string, changes: Changes, directives: string | undefined, tagged: string, bare: string];
  it.each<Case>([
    ['forceRefresh', { forceRefresh: true }, undefined, 'forward request', 'forward request'],
    [
      'forceRefresh over refresh',
      { forceRefresh: true, refresh: true },
      'no-cache',
      'forward request',
      'forward request',
    ],
    ['refresh', { refresh: true }, undefined, 'validate request', 'forward request'],
    ['must-revalidate', {}, 'must-revalidate', 'validate request', 'forward request'],
    ['D8: no-cache', {}, 'no-cache', 'validate request', 'forward request'],
    ['D8: no-cache with field names', {}, 'no-cache="a"', 'validate request', 'forward request'],
    ['max-age=0', {}, 'max-age=0', 'validate request', 'forward request'],
    ['an unreadable max-age', {}, 'max-age=x', 'validate request', 'forward request'],
    ['D8: max-age below the age', {}, 'max-age=99', 'validate request', 'forward request'],
    ['D8: max-age of the age', {}, 'max-age=100', 'reuse fresh', 'reuse fresh'],
    ['min-fresh below what is left', {}, 'min-fresh=35', 'reuse fresh', 'reuse fresh'],
    ['min-fresh above what is left', {}, 'min-fresh=36', 'validate request', 'forward request'],
    ['an unreadable min-fresh', {}, 'min-fresh=x', 'validate request', 'forward request'],
    [
      'alwaysRevalidate only where it can',
      { alwaysRevalidate: true },
      undefined,
      'validate request',
      'reuse fresh',
    ],
    ['max-stale does not matter while fresh', {}, 'max-stale', 'reuse fresh', 'reuse fresh'],
    ['what is not for requests', {}, 'private, s-maxage=0, proxy-revalidate', 'reuse fresh', 'reuse fresh'],
  ])('%s', (_title, changes, directives, tagged, bare) => {
    expect(summary(decide([matching(fresh)], changes, directives))).toBe(tagged);
    expect(summary(decide([matching(freshBare)], changes, directives))).toBe(bare);
  });

  it('Pragma: no-cache counts where there is no Cache-Control', () => {
    const request = get({ pragma: 'no-cache' });
    const decision = decideReuse({ request, candidates: [matching(fresh)], settings: settings(), now: NOW });
    expect(summary(decision)).toBe('validate request');
  });

  it('forceRefresh sends no conditions, and keeps the stored response for the case of failure', () => {
    expect(decide([matching(fresh)], { forceRefresh: true })).toEqual({
      action: 'forward',
      stored: fresh,
      conditionalFields: undefined,
      fwd: 'request',
      rule: 'force-refresh',
      reason: 'forceRefresh',
    });
  });

  it('D8: the age of max-age is that since generation, not since reception', () => {
    const aged = stored(TAG, { generatedAt: NOW - 500_000, responseReceivedAt: NOW - 1000 });
    expect(summary(decide([matching(aged)], {}, 'max-age=400'))).toBe('validate request');
    expect(summary(decide([matching(aged)], {}, 'max-age=500'))).toBe('reuse fresh');
  });

  it('max-age=0 asks for validation even in the instant of generation', () => {
    const newborn = stored(TAG, { generatedAt: NOW, responseReceivedAt: NOW });
    expect(summary(decide([matching(newborn)], {}, 'max-age=0'))).toBe('validate request');
    expect(summary(decide([matching(newborn)], {}, 'max-age=1'))).toBe('reuse fresh');
  });

  it('what never expires is fresh enough for any min-fresh', () => {
    expect(summary(decide([matching(stored())], {}, 'min-fresh=99999'))).toBe('reuse fresh');
  });

  it('min-fresh is not outbid by max-stale', () => {
    expect(summary(decide([matching(stale)], {}, 'max-stale, min-fresh=1'))).toBe('validate request');
  });
});

describe('stale', () => {
  type Case = [
    title: string,
    one: StoredResponseHead,
    changes: Changes,
    directives: string | undefined,
    expected: string,
  ];
  it.each<Case>([
    ['with validator', stale, {}, undefined, 'validate stale'],
    ['without', staleBare, {}, undefined, 'forward stale'],
    ['exactly at its expiry', stored(TAG, staleFor(0)), {}, undefined, 'validate stale'],
    ['max-stale without a value', staleBare, {}, 'max-stale', 'reuse stale'],
    ['max-stale of its staleness', staleBare, {}, 'max-stale=12', 'reuse stale'],
    ['max-stale below it', staleBare, {}, 'max-stale=11', 'forward stale'],
    ['an unreadable max-stale', staleBare, {}, 'max-stale=x', 'forward stale'],
    ['staleWhileRevalidate', staleBare, { staleWhileRevalidate: 13 }, undefined, 'reuse stale + background'],
    [
      'staleWhileRevalidate without limit',
      staleBare,
      { staleWhileRevalidate: true },
      undefined,
      'reuse stale + background',
    ],
    ['staleWhileRevalidate, exceeded', staleBare, { staleWhileRevalidate: 12 }, undefined, 'forward stale'],
    ['by a directive of the request', staleBare, {}, 'stale-while-revalidate=13', 'reuse stale + background'],
    [
      'an explicit false forbids it',
      staleBare,
      { staleWhileRevalidateForced: true },
      'stale-while-revalidate=13',
      'forward stale',
    ],
    ['max-stale first', stale, { staleWhileRevalidate: true }, 'max-stale', 'reuse stale'],
    ['max-age is not outbid', stale, { staleWhileRevalidate: true }, 'max-age=5', 'validate request'],
    [
      'max-age wants nothing stale',
      stale,
      { staleWhileRevalidate: true },
      'max-age=9999',
      'validate request',
    ],
    [
      'refresh is not outbid',
      stale,
      { staleWhileRevalidate: true, refresh: true },
      undefined,
      'validate request',
    ],
    [
      'alwaysRevalidate is not outbid',
      stale,
      { staleWhileRevalidate: true, alwaysRevalidate: true },
      undefined,
      'validate stale',
    ],
    ['staleIfError does not spare the question', stale, { staleIfError: true }, undefined, 'validate stale'],
  ])('%s', (_title, one, changes, directives, expected) => {
    expect(summary(decide([matching(one)], changes, directives))).toBe(expected);
  });

  it('is validated by all tags, the matching one first, and by its own date only', () => {
    const selected = stored({ etag: '"fr"', 'last-modified': LM }, staleFor(5));
    const others = [stored({ etag: '"en"', 'last-modified': date(-5) }), stored({ etag: 'W/"de"' })];
    const decision = decide([...others.map(other), matching(selected)]);
    expect(decision).toMatchObject({ action: 'validate', stored: selected });
    expect(sent(decision)).toEqual({ 'if-none-match': '"fr", "en", W/"de"', 'if-modified-since': LM });
  });
});

describe('with cacheControl: what the stored response says', () => {
  type Case = [
    title: string,
    cacheControl: string,
    staleSeconds: number,
    changes: Changes,
    directives: string | undefined,
    tagged: string,
    bare: string,
  ];
  it.each<Case>([
    ['no-cache, fresh', 'no-cache', -9, {}, undefined, 'validate stale', 'forward stale'],
    ['no-cache with field names, fresh', 'no-cache="a"', -9, {}, undefined, 'reuse fresh', 'reuse fresh'],
    ['no-cache with field names, stale', 'no-cache="a"', 9, {}, undefined, 'validate stale', 'forward stale'],
    ['no-cache with a needed field', 'no-cache="etag"', -9, {}, undefined, 'validate stale', 'forward stale'],
    ['no-cache beats max-stale', 'no-cache', 9, {}, 'max-stale', 'validate stale', 'forward stale'],
    [
      'no-cache beats staleWhileRevalidate',
      'no-cache',
      9,
      { staleWhileRevalidate: true },
      undefined,
      'validate stale',
      'forward stale',
    ],
    ['D7: must-revalidate while fresh', 'must-revalidate', -9, {}, undefined, 'reuse fresh', 'reuse fresh'],
    [
      'D7: must-revalidate once stale',
      'must-revalidate',
      9,
      {},
      'max-stale',
      'validate stale',
      'forward stale',
    ],
    [
      'D7: also against staleWhileRevalidate',
      'must-revalidate',
      9,
      { staleWhileRevalidate: true },
      undefined,
      'validate stale',
      'forward stale',
    ],
    [
      'proxy-revalidate is for shared caches',
      'proxy-revalidate',
      9,
      {},
      'max-stale',
      'reuse stale',
      'reuse stale',
    ],
    [
      'D21: stale-while-revalidate',
      'stale-while-revalidate=10',
      9,
      {},
      undefined,
      'reuse stale + background',
      'reuse stale + background',
    ],
    ['D21: exceeded', 'stale-while-revalidate=9', 9, {}, undefined, 'validate stale', 'forward stale'],
    [
      'D21: the longer of both',
      'stale-while-revalidate=10',
      9,
      { staleWhileRevalidate: 2 },
      undefined,
      'reuse stale + background',
      'reuse stale + background',
    ],
    [
      'D21: an explicit false forbids it',
      'stale-while-revalidate=10',
      9,
      { staleWhileRevalidateForced: true },
      undefined,
      'validate stale',
      'forward stale',
    ],
    ['D10: immutable, once stale', 'immutable', 9, {}, undefined, 'validate stale', 'forward stale'],
    [
      'immutable, asked for by refresh',
      'immutable',
      -9,
      { refresh: true },
      undefined,
      'validate request',
      'forward request',
    ],
  ])('%s', (_title, cacheControl, staleSeconds, changes, directives, tagged, bare) => {
    const one = (headers: Record<string, string>): Candidate[] => [
      matching(stored({ ...headers, 'cache-control': cacheControl }, staleFor(staleSeconds))),
    ];
    expect(summary(decide(one(TAG), changes, directives, rfcSettings))).toBe(tagged);
    expect(summary(decide(one({}), changes, directives, rfcSettings))).toBe(bare);
  });

  it.each(['no-cache', 'must-revalidate'])(
    'without cacheControl, %s of the response does not count',
    (cacheControl) => {
      const headers = { ...TAG, 'cache-control': cacheControl };
      expect(summary(decide([matching(stored(headers, staleFor(-9)))]))).toBe('reuse fresh');
      expect(summary(decide([matching(stored(headers, staleFor(9)))], {}, 'max-stale'))).toBe('reuse stale');
    },
  );
});

describe('reasons are for people', () => {
  it.each<[string, ReuseDecision, string]>([
    ['fresh', decide([matching(fresh)]), 'fresh for 35 s more'],
    ['never', decide([matching(stored())]), 'never expires'],
    ['stale', decide([matching(stale)]), 'stale since 12 s, validator present'],
    ['stale, bare', decide([matching(staleBare)]), 'stale since 12 s, no validator'],
    [
      'max-stale',
      decide([matching(stale)], {}, 'max-stale'),
      'stale since 12 s, within max-stale of the request',
    ],
    [
      'background',
      decide([matching(stale)], { staleWhileRevalidate: true }),
      'stale since 12 s, within staleWhileRevalidate',
    ],
    [
      'max-age',
      decide([matching(fresh)], {}, 'max-age=7'),
      'request says max-age=7, and the age is 100 s, validator present',
    ],
    ['offline', decide([matching(stale)], { onlyIfCached: true }), 'only-if-cached, and stale since 12 s'],
    ['offline, empty', decide([], { onlyIfCached: true }), 'only-if-cached, and nothing is stored'],
    [
      'offline, variants',
      decide([other(stale)], { onlyIfCached: true }),
      'only-if-cached, and no stored variant matches the request',
    ],
    [
      'offline, error window',
      decide([matching(stale)], { onlyIfCached: true, staleIfError: true }),
      'stale since 12 s, within staleIfError',
    ],
    ['below ten seconds', decide([matching(stored({}, staleFor(-0.52)))]), 'fresh for 0.5 s more'],
  ])('%s', (_title, decision, reason) => {
    expect(decision.reason).toBe(reason);
  });
});

describe('properties', () => {
  it('a response is only handed out where it matches, as what it is, and within its window', () => {
    const fwds: ForwardReason[] = ['uri-miss', 'vary-miss', 'request', 'stale'];
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: -50, max: 50 }), fc.boolean(), fc.boolean())),
        fc.record({
          refresh: fc.boolean(),
          cacheControl: fc.boolean(),
          staleWhileRevalidate: fc.nat({ max: 60 }),
        }),
        (ones, changes) => {
          const candidates = ones.map(([seconds, isTagged, matches]) => ({
            stored: stored(isTagged ? TAG : {}, staleFor(seconds)),
            matches,
          }));
          const decision = decide(candidates, changes);
          if (decision.action === 'reuse') {
            const { stored: used } = decision;
            const expiresAt = used.expiresAt ?? Infinity;
            expect(changes.refresh).toBe(false);
            expect(candidates.find((one) => one.stored === used)?.matches).toBe(true);
            expect(decision.stale).toBe(expiresAt <= NOW);
            expect(decision.background).toBe(decision.stale);
            expect(NOW).toBeLessThan(
              expiresAt + changes.staleWhileRevalidate * 1000 + (decision.stale ? 0 : 1e6),
            );
          } else {
            expect(decision.action).toMatch(/^(validate|forward)$/);
            expect(fwds).toContain((decision as { fwd: ForwardReason }).fwd);
          }
        },
      ),
      { seed: 20261120, numRuns: 500 },
    );
  });
});

describe('the rule that decides', () => {
  const rfc = (changes: Changes): PolicySettings => rfcSettings(changes);
  it.each<[ReuseRule, ReuseDecision]>([
    ['nothing-stored', decide([])],
    ['nothing-stored', decide([], { onlyIfCached: true })],
    ['no-variant-matches', decide([other(fresh)])],
    ['force-refresh', decide([matching(fresh)], { forceRefresh: true })],
    ['refresh', decide([matching(fresh)], { refresh: true })],
    ['request-must-revalidate', decide([matching(fresh)], {}, 'must-revalidate')],
    ['request-no-cache', decide([matching(fresh)], {}, 'no-cache')],
    ['request-no-cache', decide([matching(fresh)], { onlyIfCached: true }, 'no-cache')],
    ['request-max-age', decide([matching(fresh)], {}, 'max-age=0')],
    ['request-min-fresh', decide([matching(fresh)], {}, 'min-fresh=36')],
    ['always-revalidate', decide([matching(fresh)], { alwaysRevalidate: true })],
    [
      'response-no-cache',
      decide([matching(stored({ ...TAG, 'cache-control': 'no-cache' }, staleFor(-35)))], {}, undefined, rfc),
    ],
    ['fresh', decide([matching(fresh)])],
    ['never-expires', decide([matching(stored(TAG, { expiresAt: undefined }))])],
    ['max-stale', decide([matching(stale)], {}, 'max-stale')],
    ['stale-while-revalidate', decide([matching(stale)], { staleWhileRevalidate: true })],
    ['stale-if-error', decide([matching(stale)], { onlyIfCached: true, staleIfError: true })],
    ['stale', decide([matching(stale)])],
    ['stale', decide([matching(staleBare)], { onlyIfCached: true })],
  ])('is %s', (rule, decision) => {
    expect(decision.rule).toBe(rule);
  });
});
