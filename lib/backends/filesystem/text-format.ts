import { Buffer } from 'node:buffer';
import type { StoredRecord } from '../../storage/backend.js';
import { LONGEST_DECODED_TEXT, readableText } from '../../storage/readable-text.js';
import { decodeHead, encodeHead } from '../../storage/record-codec.js';
import type { RecordFormat } from './format.js';

/**
 * A record as people read it, and may edit it. What the text of a body or the object of a head cannot say exactly is kept as
 * base64 instead.
 */
interface ReadableRecord {
  readonly key: string;
  readonly variant: string;
  readonly resource: string;
  /** ISO 8601; a number of epoch milliseconds where that has parts that ISO 8601 does not; null: none. */
  readonly createdAt: string | number;
  readonly expiresAt: string | number | null;
  readonly retainUntil: string | number | null;
  /** The object that the head was encoded from. */
  readonly head?: object;
  readonly headBase64?: string;
  readonly body?: string;
  /** With `decodeContent`, in place of `body`: what the text of JSON says. */
  readonly bodyJson?: unknown;
  readonly bodyBase64?: string;
}

/** How readably a record is written. */
type Readability = 'decoded' | 'text' | 'base64';

/** A notation for plain data. */
export interface Notation {
  readonly extension: string;
  write(data: unknown): string;
  /** May throw anything for a text that it cannot read. */
  read(text: string): unknown;
}

export const JSON_NOTATION: Notation = {
  extension: 'json',
  write: (data) => `${JSON.stringify(data, undefined, 2)}\n`,
  read: (text) => JSON.parse(text) as unknown,
};

/** Files that people can read and edit. */
export class TextFormat implements RecordFormat {
  readonly extension: string;
  readonly maxRecordBytes = 100_000_000;
  readonly #notation: Notation;
  readonly #decodesContent: boolean;

  constructor(notation: Notation, decodesContent = false) {
    this.extension = notation.extension;
    this.#notation = notation;
    this.#decodesContent = decodesContent;
  }

  encode(record: StoredRecord): Uint8Array {
    const candidates = [
      ...(this.#decodesContent ? [() => this.#notation.write(readableOf(record, 'decoded'))] : []),
      () => this.#notation.write(readableOf(record, 'text')),
      // Every text of JSON is one of YAML.
      () => JSON_NOTATION.write(readableOf(record, 'text')),
    ];
    for (const write of candidates) {
      try {
        const file = Buffer.from(write());
        if (isSame(this.decode(file), record)) return file;
      } catch {
        // The notation cannot say it.
      }
    }
    return Buffer.from(JSON_NOTATION.write(readableOf(record, 'base64')));
  }

  decode(file: Buffer): StoredRecord | undefined {
    try {
      // Some editors put a byte order mark at the beginning.
      return recordOf(this.#notation.read(file.toString('utf8').replace(/^\ufeff/, '')));
    } catch {
      return undefined;
    }
  }
}

function isSame(read: StoredRecord | undefined, written: StoredRecord): boolean {
  return (
    read !== undefined &&
    Buffer.compare(read.head, written.head) === 0 &&
    Buffer.compare(read.body, written.body) === 0 &&
    (['key', 'variant', 'resource', 'createdAt', 'expiresAt', 'retainUntil'] as const).every((name) =>
      Object.is(read[name], written[name]),
    )
  );
}

function readableOf(record: StoredRecord, readability: Readability): ReadableRecord {
  const { key, variant, resource, head, body, createdAt, expiresAt, retainUntil } = record;
  const times = {
    createdAt: timeText(createdAt),
    expiresAt: expiresAt === undefined ? null : timeText(expiresAt),
    retainUntil: retainUntil === undefined ? null : timeText(retainUntil),
  };
  const payload = readability === 'base64' ? undefined : payloadOf(head, body);
  return {
    key,
    variant,
    resource,
    ...times,
    ...(payload === undefined ? { headBase64: base64(head) } : { head: payload }),
    ...readableBody(body, readability),
  };
}

function readableBody(
  body: Uint8Array,
  readability: Readability,
): Pick<ReadableRecord, 'body' | 'bodyJson' | 'bodyBase64'> {
  const text = readability === 'base64' ? undefined : readableText(body);
  if (text === undefined) return { bodyBase64: base64(body) };
  if (readability !== 'decoded' || text.length > LONGEST_DECODED_TEXT) return { body: text };
  // What is no JSON throws, and is written as text then.
  return { bodyJson: JSON.parse(text) as unknown };
}

/** The object in a head, if the head is exactly what {@link encodeHead} makes of it. */
function payloadOf(head: Uint8Array, body: Uint8Array): object | undefined {
  try {
    const payload = decodeHead(head).head;
    return Buffer.compare(encodeHead(payload, body), head) === 0 ? payload : undefined;
  } catch {
    return undefined;
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

function timeText(time: number): string | number {
  const date = new Date(time);
  if (Number.isNaN(date.getTime()) || !Object.is(date.getTime(), time)) {
    // JSON knows neither -0 nor what is not finite.
    return Number.isFinite(time) && !Object.is(time, -0) ? time : Object.is(time, -0) ? '-0' : String(time);
  }
  return date.toISOString();
}

function timeOf(value: unknown): number {
  if (typeof value === 'number') return value;
  if (value instanceof Date) return value.getTime();
  if (typeof value !== 'string') throw new TypeError('not a time');
  const time = /^-?(\d+|Infinity)$/.test(value) ? Number(value) : Date.parse(value);
  if (Number.isNaN(time)) throw new TypeError('not a time');
  return time;
}

function recordOf(data: unknown): StoredRecord {
  const readable = data as Readonly<Record<keyof ReadableRecord, unknown>>;
  const body =
    readable.bodyJson === undefined
      ? bytesOf(readable.body, readable.bodyBase64)
      : Buffer.from(JSON.stringify(readable.bodyJson), 'utf8');
  const { expiresAt, retainUntil } = readable;
  return {
    key: expectText(readable.key),
    variant: expectText(readable.variant),
    resource: expectText(readable.resource),
    createdAt: timeOf(readable.createdAt),
    // One that was deleted from the file is none.
    expiresAt: expiresAt === null || expiresAt === undefined ? undefined : timeOf(expiresAt),
    retainUntil: retainUntil === null || retainUntil === undefined ? undefined : timeOf(retainUntil),
    head: headOf(readable.head, readable.headBase64, body),
    body,
    bodyBytes: body.byteLength,
  };
}

function headOf(payload: unknown, encoded: unknown, body: Uint8Array): Uint8Array {
  if (payload === undefined) return Buffer.from(expectText(encoded), 'base64');
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) {
    throw new TypeError('not an object');
  }
  return encodeHead(payload, body);
}

function bytesOf(text: unknown, encoded: unknown): Uint8Array {
  return text === undefined
    ? Buffer.from(expectText(encoded), 'base64')
    : Buffer.from(expectText(text), 'utf8');
}

function expectText(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('not a text');
  return value;
}
