/** What the example for Vitest uses of it, which is not installed here: the same as of Jest. */
declare module 'vitest' {
  export const describe: typeof globalThis.describe;
  export const expect: typeof globalThis.expect;
  export const it: typeof globalThis.it;
}
