import type { CacheDirectives } from '../http/cache-control.js';
import { splitFieldList } from '../http/field-list.js';
import {
  fieldLines,
  type FieldValue,
  headerFields,
  type HeaderFields,
  nameTable,
} from '../http/header-fields.js';

/**
 * Fields that are about one connection, or about the way through a proxy, and not about the response.
 * @see https://www.rfc-editor.org/rfc/rfc9110.html#section-7.6.1
 * @see https://www.rfc-editor.org/rfc/rfc9111.html#section-3.1
 */
const NEVER_STORED: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Fields that the cache itself needs of a stored response: leaving them out would change what may be done with it. */
const NEEDED_BY_THE_CACHE: ReadonlySet<string> = new Set([
  'age',
  'cache-control',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'date',
  'etag',
  'expires',
  'last-modified',
  'vary',
]);

/** Whether what may be done with a stored response depends on a field. @param name in lower case */
export function isNeededByTheCache(name: string): boolean {
  return NEEDED_BY_THE_CACHE.has(name);
}

/**
 * The fields of a response that are stored: all but those of the connection, those that its `Connection` field lists,
 * and those for a proxy. A field of several lines stays one of several lines.
 *
 * `Connection` must not list fields that are meant for everybody (RFC 9110 section 7.6.1). Where it does, those that the
 * cache judges by are stored all the same: without them a response that may not be reused would look as if it might.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9111.html#section-3.1
 */
export function storableFields(headers: HeaderFields): HeaderFields {
  const listed = fieldLines(headers, 'connection')
    .flatMap(splitFieldList)
    .map((name) => name.toLowerCase())
    .filter((name) => !isNeededByTheCache(name));
  const storable = nameTable<FieldValue>();
  for (const name of Object.keys(headers)) {
    if (!NEVER_STORED.has(name) && !listed.includes(name)) storable[name] = headers[name] as FieldValue;
  }
  return storable;
}

/**
 * The fields of a response without those that its `no-cache` lists: these must not be used without asking, and are best
 * not stored. `private` with a list is for shared caches.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9111.html#section-5.2.2.4
 */
export function withoutListedFields(headers: HeaderFields, { noCache }: CacheDirectives): HeaderFields {
  if (typeof noCache === 'boolean') return headers;
  return headerFields(Object.entries(headers).filter(([name]) => !noCache.includes(name)));
}
