import { fields, get, NOW, response, SECOND } from '../fixtures';
import { type FieldValue } from '../../../lib/http/header-fields';
import { judgeByRfc, type Rule } from './oracle';

type Headers = Record<string, FieldValue>;

/** What differs from: GET, 200 without fields at once, the same GET 10 s later. */
interface Case {
  readonly method?: string;
  readonly first?: Headers;
  readonly status?: number;
  readonly has?: Headers;
  readonly second?: Headers;
  readonly secondMethod?: string;
  readonly tookSeconds?: number;
  readonly afterSeconds?: number;
}

const at = (offsetSeconds: number): string => new Date(NOW + offsetSeconds * SECOND).toUTCString();
/** Fresh for a minute, by a field. */
const cc = (text: FieldValue): Case => ({ has: { 'cache-control': text } });
const asks = (text: FieldValue, has = 'max-age=60'): Case => ({
  has: { 'cache-control': has },
  second: { 'cache-control': text },
});
const varies = (vary: FieldValue, first: Headers, second: Headers): Case => ({
  has: { 'cache-control': 'max-age=60', vary },
  first,
  second,
});

function ruleFor(one: Case): Rule | undefined {
  const { method = 'GET', status = 200, tookSeconds = 0, afterSeconds = 10 } = one;
  const responseReceivedAt = NOW + tookSeconds * SECOND;
  const judgement = judgeByRfc({
    firstRequest: get(one.first ?? {}, method),
    requestSentAt: NOW,
    response: response(one.has ?? {}, status),
    responseReceivedAt,
    secondRequest: { ...get({}, one.secondMethod ?? method), headers: fields(one.second ?? {}) },
    askedAt: responseReceivedAt + afterSeconds * SECOND,
  });
  return judgement.mayReuse ? undefined : judgement.rule;
}

const OVER = 'its explicit lifetime is over, and nobody permits stale responses';
const REVALIDATE = 'its explicit lifetime is over, and it says must-revalidate';
const NO_LIFETIME = 'its heuristic lifetime is over, and nobody permits stale responses';
const TOO_OLD = 'older than the max-age of the second request';
const NOT_FRESH_ENOUGH = 'not fresh for the min-fresh of the second request';
const STALE_WITH_MAX_AGE = 'stale, and the second request has max-age without max-stale';

/** Title, case, the rule that forbids it; undefined: allowed. */
const STORAGE: readonly (readonly [string, Case, Rule | undefined])[] = [
  ['max-age', cc('max-age=60'), undefined],
  ['an unsafe method', { ...cc('max-age=60'), method: 'PUT' }, 'the method is not cacheable'],
  ['QUERY', { ...cc('max-age=60'), method: 'QUERY' }, undefined],
  [
    'POST without Content-Location',
    { ...cc('max-age=60'), method: 'POST', secondMethod: 'GET' },
    'the method is not cacheable',
  ],
  ['GET for HEAD', { ...cc('max-age=60'), secondMethod: 'HEAD' }, undefined],
  [
    'HEAD for GET',
    { ...cc('max-age=60'), method: 'HEAD', secondMethod: 'GET' },
    'the method of the second request needs its own response',
  ],
  ['an interim status', { ...cc('max-age=60'), status: 103 }, 'the status is not final'],
  ['304', { ...cc('max-age=60'), status: 304 }, 'a 304 is not a response to store'],
  ['429', { ...cc('max-age=60'), status: 429 }, 'the definition of the status forbids storing'],
  ['an unknown status', { ...cc('max-age=60'), status: 299 }, undefined],
  [
    'an unknown status, must-understand',
    { ...cc('max-age=60, must-understand'), status: 299 },
    'must-understand, and nobody knows the status',
  ],
  ['no-store', cc('no-store, max-age=60'), 'the response says no-store'],
  [
    'no-store in capitals, on a line of its own',
    cc(['max-age=60', 'NO-STORE']),
    'the response says no-store',
  ],
  ['no-store with an argument', cc('max-age=60, no-store=x'), 'the response says no-store'],
  ['no-store in a quoted string', cc('max-age=60, ext="no-store, x"'), undefined],
  ['no-store after a quote that never ends', cc('max-age=60, ext="a, no-store'), undefined],
  ['no-store and must-understand', cc('no-store, must-understand, max-age=60'), undefined],
  [
    'no-store of the first request',
    { ...cc('max-age=60'), first: { 'cache-control': 'no-store' } },
    'the first request says no-store',
  ],
  ['no-store of the second request', asks('no-store'), undefined],
  [
    '302 without a lifetime',
    { status: 302, second: { 'cache-control': 'max-stale' } },
    'nothing allows to store it',
  ],
  [
    '302, public',
    { status: 302, has: { 'cache-control': 'public' }, second: { 'cache-control': 'max-stale' } },
    undefined,
  ],
];

