import { type CacheMode, type Candidate, type PolicySettings } from '../../lib/policy/messages';
import { judgeStorability } from '../../lib/policy/storability';
import { CACHE_MODES } from '../../lib/policy/modes';
import { isOnlyIfCached } from '../../lib/policy/request-directives';
import { decideReuse } from '../../lib/policy/reuse-decision';
import { isErrorStatus, mayServeOnError } from '../../lib/policy/stale-serving';
import {
  after,
  get,
  matching,
  NOW,
  other,
  response,
  rfcSettings,
  settings,
  staleFor,
  stored,
} from './fixtures';

const TAG = { etag: '"a"' };
const fresh = [matching(stored(TAG, staleFor(-35)))];
const never = [matching(stored())];
const stale = [matching(stored(TAG, staleFor(12)))];
const staleBare = [matching(stored({}, staleFor(12)))];
const strict = [matching(stored({ 'cache-control': 'max-age=1, must-revalidate' }, staleFor(12)))];
const noCache = [matching(stored({ ...TAG, 'cache-control': 'no-cache' }, staleFor(12)))];
const otherVariant = [other(stored(TAG, staleFor(-35)))];

type Case = [
  title: string,
  candidates: readonly Candidate[],
  changes: Partial<PolicySettings>,
  directives: string | undefined,
  expected: string,
];

function decided(mode: CacheMode, [, candidates, changes, directives]: Case): string {
  const request = get(directives === undefined ? {} : { 'cache-control': directives });
  const decision = decideReuse({ request, candidates, settings: settings({ mode, ...changes }), now: NOW });
  if (decision.action !== 'reuse') return `${decision.action} by ${decision.rule}`;
  const age = decision.stale ? 'stale' : 'fresh';
  return `${age}${decision.background ? ' + background' : ''} by ${decision.rule}`;
}

const CC = { cacheControl: true };

const CASES: Readonly<Record<CacheMode, readonly Case[]>> = {
  default: [
    ['stale', stale, {}, undefined, 'validate by stale'],
    ['fresh', fresh, {}, undefined, 'fresh by fresh'],
  ],
  'network-first': [
    ['nothing stored', [], {}, undefined, 'forward by nothing-stored'],
    ['fresh: asks all the same', fresh, {}, undefined, 'validate by network-first'],
    ['never expires, no validator', never, {}, undefined, 'forward by network-first'],
    [
      'stale within staleWhileRevalidate',
      stale,
      { staleWhileRevalidate: true },
      undefined,
      'validate by network-first',
    ],
    [
      'forceRefresh: without conditions',
      fresh,
      { forceRefresh: true },
      undefined,
      'forward by force-refresh',
    ],
    ['refresh', fresh, { refresh: true }, undefined, 'validate by refresh'],
    ['onlyIfCached, fresh', fresh, { onlyIfCached: true }, undefined, 'fresh by fresh'],
    [
      'onlyIfCached, stale: what would stand in',
      stale,
      { onlyIfCached: true },
      undefined,
      'stale by stale-if-error',
    ],
    [
      'onlyIfCached, must-revalidate',
      strict,
      { ...CC, onlyIfCached: true },
      undefined,
      'gateway-timeout by stale',
    ],
  ],
  'cache-first': [
    ['nothing stored', [], {}, undefined, 'forward by nothing-stored'],
    ['another variant', otherVariant, {}, undefined, 'forward by no-variant-matches'],
    ['fresh', fresh, {}, undefined, 'fresh by fresh'],
    ['stale', stale, {}, undefined, 'stale by cache-first'],
    ['stale without validator', staleBare, {}, undefined, 'stale by cache-first'],
    ['must-revalidate', strict, CC, undefined, 'stale by cache-first'],
    ['no-cache of the response', noCache, CC, undefined, 'stale by cache-first'],
    ['alwaysRevalidate', stale, { alwaysRevalidate: true }, undefined, 'stale by cache-first'],
    ['refresh goes before it', stale, { refresh: true }, undefined, 'validate by refresh'],
    ['forceRefresh goes before it', stale, { forceRefresh: true }, undefined, 'forward by force-refresh'],
    ['no-cache of the request goes before it', stale, {}, 'no-cache', 'validate by request-no-cache'],
    ['max-age of the request goes before it', stale, {}, 'max-age=5', 'validate by request-max-age'],
    [
      'staleWhileRevalidate: updated',
      stale,
      { staleWhileRevalidate: true },
      undefined,
      'stale + background by cache-first',
    ],
    [
      'past staleWhileRevalidate: only used',
      stale,
      { staleWhileRevalidate: 5 },
      undefined,
      'stale by cache-first',
    ],
    [
      'onlyIfCached',
      stale,
      { onlyIfCached: true, staleWhileRevalidate: true },
      undefined,
      'stale by cache-first',
    ],
    [
      'onlyIfCached, must-revalidate',
      strict,
      { ...CC, onlyIfCached: true },
      undefined,
      'stale by cache-first',
    ],
    [
      'only-if-cached of the request, nothing stored',
      [],
      {},
      'only-if-cached',
      'gateway-timeout by nothing-stored',
    ],
  ],
  'cache-only': [
    ['nothing stored', [], {}, undefined, 'gateway-timeout by nothing-stored'],
    ['fresh', fresh, {}, undefined, 'fresh by fresh'],
    ['stale', stale, {}, undefined, 'gateway-timeout by stale'],
    ['stale within staleIfError', stale, { staleIfError: 60 }, undefined, 'stale by stale-if-error'],
    ['stale past staleIfError', stale, { staleIfError: 5 }, undefined, 'gateway-timeout by stale'],
    ['beats forceRefresh', fresh, { forceRefresh: true }, undefined, 'fresh by fresh'],
    [
      'beats refresh and alwaysRevalidate',
      fresh,
      { refresh: true, alwaysRevalidate: true },
      undefined,
      'fresh by fresh',
    ],
    [
      'onlyIfCached: false does not lift it',
      stale,
      { onlyIfCached: false },
      undefined,
      'gateway-timeout by stale',
    ],
  ],
  offline: [
    ['nothing stored', [], {}, undefined, 'gateway-timeout by nothing-stored'],
    ['another variant', otherVariant, {}, undefined, 'gateway-timeout by no-variant-matches'],
    ['fresh', fresh, {}, undefined, 'fresh by fresh'],
    ['stale', stale, {}, undefined, 'stale by offline'],
    ['must-revalidate', strict, CC, undefined, 'stale by offline'],
    ['no-cache of both', noCache, CC, 'no-cache', 'stale by offline'],
    ['beats forceRefresh', stale, { forceRefresh: true }, undefined, 'stale by offline'],
    ['beats refresh', stale, { refresh: true }, undefined, 'stale by offline'],
    [
      'no update in the background',
      stale,
      { staleWhileRevalidate: true, refreshAhead: { fraction: 0.9, seconds: undefined, jitter: 0 } },
      undefined,
      'stale by offline',
    ],
    [
      'staleIfError: false does not count',
      stale,
      { staleIfError: false, staleIfErrorForced: true },
      undefined,
      'stale by offline',
    ],
  ],
};

