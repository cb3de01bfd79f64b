import { type Clock, type EpochMs } from '../../lib/clock.js';

/** A clock that stands still until it is told to go on. */
export class ManualClock implements Clock {
  #now: EpochMs;

  constructor(start: EpochMs = Date.UTC(2026, 0, 15, 12, 0, 0)) {
    this.#now = start;
  }

  now(): EpochMs {
    return this.#now;
  }

  advanceSeconds(seconds: number): void {
    this.#now += seconds * 1000;
  }

  set(now: EpochMs): void {
    this.#now = now;
  }
}
