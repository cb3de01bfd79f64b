import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { RecordAddress } from '../../storage/backend.js';
import { crc32 } from '../../storage/crc32.js';

/**
 * Over so many partitions the records of a namespace are spread. Part of the format: who reads with another number finds
 * nothing.
 */
const PARTITIONS = 16;
const HASHED = '~';
const PLAIN = /^[\w.:/@ -]{0,128}$/;
const RECORD = 'r#';
const BODY = 'b#';

/** The primary key of an item. */
export interface ItemKey {
  readonly pk: string;
  readonly sk: string;
}

/**
 * A text as a part of a key: itself where it is short and plain, else its hash. Never has a `#`, so that parts cannot run
 * into each other; and a hash never equals a plain text.
 */
export function tokenOf(text: string): string {
  if (PLAIN.test(text)) return text;
  // JSON, since UTF-8 alone would make all unpaired surrogates the same.
  return HASHED + createHash('sha256').update(JSON.stringify(text)).digest('base64url');
}

/** What must be stored beside a token so that the text is known again; undefined: nothing. */
export function textBeside(text: string): string | undefined {
  return PLAIN.test(text) ? undefined : JSON.stringify(text);
}

/** The text that a token stands for; undefined when the stored text is not the one. */
export function textOf(token: string, stored: string | undefined): string | undefined {
  if (!token.startsWith(HASHED)) return token;
  try {
    const text: unknown = JSON.parse(stored ?? '');
    return typeof text === 'string' && tokenOf(text) === token ? text : undefined;
  } catch {
    return undefined;
  }
}

/** The tokens of key and variant in the sort key of a record; undefined when it is none. */
export function recordTokens(sk: string): readonly [key: string, variant: string] | undefined {
  const [kind, key, variant, ...more] = sk.split('#');
  if (kind !== 'r' || key === undefined || variant === undefined || more.length > 0) return undefined;
  return [key, variant];
}

/** Whether an item with this sort key is a record, though perhaps a damaged one. */
export function isRecordKey(sk: string): boolean {
  return sk.startsWith(RECORD);
}

/** The id of the body that is registered under a sort key; undefined when it registers none. */
export function registeredBody(sk: string): string | undefined {
  return sk.startsWith(BODY) ? sk.slice(BODY.length) : undefined;
}

/** By this the index sorts records of one resource together. */
export function resourceSortKey(resource: string): string {
  return RECORD + tokenOf(resource);
}

/** The token in what {@link resourceSortKey} gives. */
export function resourceToken(sortKey: string): string {
  return sortKey.slice(RECORD.length);
}

/** Keys of the items of one namespace. */
export class Names {
  readonly #namespace: string;
  /** All partitions in which there may be records. */
  readonly partitions: readonly string[];

  constructor(namespace: string) {
    this.#namespace = tokenOf(namespace);
    this.partitions = Array.from({ length: PARTITIONS }, (_, index) => this.#partition(index));
  }

  partitionOf(key: string): string {
    return this.#partition(crc32(Buffer.from(key)) % PARTITIONS);
  }

  record({ key, variant }: RecordAddress): ItemKey {
    return { pk: this.partitionOf(key), sk: this.variantsOf(key) + tokenOf(variant) };
  }

  /** With this the sort keys of all variants of a key begin, and no others. */
  variantsOf(key: string): string {
    return `${RECORD}${tokenOf(key)}#`;
  }

  /** With this the sort keys of all registrations begin. */
  get registrations(): string {
    return BODY;
  }

  /** Where it is written down that a body lies in chunks. In the partition of its record. */
  registration(partition: string, bodyId: string): ItemKey {
    return { pk: partition, sk: BODY + bodyId };
  }

  /** Each chunk has a partition key of its own: one partition takes less than three such items a second. */
  chunk(bodyId: string, index: number): ItemKey {
    return { pk: `${this.#namespace}#body#${bodyId}#${index}`, sk: 'chunk' };
  }

  #partition(index: number): string {
    return `${this.#namespace}#${index.toString(16)}`;
  }
}
