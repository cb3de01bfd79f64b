import { Buffer } from 'node:buffer';
import { closeSync, constants, fstatSync, fsync, openSync, read, readSync, write, writeSync } from 'node:fs';
import type { FoundRecord, MaybePromise, StoredRecord } from '../../storage/backend.js';
import { PRIVATE_FILE } from '../../storage/private-files.js';
import { unlessAbsent } from './files.js';
import { type LeadFormat, MAX_FILE_BYTES, type RecordFormat } from './format.js';
import { Gate } from './gate.js';
import { type Slot, slotOf } from './layout.js';

/** Files of this size and less are read in one go, whatever is wanted of them. */
const SMALL_FILE_BYTES = 16 * 1024;
/**
 * So many bytes are read at once; more by another thread, meanwhile other work goes on. To have another thread do it takes longer
 * than to read them, and what the caller makes of them holds the process for longer than both.
 */
const QUICK_READ_BYTES = 1024 * 1024;
/** So many bytes are written at once. */
const QUICK_WRITE_BYTES = 128 * 1024;
/** A file is opened only if it is one of data, so that no pipe or device can hold up who reads it. */
const READING = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
/** More files than that need not be open at a time, and fewer than a process may have open. */
const gate = new Gate(64);

/** A record and the file in which it was found. */
export interface FiledRecord {
  readonly record: FoundRecord;
  /** Tells this file from any other that has the same name later. */
  readonly identity: string;
}

/** What of a record is wanted. `small`: its body only where that costs nothing. */
export type Wanted = 'whole' | 'small' | 'meta';

/** Reads and writes files that hold one record each. */
export class RecordFiles {
  readonly #format: RecordFormat;
  readonly #waitForDisk: boolean;

  constructor(format: RecordFormat, waitForDisk: boolean) {
    this.#format = format;
    this.#waitForDisk = waitForDisk;
  }

