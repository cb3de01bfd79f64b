import type { FoundRecord, MaybePromise, RecordMeta, StoredRecord } from '../storage/backend.js';
import type { Failed } from '../storage/guarded-backend.js';
import type { PreparedRequest } from './prepared-request.js';
import type { LaterHop } from './redirect-hops.js';
import {
  type Alias,
  aliasOf,
  concernsRedirects,
  isNamedBy,
  isPointer,
  isSameAddress,
  linkOf,
  pointerRecord,
  readAlias,
  readPointer,
} from './redirect-pointers.js';
import { isVariantFor } from './select-response.js';
import type { StoredHop } from './stored-redirects.js';
import { fromRecordMeta, type StoredResponse } from './stored-response.js';

/** The calls of storage that pointers need. Guarded, a call that failed is as good as one that found nothing. */
export interface RecordAccess {
  get(key: string): MaybePromise<readonly FoundRecord[] | Failed>;
  put(record: StoredRecord): MaybePromise<boolean | Failed>;
  replaceHead(meta: RecordMeta, expectedHead?: Uint8Array): MaybePromise<boolean | Failed>;
  delete(key: string, variant?: string): MaybePromise<number | Failed>;
}

/**
 * Stores the pointers to a response that has been stored. A response of its own that a later URL has keeps its place while it
 * is fresh, or where it came after the chain was asked for.
 * @param announce is told of an alias before it is stored
 */
export async function storePointers(
  storage: RecordAccess,
  stored: StoredResponse,
  hops: readonly LaterHop[],
  announce: (key: string, variant: string) => void,
): Promise<void> {
  for (const { hop, resource, prepared } of hops) {
    await storage.put(pointerRecord(linkOf(stored, resource), resource, stored));
    if (prepared === undefined) continue;
    const alias = aliasOf(prepared, stored, hop);
    const pending = storage.get(alias.key);
    // The last look before the write: nothing may come in between.
    const found = (pending instanceof Promise ? await pending : pending) ?? [];
    const others = found.map(readResponse).filter((other) => other !== undefined);
    if (others.some((other) => isCurrent(other, stored) && answers(other, alias, prepared))) continue;
    announce(alias.key, alias.variant);
    await storage.put(pointerRecord(alias, resource, stored));
    const replaced = others.find(({ variant }) => variant === alias.variant);
    if (replaced !== undefined) await dropPointers(storage, replaced);
  }
}

/** Whether a response of its own answers what an alias would. */
function answers(own: StoredResponse, alias: Alias, prepared: PreparedRequest): boolean {
  return own.partition === alias.partition && isVariantFor(prepared, own);
}

/** Whether a response of its own is fresh, or newer than what a chain brought. */
function isCurrent(own: StoredResponse, brought: StoredResponse): boolean {
  const { expiresAt, responseReceivedAt } = own;
  return (
    expiresAt === undefined ||
    expiresAt > brought.responseReceivedAt ||
    responseReceivedAt > brought.requestSentAt
  );
}

/** A response as its record tells; undefined for a pointer, and for what cannot be read. */
export function readResponse(record: RecordMeta): StoredResponse | undefined {
  if (isPointer(record)) return undefined;
  try {
    return fromRecordMeta(record).stored;
  } catch {
    // What is damaged has no claim to its place.
    return undefined;
  }
}

/** Deletes the pointers to a response that is gone. @param kept another chain that has taken its place: what it has stays */
export async function dropPointers(
  storage: RecordAccess,
  gone: StoredResponse,
  kept?: StoredResponse,
): Promise<void> {
  const keptHops = kept !== undefined && isSameAddress(kept, gone) ? (kept.redirects?.hops ?? []) : [];
  for (const hop of gone.redirects?.hops ?? []) {
    if (!keptHops.some(({ resource }) => resource === hop.resource)) {
      await storage.delete(linkOf(gone, hop.resource).key);
    }
    if (keptHops.some(({ alias }) => alias && hop.alias && isSameAddress(alias, hop.alias))) continue;
    const found = await findAlias(storage, gone, hop);
    if (found !== undefined) await storage.delete(found.meta.key, found.meta.variant);
  }
}

/** Gives the pointers to a response the times that it has now. */
export async function renewPointers(storage: RecordAccess, stored: StoredResponse): Promise<void> {
  for (const hop of stored.redirects?.hops ?? []) {
    const { resource } = hop;
    await storage.put(pointerRecord(linkOf(stored, resource), resource, stored));
    const found = await findAlias(storage, stored, hop);
    if (found === undefined) continue;
    await storage.replaceHead(pointerRecord(found.alias, resource, stored), found.meta.head);
  }
}

/** The alias that a response has at one of its URLs, where nothing else has taken its place. */
export async function findAlias(
  storage: Pick<RecordAccess, 'get'>,
  stored: StoredResponse,
  { alias: address }: StoredHop,
): Promise<{ readonly alias: Alias; readonly meta: FoundRecord } | undefined> {
  if (address === undefined) return undefined;
  const meta = ((await storage.get(address.key)) ?? []).find(({ variant }) => variant === address.variant);
  const alias = meta && readAlias(meta);
  return meta !== undefined && alias !== undefined && isSameAddress(alias.target, stored)
    ? { alias, meta }
    : undefined;
}

/** The response that a pointer points to, if that still names it. */
export async function findTarget(
  storage: Pick<RecordAccess, 'get'>,
  meta: RecordMeta,
): Promise<{ readonly stored: StoredResponse; readonly record: FoundRecord } | undefined> {
  const pointer = readPointer(meta);
  if (pointer === undefined) return undefined;
  const { key, variant } = pointer.target;
  const record = ((await storage.get(key)) ?? []).find((one) => one.variant === variant);
  const stored = record && readResponse(record);
  if (record === undefined || stored === undefined) return undefined;
  const isNamed =
    pointer.kind === 'alias'
      ? isNamedBy(stored, pointer)
      : (stored.redirects?.hops ?? []).some(({ resource }) => resource === meta.resource);
  return isNamed ? { stored, record } : undefined;
}

/**
 * Deletes a record with all that belongs to it: a response with its pointers; a pointer with the response that it points to,
 * and that one's other pointers.
 * @returns how many responses went
 */
export async function deleteWhole(storage: RecordAccess, meta: RecordMeta): Promise<number> {
  if (!isPointer(meta)) {
    const deleted = (await storage.delete(meta.key, meta.variant)) ?? 0;
    const stored = concernsRedirects(meta) ? readResponse(meta) : undefined;
    if (stored !== undefined) await dropPointers(storage, stored);
    return deleted;
  }
  const target = await findTarget(storage, meta);
  await storage.delete(meta.key, meta.variant);
  return target === undefined ? 0 : deleteWhole(storage, target.record);
}
