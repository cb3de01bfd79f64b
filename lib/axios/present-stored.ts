import type { AxiosResponse, InternalAxiosRequestConfig } from 'axios';
import type { Answer } from '../cache/answer.js';
import type { CacheCore } from '../cache/cache-core.js';
import type { ExchangeResult } from '../cache/exchange-result.js';
import type { Outcome, ResponseCacheInfo } from '../cache/outcome.js';
import type { PreparedRequest } from '../cache/prepared-request.js';
import type { BodyShape, StoredResponse } from '../cache/stored-response.js';
import { currentAgeSeconds } from '../policy/current-age.js';
import { redirectedMethod } from '../policy/redirects.js';
import type { MaybePromise } from '../storage/backend.js';
import { hasGivenUp } from './abort.js';
import { familyOf, givesBytes, isNamedAdapter } from './adapter-family.js';
import { asIfSent, type Unsent } from './as-sent.js';
import { tellJar } from './hidden-credentials.js';
import { sharedValue } from './immutable-data.js';
import {
  type AxiosNetworkResponse,
  shownFields,
  standInRequest,
  toAxiosHeaders,
  toFields,
} from './messages.js';
import type { OwnCopy } from './own-copy.js';
import { type ChangingField, storedAxiosHeaders } from './stored-headers.js';
import { deliverStored } from './stored-body.js';

/** An answer from storage. */
type StoredResult = Extract<ExchangeResult<AxiosNetworkResponse>, { kind: 'stored' }>;

/**
 * A response from storage as an adapter of this caller would have given it; at once where nothing has to be waited for.
 * @param isDirect whether axios itself gets it, and no other function in between
 */
export function presentStored(
  core: CacheCore,
  copy: OwnCopy,
  config: InternalAxiosRequestConfig,
  prepared: PreparedRequest,
  result: StoredResult,
  cache: ResponseCacheInfo,
  isDirect: boolean,
): MaybePromise<AxiosResponse> {
  const { stored, answer: given, outcome } = result;
  const { url } = prepared.head;
  const family = familyOf(config);
  const asked = family === 'fetch' ? url : undefined;
  const request = standInRequest(lastMethod(prepared, stored), stored.finalUrl ?? url, given.status, asked);
  const finish = (): MaybePromise<AxiosResponse> => {
    const headers = shownHeaders(config, prepared, result);
    const { status, statusText } = given;
    const response = { status, statusText, headers, config, request, cache };
    const shared =
      isDirect && isToBeShared(config, prepared, result)
        ? sharedValue(core, config, stored, family, shapeFor(config, given))
        : undefined;
    const data = deliverStored(copy, given, response, shared?.made !== undefined);
    const complete = (delivered: unknown): AxiosResponse => {
      const shown = shared?.made ?? delivered;
      // The config of a request that has failed is the caller's again.
      if (!hasGivenUp(config)) shared?.install(shown);
      return Object.assign(response, { data: shown });
    };
    return data instanceof Promise ? data.then(complete) : complete(data);
  };
  const isShown = isNamedAdapter(config.adapter) ? family === 'http' : stored.adapterHeaders !== undefined;
  const added = isShown ? copy.adapterHeaders.addedTo(stored.adapterHeaders) : undefined;
  const pretend = (known: Unsent['added']): MaybePromise<void> =>
    asIfSent(copy, { config, url, family, request, added: known });
  const pretended = added instanceof Promise ? added.then(pretend) : pretend(added);
  const tellsJar = prepared.settings.replayCookies && outcome.fwd === undefined;
  const told = tellsJar
    ? Promise.resolve(pretended).then(() => tellJarOf(config, prepared, stored, given))
    : pretended;
  return told instanceof Promise ? told.then(finish) : finish();
}

/** In which shape this caller gets the body. */
function shapeFor(config: InternalAxiosRequestConfig, { bodyShape }: Answer): BodyShape {
  return bodyShape !== 'none' && givesBytes(config) ? 'bytes' : bodyShape;
}

/** Whether everybody may have the same value: of the whole, and of a kind that can be frozen. */
function isToBeShared(
  { responseType }: InternalAxiosRequestConfig,
  { settings, head }: PreparedRequest,
  { stored, answer }: StoredResult,
): boolean {
  const isValue = responseType === undefined || responseType === 'json' || responseType === 'text';
  return (
    settings.immutableData &&
    isValue &&
    head.method !== 'HEAD' &&
    answer.status === stored.status &&
    answer.body.byteLength === stored.bodyBytes &&
    stored.parts === undefined
  );
}

/** The header fields of a hit, in an object of the caller's own. */
function shownHeaders(
  config: InternalAxiosRequestConfig,
  { settings }: PreparedRequest,
  { stored, answer: { headers: given, status }, outcome }: StoredResult,
): AxiosResponse['headers'] {
  const shown = shownFields(given, config, status);
  const changing = settings.policy.cacheControl ? ageField(outcome, stored.headerNames) : undefined;
  if (shown === stored.headers) return storedAxiosHeaders(config, shown, stored.headerNames, changing);
  const fields = toFields(shown, stored.headerNames);
  if (changing !== undefined) fields[changing.name] = changing.value;
  return toAxiosHeaders(config, fields);
}

/** Puts the cookies of a hit into the caller's jar, where that is asked for. */
async function tellJarOf(
  config: InternalAxiosRequestConfig,
  { head }: PreparedRequest,
  { finalUrl, redirects }: StoredResponse,
  { headers }: Answer,
): Promise<void> {
  await tellJar(config, [...(redirects?.history ?? []), { url: finalUrl ?? head.url, headers }]);
}

/** The method of the request that was answered in the end. */
function lastMethod({ head }: PreparedRequest, { redirects }: StoredResponse): string {
  const last = redirects?.history.at(-1);
  return last === undefined ? head.method : redirectedMethod(last.method, last.status);
}

/** RFC 9111 section 5.1: a response from a cache tells its age. https://www.rfc-editor.org/rfc/rfc9111.html#section-5.1 */
function ageField({ stored, now }: Outcome, names: StoredResponse['headerNames']): ChangingField | undefined {
  if (stored === undefined) return undefined;
  return { name: names?.['age'] ?? 'age', value: String(Math.floor(currentAgeSeconds(stored, now))) };
}
