import { fieldLines, type FieldValue, type HeaderFields, nameTable } from '../http/header-fields.js';
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
import { canonicalParameters } from './parameter-list.js';
import { bodyOfPart, bytesOf, type PlainBody, textOf } from './request-body.js';
import type { KeySettings, MultipartPart, RequestBody } from './request.js';
import { redactedUrl, redactUrlsIn } from './url-fields.js';

/**
 * Conditions of the caller's own. An entity tag may be any text, also one by which its holder is known, and nothing needs
 * these values once they are sent.
 */
const OWN_CONDITIONS: ReadonlySet<string> = new Set(['if-match', 'if-none-match', 'if-range']);

/** @param name of a request's header field, in lower case */
function mayShow(name: string, rules: NameRules): boolean {
  return rules.forHeader(name) === 'keep' && !OWN_CONDITIONS.has(name);
}

/**
 * A request's header fields with the values of credentials, of ignored names and of conditions replaced by `REDACTED`, and URLs in others
 * (`Referer`, `X-Original-URL`) redacted as {@link redactUrl} does; names match in any case and stay as they are.
 */
export function redactHeaders(headers: HeaderFields, settings: KeySettings): HeaderFields {
  const rules = rulesFor(settings.ignoredParameters);
  return mapFields(headers, (name, value) => {
    return mayShow(name, rules) ? redactUrlsIn(name, value, rules) : REDACTED;
  });
}

/**
 * A response's header fields with the values of `DEFAULT_IGNORED_PARAMETERS`, `Cookie` and the names that the user listed
 * replaced by `REDACTED`, and URLs in others (`Link`, `Location`) redacted as {@link redactUrl} does. Other names that would be
 * a credential's in a request (`Signature`, `X-CSRF-Token`) are left alone, and so is `Set-Cookie` unless it is listed: a
 * response without them is another response.
 */
export function redactResponseHeaders(headers: HeaderFields, settings: KeySettings): HeaderFields {
  const rules = rulesFor(settings.ignoredParameters);
  return mapFields(headers, (name, value) =>
    rules.hidesInResponse(name) ? REDACTED : redactUrlsIn(name, value, rules),
  );
}

/** Fields with the URLs that a client goes to next. */
const LEADING_FIELDS = ['location', 'link', 'refresh'];

/**
 * Whether a response leads on by URLs with credentials in them (a presigned `Location`, a `Link` to the next page that has the
 * token). In clear they must not be stored, and without them a hit would lead to where nobody is let in. Names that the user
 * listed are no credentials here: they are redacted, as was asked for.
 */
export function leadsOnByCredentials(headers: HeaderFields, settings: KeySettings): boolean {
  const rules = rulesFor(settings.ignoredParameters).ofCredentials;
  return LEADING_FIELDS.some((name) =>
    fieldLines(headers, name).some((line) => redactUrlsIn(name, line, rules) !== line),
  );
}

/** @param change is given the name in lower case */
function mapFields(
  headers: HeaderFields,
  change: (name: string, value: FieldValue) => FieldValue,
): HeaderFields {
  const changed = nameTable<FieldValue>();
  for (const name of Object.keys(headers)) {
    changed[name] = change(name.toLowerCase(), headers[name] as FieldValue);
  }
  return changed;
}

/**
 * A URL with userinfo removed and the values of credentials and ignored names redacted, in its query and its fragment, and in
 * URLs and JSON that are values there.
 * Unlike the URL of a request's identity it stays as it was otherwise, so that it can be shown in place of the original
 * (redirect history, the URL of the final response).
 */
export function redactUrl(url: string, settings: KeySettings): string {
  return redactedUrl(url, rulesFor(settings.ignoredParameters));
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
 * itself, or a keyed hash where it is a credential or a condition, the user listed the name, or a URL in it has something to redact.
 * @param name of the header field, in any case
 */
export function protectFieldValue(name: string, value: string, settings: KeySettings): string {
  const lowerName = name.toLowerCase();
  const rules = rulesFor(settings.ignoredParameters);
  if (mayShow(lowerName, rules) && redactUrlsIn(lowerName, value, rules) === value) return value;
  return `hmac-sha256:${hashCredentials(credentialMaterial('header', lowerName, value.trim()))}`;
}
