import { InvalidOptionError } from '../../lib/errors';
import { type PolicySettings, type RefreshAhead } from '../../lib/policy/messages';
import { isDueAhead, parseRefreshAhead } from '../../lib/policy/refresh-ahead';
import { decideReuse } from '../../lib/policy/reuse-decision';
import { get, matching, NOW, settings, stored } from './fixtures';

const SECOND = 1000;

/** Fresh for 100 seconds, so many of which are left. */
const left = (seconds: number) =>
  stored({}, { responseReceivedAt: NOW - (100 - seconds) * SECOND, expiresAt: NOW + seconds * SECOND });

describe('parseRefreshAhead', () => {
  it.each<[unknown, RefreshAhead | undefined]>([
    [false, undefined],
    [0, undefined],
    ['0s', undefined],
    [0.1, { fraction: 0.1, seconds: undefined, jitter: 0 }],
    ['30s', { fraction: undefined, seconds: 30, jitter: 0 }],
    ['1m', { fraction: undefined, seconds: 60, jitter: 0 }],
    [
      { fraction: 0.2, jitter: 0.5 },
      { fraction: 0.2, seconds: undefined, jitter: 0.5 },
    ],
    [{ before: 30 }, { fraction: undefined, seconds: 30, jitter: 0 }],
    [
      { before: '2m', jitter: 1 },
      { fraction: undefined, seconds: 120, jitter: 1 },
    ],
  ])('%j', (given, expected) => {
    expect(parseRefreshAhead(given, 'refreshAhead')).toEqual(expected);
  });

  it.each<[unknown, string]>([
    [1, 'refreshAhead'],
    [30, 'refreshAhead'],
    [-0.1, 'refreshAhead'],
    [Number.NaN, 'refreshAhead'],
    [true, 'refreshAhead'],
    [null, 'refreshAhead'],
    [[0.1], 'refreshAhead'],
    ['soon', 'refreshAhead.before'],
    [{}, 'refreshAhead'],
    [{ fraction: 0.1, before: 30 }, 'refreshAhead'],
    [{ fraction: 1 }, 'refreshAhead.fraction'],
    [{ before: -1 }, 'refreshAhead.before'],
    [{ fraction: 0.1, jitter: 2 }, 'refreshAhead.jitter'],
    [{ fraction: 0.1, jiter: 1 }, 'refreshAhead.jiter'],
  ])('refuses %j, naming %s', (given, option) => {
    const thrown = ((): unknown => {
      try {
        return parseRefreshAhead(given, 'refreshAhead');
      } catch (error) {
        return error;
      }
    })();
    expect(thrown).toBeInstanceOf(InvalidOptionError);
    expect((thrown as InvalidOptionError).option).toBe(option);
  });
});

describe('isDueAhead', () => {
  const tenth: RefreshAhead = { fraction: 0.1, seconds: undefined, jitter: 0 };
  const seconds = (of: number, jitter = 0): RefreshAhead => ({ fraction: undefined, seconds: of, jitter });

  it.each<[title: string, ahead: RefreshAhead, left: number, share: number, expected: boolean]>([
    ['before the last tenth', tenth, 10.001, 0, false],
    ['in the last tenth', tenth, 10, 0, true],
    ['before the last 30 seconds', seconds(30), 30.001, 0, false],
    ['in the last 30 seconds', seconds(30), 30, 0, true],
    ['at most half of the lifetime', seconds(3600), 50.001, 0, false],
    ['from half of the lifetime on', seconds(3600), 50, 0, true],
    ['jitter, none of it', seconds(20, 0.5), 20, 0, true],
    ['jitter, half of it: not yet', seconds(20, 0.5), 15.001, 0.5, false],
    ['jitter, half of it', seconds(20, 0.5), 15, 0.5, true],
    ['jitter, all of it: not yet', seconds(20, 0.5), 10.001, 1, false],
    ['jitter, all of it', seconds(20, 0.5), 10, 1, true],
  ])('%s', (_title, ahead, secondsLeft, share, expected) => {
    expect(isDueAhead(left(secondsLeft), ahead, NOW, share)).toBe(expected);
  });

  it('is never so for what never becomes stale', () => {
    expect(isDueAhead(stored(), { ...tenth, fraction: 0.99 }, NOW, 0)).toBe(false);
  });

  it('asks but a few times about an expiry that does not move', () => {
    const expiresAt = NOW + 100_000;
    let asked = 0;
    let responseReceivedAt = NOW;
    for (let now = NOW; now < expiresAt; now += 10) {
      if (!isDueAhead(stored({}, { responseReceivedAt, expiresAt }), seconds(30), now, 0)) continue;
      asked += 1;
      responseReceivedAt = now;
    }
    expect(asked).toBeLessThan(16);
    expect(asked).toBeGreaterThan(1);
  });
});

describe('refreshAhead in a decision', () => {
  const refreshAhead: RefreshAhead = { fraction: 0.1, seconds: undefined, jitter: 1 };
  const decide = (changes: Partial<PolicySettings>, jitterShare?: number): string => {
    const decision = decideReuse({
      request: get(),
      candidates: [matching(left(5))],
      settings: settings({ refreshAhead, ...changes }),
      now: NOW,
      jitterShare,
    });
    return decision.action === 'reuse' ? `${decision.rule} ${decision.background}` : decision.action;
  };

  it.each<
    [title: string, changes: Partial<PolicySettings>, jitterShare: number | undefined, expected: string]
  >([
    ['due', {}, undefined, 'refresh-ahead true'],
    ['with a small share of the jitter', {}, 0.4, 'refresh-ahead true'],
    ['with a large share of the jitter not yet', {}, 0.6, 'fresh false'],
    ['off', { refreshAhead: undefined }, undefined, 'fresh false'],
    ['read-only', { readOnly: true }, undefined, 'fresh false'],
    ['onlyIfCached', { onlyIfCached: true }, undefined, 'fresh false'],
    ['cache-only', { mode: 'cache-only' }, undefined, 'fresh false'],
    ['offline', { mode: 'offline' }, undefined, 'fresh false'],
    ['cache-first', { mode: 'cache-first' }, undefined, 'refresh-ahead true'],
    ['network-first asks anyway', { mode: 'network-first' }, undefined, 'forward'],
  ])('%s', (_title, changes, jitterShare, expected) => {
    expect(decide(changes, jitterShare)).toBe(expected);
  });
});
