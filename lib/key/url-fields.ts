import type { FieldValue } from '../http/header-fields.js';
import type { NameRules } from './ignored-parameters.js';
import { redactNestedText } from './nested-values.js';
import { redactParameters } from './parameter-list.js';
import { cutUserinfo, parseUrl, splitUri, takeUserinfo } from './target-uri.js';

/** Fields that hold nothing but URLs, relative ones too, and what says of what kind they are. */
const URL_FIELDS: ReadonlySet<string> = new Set([
  'content-location',
  'destination',
  'link',
  'location',
  'origin',
  'referer',
  'refresh',
  'sourcemap',
]);
/**
 * Fields of which one changed character would be another value. Cookies are stored as a whole or not at all: a jar must get none
 * that is half of what it was.
 */
const NEVER_URLS: ReadonlySet<string> = new Set([
  ...['etag', 'if-match', 'if-none-match', 'if-range', 'cookie', 'set-cookie', 'set-cookie2'],
]);
/** What URLs in a field stand between. Not single quotes, which are part of many (`?$filter=name eq 'x'`). */
const BETWEEN_URLS = /([\s<>"]+|,(?=[a-z][a-z\d+.-]{0,20}:\/\/))/i;
/** Only these parts of a URL can hold secrets. */
const MAY_HOLD_SECRETS = /[?#@]/;
const SCHEME_CHARACTER = /[a-z\d+.-]/i;
/** What precedes the URL in `Refresh`: `0;url='https://…'`. */
const REFRESH_PREFIX = /^(?:[\d.]*[;,])?(?:url=)?'*/i;

/**
 * A header field in which what is secret in URLs is redacted, in the whole value or in any part of it; what else there is
 * stays as it was, and so does a field without secrets.
 * @param name in lower case
 */
export function redactUrlsIn(name: string, value: FieldValue, rules: NameRules): FieldValue {
  if (typeof value === 'string') return redactUrlsInLine(name, value, rules);
  return value.map((line) => redactUrlsInLine(name, line, rules));
}

function redactUrlsInLine(name: string, line: string, rules: NameRules): string {
  if (!MAY_HOLD_SECRETS.test(line) || NEVER_URLS.has(name)) return line;
  // Of these, the value is one URL, whatever characters it has.
  if (name === 'referer' || name === 'location' || name === 'content-location')
    return redactedUrl(line, rules);
  return line
    .split(BETWEEN_URLS)
    .map((piece) => (MAY_HOLD_SECRETS.test(piece) ? redactPiece(piece, URL_FIELDS.has(name), rules) : piece))
    .join('');
}

function redactPiece(piece: string, isUrl: boolean, rules: NameRules): string {
  const start = isUrl ? (REFRESH_PREFIX.exec(piece)?.[0].length ?? 0) : urlStart(piece);
  return piece.slice(0, start) + redactedUrl(piece.slice(start), rules);
}

/** Where a URL begins in a text without spaces: with its scheme, or with its path from the root; 0 where there is no slash. */
function urlStart(piece: string): number {
  const slash = piece.indexOf('/');
  if (slash === -1) return 0;
  // Within a path, two slashes begin no host.
  if (piece.startsWith('//', slash) && /\w/.test(piece.charAt(slash - 1))) return slash + 1;
  if (!piece.startsWith('://', slash - 1)) return slash;
  let start = slash - 1;
  while (start > 0 && SCHEME_CHARACTER.test(piece.charAt(start - 1))) start -= 1;
  while (start < slash - 1 && !/[a-z]/i.test(piece.charAt(start))) start += 1;
  return start;
}

/** See `redactUrl`. */
export function redactedUrl(url: string, rules: NameRules): string {
  // URL parsers skip tabs and line ends, so a name may be broken by them.
  const joined = url.replace(/[\t\n\r]/g, '');
  const { path, query, fragment } = splitUri(withoutUserinfo(joined));
  const queryText = query === undefined ? '' : `?${redactParameters(query, rules)}`;
  // A fragment may be a list of parameters, or a path with a query of its own.
  const fragmentText = fragment === undefined ? '' : `#${redactNestedText(fragment, rules)}`;
  const redacted = path + queryText + fragmentText;
  return redacted === joined ? url : redacted;
}

function withoutUserinfo(url: string): string {
  if (!url.includes('@')) return url;
  const isSchemeless = /^[\\/]{2}/.test(url);
  const parsed = parseUrl(isSchemeless ? `https:${url}` : url);
  if (parsed !== undefined) {
    if (takeUserinfo(parsed) === undefined) return url;
    return isSchemeless ? parsed.href.slice('https:'.length) : parsed.href;
  }
  const { path } = splitUri(url);
  return cutUserinfo(path).rest + url.slice(path.length);
}
