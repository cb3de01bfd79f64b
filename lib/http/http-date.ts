import type { EpochMs } from '../clock.js';
import { trimWhiteSpace } from './white-space.js';

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const MONTH = '(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)';
const SHORT_DAY = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';
const LONG_DAY = '(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)';
const TIME = '([0-9]{2}):([0-9]{2}):([0-9]{2})';

/** `Sun, 06 Nov 1994 08:49:37 GMT` */
const IMF_FIXDATE = new RegExp(`^${SHORT_DAY}, ([0-9]{2}) ${MONTH} ([0-9]{4}) ${TIME} GMT$`, 'i');
/** `Sunday, 06-Nov-94 08:49:37 GMT` */
const RFC_850 = new RegExp(`^${LONG_DAY}, ([0-9]{2})-${MONTH}-([0-9]{2}) ${TIME} GMT$`, 'i');
/** `Sun Nov  6 08:49:37 1994` */
const ASCTIME = new RegExp(`^${SHORT_DAY} ${MONTH} ([ 0-9][0-9]) ${TIME} ([0-9]{4})$`, 'i');

type DateParts = readonly [string, string, string, string, string, string];

/** The latest date in the usual form: all answers of one second have the same `Date`. */
let latest: { readonly value: string | undefined; readonly time: EpochMs | undefined } = {
  value: undefined,
  time: undefined,
};

/**
 * The time that an HTTP date names, in any of the three forms of RFC 9110; `undefined` for everything else.
 *
 * Strict about the form (one space, two digits, `GMT`) and about dates that do not exist (31 Feb, 25:00), tolerant
 * about upper and lower case, white space around the whole, and a day of the week that does not fit the date.
 *
 * @param now decides the century of the two-digit years of the RFC 850 form: at most 50 years ahead
 * @see https://www.rfc-editor.org/rfc/rfc9110.html#section-5.6.7
 */
export function parseHttpDate(value: string, now: EpochMs): EpochMs | undefined {
  if (value === latest.value) return latest.time;
  const text = trimWhiteSpace(value);
  const imf = partsOf(IMF_FIXDATE, text);
  if (imf !== undefined) {
    const [day, month, year, ...time] = imf;
    latest = { value, time: utc(Number(year), month, day, time) };
    return latest.time;
  }
  const rfc850 = partsOf(RFC_850, text);
  if (rfc850 !== undefined) {
    const [day, month, year, ...time] = rfc850;
    return inNearestCentury(Number(year), now, (fullYear) => utc(fullYear, month, day, time));
  }
  const asctime = partsOf(ASCTIME, text);
  if (asctime === undefined) return undefined;
  const [month, day, hours, minutes, seconds, year] = asctime;
  return utc(Number(year), month, day, [hours, minutes, seconds]);
}

/** A time as an HTTP date in the preferred form; fractions of a second are dropped. */
export function formatHttpDate(time: EpochMs): string {
  return new Date(time).toUTCString();
}

/** A time more than 50 years in the future means the latest year in the past with the same last two digits. */
function inNearestCentury(
  twoDigits: number,
  now: EpochMs,
  timeIn: (year: number) => EpochMs | undefined,
): EpochMs | undefined {
  const limit = new Date(now);
  const thisYear = limit.getUTCFullYear();
  limit.setUTCFullYear(thisYear + 50);
  const nextCentury = thisYear - (thisYear % 100) + 100 + twoDigits;
  for (const year of [nextCentury, nextCentury - 100]) {
    const time = timeIn(year);
    if (time !== undefined && time <= limit.getTime()) return time;
  }
  return timeIn(nextCentury - 200);
}

function partsOf(form: RegExp, text: string): DateParts | undefined {
  // Each form has exactly six groups, and none of them is optional.
  return form.exec(text)?.slice(1) as unknown as DateParts | undefined;
}

function utc(
  year: number,
  month: string,
  day: string,
  time: readonly [hours: string, minutes: string, seconds: string],
): EpochMs | undefined {
  const [hours, minutes, seconds] = [Number(time[0]), Number(time[1]), Number(time[2])];
  // 60 is a leap second; it falls on the first second of the next minute.
  if (hours > 23 || minutes > 59 || seconds > 60) return undefined;
  const date = new Date(0);
  // Not `Date.UTC`, which takes the years 0 to 99 for 1900 to 1999.
  date.setUTCFullYear(year, MONTHS.indexOf(month.toLowerCase()), Number(day));
  if (date.getUTCDate() !== Number(day)) return undefined;
  return date.setUTCHours(hours, minutes, seconds);
}
