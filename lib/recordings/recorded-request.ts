import { fieldValue, headerFields, type HeaderFields } from '../http/header-fields.js';
import { keyFromFunction, resourceOf } from '../key/cache-key.js';
import { isJsonType, parseContentType } from '../key/content-type.js';
import { lengthPrefixed, optionalPrefixed, sha256Hex } from '../key/hashing.js';
import { type NameRules, rulesFor } from '../key/ignored-parameters.js';
import { matchedHeaders } from '../key/matched-headers.js';
import { requestMethod } from '../key/method.js';
import { decodedName } from '../key/percent-encoding.js';
import { redactBody, redactHeaders } from '../key/redaction.js';
import { canonicalBody, textOf } from '../key/request-body.js';
import type { KeyRequest, KeySettings, RequestBody, RequestIdentity } from '../key/request.js';
import { canonicalUri, splitUri } from '../key/target-uri.js';

/** A request as a recording shows it, without secrets. */
export interface ShownRequest {
  /** Effective, in upper case. */
  readonly method: string;
  /** Canonical, without parameters that hold credentials or are ignored. */
  readonly url: string;
  /** Those that tell requests apart, or say what the body is. */
  readonly headers: HeaderFields;
  /** What JSON says, or a text; of other bodies their length in words. Undefined: none. */
  readonly body: unknown;
}

/** Part of every key: a change of the rules below makes old recordings unfound rather than misread. */
const KEY_FORMAT = 'axios-persistent-cache/recording/1';

/** Fields by which a request asks for less than the whole: their values count, since what comes differs. */
const PARTIAL_FIELDS = ['range', 'if-range'] as const;
/** Of conditions only the presence counts: the entity tags of one recording are not those of the next. */
const CONDITIONS = ['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since'] as const;
const SHOWN_FIELDS: ReadonlySet<string> = new Set(['accept', 'content-type', ...PARTIAL_FIELDS]);

/**
 * What a request is recorded and found under: method, URL, body, and the header fields that `matchHeaders` names. Credentials
 * and what is ignored count for nothing, not even their presence, so that what was recorded with a token is found without.
 *
 * @param customKey the request's own key, in place of all this
 * @throws whatever the user's `keyFn` throws
 */
export function identifyRecorded(
  request: KeyRequest,
  settings: KeySettings,
  customKey: string | undefined,
): { readonly identity: RequestIdentity; readonly shown: ShownRequest } {
  const rules = rulesFor(settings.ignoredParameters);
  const { headers, body } = request;
  const url = withoutIgnored(canonicalUri(request.url, rules).url, rules);
  const method = requestMethod(request.method, headers).effective;
  const contentType = fieldValue(headers, 'content-type');
  const canonical = body && canonicalBody(body, contentType, rules, settings.contentRootKey);
  const bodyKey =
    canonical === undefined
      ? '-'
      : lengthPrefixed(canonical.form) +
        lengthPrefixed(canonical.contentType) +
        lengthPrefixed(canonical.digest);
  const defaultKey = (): string =>
    sha256Hex(
      KEY_FORMAT +
        lengthPrefixed(method) +
        lengthPrefixed(url) +
        bodyKey +
        lengthPrefixed(matchedHeaders(headers, settings.matchHeaders, rules).text) +
        PARTIAL_FIELDS.map((name) => optionalPrefixed(fieldValue(headers, name))).join('') +
        CONDITIONS.filter((name) => Object.hasOwn(headers, name)).join(),
    );
  const shown = {
    method,
    url,
    headers: shownFields(headers, settings),
    body: shownBody(body, contentType, settings),
  };
  const own = customKey ?? keyFromFunction(request, settings, method, url, defaultKey);
  const identity: RequestIdentity = {
    key: own === undefined ? defaultKey() : sha256Hex(KEY_FORMAT + lengthPrefixed('own') + own),
    isCustomKey: true,
    resource: resourceOf(url, settings),
    method,
    url,
    partition: '',
    bodyDigest: canonical?.digest,
    bodyKey,
  };
  return { identity, shown };
}

/** @param url canonical */
function withoutIgnored(url: string, rules: NameRules): string {
  const { path, query } = splitUri(url);
  if (query === undefined) return url;
  const kept = query.split('&').filter((text) => {
    return rules.forField(decodedName(text.split('=', 1)[0] as string)) === 'keep';
  });
  return kept.length === 0 ? path : `${path}?${kept.join('&')}`;
}

function shownFields(headers: HeaderFields, settings: KeySettings): HeaderFields {
  const { matchHeaders } = settings;
  const listed = typeof matchHeaders === 'boolean' ? [] : matchHeaders.map((name) => name.toLowerCase());
  const shown = Object.entries(headers).filter(([name]) => SHOWN_FIELDS.has(name) || listed.includes(name));
  return redactHeaders(headerFields(shown.map(([name, value]) => [name, withoutBoundary(value)])), settings);
}

/** The boundary of a multipart body is another one each time. */
function withoutBoundary<T>(value: T): T | string {
  return typeof value === 'string' ? value.replace(/(multipart\/[^;]+);.*/i, '$1') : value;
}

function shownBody(
  body: RequestBody | undefined,
  contentType: string | undefined,
  settings: KeySettings,
): unknown {
  if (body === undefined) return undefined;
  const redacted = redactBody(body, contentType, settings);
  if (redacted.kind === 'multipart') {
    return redacted.parts.map(({ name, filename, contentType: type, value }) => ({
      name,
      ...(filename === undefined ? {} : { filename }),
      ...(type === undefined ? {} : { contentType: type }),
      value:
        typeof value === 'string' ? value : (textOf({ kind: 'bytes', bytes: value }) ?? bytesText(value)),
    }));
  }
  const text = textOf(redacted);
  if (text === undefined) return bytesText((redacted as { bytes: Uint8Array }).bytes);
  if (!isJsonType(parseContentType(contentType))) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function bytesText(bytes: Uint8Array): string {
  return `(${bytes.byteLength} bytes, SHA-256 ${sha256Hex(bytes)})`;
}
