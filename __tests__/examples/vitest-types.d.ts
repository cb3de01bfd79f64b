/**
 * What the examples use of Vitest, the same as of Jest. Its own types bring those of the DOM with them, by which code of
 * this library would be judged, too.
 */
export const describe: typeof globalThis.describe;
export const expect: typeof globalThis.expect;
export const it: typeof globalThis.it;
