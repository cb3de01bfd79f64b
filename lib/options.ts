import { InvalidOptionError, UnknownOptionError } from './errors.js';

/**
 * Judges one option's value; throws {@link InvalidOptionError} when it is not accepted.
 * @param option the option's name with its path, for the message (`backend.maxBytes`)
 */
export type OptionCheck = (value: unknown, option: string) => void;

/** The options that exist, each with the check of its value. */
export type OptionSchema = Readonly<Record<string, OptionCheck>>;

/**
 * Checks an options object: every name must be known and every value accepted. A value of `undefined` counts as not
 * given. Only the object's own enumerable names are looked at.
 * @param path put before the names in messages (`backend` gives `backend.maxBytes`); `''` for the top level
 * @throws UnknownOptionError, with the nearest known name, or InvalidOptionError: ERR_CACHE_INVALID_OPTION
 */
export function validateOptions(given: unknown, schema: OptionSchema, path: string): void {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new InvalidOptionError(path === '' ? 'options' : path, given, 'an object with options');
  }
  for (const [name, value] of Object.entries(given)) {
    const check = Object.hasOwn(schema, name) ? schema[name] : undefined;
    if (check === undefined) throw unknownOption(name, value, Object.keys(schema), path);
    if (value !== undefined) check(value, optionPath(path, name));
  }
}

/** The option's name with its path: `backend` and `maxBytes` give `backend.maxBytes`. */
export function optionPath(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

function unknownOption(
  name: string,
  value: unknown,
  known: readonly string[],
  path: string,
): UnknownOptionError {
  return new UnknownOptionError(optionPath(path, name), value, known, suggest(name, known));
}

/**
 * The known name that was probably meant, or `undefined` when none is near. Letter case, `_` and `-` do not count,
 * so that `stale_if_error` finds `staleIfError`.
 */
export function suggest(name: string, known: readonly string[]): string | undefined {
  const wanted = plainName(name);
  // A name may differ by about one letter in three; names of one or two letters by none.
  let allowed = Math.min(3, Math.floor(wanted.length / 3));
  let nearest: string | undefined;
  for (const candidate of known) {
    const distance = editDistance(wanted, plainName(candidate));
    if (distance > allowed || (nearest !== undefined && distance === allowed)) continue;
    allowed = distance;
    nearest = candidate;
  }
  return nearest;
}

function plainName(name: string): string {
  return name.slice(0, 80).replace(/[_-]/g, '').toLowerCase();
}

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
function editDistance(left: string, right: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const same = left[row - 1] === right[column - 1];
      let best = Math.min(at(previous, column) + 1, at(current, column - 1) + 1);
      best = Math.min(best, at(previous, column - 1) + (same ? 0 : 1));
      const isSwap =
        row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      if (isSwap) best = Math.min(best, at(beforePrevious, column - 2) + 1);
      current.push(best);
    }
    beforePrevious = previous;
    previous = current;
  }
  return at(previous, right.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? 0;
}

/** `true` or `false`. */
export function expectBoolean(value: unknown, option: string): asserts value is boolean {
  if (typeof value !== 'boolean') throw new InvalidOptionError(option, value, 'true or false');
}

/** Text, also empty. */
export function expectString(value: unknown, option: string): asserts value is string {
  if (typeof value !== 'string') throw new InvalidOptionError(option, value, 'a string');
}

/** Text of at least one character. */
export function expectNonEmptyString(value: unknown, option: string): asserts value is string {
  if (typeof value !== 'string' || value === '')
    throw new InvalidOptionError(option, value, 'a non-empty string');
}

/** Something that can be called. */
export function expectFunction(
  value: unknown,
  option: string,
): asserts value is (...args: readonly unknown[]) => unknown {
  if (typeof value !== 'function') throw new InvalidOptionError(option, value, 'a function');
}

/** An object that is neither null nor an array. */
export function expectObject(value: unknown, option: string): asserts value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidOptionError(option, value, 'an object');
  }
}

/** 1, 2, 3, … up to 2^53 − 1. */
export function expectPositiveInteger(value: unknown, option: string): asserts value is number {
  if (!Number.isSafeInteger(value) || (value as number) < 1) {
    throw new InvalidOptionError(option, value, 'a whole number greater than 0');
  }
}

/** 0, 1, 2, … up to 2^53 − 1. */
export function expectNonNegativeInteger(value: unknown, option: string): asserts value is number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) {
    throw new InvalidOptionError(option, value, 'a whole number, 0 or greater');
  }
}

/** A finite number ≥ 0, fractions allowed. */
export function expectNonNegativeNumber(value: unknown, option: string): asserts value is number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
    throw new InvalidOptionError(option, value, 'a finite number, 0 or greater');
  }
}

/** A whole number greater than 0, or `Infinity` for no limit. */
export function expectLimit(value: unknown, option: string): asserts value is number {
  if (value === Infinity) return;
  if (!Number.isSafeInteger(value) || (value as number) < 1) {
    throw new InvalidOptionError(option, value, 'a whole number greater than 0, or Infinity for no limit');
  }
}

/** A check that accepts exactly the given values. */
export function expectOneOf(accepted: readonly (string | number | boolean)[]): OptionCheck {
  return (value, option) => {
    if ((accepted as readonly unknown[]).includes(value)) return;
    throw new InvalidOptionError(option, value, accepted.map((one) => JSON.stringify(one)).join(', '));
  };
}
