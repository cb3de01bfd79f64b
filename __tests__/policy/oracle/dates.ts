/** Dates as servers write them: in the three forms of RFC 9110 section 5.6.7, and in forms that are none. */
import fc from 'fast-check';

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

interface DateWords {
  readonly day: string;
  readonly month: string;
  readonly year: string;
  readonly weekday: string;
  readonly time: string;
}

function wordsOf(epochMs: number): DateWords {
  const date = new Date(epochMs);
  return {
    day: String(date.getUTCDate()).padStart(2, '0'),
    month: MONTHS[date.getUTCMonth()] ?? '',
    year: String(date.getUTCFullYear()).padStart(4, '0'),
    weekday: DAYS[date.getUTCDay()] ?? '',
    time: date.toISOString().slice(-13, -5),
  };
}

const imf = ({ day, month, year, weekday, time }: DateWords): string =>
  `${weekday.slice(0, 3)}, ${day} ${month} ${year} ${time} GMT`;
const rfc850 = ({ day, month, year, weekday, time }: DateWords): string =>
  `${weekday}, ${day}-${month}-${year.slice(-2)} ${time} GMT`;
const asctime = ({ day, month, year, weekday, time }: DateWords): string =>
  `${weekday.slice(0, 3)} ${month} ${day.replace(/^0/, ' ')} ${time} ${year}`;

/** Forms that are right, or right but for what a recipient has to tolerate. */
const RIGHT: readonly ((words: DateWords) => string)[] = [
  imf,
  imf,
  imf,
  rfc850,
  asctime,
  (words) => imf(words).toLowerCase(),
  (words) => rfc850(words).toUpperCase(),
  (words) => ` ${imf(words)}\t`,
  (words) => imf({ ...words, weekday: 'Monday' }),
];

const WRONG: readonly ((words: DateWords) => string)[] = [
  (words) => imf(words).replace('GMT', 'UTC'),
  (words) => imf(words).replace('GMT', 'EST'),
  (words) => imf(words).replace('GMT', '+0000'),
  (words) => imf(words).replace(' GMT', ''),
  (words) => imf(words).replace(/^.*?, /, ''),
  (words) => imf(words).replace(/:\d\d GMT$/, ' GMT'),
  (words) => imf(words).replace(/ /g, '  '),
  (words) => imf(words).replace(', 0', ', '),
  (words) => imf(words).replace(/ (\d\d)(\d\d) /, ' $2 '),
  (words) => imf(words).replace(/:\d\d GMT$/, ':60 GMT'),
  (words) => imf(words).replace(/:\d\d GMT$/, ':61 GMT'),
  (words) => imf(words).replace(/ \d\d:/, ' 24:'),
  (words) => imf(words).replace(/, \d\d \w+/, ', 31 Feb'),
  (words) => imf(words).replace(/, \d\d /, ', 00 '),
  (words) => imf(words).replace(/ \w{3} (?=\d{4})/, ' Foo '),
  (words) => imf(words).replace(/:/g, '.'),
  (words) => imf(words).replace(/-/g, ' '),
  (words) => rfc850(words).replace(/-(\d\d) /, '-20$1 '),
  (words) => rfc850(words).replace(/^(\w{3})\w+/, '$1'),
  (words) => asctime(words).replace(/ {2}/, ' '),
  (words) => `${asctime(words)} GMT`,
  (words) => `${imf(words)} GMT`,
  (words) => `${imf(words)}; a=b`,
  (words) => `"${imf(words)}"`,
  (words) => `\u00a0${imf(words)}`,
  (words) => `${imf(words)}\u00a0`,
  (words) => `${imf(words)}\n`,
  (words) => `${imf(words)}\u0000`,
  (words) => `${imf(words)}, ${imf(words)}`,
  (words) => `${words.year}-01-${words.day}T${words.time}Z`,
  (words) => `${words.month} ${words.day}, ${words.year}`,
];

/** Times that dates in text can hold: the years 0 to 9999. */
function clamped(epochMs: number): number {
  return Math.min(Math.max(epochMs, -6.2e13), 2.534e14);
}

/** Dates that every recipient has to understand. */
export function datesAround(times: fc.Arbitrary<number>): fc.Arbitrary<string> {
  return fc.tuple(times, fc.constantFrom(...RIGHT)).map(([time, form]) => form(wordsOf(clamped(time))));
}

/** Dates in forms that do not exist, and what else stands where a date belongs. */
export function brokenDates(times: fc.Arbitrary<number>): fc.Arbitrary<string> {
  return fc.oneof(
    {
      weight: 3,
      arbitrary: fc
        .tuple(times, fc.constantFrom(...WRONG))
        .map(([time, form]) => form(wordsOf(clamped(time)))),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        '0',
        '-1',
        '',
        ' ',
        'never',
        'now',
        '1795176000',
        '1795176000000',
        'Invalid Date',
        'GMT',
      ),
    },
  );
}
