/**
 * What the package may weigh, in bytes, some per cent over what it did when that was written. Whoever needs more says in the
 * change why that is worth it.
 */
export const SIZE_BUDGET = {
  /** What is downloaded. */
  packed: 600_000,
  /** What lies in node_modules. */
  unpacked: 2_100_000,
  /** What `import 'axios-persistent-cache'` reads, with all that it imports at once. */
  entry: 340_000,
  /** The same, as gzip would send it: what code costs besides its white space and repeated words. */
  entryGzipped: 106_000,
} as const;
