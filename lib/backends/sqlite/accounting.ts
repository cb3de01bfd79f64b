import type { SqlDatabase, SqlStatement } from './driver.js';

/*
 * Once somebody has set a limit, the database itself counts its records and notes in which order they were used: by
 * triggers, so that every process that writes into the file takes part, whatever its own limits are. Use has a table of
 * its own, since a new number in `responses` would rewrite the head beside it.
 */

/** Bytes of a record, counted as the options say. Lengths of blobs are known without reading them. */
const bytesOf = (row: string): string =>
  `(length(CAST(${row}key AS BLOB)) + length(CAST(${row}variant AS BLOB)) + length(${row}head) + ${row}body_bytes)`;

/** Greater than the number of every record, and found in the index at once. */
const NEXT_USE = '(SELECT coalesce(max(used), 0) + 1 FROM usage)';

// Without OR REPLACE, which the statement that sets a trigger off overrules.
const NOTE_WRITTEN = `INSERT INTO usage (id, used) VALUES (new.id, ${NEXT_USE})
      ON CONFLICT (id) DO UPDATE SET used = excluded.used`;

const COUNT_DELETED = `
  CREATE TRIGGER responses_deleted AFTER DELETE ON responses BEGIN
    UPDATE totals SET records = records - 1, bytes = bytes - ${bytesOf('old.')};
    DELETE FROM usage WHERE id = old.id;
  END`;

const RECOUNT = `
  INSERT OR REPLACE INTO totals (id, records, bytes)
    SELECT 1, count(*), coalesce(sum(${bytesOf('')}), 0) FROM responses`;

/** Begins to count: of the records that are there, those stored first count as used first. */
export const ACCOUNTING = `
  CREATE TABLE totals (id INTEGER PRIMARY KEY, records INTEGER NOT NULL, bytes INTEGER NOT NULL);
  CREATE TABLE usage (id INTEGER PRIMARY KEY, used INTEGER NOT NULL);
  INSERT INTO usage (id, used) SELECT id, row_number() OVER (ORDER BY created_at, id) FROM responses;
  CREATE INDEX usage_by_used ON usage (used);
  ${RECOUNT};
  CREATE TRIGGER responses_inserted AFTER INSERT ON responses BEGIN
    UPDATE totals SET records = records + 1, bytes = bytes + ${bytesOf('new.')};
    ${NOTE_WRITTEN};
  END;
  CREATE TRIGGER responses_updated AFTER UPDATE ON responses BEGIN
    UPDATE totals SET bytes = bytes + ${bytesOf('new.')} - ${bytesOf('old.')};
    ${NOTE_WRITTEN};
  END;
  ${COUNT_DELETED}`;

/** Statements that delete all records, without a trigger for each of them. */
export function withoutCounting(deleteAll: string): string {
  return `DROP TRIGGER IF EXISTS responses_deleted; ${deleteAll}; DELETE FROM usage; ${RECOUNT}; ${COUNT_DELETED}`;
}

/** What the records of a store may take; `Infinity`: no limit. */
export interface RecordLimits {
  readonly maxBytes: number;
  readonly maxEntries: number;
  readonly maxEntryBytes: number;
}

/** Whether the limits need records to be counted. */
export function needAccounting(limits: RecordLimits): boolean {
  return limits.maxBytes < Infinity || limits.maxEntries < Infinity;
}

interface Totals {
  readonly records: number;
  readonly bytes: number;
}

/** Keeps the records of a counted database within limits. Its calls belong into a transaction of the caller's. */
export class Accounting {
  readonly #limits: RecordLimits;
  readonly #touch: SqlStatement;
  readonly #totals: SqlStatement;
  readonly #oldest: SqlStatement;
  readonly #deletions: readonly SqlStatement[];
  readonly #database: SqlDatabase;
  #evicted = 0;

  constructor(database: SqlDatabase, limits: RecordLimits) {
    this.#database = database;
    this.#limits = limits;
    this.#touch = database.prepare(`UPDATE usage SET used = ${NEXT_USE} WHERE id = ?`);
    this.#totals = database.prepare('SELECT records, bytes FROM totals');
    this.#oldest = database.prepare('SELECT id FROM usage ORDER BY used LIMIT 1');
    this.#deletions = ['bodies', 'responses', 'usage'].map((table) =>
      database.prepare(`DELETE FROM ${table} WHERE id = ?`),
    );
  }

  /** How many records have been evicted, also by what was rolled back. */
  get evicted(): number {
    return this.#evicted;
  }

  /** Makes records the most recently used, the last of them most of all. Those that are gone are left out. */
  touch(ids: Iterable<number>): void {
    for (const id of ids) this.#touch.run(id);
  }

  /**
   * Deletes the least recently used records until the limits are kept, at most `most` of them.
   * @returns false when the limits are not kept yet
   */
  evict(most = Infinity): boolean {
    for (let evicted = 0; this.#isOver(); evicted++) {
      if (evicted >= most) return false;
      const oldest = this.#oldest.get() as { readonly id: number } | undefined;
      if (oldest === undefined) {
        this.#recount();
        if (this.#oldest.get() === undefined) return true;
        continue;
      }
      this.#evicted += 1;
      for (const deletion of this.#deletions) deletion.run(oldest.id);
    }
    return true;
  }

  #isOver(): boolean {
    const totals = this.#totals.get() as Totals | undefined;
    if (totals === undefined) {
      this.#recount();
      return this.#isOver();
    }
    return totals.records > this.#limits.maxEntries || totals.bytes > this.#limits.maxBytes;
  }

  /** For a damaged file, in which nothing is noted of records that are there, or something of others. */
  #recount(): void {
    this.#database.exec(`
      DELETE FROM totals;
      ${RECOUNT};
      INSERT OR IGNORE INTO usage (id, used) SELECT id, 0 FROM responses`);
  }
}
