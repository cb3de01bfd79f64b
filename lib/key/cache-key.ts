import { InvalidOptionError } from '../errors.js';
import { fieldValue } from '../http/header-fields.js';
import { headerCredentials } from './credentials.js';
import { hashCredentials, lengthPrefixed, optionalPrefixed, sha256Hex } from './hashing.js';
import { foreignHost } from './host-field.js';
import { credentialMaterial, rulesFor } from './ignored-parameters.js';
import { matchedHeaders } from './matched-headers.js';
import { requestMethod } from './method.js';
import { canonicalBody, type CanonicalBody } from './request-body.js';
import type { KeyFunctionRequest, KeyRequest, KeySettings, RequestIdentity } from './request.js';
import { canonicalUri } from './target-uri.js';

export type {
  KeyFunction,
  KeyFunctionRequest,
  KeyRequest,
  KeySettings,
  MultipartPart,
  RequestBody,
  RequestIdentity,
} from './request.js';

/** Part of every key: a change of the rules below changes it, so that old keys are not found rather than misread. */
const KEY_FORMAT = 'axios-persistent-cache/key/1';
const NO_BODY = '-';
/** Ends a partition that was made of credentials of which what is stored shows nothing. */
const UNSEEN = '*';
const RESOURCE_FORMAT = 'axios-persistent-cache/resource/1';

/**
 * Computes what a request is stored and found under.
 *
 * The key is SHA-256 over: real and effective method, canonical redacted URL, credential partition, names of ignored
 * credentials that are present, content type and body, matched header fields, the options that change the exchange
 * (`decompress`, `maxRedirects`, `socketPath`, `insecure`), and a `Host` field that names another host than the URL, each
 * with its length before it.
 *
 * Not in the key: `Cache-Control` and other ways to steer the cache, time-outs, the response type, `Range` and
 * conditions, which the policy answers. `resource` is of the URL alone, so that invalidation reaches it under every `Host`.
 *
 * @param customKey the request's own key, used as it is; goes before `keyFn`, which goes before the rules. Everything but
 * `key` is computed in the same way, and keeps users apart under one custom key.
 * @throws ERR_CACHE_INVALID_OPTION when `customKey` is empty or `keyFn` returns anything but a non-empty string
 * @see https://www.rfc-editor.org/rfc/rfc9111.html#section-2
 */
export function createKey(request: KeyRequest, settings: KeySettings, customKey?: string): RequestIdentity {
  const rules = rulesFor(settings.ignoredParameters);
  const target = canonicalUri(request.url, rules);
  const method = requestMethod(request.method, request.headers);
  const body =
    request.body === undefined
      ? undefined
      : canonicalBody(
          request.body,
          fieldValue(request.headers, 'content-type'),
          rules,
          settings.contentRootKey,
        );
  const credentials = headerCredentials(request, target.userinfo, rules);
  const matched = matchedHeaders(request.headers, settings.matchHeaders, rules);
  const partition = partitionOf(
    credentials.secrets + target.secrets + (body === undefined ? '' : body.secrets),
    target.unseen + matched.secrets + clientSecrets(request),
  );

  const bodyKey = bodyKeyText(body);
  const defaultKey = (): string =>
    composedKey({
      method: method.keyText,
      url: target.url,
      partition,
      omitted: credentials.omitted,
      body: bodyKey,
      matched: matched.text,
      exchange: exchangeKeyText(request),
      host: foreignHost(request.headers, target.url, rules),
    });
  const ownKey = customKey ?? keyFromFunction(request, settings, method.effective, target.url, defaultKey);
  if (ownKey === '') throw new InvalidOptionError('key', ownKey, 'a non-empty string');
  return {
    key: ownKey ?? defaultKey(),
    isCustomKey: ownKey !== undefined,
    resource: hashResource(target.url),
    method: method.effective,
    url: target.url,
    partition,
    bodyDigest: body?.digest,
    bodyKey,
  };
}

/** What is kept of a request for making its key again: redacted, and of the body only what the key needs. */
export interface StoredKeyRequest
  extends
    Pick<KeyRequest, 'method' | 'url' | 'headers'>,
    ExchangeOptions,
    Pick<RequestIdentity, 'partition' | 'bodyKey'> {}

/**
 * The key of a request that is known only in its stored form, by other settings than it was stored with. Values that were
 * redacted are lost: where the settings now want them, the result is a key that no request has, never another user's.
 */
