/** Generators of the header fields of requests and responses. */
import fc from 'fast-check';
import { NOW, URL_A } from '../fixtures';
import { brokenDates, datesAround } from './dates';
import {
  ANYTHING,
  cacheControl,
  maybe,
  mostly,
  oddArgument,
  REQUEST_DIRECTIVES,
  RESPONSE_DIRECTIVES,
  SECONDS,
  secondsText,
  type Lines,
} from './directives';

/** What is nasty. `everything` mixes all of them. */
export const FOCUSES = ['cache-control', 'times', 'request', 'vary', 'everything'] as const;
export type Focus = (typeof FOCUSES)[number];

/** How far dates are from the times of the conversation, in seconds. */
export const offsets = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...SECONDS, ...SECONDS.map((offset) => -offset)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(-3e9, -1e9, -1e8, -31_536_000, 31_536_000, 1e8, 1.577e9, 1.579e9, 3e9, 2e11),
  },
);

function dateLines(isNasty: boolean, weightOfPresence: number, from: fc.Arbitrary<number>): Lines {
  const times = from.map((offset) => NOW + offset * 1000);
  const text = mostly(isNasty, datesAround(times), fc.oneof(brokenDates(times), ANYTHING));
  const texts = isNasty ? fc.oneof({ weight: 3, arbitrary: datesAround(times) }, text) : text;
  return fc.oneof(
    { weight: 30, arbitrary: maybe(weightOfPresence, texts) },
    { weight: isNasty ? 4 : 1, arbitrary: fc.tuple(texts, texts) },
  );
}

function ageLines(isNasty: boolean): Lines {
  const text = fc.oneof(
    { weight: isNasty ? 3 : 30, arbitrary: secondsText },
    { weight: 1, arbitrary: fc.oneof(oddArgument, ANYTHING) },
    { weight: 1, arbitrary: fc.tuple(secondsText, secondsText).map((ages) => ages.join(', ')) },
  );
  return fc.oneof(maybe(isNasty ? 7 : 2, text), isNasty ? fc.array(text, { maxLength: 3 }) : fc.constant([]));
}

/** Values of request fields, those that mean the same side by side. */
const NEGOTIATION: Readonly<Record<string, readonly string[]>> = {
  accept: [
    'text/html',
    'Text/HTML',
    'text/html, */*;q=0.1',
    'text/html,*/*; q=0.10',
    '*/*;q=0.1, text/html',
    '',
  ],
  'accept-language': [
    'en',
    'EN',
    'en, de',
    'de, en',
    'en;q=1, de;q=0.5',
    'de;q=0.50, en',
    'en;q=0.5;q=1',
    'en;q=x',
  ],
  'accept-encoding': ['gzip', 'gzip, br', 'br,gzip', 'GZIP ,, BR', 'gzip;q=1.0, br;q=0', 'identity'],
  'accept-charset': ['utf-8', 'UTF-8', 'utf-8, *;q=0'],
  cookie: ['a=1', 'a=1; b=2', 'b=2; a=1', 'a=2', 'A=1'],
  'user-agent': ['x/1', 'x/2', 'X/1', 'x/1 (a, b)'],
  'x-a': ['1', '2', '1, 2', '1,2', '"1, 2"', '"1,2"', ' 1 ', '\u00a01', ''],
  origin: ['https://a.example', 'https://b.example'],
};
export const NEGOTIATED = Object.keys(NEGOTIATION);

export function negotiation(isNasty: boolean): fc.Arbitrary<Readonly<Record<string, readonly string[]>>> {
  const fields = Object.entries(NEGOTIATION).map(([name, values]): [string, Lines] => {
    const value = isNasty
      ? fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...values) }, ANYTHING)
      : fc.constantFrom(...values);
    return [
      name,
      fc.oneof(
        { weight: 4, arbitrary: fc.constant([]) },
        { weight: 3, arbitrary: value.map((text) => [text]) },
        { weight: isNasty ? 1 : 0, arbitrary: fc.tuple(value, value) },
      ),
    ];
  });
  return fc.record(Object.fromEntries(fields));
}

function varyLines(isNasty: boolean): Lines {
  const name = fc.constantFrom(...NEGOTIATED, ...NEGOTIATED, 'Accept', 'ACCEPT-LANGUAGE', 'Cookie', 'x-none');
  const sane = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join(', '));
  const odd = fc.oneof(
    fc.constantFrom(
      '*',
      'accept, *',
      '*, accept',
      ' *',
      '',
      ',',
      'accept;q=1',
      '"accept"',
      '"*"',
      '", *, "',
      'accept, "',
    ),
    fc.constantFrom(
      '__proto__',
      'constructor',
      'accept,,cookie',
      'x-a\u00a0, cookie',
      '"cookie, x-a"',
      'accept origin',
    ),
    ANYTHING,
  );
  const text = isNasty
    ? fc.oneof({ weight: 3, arbitrary: sane }, odd)
    : fc.oneof({ weight: 20, arbitrary: sane }, { weight: 1, arbitrary: odd });
  return fc.oneof(maybe(isNasty ? 9 : 2, text), isNasty ? fc.array(text, { maxLength: 3 }) : fc.constant([]));
}

