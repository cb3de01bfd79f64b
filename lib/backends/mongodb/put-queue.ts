import { isRefusal } from './driver.js';
import type { TimedCollection } from './timed-collection.js';

/** So many documents are on their way one by one; more would only wait in the server. */
const ONE_BY_ONE = 4;
/** So many bytes are sent by one command, unless it is a single document. */
const SENT_AT_ONCE_BYTES = 4 * 1024 * 1024;
const SENT_AT_ONCE = 500;

/** A document that is to be created or replaced. */
export interface WaitingDocument {
  readonly id: string;
  readonly document: object;
  readonly bytes: number;
}

interface Waiting extends WaitingDocument {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Writes documents: a few at a time one by one, each at once; those that come while others are under way together, by one
 * `bulkWrite`. No two that are waiting have the same `_id`.
 */
export class PutQueue {
  readonly #records: TimedCollection;
  #waiting: Waiting[] = [];
  #running = 0;

  constructor(records: TimedCollection) {
    this.#records = records;
  }

  put(wanted: WaitingDocument): Promise<void> {
    if (this.#running < ONE_BY_ONE) return this.#run(() => this.#records.put(wanted.id, wanted.document));
    return new Promise((resolve, reject) => this.#waiting.push({ ...wanted, resolve, reject }));
  }

  async #run(write: () => Promise<void>): Promise<void> {
    this.#running += 1;
    try {
      await write();
    } finally {
      this.#running -= 1;
      this.#goOn();
    }
  }

  #goOn(): void {
    const batch = this.#nextBatch();
    if (batch.length > 0) void this.#run(() => this.#putAll(batch));
  }

  #nextBatch(): readonly Waiting[] {
    let bytes = 0;
    let length = 0;
    for (const next of this.#waiting) {
      bytes += next.bytes;
      if (length > 0 && (bytes > SENT_AT_ONCE_BYTES || length === SENT_AT_ONCE)) break;
      length += 1;
    }
    const batch = this.#waiting.slice(0, length);
    this.#waiting = this.#waiting.slice(length);
    return batch;
  }

  /** Never rejects: each document's own promise tells. */
  async #putAll(batch: readonly Waiting[]): Promise<void> {
    try {
      await this.#records.putEach(batch);
      for (const { resolve } of batch) resolve();
    } catch (error) {
      if (batch.length > 1 && isRefusal(error)) await this.#putEach(batch);
      else for (const { reject } of batch) reject(error);
    }
  }

  /** Something is wrong with some of them, and each is to have its own answer. */
  async #putEach(batch: readonly Waiting[]): Promise<void> {
    for (const { id, document, resolve, reject } of batch) {
      await this.#records.put(id, document).then(resolve, reject);
    }
  }
}
