import type { FieldValue, HeaderFields } from '../http/header-fields.js';
import { canonicalContentType, isMultipartType, parseContentType } from './content-type.js';
import { isCredentialHeader } from './credential-names.js';
import { lengthPrefixed, optionalPrefixed } from './hashing.js';
import { credentialMaterial, type NameRules, REDACTED } from './ignored-parameters.js';
import { canonicalUri } from './target-uri.js';
import { redactUrlsIn } from './url-fields.js';

/**
 * These do not select a response: two steer caches; the length follows from the body, which counts anyway, and adapters add
 * it to the config, so that the same config sent again would be another request; ranges and conditions say what of the
 * response the requester wants.
 */
const IMMATERIAL_FIELDS: ReadonlySet<string> = new Set([
  'cache-control',
  'content-length',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'pragma',
  'range',
]);

const namesByList = new WeakMap<readonly string[], ReadonlySet<string>>();

/** The header fields that a request is matched by. */
export interface MatchedHeaders {
  /** For the key, redacted; `''`: none. */
  readonly text: string;
  /** Credentials in the URLs of fields that are matched (`Referer`, `Origin`); `''`: none. */
  readonly secrets: string;
}

const NONE: MatchedHeaders = { text: '', secrets: '' };

/**
 * The header fields that a request is matched by, as one text.
 *
 * `matchHeaders` true: all that are present, but for `Cache-Control`, `Pragma`, `Content-Length`, `Range` and the
 * conditions that a cache can judge. A list: those of it that are present, so
 * that absence differs from every value. Values keep their case; white space around them and around the commas of lists
 * does not count. Credentials are left to the partition, which always counts.
 */
export function matchedHeaders(
  headers: HeaderFields,
  matchHeaders: boolean | readonly string[],
  rules: NameRules,
): MatchedHeaders {
  if (matchHeaders === false) return NONE;
  const listed = matchHeaders === true ? undefined : namesOf(matchHeaders);
  const fields: string[] = [];
  let secrets = '';
  for (const [givenName, value] of Object.entries(headers)) {
    const name = givenName.toLowerCase();
    if (IMMATERIAL_FIELDS.has(name) || isCredentialHeader(name)) continue;
    if (listed !== undefined && !listed.has(name)) continue;
    let text = REDACTED;
    if (rules.forHeader(name) === 'keep') {
      text = normalValue(name, redactUrlsIn(name, value, rules));
      secrets += name === 'referer' ? refererSecrets(value, rules) : urlSecrets(name, value, rules);
    }
    fields.push(lengthPrefixed(name) + lengthPrefixed(text));
  }
  return { text: fields.sort().join(''), secrets };
}

function refererSecrets(value: FieldValue, rules: NameRules): string {
  let material = '';
  for (const line of typeof value === 'string' ? [value] : value) {
    const { userinfo, secrets, unseen } = canonicalUri(line, rules);
    const hidden = secrets + unseen;
    if (userinfo !== undefined || hidden !== '') material += optionalPrefixed(userinfo) + hidden;
  }
  return material === '' ? '' : credentialMaterial('header', 'referer', material);
}

/** Of a field that may be a URL or not, the value as a whole tells users apart. */
function urlSecrets(name: string, value: FieldValue, rules: NameRules): string {
  const whole = normalValue(name, value);
  const isPlain = normalValue(name, redactUrlsIn(name, value, rules.ofCredentials)) === whole;
  return isPlain ? '' : credentialMaterial('header', name, whole);
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
