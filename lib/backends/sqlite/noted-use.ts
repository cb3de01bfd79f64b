/** So many noted records are written at once; more are not kept. Writing them takes a few milliseconds. */
const MOST_NOTED = 1000;
/** Milliseconds after which noted use is written even when nothing else is. */
const LATEST_MS = 10_000;

/**
 * Which records were read, until that is written along with something else. A hit must not cost a transaction: so use is
 * noted here, and is lost with the process.
 */
export class NotedUse {
  readonly #write: () => void;
  /** The last one was used last. */
  readonly #ids = new Set<number>();
  #timer: NodeJS.Timeout | undefined;

  /** @param write writes what is noted, or fails, in a transaction of its own; called when nothing else is written */
  constructor(write: () => void) {
    this.#write = write;
  }

  /** Ids of records, the most recently used last. */
  get ids(): Iterable<number> {
    return this.#ids;
  }

  note(id: number): void {
    this.#ids.delete(id);
    this.#ids.add(id);
    if (this.#ids.size >= MOST_NOTED) this.writeNow();
    // It does not keep the process alive.
    else this.#timer ??= setTimeout(() => this.writeNow(), LATEST_MS).unref();
  }

  /** Writes what is noted, if that is possible just now. */
  writeNow(): void {
    this.#stopTimer();
    if (this.#ids.size === 0) return;
    try {
      this.#write();
    } catch {
      // Locked by another, or the disk is full. Use is not worth waiting for.
    }
    this.#ids.clear();
  }

  /** Forgets what is noted: it has been written, or there are no records any more. */
  forget(): void {
    this.#stopTimer();
    this.#ids.clear();
  }

  #stopTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
