import { fieldValue, headerFields, type FieldValue, type HeaderFields } from '../http/header-fields.js';
import { isFormType, isJsonType, parseContentType } from '../key/content-type.js';
import { isCredentialHeader } from '../key/credential-names.js';
import { type NameRules, REDACTED, rulesFor } from '../key/ignored-parameters.js';
import { decodedName } from '../key/percent-encoding.js';
import { textOf } from '../key/request-body.js';
import type { KeyRequest, KeySettings, RequestBody } from '../key/request.js';
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
 * the body; and, in JSON and forms, the members whose names are those of credentials (`access_token`), as far as they are texts
 * or made of texts. What is compressed is not looked into.
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

/** Text in another encoding, or with characters that nobody sees, is searched byte by byte: nothing else of it changes. */
function scrubbedBody(
  body: Uint8Array,
  headers: HeaderFields,
  secrets: readonly string[],
  rules: NameRules,
): Uint8Array {
  const readable = readableText(body);
  const encoding = readable === undefined ? 'latin1' : 'utf8';
  const text = readable ?? Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString(encoding);
  const type = parseContentType(fieldValue(headers, 'content-type'));
  const isJson = isJsonType(type) || (readable !== undefined && /^\s*[[{]/.test(text));
  const named = isJson ? withoutMembers(text, rules) : isFormType(type) ? withoutFields(text, rules) : text;
  const bytewise = secrets.map((secret) => Buffer.from(secret).toString('latin1'));
  const clean = withoutSecrets(named, readable === undefined ? [...secrets, ...bytewise] : secrets);
  return clean === text ? body : Buffer.from(clean, encoding);
}

/** Only what is within quotes changes: numbers stay as they are written, and so does white space. */
function withoutMembers(text: string, rules: NameRules): string {
  const isSecret = (name: string): boolean => rules.forField(unquoted(name)) !== 'keep';
  const plain = text.replace(TEXT_MEMBER, (whole, name: string, colon: string) =>
    isSecret(name) ? `${name}${colon}"${REDACTED}"` : whole,
  );
  let clean = '';
  let done = 0;
  for (const { 0: whole, 1: name = '', 2: colon, index } of plain.matchAll(QUOTED_THEN)) {
    if (colon === undefined || index < done || !isSecret(name)) continue;
    const from = index + whole.length;
    const end = endOfValue(plain, from);
    clean += plain.slice(done, from) + plain.slice(from, end).replace(QUOTED, redactedValue);
    done = end;
  }
  return clean + plain.slice(done);
}

/** A member of an object whose value is a text: its name, the colon, and the value; both with their quotes. */
const TEXT_MEMBER = /("(?:[^"\\]|\\.)*")(\s*:\s*)("(?:[^"\\]|\\.)+")/g;
/** A text, and the colon where it is the name of a member whose value is an object or array. */
const QUOTED_THEN = /("(?:[^"\\]|\\.)*")(\s*:\s*(?=[[{]))?/g;
/** A text, and the colon where it is the name of a member. */
const QUOTED = /"(?:[^"\\]|\\.)*"(\s*:)?/g;

function redactedValue(whole: string, colon: string | undefined): string {
  return colon === undefined && whole !== '""' ? `"${REDACTED}"` : whole;
}

/** @param from where an object or array begins */
function endOfValue(text: string, from: number): number {
  let depth = 0;
  const tokens = /"(?:[^"\\]|\\.)*"|[[\]{}]/g;
  tokens.lastIndex = from;
  for (let token = tokens.exec(text); token !== null; token = tokens.exec(text)) {
    if (token[0] === '[' || token[0] === '{') depth += 1;
    else if (token[0] === ']' || token[0] === '}') depth -= 1;
    if (depth === 0) return tokens.lastIndex;
  }
  return text.length;
}

function withoutFields(text: string, rules: NameRules): string {
  return text.replace(/([^&=]+)=([^&]+)/g, (whole, name: string) =>
    rules.forField(decodedName(name)) === 'keep' ? whole : `${name}=${REDACTED}`,
  );
}

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
  const long = new Set(found.filter((secret) => secret.length >= SHORTEST_SECRET).flatMap(spellings));
  return [...long].sort((a, b) => b.length - a.length);
}

/** As it is; as a text within JSON says it, also where that is a text within JSON; as a URL and a form say it. */
function spellings(secret: string): readonly string[] {
  const inJson = JSON.stringify(secret).slice(1, -1);
  const inInnerJson = JSON.stringify(inJson).slice(1, -1);
  const inForm = new URLSearchParams([['', secret]]).toString().slice(1);
  // By way of bytes, since half a surrogate cannot stand in a URL.
  const inUrl = encodeURIComponent(Buffer.from(secret).toString());
  return [secret, inJson, inInnerJson, inUrl, inForm];
}

function headerSecrets(headers: HeaderFields): readonly string[] {
  return Object.keys(headers)
    .filter(isCredentialHeader)
    .flatMap((name) => {
      const value = (fieldValue(headers, name) ?? '').trim();
      const cookies =
        name === 'cookie' ? value.split(';').map((cookie) => cookie.replace(/^[^=]*=/, '')) : [];
      // The value without its scheme, too: `Bearer …`.
      const bare = value.replace(/^\S+\s+/, '');
      const password = /^basic\s/i.test(value)
        ? [
            Buffer.from(bare, 'base64')
              .toString()
              .replace(/^[^:]*:/, ''),
          ]
        : [];
      return [value, bare, ...cookies, ...password];
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
