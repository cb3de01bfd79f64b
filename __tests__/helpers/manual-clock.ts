import { type Clock, type EpochMs } from '../../lib/clock.js';

/** A clock that only moves when it is told to. */
export class ManualClock implements Clock {
  #now: EpochMs;

  constructor(now: EpochMs = Date.UTC(2026, 10, 20, 12)) {
    this.#now = now;
  }

  now(): EpochMs {
    return this.#now;
  }

  /** @param milliseconds may be negative, as when somebody sets the clock back */
  advance(milliseconds: number): void {
    this.#now += milliseconds;
  }

  advanceSeconds(seconds: number): void {
    this.advance(seconds * 1000);
  }
}
