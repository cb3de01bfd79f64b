import type { RecordMeta, ScanRange } from '../../storage/backend.js';
import { fromColumn, toColumn } from '../../storage/text-column.js';
import type { SqlValue } from './driver.js';
import { WITH_TAG } from './tag-index.js';

/** The columns of a {@link MetaRow}. */
export const META_COLUMNS =
  'id, key, variant, resource, head, body_bytes, created_at, expires_at, retain_until';

/** A row of `responses`. */
export interface MetaRow {
  readonly id: number;
  readonly key: string;
  readonly variant: string;
  readonly resource: string;
  readonly head: Uint8Array;
  readonly body_bytes: number;
  readonly created_at: number;
  readonly expires_at: number | null;
  readonly retain_until: number | null;
}

/** Whether a column holds a blob. */
export function isBytes(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value);
}

/** In a damaged file anything may be of another type than its column: SQLite does not mind. */
export function isWellFormed(row: MetaRow): boolean {
  const texts: unknown[] = [row.key, row.variant, row.resource];
  const times: unknown[] = [row.created_at, row.expires_at ?? 0, row.retain_until ?? 0];
  return (
    isBytes(row.head) &&
    Number.isSafeInteger(row.body_bytes) &&
    texts.every((text) => typeof text === 'string') &&
    times.every((time) => typeof time === 'number')
  );
}

/** What a row says. */
export function toMeta(row: MetaRow): RecordMeta {
  return {
    key: fromColumn(row.key),
    variant: fromColumn(row.variant),
    resource: fromColumn(row.resource),
    head: row.head,
    bodyBytes: row.body_bytes,
    createdAt: row.created_at,
    expiresAt: row.expires_at ?? undefined,
    retainUntil: row.retain_until ?? undefined,
  };
}

/** The three times, in the order of the columns. */
export function timesOf(meta: RecordMeta): [number, number | null, number | null] {
  return [meta.createdAt, meta.expiresAt ?? null, meta.retainUntil ?? null];
}

/** The conditions of a range, each with AND before it. */
export function whereOf(range: ScanRange): { conditions: string; values: SqlValue[] } {
  let conditions = '';
  const values: SqlValue[] = [];
  if (range.tag !== undefined) {
    conditions += ` AND ${WITH_TAG}`;
    values.push(range.tag);
  }
  if (range.resource !== undefined) {
    // Without a plus sign: a resource has few records, which its index finds and which are then sorted.
    conditions += ' AND resource = ?';
    values.push(toColumn(range.resource));
  }
  if (range.expiredBy !== undefined) {
    conditions += ' AND +expires_at <= ?';
    values.push(range.expiredBy);
  }
  if (range.freshAt !== undefined) {
    conditions += ' AND (+expires_at > ? OR expires_at IS NULL)';
    values.push(range.freshAt);
  }
  if (range.createdBefore !== undefined) {
    conditions += ' AND +created_at < ?';
    values.push(range.createdBefore);
  }
  return { conditions, values };
}
