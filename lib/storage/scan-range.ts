import type { EpochMs } from '../clock.js';
import type { RecordMeta, ScanRange } from './backend.js';

/** Whether a record meets all conditions of a range but that of a tag: for stores that cannot ask for them. */
export function isInRange(meta: RecordMeta, range: ScanRange): boolean {
  if (range.resource !== undefined && meta.resource !== range.resource) return false;
  const { expiresAt } = meta;
  const isExpired = (by: EpochMs): boolean => expiresAt !== undefined && expiresAt <= by;
  if (range.expiredBy !== undefined && !isExpired(range.expiredBy)) return false;
  if (range.freshAt !== undefined && isExpired(range.freshAt)) return false;
  return range.createdBefore === undefined || meta.createdAt < range.createdBefore;
}
