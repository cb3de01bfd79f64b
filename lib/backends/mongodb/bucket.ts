import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { types } from 'node:util';
import { type EpochMs, systemClock } from '../../clock.js';
import { OURS } from './document.js';
import type { Filter } from './driver.js';
import type { IndexWishes } from './indexes.js';
import type { TimedCollection } from './timed-collection.js';

/** So much of a body is sent by one command. */
const SENT_AT_ONCE_BYTES = 4 * 1024 * 1024;
const TIME_DIGITS = 12;
const RANDOM_BYTES = 10;
/** So many files are deleted, or looked at, by one command. */
export const FILES_AT_ONCE = 200;

/** Which file has a body, and what is known of it. */
export interface FileReference {
  readonly file: string;
  readonly bodyBytes: number;
}

/** A file as its description has it. */
export interface BucketFile {
  readonly file: string;
  /** `_id` of the record that it was written for; in a damaged description, anything. */
  readonly record: unknown;
}

/** `_id` of a new file. */
export function newFileId(): string {
  return fileIdAt(systemClock.now()) + randomBytes(RANDOM_BYTES).toString('hex');
}

/** The files of a bucket: GridFS as its specification has it, so that the usual tools can read it. */
export class Bucket {
  readonly #files: TimedCollection;
  readonly #chunks: TimedCollection;
  readonly #chunkBytes: number;

  constructor(files: TimedCollection, chunks: TimedCollection, chunkBytes: number) {
    this.#files = files;
    this.#chunks = chunks;
    this.#chunkBytes = chunkBytes;
  }

  /**
   * Writes a new file, its description last: before that it does not exist.
   * @param file as {@link newFileId} gives it
   * @param record `_id` of the record that it belongs to
   */
  async write(file: string, record: string, body: Uint8Array): Promise<void> {
    const step = this.#chunkBytes * Math.max(1, Math.floor(SENT_AT_ONCE_BYTES / this.#chunkBytes));
    for (let start = 0; start < body.byteLength; start += step) {
      await this.#chunks.insert(this.#chunksOf(file, body, start, Math.min(start + step, body.byteLength)));
    }
    const description = { _id: file, length: body.byteLength, chunkSize: this.#chunkBytes };
    await this.#files.insert([{ ...description, uploadDate: new Date(systemClock.now()), filename: record }]);
  }

  /** The bytes of a file; undefined: it is not there, or not whole. */
  async read({ file, bodyBytes }: FileReference): Promise<Uint8Array | undefined> {
    const parts: Uint8Array[] = [];
    let bytes = 0;
    for await (const { n, data } of this.#chunks.stream({ files_id: file }, { sort: { n: 1 } })) {
      if (n !== parts.length || !types.isUint8Array(data)) return undefined;
      parts.push(data);
      bytes += data.byteLength;
      // Somebody else's file, or a damaged one: no more of it is read than it should have.
      if (bytes > bodyBytes) return undefined;
    }
    if (bytes !== bodyBytes) return undefined;
    return parts.length === 1 ? parts[0] : Buffer.concat(parts, bytes);
  }

  /** Deletes files. Their descriptions go first: from then on they do not exist. */
  async delete(files: readonly string[]): Promise<void> {
    for (let start = 0; start < files.length; start += FILES_AT_ONCE) {
      const some = files.slice(start, start + FILES_AT_ONCE);
      await this.#files.delete({ _id: oneOf(some) });
      await this.#chunks.delete({ files_id: oneOf(some) });
    }
  }

  /** Deletes all files, also half ones, that were written by a backend. */
  async clear(): Promise<void> {
    for (;;) {
      const page = await this.page('', undefined);
      if (page.length === 0) break;
      await this.delete(page.map(({ file }) => file));
    }
    await this.#chunks.delete({ files_id: OURS['_id'] });
  }

  /** The next files in the order in which they were written. */
  async page(after: string, before: EpochMs | undefined): Promise<readonly BucketFile[]> {
    const found = await this.#files.search(
      { _id: between(after, before) },
      { projection: { filename: 1 }, sort: { _id: 1 }, limit: FILES_AT_ONCE },
    );
    return found.flatMap(({ _id, filename }) =>
      typeof _id === 'string' ? [{ file: _id, record: filename }] : [],
    );
  }

  /**
   * Among the next chunks, in the order in which they were written, those of no file.
   * @returns `files`: whose they are; `next`: where to go on, undefined: that were the last
   */
  async strayChunks(
    after: string,
    before: EpochMs,
  ): Promise<{ readonly files: readonly string[]; readonly next: string | undefined }> {
    const found = await this.#chunks.search(
      { files_id: between(after, before) },
      { projection: { _id: 0, files_id: 1 }, sort: { files_id: 1, n: 1 }, limit: FILES_AT_ONCE },
    );
    const owners = [...new Set(found.map((chunk) => chunk['files_id']))].filter(
      (id) => typeof id === 'string',
    );
    const known = await this.#files.list({ _id: oneOf(owners) }, { projection: { _id: 1 } });
    const files = new Set(known.map(({ _id }) => _id));
    return {
      files: owners.filter((owner) => !files.has(owner)),
      next: found.length < FILES_AT_ONCE ? undefined : owners.at(-1),
    };
  }

  indexes(): readonly IndexWishes[] {
    return [
      {
        of: this.#chunks,
        wishes: [{ key: { files_id: 1, n: 1 }, name: 'files_id_1_n_1', unique: true }],
      },
      { of: this.#files, wishes: [{ key: { filename: 1, uploadDate: 1 }, name: 'filename_1_uploadDate_1' }] },
    ];
  }

  #chunksOf(file: string, body: Uint8Array, start: number, end: number): object[] {
    const chunks: object[] = [];
    for (let offset = start; offset < end; offset += this.#chunkBytes) {
      const data = body.subarray(offset, Math.min(offset + this.#chunkBytes, end));
      chunks.push({ files_id: file, n: offset / this.#chunkBytes, data });
    }
    return chunks;
  }
}

/** How the `_id`s of files begin that were written at a time, so that they can be told by age. */
function fileIdAt(time: EpochMs): string {
  return Math.max(0, Math.floor(time)).toString(16).padStart(TIME_DIGITS, '0');
}

function oneOf(ids: readonly string[]): Filter {
  return { $in: ids };
}

function between(after: string, before: EpochMs | undefined): Filter {
  return {
    ...(OURS['_id'] as Filter),
    ...(after === '' ? {} : { $gt: after }),
    ...(before === undefined ? {} : { $lt: fileIdAt(before) }),
  };
}
