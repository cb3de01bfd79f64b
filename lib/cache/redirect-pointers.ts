import { CorruptRecordError } from '../errors.js';
import { lengthPrefixed, sha256Hex } from '../key/hashing.js';
import type { NominatedValues } from '../policy/messages.js';
import type { RecordAddress, RecordMeta, StoredRecord } from '../storage/backend.js';
import { decodeHead, encodeHead } from '../storage/record-codec.js';
import { placeOf, storedRequest } from './new-stored-response.js';
import type { PreparedRequest } from './prepared-request.js';
import { isRecordAddress } from './stored-redirects.js';
import { isNominated, isStoredRequest, type StoredRequest, type StoredResponse } from './stored-response.js';

/*
 * What redirects led to is stored once, under the URL that was asked first. Records without a body point to it:
 *
 *   alias  under the key that a request for a later URL of the chain has, so that it is answered from there
 *   link   under a key of its own, with the resource of a later URL: deleting that URL finds the response by it
 *
 * An alias gives way to a response of its own, or to another chain that ends there; links never do. Either counts only for
 * as long as the response that it points to names it, so that nothing has to be kept in step.
 */

/**
 * In place of the time at which a response was stored: pointers are no responses, and backends can count and list them apart
 * by it (`createdBefore: 0`).
 */
const BEFORE_ALL_RESPONSES = -1;
const NO_BODY = new Uint8Array(0);
const LINK_FORMAT = 'axios-persistent-cache/link/1';

/** The range of all pointers. */
export const POINTERS = Object.freeze({ createdBefore: 0 });

/** How a request for a later URL of a chain finds the response. */
export interface Alias extends RecordAddress {
  readonly kind: 'alias';
  readonly target: RecordAddress;
  readonly hop: number;
  /** Canonical and redacted. */
  readonly url: string;
  /** Effective. */
  readonly method: string;
  /** Of the credentials that were sent to this URL. */
  readonly partition: string;
  readonly nominated: NominatedValues | undefined;
  readonly request: StoredRequest;
}

/** How the deletion of a later URL of a chain finds the response. */
export interface Link extends RecordAddress {
  readonly kind: 'link';
  readonly target: RecordAddress;
}

export type Pointer = Alias | Link;

/** Whether a record is not a response, but points to one. */
export function isPointer(meta: Pick<RecordMeta, 'createdAt'>): boolean {
  return meta.createdAt < 0;
}

/** The alias of a later request of a chain. @param stored what the chain led to */
export function aliasOf(asked: PreparedRequest, stored: StoredResponse, hop: number): Alias {
  const { identity } = asked;
  return {
    kind: 'alias',
    key: identity.key,
    ...placeOf(asked, stored.headers, stored.redirects?.history.slice(hop)),
    target: { key: stored.key, variant: stored.variant },
    hop,
    url: identity.url,
    method: identity.method,
    partition: identity.partition,
    request: storedRequest(asked),
  };
}

/** The link from a later URL of a chain. */
export function linkOf({ key, variant }: RecordAddress, resource: string): Link {
  return {
    kind: 'link',
    key: sha256Hex(LINK_FORMAT + lengthPrefixed(key) + lengthPrefixed(variant) + resource),
    variant: '',
    target: { key, variant },
  };
}

/** A pointer's record. It expires, and is kept, just as what it points to. */
export function pointerRecord(
  pointer: Pointer,
  resource: string,
  { expiresAt, retainUntil }: Pick<RecordMeta, 'expiresAt' | 'retainUntil'>,
): StoredRecord {
  return {
    key: pointer.key,
    variant: pointer.variant,
    resource,
    head: encodeHead(pointer, NO_BODY),
    body: NO_BODY,
    bodyBytes: 0,
    createdAt: BEFORE_ALL_RESPONSES,
    expiresAt,
    retainUntil,
  };
}

/** Reads a pointer; undefined when it is none, or unusable, which is as good as none. */
export function readPointer(meta: RecordMeta): Pointer | undefined {
  if (!isPointer(meta)) return undefined;
  try {
    const { head } = decodeHead(meta.head);
    const isOurs = head['key'] === meta.key && head['variant'] === meta.variant;
    return isOurs && (isLink(head) || isAlias(head)) ? head : undefined;
  } catch (error) {
    if (error instanceof CorruptRecordError) return undefined;
    throw error;
  }
}

/** Reads an alias; undefined when it is none. */
export function readAlias(meta: RecordMeta): Alias | undefined {
  const pointer = readPointer(meta);
  return pointer?.kind === 'alias' ? pointer : undefined;
}

function isLink(value: unknown): value is Link {
  const { kind, target } = value as Partial<Record<keyof Link, unknown>>;
  return kind === 'link' && isRecordAddress(target);
}

function isAlias(value: unknown): value is Alias {
  const alias = value as Partial<Record<keyof Alias, unknown>>;
  return (
    alias.kind === 'alias' &&
    isRecordAddress(alias.target) &&
    Number.isInteger(alias.hop) &&
    [alias.url, alias.method, alias.partition].every((text) => typeof text === 'string') &&
    (alias.nominated === undefined || isNominated(alias.nominated)) &&
    isStoredRequest(alias.request)
  );
}

/** Whether two addresses are one. */
export function isSameAddress(one: RecordAddress, other: RecordAddress): boolean {
  return one.key === other.key && one.variant === other.variant;
}

/** Whether a response still is what an alias stands for: it names it as one of its own. */
export function isNamedBy(stored: StoredResponse, alias: Alias): boolean {
  return (
    isSameAddress(stored, alias.target) &&
    (stored.redirects?.hops ?? []).some(
      ({ hop, alias: own }) => own !== undefined && hop === alias.hop && isSameAddress(own, alias),
    )
  );
}

/** A response as a request for a later URL of its chain would have brought it. */
export function seenThrough(alias: Alias, resource: string, target: StoredResponse): StoredResponse {
  const { key, variant, url, method, partition, nominated, request, hop } = alias;
  const history = Object.freeze((target.redirects?.history ?? []).slice(hop));
  const hops = (target.redirects?.hops ?? [])
    .filter((later) => later.hop > hop)
    .map((later) => ({ hop: later.hop - hop, resource: later.resource }));
  return {
    ...target,
    ...{ key, variant, resource, url, method, partition, nominated, request },
    finalUrl: history.length === 0 ? undefined : target.finalUrl,
    redirects: history.length === 0 ? undefined : { history, hops },
  };
}

const REDIRECTS_MEMBER = Buffer.from('"redirects":{');

/** Whether a record has to do with redirects: a pointer, or a response that may have pointers. Reads no JSON. */
export function concernsRedirects(meta: RecordMeta): boolean {
  return (
    isPointer(meta) ||
    Buffer.from(meta.head.buffer, meta.head.byteOffset, meta.head.byteLength).includes(REDIRECTS_MEMBER)
  );
}
