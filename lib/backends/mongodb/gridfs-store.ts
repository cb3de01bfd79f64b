import type { EpochMs } from '../../clock.js';
import type { FoundRecord, RecordAddress, RecordMeta, StoredRecord } from '../../storage/backend.js';
import { type Bucket, type BucketFile, FILES_AT_ONCE, newFileId } from './bucket.js';
import {
  documentBytes,
  documentOf,
  idOf,
  MOST_DOCUMENT_BYTES,
  OURS,
  type ReadDocument,
  readDocument,
  withKey,
} from './document.js';
import { type Filter, isRefusal } from './driver.js';
import type { IndexWishes } from './indexes.js';
import {
  type BodyRoom,
  isTaken,
  type PutOutcome,
  readAll,
  RecordStore,
  type StoreSettings,
} from './record-store.js';
import type { TimedCollection } from './timed-collection.js';

/** How often a head is read again whose body was replaced while it was being read. */
const READS = 8;
const DELETED_AT_ONCE = 500;
/** How often what is to be deleted is looked up again when somebody else always replaces it meanwhile. */
const VAIN_ROUNDS = 10;

/** How a store with a bucket is kept. */
export interface GridfsSettings extends StoreSettings {
  readonly inlineBytes: number;
  /** Has something done beside the calls. */
  readonly inBackground: (work: Promise<unknown>) => void;
}

/** Where a sweep has got to. */
export interface SweepPlace {
  readonly afterFile: string | undefined;
  readonly afterChunk: string | undefined;
}

/** Heads as documents of one collection; their bodies in a bucket, but for small ones. */
export class GridfsStore extends RecordStore {
  readonly #bucket: Bucket;
  readonly #inlineBytes: number;
  readonly #inBackground: GridfsSettings['inBackground'];

  constructor(heads: TimedCollection, bucket: Bucket, settings: GridfsSettings) {
    super(heads, settings);
    this.#bucket = bucket;
    this.#inlineBytes = settings.inlineBytes;
    this.#inBackground = settings.inBackground;
  }

