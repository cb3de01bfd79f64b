import type { StoredResponse } from '../../cache/stored-response.js';
import { fieldValue, type HeaderFields } from '../../http/header-fields.js';
import type { StoredRecord } from '../../storage/backend.js';
import { decodedBody, isEncoded } from '../decoded-body.js';
import { CommandFailure, messageOf } from '../failure.js';
import { isoTime } from '../text.js';
import { archived, archivedBody, bodyOf, restored } from './archived-record.js';
import { responseCookies } from './har-cookies.js';
import { elementsOf, type JsonPath } from './json-elements.js';
import type { Exported } from './records.js';

/*
 * HAR 1.2 (http://www.softwareishard.com/blog/har-12-spec/), as developer tools of browsers open it. Members of ours begin with
 * an underscore, as the format has it: `_record` of an entry is the record but for its body, `_body` the body where
 * `content` does not hold exactly its bytes, and `_pointers` of the log what redirects have left.
 */

const UNKNOWN = -1;
/** Nobody remembers the version that was spoken. */
const HTTP_VERSION = 'HTTP/1.1';
const NO_TYPE = 'x-unknown';
const ENTRIES: JsonPath = ['log', 'entries'];
const POINTERS: JsonPath = ['log', '_pointers'];

/** Writes the text of a HAR piece by piece; the records are responses first. */
export async function* harOf(
  records: AsyncIterable<Exported>,
  version: string,
): AsyncGenerator<string, void, undefined> {
  const creator = { name: 'axios-persistent-cache', version };
  yield `{"log":{"version":"1.2","creator":${JSON.stringify(creator)},"pages":[],"entries":[`;
  let place: Exported['kind'] = 'response';
  let separator = '\n';
  for await (const one of records) {
    if (one.kind === 'pointer' && place === 'response') {
      yield '\n],"_pointers":[';
      place = 'pointer';
      separator = '\n';
    }
    const element = one.kind === 'pointer' ? archived(one.record) : await entryOf(one.stored, one.record);
    yield separator + JSON.stringify(element);
    separator = ',\n';
  }
  yield '\n]}}\n';
}

async function entryOf(stored: StoredResponse, record: StoredRecord): Promise<object> {
  const { url, status, statusText, headers, request, requestSentAt, responseReceivedAt } = stored;
  const time = Math.max(0, responseReceivedAt - requestSentAt);
  const isShownDecoded = isEncoded(stored);
  const shown = archivedBody(isShownDecoded ? await decodedBody(stored, record.body) : record.body);
  return {
    startedDateTime: isoTime(requestSentAt),
    time,
    request: {
      method: request.method,
      url,
      httpVersion: HTTP_VERSION,
      // The field is never stored.
      cookies: [],
      headers: fieldsOf(request.headers),
      queryString: queryOf(url),
      headersSize: UNKNOWN,
      bodySize: UNKNOWN,
    },
    response: {
      status,
      statusText,
      httpVersion: HTTP_VERSION,
      cookies: responseCookies(headers, responseReceivedAt),
      headers: fieldsOf(headers),
      content: {
        size: record.body.byteLength,
        mimeType: fieldValue(headers, 'content-type') ?? NO_TYPE,
        text: shown.base64 ?? shown.text ?? '',
        ...(shown.base64 === undefined ? {} : { encoding: 'base64' }),
      },
      redirectURL: fieldValue(headers, 'location') ?? '',
      headersSize: UNKNOWN,
      bodySize: record.body.byteLength,
    },
    cache: {},
    timings: {
      blocked: UNKNOWN,
      dns: UNKNOWN,
      connect: UNKNOWN,
      send: 0,
      wait: time,
      receive: 0,
      ssl: UNKNOWN,
    },
    ...(isShownDecoded ? { _body: archivedBody(record.body) } : {}),
    _record: archived(record),
  };
}

function fieldsOf(fields: HeaderFields): readonly object[] {
  return Object.entries(fields).flatMap(([name, value]) =>
    [value].flat().map((line) => ({ name, value: line })),
  );
}

function queryOf(url: string): readonly object[] {
  if (!URL.canParse(url)) return [];
  return [...new URL(url).searchParams].map(([name, value]) => ({ name, value }));
}

/**
 * Reads a HAR element by element.
 * @param onForeign is told of entries that another program has written: there is no record to restore
 * @throws CommandFailure that names the entry
 */
export async function* recordsOfHar(
  input: AsyncIterable<Uint8Array>,
  onForeign: () => void,
): AsyncGenerator<StoredRecord, void, undefined> {
  let number = 0;
  for await (const { path, text } of elementsOf(input, [ENTRIES, POINTERS])) {
    number += 1;
    const record =
      path === POINTERS
        ? readElement(text, 'Pointer', number, readPointerElement)
        : readElement(text, 'Entry', number, readEntry);
    if (record === undefined) onForeign();
    else yield record;
  }
}

function readElement<T>(text: string, what: string, number: number, read: (value: unknown) => T): T {
  try {
    return read(JSON.parse(text));
  } catch (error) {
    throw new CommandFailure(`${what} ${number} cannot be imported: ${messageOf(error)}`);
  }
}

function readPointerElement(value: unknown): StoredRecord {
  return restored(value, new Uint8Array(0));
}

interface Entry {
  readonly _record?: unknown;
  readonly _body?: unknown;
  readonly response?: { readonly content?: Readonly<Record<string, unknown>> };
}

function readEntry(value: unknown): StoredRecord | undefined {
  const { _record, _body, response } = (value ?? {}) as Entry;
  if (_record === undefined) return undefined;
  if (_body !== undefined) {
    const { text, base64 } = (_body ?? { text: _body }) as Readonly<Record<'text' | 'base64', unknown>>;
    return restored(_record, bodyOf({ text, base64 }));
  }
  const { text, encoding } = response?.content ?? {};
  return restored(
    _record,
    bodyOf(encoding === 'base64' ? { base64: text, text: undefined } : { text, base64: undefined }),
  );
}
