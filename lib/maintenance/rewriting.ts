import { type DecodedRecord, type StoredResponse, toRecord, toRecordMeta } from '../cache/stored-response.js';
import type { EpochMs } from '../clock.js';
import { InvalidOptionError } from '../errors.js';
import type { KeySettings } from '../key/request.js';
import { type ExpirationTime, expiryOf, parseExpirationTime } from '../policy/expiration.js';
import type { PolicySettings } from '../policy/messages.js';
import { retainUntil } from '../policy/retention.js';
import type { RecordAddress, RecordMeta } from '../storage/backend.js';
import { isPointer, isSameAddress, pointerRecord, readAlias } from '../cache/redirect-pointers.js';
import { dropPointers, renewPointers } from '../cache/redirect-records.js';
import { decode, type RecordStore } from './record-store.js';
import { recreated, redactedContent, redactedRequest } from './recreate-key.js';
import { movePointers, type Recreated, recreatedRedirects } from './recreate-redirects.js';

const NO_BODY = new Uint8Array(0);

/**
 * Gives every stored response a new expiry, counted from now.
 * @param settings say how long what expired so far never is kept once it is stale
 * @returns how many were changed
 */
export async function resetExpiration(
  store: RecordStore,
  expireAfter: ExpirationTime,
  settings: PolicySettings,
): Promise<number> {
  const now = store.clock.now();
  const lifetime = parseExpirationTime(expireAfter, 'expireAfter', now);
  if (lifetime.kind === 'do-not-cache') {
    throw new InvalidOptionError(
      'expireAfter',
      expireAfter,
      'a lifetime; to delete responses use delete() or clear()',
    );
  }
  const expiresAt = expiryOf(lifetime, now);
  let changed = 0;
  for await (const meta of store.scan()) {
    const { decoded } = decode(meta);
    if (decoded === undefined) continue;
    const { stored, bodyDigest } = decoded;
    const retained = newRetention(stored, expiresAt, now, settings);
    const renewed: StoredResponse = {
      ...stored,
      expiresAt,
      retainUntil: retained,
      lifetimeSource: 'manual',
    };
    const head = toRecordMeta(renewed, bodyDigest);
    if (!(await store.use('replaceHead', (backend) => backend.replaceHead(head, meta.head)))) continue;
    await renewPointers(store.access, renewed);
    changed += 1;
  }
  return changed;
}

/** The time for which a response stays of use once it is stale is kept; where it has had none, the settings give it. */
function newRetention(
  stored: StoredResponse,
  expiresAt: EpochMs | undefined,
  now: EpochMs,
  settings: PolicySettings,
): EpochMs | undefined {
  if (expiresAt === undefined) return undefined;
  const { expiresAt: before, retainUntil: until } = stored;
  if (before !== undefined) return until === undefined ? undefined : expiresAt + (until - before);
  const { method, url, request, status, headers } = stored;
  return retainUntil({
    request: { method, url, headers: request.headers },
    response: { status, headers },
    settings,
    responseReceivedAt: now,
    expiresAt,
  });
}

/** Is told how far something has come: how many records have been looked at, and how many there were when it began. */
export type ProgressListener = (done: number, total: number) => void;

/**
 * Copies the records of another store, but for those that cannot be read: keys and bodies as they are, and what the settings
 * of the key ignore redacted, since the other store's may have been others. It is never written in clear: what is redacted
 * later may be left in the log of a database.
 * @param settings undefined: nothing is redacted that is not yet, so that both stores have the same
 * @returns how many were copied
 */
