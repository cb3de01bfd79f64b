import { findTarget } from '../cache/redirect-records.js';
import { isPointer } from '../cache/redirect-pointers.js';
import type { StoredResponse } from '../cache/stored-response.js';
import { resourceOf } from '../key/cache-key.js';
import { decode } from '../maintenance/record-store.js';
import type { RecordMeta } from '../storage/backend.js';
import type { OpenedStore } from './open-store.js';
import { isPattern, type Selection, urlMatcher } from './selection.js';
import type { Stop } from './stop.js';

/** A stored response with its record. */
export interface Found {
  readonly meta: RecordMeta;
  readonly stored: StoredResponse;
}

/** Who is told what a walk comes by. */
export interface WalkListeners {
  /** Of each response that has been looked at, whether it is meant or not. */
  readonly onLook?: (() => void) | undefined;
  /** Of records that cannot be read. */
  readonly onUnreadable?: ((meta: RecordMeta) => void) | undefined;
}

/** Responses that are meant, one after the other as storage gives them. */
export async function* selected(
  { records }: OpenedStore,
  selection: Selection,
  stop: Stop,
  { onLook, onUnreadable }: WalkListeners = {},
): AsyncGenerator<Found, void, undefined> {
  for await (const meta of records.scan(selection.range)) {
    stop.check();
    onLook?.();
    const { decoded } = decode(meta);
    if (decoded === undefined) onUnreadable?.(meta);
    else if (selection.includes(decoded.stored)) yield { meta, stored: decoded.stored };
  }
}

/** Shorter beginnings of keys would name anything. */
const SHORTEST_PREFIX = 4;

/**
 * What a key, the beginning of one, a URL or a pattern names. Of a URL, all methods, variants and users; redirects are
 * followed.
 */
export async function* named(
  store: OpenedStore,
  target: string,
  stop: Stop,
  { onLook }: WalkListeners = {},
): AsyncGenerator<Found, void, undefined> {
  if (!isPattern(target)) {
    const exact = await exactly(store, target);
    yield* exact;
    if (exact.length > 0) return;
  }
  const now = store.records.clock.now();
  const isUrl = isPattern(target) || target.includes('/');
  const matches = isUrl ? urlMatcher(target, now) : undefined;
  const isPrefix = target.length >= SHORTEST_PREFIX;
  for await (const meta of store.records.scan()) {
    stop.check();
    onLook?.();
    if (matches === undefined && !(isPrefix && meta.key.startsWith(target))) continue;
    const { decoded } = decode(meta);
    if (decoded === undefined) continue;
    if (matches === undefined || matches(decoded.stored.url)) yield { meta, stored: decoded.stored };
  }
}

/** By the index: under a key, or for a URL. */
async function exactly({ records }: OpenedStore, target: string): Promise<readonly Found[]> {
  const under = await records.use('get', (backend) => backend.get(target));
  const found: RecordMeta[] = [...under];
  if (URL.canParse(target) && /^https?:/i.test(target)) {
    const resource = resourceOf(target, DEFAULT_KEY_SETTINGS);
    for await (const meta of records.scan({ resource })) found.push(meta);
    for await (const meta of records.pointers({ resource })) found.push(meta);
  }
  const responses = new Map<string, Found>();
  for (const meta of found) {
    const target = isPointer(meta) ? (await findTarget(records.access, meta))?.record : meta;
    const stored = target && decode(target).decoded?.stored;
    if (target === undefined || stored === undefined) continue;
    responses.set(JSON.stringify([target.key, target.variant]), { meta: target, stored });
  }
  return [...responses.values()];
}

/** What names are ignored is not stored: a URL with such in it is found by looking through all. */
export const DEFAULT_KEY_SETTINGS = Object.freeze({
  ignoredParameters: undefined,
  matchHeaders: false,
  contentRootKey: undefined,
  keyFn: undefined,
});
