import { utimesSync } from 'node:fs';
import { systemClock } from '../../clock.js';
import type { Changes, ChangeScope } from './changes.js';
import type { FileLocks } from './file-locks.js';
import { unlessAbsent } from './files.js';
import { type Layout, type Slot, slotName, slotNamed } from './layout.js';
import { listSizes, type SizedFile } from './listing.js';
import { Pace } from './pace.js';
import { pacedSort } from './paced-sort.js';
import { UsageIndex } from './usage-index.js';
import { UsageLog, type Usage } from './usage-log.js';

/** So many notes of use are kept at most; then they are written. */
const MOST_NOTED = 1000;
/** Milliseconds after which notes are written even when nothing else is. */
const LATEST_MS = 10_000;
const LOCK = 'limits';

/** How much a directory may hold. */
export interface FileLimits {
  /** Of the files together. */
  readonly maxBytes: number;
  readonly maxEntries: number;
}

/**
 * Keeps the limits: counts the files once, then what is put and removed, and removes what was used longest ago. When a
 * record was last used stands in its file's time of change, when it was put as well as when it was read.
 */
export class LimitedChanges implements ChangeScope {
  readonly #layout: Layout;
  readonly #locks: FileLocks;
  readonly #limits: FileLimits;
  readonly #evict: (slot: Slot) => unknown;
  readonly #log: UsageLog;
  #index: UsageIndex | undefined;
  /** Names of slots that were read; the last one was used last. */
  readonly #noted = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #lastUse = 0;
  readonly #pace = new Pace();

  /** @param evict removes a record; called while no lock but that of the limits is held */
  constructor(layout: Layout, locks: FileLocks, limits: FileLimits, evict: (slot: Slot) => unknown) {
    this.#layout = layout;
    this.#locks = locks;
    this.#limits = limits;
    this.#evict = evict;
    this.#log = new UsageLog(layout.usageLog);
  }

  /** Use is not written at once: a hit must not cost a write. Notes are lost with the process. */
  note(slot: Slot): void {
    const name = slotName(slot);
    this.#noted.delete(name);
    this.#noted.add(name);
    if (this.#noted.size < MOST_NOTED)
      this.#timer ??= setTimeout(() => this.#writeNotes(), LATEST_MS).unref();
    else this.#writeNotes();
  }

  run<T>(work: (changes: Changes) => Promise<T>): Promise<T> {
    return this.#locks.hold(LOCK, () => this.#whileLocked(work));
  }

  /** Removes what others, or lower limits, have left over the limits. */
  keep(): Promise<void> {
    return this.run(() => Promise.resolve());
  }

  /** Forgets everything: all files go. @param work removes them */
  clear<T>(work: () => Promise<T>): Promise<T> {
    return this.#locks.hold(LOCK, () => {
      this.#forget();
      this.#noted.clear();
      this.#log.close();
      return work();
    });
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    try {
      if (this.#noted.size > 0) await this.keep();
    } finally {
      this.#log.close();
    }
  }

  #writeNotes(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    // Use is not worth a failure; what cannot be written now is written along with the next record.
    if (this.#noted.size > 0) this.keep().catch(() => undefined);
  }

  async #whileLocked<T>(work: (changes: Changes) => Promise<T>): Promise<T> {
    const pending: Usage[] = [];
    try {
      const index = await this.#current();
      const tell = (usage: Usage): void => {
        index.apply(usage);
        pending.push(usage);
      };
      for (const usage of await this.#takeNotes(index)) tell(usage);
      await this.#makeRoom(index, undefined, 0, tell);
      const result = await work({
        willPut: async (slot, file, bytes) => {
          await this.#makeRoom(index, slot, bytes, tell);
          this.#setTimeOfUse(file);
          tell({ kind: 'put', slot, bytes });
          // Before the file is there: who dies in between leaves a count that is too high, which does no harm.
          this.#log.write(pending.splice(0));
        },
        removed: (slot) => tell({ kind: 'removed', slot }),
      });
      this.#log.write(pending);
      return result;
    } catch (error) {
      // What has been done of it, nobody knows.
      this.#forget();
      this.#log.discard();
      throw error;
    }
  }

  async #makeRoom(
    index: UsageIndex,
    slot: Slot | undefined,
    bytes: number,
    tell: (usage: Usage) => void,
  ): Promise<void> {
    const { maxBytes, maxEntries } = this.#limits;
    const older = slot && index.bytesOf(slot);
    const addedEntries = slot !== undefined && older === undefined ? 1 : 0;
    const addedBytes = bytes - (older ?? 0);
    while (index.bytes + addedBytes > maxBytes || index.entries + addedEntries > maxEntries) {
      const oldest = index.oldest(slot);
      if (oldest === undefined) return;
      await this.#evict(oldest);
      await this.#pace.rest();
      tell({ kind: 'removed', slot: oldest });
    }
  }

  /** The count as of now, with what other processes have done. */
  async #current(): Promise<UsageIndex> {
    const news = this.#index === undefined ? undefined : this.#log.news();
    if (this.#index !== undefined && news !== undefined) {
      for (const usage of news) this.#index.apply(usage);
      return this.#index;
    }
    this.#log.begin();
    const found: SizedFile[] = [];
    for await (const file of listSizes(this.#layout)) found.push(file);
    const files = await pacedSort(found, ({ changedAt }) => changedAt, this.#pace);
    const index = new UsageIndex();
    for (const { slot, bytes } of files) {
      index.apply({ kind: 'put', slot, bytes });
      await this.#pace.rest();
    }
    this.#lastUse = Math.max(this.#lastUse, Math.ceil(files.at(-1)?.changedAt ?? 0));
    this.#index = index;
    return index;
  }

  async #takeNotes(index: UsageIndex): Promise<readonly Usage[]> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const slots = [...this.#noted].flatMap((name) => slotNamed(name) ?? []);
    this.#noted.clear();
    const used = slots.filter((slot) => index.bytesOf(slot) !== undefined);
    for (const slot of used) {
      unlessAbsent(() => this.#setTimeOfUse(this.#layout.file(slot)));
      await this.#pace.rest();
    }
    return used.map((slot) => ({ kind: 'used', slot }));
  }

  /** Each is later than the one before. */
  #setTimeOfUse(file: string): void {
    this.#lastUse = Math.max(systemClock.now(), this.#lastUse + 1);
    utimesSync(file, this.#lastUse / 1000, this.#lastUse / 1000);
  }

  #forget(): void {
    this.#index = undefined;
  }
}
