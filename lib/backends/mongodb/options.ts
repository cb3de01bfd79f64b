import { InvalidOptionError } from '../../errors.js';
import {
  expectBoolean,
  expectLimit,
  expectNonNegativeInteger,
  expectObject,
  expectPositiveInteger,
  type OptionCheck,
  optionPath,
  type OptionSchema,
  validateOptions,
} from '../../options.js';
import type { BackendTraits } from '../../storage/backend.js';
import { NATIVE_FORM, requireNativeForm } from '../../storage/native-form.js';
import type { GridfsOptions, MongodbOptions, MongoOptions } from '../../storage/options/mongodb.js';
import { expectCollectionName, expectDatabaseName, nameOf } from './names.js';

/** The package, and the versions that work. */
export const MONGODB_PACKAGE = { packageName: 'mongodb', range: '^6.0.0 || ^7.0.0' };

export const DEFAULT_URL = 'mongodb://127.0.0.1:27017';
export const DEFAULT_OPERATION_TIMEOUT_MS = 5000;
export const DEFAULT_INLINE_BYTES = 16 * 1024;
export const DEFAULT_CHUNK_BYTES = 255 * 1024;
export const DEFAULT_ORPHAN_AGE_MS = 3_600_000;
const DEFAULT_COLLECTION = 'responses';
/** A document with such a body and its head is far from the limit. */
const MOST_BYTES_IN_A_DOCUMENT = 8 * 1024 * 1024;

const expectUrl: OptionCheck = (value, option) => {
  if (typeof value === 'string' && /^mongodb(\+srv)?:\/\/[^/?]/.test(value)) return;
  // It may hold a password.
  const given = typeof value === 'string' ? value.replace(/\/\/.*@/, '//***@') : value;
  throw new InvalidOptionError(
    option,
    given,
    'a URL that begins with mongodb:// or mongodb+srv:// and a host',
  );
};

const expectClient: OptionCheck = (value, option) => {
  const isClient =
    typeof value === 'object' &&
    value !== null &&
    'db' in value &&
    typeof value.db === 'function' &&
    'close' in value &&
    typeof value.close === 'function';
  if (isClient || typeof value === 'function') return;
  throw new InvalidOptionError(option, value, 'a MongoClient, or a function that makes one');
};

function expectUpTo(least: number, most: number): OptionCheck {
  return (value, option) => {
    if (Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most) return;
    throw new InvalidOptionError(option, value, `a whole number from ${least} to ${most}`);
  };
}

const COMMON: OptionSchema = {
  url: expectUrl,
  database: expectDatabaseName,
  client: expectClient,
  clientOptions: expectObject,
  ttl: expectBoolean,
  operationTimeout: expectPositiveInteger,
  maxEntryBytes: expectLimit,
};
const MONGODB: OptionSchema = { ...COMMON, ...NATIVE_FORM, collection: expectCollectionName };
const GRIDFS: OptionSchema = {
  ...COMMON,
  bucket: expectCollectionName,
  inlineBytes: expectUpTo(0, MOST_BYTES_IN_A_DOCUMENT),
  chunkBytes: expectUpTo(1, MOST_BYTES_IN_A_DOCUMENT),
  orphanAge: expectNonNegativeInteger,
};

/** Checks options of the backend `mongodb`. @throws InvalidOptionError: ERR_CACHE_INVALID_OPTION */
export function validateMongodbOptions(options: unknown, path: string): asserts options is MongodbOptions {
  validateOptions(options, MONGODB, path);
  requireOneSource(options as MongoOptions, path);
  requireNativeForm(options as MongodbOptions, path);
}

/** Checks options of the backend `gridfs`. @throws InvalidOptionError: ERR_CACHE_INVALID_OPTION */
export function validateGridfsOptions(options: unknown, path: string): asserts options is GridfsOptions {
  validateOptions(options, GRIDFS, path);
  requireOneSource(options as MongoOptions, path);
}

/** A client has its address and its options already. */
function requireOneSource(options: MongoOptions, path: string): void {
  if (options.client === undefined) return;
  for (const name of ['url', 'clientOptions'] as const) {
    if (options[name] === undefined) continue;
    throw new InvalidOptionError(optionPath(path, name), options[name], 'nothing where `client` is given');
  }
}

/** Which collection, or whose bucket, of which database: as the options say, or else by the cache name. */
export function placeOf(
  cacheName: string,
  { database }: MongoOptions,
  collection: string | undefined,
): { readonly database: string; readonly collection: string } {
  const named = nameOf(cacheName);
  return {
    database: database ?? named,
    collection: collection ?? (database === undefined ? DEFAULT_COLLECTION : named),
  };
}

/** The server keeps records for everybody. */
export const MONGO_TRAITS: BackendTraits = Object.freeze({ persistent: true, shared: true });
