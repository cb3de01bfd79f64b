/**
 * The oracle's own parsers: slow, plain, and independent of the library's. Nothing here may be imported from lib/ but
 * types.
 */
import { type HeaderFields } from '../../../lib/http/header-fields';

/**
 * A field that keeps to the grammar has one reading. One that does not can be read in several ways, since no RFC says
 * what it means; what is clear is only what all of them agree on.
 *
 * - `quotes-in-line`: a quoted string hides commas, up to the end of its line at most;
 * - `quotes-across-lines`: the lines are joined first (RFC 9110 section 5.3), so that it may run on in the next one;
 * - `commas-only`: every comma separates.
 */
export const READINGS = ['quotes-in-line', 'quotes-across-lines', 'commas-only'] as const;
export type Reading = (typeof READINGS)[number];

/** One member of `Cache-Control` or `Pragma`. */
export interface Directive {
  /** In lower case. */
  readonly name: string;
  /** What follows the equals sign, without quotes; undefined without an equals sign. */
  readonly argument: string | undefined;
}

/** The lines of a field; none where it is absent. */
export function linesOf(headers: HeaderFields, name: string): readonly string[] {
  const value = Object.entries(headers).find(([key]) => key === name)?.[1];
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}

/** RFC 9110 section 5.6.3: optional white space is spaces and tabs, nothing else. */
export function trimOptionalWhitespace(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && ' \t'.includes(text.charAt(from))) from += 1;
  while (to > from && ' \t'.includes(text.charAt(to - 1))) to -= 1;
  return text.slice(from, to);
}

/** RFC 9110 section 5.6.1: "A recipient MUST parse and ignore a reasonable number of empty list elements". */
function membersOf(pieces: readonly string[]): string[] {
  return pieces.map(trimOptionalWhitespace).filter((member) => member !== '');
}

/** RFC 9110 section 5.6.4: commas inside double quotes belong to the quoted string; a backslash hides what follows. */
export function splitOutsideQuotes(text: string): string[] {
  const pieces = [''];
  let isQuoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === ',' && !isQuoted) {
      pieces.push('');
      continue;
    }
    if (character === '"') isQuoted = !isQuoted;
    pieces[pieces.length - 1] += character;
    if (character === '\\' && isQuoted) {
      at += 1;
      pieces[pieces.length - 1] += text.charAt(at);
    }
  }
  return membersOf(pieces);
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const QUOTED_STRING = '"(?:[\\t \\x21\\x23-\\x5b\\x5d-\\x7e\\x80-\\xff]|\\\\[\\t \\x21-\\x7e\\x80-\\xff])*"';
/** RFC 9111 section 5.2: `cache-directive = token [ "=" ( token / quoted-string ) ]`. */
const CACHE_DIRECTIVE = new RegExp(`^${TOKEN}(?:=(?:${TOKEN}|${QUOTED_STRING}))?$`);
/** RFC 9110 section 12.5.5: `Vary = #( "*" / field-name )`, and a star is a token, too. */
const VARY_MEMBER = new RegExp(`^${TOKEN}$`);

function members(lines: readonly string[], grammar: RegExp, reading: Reading): string[] {
  const strict = lines.flatMap(splitOutsideQuotes);
  if (strict.every((member) => grammar.test(member))) return strict;
  if (reading === 'quotes-in-line') return strict;
  const joined = lines.join(', ');
  return reading === 'quotes-across-lines' ? splitOutsideQuotes(joined) : membersOf(joined.split(','));
}

/** The directives of `Cache-Control` or `Pragma`, in order. */
export function directivesOf(headers: HeaderFields, name: string, reading: Reading): readonly Directive[] {
  return members(linesOf(headers, name), CACHE_DIRECTIVE, reading).map(directive);
}

/** RFC 9111 section 5.2: names are case-insensitive, and arguments may be tokens or quoted strings. */
function directive(member: string): Directive {
  const equals = member.indexOf('=');
  if (equals < 0) return { name: member.toLowerCase(), argument: undefined };
  const name = trimOptionalWhitespace(member.slice(0, equals)).toLowerCase();
  const argument = trimOptionalWhitespace(member.slice(equals + 1));
  const isQuoted = argument.length >= 2 && argument.startsWith('"') && argument.endsWith('"');
  return { name, argument: isQuoted ? argument.slice(1, -1).replace(/\\(.)/gs, '$1') : argument };
}

/** Section 5.2: a directive is "identified by a token, to be compared case-insensitively", whatever its argument. */
export function has(directives: readonly Directive[], name: string): boolean {
  return first(directives, name) !== undefined;
}

/** Whether a directive is there without an argument. */
export function hasBare(directives: readonly Directive[], name: string): boolean {
  return directives.some((directive) => directive.name === name && directive.argument === undefined);
}

