import { withDeadline } from '../../storage/deadline.js';
import type { DriverCollection, Filter, FindOptions, Found, IndexWish } from './driver.js';

/** Commands that look at many documents may take so many times as long as others. */
export const LONG_COMMAND_FACTOR = 12;

/** A command had no answer in its time. What became of a write is not known then. */
export class CommandTimeout extends Error {
  constructor(limitMs: number) {
    super(`no answer within ${limitMs} ms`);
  }
}

/** A collection whose every command ends by itself. */
export class TimedCollection {
  readonly #collection: DriverCollection;
  readonly #limitMs: number;

  constructor(collection: DriverCollection, limitMs: number) {
    this.#collection = collection;
    this.#limitMs = limitMs;
  }

  /** All documents that match, at once. */
  list(filter: Filter, options: FindOptions = {}): Promise<Found[]> {
    return this.#within(this.#collection.find(filter, options).toArray());
  }

  /** The same, for a search that may have to look at many. */
  search(filter: Filter, options: FindOptions = {}): Promise<Found[]> {
    return this.#withinLong(this.#collection.find(filter, options).toArray());
  }

  /** One after the other, as the server sends them; each may take the time of a command. */
  async *stream(filter: Filter, options: FindOptions): AsyncGenerator<Found, void, undefined> {
    const cursor = this.#collection.find(filter, options);
    try {
      for (;;) {
        const found = await this.#within(cursor.next());
        if (found === null) return;
        yield found;
      }
    } finally {
      cursor.close().then(undefined, () => undefined);
    }
  }

  /** Creates or replaces. */
  async put(id: string, document: object): Promise<void> {
    await this.#within(this.#collection.replaceOne({ _id: id }, document, { upsert: true }));
  }

  /** Creates or replaces several, in any order. When one is refused, others may not have been written either. */
  async putEach(wanted: readonly { readonly id: string; readonly document: object }[]): Promise<void> {
    const operations = wanted.map(({ id, document: replacement }) => ({
      replaceOne: { filter: { _id: id }, replacement, upsert: true },
    }));
    await this.#within(this.#collection.bulkWrite(operations, { ordered: false }));
  }

  /** Creates or replaces. @returns what was there before; null: nothing */
  exchange(id: string, document: object, projection: object): Promise<Found | null> {
    return this.#within(
      this.#collection.findOneAndReplace({ _id: id }, document, {
        upsert: true,
        returnDocument: 'before',
        projection,
      }),
    );
  }

  /** @returns whether a document has matched */
  async update(filter: Filter, update: object): Promise<boolean> {
    return (await this.#within(this.#collection.updateOne(filter, update))).matchedCount > 0;
  }

  async insert(documents: object[]): Promise<void> {
    await this.#within(this.#collection.insertMany(documents));
  }

  /** @returns how many were deleted: 0 or 1 */
  async deleteOne(filter: Filter): Promise<number> {
    return (await this.#within(this.#collection.deleteOne(filter))).deletedCount;
  }

  /** @returns how many were deleted */
  async delete(filter: Filter): Promise<number> {
    return (await this.#withinLong(this.#collection.deleteMany(filter))).deletedCount;
  }

  /** Deletes one document for each filter. @returns how many were deleted */
  async deleteEach(filters: readonly Filter[]): Promise<number> {
    const operations = filters.map((filter) => ({ deleteOne: { filter } }));
    return (await this.#withinLong(this.#collection.bulkWrite(operations, { ordered: false }))).deletedCount;
  }

  count(filter: Filter): Promise<number> {
    return this.#withinLong(this.#collection.countDocuments(filter));
  }

  aggregate(pipeline: object[]): Promise<Found[]> {
    return this.#withinLong(this.#collection.aggregate(pipeline).toArray());
  }

  createIndexes(indexes: readonly IndexWish[]): Promise<unknown> {
    return this.#withinLong(this.#collection.createIndexes([...indexes]));
  }

  #within<T>(answer: Promise<T>): Promise<T> {
    return withDeadline(answer, this.#limitMs, () => new CommandTimeout(this.#limitMs));
  }

  #withinLong<T>(answer: Promise<T>): Promise<T> {
    const limitMs = this.#limitMs * LONG_COMMAND_FACTOR;
    return withDeadline(answer, limitMs, () => new CommandTimeout(limitMs));
  }
}