export async function copyRecords(
  source: RecordStore,
  store: RecordStore,
  settings: KeySettings | undefined,
  onProgress: ProgressListener = () => undefined,
): Promise<number> {
  const total = await source.count();
  let copied = 0;
  let done = 0;
  onProgress(done, total);
  for await (const meta of source.scan()) {
    // Head and body together, since either may have been replaced since the scan saw it.
    const record = await source.read(meta);
    const stored = record && decode(record).decoded?.stored;
    if (record !== undefined && stored !== undefined) {
      const wanted = settings === undefined ? stored : redactedContent(stored, settings);
      if (await store.use('put', (backend) => backend.put(toRecord(wanted, record.body)))) copied += 1;
    }
    done += 1;
    // Others may have stored more meanwhile.
    onProgress(done, Math.max(done, total));
  }
  // Last, since a pointer to what is not there yet counts for nothing.
  for await (const meta of source.pointers()) await copyPointer(source, store, meta, settings);
  return copied;
}

/** What a URL has of its own stays. */
async function copyPointer(
  source: RecordStore,
  store: RecordStore,
  { key, variant }: RecordAddress,
  settings: KeySettings | undefined,
): Promise<void> {
  const isIt = (record: RecordMeta): boolean => record.variant === variant;
  const pointer = (await source.use('get', (backend) => backend.get(key))).find(isIt);
  const present = (await store.use('get', (backend) => backend.get(key))).find(isIt);
  if (pointer === undefined || !isPointer(pointer) || (present !== undefined && !isPointer(present))) return;
  const alias = readAlias(pointer);
  const copy =
    alias === undefined || settings === undefined
      ? { ...pointer, body: pointer.body ?? NO_BODY }
      : pointerRecord(redactedRequest(alias, settings), pointer.resource, pointer);
  await store.use('put', (backend) => backend.put(copy));
}

/**
 * Brings every stored response to where the settings of the key want it. Of two that come to lie at one address the more
 * recent stays.
 * @returns how many were changed
 */
export async function recreateKeys(store: RecordStore, settings: KeySettings): Promise<number> {
  let changed = 0;
  for await (const meta of store.scan()) {
    const { decoded } = decode(meta);
    if (decoded !== undefined && (await recreateOne(store, meta, decoded, settings))) changed += 1;
  }
  return changed;
}

async function recreateOne(
  store: RecordStore,
  meta: RecordMeta,
  { stored, bodyDigest }: DecodedRecord,
  settings: KeySettings,
): Promise<boolean> {
  const recreation = await recreationOf(store, stored, settings);
  const { wanted } = recreation;
  if (!isSameAddress(wanted, stored)) return move(store, meta, settings);
  const head = toRecordMeta(wanted, bodyDigest);
  if (wanted.resource === stored.resource && Buffer.compare(head.head, meta.head) === 0) return false;
  if (!(await store.use('replaceHead', (backend) => backend.replaceHead(head, meta.head)))) return false;
  if (stored.redirects !== undefined) await movePointers(store.access, stored, recreation);
  return true;
}

function recreationOf(store: RecordStore, stored: StoredResponse, settings: KeySettings): Promise<Recreated> {
  return recreatedRedirects(store.access, stored, recreated(stored, settings), settings);
}

/** Stores it at its new address before it is deleted at the old one: an end in between loses nothing. */
async function move(store: RecordStore, from: RecordAddress, settings: KeySettings): Promise<boolean> {
  const record = await store.read(from);
  const stored = record && decode(record).decoded?.stored;
  if (record === undefined || stored === undefined) return false;
  const recreation = await recreationOf(store, stored, settings);
  const { wanted } = recreation;
  const present = (await store.intact(wanted.key)).find((other) => other.stored.variant === wanted.variant);
  const isWanted = present === undefined || present.stored.responseReceivedAt <= stored.responseReceivedAt;
  if (isWanted) {
    const moved = toRecord(wanted, record.body);
    if (!(await store.use('put', (backend) => backend.put(moved)))) return false;
  }
  await store.delete({ key: from.key, variant: from.variant });
  if (stored.redirects === undefined) return true;
  await (isWanted ? movePointers(store.access, stored, recreation) : dropPointers(store.access, stored));
  return true;
}
