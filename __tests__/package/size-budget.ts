/**
 * What the package may weigh, in bytes, some per cent over what it did when that was written. Whoever needs more says in the
 * change why that is worth it.
 */
export const SIZE_BUDGET = {
  /** What is downloaded. */
  packed: 640_000,
  /** What lies in node_modules. */
  unpacked: 2_130_000,
  /** What `import 'axios-persistent-cache'` reads, with all that it imports at once. */
  entry: 335_000,
  /** The same, as gzip would send it: what code costs besides its white space and repeated words. */
  entryGzipped: 103_000,
} as const;
