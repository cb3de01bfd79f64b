/** Begins a text that had to be rewritten. */
const MARK = '\u0001';

/** NUL, which some drivers take for the end; surrogates, which UTF-8 cannot hold unpaired; and our own mark. */
const AWKWARD = /^\u0001|[\0\ud800-\udfff]/;

/** A text as a column or a field can hold it: itself, or as a JSON string behind a mark where a driver would change it. */
export function toColumn(text: string): string {
  return AWKWARD.test(text) ? MARK + JSON.stringify(text).replaceAll('\0', '\\u0000') : text;
}

/** The text that {@link toColumn} was given; of a damaged one, whatever is there. */
export function fromColumn(stored: string): string {
  if (!stored.startsWith(MARK)) return stored;
  try {
    const text: unknown = JSON.parse(stored.slice(1));
    return typeof text === 'string' ? text : stored;
  } catch {
    return stored;
  }
}
