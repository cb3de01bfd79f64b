import { canonicalJson } from './canonical-json.js';
import {
  canonicalContentType,
  type ContentType,
  isFormType,
  isJsonType,
  isMultipartType,
  parseContentType,
} from './content-type.js';
import { hashBody, lengthPrefixed, optionalPrefixed } from './hashing.js';
import { credentialMaterial, type NameRules, REDACTED } from './ignored-parameters.js';
import { parseMultipart } from './multipart.js';
import { canonicalParameters } from './parameter-list.js';
import type { MultipartPart, RequestBody } from './request.js';

export { parseMultipart } from './multipart.js';

/** A body as part of a key. */
export interface CanonicalBody {
  /** How the body was read; bodies of different forms are never equal. */
  readonly form: BodyForm;
  /** Keyed hash of the canonical, redacted body. */
  readonly digest: string;
  /** Of the body; the boundary of a multipart body left out. `''`: unknown. */
  readonly contentType: string;
  /** Credentials found in the body, in canonical order; `''`: none. */
  readonly secrets: string;
}

/** `raw`: byte for byte, since nothing is known of its structure. */
export type BodyForm = 'json' | 'form' | 'multipart' | 'raw';

/** A body that is one piece. */
export type PlainBody = Exclude<RequestBody, { kind: 'multipart' }>;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Canonical form of a body by its content type: JSON, form and multipart bodies by their meaning, others, and those that
 * are not what their type says, by their bytes.
 *
 * @param contentType value of the `Content-Type` field; undefined: none
 * @param rootKey see `contentRootKey` of `KeySettings`
 */
export function canonicalBody(
  body: RequestBody,
  contentType: string | undefined,
  rules: NameRules,
  rootKey: string | undefined,
): CanonicalBody {
  if (body.kind === 'multipart') {
    // What axios puts there before its adapter knows the boundary says nothing of the body.
    const given = parseContentType(contentType);
    const type = isMultipartType(given) ? given : parseContentType('multipart/form-data');
    return structured('multipart', type, canonicalParts(body.parts, rules, rootKey));
  }
  const type = parseContentType(contentType);
  if (isMultipartType(type)) {
    const parts = parseMultipart(bytesOf(body), contentType as string);
    if (parts !== undefined) return structured('multipart', type, canonicalParts(parts, rules, rootKey));
  } else if (isJsonType(type)) {
    const json = canonicalJson(textOf(body) ?? '', rules, rootKey);
    if (json !== undefined) return structured('json', type, json);
  } else if (isFormType(type)) {
    const text = textOf(body);
    if (text !== undefined) return structured('form', type, canonicalForm(text, rules));
  }
  return rawBody(body, type);
}

function structured(
  form: BodyForm,
  type: ContentType,
  { text, secrets }: { text: string; secrets: string },
): CanonicalBody {
  return { form, digest: hashBody(text), contentType: canonicalContentType(type), secrets };
}

function canonicalForm(list: string, rules: NameRules): { text: string; secrets: string } {
  const { text, secrets, unseen } = canonicalParameters(list, 'form', rules);
  return { text, secrets: secrets + unseen };
}

function rawBody(body: PlainBody, type: ContentType): CanonicalBody {
  const digest = hashBody(body.kind === 'text' ? body.text : body.bytes);
  return { form: 'raw', digest, contentType: canonicalContentType(type), secrets: '' };
}

/** The bytes of a body. */
export function bytesOf(body: PlainBody): Uint8Array {
  return body.kind === 'text' ? Buffer.from(body.text) : body.bytes;
}

/** The text of a body; undefined where its bytes are not UTF-8. */
export function textOf(body: PlainBody): string | undefined {
  if (body.kind === 'text') return body.text;
  try {
    return utf8.decode(body.bytes);
  } catch {
    return undefined;
  }
}

function canonicalParts(
  parts: readonly MultipartPart[],
  rules: NameRules,
  rootKey: string | undefined,
): { text: string; secrets: string } {
  let text = '';
  let secrets = '';
  for (const part of parts) {
    const treatment = rules.forField(part.name);
    text += lengthPrefixed(part.name) + optionalPrefixed(part.filename) + optionalPrefixed(part.contentType);
    if (treatment === 'omit') {
      text += lengthPrefixed(REDACTED);
      continue;
    }
    const value = canonicalPartValue(part, rules, rootKey);
    text +=
      treatment === 'keep'
        ? lengthPrefixed(value.form) + lengthPrefixed(value.digest)
        : lengthPrefixed(REDACTED);
    if (treatment === 'partition') secrets += credentialMaterial('multipart', part.name, value.digest);
    secrets += value.secrets;
  }
  return { text, secrets };
}

/** Multipart inside of a part is not taken apart: it has no use today, and would have no end. */
function canonicalPartValue(
  part: MultipartPart,
  rules: NameRules,
  rootKey: string | undefined,
): CanonicalBody {
  const body = bodyOfPart(part);
  const type = parseContentType(part.contentType);
  return isMultipartType(type) ? rawBody(body, type) : canonicalBody(body, part.contentType, rules, rootKey);
}

/** The value of a part as a body of its own: a part may be JSON, for instance. */
export function bodyOfPart(part: MultipartPart): PlainBody {
  return typeof part.value === 'string'
    ? { kind: 'text', text: part.value }
    : { kind: 'bytes', bytes: part.value };
}
