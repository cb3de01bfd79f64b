import { existsSync } from 'node:fs';
import { removeFile } from './files.js';
import type { Slot } from './layout.js';

/** Is told what happens to records, so that limits are kept. */
export interface Changes {
  /**
   * Before a file is put in its place: makes room for it. Must not be called while a lock of a record is held.
   * @param file where it is now
   */
  willPut(slot: Slot, file: string, fileBytes: number): Promise<void>;
  removed(slot: Slot): void;
}

/** Within which records are changed. */
export interface ChangeScope {
  run<T>(work: (changes: Changes) => Promise<T>): Promise<T>;
}

/** Without limits nothing is counted; but those who count must know that their count is not right any more. */
export class UncountedChanges implements ChangeScope {
  readonly #usageLog: string;

  constructor(usageLog: string) {
    this.#usageLog = usageLog;
  }

  async run<T>(work: (changes: Changes) => Promise<T>): Promise<T> {
    let isChanged = false;
    try {
      return await work({
        willPut: () => {
          isChanged = true;
          // Also before it: if this process dies in between, they know.
          this.#tell();
          return Promise.resolve();
        },
        removed: () => {
          isChanged = true;
        },
      });
    } finally {
      if (isChanged) this.#tell();
    }
  }

  #tell(): void {
    if (existsSync(this.#usageLog)) removeFile(this.#usageLog);
  }
}
