/** A point in time: milliseconds since 1970-01-01T00:00:00Z. */
export type EpochMs = number;

/** Where the time comes from. Tests pass a clock of their own; nothing else in the library reads the time. */
export interface Clock {
  /** The present, in epoch milliseconds. */
  now(): EpochMs;
}

/** The machine's clock: the only place that calls `Date.now()`. */
export const systemClock: Clock = { now: () => Date.now() };

/** Milliseconds that only run forward, from an arbitrary beginning: for measuring how long somebody has waited. */
export function monotonicMs(): number {
  return performance.now();
}
