/** A larger number of seconds means this one. */
const LARGEST_DELTA_SECONDS = 2 ** 31;

/**
 * Reads a number of seconds as fields carry it: digits and nothing else. More than 2³¹ counts as 2³¹, which is 68
 * years; `undefined` for what is not a number, negative, or has a fraction.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9111.html#section-1.2.2
 */
export function parseDeltaSeconds(text: string): number | undefined {
  return /^[0-9]+$/.test(text) ? Math.min(Number(text), LARGEST_DELTA_SECONDS) : undefined;
}
