import type { EvictionListener } from './backend.js';

/** Those who want to know when a backend lets records go to keep within its limits. */
export class Evictions {
  readonly #listeners: EvictionListener[] = [];

  add(listener: EvictionListener): void {
    this.#listeners.push(listener);
  }

  /** @param count of records; 0: nothing is told */
  readonly tell = (count: number): void => {
    if (count > 0) for (const listener of this.#listeners) listener({ count });
  };
}
