import { LRUCache } from 'lru-cache';
import type { FoundRecord } from '../../storage/backend.js';
import type { SqlDatabase, SqlStatement } from './driver.js';

/** Of all that is kept, one key may have this share. */
const LARGEST_SHARE = 1 / 8;

/** What a record takes beside its bytes, with what is remembered of it elsewhere while it is kept. */
const RECORD_BYTES = 2048;

/** What was read under one key, and the ids of its rows. */
export interface RecentRecords {
  readonly records: readonly FoundRecord[];
  readonly ids: readonly number[];
}

/**
 * What was read of late, in memory. Before it is used, SQLite is asked whether another connection, of whichever process, has
 * changed the file since: that costs a tenth of reading a record. What is written by the connection itself, SQLite does not
 * tell: that has to be forgotten here.
 *
 * @see https://www.sqlite.org/pragma.html#pragma_data_version
 */
export class RecentReads {
  readonly #dataVersion: SqlStatement;
  readonly #byKey: LRUCache<string, RecentRecords>;
  #version: number | undefined;

  /** @param maxBytes > 0; of heads, bodies, and {@link RECORD_BYTES} for each record */
  constructor(database: SqlDatabase, maxBytes: number) {
    this.#dataVersion = database.prepare('PRAGMA data_version');
    this.#byKey = new LRUCache({
      maxSize: maxBytes,
      maxEntrySize: Math.max(1, Math.floor(maxBytes * LARGEST_SHARE)),
      sizeCalculation: ({ records }) => Math.max(1, bytesOf(records)),
    });
  }

  /**
   * What is kept of a key, if it is what the file holds at this moment. To be asked before the file is read: what is read
   * after it is at least as new as the state of the file that is known here.
   * @throws the driver's error
   */
  get(key: string): RecentRecords | undefined {
    const { data_version: version } = this.#dataVersion.get() as { readonly data_version: number };
    if (version !== this.#version) {
      this.#byKey.clear();
      this.#version = version;
    }
    return this.#byKey.get(key);
  }

  /** Keeps what was read after {@link RecentReads.get} has found nothing, in the same turn. */
  keep(key: string, found: RecentRecords): void {
    // A body that did not come along would have to be read anyway.
    if (found.records.length > 0 && found.records.every(({ body }) => body !== undefined)) {
      this.#byKey.set(key, found);
    }
  }

  /** @param key undefined: all keys */
  forget(key: string | undefined): void {
    if (key === undefined) this.#byKey.clear();
    else this.#byKey.delete(key);
  }
}

function bytesOf(records: readonly FoundRecord[]): number {
  let bytes = 0;
  for (const { head, body } of records) bytes += RECORD_BYTES + head.byteLength + (body?.byteLength ?? 0);
  return bytes;
}
