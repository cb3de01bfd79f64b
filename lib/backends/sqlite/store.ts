import { Buffer } from 'node:buffer';
import type { EpochMs } from '../../clock.js';
import type {
  FoundRecord,
  RecordAddress,
  RecordMeta,
  ScanRange,
  StoredRecord,
} from '../../storage/backend.js';
import { Accounting, needAccounting, type RecordLimits } from './accounting.js';
import { type SqlDatabase, sqliteProblem, type SqlStatement, type SqlValue } from './driver.js';
import { NotedUse } from './noted-use.js';
import { RecentReads, type RecentRecords } from './recent-reads.js';
import { deleteAll, inTransaction, pragma } from './schema.js';
import { addTagIndex, hasTagIndex, WITH_TAG } from './tag-index.js';
import { isBytes, isWellFormed, META_COLUMNS, type MetaRow, timesOf, toMeta, whereOf } from './rows.js';
import { toColumn } from '../../storage/text-column.js';

/**
 * Bytes of the largest body that is tried. SQLite's own limit is 1,000,000,000 bytes for a row as drivers are usually
 * built; lengths of 2^31 and more must not reach better-sqlite3 at all, which does not notice the overflow.
 * @see https://www.sqlite.org/limits.html
 */
export const MAX_BODY_BYTES = 1_000_000_000;

/** Bodies up to this size come along with the head, even when the key has several variants. */
const INLINE_BODY_BYTES = 16 * 1024;

/** Pages to give back to the file system at a time. 1 MiB with the usual pages of 4 KiB: a few milliseconds. */
export const SHRINK_STEP_PAGES = 256;

/** Records past retention that may go at once to make room for a new one. */
const PRUNED_WHEN_FULL = 500;

const NO_LIMITS: RecordLimits = { maxBytes: Infinity, maxEntries: Infinity, maxEntryBytes: Infinity };