  /** Reads a file, at once if it is not large. @returns undefined where there is none, or none that can be understood */
  read(file: string, wanted: Wanted): MaybePromise<FiledRecord | undefined> {
    const opened = openRecord(file);
    if (opened === undefined) return undefined;
    try {
      if (isQuick(opened.bytes, wanted, this.#format.lead)) return this.#decode(opened, wanted);
    } finally {
      closeSync(opened.descriptor);
    }
    return gate.pass(() => this.#readSlowly(file, wanted));
  }

  /** The same without the body, at once. */
  readMeta(file: string): FiledRecord | undefined {
    const opened = openRecord(file);
    if (opened === undefined) return undefined;
    try {
      return this.#decode(opened, 'meta');
    } finally {
      closeSync(opened.descriptor);
    }
  }

  /** Whether a file was written by a later release. */
  isNewer(file: string): boolean {
    const opened = openRecord(file);
    if (opened === undefined) return false;
    try {
      const beginning = readQuickly(opened.descriptor, 0, Math.min(opened.bytes, SMALL_FILE_BYTES));
      return this.#format.isNewer?.(beginning) ?? false;
    } finally {
      closeSync(opened.descriptor);
    }
  }

  /** Writes a record into a new file. */
  async write(file: string, bytes: Uint8Array): Promise<void> {
    await gate.pass(async () => {
      const descriptor = openSync(file, 'wx', PRIVATE_FILE);
      try {
        if (bytes.byteLength <= QUICK_WRITE_BYTES) writeQuickly(descriptor, bytes);
        else await writeSlowly(descriptor, bytes);
        if (this.#waitForDisk) await synced(descriptor);
      } finally {
        closeSync(descriptor);
      }
    });
  }

  encode(record: StoredRecord): Uint8Array {
    return this.#format.encode(record);
  }

  #decode({ descriptor, bytes, identity }: OpenedRecord, wanted: Wanted): FiledRecord | undefined {
    const { lead } = this.#format;
    const isInParts = lead !== undefined && bytes > SMALL_FILE_BYTES && wanted !== 'whole';
    const record = isInParts
      ? readLead(descriptor, bytes, lead)?.meta
      : this.#format.decode(readQuickly(descriptor, 0, bytes));
    return record && { record: wanted === 'meta' ? { ...record, body: undefined } : record, identity };
  }

  async #readSlowly(file: string, wanted: Wanted): Promise<FiledRecord | undefined> {
    const opened = openRecord(file);
    if (opened === undefined) return undefined;
    const { descriptor, bytes, identity } = opened;
    try {
      const { lead } = this.#format;
      if (lead === undefined || isQuick(bytes, wanted, lead)) {
        const record = this.#format.decode(await readSlowly(descriptor, 0, bytes));
        return record && { record, identity };
      }
      const found = readLead(descriptor, bytes, lead);
      if (found === undefined) return undefined;
      const body = await readSlowly(descriptor, found.length, bytes - found.length);
      return { record: { ...found.meta, body }, identity };
    } finally {
      closeSync(descriptor);
    }
  }
}

interface OpenedRecord {
  readonly descriptor: number;
  readonly bytes: number;
  readonly identity: string;
}

/** @returns undefined where there is no file, or something else than a file of ours can be */
function openRecord(file: string): OpenedRecord | undefined {
  const descriptor = unlessAbsent(() => openSync(file, READING));
  if (descriptor === undefined) return undefined;
  try {
    const found = fstatSync(descriptor);
    if (found.isFile() && found.size <= MAX_FILE_BYTES) {
      return { descriptor, bytes: found.size, identity: identityOf(found) };
    }
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
  closeSync(descriptor);
  return undefined;
}

/** @returns undefined where the names in the record are others than its place is for: somebody has copied or edited the file */
export function ifAt(slot: Slot, found: FiledRecord | undefined): FiledRecord | undefined {
  if (found === undefined) return undefined;
  const { keyHash, variantHash } = slotOf(found.record.key, found.record.variant);
  return keyHash === slot.keyHash && variantHash === slot.variantHash ? found : undefined;
}

function identityOf({ ino, size, mtimeMs }: { ino: number; size: number; mtimeMs: number }): string {
  return `${ino}:${size}:${mtimeMs}`;
}

function isQuick(bytes: number, wanted: Wanted, lead: LeadFormat | undefined): boolean {
  return bytes <= QUICK_READ_BYTES || (lead !== undefined && wanted !== 'whole');
}

function readLead(
  descriptor: number,
  bytes: number,
  lead: LeadFormat,
): { readonly meta: FoundRecord; readonly length: number } | undefined {
  const first = readQuickly(descriptor, 0, lead.firstBytes);
  const length = lead.length(first, bytes);
  if (length === undefined) return undefined;
  const missing = length - first.length;
  const whole =
    missing > 0
      ? Buffer.concat([first, readQuickly(descriptor, first.length, missing)])
      : first.subarray(0, length);
  const meta = whole.length === length ? lead.decode(whole) : undefined;
  return meta && { meta: { ...meta, body: undefined }, length };
}

/** Fewer bytes where the file ends before. The buffer is no part of a larger one. */
function readQuickly(descriptor: number, position: number, length: number): Buffer {
  const buffer = Buffer.allocUnsafeSlow(length);
  let done = 0;
  while (done < length) {
    const bytesRead = readSync(descriptor, buffer, done, length - done, position + done);
    if (bytesRead === 0) return buffer.subarray(0, done);
    done += bytesRead;
  }
  return buffer;
}

async function readSlowly(descriptor: number, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(length);
  let done = 0;
  while (done < length) {
    const from = done;
    const bytesRead = await new Promise<number>((resolve, reject) => {
      read(descriptor, buffer, from, length - from, position + from, (error, bytes) =>
        error === null ? resolve(bytes) : reject(error),
      );
    });
    if (bytesRead === 0) return buffer.subarray(0, done);
    done += bytesRead;
  }
  return buffer;
}

function writeQuickly(descriptor: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.byteLength;) done += writeSync(descriptor, bytes, done);
}

async function writeSlowly(descriptor: number, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.byteLength;) {
    const from = done;
    done += await new Promise<number>((resolve, reject) => {
      write(descriptor, bytes, from, (error, written) => (error === null ? resolve(written) : reject(error)));
    });
  }
}

function synced(descriptor: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fsync(descriptor, (error) => (error === null ? resolve() : reject(error)));
  });
}