const SELECTION: readonly (readonly [string, Case, Rule | undefined])[] = [
  ['206', { ...cc('max-age=60'), status: 206 }, 'a part does not answer a request for more'],
  [
    '206 and a range within',
    {
      status: 206,
      has: { 'cache-control': 'max-age=60', 'content-range': 'bytes 2-5/10' },
      second: { range: 'bytes=3-4' },
    },
    undefined,
  ],
  [
    '206 and a range across',
    {
      status: 206,
      has: { 'cache-control': 'max-age=60', 'content-range': 'bytes 2-5/10' },
      second: { range: 'bytes=3-6' },
    },
    'a part does not answer a request for more',
  ],
  [
    '206 and the last bytes',
    {
      status: 206,
      has: { 'cache-control': 'max-age=60', 'content-range': 'bytes 5-9/10' },
      second: { range: 'bytes=-2' },
    },
    undefined,
  ],
  [
    '206 and the last bytes of who knows how many',
    {
      status: 206,
      has: { 'cache-control': 'max-age=60', 'content-range': 'bytes 5-9/*' },
      second: { range: 'bytes=-2' },
    },
    'a part does not answer a request for more',
  ],
  ['a range of a whole', { ...cc('max-age=60'), second: { range: 'bytes=0-1' } }, undefined],
  ['Vary: *', varies('*', {}, {}), 'Vary: *'],
  ['Vary: * among others', varies(['accept', 'cookie, *'], {}, {}), 'Vary: *'],
  ['the same value', varies('Accept', { accept: 'a' }, { accept: 'a' }), undefined],
  [
    'the same but for case, order, space and q=1',
    varies(
      'accept-language',
      { 'accept-language': 'en, de;q=0.5' },
      { 'accept-language': ['DE; q=0.50', 'EN;q=1'] },
    ),
    undefined,
  ],
  ['another value', varies('accept', { accept: 'a' }, { accept: 'b' }), 'a nominated field differs'],
  [
    'another weight',
    varies('accept', { accept: 'a;q=0.1' }, { accept: 'a;q=0.2' }),
    'a nominated field differs',
  ],
  ['an absent value', varies('cookie', { cookie: 'a=1' }, {}), 'a nominated field differs'],
  ['another value that is not nominated', varies('accept', { cookie: 'a' }, { cookie: 'b' }), undefined],
  [
    'the preferred language',
    {
      has: { 'cache-control': 'max-age=60', vary: 'accept-language', 'content-language': 'de' },
      first: { 'accept-language': 'fr, de' },
      second: { 'accept-language': 'de, en;q=0.5' },
    },
    undefined,
  ],
  [
    'a language that is not preferred',
    {
      has: { 'cache-control': 'max-age=60', vary: 'accept-language', 'content-language': 'en' },
      first: { 'accept-language': 'fr, en' },
      second: { 'accept-language': 'de, en;q=0.5' },
    },
    'a nominated field differs',
  ],
];

const VALIDATION: readonly (readonly [string, Case, Rule | undefined])[] = [
  ['no-cache', cc('max-age=60, no-cache'), 'the response says no-cache'],
  ['no-cache with field names', cc('max-age=60, no-cache="set-cookie"'), undefined],
  [
    'Pragma: no-cache of the response',
    { has: { 'cache-control': 'max-age=60', pragma: 'no-cache' } },
    undefined,
  ],
  ['no-cache of the request', asks('no-cache'), 'the second request says no-cache'],
  [
    'Pragma',
    { ...cc('max-age=60'), second: { pragma: 'No-Cache' } },
    'the second request says Pragma: no-cache',
  ],
  [
    'Pragma beside Cache-Control',
    { ...cc('max-age=60'), second: { pragma: 'no-cache', 'cache-control': '' } },
    undefined,
  ],
  ['max-age of the request that is the age', asks('max-age=10'), undefined],
  ['max-age of the request below the age', asks('max-age=9'), TOO_OLD],
  ['max-age of the request below the age, max-stale', asks('max-age=9, max-stale'), TOO_OLD],
  ['min-fresh that is left', asks('min-fresh=50'), undefined],
  ['min-fresh of more than is left', asks('min-fresh=51'), NOT_FRESH_ENOUGH],
  [
    'a stale response for max-age',
    asks('max-age=10', 'max-age=5, stale-while-revalidate=60'),
    STALE_WITH_MAX_AGE,
  ],
];