export function first(directives: readonly Directive[], name: string): Directive | undefined {
  return directives.find((directive) => directive.name === name);
}

/** The names that `Vary` nominates, in lower case. */
export function nominatedNames(headers: HeaderFields, reading: Reading): readonly string[] {
  return members(linesOf(headers, 'vary'), VARY_MEMBER, reading).map((name) => name.toLowerCase());
}

/**
 * What a request says in a field, by the most generous normalisation that anybody could defend: no white space, no upper
 * case, no order, no repetition, no `q=1`. Requests that still differ do differ.
 */
export function generouslyNormalised(headers: HeaderFields, name: string): string {
  const joined = linesOf(headers, name).join(',').toLowerCase().replace(/\s/g, '');
  const separator = name === 'cookie' ? /[,;]/ : /,/;
  const choices = joined.split(separator).map((choice) => {
    const parameters = choice.split(';').map((parameter) => {
      const weight = /^q=([0-9.]+)$/.exec(parameter)?.[1];
      return weight === undefined ? parameter : `q=${Number(weight)}`;
    });
    return [...new Set(parameters)]
      .filter((parameter) => parameter !== 'q=1' && parameter !== '')
      .sort()
      .join(';');
  });
  return [...new Set(choices)]
    .filter((choice) => choice !== '')
    .sort()
    .join(',');
}

/** RFC 9111 section 1.2.2: `delta-seconds = 1*DIGIT`; undefined for anything else. */
export function deltaSeconds(text: string | undefined): number | undefined {
  return text !== undefined && /^[0-9]+$/.test(text) ? Number(text) : undefined;
}

const DAY_NAMES = 'mon|tue|wed|thu|fri|sat|sun';
const LONG_DAY_NAMES = 'monday|tuesday|wednesday|thursday|friday|saturday|sunday';
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const MONTH_NAMES = MONTHS.join('|');
const TIME_OF_DAY = '(?<hours>[0-9]{2}):(?<minutes>[0-9]{2}):(?<seconds>[0-9]{2})';
/** RFC 9110 section 5.6.7, the three forms of `HTTP-date`. */
const DATE_FORMS = [
  `(?:${DAY_NAMES}), (?<day>[0-9]{2}) (?<month>${MONTH_NAMES}) (?<year>[0-9]{4}) ${TIME_OF_DAY} gmt`,
  `(?:${LONG_DAY_NAMES}), (?<day>[0-9]{2})-(?<month>${MONTH_NAMES})-(?<year>[0-9]{2}) ${TIME_OF_DAY} gmt`,
  `(?:${DAY_NAMES}) (?<month>${MONTH_NAMES}) (?<day>[0-9]{2}| [0-9]) ${TIME_OF_DAY} (?<year>[0-9]{4})`,
].map((form) => new RegExp(`^${form}$`));

/**
 * The time of an HTTP date in epoch milliseconds; undefined for every other text, and for days that no calendar has.
 *
 * RFC 9111 section 4.2: "a cache recipient SHOULD match the field value case-insensitively".
 */
export function httpDate(text: string, now: number): number | undefined {
  const lowerCase = trimOptionalWhitespace(text).toLowerCase();
  for (const form of DATE_FORMS) {
    const { day, month, year, hours, minutes, seconds } = form.exec(lowerCase)?.groups ?? {};
    if (!day || !month || !year || !hours || !minutes || !seconds) continue;
    // RFC 9110 section 5.6.7: "00:00:00 - 23:59:60 (leap second)".
    if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 60) return undefined;
    const secondsOfDay = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
    const at = (fullYear: number): number | undefined => {
      const midnight = calendarDay(fullYear, MONTHS.indexOf(month), Number(day));
      return midnight === undefined ? undefined : midnight + secondsOfDay * 1000;
    };
    return year.length === 4 ? at(Number(year)) : withTwoDigits(Number(year), now, at);
  }
  return undefined;
}

function calendarDay(year: number, month: number, day: number): number | undefined {
  const date = new Date(0);
  date.setUTCFullYear(year, month, day);
  return date.getUTCMonth() === month && date.getUTCDate() === day ? date.getTime() : undefined;
}

/**
 * RFC 9110 section 5.6.7: recipients "MUST interpret a timestamp that appears to be more than 50 years in the future as
 * representing the most recent year in the past that had the same last two digits".
 */
function withTwoDigits(
  digits: number,
  now: number,
  at: (year: number) => number | undefined,
): number | undefined {
  const century = Math.floor(new Date(now).getUTCFullYear() / 100) * 100;
  const inFiftyYears = new Date(now);
  inFiftyYears.setUTCFullYear(inFiftyYears.getUTCFullYear() + 50);
  const time = at(century + digits);
  return time !== undefined && time > inFiftyYears.getTime() ? at(century - 100 + digits) : time;
}
