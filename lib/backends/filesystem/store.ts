import { Buffer } from 'node:buffer';
import type { EpochMs } from '../../clock.js';
import type {
  FoundRecord,
  MaybePromise,
  RecordAddress,
  RecordMeta,
  StoredRecord,
} from '../../storage/backend.js';
import { inParallel } from '../../storage/in-parallel.js';
import type { Changes, ChangeScope } from './changes.js';
import type { FileLocks } from './file-locks.js';
import {
  codeOf,
  createDirectory,
  namesOf,
  removeFile,
  removeIfEmpty,
  removeQuietly,
  replaceFile,
} from './files.js';
import { MAX_FILE_BYTES } from './format.js';
import { Gate } from './gate.js';
import { hashOf, type Layout, type Slot, slotOf } from './layout.js';
import { sizeOf } from './listing.js';
import type { Markers } from './markers.js';
import { Pace } from './pace.js';
import { type FiledRecord, ifAt, type RecordFiles, type Wanted } from './record-files.js';

/** Somebody may delete the directories, or replace the record, just then; but not all the time. */
const TRIES = 10;
const WRITTEN_AT_ONCE = 64;

/** What the records of one store are made of. */
export interface StoreParts {
  readonly layout: Layout;
  readonly files: RecordFiles;
  readonly locks: FileLocks;
  readonly markers: Markers;
  readonly changes: ChangeScope;
  /** Bytes of key, variant, head and body together. */
  readonly maxEntryBytes: number;
  /** Bytes of a file. */
  readonly maxBytes: number;
}

/** The records in one directory. Throws what Node throws. */
export class FileStore {
  readonly #layout: Layout;
  readonly #files: RecordFiles;
  readonly #locks: FileLocks;
  readonly #markers: Markers;
  readonly #changes: ChangeScope;
  readonly #maxEntryBytes: number;
  readonly #maxFileBytes: number;
  readonly #pace = new Pace();
  /** What waits for its turn to be written is not encoded yet, so that it does not take its room twice. */
  readonly #writing = new Gate(WRITTEN_AT_ONCE);

  constructor({ layout, files, locks, markers, changes, maxEntryBytes, maxBytes }: StoreParts) {
    this.#layout = layout;
    this.#files = files;
    this.#locks = locks;
    this.#markers = markers;
    this.#changes = changes;
    this.#maxEntryBytes = maxEntryBytes;
    this.#maxFileBytes = Math.min(maxBytes, MAX_FILE_BYTES);
  }

  /** At once if no body is large. */
  get(key: string): MaybePromise<readonly FoundRecord[]> {
    const keyHash = hashOf(key);
    const single = this.#readSlot({ keyHash, variantHash: '' }, 'whole');
    const variants = this.#variantsOf(keyHash);
    const [variant] = variants;
    if (variants.length > 1 || (variant !== undefined && single !== undefined)) {
      return this.#getAll(key, single, variants);
    }
    // One record at most, as nearly all keys have: of a response with a `Vary`, it is a variant.
    const only = variant === undefined ? single : this.#readSlot(variant, 'whole');
    return only instanceof Promise ? only.then((one) => ofKey(key, one)) : ofKey(key, only);
  }

