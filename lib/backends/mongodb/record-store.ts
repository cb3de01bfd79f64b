import type { EpochMs } from '../../clock.js';
import type {
  FoundRecord,
  RecordAddress,
  RecordMeta,
  ScanRange,
  StoredRecord,
} from '../../storage/backend.js';
import type { NativeForm } from '../../storage/native-form.js';
import {
  bytesBesideBody,
  documentBytes,
  documentOf,
  headUpdate,
  idOf,
  MOST_DOCUMENT_BYTES,
  OURS,
  pastRetention,
  type ReadDocument,
  readDocument,
  withinRange,
  withKey,
  withResource,
  withTag,
} from './document.js';
import { type Filter, type Found, type IndexWish, isDuplicate, isRefusal, isTooLarge } from './driver.js';
import { bodyFields, withHead } from './native.js';
import { PutQueue } from './put-queue.js';
import type { TimedCollection } from './timed-collection.js';

/** Of so many variants the bodies come along with the heads. */
const VARIANTS_WITH_BODY = 2;
export const SCAN_PAGE = 200;
/** So many documents are deleted by one command. */
const DELETED_AT_ONCE = 1000;
/** How often a document is written that somebody else creates at the same time. */
const UPSERTS = 5;
/** Of the field of a body, beside its bytes. */
const BODY_FIELD_BYTES = documentBytes({ body: new Uint8Array(0) }) - documentBytes({});

/** How a store is kept. */
export interface StoreSettings {
  readonly usesTtl: boolean;
  /** As `maxEntryBytes` says. */
  readonly mostRecordBytes: number;
  /** Undefined: heads and bodies are written as bytes. */
  readonly form?: NativeForm | undefined;
}

/** What became of a record that was to be stored. */
export type PutOutcome = 'stored' | 'over the limit' | 'too large for a document';

/** How much a body may take, as documents tell of theirs: by `bodyBytes`, and those that are JSON also by `jsonBytes`. */
export interface BodyRoom {
  readonly bodyBytes: number;
  readonly jsonBytes: number;
}

/** Records as documents of one collection. Knows neither the order of calls nor whether the backend is closed. */
export class RecordStore {
  protected readonly records: TimedCollection;
  protected readonly settings: StoreSettings;
  readonly #puts: PutQueue;

  constructor(records: TimedCollection, settings: StoreSettings) {
    this.records = records;
    this.settings = settings;
    this.#puts = new PutQueue(records);
  }

  async get(key: string): Promise<FoundRecord[]> {
    const filter = withKey(key);
    const found = await this.records.list(filter, { limit: VARIANTS_WITH_BODY + 1 });
    if (found.length <= VARIANTS_WITH_BODY) {
      return readAll(found).flatMap(({ meta, body }) => (body === undefined ? [] : [{ ...meta, body }]));
    }
    const heads = await this.records.list(filter, { projection: { body: 0 } });
    return readAll(heads).map(({ meta, body }) => ({ ...meta, body }));
  }

  async body(address: RecordAddress): Promise<Uint8Array | undefined> {
    const [found] = await this.records.list({ _id: idOf(address) }, { limit: 1 });
    return found && readDocument(found)?.body;
  }

