import type { EpochMs } from '../clock.js';
import type { HeaderFields } from '../http/header-fields.js';
import { redactHeaders, redactUrl } from '../key/redaction.js';
import { variantKey } from '../key/variant-key.js';
import type { NominatedValues, ResponseHead, StorageVerdict } from '../policy/messages.js';
import { storableFields } from '../policy/stored-fields.js';
import { nominate, nominatedFieldNames } from '../policy/vary.js';
import { fieldsToStore } from './fields-to-store.js';
import type { NetworkResponse } from './network.js';
import type { PreparedRequest } from './prepared-request.js';
import { historyOf, laterHops } from './redirect-hops.js';
import type { StoredRedirects } from './stored-redirects.js';
import type { StoredRequest, StoredResponse } from './stored-response.js';

type StoredLifetime = Omit<Extract<StorageVerdict, { store: true }>, 'store' | 'reason'>;

/**
 * A response as it is stored for a request.
 * @param now when it is stored
 * @param tags undefined: none
 */
export function newStoredResponse(
  prepared: PreparedRequest,
  response: NetworkResponse,
  body: Uint8Array,
  lifetime: StoredLifetime,
  now: EpochMs,
  tags?: readonly string[],
): StoredResponse {
  const { identity } = prepared;
  const headers = fieldsToStore(prepared.settings, storableFields(response.headers));
  // Every member by name: where one object is spread into another of so many members, V8 takes ten times as long.
  const { nominated, variant } = placeOf(prepared, response.headers, response.redirects);
  const { finalUrl, redirects } = wayTo(prepared, response);
  return {
    nominated,
    variant,
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
    finalUrl,
    redirects,
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
    tags: tags?.length === 0 ? undefined : tags,
  };
}

/** Which way led to a response, as it is stored. */
export function wayTo(
  prepared: PreparedRequest,
  response: NetworkResponse,
): Pick<StoredResponse, 'finalUrl' | 'redirects'> {
  return {
    finalUrl: response.finalUrl && redactUrl(response.finalUrl, prepared.settings.key),
    redirects: storedRedirects(prepared, response),
  };
}

function storedRedirects(prepared: PreparedRequest, response: NetworkResponse): StoredRedirects | undefined {
  const { headers, redirects } = response;
  if (redirects.length === 0) return undefined;
  const hops = laterHops(prepared, response).map(({ hop, resource, prepared: asked }) => ({
    hop,
    resource,
    alias: asked && {
      key: asked.identity.key,
      variant: placeOf(asked, headers, redirects.slice(hop)).variant,
    },
  }));
  return { history: historyOf(prepared.settings, redirects), hops };
}

/**
 * Where among its key's variants a response to this request belongs.
 * @param redirects on the way to it: what they vary by decides, too, which response a request leads to
 */
export function placeOf(
  prepared: PreparedRequest,
  headers: HeaderFields,
  redirects: readonly Pick<ResponseHead, 'headers'>[] | undefined,
): { readonly nominated: NominatedValues | undefined; readonly variant: string } {
  const names = namesNominated([{ headers }, ...(redirects ?? [])]);
  const nominated = names.length === 0 ? undefined : nominate(names, prepared.varyHeaders, prepared.protect);
  const { identity } = prepared;
  return { nominated, variant: variantKey(nominated, identity.isCustomKey ? identity.partition : '') };
}

function namesNominated(responses: readonly Pick<ResponseHead, 'headers'>[]): readonly string[] {
  const names = responses.flatMap(({ headers }) => {
    const named = nominatedFieldNames(headers);
    return named === undefined || named === '*' ? [] : named;
  });
  return responses.length === 1 ? names : [...new Set(names)].sort();
}

/** What is kept of a request. */
export function storedRequest(prepared: PreparedRequest): StoredRequest {
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