  async #getAll(
    key: string,
    single: MaybePromise<FiledRecord | undefined>,
    variants: readonly Slot[],
  ): Promise<readonly FoundRecord[]> {
    const wanted = variants.length === 1 ? 'whole' : 'small';
    const read = async (slot: Slot): Promise<FiledRecord | undefined> => this.#readSlot(slot, wanted);
    const all = [await single, ...(await inParallel(variants, read))];
    const found = all.flatMap((one) => ofKey(key, one));
    const [only] = found;
    if (found.length !== 1 || only === undefined || only.body !== undefined) return found;
    // The other variants could not be read. Somebody may have replaced this one meanwhile, so that all of it is read anew.
    const whole = await this.#readSlot(slotOf(key, only.variant), 'whole');
    return ofKey(key, whole);
  }

  body({ key, variant }: RecordAddress): MaybePromise<Uint8Array | undefined> {
    const bodyOf = (found: FiledRecord | undefined): Uint8Array | undefined =>
      found?.record.key === key ? found.record.body : undefined;
    const found = this.#readSlot(slotOf(key, variant), 'whole');
    return found instanceof Promise ? found.then(bodyOf) : bodyOf(found);
  }

  put(record: StoredRecord): Promise<boolean> {
    return this.#writing.pass(() => this.#put(record));
  }

  async #put(record: StoredRecord): Promise<boolean> {
    const file = this.#isTooLarge(record, record.body) ? undefined : this.#files.encode(record);
    if (file === undefined || file.byteLength > this.#maxFileBytes) {
      await this.remove(record.key, record.variant);
      return false;
    }
    const slot = slotOf(record.key, record.variant);
    await this.#withDirectories(() =>
      this.#withTemporary(file, (temporary) =>
        this.#changes.run(async (changes) => {
          await changes.willPut(slot, temporary, file.byteLength);
          await this.#whileLocked(slot, () => this.#place(temporary, record, slot), 'fail');
        }),
      ),
    );
    return true;
  }

  async replaceHead(meta: RecordMeta, expectedHead: Uint8Array | undefined): Promise<boolean> {
    return this.#withDirectories(() =>
      this.#changes.run(async (changes) => {
        for (let attempt = 1; attempt <= TRIES; attempt++) {
          const outcome = await this.#tryToReplaceHead(meta, expectedHead, changes);
          if (outcome !== 'again') return outcome;
        }
        throw new Error('the record was replaced by others again and again');
      }),
    );
  }

  /** @returns 'again' when somebody has replaced the record meanwhile */
  async #tryToReplaceHead(
    meta: RecordMeta,
    expectedHead: Uint8Array | undefined,
    changes: Changes,
  ): Promise<boolean | 'again'> {
    const slot = slotOf(meta.key, meta.variant);
    const older = await this.#readSlot(slot, 'whole');
    const { body } = older?.record ?? {};
    if (older === undefined || body === undefined || older.record.key !== meta.key) return false;
    if (expectedHead !== undefined && Buffer.compare(older.record.head, expectedHead) !== 0) return false;
    // A file's number and time may come again within milliseconds, but not with the same head.
    const isStillThere = (): boolean => {
      const present = this.#readMeta(slot);
      if (present?.identity !== older.identity) return false;
      return Buffer.compare(present.record.head, older.record.head) === 0;
    };
    const record = { ...meta, body, bodyBytes: body.byteLength };
    const file = this.#isTooLarge(meta, body) ? undefined : this.#files.encode(record);
    if (file === undefined || file.byteLength > this.#maxFileBytes) {
      return this.#whileLocked(slot, () => {
        if (!isStillThere()) return 'again';
        this.#removeSlot(slot, changes);
        return false;
      });
    }
    return this.#withTemporary(file, async (temporary) => {
      await changes.willPut(slot, temporary, file.byteLength);
      const place = (): true | 'again' => {
        if (!isStillThere()) return 'again';
        this.#place(temporary, record, slot);
        return true;
      };
      return this.#whileLocked(slot, place, 'fail');
    });
  }

  /** @param variant undefined: all of the key */
  remove(key: string, variant?: string): Promise<number> {
    const slot = slotOf(key, variant ?? '');
    return this.#changes.run(async (changes) =>
      this.#whileLocked(slot, () => {
        const slots = variant === undefined ? this.#slotsOf(slot.keyHash) : [slot];
        return slots.filter((one) => this.#removeSlot(one, changes)).length;
      }),
    );
  }

  removeResource(resource: string): Promise<number> {
    return this.#changes.run(async (changes) => {
      let removed = 0;
      for (const keyHash of this.#markers.keysOf(resource)) {
        removed += await this.#whileLocked({ keyHash, variantHash: '' }, () => {
          const slots = this.#slotsOf(keyHash).filter((slot) => this.readMeta(slot)?.resource === resource);
          const ofKey = slots.filter((slot) => this.#removeSlot(slot, changes)).length;
          this.#markers.removeResource(resource, keyHash);
          return ofKey;
        });
        await this.#pace.rest();
      }
      return removed;
    });
  }

  /** Removes at most so many records whose retention has ended. */
  prune(now: EpochMs, limit: number): Promise<number> {
    return this.#changes.run(async (changes) => {
      let removed = 0;
      if (limit <= 0) return removed;
      for await (const due of this.#markers.due(now)) {
        await this.#pace.rest();
        if (due === undefined) continue;
        const { deadline, slot } = due;
        if (await this.#whileLocked(slot, () => this.#pruneSlot(slot, deadline, now, changes))) removed += 1;
        if (removed >= limit) break;
      }
      return removed;
    });
  }

  /** Removes one record, to make room for another. */
  evict(slot: Slot): MaybePromise<boolean> {
    return this.#whileLocked(slot, () => this.#removeSlot(slot, undefined));
  }

  readMeta(slot: Slot): RecordMeta | undefined {
    const found = this.#readMeta(slot);
    if (found === undefined) return undefined;
    const { body: _body, ...meta } = found.record;
    return meta;
  }

  /** Whether there is a file, of which nothing can be understood. */
  isUnreadable(slot: Slot): boolean {
    const isReadable = (): boolean => this.#readMeta(slot) !== undefined;
    // One may have come just when there was none.
    return !isReadable() && sizeOf(this.#layout, slot) !== undefined && !isReadable();
  }

  /** Removes such a file, unless a later release has written it. */
  removeUnreadable(slot: Slot): Promise<boolean> {
    return this.#changes.run(async (changes) =>
      this.#whileLocked(slot, () => {
        const isOfNoUse = this.isUnreadable(slot) && !this.#files.isNewer(this.#layout.file(slot));
        return isOfNoUse && this.#removeSlot(slot, changes);
      }),
    );
  }

  slotsOfResource(resource: string): Slot[] {
    return this.#markers.keysOf(resource).flatMap((keyHash) => this.#slotsOf(keyHash));
  }

  /** What is in a place, as far as it belongs there. */
  #readSlot(slot: Slot, wanted: Wanted): MaybePromise<FiledRecord | undefined> {
    const found = this.#files.read(this.#layout.file(slot), wanted);
    return found instanceof Promise ? found.then((one) => ifAt(slot, one)) : ifAt(slot, found);
  }

  #readMeta(slot: Slot): FiledRecord | undefined {
    return ifAt(slot, this.#files.readMeta(this.#layout.file(slot)));
  }

  /** Where a key may have records. */
  #slotsOf(keyHash: string): Slot[] {
    return [{ keyHash, variantHash: '' }, ...this.#variantsOf(keyHash)];
  }

  #variantsOf(keyHash: string): Slot[] {
    return namesOf(this.#layout.variantsDirectory(keyHash)).flatMap((name) => {
      const variantHash = this.#layout.hashInName(name);
      return variantHash === undefined ? [] : { keyHash, variantHash };
    });
  }

  #pruneSlot(slot: Slot, deadline: number, now: EpochMs, changes: Changes): boolean {
    const found = this.#readMeta(slot);
    const retainUntil = found?.record.retainUntil;
    const isKept = found !== undefined && !(retainUntil !== undefined && retainUntil <= now);
    // A damaged one is of no use either.
    const isRemoved = !isKept && this.#removeSlot(slot, changes);
    if (isKept) this.#markers.add(found.record, slot);
    if (!isKept || retainUntil !== deadline) this.#markers.removeDue(deadline, slot);
    return isRemoved;
  }

  /** While the lock is held. */
  #place(temporary: string, record: RecordMeta, slot: Slot): void {
    const older = this.#readMeta(slot);
    this.#markers.add(record, slot);
    replaceFile(temporary, this.#layout.file(slot));
    if (older === undefined) return;
    const { retainUntil, resource } = older.record;
    if (retainUntil !== record.retainUntil) this.#markers.removeDue(retainUntil, slot);
    if (resource !== record.resource) this.#forgetResource(resource, slot.keyHash);
  }

  /** While the lock is held. */
  #removeSlot(slot: Slot, changes: Changes | undefined): boolean {
    const found = this.#readMeta(slot);
    if (!removeFile(this.#layout.file(slot))) return false;
    changes?.removed(slot);
    this.#markers.removeDue(found?.record.retainUntil, slot);
    if (slot.variantHash !== '') removeIfEmpty(this.#layout.variantsDirectory(slot.keyHash));
    if (found !== undefined) this.#forgetResource(found.record.resource, slot.keyHash);
    return true;
  }

  #forgetResource(resource: string, keyHash: string): void {
    const isNeeded = this.#slotsOf(keyHash).some(
      (slot) => this.#readMeta(slot)?.record.resource === resource,
    );
    if (!isNeeded) this.#markers.removeResource(resource, keyHash);
  }

  #isTooLarge({ key, variant, head }: RecordMeta, body: Uint8Array): boolean {
    const names = Buffer.byteLength(key) + Buffer.byteLength(variant);
    return names + head.byteLength + body.byteLength > this.#maxEntryBytes;
  }

  #whileLocked<T>({ keyHash }: Slot, work: () => T, whenFull: 'go on' | 'fail' = 'go on'): MaybePromise<T> {
    return this.#locks.run(this.#layout.shelfOf(keyHash), work, whenFull);
  }

  async #withTemporary<T>(file: Uint8Array, use: (temporary: string) => Promise<T>): Promise<T> {
    const temporary = this.#layout.newTemporary();
    let isLeft = true;
    try {
      await this.#files.write(temporary, file);
      const result = await use(temporary);
      isLeft = result === 'again';
      return result;
    } finally {
      if (isLeft) removeQuietly(temporary);
    }
  }

  /** Works also when the directories, or all of them, have been deleted meanwhile, by hand or by another process's `clear`. */
  async #withDirectories<T>(write: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await write();
      } catch (error) {
        if (codeOf(error) !== 'ENOENT' || attempt >= TRIES) throw error;
        createDirectory(this.#layout.temporary);
      }
    }
  }
}

/** What was read, if it lies under the key itself and not under one with the same hash. */
function ofKey(key: string, found: FiledRecord | undefined): readonly FoundRecord[] {
  return found?.record.key === key ? [found.record] : [];
}
