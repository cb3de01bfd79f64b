import { Buffer } from 'node:buffer';
import type { StoredRecord } from '../../storage/backend.js';
import { CommandFailure, messageOf } from '../failure.js';
import { archived, archivedBody, bodyOf, restored } from './archived-record.js';
import type { Exported } from './records.js';

/*
 * One line of JSON for each record, and before them one that says what they are:
 *
 *   {"axiosPersistentCache":1,"exportedAt":"2026-11-27T12:00:00.000Z"}
 *   {"key":"…","variant":"","resource":"…","createdAt":…,"expiresAt":…,"retainUntil":…,"head":{…},"body":{"text":"…"}}
 */
const FORMAT_VERSION = 1;
const NEW_LINE = 0x0a;

export async function* ndjsonOf(
  records: AsyncIterable<Exported>,
  exportedAt: string,
): AsyncGenerator<string, void, undefined> {
  yield `${JSON.stringify({ axiosPersistentCache: FORMAT_VERSION, exportedAt })}\n`;
  for await (const { record } of records) {
    yield `${JSON.stringify({ ...archived(record), body: archivedBody(record.body) })}\n`;
  }
}

/** @throws CommandFailure that names the line */
export async function* recordsOfNdjson(
  input: AsyncIterable<Uint8Array>,
): AsyncGenerator<StoredRecord, void, undefined> {
  let number = 0;
  for await (const line of linesOf(input)) {
    number += 1;
    if (line.trim() === '') continue;
    const record = read(line, number);
    if (record !== undefined) yield record;
  }
}

function read(line: string, number: number): StoredRecord | undefined {
  try {
    const value = JSON.parse(line) as unknown;
    if (typeof value !== 'object' || value === null) throw new CommandFailure('it is no object');
    if ('axiosPersistentCache' in value) {
      if (value.axiosPersistentCache === FORMAT_VERSION) return undefined;
      throw new CommandFailure('it was written by a later release');
    }
    const { body } = value as { readonly body?: unknown };
    return restored(value, bodyOf((body ?? {}) as Readonly<Record<'text' | 'base64', unknown>>));
  } catch (error) {
    throw new CommandFailure(`Line ${number} cannot be imported: ${messageOf(error)}`);
  }
}

/** Lines end by a line feed and by nothing else: JSON may hold what other readers take for an end of line. */
async function* linesOf(input: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, undefined> {
  let pieces: Uint8Array[] = [];
  for await (const chunk of input) {
    let start = 0;
    for (let end = chunk.indexOf(NEW_LINE); end !== -1; end = chunk.indexOf(NEW_LINE, start)) {
      pieces.push(chunk.subarray(start, end));
      yield Buffer.concat(pieces).toString('utf8');
      pieces = [];
      start = end + 1;
    }
    if (start < chunk.byteLength) pieces.push(chunk.subarray(start));
  }
  if (pieces.length > 0) yield Buffer.concat(pieces).toString('utf8');
}
