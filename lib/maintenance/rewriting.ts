import { type DecodedRecord, type StoredResponse, toRecord, toRecordMeta } from '../cache/stored-response.js';
import { type EpochMs } from '../clock.js';
import { InvalidOptionError } from '../errors.js';
import { type KeySettings } from '../key/request.js';
import { type ExpirationTime, expiryOf, parseExpirationTime } from '../policy/expiration.js';
import { type PolicySettings } from '../policy/messages.js';
import { retainUntil } from '../policy/retention.js';
import { type RecordAddress, type RecordMeta } from '../storage/backend.js';
import { decode, type RecordStore } from './record-store.js';
import { recreated } from './recreate-key.js';

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
    if (await store.use('replaceHead', (backend) => backend.replaceHead(head, meta.head))) changed += 1;
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

/** Copies the records of another store, as they are, but for those that cannot be read. @returns how many were copied */
export async function copyRecords(source: RecordStore, store: RecordStore): Promise<number> {
  let copied = 0;
  for await (const meta of source.scan()) {
    // Head and body together, since either may have been replaced since the scan saw it.
    const record = await source.read(meta);
    if (record !== undefined && (await store.use('put', (backend) => backend.put(record)))) copied += 1;
  }
  return copied;
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
  const wanted = recreated(stored, settings);
  const head = toRecordMeta(wanted, bodyDigest);
  if (wanted.key === stored.key && wanted.variant === stored.variant) {
    const isSame = wanted.resource === stored.resource && Buffer.compare(head.head, meta.head) === 0;
    return !isSame && store.use('replaceHead', (backend) => backend.replaceHead(head, meta.head));
  }
  return move(store, meta, settings);
}

/** Stores it at its new address before it is deleted at the old one: an end in between loses nothing. */
async function move(store: RecordStore, from: RecordAddress, settings: KeySettings): Promise<boolean> {
  const record = await store.read(from);
  const stored = record && decode(record).decoded?.stored;
  if (record === undefined || stored === undefined) return false;
  const wanted = recreated(stored, settings);
  const present = (await store.intact(wanted.key)).find((other) => other.stored.variant === wanted.variant);
  if (present === undefined || present.stored.responseReceivedAt <= stored.responseReceivedAt) {
    const moved = toRecord(wanted, record.body);
    if (!(await store.use('put', (backend) => backend.put(moved)))) return false;
  }
  await store.delete({ key: from.key, variant: from.variant });
  return true;
}
