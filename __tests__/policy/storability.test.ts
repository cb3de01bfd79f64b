import fc from 'fast-check';
import {
  type Lifetime,
  type LifetimeSource,
  type PolicySettings,
  type RequestHead,
  type ResponseHead,
  type StorageVerdict,
} from '../../lib/policy/messages';
import { freshenedHeaders } from '../../lib/policy/freshening';
import { judgeStorability } from '../../lib/policy/storability';
import {
  after,
  date,
  DAY,
  DO_NOT,
  fields,
  get,
  NEVER,
  NOW,
  response,
  rfcSettings,
  settings,
} from './fixtures';

function judge(one: ResponseHead, policy: PolicySettings, request: RequestHead = get()): StorageVerdict {
  return judgeStorability({
    request,
    response: one,
    settings: policy,
    requestSentAt: NOW,
    responseReceivedAt: NOW,
  });
}

/** Seconds until expiry, `never`, or why it is not stored; and the source. */
function outcome(verdict: StorageVerdict): [number | 'never' | 'no', string] {
  if (!verdict.store) return ['no', verdict.reason];
  const { expiresAt, lifetimeSource } = verdict;
  return [expiresAt === undefined ? 'never' : (expiresAt - NOW) / 1000, lifetimeSource];
}

const SILENT = { date: date(0) };
const FOR_EVER = { 'cache-control': 'max-age=999, private', expires: date(999) };

describe('without cacheControl only the settings decide', () => {
  type Case = [
    title: string,
    changes: Partial<PolicySettings>,
    expected: number | 'never',
    source: LifetimeSource,
  ];
  it.each<Case>([
    ['the session', { sessionLifetime: after(60) }, 60, 'session'],
    ['never', {}, 'never', 'session'],
    ['a pattern over the session', { patternLifetime: after(5) }, 5, 'url-pattern'],
    ['a request over both', { requestLifetime: after(7), patternLifetime: after(5) }, 7, 'request'],
    ['never over a pattern', { requestLifetime: NEVER, patternLifetime: after(5) }, 'never', 'request'],
    ['a moment', { sessionLifetime: { kind: 'at', epochMs: NOW + 5000 } }, 5, 'session'],
    ['no heuristic', { heuristicFraction: 0.5, sessionLifetime: after(60) }, 60, 'session'],
  ])('%s', (_title, changes, expected, source) => {
    const one = response({ ...FOR_EVER, 'last-modified': date(-1000), age: '50' });
    expect(outcome(judge(one, settings(changes)))).toEqual([expected, source]);
  });

  it.each(['no-store', 'no-cache', 'max-age=0', 'private, must-revalidate'])(
    'the response may say %s',
    (cacheControl) => {
      expect(outcome(judge(response({ 'cache-control': cacheControl, expires: '0' }), settings()))).toEqual([
        'never',
        'session',
      ]);
    },
  );

  it('statuses as allowed: also 429 and 599', () => {
    const allowing = settings({ allowableCodes: new Set([404, 429, 599]) });
    expect([404, 429, 599, 200].map((status) => judge(response({}, status), allowing).store)).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });

  it('the lifetime counts from the reception, the age from the generation', () => {
    const one = response({ age: '50', date: date(-10) });
    expect(judge(one, settings({ sessionLifetime: after(60) }))).toMatchObject({
      expiresAt: NOW + 60_000,
      generatedAt: NOW - 50_000,
    });
  });
});

describe('D26: lifetimes below a second stay', () => {
  it.each([0.5, 0.001])('%p s', (seconds) => {
    expect(judge(response(), settings({ sessionLifetime: after(seconds) }))).toMatchObject({
      store: true,
      expiresAt: NOW + seconds * 1000,
    });
  });
});

