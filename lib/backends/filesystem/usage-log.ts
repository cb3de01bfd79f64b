import { Buffer } from 'node:buffer';
import { closeSync, fstatSync, openSync, readSync, statSync, writeSync } from 'node:fs';
import { PRIVATE_FILE } from '../../storage/private-files.js';
import { isFull, removeFile, unlessAbsent } from './files.js';
import { type Slot, slotName, slotNamed } from './layout.js';

/** A longer log is begun anew. About 60,000 lines. */
const MOST_BYTES = 4 * 1024 * 1024;
const FIRST_LINE = 'axios-persistent-cache usage 1\n';

/** What was done with a record. */
export type Usage =
  | { readonly kind: 'put'; readonly slot: Slot; readonly bytes: number }
  | { readonly kind: 'used' | 'removed'; readonly slot: Slot };

/**
 * Tells processes that count the records of a directory what the others have put, used and removed, so that they keep the
 * limits together without looking at every file. Read and written only while the lock of the limits is held.
 */
export class UsageLog {
  readonly #file: string;
  #descriptor: number | undefined;
  #position = 0;

  constructor(file: string) {
    this.#file = file;
  }

  /**
   * Makes sure that there is a log. Who counts the records afterwards misses nothing. There is none while the disk is full, nor
   * where somebody is just removing the directory; then everybody has to count each time.
   */
  begin(): void {
    this.close();
    const found = unlessAbsent(() => statSync(this.#file));
    if (found !== undefined && found.size > MOST_BYTES) removeFile(this.#file);
    this.#unlessFull(() => {
      this.#descriptor = unlessAbsent(() => openSync(this.#file, 'a+', PRIVATE_FILE));
      if (this.#descriptor === undefined) return;
      this.#position = fstatSync(this.#descriptor).size;
      if (this.#position === 0) this.#append(FIRST_LINE);
    });
  }

  /**
   * What others have written since the last time.
   * @returns undefined when that cannot be told, because the log is gone, too long, or damaged: then count, after `begin`
   */
  news(): readonly Usage[] | undefined {
    if (this.#descriptor === undefined) return undefined;
    const own = fstatSync(this.#descriptor);
    const there = unlessAbsent(() => statSync(this.#file));
    if (there === undefined || there.ino !== own.ino || there.dev !== own.dev) return undefined;
    if (there.size < this.#position || there.size > MOST_BYTES) return undefined;
    if (there.size === this.#position) return [];
    const bytes = Buffer.alloc(there.size - this.#position);
    if (readSync(this.#descriptor, bytes, 0, bytes.length, this.#position) !== bytes.length) return undefined;
    this.#position = there.size;
    return readLines(bytes.toString('latin1'));
  }

  write(news: readonly Usage[]): void {
    if (news.length > 0) this.#unlessFull(() => this.#append(news.map(lineOf).join('')));
  }

  close(): void {
    const descriptor = this.#descriptor;
    this.#descriptor = undefined;
    if (descriptor !== undefined) closeSync(descriptor);
  }

  /** Makes everybody count anew, this one included. Never fails. */
  discard(): void {
    try {
      removeFile(this.#file);
    } catch {
      // Then others go on with their count, which is right again when they begin a new log.
    } finally {
      this.close();
    }
  }

  #unlessFull(write: () => void): void {
    try {
      write();
    } catch (error) {
      if (!isFull(error)) throw error;
      this.discard();
    }
  }

  #append(text: string): void {
    const bytes = Buffer.from(text, 'latin1');
    if (this.#descriptor === undefined) return;
    for (let done = 0; done < bytes.length;) done += writeSync(this.#descriptor, bytes, done);
    this.#position += bytes.length;
  }
}

function lineOf(usage: Usage): string {
  const name = slotName(usage.slot);
  if (usage.kind === 'put') return `+${name} ${usage.bytes}\n`;
  return `${usage.kind === 'used' ? '*' : '-'}${name}\n`;
}

function readLines(text: string): readonly Usage[] | undefined {
  // The end of a line is missing when somebody died while writing it.
  if (!text.endsWith('\n')) return undefined;
  const usages: Usage[] = [];
  for (const line of text.slice(0, -1).split('\n')) {
    const [, mark, name = '', bytes] = /^([+*-])([0-9a-f/]+)(?: (\d{1,15}))?$/.exec(line) ?? [];
    const slot = slotNamed(name);
    if (slot === undefined || (mark === '+') !== (bytes !== undefined)) return undefined;
    if (bytes !== undefined) usages.push({ kind: 'put', slot, bytes: Number(bytes) });
    else usages.push({ kind: mark === '*' ? 'used' : 'removed', slot });
  }
  return usages;
}
