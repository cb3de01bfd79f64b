import { fieldValue, headerFields, type FieldValue, type HeaderFields } from '../http/header-fields.js';
import { isJsonType, parseContentType } from '../key/content-type.js';
import { isCredentialHeader } from '../key/credential-names.js';
import { type NameRules, REDACTED, rulesFor } from '../key/ignored-parameters.js';
import { decodedName } from '../key/percent-encoding.js';
import { textOf } from '../key/request-body.js';
import { type KeyRequest, type KeySettings, type RequestBody } from '../key/request.js';
import { canonicalUri, splitUri } from '../key/target-uri.js';
import { readableText } from '../storage/readable-text.js';

/** A shorter text may stand anywhere by chance. */
const SHORTEST_SECRET = 8;

/** What of a response is recorded. */
export interface ScrubbedContent {
  readonly headers: HeaderFields;
  readonly body: Uint8Array;
}

/** Plain data without the values of credentials that the request has sent. */
export function scrubbedData<T>(data: T, request: KeyRequest, settings: KeySettings): T {
  if (data === undefined) return data;
  const text = JSON.stringify(data);
  const clean = withoutSecrets(text, secretsOf(request, rulesFor(settings.ignoredParameters)));
  return clean === text ? data : (JSON.parse(clean) as T);
}

/**
 * A response without secrets: the values of credentials that the request has sent, wherever they stand in header fields and in
 * a text; and, in JSON, the members whose names are those of credentials (`access_token`), as far as they are texts.
 */
export function scrubbed(
  { headers, body }: ScrubbedContent,
  request: KeyRequest,
  settings: KeySettings,
): ScrubbedContent {
  const rules = rulesFor(settings.ignoredParameters);
  const secrets = secretsOf(request, rules);
  const fields = Object.entries(headers).map(
    ([name, value]) => [name, withoutSecrets(value, secrets)] as const,
  );
  return { headers: headerFields(fields), body: scrubbedBody(body, headers, secrets, rules) };
}

function scrubbedBody(
  body: Uint8Array,
  headers: HeaderFields,
  secrets: readonly string[],
  rules: NameRules,
): Uint8Array {
  const text = readableText(body);
  if (text === undefined) return body;
  const isJson = isJsonType(parseContentType(fieldValue(headers, 'content-type'))) || /^\s*[[{]/.test(text);
  const scrubbedText = withoutSecrets(isJson ? withoutMembers(text, rules) : text, secrets);
  return scrubbedText === text ? body : Buffer.from(scrubbedText);
}

/** Only the text within the quotes changes: numbers stay as they are written, and so does white space. */
function withoutMembers(text: string, rules: NameRules): string {
  return text.replace(TEXT_MEMBER, (whole, name: string, colon: string) =>
    rules.forField(unquoted(name)) === 'keep' ? whole : `${name}${colon}"${REDACTED}"`,
  );
}

/** A member of an object whose value is a text: its name, the colon, and the value; both with their quotes. */
const TEXT_MEMBER = /("(?:[^"\\]|\\.)*")(\s*:\s*)("(?:[^"\\]|\\.)+")/g;

function unquoted(quoted: string): string {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return quoted;
  }
}

function withoutSecrets<T extends FieldValue>(value: T, secrets: readonly string[]): T {
  if (secrets.length === 0) return value;
  const clean = (text: string): string =>
    secrets.reduce((left, secret) => left.replaceAll(secret, REDACTED), text);
  return (typeof value === 'string' ? clean(value) : value.map(clean)) as T;
}

/** The longest first, since one may be part of another. */
function secretsOf(request: KeyRequest, rules: NameRules): readonly string[] {
  const found = [
    ...headerSecrets(request.headers),
    ...userSecrets(request, rules),
    ...parameterSecrets(splitUri(request.url).query ?? '', rules),
    ...bodySecrets(request.body, rules),
  ];
  const long = new Set(found.filter((secret) => secret.length >= SHORTEST_SECRET));
  return [...long].sort((a, b) => b.length - a.length);
}

function headerSecrets(headers: HeaderFields): readonly string[] {
  return Object.keys(headers)
    .filter(isCredentialHeader)
    .flatMap((name) => {
      const value = (fieldValue(headers, name) ?? '').trim();
      const cookies =
        name === 'cookie' ? value.split(';').map((cookie) => cookie.replace(/^[^=]*=/, '')) : [];
      // The value without its scheme, too: `Bearer …`.
      return [value, value.replace(/^\S+\s+/, ''), ...cookies];
    });
}

function userSecrets({ auth, url }: KeyRequest, rules: NameRules): readonly string[] {
  const userinfo =
    auth === undefined ? canonicalUri(url, rules).userinfo : `${auth.username}:${auth.password}`;
  if (userinfo === undefined) return [];
  return [userinfo.replace(/^[^:]*:/, ''), Buffer.from(userinfo).toString('base64')];
}

function parameterSecrets(list: string, rules: NameRules): readonly string[] {
  return list.split('&').flatMap((parameter) => {
    const [name = '', ...rest] = parameter.split('=');
    const value = rest.join('=');
    return rules.forField(decodedName(name)) === 'keep' ? [] : [value, decodedName(value)];
  });
}

function bodySecrets(body: RequestBody | undefined, rules: NameRules): readonly string[] {
  if (body === undefined) return [];
  if (body.kind === 'multipart') {
    return body.parts.flatMap(({ name, value }) =>
      typeof value === 'string' && rules.forField(name) !== 'keep' ? [value] : [],
    );
  }
  const text = textOf(body) ?? '';
  const members = [...text.matchAll(TEXT_MEMBER)].flatMap(([, name = '', , value = '']) =>
    rules.forField(unquoted(name)) === 'keep' ? [] : [unquoted(value)],
  );
  return [...members, ...parameterSecrets(text, rules)];
}