describe('stale on arrival: stored only where that is of use, in both modes', () => {
  const past: Lifetime = { kind: 'at', epochMs: NOW - 5000 };
  it.each<[string, Record<string, string>, Partial<PolicySettings>, boolean]>([
    ['without validator', {}, { sessionLifetime: after(0) }, false],
    ['with ETag', { etag: '"a"' }, { sessionLifetime: after(0) }, true],
    ['with Last-Modified', { 'last-modified': date(-9) }, { sessionLifetime: after(0) }, true],
    ['a moment that has passed, without validator', {}, { sessionLifetime: past }, false],
    ['a moment that has passed, with ETag', { etag: '"a"' }, { sessionLifetime: past }, true],
    ['with staleIfError', {}, { sessionLifetime: after(0), staleIfError: 60 }, true],
    ['with staleWhileRevalidate', {}, { sessionLifetime: after(0), staleWhileRevalidate: true }, true],
  ])('%s', (_title, headers, changes, isStored) => {
    expect(judge(response(headers), settings(changes)).store).toBe(isStored);
    expect(judge(response(headers), rfcSettings(changes)).store).toBe(isStored);
  });

  it.each<[string, Record<string, string>, boolean]>([
    ['max-age=0', { 'cache-control': 'max-age=0' }, false],
    ['max-age=0 with ETag', { 'cache-control': 'max-age=0', etag: '"a"' }, true],
    ['older than its lifetime', { 'cache-control': 'max-age=10', age: '15' }, false],
    ['its own stale-while-revalidate', { 'cache-control': 'max-age=0, stale-while-revalidate=9' }, true],
    ['its own stale-if-error', { 'cache-control': 'max-age=0, stale-if-error=9' }, true],
    [
      'which must-revalidate takes back',
      { 'cache-control': 'max-age=0, stale-if-error=9, must-revalidate' },
      false,
    ],
    ['no-cache without validator', { 'cache-control': 'no-cache, max-age=60' }, false],
    ['no-cache with ETag', { 'cache-control': 'no-cache', etag: '"a"' }, true],
  ])('by headers: %s', (_title, headers, isStored) => {
    expect(judge(response(headers), rfcSettings()).store).toBe(isStored);
  });
});

describe('what is never stored, in either mode', () => {
  const everything = new Set([...Array.from({ length: 500 }, (_, index) => index + 100)]);
  it.each<[string, ResponseHead, Partial<PolicySettings>, Record<string, string>, RegExp]>([
    ['disabled', response(), { disabled: true }, {}, /disabled/],
    ['read-only', response(), { readOnly: true }, {}, /read-only/],
    ['a method that is not allowed', response(), { allowableMethods: new Set(['POST']) }, {}, /GET/],
    ['a status that is not allowed', response({}, 404), { allowableCodes: new Set([200]) }, {}, /404/],
    ['request no-store', response(), {}, { 'cache-control': 'no-store' }, /request says no-store/],
    ['Vary: *', response({ vary: 'Accept, *' }), {}, {}, /Vary/],
    ['416 to a range', response({}, 416), {}, { range: 'bytes=5-' }, /range only/],
    ['304', response({}, 304), {}, {}, /304/],
    ['103', response({}, 103), {}, {}, /103/],
    [
      'D25: DO_NOT_CACHE for the session',
      response(),
      { sessionLifetime: DO_NOT },
      {},
      /DO_NOT_CACHE by session/,
    ],
    ['DO_NOT_CACHE by a pattern', response(), { patternLifetime: DO_NOT }, {}, /DO_NOT_CACHE by url-pattern/],
    [
      'DO_NOT_CACHE by the request',
      response(),
      { requestLifetime: DO_NOT, patternLifetime: NEVER },
      {},
      /by request/,
    ],
  ])('%s', (_title, one, changes, requestHeaders, reason) => {
    const headers = { ...one.headers, 'cache-control': 'max-age=60', etag: '"a"' };
    for (const base of [settings, rfcSettings]) {
      const policy = base({ allowableCodes: everything, ...changes });
      const verdict = judge({ ...one, headers }, policy, get(requestHeaders));
      expect(verdict).toEqual({ store: false, reason: expect.stringMatching(reason) });
    }
  });

  it('but DO_NOT_CACHE for the session gives way to a lifetime of the request', () => {
    expect(
      outcome(judge(response(), settings({ sessionLifetime: DO_NOT, requestLifetime: after(9) }))),
    ).toEqual([9, 'request']);
  });
});