  override async get(key: string): Promise<FoundRecord[]> {
    for (let attempt = 1; ; attempt += 1) {
      const found = readAll(await this.records.list(withKey(key)));
      const [only] = found;
      if (found.length !== 1 || only === undefined) {
        return found.map(({ meta, body }) => ({ ...meta, body }));
      }
      const body = await this.#bodyOf(only);
      if (body !== undefined) return [{ ...only.meta, body }];
      if (attempt === READS || !(await this.#isReplaced(only))) return [];
    }
  }

  override async body(address: RecordAddress): Promise<Uint8Array | undefined> {
    for (let attempt = 1; ; attempt += 1) {
      const [found] = await this.records.list({ _id: idOf(address) }, { limit: 1 });
      const read = found && readDocument(found);
      if (read === undefined) return undefined;
      const body = await this.#bodyOf(read);
      if (body !== undefined) return body;
      if (attempt === READS || !(await this.#isReplaced(read))) return undefined;
    }
  }

  /** The body is whole in the bucket before the head points to it, and the one before stays until then. */
  override async put(record: StoredRecord): Promise<PutOutcome> {
    const { body, ...meta } = record;
    const id = idOf(record);
    const head = documentOf(meta, this.settings.usesTtl);
    const isAllowed = body.byteLength <= this.allowedBodyBytes(meta);
    if (isAllowed && this.#fits(head)) {
      const isStored =
        body.byteLength <= this.#inlineBytes
          ? await this.#exchange(id, { ...head, body })
          : await this.#putFile(id, head, body);
      if (isStored) return 'stored';
    }
    await this.delete(record.key, record.variant);
    return isAllowed ? 'too large for a document' : 'over the limit';
  }

  override async clear(): Promise<void> {
    await super.clear();
    // What could not be deleted as it was found.
    await this.records.delete(OURS);
    await this.#bucket.clear();
  }

  override indexes(): readonly IndexWishes[] {
    return [...super.indexes(), ...this.#bucket.indexes()];
  }

  /**
   * Deletes, of the next files and chunks, those that were written before a time and to which no head points.
   * @returns where to go on; undefined when that was all
   */
  async sweep(
    place: SweepPlace,
    before: EpochMs,
  ): Promise<{ readonly deleted: number; readonly next: SweepPlace | undefined }> {
    const files =
      place.afterFile === undefined ? undefined : await this.#bucket.page(place.afterFile, before);
    const chunks =
      place.afterChunk === undefined ? undefined : await this.#bucket.strayChunks(place.afterChunk, before);
    const unused = files === undefined ? [] : await this.#unused(files);
    const stray = [...unused, ...(chunks?.files ?? [])];
    await this.#bucket.delete(stray);
    const afterFile = files?.length === FILES_AT_ONCE ? files.at(-1)?.file : undefined;
    const next = { afterFile, afterChunk: chunks?.next };
    const isDone = afterFile === undefined && next.afterChunk === undefined;
    return { deleted: stray.length, next: isDone ? undefined : next };
  }

  /** Deletes heads one by one as they were found, so that it is known which files are of no use any more. */
  protected override async remove(filter: Filter): Promise<number> {
    let removed = 0;
    for (let vain = 0; vain < VAIN_ROUNDS;) {
      const found = await this.records.search(filter, {
        projection: { file: 1 },
        limit: DELETED_AT_ONCE,
      });
      if (found.length === 0) break;
      const deleted = await this.records.deleteEach(
        found.map(({ _id, file }) => ({ _id, file: file ?? null })),
      );
      const files = found.map(({ file }) => file).filter((file) => typeof file === 'string');
      if (files.length > 0) this.#forget(files);
      removed += deleted;
      vain = deleted === 0 ? vain + 1 : 0;
    }
    return removed;
  }

  /** A body in the bucket takes no room in the document. */
  protected override roomForBody(meta: RecordMeta): BodyRoom {
    return this.#fits(documentOf(meta, true))
      ? { bodyBytes: this.allowedBodyBytes(meta), jsonBytes: Infinity }
      : { bodyBytes: -1, jsonBytes: -1 };
  }

  #fits(head: Readonly<Record<string, unknown>>): boolean {
    return documentBytes(head) + this.#inlineBytes <= MOST_DOCUMENT_BYTES;
  }

  async #putFile(id: string, head: object, body: Uint8Array): Promise<boolean> {
    const file = newFileId();
    let isStored = false;
    try {
      await this.#bucket.write(file, id, body);
      isStored = await this.#exchange(id, { ...head, file });
      if (!isStored) this.#forget([file]);
    } catch (error) {
      // Without an answer nobody knows whether the head is there already: then a sweep deletes what is not used.
      if (isRefusal(error)) this.#forget([file]);
      throw error;
    }
    return isStored;
  }

  /** @returns false when the server refuses the document for its size */
  async #exchange(id: string, document: object): Promise<boolean> {
    let file: unknown;
    const isStored = await isTaken(async () => {
      file = (await this.records.exchange(id, document, { file: 1 }))?.['file'];
    });
    if (isStored && typeof file === 'string') this.#forget([file]);
    return isStored;
  }

  /** Files to which no head points any more. What fails here is swept later. */
  #forget(files: readonly string[]): void {
    this.#inBackground(this.#bucket.delete(files));
  }

  /** Those of the files that are not the ones to which the heads of their records point. */
  async #unused(files: readonly BucketFile[]): Promise<readonly string[]> {
    const records = files.flatMap(({ record }) => (typeof record === 'string' ? [record] : []));
    const heads = await this.records.list({ _id: { $in: records } }, { projection: { file: 1 } });
    const used = new Set(heads.map(({ file }) => file));
    return files.flatMap(({ file }) => (used.has(file) ? [] : [file]));
  }

  async #bodyOf({ body, file, meta }: ReadDocument): Promise<Uint8Array | undefined> {
    if (body !== undefined || file === undefined) return body;
    return this.#bucket.read({ file, bodyBytes: meta.bodyBytes });
  }

  /** Whether a record whose body is not there is another one by now. If it is still the same, it is of no use: it goes. */
  async #isReplaced({ id, file }: ReadDocument): Promise<boolean> {
    const gone = await this.records.deleteOne({ _id: id, file: file ?? null });
    if (gone > 0 && file !== undefined) this.#forget([file]);
    return gone === 0;
  }
}
