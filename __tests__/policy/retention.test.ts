import fc from 'fast-check';
import { type PolicySettings } from '../../lib/policy/messages';
import { retainUntil } from '../../lib/policy/retention';
import { DAY, get, NOW, response, settings } from './fixtures';

function retained(
  expiresInSeconds: number | undefined,
  changes: Partial<PolicySettings> = {},
  headers: Record<string, string> = {},
  request: Record<string, string> = {},
): number | undefined {
  const until = retainUntil({
    request: get(request),
    response: response(headers),
    settings: settings(changes),
    responseReceivedAt: NOW,
    expiresAt: expiresInSeconds === undefined ? undefined : NOW + expiresInSeconds * 1000,
  });
  return until === undefined ? undefined : (until - NOW) / 1000;
}

const DAY_SECONDS = DAY / 1000;

describe('D15: never shorter than freshness and stale windows', () => {
  type Case = [
    title: string,
    expiresInSeconds: number | undefined,
    changes: Partial<PolicySettings>,
    headers: Record<string, string>,
    request: Record<string, string>,
    expected: number | undefined,
  ];
  it.each<Case>([
    ['no more than its freshness', 60, {}, {}, {}, 60],
    ['never expiring: for ever', undefined, {}, {}, {}, undefined],
    ['staleIfError', 60, { staleIfError: 100 }, {}, {}, 160],
    ['staleWhileRevalidate', 60, { staleWhileRevalidate: 100 }, {}, {}, 160],
    ['the longer one', 60, { staleIfError: 50, staleWhileRevalidate: 100 }, {}, {}, 160],
    ['without limit: for ever', 60, { staleIfError: true }, {}, {}, undefined],
    ['staleWhileRevalidate without limit: for ever', 60, { staleWhileRevalidate: true }, {}, {}, undefined],
    ['a directive of the request', 60, {}, {}, { 'cache-control': 'stale-if-error=100' }, 160],
    [
      'directives of the response',
      60,
      { cacheControl: true },
      { 'cache-control': 'stale-while-revalidate=100' },
      {},
      160,
    ],
    [
      'they do not count without cacheControl',
      60,
      {},
      { 'cache-control': 'stale-while-revalidate=100' },
      {},
      60,
    ],
    [
      'must-revalidate: no windows',
      60,
      { cacheControl: true, staleIfError: 100 },
      { 'cache-control': 'must-revalidate' },
      {},
      60,
    ],
    [
      'no-cache: no windows',
      60,
      { cacheControl: true, staleIfError: true },
      { 'cache-control': 'no-cache' },
      {},
      60,
    ],
    ['a validator: at least a day', 60, {}, { etag: '"a"' }, {}, 60 + DAY_SECONDS],
    [
      'a validator: as long again as it was fresh',
      5 * DAY_SECONDS,
      {},
      { etag: '"a"' },
      {},
      10 * DAY_SECONDS,
    ],
    [
      'a validator and a window: the longer one',
      60,
      { staleIfError: 2 * DAY_SECONDS },
      { etag: '"a"' },
      {},
      60 + 2 * DAY_SECONDS,
    ],
    ['stale on arrival with a validator: a day from now', -1e7, {}, { etag: '"a"' }, {}, DAY_SECONDS],
    ['stale on arrival with a window that has passed', -200, { staleIfError: 100 }, {}, {}, -100],
    ['beyond all dates: for ever', 60, { staleIfError: 1e300 }, {}, {}, undefined],
  ])('%s', (_title, expiresInSeconds, changes, headers, request, expected) => {
    expect(retained(expiresInSeconds, changes, headers, request)).toBe(expected);
  });

  it('whatever the lengths', () => {
    const seconds = fc.nat({ max: 1e8 });
    fc.assert(
      fc.property(
        seconds,
        seconds,
        seconds,
        fc.boolean(),
        (fresh, staleIfError, staleWhileRevalidate, isTagged) => {
          const until = retained(
            fresh,
            { staleIfError, staleWhileRevalidate },
            isTagged ? { etag: '"a"' } : {},
          );
          expect(until).toBeGreaterThanOrEqual(fresh + Math.max(staleIfError, staleWhileRevalidate));
        },
      ),
      { seed: 20261120, numRuns: 300 },
    );
  });
});
