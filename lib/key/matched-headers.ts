import { type FieldValue, type HeaderFields } from '../http/header-fields.js';
import { canonicalContentType, isMultipartType, parseContentType } from './content-type.js';
import { lengthPrefixed } from './hashing.js';
import { isCredentialHeader, type NameRules, REDACTED } from './ignored-parameters.js';

/** These steer caches and do not select a response. */
const CONTROL_FIELDS: ReadonlySet<string> = new Set(['cache-control', 'pragma']);

const namesByList = new WeakMap<readonly string[], ReadonlySet<string>>();

/**
 * The header fields that a request is matched by, as one text for the key; `''`: none.
 *
 * `matchHeaders` true: all that are present, but for `Cache-Control` and `Pragma`. A list: those of it that are present, so
 * that absence differs from every value. Values keep their case; white space around them and around the commas of lists
 * does not count. Credentials are left to the partition, which always counts.
 */
export function matchedHeaders(
  headers: HeaderFields,
  matchHeaders: boolean | readonly string[],
  rules: NameRules,
): string {
  if (matchHeaders === false) return '';
  const listed = matchHeaders === true ? undefined : namesOf(matchHeaders);
  const fields: string[] = [];
  for (const [givenName, value] of Object.entries(headers)) {
    const name = givenName.toLowerCase();
    if (CONTROL_FIELDS.has(name) || isCredentialHeader(name)) continue;
    if (listed !== undefined && !listed.has(name)) continue;
    const text = rules.forHeader(name) === 'keep' ? normalValue(name, value) : REDACTED;
    fields.push(lengthPrefixed(name) + lengthPrefixed(text));
  }
  return fields.sort().join('');
}

function namesOf(list: readonly string[]): ReadonlySet<string> {
  let names = namesByList.get(list);
  if (names === undefined) {
    names = new Set(list.map((name) => name.toLowerCase()));
    namesByList.set(list, names);
  }
  return names;
}

function normalValue(name: string, value: FieldValue): string {
  const text = typeof value === 'string' ? value : value.join(', ');
  if (name === 'content-type') {
    const type = parseContentType(text);
    // The boundary of a multipart body is random.
    if (isMultipartType(type)) return canonicalContentType(type);
  }
  // A comma inside of a quoted string separates nothing, and white space beside it counts.
  if (text.includes('"')) return text.trim();
  return text
    .split(',')
    .map((item) => item.trim())
    .join(', ');
}