describe.each(CACHE_MODES)('mode %s', (mode) => {
  it.each(CASES[mode])('%s', (...row) => {
    expect(decided(mode, row)).toBe(row[4]);
  });
});

it.each<[CacheMode, boolean]>([
  ['default', false],
  ['network-first', false],
  ['cache-first', false],
  ['cache-only', true],
  ['offline', true],
])('mode %s keeps requests from the origin that the cache cannot answer: %s', (mode, expected) => {
  expect(isOnlyIfCached(get(), settings({ mode }))).toBe(expected);
  expect(isOnlyIfCached(get({ 'cache-control': 'only-if-cached' }), settings({ mode }))).toBe(true);
});

it('names the mode where it answers 504', () => {
  const reasonIn = (mode: CacheMode): string =>
    decideReuse({ request: get(), candidates: [], settings: settings({ mode }), now: NOW }).reason;
  expect([reasonIn('cache-only'), reasonIn('offline')]).toEqual([
    'mode cache-only, and nothing is stored',
    'mode offline, and nothing is stored',
  ]);
});

describe('network-first: what stands in for a failure', () => {
  const mayServe = (candidates: readonly Candidate[], changes: Partial<PolicySettings>): boolean =>
    mayServeOnError({
      stored: candidates[0]!.stored,
      request: get(),
      settings: settings({ mode: 'network-first', ...changes }),
      now: NOW,
    });

  it.each<
    [title: string, candidates: readonly Candidate[], changes: Partial<PolicySettings>, expected: boolean]
  >([
    ['fresh', fresh, {}, true],
    ['stale for a year', [matching(stored({}, staleFor(31_536_000)))], {}, true],
    ['must-revalidate without cacheControl', strict, {}, true],
    ['must-revalidate', strict, CC, false],
    ['no-cache', noCache, CC, false],
    ['a window of the session does not limit it', stale, { staleIfError: 5 }, true],
    ['a window of the request does', stale, { staleIfError: 5, staleIfErrorForced: true }, false],
    ['within the window of the request', stale, { staleIfError: 60, staleIfErrorForced: true }, true],
    ['staleIfError: false of the request forbids it', fresh, { staleIfErrorForced: true }, false],
  ])('%s', (_title, candidates, changes, expected) => {
    expect(mayServe(candidates, changes)).toBe(expected);
  });

  it.each([
    [404, false],
    [429, false],
    [500, true],
    [501, true],
    [599, true],
  ])('a %d counts as one: %s', (status, expected) => {
    expect(isErrorStatus(status, rfcSettings({ mode: 'network-first' }))).toBe(expected);
  });
});

describe('what a mode keeps', () => {
  const judge = (mode: CacheMode, headers: Record<string, string> = {}, base = settings): unknown => {
    const verdict = judgeStorability({
      request: get(),
      response: response(headers),
      settings: base({ mode, sessionLifetime: after(60) }),
      requestSentAt: NOW,
      responseReceivedAt: NOW,
    });
    return verdict.store ? (verdict.retainUntil ?? 'for ever') : verdict.reason;
  };

  it.each<[CacheMode, unknown]>([
    ['default', NOW + 60_000],
    ['cache-only', NOW + 60_000],
    ['network-first', 'for ever'],
    ['cache-first', 'for ever'],
    ['offline', 'for ever'],
  ])('%s: until %s', (mode, expected) => {
    expect(judge(mode)).toBe(expected);
  });

  it('is not what may never be of use', () => {
    const useless = { 'cache-control': 'max-age=0, must-revalidate' };
    expect(judge('network-first', useless, rfcSettings)).toBe('stale on arrival, and no validator');
    expect(judge('cache-first', useless, rfcSettings)).toBe('for ever');
  });
});
