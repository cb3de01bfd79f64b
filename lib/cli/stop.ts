import { rmSync } from 'node:fs';
import { Interruption } from './failure.js';

/** So long an interrupted command may take to put things away. */
const PATIENCE_MS = 2000;

/** Whether the user has asked for an end; and what then must not be left behind. */
export class Stop {
  readonly #halfWritten = new Set<string>();
  #isAsked = false;

  /** Ends a command between two records. @throws Interruption */
  check(): void {
    if (this.#isAsked) throw new Interruption();
  }

  /** Remembers a file that is of no use until it is complete. */
  willWrite(file: string): void {
    this.#halfWritten.add(file);
  }

  /** The file is complete, or gone. */
  hasWritten(file: string): void {
    this.#halfWritten.delete(file);
  }

  ask(): void {
    // Who asks twice, or waits for a server that does not answer, does not want to wait.
    if (this.#isAsked) this.#leave();
    this.#isAsked = true;
    setTimeout(() => this.#leave(), PATIENCE_MS).unref();
  }

  /** Deletes what is half written, however the process ends. */
  tidy(): void {
    for (const file of this.#halfWritten) rmSync(file, { force: true });
  }

  #leave(): never {
    this.tidy();
    process.exit(new Interruption().exitCode);
  }
}
