import { sha256Hex } from './hashing.js';

/**
 * Tells apart what lies under one cache key: the variants of a response by the values that its `Vary` nominates
 * (RFC 9111 section 4.1), and under a key of the user's own making also the users.
 * @param nominated by field name; undefined where the response had no `Vary`
 * @param partition of the user, where the key itself does not contain it; else `''`
 * @returns `''` where there is nothing to tell apart, else 64 hex digits
 */
export function variantKey(
  nominated: Readonly<Record<string, string | null>> | undefined,
  partition: string,
): string {
  if (nominated === undefined && partition === '') return '';
  let text = bytesPrefixed(partition);
  for (const name of Object.keys(nominated ?? {}).sort()) {
    const value = nominated?.[name];
    // A field that was absent differs from one that was empty.
    const presence = value === null || value === undefined ? 'absent;' : 'present;';
    text += bytesPrefixed(name) + presence + bytesPrefixed(value ?? '');
  }
  if (latest?.text !== text) latest = { text, hash: sha256Hex(text) };
  return latest.hash;
}

/** One after the other, most responses vary by the same values. What is a credential is hashed already in that text. */
let latest: { readonly text: string; readonly hash: string } | undefined;

/** Parts are prefixed by their length, so that no two different lists of parts give the same text. */
function bytesPrefixed(part: string): string {
  return `${Buffer.byteLength(part)}:${part}`;
}
