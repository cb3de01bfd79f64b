const SECOND_S = 1;
const MINUTE_S = 60;
const HOUR_S = 3600;
const DAY_S = 86_400;
const YEAR_S = 365 * DAY_S;

/** From how many seconds on a unit is used, so that two digits are left to tell something. */
const UNITS = [
  { from: 2 * YEAR_S, seconds: YEAR_S, name: 'y' },
  { from: 2 * DAY_S, seconds: DAY_S, name: 'd' },
  { from: 2 * HOUR_S, seconds: HOUR_S, name: 'h' },
  { from: 2 * MINUTE_S, seconds: MINUTE_S, name: 'm' },
  { from: 0, seconds: SECOND_S, name: 's' },
] as const;

/** A span of time, roughly: `45s`, `90s`, `12m`, `30h`, `12d`, `3y`. The sign is left out. */
export function roughDuration(seconds: number): string {
  const span = Math.abs(seconds);
  const unit = UNITS.find(({ from }) => span >= from) ?? UNITS[UNITS.length - 1];
  return `${Math.floor(span / (unit?.seconds ?? 1))}${unit?.name ?? 's'}`;
}

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** Bytes, roughly, by thousands: `312 B`, `1.2 kB`, `34 MB`. */
export function roughBytes(bytes: number): string {
  let amount = bytes;
  let unit = 0;
  while (amount >= 999.5 && unit < BYTE_UNITS.length - 1) {
    amount /= 1000;
    unit += 1;
  }
  const digits = unit > 0 && amount < 9.95 ? amount.toFixed(1) : String(Math.round(amount));
  return `${digits} ${BYTE_UNITS[unit] ?? 'B'}`;
}

/** `1 response`, `2 responses`. */
export function counted(count: number, one: string, several = `${one}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? one : several}`;
}

/**
 * What terminals take for commands, and what would break a line: URLs, fields and keys come from others. Line and paragraph separators and
 * the marks that change the direction of writing are among them.
 */

const UNPRINTABLE =
  /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]|[\ud800-\udfff](?![\udc00-\udfff])/gu;

/** A text as a terminal may be given it: on one line, and without what a terminal would obey. */
export function plain(text: string): string {
  return text.replace(
    UNPRINTABLE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** A line of JSON as a terminal may be given it: the same data, without what a terminal would obey. */
export function jsonLine(value: unknown): string {
  return plain(JSON.stringify(value));
}

/** A moment as ISO 8601; the number where it is none that a `Date` can hold. */
export function isoTime(epochMs: number): string {
  const date = new Date(epochMs);
  return Number.isNaN(date.getTime()) ? String(epochMs) : date.toISOString();
}
