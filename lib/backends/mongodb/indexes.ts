import { type IndexWish, isRefusal } from './driver.js';
import type { TimedCollection } from './timed-collection.js';

/** Indexes of one collection. */
export interface IndexWishes {
  readonly of: TimedCollection;
  readonly wishes: readonly IndexWish[];
}

/**
 * Creates the indexes that are not there. Where a server refuses one, the others are created all the same.
 * @param refused is told of each that was refused
 * @throws what is no refusal, such as a connection that is lost
 */
export async function ensureIndexes(
  wanted: readonly IndexWishes[],
  refused: (name: string, error: unknown) => void,
): Promise<void> {
  for (const { of, wishes } of wanted) {
    try {
      await of.createIndexes(wishes);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      await createEach(of, wishes, refused);
    }
  }
}

async function createEach(
  of: TimedCollection,
  wishes: readonly IndexWish[],
  refused: (name: string, error: unknown) => void,
): Promise<void> {
  for (const wish of wishes) {
    try {
      await of.createIndexes([wish]);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      refused(wish.name, error);
    }
  }
}