describe('with cacheControl: whose lifetime counts', () => {
  const modified = { ...SILENT, 'last-modified': date(-1000) };
  type Case = [
    title: string,
    headers: Record<string, string>,
    changes: Partial<PolicySettings>,
    expected: number | 'never',
    source: LifetimeSource,
  ];
  it.each<Case>([
    [
      'the response over all',
      { 'cache-control': 'max-age=5' },
      { requestLifetime: after(100), patternLifetime: NEVER },
      5,
      'max-age',
    ],
    ['Expires over all', { expires: date(5), ...SILENT }, { requestLifetime: after(100) }, 5, 'expires'],
    [
      'an unreadable max-age, too',
      { 'cache-control': 'max-age=x', etag: '"a"' },
      { requestLifetime: after(100) },
      0,
      'max-age',
    ],
    [
      'the request over pattern and heuristic',
      modified,
      { requestLifetime: after(7), patternLifetime: after(8) },
      7,
      'request',
    ],
    ['the pattern over the heuristic', modified, { patternLifetime: after(8) }, 8, 'url-pattern'],
    ['the heuristic over the session', modified, { sessionLifetime: NEVER }, 100, 'heuristic'],
    ['the session where nothing can be guessed', SILENT, { sessionLifetime: after(9) }, 9, 'session'],
    [
      'the session without heuristic',
      modified,
      { heuristicFraction: 0, sessionLifetime: NEVER },
      'never',
      'session',
    ],
    ['Age shortens', { 'cache-control': 'max-age=60', age: '20' }, {}, 40, 'max-age'],
    ['an old Date shortens', { 'cache-control': 'max-age=60', date: date(-20) }, {}, 40, 'max-age'],
    ['s-maxage is ignored', { ...modified, 'cache-control': 's-maxage=5' }, {}, 100, 'heuristic'],
  ])('%s', (_title, headers, changes, expected, source) => {
    expect(outcome(judge(response(headers), rfcSettings(changes)))).toEqual([expected, source]);
  });

  it.each([
    ['max-age=60, immutable', 60],
    ['max-age="60"', 60],
    ['max-age=60, max-age=10', 60],
  ])('D10: %s is fresh for %d s', (cacheControl, seconds) => {
    expect(outcome(judge(response({ 'cache-control': cacheControl }), rfcSettings()))).toEqual([
      seconds,
      'max-age',
    ]);
  });

  it.each(['max-age=-1', 'max-age', "max-age='9'"])('D10: %s is stale, not for ever', (cacheControl) => {
    expect(outcome(judge(response({ 'cache-control': cacheControl, etag: '"a"' }), rfcSettings()))).toEqual([
      0,
      'max-age',
    ]);
  });

  it('nothing is guessed for POST', () => {
    const policy = rfcSettings({ allowableMethods: new Set(['POST']), sessionLifetime: after(9) });
    expect(outcome(judge(response(modified), policy, get({}, 'POST')))).toEqual([9, 'session']);
  });
});

describe('with cacheControl: RFC 9111 section 3 for a private cache', () => {
  type Case = [
    title: string,
    status: number,
    headers: Record<string, string>,
    changes: Partial<PolicySettings>,
    isStored: boolean,
  ];
  it.each<Case>([
    ['no-store', 200, { 'cache-control': 'no-store, max-age=60' }, {}, false],
    ['no-store beats the user', 200, { 'cache-control': 'no-store' }, { requestLifetime: after(60) }, false],
    ['unreadable no-store', 200, { 'cache-control': 'no-store=1, max-age=60' }, {}, false],
    ['private is for us', 200, { 'cache-control': 'private, max-age=60' }, {}, true],
    [
      'must-understand lifts no-store',
      200,
      { 'cache-control': 'max-age=60, no-store, must-understand' },
      {},
      true,
    ],
    [
      'not for an unknown status',
      599,
      { 'cache-control': 'max-age=60, no-store, must-understand' },
      {},
      false,
    ],
    [
      'must-understand alone, unknown status',
      599,
      { 'cache-control': 'max-age=60, must-understand' },
      {},
      false,
    ],
    [
      'an unreadable must-understand lifts nothing',
      200,
      { 'cache-control': 'max-age=60, no-store, must-understand=1' },
      {},
      false,
    ],
    ['any status with a lifetime', 599, { 'cache-control': 'max-age=60' }, {}, true],
    [
      'any status that is public, with a validator',
      201,
      { 'cache-control': 'public', etag: '"a"' },
      {},
      true,
    ],
    [
      'any status that is private, with a validator',
      201,
      { 'cache-control': 'private', etag: '"a"' },
      {},
      true,
    ],
    ['a status that invites guessing', 404, { etag: '"a"' }, {}, true],
    ['another status', 201, { etag: '"a"' }, {}, false],
    [
      's-maxage does not invite a private cache',
      201,
      { 'cache-control': 's-maxage=60', etag: '"a"' },
      {},
      false,
    ],
    ['another status, by lifetime of the request', 201, {}, { requestLifetime: after(60) }, true],
    ['another status, by lifetime of a pattern', 201, {}, { patternLifetime: after(60) }, true],
    ['another status, by lifetime of the session', 201, {}, { sessionLifetime: after(60) }, true],
    ['another status, never expiring', 201, {}, { sessionLifetime: NEVER }, true],
    ['429 (RFC 6585)', 429, { 'cache-control': 'max-age=60' }, {}, false],
  ])('%s', (_title, status, headers, changes, isStored) => {
    expect(judge(response(headers, status), rfcSettings(changes)).store).toBe(isStored);
  });
});

