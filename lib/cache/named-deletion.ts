import { tagName } from '../key/tag-name.js';
import type { Backend, RecordMeta } from '../storage/backend.js';
import { hasTag, isOfUrls, type NamedResponses } from './named-responses.js';
import { concernsRedirects } from './redirect-pointers.js';
import { deleteWhole, readResponse, type RecordAccess } from './redirect-records.js';
import type { StoredResponse } from './stored-response.js';

/** Is told of each key under which something is deleted, before it is. */
type KeyListener = (key: string) => void;

/**
 * Deletes responses by tags and by patterns of URLs, with all that belongs to them: see `deleteWhole`. Where the backend cannot
 * find tags, they are found together with the patterns.
 * @returns how many responses went
 */
export async function deleteNamed(
  backend: Backend,
  { tags, matches }: Pick<NamedResponses, 'tags' | 'matches'>,
  onKey: KeyListener,
): Promise<number> {
  const isIndexed = typeof backend.deleteTag === 'function';
  let deleted = 0;
  if (isIndexed) for (const tag of tags) deleted += await deleteTagged(backend, tag);
  const sought = isIndexed ? [] : tags;
  if (sought.length === 0 && matches === undefined) return deleted;
  const isMeant = (stored: StoredResponse): boolean =>
    hasTag(stored, sought) || isOfUrls(stored, { resources: [], matches });
  return deleted + (await deleteWhere(backend.scan(), backend, isMeant, onKey));
}

async function deleteTagged(backend: Backend, tag: string): Promise<number> {
  const name = tagName(tag);
  // What redirects led to goes with its pointers, which have no tags.
  const linked: RecordMeta[] = [];
  for await (const meta of backend.scan({ tag: name })) if (concernsRedirects(meta)) linked.push(meta);
  let deleted = 0;
  for (const meta of linked) {
    const stored = readResponse(meta);
    if (stored !== undefined && hasTag(stored, [tag])) deleted += await deleteWhole(backend, meta);
  }
  return deleted + ((await backend.deleteTag?.(name)) ?? 0);
}

/**
 * Deletes responses of which their heads tell that they are meant. What cannot be read stays.
 * @returns how many went
 */
export async function deleteWhere(
  records: AsyncIterable<RecordMeta>,
  storage: RecordAccess,
  isMeant: (stored: StoredResponse) => boolean | Promise<boolean>,
  onKey: KeyListener,
): Promise<number> {
  let deleted = 0;
  for await (const meta of records) {
    const stored = readResponse(meta);
    if (stored === undefined || !(await isMeant(stored))) continue;
    onKey(meta.key);
    deleted += await deleteWhole(storage, meta);
  }
  return deleted;
}
