import { createHash } from 'node:crypto';

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
  const hash = createHash('sha256');
  addPart(hash, partition);
  for (const name of Object.keys(nominated ?? {}).sort()) {
    addPart(hash, name);
    const value = nominated?.[name];
    // A field that was absent differs from one that was empty.
    hash.update(value === null || value === undefined ? 'absent;' : 'present;');
    addPart(hash, value ?? '');
  }
  return hash.digest('hex');
}

/** Parts are prefixed by their length, so that no two lists of parts give the same input. */
function addPart(hash: ReturnType<typeof createHash>, part: string): void {
  hash.update(`${Buffer.byteLength(part)}:`);
  hash.update(part);
}
