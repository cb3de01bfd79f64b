import type { Clock, EpochMs } from '../clock.js';

/** When a breaker opens, and for how long. */
export interface BreakerSettings {
  /** Failures in a row after which it opens; ≥ 1. */
  readonly failures: number;
  /** Milliseconds for which it stays open; then one call is let through to see. */
  readonly pauseMs: number;
}

/** Shown when a call's outcome is told, so that calls from before the last change of state do not count. */
export type Permit = number;

/**
 * Stops asking something that keeps failing. Closed: every call goes through. After `failures` failures in a row it is
 * open: no call goes through until `pauseMs` have passed. Then exactly one does, the probe: its success closes the
 * breaker, its failure starts the next pause.
 */
export class CircuitBreaker {
  readonly #settings: BreakerSettings;
  readonly #clock: Clock;
  #failuresInRow = 0;
  #openedAt: EpochMs | undefined;
  #isProbing = false;
  #permit: Permit = 0;

  constructor(settings: BreakerSettings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
  }

  /** Until when calls are refused; `undefined` while it is closed. Stays set while the probe is under way. */
  get openUntil(): EpochMs | undefined {
    return this.#openedAt === undefined ? undefined : this.#openedAt + this.#settings.pauseMs;
  }

  /** Asks to make a call; `undefined`: refused. Whoever gets a permit must tell the outcome. */
  enter(): Permit | undefined {
    if (this.#openedAt === undefined) return this.#permit;
    if (this.#isProbing || this.#isPausing(this.#openedAt)) return undefined;
    this.#isProbing = true;
    return this.#permit;
  }

  /** The call succeeded. @returns whether that closed the breaker */
  succeeded(permit: Permit): boolean {
    if (permit !== this.#permit) return false;
    this.#failuresInRow = 0;
    if (this.#openedAt === undefined) return false;
    this.#openedAt = undefined;
    this.#isProbing = false;
    this.#permit++;
    return true;
  }

  /** The call failed. @returns whether that opened the breaker, or opened it again */
  failed(permit: Permit): boolean {
    if (permit !== this.#permit) return false;
    this.#failuresInRow++;
    if (!this.#isProbing && this.#failuresInRow < this.#settings.failures) return false;
    this.#openedAt = this.#clock.now();
    this.#isProbing = false;
    this.#permit++;
    return true;
  }

  /** A clock that was set back must not make the pause longer: before its start, the pause counts as over. */
  #isPausing(openedAt: EpochMs): boolean {
    const now = this.#clock.now();
    return now >= openedAt && now < openedAt + this.#settings.pauseMs;
  }
}
