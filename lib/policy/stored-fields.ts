import { splitFieldList } from '../http/field-list.js';
import { fieldLines, headerFields, type HeaderFields } from '../http/header-fields.js';

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

/**
 * The fields of a response that are stored: all but those of the connection, those that its `Connection` field lists,
 * and those for a proxy. A field of several lines stays one of several lines.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9111.html#section-3.1
 */
export function storableFields(headers: HeaderFields): HeaderFields {
  const listed = new Set(
    fieldLines(headers, 'connection')
      .flatMap(splitFieldList)
      .map((name) => name.toLowerCase()),
  );
  return headerFields(
    Object.entries(headers).filter(([name]) => !NEVER_STORED.has(name) && !listed.has(name)),
  );
}
