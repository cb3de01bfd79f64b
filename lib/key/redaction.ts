import { type FieldValue, type HeaderFields } from '../http/header-fields.js';
import { canonicalJson } from './canonical-json.js';
import {
  type ContentType,
  isFormType,
  isJsonType,
  isMultipartType,
  parseContentType,
} from './content-type.js';
import { hashCredentials } from './hashing.js';
import { credentialMaterial, type NameRules, REDACTED, rulesFor } from './ignored-parameters.js';
import { parseMultipart } from './multipart.js';
import { canonicalParameters, redactParameters } from './parameter-list.js';
import { bodyOfPart, bytesOf, type PlainBody, textOf } from './request-body.js';
import { type KeySettings, type MultipartPart, type RequestBody } from './request.js';
import { cutUserinfo, parseUrl, splitUri, takeUserinfo } from './target-uri.js';

/**
 * A request's header fields with the values of credentials and of ignored names replaced by `REDACTED`, and `Referer`
 * redacted as {@link redactUrl} does; names match in any case and stay as they are.
 */
export function redactHeaders(headers: HeaderFields, settings: KeySettings): HeaderFields {
  const rules = rulesFor(settings.ignoredParameters);
  return mapFields(headers, (name, value) => {
    if (rules.forHeader(name) !== 'keep') return REDACTED;
    return name === 'referer' ? redactReferer(value, rules) : value;
  });
}

/**
 * A response's header fields with the values of `DEFAULT_IGNORED_PARAMETERS`, `Cookie` and the names that the user listed
 * replaced by `REDACTED`. Other names that would be a credential's in a request (`Signature`, `X-CSRF-Token`) are left alone,
 * and so is `Set-Cookie` unless it is listed: a response without them is another response.
 */
export function redactResponseHeaders(headers: HeaderFields, settings: KeySettings): HeaderFields {
  const rules = rulesFor(settings.ignoredParameters);
  return mapFields(headers, (name, value) => (rules.hidesInResponse(name) ? REDACTED : value));
}

/** @param change is given the name in lower case */
function mapFields(
  headers: HeaderFields,
  change: (name: string, value: FieldValue) => FieldValue,
): HeaderFields {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]): [string, FieldValue] => [
      name,
      change(name.toLowerCase(), value),
    ]),
  );
}

/** The lines of a `Referer` field as {@link redactUrl} leaves them. */
export function redactReferer(value: FieldValue, rules: NameRules): FieldValue {
  return typeof value === 'string'
    ? redactedUrl(value, rules)
    : value.map((line) => redactedUrl(line, rules));
}

/**
 * A URL with userinfo removed and the values of credentials and ignored names redacted, in its query and its fragment.
 * Unlike the URL of a request's identity it stays as it was otherwise, so that it can be shown in place of the original
 * (redirect history, the URL of the final response).
 */
export function redactUrl(url: string, settings: KeySettings): string {
  return redactedUrl(url, rulesFor(settings.ignoredParameters));
}

function redactedUrl(url: string, rules: NameRules): string {
  // URL parsers skip tabs and line ends, so a name may be broken by them.
  const { path, query, fragment } = splitUri(withoutUserinfo(url.replace(/[\t\n\r]/g, '')));
  const queryText = query === undefined ? '' : `?${redactParameters(query, rules)}`;
  const fragmentText = fragment === undefined ? '' : `#${redactParameters(fragment, rules)}`;
  return path + queryText + fragmentText;
}

function withoutUserinfo(url: string): string {
  if (!url.includes('@')) return url;
  const parsed = parseUrl(url);
  if (parsed !== undefined) return takeUserinfo(parsed) === undefined ? url : parsed.href;
  const { path } = splitUri(url);
  return cutUserinfo(path).rest + url.slice(path.length);
}

/**
 * A request body that may be stored: JSON and forms in canonical form, multipart as its parts, with the values of
 * credentials and ignored names redacted at every depth, also outside of `contentRootKey`. Text without a known
 * structure that turns out to be JSON is redacted, too, if there is anything to redact. A body that is not what its
 * type says is replaced as a whole, because nobody can tell what is in it. Other bodies are returned as they are.
 *
 * @param contentType value of the `Content-Type` field; undefined: none
 */
export function redactBody(
  body: RequestBody,
  contentType: string | undefined,
  settings: KeySettings,
): RequestBody {
  const rules = rulesFor(settings.ignoredParameters);
  if (body.kind === 'multipart') return { kind: 'multipart', parts: redactParts(body.parts, rules) };
  const type = parseContentType(contentType);
  if (!isMultipartType(type)) return redactPlainBody(body, type, rules);
  const parts = parseMultipart(bytesOf(body), contentType as string);
  return parts === undefined ? UNREADABLE : { kind: 'multipart', parts: redactParts(parts, rules) };
}

const UNREADABLE: PlainBody = { kind: 'text', text: REDACTED };

function redactPlainBody(body: PlainBody, type: ContentType, rules: NameRules): PlainBody {
  const isJson = isJsonType(type);
  const isForm = isFormType(type);
  const text = isJson || isForm || looksLikeJson(body) ? textOf(body) : undefined;
  if (text === undefined) return isJson || isForm ? UNREADABLE : body;

  // axios labels any text that is posted without a type as a form.
  const json = isJson || looksLikeJson(body) ? canonicalJson(text, rules) : undefined;
  if (json !== undefined) return isJson || json.isRedacted ? { kind: 'text', text: json.text } : body;
  if (isJson) return UNREADABLE;
  return isForm ? { kind: 'text', text: canonicalParameters(text, 'form', rules).text } : body;
}

/** Whether the first character that is not white space opens an object or array. */
function looksLikeJson(body: PlainBody): boolean {
  const { length } = body.kind === 'text' ? body.text : body.bytes;
  for (let index = 0; index < length; index++) {
    const code = body.kind === 'text' ? body.text.charCodeAt(index) : body.bytes[index];
    if (code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d) continue;
    return code === 0x7b || code === 0x5b;
  }
  return false;
}

function redactParts(parts: readonly MultipartPart[], rules: NameRules): MultipartPart[] {
  return parts.map((part) => {
    if (rules.forField(part.name) !== 'keep') return { ...part, value: REDACTED };
    const type = parseContentType(part.contentType);
    const body = isMultipartType(type) ? UNREADABLE : redactPlainBody(bodyOfPart(part), type, rules);
    return { ...part, value: body.kind === 'text' ? body.text : body.bytes };
  });
}

/**
 * A request field's value in the form in which it may be stored for comparing it later (the values that `Vary` nominates):
 * itself, or a keyed hash where it is a credential, the user listed the name, or it is a `Referer` with something to redact.
 * @param name of the header field, in any case
 */
export function protectFieldValue(name: string, value: string, settings: KeySettings): string {
  const lowerName = name.toLowerCase();
  const rules = rulesFor(settings.ignoredParameters);
  const mayShow =
    rules.forHeader(lowerName) === 'keep' && (lowerName !== 'referer' || redactedUrl(value, rules) === value);
  if (mayShow) return value;
  return `hmac-sha256:${hashCredentials(credentialMaterial('header', lowerName, value.trim()))}`;
}
