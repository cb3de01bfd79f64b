import { type DecodedRecord, type StoredResponse, toRecord, toRecordMeta } from '../cache/stored-response.js';
import { InvalidOptionError } from '../errors.js';
import { type KeySettings } from '../key/request.js';
import { type ExpirationTime, expiryOf, parseExpirationTime } from '../policy/expiration.js';
import { type Backend } from '../storage/backend.js';
import { verifyBody } from '../storage/record-codec.js';
import { decode, type RecordStore } from './record-store.js';
import { recreatedAddress } from './recreate-key.js';

/** Gives every stored response a new expiry, counted from now. @returns how many were changed */
export async function resetExpiration(store: RecordStore, expireAfter: ExpirationTime): Promise<number> {
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
    const renewed = toRecordMeta(withExpiry(decoded.stored, expiresAt), decoded.bodyDigest);
    if (await store.use('replaceHead', (backend) => backend.replaceHead(renewed))) changed += 1;
  }
  return changed;
}

/** Keeps the time for which the response stays of use once it is stale. */
function withExpiry(stored: StoredResponse, expiresAt: number | undefined): StoredResponse {
  const { retainUntil, expiresAt: before } = stored;
  const grace = retainUntil === undefined || before === undefined ? undefined : retainUntil - before;
  const retained = expiresAt === undefined || grace === undefined ? undefined : expiresAt + grace;
  return { ...stored, expiresAt, retainUntil: retained, lifetimeSource: 'manual' };
}

/** Copies all records of another store, as they are. @returns how many were copied */
export async function copyRecords(source: Backend, store: RecordStore): Promise<number> {
  let copied = 0;
  for await (const meta of source.scan()) {
    const body = await source.body(meta);
    if (body === undefined) continue;
    if (await store.use('put', (backend) => backend.put({ ...meta, body }))) copied += 1;
  }
  return copied;
}

/** Moves every stored response to the key that the settings give it. @returns how many got another key */
export async function recreateKeys(store: RecordStore, settings: KeySettings): Promise<number> {
  let changed = 0;
  for await (const meta of store.scan()) {
    const { decoded } = decode(meta);
    if (decoded !== undefined && (await move(store, decoded, settings))) changed += 1;
  }
  return changed;
}

async function move(
  store: RecordStore,
  { stored, bodyDigest }: DecodedRecord,
  settings: KeySettings,
): Promise<boolean> {
  const address = recreatedAddress(stored, settings);
  if (address.key === stored.key && address.resource === stored.resource) return false;
  const body = await store.use('body', (backend) => backend.body(stored));
  if (body === undefined || !verifyBody(bodyDigest, body)) return false;
  const moved = toRecord({ ...stored, ...address }, body);
  const isStored = await store.use('put', (backend) => backend.put(moved));
  if (isStored && address.key !== stored.key) await store.delete(stored);
  return isStored;
}
