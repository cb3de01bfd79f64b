import assert from 'node:assert/strict';
import type { Backend, FoundRecord, RecordMeta, StoredRecord } from '../storage/backend.js';

/**
 * A fixed point in time, so that cases do not depend on the clock. Far ahead, since servers delete by clocks of their own
 * what is past its time.
 */
export const NOON = Date.UTC(2100, 10, 20, 12);

/** A record with plausible values, but for what the case wants otherwise. */
export function aRecord(wanted: Partial<StoredRecord> = {}): StoredRecord {
  const body = wanted.body ?? bytesOf('the body');
  return {
    key: 'key',
    variant: '',
    resource: 'resource',
    head: bytesOf('the head'),
    createdAt: NOON,
    expiresAt: NOON + 60_000,
    retainUntil: NOON + 3_600_000,
    ...wanted,
    body,
    bodyBytes: body.byteLength,
  };
}

/** The record without its body. */
export function metaOf(record: StoredRecord): RecordMeta {
  const { body: _body, ...meta } = record;
  return meta;
}

/** A text's bytes in UTF-8. */
export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Bytes that repeat no short pattern, the same for one seed. */
export function noise(length: number, seed = 1): Uint8Array {
  // Looked up once: test runners make globals slow.
  const { imul } = Math;
  const bytes = new Uint8Array(length);
  let state = seed;
  for (let index = 0; index < length; index++) {
    state = (imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}

/** Stores records one after the other; each must be accepted. */
export async function putAll(backend: Backend, records: readonly StoredRecord[]): Promise<void> {
  for (const record of records) {
    assert.equal(
      await backend.put(record),
      true,
      `put(${JSON.stringify(record.key.slice(0, 40))}) must give true`,
    );
  }
}

/** The one record under a key; fails when there are none or several. */
export async function getOnly(backend: Backend, key: string): Promise<FoundRecord> {
  const found = await backend.get(key);
  assert.equal(found.length, 1, `exactly one record under ${JSON.stringify(key.slice(0, 40))}`);
  return found[0] as FoundRecord;
}

/** Requires that a record is stored as it was written, in every field and with its body by both ways. */
export async function assertStored(backend: Backend, expected: StoredRecord): Promise<void> {
  const found = await backend.get(expected.key);
  const match = found.filter((one) => one.variant === expected.variant);
  assert.equal(match.length, 1, `one record for variant ${JSON.stringify(expected.variant)}`);
  const record = match[0] as FoundRecord;
  assertSameMeta(record, expected);
  if (found.length === 1) assert.ok(record.body !== undefined, 'the body comes along with the only variant');
  if (record.body !== undefined) assertSameBytes(record.body, expected.body, 'body of get');
  const body = await backend.body({ key: expected.key, variant: expected.variant });
  assert.ok(body !== undefined, 'body() must find the body');
  assertSameBytes(body, expected.body, 'body of body()');
}

/** Requires every field of a record but its body. */
export function assertSameMeta(actual: RecordMeta, expected: StoredRecord): void {
  assert.equal(actual.key, expected.key, 'key');
  assert.equal(actual.variant, expected.variant, 'variant');
  assert.equal(actual.resource, expected.resource, 'resource');
  assertSameBytes(actual.head, expected.head, 'head');
  assert.equal(actual.bodyBytes, expected.body.byteLength, 'bodyBytes');
  assert.equal(actual.createdAt, expected.createdAt, 'createdAt');
  assert.equal(actual.expiresAt, expected.expiresAt, 'expiresAt');
  assert.equal(actual.retainUntil, expected.retainUntil, 'retainUntil');
}

/** Requires equal bytes; a message with megabytes in it would help nobody. */
export function assertSameBytes(actual: Uint8Array, expected: Uint8Array, what: string): void {
  assert.ok(ArrayBuffer.isView(actual), `${what} must be bytes`);
  assert.equal(actual.byteLength, expected.byteLength, `length of ${what}`);
  assert.ok(Buffer.compare(actual, expected) === 0, `${what} must be the same bytes`);
}

/** Requires that nothing is stored under the key, by all ways of asking. */
export async function assertAbsent(backend: Backend, key: string, variant = ''): Promise<void> {
  const found = await backend.get(key);
  const isList: boolean = Array.isArray(found);
  assert.ok(isList, 'get must give a list');
  assert.equal(found.filter((one) => one.variant === variant).length, 0, 'get must not find the record');
  assert.equal(await backend.body({ key, variant }), undefined, 'body() must give undefined');
}

/** All that a scan lists. */
export async function listAll(iterable: AsyncIterable<RecordMeta>): Promise<RecordMeta[]> {
  const all: RecordMeta[] = [];
  for await (const meta of iterable) all.push(meta);
  return all;
}

/** The keys that a scan lists. */
export async function scannedKeys(iterable: AsyncIterable<RecordMeta>): Promise<string[]> {
  return (await listAll(iterable)).map((meta) => meta.key);
}

/** What a call fails with, thrown or rejected; fails when it does not. */
export async function errorOf(call: () => unknown): Promise<unknown> {
  try {
    await call();
  } catch (error) {
    return error;
  }
  assert.fail('the call must fail');
}

/** Requires the same texts, whatever their order. Says what is missing and what is too much. */
export function assertSameTexts(actual: readonly string[], expected: readonly string[]): void {
  const [missing, surplus] = [[...expected], [] as string[]];
  for (const text of actual) {
    const index = missing.indexOf(text);
    if (index === -1) surplus.push(text);
    else missing.splice(index, 1);
  }
  const show = (texts: readonly string[]): string =>
    JSON.stringify(texts.slice(0, 3).map((text) => text.slice(0, 40)));
  assert.equal(missing.length, 0, `${missing.length} missing, such as ${show(missing)}`);
  assert.equal(surplus.length, 0, `${surplus.length} too many, such as ${show(surplus)}`);
}
