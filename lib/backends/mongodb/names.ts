import { createHash } from 'node:crypto';
import { Buffer } from 'node:buffer';
import { InvalidOptionError } from '../../errors.js';
import type { OptionCheck } from '../../options.js';

/** What every server and every service takes for a database, and what cannot be mistaken for one in other letters. */
const PLAIN_NAME = /^[a-z_-][a-z0-9_-]{0,37}$/;
/** As names are made here that had to be changed; one that looks so by itself is changed, too. */
const MADE_NAME = /-[0-9a-f]{16}$/;
const RESERVED = ['admin', 'local', 'config'];
const KEPT_CHARACTERS = 21;
const HASH_DIGITS = 16;

/** The name that a cache name gives a database or a collection. Different ones give different ones. */
export function nameOf(cacheName: string): string {
  if (PLAIN_NAME.test(cacheName) && !MADE_NAME.test(cacheName) && !RESERVED.includes(cacheName)) {
    return cacheName;
  }
  const kept = cacheName
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '_')
    .replace(/^(?=\d)/, '_')
    .slice(0, KEPT_CHARACTERS);
  const hash = createHash('sha256').update(cacheName, 'utf16le').digest('hex').slice(0, HASH_DIGITS);
  return `${kept}-${hash}`;
}

const LONGEST_DATABASE_BYTES = 63;
const LONGEST_COLLECTION_BYTES = 150;

/** A name that MongoDB takes for a database. */
export const expectDatabaseName: OptionCheck = (value, option) => {
  const isName =
    isWellFormed(value) &&
    !/[/\\. "$*<>:|?\0]/.test(value) &&
    Buffer.byteLength(value) <= LONGEST_DATABASE_BYTES;
  if (isName) return;
  throw new InvalidOptionError(option, value, 'a name of 1 to 63 bytes without any of /\\. "$*<>:|?');
};

/** A name that MongoDB takes for a collection, with an ending added. */
export const expectCollectionName: OptionCheck = (value, option) => {
  const isName =
    isWellFormed(value) &&
    !/[$\0]|^\.|\.$|\.\.|^system\./.test(value) &&
    Buffer.byteLength(value) <= LONGEST_COLLECTION_BYTES;
  if (isName) return;
  throw new InvalidOptionError(
    option,
    value,
    'a name of 1 to 150 bytes without $, that does not begin with "system." and has no part between dots that is empty',
  );
};

function isWellFormed(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && !/\p{Surrogate}/u.test(value);
}