export function recreateKey(
  stored: StoredKeyRequest,
  settings: KeySettings,
): Pick<RequestIdentity, 'key' | 'resource' | 'url' | 'partition'> {
  const { method, url, headers } = stored;
  const rules = rulesFor(settings.ignoredParameters);
  const target = canonicalUri(url, rules);
  const credentials = headerCredentials(stored, undefined, rules);
  const matched = matchedHeaders(headers, settings.matchHeaders, rules);
  // Fields that were not matched by then may be redacted in what is stored: what they had is lost, and no request must equal that.
  const secrets = credentials.secrets + target.secrets + matched.secrets;
  const partition = recreatedPartition(stored, secrets, target.unseen);
  const key = composedKey({
    method: requestMethod(method, headers).keyText,
    url: target.url,
    partition,
    omitted: credentials.omitted,
    body: stored.bodyKey,
    matched: matched.text,
    exchange: exchangeKeyText(stored),
    host: foreignHost(headers, target.url, rules),
  });
  return { key, resource: hashResource(target.url), url: target.url, partition };
}

/**
 * @param secrets credentials of which redaction leaves the names
 * @param unseen credentials of which what is stored need not show anything
 */
function partitionOf(secrets: string, unseen: string): string {
  if (unseen !== '') return hashCredentials(secrets + unseen) + UNSEEN;
  return secrets === '' ? '' : hashCredentials(secrets);
}

function clientSecrets({ clientIdentity }: KeyRequest): string {
  return clientIdentity === undefined ? '' : credentialMaterial('client', 'certificate', clientIdentity);
}

/**
 * A partition ends only where every credential that it was made of is seen to be ignored now. What came from the body, or
 * from where nothing is left to be seen (a value within another one, a client certificate), cannot be judged, and keeps it.
 *
 * @param secrets what of the stored request is a credential by the settings of now, redacted
 * @param unseen likewise, what cannot be seen once it is redacted
 */
function recreatedPartition(stored: StoredKeyRequest, secrets: string, unseen: string): string {
  if (stored.partition === '') return partitionOf(secrets, unseen);
  if (secrets + unseen !== '' || stored.bodyKey !== NO_BODY || stored.partition.endsWith(UNSEEN)) {
    return stored.partition;
  }
  const rules = rulesFor(undefined);
  const visible =
    headerCredentials(stored, undefined, rules).secrets + canonicalUri(stored.url, rules).secrets;
  return visible === '' ? stored.partition : '';
}

/** The texts that a key is made of. */
interface KeyParts {
  readonly method: string;
  readonly url: string;
  readonly partition: string;
  readonly omitted: string;
  readonly body: string;
  readonly matched: string;
  readonly exchange: string;
  /** Undefined: the URL's own. */
  readonly host: string | undefined;
}

function composedKey(parts: KeyParts): string {
  return sha256Hex(
    KEY_FORMAT +
      parts.method +
      lengthPrefixed(parts.url) +
      lengthPrefixed(parts.partition) +
      lengthPrefixed(parts.omitted) +
      parts.body +
      lengthPrefixed(parts.matched) +
      parts.exchange +
      (parts.host === undefined ? '' : lengthPrefixed(parts.host)),
  );
}

type ExchangeOptions = {
  readonly [Name in 'decompress' | 'maxRedirects' | 'socketPath' | 'insecure']?: KeyRequest[Name] | undefined;
};

/** The `resource` of a URL's requests: a hash of its canonical, redacted form. 64 hex digits. */
export function resourceOf(url: string, settings: KeySettings): string {
  return hashResource(canonicalUri(url, rulesFor(settings.ignoredParameters)).url);
}

function hashResource(canonicalUrl: string): string {
  return sha256Hex(RESOURCE_FORMAT + canonicalUrl);
}

function bodyKeyText(body: CanonicalBody | undefined): string {
  if (body === undefined) return NO_BODY;
  return lengthPrefixed(body.form) + lengthPrefixed(body.contentType) + lengthPrefixed(body.digest);
}

function exchangeKeyText({ decompress, maxRedirects, socketPath, insecure }: ExchangeOptions): string {
  const flags = (decompress === false ? 'compressed,' : '') + (insecure === true ? 'insecure,' : '');
  return lengthPrefixed(flags) + optionalPrefixed(maxRedirects?.toString()) + optionalPrefixed(socketPath);
}

/** @throws InvalidOptionError (ERR_CACHE_INVALID_OPTION) for what is no key; whatever `keyFn` throws */
export function keyFromFunction(
  { headers, body }: KeyRequest,
  { keyFn }: KeySettings,
  method: string,
  url: string,
  defaultKey: () => string,
): string | undefined {
  if (keyFn === undefined) return undefined;
  const request: KeyFunctionRequest = Object.freeze({
    method,
    url,
    headers: Object.freeze({ ...headers }),
    body,
  });
  const key: unknown = keyFn(request, defaultKey);
  if (typeof key === 'string' && key !== '') return key;
  throw new InvalidOptionError('keyFn', key, 'a function that returns a non-empty string, at once');
}
