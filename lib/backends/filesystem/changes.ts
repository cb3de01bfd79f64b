import { removeFile } from './files.js';
import { type Slot } from './layout.js';

/** Is told what happens to records, so that limits are kept. */
export interface Changes {
  /** Before a file is put in its place: makes room for it. Must not be called while a lock of a record is held. */
  willPut(slot: Slot, fileBytes: number): Promise<void>;
  removed(slot: Slot): void;
}

/** Within which records are changed. */
export interface ChangeScope {
  run<T>(work: (changes: Changes) => Promise<T>): Promise<T>;
  /** What the next file gets as the time of its last change, in epoch milliseconds; undefined: the time of now. */
  timeOfUse(): number | undefined;
}

/** Without limits nothing is counted; but those who count must know that their count is not right any more. */
export class UncountedChanges implements ChangeScope {
  readonly #usageLog: string;

  constructor(usageLog: string) {
    this.#usageLog = usageLog;
  }

  run<T>(work: (changes: Changes) => Promise<T>): Promise<T> {
    return work({
      willPut: () => {
        removeFile(this.#usageLog);
        return Promise.resolve();
      },
      removed: () => undefined,
    });
  }

  timeOfUse(): undefined {
    return undefined;
  }
}
