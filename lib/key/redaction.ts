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
 * Header fields with the values of credentials and of ignored names replaced by `REDACTED`; names match in any case and
 * stay as they are. `Set-Cookie` is kept unless the user lists it: a response without it is another response.
 */
export function redactHeaders(headers: HeaderFields, settings: KeySettings): HeaderFields {
  const rules = rulesFor(settings.ignoredParameters);
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]): [string, FieldValue] => [
      name,
      rules.forHeader(name.toLowerCase()) === 'keep' ? value : REDACTED,
    ]),
  );
}

/**
 * A URL with userinfo removed and the values of credentials and ignored names redacted, in its query and its fragment.
 * Unlike the URL of a request's identity it stays as it was otherwise, so that it can be shown in place of the original
 * (redirect history, the URL of the final response).
 */
export function redactUrl(url: string, settings: KeySettings): string {
  const rules = rulesFor(settings.ignoredParameters);
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
 * A field's value in the form in which it may be stored for comparing it later (the values that `Vary` nominates): itself,
 * or a keyed hash where it is a credential or the user listed the name.
 * @param name of the header field, in any case
 */
export function protectFieldValue(name: string, value: string, settings: KeySettings): string {
  const lowerName = name.toLowerCase();
  if (rulesFor(settings.ignoredParameters).forHeader(lowerName) === 'keep') return value;
  return `hmac-sha256:${hashCredentials(credentialMaterial('header', lowerName, value.trim()))}`;
}
