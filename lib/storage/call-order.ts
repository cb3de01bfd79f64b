/** Calls on one key that have not ended. */
interface Line {
  /** The last write that was asked for. */
  lastWrite: Promise<unknown> | undefined;
  /** The reads that were asked for since then. */
  reads: Promise<unknown>[];
  /** That of them which others may join. */
  shared: Promise<unknown> | undefined;
  /** How many calls have not ended. */
  pending: number;
}

/**
 * Lets calls take effect in the order in which they are made, for stores whose calls would overtake each other: those
 * with a pool of connections, with requests over HTTP, or with files. Calls on different keys run side by side, and so
 * do reads of one key. Nothing is refused and nothing is late here: each call must end by itself, or those behind it
 * wait.
 */
export class CallOrder {
  readonly #lines = new Map<string, Line>();
  /** The last call on everything. */
  #wholeStore: Promise<unknown> | undefined;
  /** The calls of {@link CallOrder.readAll} that have not ended. */
  readonly #listings = new Set<Promise<unknown>>();

  /** Whether nothing on the key is under way: then a read may as well be done at once, without a promise. */
  isFree(key: string): boolean {
    return this.#wholeStore === undefined && !this.#lines.has(key);
  }

  /** Runs after the writes on the key that were asked for earlier. */
  read<T>(key: string, call: () => Promise<T>): Promise<T> {
    const line = this.#join(key);
    const running = after([line.lastWrite ?? this.#wholeStore], call);
    line.reads.push(running);
    return this.#leaveAtEnd(key, line, running);
  }

  /**
   * Like {@link CallOrder.read}, for the one kind of read whose result many may have: who asks while such a read is under way,
   * and no write came between, gets its result. So a thousand callers who look for the same at the same time ask a server once.
   */
  readShared<T>(key: string, call: () => Promise<T>): Promise<T> {
    const shared = this.#lines.get(key)?.shared as Promise<T> | undefined;
    if (shared !== undefined) return shared;
    const running = this.read(key, call);
    const line = this.#lines.get(key);
    if (line === undefined) return running;
    line.shared = running;
    const forget = (): void => {
      if (line.shared === running) line.shared = undefined;
    };
    running.then(forget, forget);
    return running;
  }

  /** Runs after all calls on the key that were asked for earlier. */
  write<T>(key: string, call: () => Promise<T>): Promise<T> {
    const line = this.#join(key);
    const running = after([...line.reads, line.lastWrite ?? this.#wholeStore], call);
    line.lastWrite = running;
    line.reads = [];
    line.shared = undefined;
    return this.#leaveAtEnd(key, line, running);
  }

  /** Runs after all writes that were asked for earlier, and holds nobody up: for listing and counting. */
  readAll<T>(call: () => Promise<T>): Promise<T> {
    const writes = [...this.#lines.values()].map(({ lastWrite }) => lastWrite);
    const running = after([this.#wholeStore, ...writes], call);
    const forget = (): void => void this.#listings.delete(running);
    this.#listings.add(running);
    running.then(forget, forget);
    return running;
  }

  /**
   * Runs after all that was asked for earlier, but for listings, and before all that is asked for later: for deleting what is
   * found.
   */
  writeAll<T>(call: () => Promise<T>): Promise<T> {
    const running = after(this.#inLine(), call);
    const forget = (): void => {
      if (this.#wholeStore === running) this.#wholeStore = undefined;
    };
    this.#wholeStore = running;
    running.then(forget, forget);
    // Those who join a line from now on wait for this call, which waits for all that stand in line.
    for (const line of this.#lines.values()) {
      line.lastWrite = running;
      line.reads = [];
      line.shared = undefined;
    }
    return running;
  }

  /** Settles when all calls of now have ended; never rejects. `undefined`: there are none. */
  whenIdle(): Promise<unknown> | undefined {
    return whenSettled([...this.#inLine(), ...this.#listings]);
  }

  #inLine(): (Promise<unknown> | undefined)[] {
    const calls = [...this.#lines.values()].flatMap(({ lastWrite, reads }) => [lastWrite, ...reads]);
    return [this.#wholeStore, ...calls];
  }

  #join(key: string): Line {
    const line = this.#lines.get(key) ?? { lastWrite: undefined, reads: [], shared: undefined, pending: 0 };
    line.pending += 1;
    this.#lines.set(key, line);
    return line;
  }

  #leaveAtEnd<T>(key: string, line: Line, running: Promise<T>): Promise<T> {
    const leave = (): void => {
      line.pending -= 1;
      if (line.pending === 0) this.#lines.delete(key);
    };
    running.then(leave, leave);
    return running;
  }
}

/** At once where there is nothing to wait for, so that a lone call costs no turn. */
function after<T>(earlier: readonly (Promise<unknown> | undefined)[], call: () => Promise<T>): Promise<T> {
  return (
    whenSettled(earlier)?.then(call) ??
    // What it throws is a rejection, too.
    new Promise((resolve) => {
      resolve(call());
    })
  );
}

function whenSettled(calls: readonly (Promise<unknown> | undefined)[]): Promise<unknown> | undefined {
  const pending = calls.filter((call) => call !== undefined);
  return pending.length === 0 ? undefined : Promise.allSettled(pending);
}
