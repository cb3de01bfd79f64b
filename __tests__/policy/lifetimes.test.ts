import { InvalidOptionError } from '../../lib/errors';
import { parseCodeLifetimes } from '../../lib/policy/code-lifetimes';
import { parseExpirationRule } from '../../lib/policy/expiration';
import { type Lifetime, type LifetimeRule, type PolicySettings } from '../../lib/policy/messages';
import { judgeRequest } from '../../lib/policy/request-verdict';
import { isErrorStatus } from '../../lib/policy/stale-serving';
import { judgeStorability } from '../../lib/policy/storability';
import { after, DO_NOT, get, NEVER, NOW, response, rfcSettings, settings } from './fixtures';

/** For how many seconds it is fresh and by what, or why it is not stored. */
function judge(
  changes: Partial<PolicySettings>,
  { status = 200, headers = {}, base = settings } = {},
): string {
  const verdict = judgeStorability({
    request: get(),
    response: response(headers, status),
    settings: base(changes),
    requestSentAt: NOW,
    responseReceivedAt: NOW,
  });
  if (!verdict.store) return verdict.reason;
  const seconds = verdict.expiresAt === undefined ? 'never' : (verdict.expiresAt - NOW) / 1000;
  return `${seconds} ${verdict.lifetimeSource}`;
}

const by = (choose: (...args: never[]) => unknown): LifetimeRule =>
  parseExpirationRule(choose, 'expireAfter', NOW);
const codes = (lifetimes: Record<number, Lifetime>): PolicySettings['codeLifetimes'] =>
  new Map(Object.entries(lifetimes).map(([code, lifetime]) => [Number(code), lifetime]));

describe('lifetimes by status', () => {
  const codeLifetimes = codes({ 404: after(60), 5: after(10), 410: DO_NOT });

  it.each<[title: string, status: number, changes: Partial<PolicySettings>, expected: string]>([
    ['a status that is listed may be stored', 404, {}, '60 status'],
    ['a class', 503, {}, '10 status'],
    [
      'a status before its class',
      404,
      { codeLifetimes: codes({ 404: after(60), 4: after(5) }) },
      '60 status',
    ],
    ['before the session', 404, { sessionLifetime: after(7) }, '60 status'],
    ['after the URL pattern', 404, { patternLifetime: after(3) }, '3 url-pattern'],
    ['after the request', 404, { requestLifetime: after(2), patternLifetime: after(3) }, '2 request'],
    ['others as before', 200, { sessionLifetime: after(7) }, '7 session'],
    ['others that may not be stored', 403, {}, 'status 403 is not in allowableCodes'],
    ['DO_NOT_CACHE', 410, { allowableCodes: new Set([410]) }, 'DO_NOT_CACHE by status'],
    ['although the session says DO_NOT_CACHE', 404, { sessionLifetime: DO_NOT }, '60 status'],
    [
      'a 304 all the same not',
      304,
      { codeLifetimes: codes({ 3: after(60) }) },
      'a 304 is not stored by itself',
    ],
  ])('%s', (_title, status, changes, expected) => {
    expect(judge({ codeLifetimes, ...changes }, { status })).toBe(expected);
  });

  it('come after header fields, and before the heuristic', () => {
    const base = rfcSettings;
    const headers = { 'last-modified': 'Fri, 20 Nov 2026 02:00:00 GMT' };
    expect(judge({ codeLifetimes }, { status: 404, headers, base })).toBe('60 status');
    expect(judge({}, { status: 404, headers, base })).toBe('3600 heuristic');
    const explicit = { 'cache-control': 'max-age=5' };
    expect(judge({ codeLifetimes }, { status: 404, headers: explicit, base })).toBe('5 max-age');
  });

  it('leave a 5xx a failure, for which what is stale may stand in', () => {
    expect(isErrorStatus(503, settings({ codeLifetimes }))).toBe(true);
  });

  it('keep the cache readable where the session says DO_NOT_CACHE', () => {
    const changes = { sessionLifetime: DO_NOT, codeLifetimes };
    expect(judgeRequest(get(), settings(changes)).mayRead).toBe(true);
    expect(judge(changes)).toBe('DO_NOT_CACHE by session');
    expect(judgeRequest(get(), settings({ ...changes, patternLifetime: DO_NOT })).mayRead).toBe(false);
    expect(judgeRequest(get(), settings({ sessionLifetime: DO_NOT })).mayRead).toBe(false);
  });

  it('are read by status and by class', () => {
    const parsed = parseCodeLifetimes(
      { 404: '1m', '5xx': 10, '4XX': 'do-not-cache' },
      'codesExpireAfter',
      NOW,
    );
    expect([...(parsed ?? [])]).toEqual([
      [404, after(60)],
      [5, after(10)],
      [4, DO_NOT],
    ]);
    expect(parseCodeLifetimes({}, 'codesExpireAfter', NOW)).toBeUndefined();
  });

  it.each<[unknown, string]>([
    [{ 100: 1 }, 'codesExpireAfter'],
    [{ 304: 1 }, 'codesExpireAfter'],
    [{ 600: 1 }, 'codesExpireAfter'],
    [{ '1xx': 1 }, 'codesExpireAfter'],
    [{ '40x': 1 }, 'codesExpireAfter'],
    [{ ok: 1 }, 'codesExpireAfter'],
    [{ 404: 'soon' }, 'codesExpireAfter["404"]'],
    [{ 404: () => 1 }, 'codesExpireAfter["404"]'],
    [[404], 'codesExpireAfter'],
    [null, 'codesExpireAfter'],
    [60, 'codesExpireAfter'],
  ])('refuse %j', (given, option) => {
    const parse = (): unknown => parseCodeLifetimes(given, 'codesExpireAfter', NOW);
    expect(parse).toThrow(InvalidOptionError);
    expect(parse).toThrow(`Option "${option}" is`);
  });
});

