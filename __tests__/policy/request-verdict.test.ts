import {
  type ForwardReason,
  type PassRule,
  type PolicySettings,
  type RequestHead,
} from '../../lib/policy/messages';
import { isOnlyIfCached, requestDirectives } from '../../lib/policy/request-directives';
import { judgeRequest } from '../../lib/policy/request-verdict';
import { after, date, DO_NOT, fields, get, rfcSettings, settings } from './fixtures';

const ALL_YES = { mayRead: true, mayWrite: true, reason: undefined, fwd: undefined };

describe('judgeRequest', () => {
  it.each<[string, RequestHead, Partial<PolicySettings>]>([
    ['a plain GET', get(), {}],
    ['a HEAD', get({}, 'HEAD'), {}],
    ['a method in lower case', get({}, 'get'), {}],
    ['an allowed POST', get({}, 'POST'), { allowableMethods: new Set(['POST']) }],
    ['no-cache', get({ 'cache-control': 'no-cache, max-age=0' }), {}],
    [
      'a lifetime of its own over the pattern',
      get(),
      { requestLifetime: after(60), patternLifetime: DO_NOT },
    ],
    [
      'a lifetime of its own over the session',
      get(),
      { requestLifetime: after(60), sessionLifetime: DO_NOT },
    ],
    ['a pattern over the session', get(), { patternLifetime: after(0), sessionLifetime: DO_NOT }],
  ])('reads and writes: %s', (_title, request, changes) => {
    expect(judgeRequest(request, settings(changes))).toEqual(ALL_YES);
  });

  it.each<[string, RequestHead, Partial<PolicySettings>, ForwardReason, PassRule, RegExp]>([
    ['disabled', get(), { disabled: true }, 'bypass', 'disabled', /disabled/],
    ['method', get({}, 'POST'), {}, 'method', 'method', /POST/],
    ['session', get(), { sessionLifetime: DO_NOT }, 'bypass', 'do-not-cache', /DO_NOT_CACHE by session/],
    ['pattern', get(), { patternLifetime: DO_NOT }, 'bypass', 'do-not-cache', /DO_NOT_CACHE by url-pattern/],
    [
      'request',
      get(),
      { requestLifetime: DO_NOT, patternLifetime: after(1) },
      'bypass',
      'do-not-cache',
      /DO_NOT_CACHE by request/,
    ],
    [
      'no-store',
      get({ 'cache-control': 'max-age=5, no-store' }),
      {},
      'request',
      'request-no-store',
      /no-store/,
    ],
    [
      'unreadable no-store',
      get({ 'cache-control': 'no-store=1' }),
      {},
      'request',
      'request-no-store',
      /no-store/,
    ],
  ])('neither reads nor writes: %s', (_title, request, changes, fwd, rule, reason) => {
    const verdict = judgeRequest(request, settings(changes));
    expect(verdict).toEqual({
      mayRead: false,
      mayWrite: false,
      fwd,
      rule,
      reason: expect.stringMatching(reason),
    });
  });

  it.each<[string, Record<string, string>, string?]>([
    ['If-Match', { 'if-match': '"a"' }],
    ['If-Unmodified-Since', { 'if-unmodified-since': date(0) }],
    ['a Range in another unit', { range: 'lines=1-2' }],
    ['a Range that cannot be read', { range: 'bytes=b-a' }],
    ['several ranges', { range: 'bytes=0-1, 4-5' }],
    ['a Range of a HEAD', { range: 'bytes=0-1' }, 'HEAD'],
  ])('%s is for the origin to answer', (_title, headers, method = 'GET') => {
    expect(judgeRequest(get(headers, method), rfcSettings())).toEqual({
      mayRead: false,
      mayWrite: false,
      fwd: 'bypass',
      rule: 'range' in headers ? 'request-range' : 'request-precondition',
      reason: expect.stringMatching(/If-Match|Range/),
    });
  });

  it.each<[string, Record<string, string>]>([
    ['one range', { range: 'bytes=0-1' }],
    ['one range under a condition', { range: 'Bytes=-5', 'if-range': '"a"' }],
    ['If-None-Match', { 'if-none-match': '"a"' }],
    ['If-Modified-Since', { 'if-modified-since': date(0) }],
  ])('%s may be answered from storage', (_title, headers) => {
    expect(judgeRequest(get(headers), rfcSettings())).toMatchObject({ mayRead: true, mayWrite: true });
  });

  it('D25: DO_NOT_CACHE for the session also holds with cacheControl', () => {
    expect(judgeRequest(get(), rfcSettings({ sessionLifetime: DO_NOT }))).toMatchObject({
      mayRead: false,
      mayWrite: false,
    });
  });

  it('read-only only forbids writing', () => {
    expect(judgeRequest(get(), settings({ readOnly: true }))).toEqual({
      mayRead: true,
      mayWrite: false,
      fwd: undefined,
      reason: expect.stringContaining('read-only'),
    });
  });
});

describe('requestDirectives', () => {
  it.each([
    ['Pragma: no-cache alone', { pragma: 'x, No-Cache' }, true],
    ['Pragma beside Cache-Control', { pragma: 'no-cache', 'cache-control': 'max-age=5' }, false],
    ['another Pragma', { pragma: 'no-cache=x, other' }, false],
    ['neither', {}, false],
    ['Cache-Control', { 'cache-control': ['max-age=5', 'no-cache'] }, true],
  ])('%s: no-cache %p', (_title, headers, isNoCache) => {
    expect(requestDirectives(fields(headers)).noCache).toBe(isNoCache);
  });
});

describe('isOnlyIfCached', () => {
  it.each([
    [get(), false, false],
    [get(), true, true],
    [get({ 'cache-control': 'only-if-cached' }), false, true],
  ])('%#', (request, onlyIfCached, expected) => {
    expect(isOnlyIfCached(request, settings({ onlyIfCached }))).toBe(expected);
  });
});