const FRESHNESS: readonly (readonly [string, Case, Rule | undefined])[] = [
  ['an age that is the lifetime', cc('max-age=10'), OVER],
  ['an age one second below it', cc('max-age=11'), undefined],
  ['a quoted lifetime', cc('max-age="11"'), undefined],
  ...['', '-11', '11.5', '1e9', 'abc', "'11'", '11s', '+11', '0x11', '"1 1"'].map(
    (text) =>
      [`max-age=${text}`, { has: { 'cache-control': `max-age=${text}`, expires: at(60) } }, OVER] as const,
  ),
  ['max-age without a value', cc('max-age'), OVER],
  ['the first of two lifetimes', cc('max-age=5, max-age=60'), OVER],
  ['a huge lifetime', cc(`max-age=${'9'.repeat(400)}`), undefined],
  ['s-maxage', cc('s-maxage=60'), NO_LIFETIME],
  ['max-age beside a later Expires', { has: { 'cache-control': 'max-age=5', expires: at(60) } }, OVER],
  ['max-age beside a past Expires', { has: { 'cache-control': 'max-age=60', expires: at(-60) } }, undefined],
  ['Expires', { has: { expires: at(60) } }, undefined],
  ['a past Expires', { has: { expires: at(-1) } }, OVER],
  ['Expires minus a Date ahead of our clock', { has: { date: at(100), expires: at(105) } }, OVER],
  ['Expires beside a Date ahead of our clock', { has: { date: at(100), expires: at(111) } }, undefined],
  ['an Expires that is none', { has: { expires: '0', 'last-modified': at(-9999) } }, OVER],
  ['Expires in RFC 850 form', { has: { expires: 'Saturday, 20-Nov-27 12:00:00 GMT' } }, undefined],
  [
    'a two-digit year 51 years ahead, which is past',
    { has: { expires: 'Saturday, 20-Nov-77 12:00:00 GMT' } },
    OVER,
  ],
  ['Expires in asctime form', { has: { expires: 'Mon Nov 20 12:00:00 2028' } }, undefined],
  ['Expires in another zone', { has: { expires: 'Mon, 20 Nov 2028 12:00:00 EST' } }, OVER],
  ['Expires on a day that does not exist', { has: { expires: 'Mon, 31 Feb 2028 12:00:00 GMT' } }, OVER],
  ['Expires after a no-break space', { has: { expires: '\u00a0Mon, 20 Nov 2028 12:00:00 GMT' } }, OVER],
  ['Age', { has: { 'cache-control': 'max-age=60', age: '50' } }, OVER],
  ['Age below', { has: { 'cache-control': 'max-age=60', age: '49' } }, undefined],
  ['the first Age of two', { has: { 'cache-control': 'max-age=60', age: '50, 0' } }, OVER],
  ['a Date that shows more age', { has: { 'cache-control': 'max-age=60', date: at(-50), age: '5' } }, OVER],
  [
    'the time it took, besides Age',
    { has: { 'cache-control': 'max-age=60', age: '45' }, tookSeconds: 5 },
    OVER,
  ],
  ['a tenth of the time since Last-Modified', { has: { date: at(0), 'last-modified': at(-101) } }, undefined],
  ['a tenth that is over', { has: { date: at(0), 'last-modified': at(-100) } }, NO_LIFETIME],
  ['nothing to guess from', {}, NO_LIFETIME],
  [
    'a guess for 302',
    { status: 302, has: { 'cache-control': 'public', 'last-modified': at(-9999) } },
    undefined,
  ],
];

const STALENESS: readonly (readonly [string, Case, Rule | undefined])[] = [
  ['max-stale that covers it', asks('max-stale=5', 'max-age=5'), undefined],
  ['max-stale that does not', asks('max-stale=4', 'max-age=5'), OVER],
  ['max-stale without a value', asks('max-stale', 'max-age=5'), undefined],
  ['max-stale with a value that is none', asks('max-stale=x', 'max-age=5'), OVER],
  ['max-stale after a no-break space', asks('x,\u00a0max-stale', 'max-age=5'), OVER],
  ['max-stale and must-revalidate', asks('max-stale', 'max-age=5, must-revalidate'), REVALIDATE],
  ['max-stale and proxy-revalidate', asks('max-stale', 'max-age=5, proxy-revalidate'), undefined],
  ['must-revalidate while fresh', cc('max-age=60, must-revalidate'), undefined],
  ['stale-while-revalidate', cc('max-age=5, stale-while-revalidate=5'), undefined],
  ['stale-while-revalidate that is over', cc('max-age=5, stale-while-revalidate=4'), OVER],
  ['stale-if-error without an error', cc('max-age=5, stale-if-error=60'), OVER],
  ['stale-if-error for only-if-cached', asks('only-if-cached', 'max-age=5, stale-if-error=60'), undefined],
];

describe.each([
  ['section 3: storing', STORAGE],
  ['section 4: selecting', SELECTION],
  ['sections 5.2.1 and 5.2.2.4: asking for validation', VALIDATION],
  ['section 4.2: freshness', FRESHNESS],
  ['section 4.2.4: stale responses', STALENESS],
])('the oracle knows RFC 9111, %s', (_section, cases) => {
  it.each(cases)('%s', (_title, one, rule) => {
    expect(ruleFor(one)).toBe(rule);
  });
});
