import { type EpochMs } from '../clock.js';
import { type HeaderFields } from '../http/header-fields.js';
import { redactHeaders, redactResponseHeaders, redactUrl } from '../key/redaction.js';
import { variantKey } from '../key/variant-key.js';
import { type NominatedValues, type StorageVerdict } from '../policy/messages.js';
import { responseDirectives } from '../policy/stale-serving.js';
import { storableFields, withoutListedFields } from '../policy/stored-fields.js';
import { nominate, nominatedFieldNames } from '../policy/vary.js';
import { type NetworkResponse } from './network.js';
import { type PreparedRequest } from './prepared-request.js';
import { type StoredRequest, type StoredResponse } from './stored-response.js';

type StoredLifetime = Omit<Extract<StorageVerdict, { store: true }>, 'store' | 'reason'>;

/** A response as it is stored for a request. @param now when it is stored */
export function newStoredResponse(
  prepared: PreparedRequest,
  response: NetworkResponse,
  body: Uint8Array,
  lifetime: StoredLifetime,
  now: EpochMs,
): StoredResponse {
  const { identity } = prepared;
  const headers = fieldsToStore(prepared, storableFields(response.headers));
  return {
    ...placeOf(prepared, response.headers),
    key: identity.key,
    resource: identity.resource,
    isCustomKey: identity.isCustomKey,
    url: identity.url,
    method: identity.method,
    partition: identity.partition,
    status: response.status,
    statusText: response.statusText,
    headers,
    headerNames: response.headerNames,
    request: storedRequest(prepared),
    finalUrl: response.finalUrl && redactUrl(response.finalUrl, prepared.settings.key),
    adapterHeaders: response.adapterHeaders,
    bodyShape: response.bodyShape,
    bodyBytes: body.byteLength,
    isByteExact: response.isByteExact,
    parts: response.parts,
    requestSentAt: response.requestSentAt,
    responseReceivedAt: response.responseReceivedAt,
    createdAt: now,
    generatedAt: lifetime.generatedAt,
    expiresAt: lifetime.expiresAt,
    retainUntil: lifetime.retainUntil,
    lifetimeSource: lifetime.lifetimeSource,
  };
}

/** Where among its key's variants a response to this request belongs. */
export function placeOf(
  prepared: PreparedRequest,
  headers: HeaderFields,
): { readonly nominated: NominatedValues | undefined; readonly variant: string } {
  const names = nominatedFieldNames(headers);
  const nominated =
    names === undefined || names === '*'
      ? undefined
      : nominate(names, prepared.varyHeaders, prepared.protect);
  const { identity } = prepared;
  return { nominated, variant: variantKey(nominated, identity.isCustomKey ? identity.partition : '') };
}

/** The fields of a response that may be stored: without secrets, cookies that are not replayed, and what `no-cache` lists. */
export function fieldsToStore(prepared: PreparedRequest, headers: HeaderFields): HeaderFields {
  const directives = responseDirectives({ headers }, prepared.settings.policy);
  const redacted = redactResponseHeaders(withoutListedFields(headers, directives), prepared.settings.key);
  if (prepared.settings.replayCookies || !Object.hasOwn(redacted, 'set-cookie')) return redacted;
  const { 'set-cookie': _cookies, ...others } = redacted;
  return others;
}

function storedRequest(prepared: PreparedRequest): StoredRequest {
  const { keyRequest, identity, settings, varyHeaders } = prepared;
  return {
    method: keyRequest.method.toUpperCase(),
    headers: redactHeaders(varyHeaders, settings.key),
    bodyKey: identity.bodyKey,
    decompress: keyRequest.decompress,
    maxRedirects: keyRequest.maxRedirects,
    socketPath: keyRequest.socketPath,
    insecure: keyRequest.insecure,
  };
}