/** The records of one opened database. Everything is synchronous, and throws the driver's errors. */
export class SqliteStore {
  readonly #database: SqlDatabase;
  /** By their text; prepared at their first use and kept. There are only so many texts. */
  readonly #statements = new Map<string, SqlStatement>();
  readonly #maxEntryBytes: number;
  /** Absent where there is nothing to keep within limits. */
  readonly #accounting: Accounting | undefined;
  readonly #use = new NotedUse(() => {
    this.waitForLocks(0);
    this.#change(() => undefined);
  });
  /** Absent where nothing is to be kept in memory. */
  readonly #recent: RecentReads | undefined;
  #lockWaitMs: number | undefined;
  /** Is told how many records have gone to keep within the limits. */
  onEvicted: (count: number) => void = () => undefined;
  /** Whether records are known to have tags in this file. */
  #hasTags: boolean;

  /**
   * @param database made ready by `prepareDatabase`, with accounting where the limits need it
   * @param recentBytes see `SqliteOptions.recentBytes`
   */
  constructor(database: SqlDatabase, limits = NO_LIMITS, recentBytes = 0) {
    this.#database = database;
    this.#recent = recentBytes > 0 ? new RecentReads(database, recentBytes) : undefined;
    this.#hasTags = hasTagIndex(database);
    this.#maxEntryBytes = limits.maxEntryBytes;
    this.#accounting = needAccounting(limits) ? new Accounting(database, limits) : undefined;
  }

  /** @param lockWaitMs milliseconds for which calls wait for another's lock, with the event loop blocked; 0: not at all */
  waitForLocks(lockWaitMs: number): void {
    if (lockWaitMs === this.#lockWaitMs) return;
    this.#database.exec(`PRAGMA busy_timeout = ${lockWaitMs}`);
    this.#lockWaitMs = lockWaitMs;
  }

  get(key: string): readonly FoundRecord[] {
    let found = this.#recent?.get(key);
    if (found === undefined) {
      found = this.#read(key);
      this.#recent?.keep(key, found);
    }
    if (this.#accounting !== undefined) for (const id of found.ids) this.#use.note(id);
    return found.records;
  }

  #read(key: string): RecentRecords {
    const column = toColumn(key);
    // One statement, so that head and body are of the same moment. The count is only of this key's variants.
    const rows = this.#prepared(
      `SELECT ${META_COLUMNS}, CASE
         WHEN body_bytes <= ${INLINE_BODY_BYTES} OR (SELECT count(*) FROM responses WHERE key = ?) = 1
         THEN (SELECT coalesce(body, x'') FROM bodies WHERE bodies.id = responses.id) END AS body
       FROM responses WHERE key = ?`,
    ).all(column, column) as (MetaRow & { readonly body: unknown })[];
    const records = rows
      .filter(isWellFormed)
      .map((row) => Object.freeze({ ...toMeta(row), body: isBytes(row.body) ? row.body : undefined }));
    return { records: Object.freeze(records), ids: rows.map(({ id }) => id) };
  }

  body(address: RecordAddress): Uint8Array | undefined {
    const row = this.#prepared(
      `SELECT id, coalesce(body, x'') AS body FROM bodies
       WHERE id = (SELECT id FROM responses WHERE key = ? AND variant = ?)`,
    ).get(toColumn(address.key), toColumn(address.variant)) as
      { readonly id: number; readonly body: unknown } | undefined;
    if (row !== undefined && this.#accounting !== undefined) this.#use.note(row.id);
    return isBytes(row?.body) ? row.body : undefined;
  }

  put(record: StoredRecord): boolean {
    try {
      return this.#putOnce(record);
    } catch (error) {
      if (sqliteProblem(error) !== 'full') throw error;
      // It is not earlier than that now, so that what is past retention by then is so now.
      this.#makeRoom(record.createdAt);
      return this.#putOnce(record);
    }
  }

  #putOnce(record: StoredRecord): boolean {
    if (record.body.byteLength <= MAX_BODY_BYTES && this.#isAllowed(record, record.body.byteLength)) {
      try {
        this.#recent?.forget(record.key);
        if (record.tags !== undefined) this.#needTags();
        this.#change(() => this.#write(record));
        return true;
      } catch (error) {
        if (sqliteProblem(error) !== 'too-big') throw error;
      }
    }
    // What it was to replace must not be taken for the newest.
    this.delete(record.key, record.variant);
    return false;
  }

  replaceHead(meta: RecordMeta, expectedHead?: Uint8Array): boolean {
    this.#recent?.forget(meta.key);
    if (meta.tags !== undefined) this.#needTags();
    if (this.#maxEntryBytes === Infinity && this.#accounting === undefined && !this.#hasTags) {
      return this.#replaceHead(meta, expectedHead) !== undefined;
    }
    return this.#change(() => {
      const bodyBytes = this.#replaceHead(meta, expectedHead);
      if (bodyBytes === undefined) return false;
      if (this.#isAllowed(meta, bodyBytes)) return true;
      this.#deleteRows('key = ? AND variant = ?', toColumn(meta.key), toColumn(meta.variant));
      return false;
    });
  }

  /** @returns the length of the body; undefined when nothing was replaced */
  #replaceHead(meta: RecordMeta, expectedHead?: Uint8Array): number | undefined {
    const values = [toColumn(meta.resource), meta.head, ...timesOf(meta)];
    const [condition, expected] = expectedHead === undefined ? ['', []] : [' AND head = ?', [expectedHead]];
    const row = this.#prepared(
      `UPDATE responses SET resource = ?, head = ?, created_at = ?, expires_at = ?, retain_until = ?
       WHERE key = ? AND variant = ?${condition} RETURNING id, body_bytes`,
    ).get(...values, toColumn(meta.key), toColumn(meta.variant), ...expected) as
      { readonly id: number; readonly body_bytes: number } | undefined;
    if (row !== undefined && this.#hasTags) {
      this.#prepared('DELETE FROM tags WHERE id = ?').run(row.id);
      this.#tag(row.id, meta);
    }
    return row?.body_bytes;
  }

  delete(key: string, variant?: string): number {
    this.#recent?.forget(key);
    if (variant === undefined) return this.#deleteWhere('key = ?', toColumn(key));
    return this.#deleteWhere('key = ? AND variant = ?', toColumn(key), toColumn(variant));
  }

  deleteResource(resource: string): number {
    this.#recent?.forget(undefined);
    return this.#deleteWhere('resource = ?', toColumn(resource));
  }

  deleteTag(tag: string): number {
    if (!this.#isTagged()) return 0;
    this.#recent?.forget(undefined);
    return this.#deleteWhere(WITH_TAG, tag);
  }

  prune(now: EpochMs, limit: number): number {
    this.#recent?.forget(undefined);
    return this.#deleteWhere(
      'id IN (SELECT id FROM responses WHERE retain_until <= ? ORDER BY retain_until, id LIMIT ?)',
      now,
      limit,
    );
  }

  /** Up to `limit` records whose id is greater than `afterId`, in the order of ids; `meta` is undefined for a damaged one. */
  page(
    range: ScanRange,
    afterId: number,
    limit: number,
  ): readonly { id: number; meta: RecordMeta | undefined }[] {
    if (range.tag !== undefined && !this.#isTagged()) return [];
    const { conditions, values } = whereOf(range);
    // What has a tag is found by that, and then sorted.
    const id = range.tag === undefined ? 'id' : '+id';
    // The ids of records that stay never change, so that none is met twice. The plus signs in the conditions keep the
    // planner from an order other than that of ids.
    const rows = this.#prepared(
      `SELECT ${META_COLUMNS} FROM responses WHERE ${id} > ?${conditions} ORDER BY id LIMIT ?`,
    ).all(afterId, ...values, limit) as MetaRow[];
    return rows.map((row) => ({ id: row.id, meta: isWellFormed(row) ? toMeta(row) : undefined }));
  }

  count(range: ScanRange): number {
    if (range.tag !== undefined && !this.#isTagged()) return 0;
    const { conditions, values } = whereOf(range);
    const sql = `SELECT count(*) AS records FROM responses WHERE TRUE${conditions.replaceAll('+', '')}`;
    return (this.#prepared(sql).get(...values) as { records: number }).records;
  }

  /** Bytes of the database: its file, with what is still in the write-ahead log. */
  size(): number {
    return pragma(this.#database, 'page_count') * pragma(this.#database, 'page_size');
  }

  clear(): void {
    this.#recent?.forget(undefined);
    inTransaction(this.#database, () => deleteAll(this.#database));
    this.#use.forget();
  }

  /** Deletes at most `most` records that are over the limits. @returns whether the limits are kept then */
  evict(most: number): boolean {
    const accounting = this.#accounting;
    this.#recent?.forget(undefined);
    if (accounting === undefined) return true;
    const evictedBefore = accounting.evicted;
    const isKept = inTransaction(this.#database, () => accounting.evict(most));
    this.onEvicted(accounting.evicted - evictedBefore);
    return isKept;
  }

  /** Gives at most `maxPages` pages back to the file system. @returns how many free pages are left */
  shrink(maxPages: number): number {
    this.#database.exec(`PRAGMA incremental_vacuum(${maxPages})`);
    return pragma(this.#database, 'freelist_count');
  }

  /** Moves the write-ahead log into the file, as far as readers allow, and cuts it. */
  checkpoint(): void {
    this.#database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  }

  close(): void {
    this.#use.writeNow();
    this.#statements.clear();
    this.#database.close();
  }

  #write(record: StoredRecord): void {
    // RETURNING, since an upsert that updates does not set the last row id.
    const row = this.#prepared(
      `INSERT INTO responses (key, variant, resource, head, body_bytes, created_at, expires_at, retain_until)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (key, variant) DO UPDATE SET resource = excluded.resource, head = excluded.head,
         body_bytes = excluded.body_bytes, created_at = excluded.created_at, expires_at = excluded.expires_at,
         retain_until = excluded.retain_until
       RETURNING id`,
    ).get(
      toColumn(record.key),
      toColumn(record.variant),
      toColumn(record.resource),
      record.head,
      record.body.byteLength,
      ...timesOf(record),
    ) as { id: number };
    this.#prepared('INSERT OR REPLACE INTO bodies (id, body) VALUES (?, ?)').run(row.id, record.body);
    // Those of what was there before are gone.
    this.#tag(row.id, record);
  }

  #tag(id: number, { tags }: RecordMeta): void {
    if (tags === undefined) return;
    const insert = this.#prepared('INSERT OR IGNORE INTO tags (tag, id) VALUES (?, ?)');
    for (const tag of tags) insert.run(tag, id);
  }

  #needTags(): void {
    if (this.#hasTags) return;
    inTransaction(this.#database, () => addTagIndex(this.#database));
    this.#hasTags = true;
  }

  /** Another process may have stored the first record with tags. */
  #isTagged(): boolean {
    return (this.#hasTags ||= hasTagIndex(this.#database));
  }

  /**
   * For a full disk: drops what is past retention and gives the space back, as far as that goes. Where not a page is left,
   * SQLite cannot even delete; then only `clear()` helps, which puts a new file in place.
   */
  #makeRoom(now: EpochMs): void {
    // The log comes first, since deleting needs some room, too.
    const steps = [
      () => this.checkpoint(),
      () => this.prune(now, PRUNED_WHEN_FULL),
      () => this.shrink(SHRINK_STEP_PAGES),
      () => this.checkpoint(),
    ];
    for (const step of steps) {
      try {
        step();
      } catch {
        // Whether there is room now shows when the record is written again.
      }
    }
  }

  /** @param condition on `responses` */
  #deleteWhere(condition: string, ...values: SqlValue[]): number {
    return inTransaction(this.#database, () => this.#deleteRows(condition, ...values));
  }

  #deleteRows(condition: string, ...values: SqlValue[]): number {
    const bodies = `DELETE FROM bodies WHERE id IN (SELECT id FROM responses WHERE ${condition})`;
    this.#prepared(bodies).run(...values);
    return Number(this.#prepared(`DELETE FROM responses WHERE ${condition}`).run(...values).changes);
  }

  /** A write together with what the limits make of it: readers see both or nothing. */
  #change<T>(write: () => T): T {
    const evictedBefore = this.#accounting?.evicted ?? 0;
    const result = inTransaction(this.#database, () => {
      this.#accounting?.touch(this.#use.ids);
      const written = write();
      this.#accounting?.evict();
      return written;
    });
    const evicted = (this.#accounting?.evicted ?? 0) - evictedBefore;
    if (evicted > 0) {
      this.#recent?.forget(undefined);
      this.onEvicted(evicted);
    }
    this.#use.forget();
    return result;
  }

  #isAllowed(meta: RecordMeta, bodyBytes: number): boolean {
    if (this.#maxEntryBytes === Infinity) return true;
    const addressBytes = Buffer.byteLength(toColumn(meta.key)) + Buffer.byteLength(toColumn(meta.variant));
    return addressBytes + meta.head.byteLength + bodyBytes <= this.#maxEntryBytes;
  }

  #prepared(sql: string): SqlStatement {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}