  /** Where the record is not stored, nothing is stored there any more. */
  async put(record: StoredRecord): Promise<PutOutcome> {
    const { body, ...meta } = record;
    const { usesTtl, form } = this.settings;
    const document = documentOf(meta, usesTtl, form);
    const room = roomInDocument(document);
    const isAllowed = body.byteLength <= this.allowedBodyBytes(meta);
    if (isAllowed && body.byteLength <= room) {
      const fields = bodyFields(body, form, room);
      const bytes = fields.jsonBytes ?? body.byteLength;
      const wanted = { id: idOf(record), document: { ...document, ...fields }, bytes };
      if (await isTaken(() => this.#puts.put(wanted))) return 'stored';
    }
    await this.delete(record.key, record.variant);
    return isAllowed ? 'too large for a document' : 'over the limit';
  }

  async replaceHead(meta: RecordMeta, expectedHead: Uint8Array | undefined): Promise<boolean> {
    const { usesTtl, form } = this.settings;
    const filter = {
      _id: idOf(meta),
      ...(expectedHead === undefined ? {} : withHead(expectedHead, form)),
    };
    const room = this.roomForBody(meta);
    const update = headUpdate(meta, usesTtl, form);
    const fitting = { ...filter, ...within(room) };
    if (room.bodyBytes >= 0 && (await isTaken(() => this.records.update(fitting, update)))) return true;
    if (room.bodyBytes !== Infinity) await this.remove({ ...filter, ...beyond(room) });
    return false;
  }

  delete(key: string, variant: string | undefined): Promise<number> {
    return this.remove(variant === undefined ? withKey(key) : { _id: idOf({ key, variant }) });
  }

  deleteResource(resource: string): Promise<number> {
    return this.remove(withResource(resource));
  }

  deleteTag(tag: string): Promise<number> {
    return this.remove(withTag(tag));
  }

  /** The next records in the order of their `_id`s. */
  async page(
    range: ScanRange,
    afterId: string | undefined,
  ): Promise<{ metas: RecordMeta[]; lastId?: string }> {
    const found = await this.records.search(withinRange(range, afterId), {
      projection: { body: 0 },
      sort: { _id: 1 },
      limit: SCAN_PAGE,
    });
    const metas = found.flatMap((document) => readDocument(document)?.meta ?? []);
    const lastId = found.length < SCAN_PAGE ? undefined : found.at(-1)?.['_id'];
    return typeof lastId === 'string' ? { metas, lastId } : { metas };
  }

  async count(range: ScanRange): Promise<number> {
    try {
      return await this.records.count(withinRange(range));
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return this.#fold(range, () => 1);
    }
  }

  async size(): Promise<number> {
    const sums = { heads: { $sum: '$headBytes' }, bodies: { $sum: '$bodyBytes' } };
    try {
      const [found] = await this.records.aggregate([{ $match: OURS }, { $group: { _id: null, ...sums } }]);
      return numberOf(found?.['heads']) + numberOf(found?.['bodies']);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return this.#fold({}, (found) => numberOf(found['headBytes']) + numberOf(found['bodyBytes']));
    }
  }

  async prune(now: EpochMs, limit: number): Promise<number> {
    let pruned = 0;
    while (pruned < limit) {
      const wanted = Math.min(limit - pruned, DELETED_AT_ONCE);
      const found = await this.records.list(pastRetention(now), {
        projection: { _id: 1 },
        sort: { retainUntil: 1 },
        limit: wanted,
      });
      // What somebody else has stored anew meanwhile stays.
      const ids = found.map((document) => document['_id']);
      if (ids.length > 0) pruned += await this.remove({ _id: { $in: ids }, ...pastRetention(now) });
      if (ids.length < wanted) break;
    }
    return pruned;
  }

  /** Deletes all records in steps, since a single command could take longer than it may. */
  async clear(): Promise<void> {
    for (;;) {
      const [next] = await this.records.list(OURS, {
        projection: { _id: 1 },
        sort: { _id: 1 },
        skip: DELETED_AT_ONCE,
        limit: 1,
      });
      if (next === undefined) break;
      await this.remove({ _id: { ...(OURS['_id'] as object), $lt: next['_id'] } });
    }
    await this.remove(OURS);
  }

  /** The indexes that the commands above are quick by. */
  indexes(): readonly { readonly of: TimedCollection; readonly wishes: readonly IndexWish[] }[] {
    const ttl: IndexWish = { key: { deleteAt: 1 }, name: 'deleteAt', expireAfterSeconds: 0 };
    const wishes: readonly IndexWish[] = [
      { key: { resource: 1 }, name: 'resource' },
      { key: { retainUntil: 1 }, name: 'retainUntil' },
      ...(this.settings.usesTtl ? [ttl] : []),
    ];
    return [{ of: this.records, wishes }];
  }

  /** Of no use before the first record with tags is stored. */
  tagIndexes(): readonly { readonly of: TimedCollection; readonly wishes: readonly IndexWish[] }[] {
    return [{ of: this.records, wishes: [{ key: { tags: 1 }, name: 'tags' }] }];
  }

  /** Deletes all that match. @returns how many */
  protected remove(filter: Filter): Promise<number> {
    return this.records.delete(filter);
  }

  /** How long a body may be that is stored with this head; less than 0: there is no room for the head. */
  protected roomForBody(meta: RecordMeta): BodyRoom {
    const inDocument = roomInDocument(documentOf(meta, true, this.settings.form));
    return { bodyBytes: Math.min(this.allowedBodyBytes(meta), inDocument), jsonBytes: inDocument };
  }

  /** The same, as the user wants it: in bytes of the body itself, however it is written. */
  protected allowedBodyBytes(meta: RecordMeta): number {
    return this.settings.mostRecordBytes - bytesBesideBody(meta);
  }

  /** For servers that do not know how to add up. */
  async #fold(range: ScanRange, value: (found: Found) => number): Promise<number> {
    let total = 0;
    let afterId: string | undefined;
    for (;;) {
      const found = await this.records.search(withinRange(range, afterId), {
        projection: { headBytes: 1, bodyBytes: 1 },
        sort: { _id: 1 },
        limit: DELETED_AT_ONCE,
      });
      for (const document of found) total += value(document);
      const lastId = found.at(-1)?.['_id'];
      if (found.length < DELETED_AT_ONCE || typeof lastId !== 'string') return total;
      afterId = lastId;
    }
  }
}

function within({ bodyBytes, jsonBytes }: BodyRoom): Filter {
  if (bodyBytes === Infinity) return {};
  // Where the field is absent, too.
  return { bodyBytes: { $lte: bodyBytes }, jsonBytes: { $not: { $gt: jsonBytes } } };
}

function beyond({ bodyBytes, jsonBytes }: BodyRoom): Filter {
  return { $or: [{ bodyBytes: { $gt: bodyBytes } }, { jsonBytes: { $gt: jsonBytes } }] };
}

/** What was found and is ours, read. */
export function readAll(found: readonly Found[]): ReadDocument[] {
  return found.flatMap((document) => readDocument(document) ?? []);
}

/** How long a body may be in a document. */
export function roomInDocument(document: Readonly<Record<string, unknown>>): number {
  return MOST_DOCUMENT_BYTES - documentBytes(document) - BODY_FIELD_BYTES;
}

/**
 * Runs a write, again where somebody else creates the document at the same time.
 * @returns what the write gives, and true for nothing; false when the server refuses the document for its size
 */
export async function isTaken(write: () => Promise<boolean | void>): Promise<boolean> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return (await write()) ?? true;
    } catch (error) {
      if (isTooLarge(error)) return false;
      if (!isDuplicate(error) || attempt === UPSERTS) throw error;
    }
  }
}

function numberOf(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}
