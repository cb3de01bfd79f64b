import type { ScanRange } from '../storage/backend.js';
import type { OpenedStore } from './open-store.js';

/** What these count by themselves. Elsewhere that is a walk as long as the one that is to be told about. */
const COUNTING_BACKENDS: readonly string[] = ['sqlite', 'mongodb', 'gridfs'];

/** How many responses there are, where that is known at once. */
export async function countAtOnce(
  { location, records }: OpenedStore,
  range: ScanRange = {},
): Promise<number | undefined> {
  return COUNTING_BACKENDS.includes(location.backend) ? records.count(range) : undefined;
}

/** A total that is never less than what has been done: others may have stored more meanwhile. */
export function atLeast(done: number, total: number | undefined): number | undefined {
  return total === undefined ? undefined : Math.max(done, total);
}
