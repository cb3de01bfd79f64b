import { sha256Hex } from './hashing.js';

/** Keeps these hashes apart from those of resources and keys. */
const TAG_DOMAIN = 'axios-persistent-cache/tag/1:';

/**
 * What storage knows a tag by: a hash of fixed length, so that any text will do, and so that a store which is encrypted does not
 * show tags in its index. 64 lower-case hex digits.
 */
export function tagName(tag: string): string {
  return sha256Hex(TAG_DOMAIN + tag);
}
