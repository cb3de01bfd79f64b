import { createHash } from 'node:crypto';
import { type Backend, type StoredRecord } from 'axios-persistent-cache';
import { type FaultProxy } from '../../__tests__/servers/fault-proxy.js';

/** The bare driver, used as one uses it without a cache around it. */
export interface BareStore {
  get(key: string): unknown;
  /**
   * What the backend asks, where that is another kind of question than `get`: servers that have no index for it, as some
   * emulators, answer it by looking at everything.
   */
  readonly ask?: { readonly title: string; readonly get: (key: string) => unknown };
  put(key: string, bytes: Uint8Array): unknown;
  close(): unknown;
}

/** A backend that can be measured just now. */
export interface Subject {
  /** What it runs on: a driver, a server with its version. */
  readonly title: string;
  /** How the bare driver is used. */
  readonly bareTitle: string;
  /** The bare driver is a look-up in this process, so that a ratio to it says little and has no target. */
  readonly isLookup?: boolean;
  /** Fewer than the rest where a server in the middle of a test is too slow for as many. */
  readonly mostEntries?: number;
  /** A store of its own for each name. */
  open(name: string): Backend;
  openBare(): Promise<BareStore>;
  /** The same store by way of a proxy that counts, where there is a network. */
  throughProxy?(name: string): Promise<{ readonly proxy: FaultProxy; readonly backend: Backend }>;
  stop(): Promise<void>;
}

/** Why a backend is not measured. */
export class NotMeasured extends Error {}

const HEAD_BYTES = 600;

export function keyOf(index: number): string {
  return createHash('sha256').update(String(index)).digest('hex');
}

/** Bytes that nothing compresses by chance. */
function noise(length: number): Buffer {
  const bytes = Buffer.allocUnsafeSlow(length);
  let state = 1;
  for (let index = 0; index < length; index++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}

const bodies = new Map<number, Buffer>();

function bodyOf(bytes: number): Buffer {
  const known = bodies.get(bytes) ?? noise(bytes);
  bodies.set(bytes, known);
  return known;
}

const HEAD = noise(HEAD_BYTES);

/** @param retainUntil undefined: kept until it is deleted */
export function recordOf(key: string, bodyBytes: number, retainUntil?: number): StoredRecord {
  const createdAt = Date.UTC(2026, 0, 1);
  const resource = key.slice(0, 32);
  const body = bodyOf(bodyBytes);
  const times = { createdAt, expiresAt: retainUntil, retainUntil };
  return { key, variant: '', resource, head: HEAD, body, bodyBytes, ...times };
}

/** All bytes of a record in one piece, as the bare driver gets them. */
export function valueOf(bodyBytes: number): Buffer {
  return Buffer.concat([HEAD, bodyOf(bodyBytes)]);
}
