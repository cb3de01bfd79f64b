import type { Runtime } from './runtime.js';
import { counted } from './text.js';

/** Counts records that cannot be read, and tells of them in the end. */
export class UnreadableNote {
  #records = 0;

  count(): void {
    this.#records += 1;
  }

  get records(): number {
    return this.#records;
  }

  async tell({ notes }: Runtime): Promise<void> {
    if (this.#records === 0) return;
    await notes.line(
      `${counted(this.#records, 'record')} cannot be read: damaged, encrypted, or written by another serializer. See verify.`,
    );
  }
}
