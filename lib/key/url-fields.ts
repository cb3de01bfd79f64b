import { type FieldValue } from '../http/header-fields.js';
import { type NameRules } from './ignored-parameters.js';
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
/** Fields of which one changed character would be another value; none of them holds a URL. */
const NEVER_URLS: ReadonlySet<string> = new Set(['etag', 'if-match', 'if-none-match', 'if-range', 'cookie']);
/** What URLs in a field stand between. */
const BETWEEN_URLS = /([\s<>"']+)/;
/** Only these parts of a URL can hold secrets. */
const MAY_HOLD_SECRETS = /[?#@]/;
/** What precedes the URL (`0;url=` in `Refresh`), and the URL: absolute, or with its path from the root. */
const MAY_BE_URL = /^(.*?)((?:[a-z][a-z\d+.-]*:\/\/|\/).*)$/i;
const REFRESH_PREFIX = /^(?:[\d.]*[;,])?url=/i;

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
  if (isUrl) {
    const prefix = REFRESH_PREFIX.exec(piece)?.[0] ?? '';
    return prefix + redactedUrl(piece.slice(prefix.length), rules);
  }
  const [, before = '', url = piece] = MAY_BE_URL.exec(piece) ?? [];
  return before + redactedUrl(url, rules);
}

/** See `redactUrl`. */
export function redactedUrl(url: string, rules: NameRules): string {
  // URL parsers skip tabs and line ends, so a name may be broken by them.
  const { path, query, fragment } = splitUri(withoutUserinfo(url.replace(/[\t\n\r]/g, '')));
  const queryText = query === undefined ? '' : `?${redactParameters(query, rules)}`;
  // A fragment may be a list of parameters, or a path with a query of its own.
  const fragmentText = fragment === undefined ? '' : `#${redactNestedText(fragment, rules)}`;
  return path + queryText + fragmentText;
}

function withoutUserinfo(url: string): string {
  if (!url.includes('@')) return url;
  const parsed = parseUrl(url);
  if (parsed !== undefined) return takeUserinfo(parsed) === undefined ? url : parsed.href;
  const { path } = splitUri(url);
  return cutUserinfo(path).rest + url.slice(path.length);
}
