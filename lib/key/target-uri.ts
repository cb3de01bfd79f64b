import type { NameRules } from './ignored-parameters.js';
import { canonicalParameters } from './parameter-list.js';
import { normalEscapes } from './percent-encoding.js';

/** A URL in canonical form, apart from what of it is secret. */
export interface TargetUri {
  /** Without userinfo and fragment, protected query values redacted. */
  readonly url: string;
  /** `user:password` of the URL's userinfo, decoded as axios decodes it; undefined: none. */
  readonly userinfo: string | undefined;
  /** Credentials found in the query, in canonical order; `''`: none. */
  readonly secrets: string;
  /** Likewise, those within values of the query, of which the URL need not show anything. */
  readonly unseen: string;
}

/**
 * An absolute http URL that a URL parser would change in its origin at most: plain path without dot segments, query of
 * characters that stay as they are. Groups: origin, path, query.
 */
const PLAIN_URL =
  /^(https?:\/\/[A-Za-z0-9.\-:[\]]+)((?:\/(?!\.{1,2}(?:[/?#]|$))[A-Za-z0-9\-._~!$&'()*+,;=:@]*)*)(?:\?([!$-&(-;=?-~]*))?(?:#.*)?$/;

/** Canonical origins by the text they were written as: parsing an origin costs more than all the rest of a plain URL. */
const origins = new Map<string, string | undefined>();
const MAX_ORIGINS = 500;

/**
 * Canonical form of a URL, as RFC 3986 section 6.2.2 and 6.2.3 and the URL parser of axios see it.
 *
 * Scheme and host in lower case, host in punycode, default port dropped, empty path → `/`, dot segments removed, escapes
 * as in `normalEscapes`, query as in `canonicalParameters`. Kept apart: `/a` and `/a/`, `/a//b` and `/a/b`,
 * `/a%2Fb` and `/a/b`, `/a?` and `/a`, `/A` and `/a`.
 *
 * Never throws: a URL without host (for adapters that know better) or one that cannot be parsed is brought as far as it
 * goes, and is always freed of userinfo.
 *
 * @see https://www.rfc-editor.org/rfc/rfc3986.html#section-6.2.2
 */
export function canonicalUri(url: string, rules: NameRules): TargetUri {
  const plain = PLAIN_URL.exec(url);
  if (plain !== null) {
    const origin = canonicalOrigin(plain[1] as string);
    if (origin !== undefined) {
      return withQuery(
        origin + ((plain[2] as string) === '' ? '/' : (plain[2] as string)),
        plain[3],
        undefined,
        rules,
      );
    }
  }
  return parsedUri(url, rules);
}

function canonicalOrigin(text: string): string | undefined {
  if (origins.has(text)) return origins.get(text);
  const origin = parseUrl(text)?.origin;
  if (origins.size >= MAX_ORIGINS) origins.clear();
  origins.set(text, origin);
  return origin;
}

function parsedUri(source: string, rules: NameRules): TargetUri {
  // As URL parsers do: two slashes may be parted by a tab.
  const url = source.replace(/[\t\n\r]/g, '');
  if (/^[\\/]{2}/.test(url)) return schemelessUri(url, rules);
  if (url.startsWith('/') || url.startsWith('\\')) {
    const absolute = absoluteUri(new URL(`http://localhost${url}`), rules);
    const path = absolute.url.slice('http://localhost'.length);
    // `/..//x` is a path; `//x` would be a host.
    return { ...absolute, url: path.startsWith('//') ? `/.${path}` : path, userinfo: undefined };
  }
  const parsed = parseUrl(url);
  return parsed === undefined ? unparsedUri(url, rules) : absoluteUri(parsed, rules);
}

/**
 * Undefined where the text is no absolute URL. Not `URL.canParse`: on Node 20 that denies valid URLs with characters
 * between U+0080 and U+00FF once it has been compiled.
 */
export function parseUrl(url: string): URL | undefined {
  try {
    return new URL(url);
  } catch {
    return undefined;
  }
}

function absoluteUri(parsed: URL, rules: NameRules): TargetUri {
  const userinfo = takeUserinfo(parsed);
  const { path, query } = splitUri(parsed.href);
  // `data:` and its like: what follows the scheme is content, which has no query and no order to be brought into.
  const isOpaque = !path.startsWith('/', parsed.protocol.length);
  if (isOpaque) {
    const text = query === undefined ? path : `${path}?${query}`;
    // Where a fragment followed, spaces at the end belong to the content.
    return { url: text.replaceAll(' ', '%20'), userinfo, secrets: '', unseen: '' };
  }
  return withQuery(normalEscapes(path), query, userinfo, rules);
}

/** `//host/path`: which port is the default one is not known, so every port is kept. */
function schemelessUri(url: string, rules: NameRules): TargetUri {
  const https = parseUrl(`https:${url}`);
  if (https === undefined) return unparsedUri(url, rules);
  const parsed = https.port === '' ? new URL(`http:${url}`) : https;
  const { protocol } = parsed;
  const absolute = absoluteUri(parsed, rules);
  return { ...absolute, url: absolute.url.slice(protocol.length) };
}

/**
 * The URL is none, or is relative and does not begin with a slash: only the query is brought into form. Decoding what
 * precedes it could make another URL of it (`%41b:c` → `Ab:c`).
 */
function unparsedUri(url: string, rules: NameRules): TargetUri {
  const { path, query, fragment } = splitUri(url);
  const { rest, userinfo } = cutUserinfo(path);
  if (userinfo === undefined && fragment === undefined) return withQuery(path, query, undefined, rules);
  // What is left may be a URL that can be parsed.
  return { ...canonicalUri(query === undefined ? rest : `${rest}?${query}`, rules), userinfo };
}

function withQuery(
  path: string,
  query: string | undefined,
  userinfo: string | undefined,
  rules: NameRules,
): TargetUri {
  if (query === undefined) return { url: path, userinfo, secrets: '', unseen: '' };
  const { text, secrets, unseen } = canonicalParameters(query, 'query', rules);
  return { url: `${path}?${text}`, userinfo, secrets, unseen };
}

/** Cuts a URL into what precedes the query, the query (undefined: no `?`) and the fragment (undefined: no `#`). */
export function splitUri(url: string): {
  path: string;
  query: string | undefined;
  fragment: string | undefined;
} {
  const hash = url.indexOf('#');
  const fragment = hash === -1 ? undefined : url.slice(hash + 1);
  const whole = hash === -1 ? url : url.slice(0, hash);
  const mark = whole.indexOf('?');
  if (mark === -1) return { path: whole, query: undefined, fragment };
  return { path: whole.slice(0, mark), query: whole.slice(mark + 1), fragment };
}

/** Removes the userinfo of a parsed URL and returns it. An empty one (`http://:@host/`) is none, as axios sees it. */
export function takeUserinfo(parsed: URL): string | undefined {
  const { username, password } = parsed;
  if (username === '' && password === '') return undefined;
  parsed.username = '';
  parsed.password = '';
  return `${decodedUserinfo(username)}:${decodedUserinfo(password)}`;
}

/** Cuts out what may be the userinfo of a URL that cannot be parsed: all between the scheme and the last `@`. */
export function cutUserinfo(path: string): { rest: string; userinfo: string | undefined } {
  const at = path.lastIndexOf('@');
  const start = /^\s*(?:[A-Za-z][A-Za-z0-9+.-]*:[\\/]*|[\\/]{2,})/.exec(path);
  if (at === -1 || start === null) return { rest: path, userinfo: undefined };
  const prefix = start[0];
  return { rest: prefix + path.slice(at + 1), userinfo: path.slice(prefix.length, at) };
}

function decodedUserinfo(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