describe('D6: after a 304 without a lifetime the stored one counts again', () => {
  const storedFields = fields({
    'cache-control': 'max-age=60',
    etag: '"a"',
    age: '50',
    date: date(-500),
    expires: date(-440),
  });

  it.each<[string, Record<string, string>, PolicySettings, number | 'never', LifetimeSource]>([
    ['a bare 304', { date: date(0) }, rfcSettings(), 60, 'max-age'],
    [
      'a bare 304, with a session that never expires',
      { date: date(0) },
      rfcSettings({ sessionLifetime: NEVER }),
      60,
      'max-age',
    ],
    ['not even a Date', {}, rfcSettings(), 60, 'max-age'],
    ['a lifetime of its own', { 'cache-control': 'max-age=5' }, rfcSettings(), 5, 'max-age'],
    ['an Age of its own', { age: '20' }, rfcSettings(), 40, 'max-age'],
    ['without cacheControl, the settings', {}, settings({ sessionLifetime: after(9) }), 9, 'session'],
  ])('%s', (_title, notModified, policy, expected, source) => {
    const merged = freshenedHeaders(storedFields, fields(notModified));
    expect(outcome(judge({ status: 200, headers: merged }, policy))).toEqual([expected, source]);
  });
});

describe('the verdict as a whole', () => {
  it('says when it was generated, when it expires, how long to keep it, and why', () => {
    const one = response({ 'cache-control': 'max-age=60', age: '20', etag: '"a"' });
    expect(judge(one, rfcSettings())).toEqual({
      store: true,
      generatedAt: NOW - 20_000,
      expiresAt: NOW + 40_000,
      retainUntil: NOW + 40_000 + DAY,
      lifetimeSource: 'max-age',
      reason: 'fresh for 40 s (max-age)',
    });
  });

  it.each<[PolicySettings, string]>([
    [settings(), 'never expires (session)'],
    [settings({ sessionLifetime: after(0.25) }), 'fresh for 0.3 s (session)'],
    [settings({ sessionLifetime: after(0) }), 'stale on arrival (session), kept for later'],
  ])('%#: %s', (policy, reason) => {
    expect(judge(response({ etag: '"a"' }), policy).reason).toBe(reason);
  });

  it('never throws, and never expires a response before it is generated', () => {
    const text = fc.oneof(
      fc.string(),
      fc.constantFrom('max-age=5', 'no-cache', 'max-age=1, max-age=x', '0', date(5), date(-5)),
    );
    fc.assert(
      fc.property(
        text,
        text,
        text,
        text,
        fc.integer({ min: 100, max: 599 }),
        (control, expires, age, modified, status) => {
          const one = response({ 'cache-control': control, expires, age, 'last-modified': modified }, status);
          const verdict = judge(one, rfcSettings());
          expect(!verdict.store || (verdict.expiresAt ?? Infinity) >= verdict.generatedAt).toBe(true);
        },
      ),
      { seed: 20261120, numRuns: 500 },
    );
  });
});

describe('what header fields give no lifetime', () => {
  it('is stale since it was generated, where they alone decide', () => {
    const one = response({ etag: '"a"', age: '1000', 'cache-control': 'stale-while-revalidate=60' });
    expect(judge(one, rfcSettings())).toMatchObject({ store: true, expiresAt: NOW - 1_000_000 });
  });

  it('has the lifetime that the user gives, from its reception', () => {
    const one = response({ etag: '"a"', age: '1000' });
    expect(judge(one, rfcSettings({ sessionLifetime: after(60) }))).toMatchObject({
      store: true,
      expiresAt: NOW + 60_000,
    });
  });

  it('tells of an Age that cannot be read', () => {
    const one = response({ etag: '"a"', age: '1, 2', 'cache-control': 'max-age=60' });
    expect(judge(one, rfcSettings())).toMatchObject({
      store: true,
      reason: 'stale on arrival (max-age), since its Age cannot be read, kept for later',
    });
  });
});