export const RANGES = [
  'bytes=0-1',
  'bytes=2-4',
  'bytes=2-2',
  'bytes=5-9',
  'bytes=-2',
  'bytes=-5',
  'bytes=5-',
  'bytes=2-',
  'bytes=9-1',
  'lines=1',
  '',
  'bytes=0-0,2-3',
  'bytes=0-99999999999999999999',
  'Bytes=0-1',
  'bytes=-0',
];

const CONDITIONS: Readonly<Record<string, readonly string[]>> = {
  range: RANGES,
  'if-none-match': ['"a"', 'W/"a"', '*', '"a, "b"', '', 'a'],
  'if-modified-since': ['Fri, 20 Nov 2026 12:00:00 GMT', '0', ''],
  'if-match': ['"a"', '*'],
  'if-unmodified-since': ['Fri, 20 Nov 2026 12:00:00 GMT', 'x'],
  'if-range': ['"a"', 'W/"a"', 'Fri, 20 Nov 2026 12:00:00 GMT', ''],
};

/** The fields of a request that are not negotiated. */
export function requestFields(isNasty: boolean): fc.Arbitrary<Readonly<Record<string, readonly string[]>>> {
  const directives = cacheControl(isNasty, REQUEST_DIRECTIVES);
  const pragma = fc.oneof(
    fc.constantFrom(
      'no-cache',
      'No-Cache',
      'x, no-cache',
      'no-cache=1',
      '"no-cache"',
      'x="no-cache, y"',
      '',
      'foo',
    ),
    ANYTHING,
  );
  const conditions = Object.entries(CONDITIONS).map(([name, values]): [string, Lines] => [
    name,
    fc.oneof(
      { weight: isNasty ? 30 : 400, arbitrary: fc.constant([]) },
      {
        weight: 1,
        arbitrary: fc
          .oneof({ weight: 4, arbitrary: fc.constantFrom(...values) }, ANYTHING)
          .map((text) => [text]),
      },
    ),
  ]);
  return fc.record({
    'cache-control': isNasty
      ? directives
      : fc.oneof({ weight: 6, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: directives }),
    pragma: fc.oneof(
      { weight: isNasty ? 8 : 60, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: pragma.map((text) => [text]) },
    ),
    ...Object.fromEntries(conditions),
  });
}

export function responseFields(focus: Focus): fc.Arbitrary<Readonly<Record<string, readonly string[]>>> {
  const is = (...focuses: readonly Focus[]): boolean => focuses.includes(focus) || focus === 'everything';
  const etag = fc.oneof(fc.constantFrom('"a"', 'W/"a"', 'a', '', '"a', 'w/"a"', '"\u00e9"'), ANYTHING);
  const recent = fc.oneof({ weight: 8, arbitrary: fc.constantFrom(0, 0, -1, -5, 1) }, offsets);
  const past = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(-100, -600, -601, -1000, -36_000, -864_000) },
    offsets,
  );
  return fc.record({
    'cache-control': cacheControl(is('cache-control'), RESPONSE_DIRECTIVES),
    date: dateLines(is('times'), 8, is('times') ? offsets : recent),
    expires: dateLines(is('times'), is('times') ? 6 : 2, offsets),
    'last-modified': dateLines(is('times'), is('times') ? 6 : 4, past),
    age: ageLines(is('times')),
    vary: varyLines(focus === 'vary'),
    etag: maybe(5, etag),
    pragma: maybe(1, fc.constantFrom('no-cache', 'x')),
    connection: maybe(
      1,
      fc.oneof(
        fc.constantFrom('close', 'etag, Date', 'Cache-Control', 'Cache-Control, Expires', 'vary', 'x', '"'),
        ANYTHING,
      ),
    ),
    'content-location': maybe(1, fc.constantFrom('/a', URL_A, 'https://b.example/', '', '\u0000')),
    'content-language': maybe(2, fc.constantFrom('en', 'de', 'EN', 'en, de', '', 'de-CH')),
    'content-range': maybe(
      8,
      fc.oneof(
        {
          weight: 4,
          arbitrary: fc.constantFrom('bytes 0-9/10', 'bytes 0-4/10', 'bytes 5-9/10', 'bytes 2-5/*'),
        },
        {
          weight: 1,
          arbitrary: fc.constantFrom('bytes 0-1/*', 'bytes */2', 'bytes 9-1/10', 'lines 0-1/2', 'x', ''),
        },
      ),
    ),
    'content-length': maybe(1, fc.constantFrom('0', '5', '-1', 'x')),
    'set-cookie': maybe(1, fc.constantFrom('a=1', 'a=1; expires=Fri, 20 Nov 2026 12:00:00 GMT')),
  });
}
