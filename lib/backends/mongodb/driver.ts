import { loadOptionalPackage } from '../../optional-package.js';
import type { MongoClientLike } from '../../storage/options/mongodb.js';
import { MONGODB_PACKAGE } from './options.js';

/** A condition on documents, in MongoDB's query language. */
export type Filter = Readonly<Record<string, unknown>>;
/** A document as it was read: anything, since anybody may have written it. */
export type Found = Readonly<Record<string, unknown>>;

/** How to find. */
export interface FindOptions {
  readonly projection?: Readonly<Record<string, 0 | 1>>;
  readonly sort?: Readonly<Record<string, 1 | -1>>;
  readonly limit?: number;
  readonly skip?: number;
}

/** An index that is to be there. */
export interface IndexWish {
  readonly key: Readonly<Record<string, 1>>;
  readonly name: string;
  readonly expireAfterSeconds?: number;
  readonly unique?: boolean;
}

/** What is used of the driver's cursors. */
export interface DriverCursor {
  toArray(): Promise<Found[]>;
  next(): Promise<Found | null>;
  close(): Promise<unknown>;
}

/** What is used of the driver's collections. */
export interface DriverCollection {
  find(filter: Filter, options?: FindOptions): DriverCursor;
  replaceOne(filter: Filter, document: object, options: { upsert: true }): Promise<unknown>;
  findOneAndReplace(
    filter: Filter,
    document: object,
    options: { upsert: true; returnDocument: 'before'; projection: object },
  ): Promise<Found | null>;
  updateOne(filter: Filter, update: object): Promise<{ matchedCount: number }>;
  insertMany(documents: object[]): Promise<unknown>;
  deleteOne(filter: Filter): Promise<{ deletedCount: number }>;
  deleteMany(filter: Filter): Promise<{ deletedCount: number }>;
  bulkWrite(operations: object[], options: { ordered: boolean }): Promise<{ deletedCount: number }>;
  countDocuments(filter: Filter): Promise<number>;
  aggregate(pipeline: object[]): DriverCursor;
  createIndexes(indexes: IndexWish[]): Promise<unknown>;
}

/** What is used of the driver's databases. */
export interface DriverDatabase {
  collection(name: string, options: object): DriverCollection;
  command(command: object): Promise<unknown>;
}

/** What is used of the package. */
export interface MongodbDriver {
  readonly MongoClient: new (url: string, options: object) => MongoClientLike;
}

/** @throws MissingPackageError (ERR_CACHE_MISSING_PACKAGE), PackageLoadError (ERR_CACHE_PACKAGE_LOAD) */
export function loadMongodb(backend: string): Promise<MongodbDriver> {
  return loadOptionalPackage<MongodbDriver>({ backend, ...MONGODB_PACKAGE, load: () => import('mongodb') });
}

/**
 * How documents are read and written, whatever the client's own options are: bytes as they are, numbers as numbers, text
 * that is no UTF-8 without an exception; and from the primary, which alone knows what was written last.
 */
export const COLLECTION_OPTIONS = Object.freeze({
  promoteBuffers: true,
  promoteLongs: true,
  promoteValues: true,
  useBigInt64: false,
  enableUtf8Validation: false,
  raw: false,
  readPreference: 'primary',
});

const DUPLICATE_KEY = 11_000;
/** Of an object, of an update's result, and of an update that moves a document. */
const TOO_LARGE: readonly unknown[] = [10_334, 17_419, 17_420];

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}

/** Whether the server has answered, and the answer was no. Else it is not known what became of a write. */
export function isRefusal(error: unknown): boolean {
  return typeof codeOf(error) === 'number';
}

/** Whether somebody else has created the same document at the same time. */
export function isDuplicate(error: unknown): boolean {
  return codeOf(error) === DUPLICATE_KEY;
}

/** Whether a document was refused for its size. Some servers have a lower limit than MongoDB, or codes of their own. */
export function isTooLarge(error: unknown): boolean {
  if (!isRefusal(error)) return false;
  return TOO_LARGE.includes(codeOf(error)) || (error instanceof Error && /too large/i.test(error.message));
}
