import path from 'node:path';
import type { RecordMeta } from '../../storage/backend.js';
import {
  codeOf,
  createDirectory,
  createEmptyFile,
  eachName,
  linkFile,
  namesOf,
  removeFile,
  removeIfEmptyAside,
} from './files.js';
import { hashOf, type Layout, type Slot } from './layout.js';

/** So many markers that say a later time are passed over at once. */
const LOOKED_AT_ONCE = 200;

/** A record whose retention ends, or ended once. */
export interface DueRecord {
  readonly deadline: number;
  readonly slot: Slot;
}

/**
 * Empty files that lead to records by resource and by deadline. They are created before the record, and removed after it,
 * while its lock is held: so they lead to every record that is there, and perhaps to some that are not. Whoever follows one
 * looks at the record itself.
 *
 * They are names of some few files, as far as the file system can do that: another name costs neither room nor an inode.
 */
export class Markers {
  readonly #layout: Layout;

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  add({ resource, retainUntil }: RecordMeta, slot: Slot): void {
    this.#create(this.#layout.resourceMarker(hashOf(resource), slot.keyHash), slot);
    if (retainUntil !== undefined) this.#create(this.#layout.dueMarker(retainUntil, slot), slot);
  }

  removeDue(deadline: number | undefined, slot: Slot): void {
    if (deadline !== undefined) removeFile(this.#layout.dueMarker(deadline, slot));
  }

  removeResource(resource: string, keyHash: string): void {
    removeFile(this.#layout.resourceMarker(hashOf(resource), keyHash));
  }

  /** Hashes of the keys under which a resource may have records. */
  keysOf(resource: string): string[] {
    const hash = hashOf(resource);
    const names = namesOf(this.#layout.resourceDirectory(hash));
    return names.flatMap((name) => this.#layout.keyInResourceMarker(name, hash) ?? []);
  }

  /**
   * Those whose marker says a time that has passed, in any order; undefined now and then, after some others. They may be
   * removed meanwhile. Directories that are empty and needed no more go.
   */
  async *due(now: number): AsyncGenerator<DueRecord | undefined, void, undefined> {
    for (const name of namesOf(this.#layout.due)) {
      const state = this.#layout.dueDirectory(name, now);
      if (state === 'later') continue;
      const directory = path.join(this.#layout.due, name);
      let seen = 0;
      for (const marker of eachName(directory)) {
        const due = this.#layout.readDueMarker(marker);
        if (due !== undefined && due.deadline <= now) yield due;
        else if (++seen % LOOKED_AT_ONCE === 0) yield undefined;
      }
      // A directory that had a hundred thousand names takes file systems a fifth of a second, also when all are gone.
      if (state === 'passed') await removeIfEmptyAside(directory);
    }
  }

  #create(marker: string, slot: Slot): void {
    const empty = this.#layout.emptyFile(slot.keyHash);
    try {
      if (linkFile(empty, marker) !== 'impossible') return;
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
      createDirectory(path.dirname(marker));
      createEmptyFile(empty);
      if (linkFile(empty, marker) !== 'impossible') return;
    }
    createEmptyFile(marker);
  }
}
