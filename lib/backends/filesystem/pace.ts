import { monotonicMs } from '../../clock.js';

/** Milliseconds of work after which others are let run. */
const SPELL_MS = 5;

/** Keeps long work that is done at once, a piece at a time, from holding up everything else. */
export class Pace {
  #since = monotonicMs();

  /** Call it between the pieces: lets others run when that has not happened for some milliseconds. */
  async rest(): Promise<void> {
    if (monotonicMs() - this.#since < SPELL_MS) return;
    await new Promise((resolve) => setImmediate(resolve));
    this.#since = monotonicMs();
  }
}