describe('lifetimes that a function works out', () => {
  const none = by(() => undefined);

  it.each<[title: string, changes: Partial<PolicySettings>, expected: string]>([
    ['of the session', { sessionLifetime: by(() => 30) }, '30 session'],
    [
      'of a pattern, before the session',
      { patternLifetime: by(() => '1m'), sessionLifetime: after(1) },
      '60 url-pattern',
    ],
    [
      'of the request, before a pattern',
      { requestLifetime: by(() => 5), patternLifetime: after(1) },
      '5 request',
    ],
    [
      'without an opinion: the next',
      { requestLifetime: none, patternLifetime: none, sessionLifetime: after(4) },
      '4 session',
    ],
    ['then the status', { requestLifetime: none, codeLifetimes: codes({ 200: after(3) }) }, '3 status'],
    ['none has one: the default', { requestLifetime: none, sessionLifetime: none }, 'never session'],
    ['DO_NOT_CACHE', { requestLifetime: by(() => 'do-not-cache') }, 'DO_NOT_CACHE by request'],
    ['a Date', { requestLifetime: by(() => new Date(NOW + 9000)) }, '9 request'],
    [
      'what comes first is not asked for the rest',
      {
        requestLifetime: after(1),
        sessionLifetime: by(() => {
          throw new Error('asked');
        }),
      },
      '1 request',
    ],
  ])('%s', (_title, changes, expected) => {
    expect(judge(changes)).toBe(expected);
  });

  it('come after header fields, and of the session after the heuristic', () => {
    const base = rfcSettings;
    const sessionLifetime = by(() => 30);
    expect(judge({ sessionLifetime }, { base, headers: { 'cache-control': 'max-age=5' } })).toBe('5 max-age');
    const headers = { 'last-modified': 'Fri, 20 Nov 2026 02:00:00 GMT' };
    expect(judge({ sessionLifetime }, { base, headers })).toBe('3600 heuristic');
    expect(judge({ sessionLifetime }, { base })).toBe('30 session');
  });

  it('are given request and response', () => {
    const choose = jest.fn((): number => 1);
    judge(
      { requestLifetime: by(choose), allowableCodes: new Set([404]) },
      { status: 404, headers: { 'x-a': 'b' } },
    );
    expect(choose.mock.calls).toEqual([
      [
        { method: 'GET', url: get().url, headers: get().headers },
        { status: 404, headers: expect.objectContaining({ 'x-a': 'b' }) as unknown },
      ],
    ]);
  });

  it('do not keep a request from the cache before the response has come', () => {
    const choose = jest.fn(() => 'do-not-cache');
    expect(judgeRequest(get(), settings({ requestLifetime: by(choose) })).mayRead).toBe(true);
    expect(choose).not.toHaveBeenCalled();
  });

  it.each<[unknown]>([['soon'], [-2], [null], [true], [{}]])('may not be %j', (nonsense) => {
    expect(() => judge({ requestLifetime: by(() => nonsense), sessionLifetime: NEVER })).toThrow(
      InvalidOptionError,
    );
  });

  it('may not be promised', () => {
    const choose = (): Promise<never> => Promise.reject(new Error('late'));
    expect(() => judge({ requestLifetime: by(choose) })).toThrow('answers at once');
  });
});
