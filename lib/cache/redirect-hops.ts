import { fieldValue, type HeaderFields } from '../http/header-fields.js';
import { createKey, resourceOf } from '../key/cache-key.js';
import { rulesFor } from '../key/ignored-parameters.js';
import type { KeyRequest } from '../key/request.js';
import { canonicalUri } from '../key/target-uri.js';
import { storableFields } from '../policy/stored-fields.js';
import { fieldsToStore } from './fields-to-store.js';
import type { NetworkResponse, Redirect, RedirectedRequest } from './network.js';
import type { PreparedRequest } from './prepared-request.js';
import type { EffectiveSettings } from './settings.js';
import type { RedirectResponse } from './stored-redirects.js';

/** One of the requests after the first that a chain of redirects was made of. */
export interface LaterHop {
  /** How many redirects lie before it. */
  readonly hop: number;
  /** Of its URL. */
  readonly resource: string;
  /**
   * As if it had been made by itself. Undefined where nothing may be found by it: the key is the user's own, or an earlier
   * request of the chain has the same.
   */
  readonly prepared: PreparedRequest | undefined;
}

const NO_HISTORY: readonly RedirectResponse[] = Object.freeze([]);
const NO_HOPS: readonly LaterHop[] = Object.freeze([]);

/** The redirects on the way as they may be shown and stored: frozen, without secrets. */
export function historyOf(
  settings: EffectiveSettings,
  redirects: readonly Redirect[],
): readonly RedirectResponse[] {
  if (redirects.length === 0) return NO_HISTORY;
  return Object.freeze(redirects.map((redirect) => shownRedirect(settings, redirect)));
}

function shownRedirect(
  settings: EffectiveSettings,
  { method, url, status, headers }: Redirect,
): RedirectResponse {
  const rules = rulesFor(settings.key.ignoredParameters);
  return Object.freeze({
    method,
    url: canonicalUri(url, rules).url,
    status,
    headers: frozenFields(shownFields(settings, headers)),
  });
}

function shownFields(settings: EffectiveSettings, headers: HeaderFields): HeaderFields {
  // Of a redirect nobody needs these.
  const { link: _link, refresh: _refresh, ...fields } = fieldsToStore(settings, storableFields(headers));
  return fields;
}

function frozenFields(fields: HeaderFields): HeaderFields {
  const copied = Object.entries(fields).map(([name, value]): [string, string | readonly string[]] => [
    name,
    typeof value === 'string' ? value : Object.freeze([...value]),
  ]);
  return Object.freeze(Object.fromEntries(copied));
}

/**
 * Whether a later request of a chain was sent credentials that the first one was not, as a cookie jar does and
 * `beforeRedirect` can: what came of them is not for everybody who asks as the first request did. Where it is not known what
 * was sent, there may have been some.
 */
export function hasOtherCredentials(prepared: PreparedRequest, redirects: readonly Redirect[]): boolean {
  return redirects.some(({ next }) => next === undefined || isMoreThan(next.headers, prepared));
}

function isMoreThan(headers: HeaderFields, { varyHeaders, settings }: PreparedRequest): boolean {
  const rules = rulesFor(settings.key.ignoredParameters);
  return Object.keys(headers).some((name) => {
    if (rules.forHeader(name) !== 'partition') return false;
    const value = fieldValue(headers, name) ?? '';
    const first = fieldValue(varyHeaders, name) ?? '';
    // Each URL has its own of a jar's cookies.
    return name === 'cookie' ? !cookies(value).every((one) => cookies(first).includes(one)) : value !== first;
  });
}

function cookies(field: string): readonly string[] {
  return field.split(';').map((cookie) => cookie.trim());
}

/**
 * The requests after the first that led to a response, as far as it is known what was asked. Credentials are those that were
 * sent with each: what one origin was told does not partition what another said.
 */
export function laterHops(prepared: PreparedRequest, response: NetworkResponse): readonly LaterHop[] {
  if (response.redirects.length === 0) return NO_HOPS;
  const hops: LaterHop[] = [];
  const taken = new Set([prepared.identity.key]);
  let hasBody = true;
  for (const [index, { next, method }] of response.redirects.entries()) {
    if (next === undefined) break;
    if (index === response.redirects.length - 1 && !isWhatAnswered(prepared, next, response)) break;
    // A redirect that changes the method takes the body away.
    hasBody &&= next.method === method;
    const asked = prepared.identity.isCustomKey ? undefined : preparedHop(prepared, next, hasBody);
    const isNew = asked !== undefined && !taken.has(asked.identity.key);
    if (isNew) taken.add(asked.identity.key);
    const resource = asked?.identity.resource ?? resourceOf(next.url, prepared.settings.key);
    hops.push({ hop: index + 1, resource, prepared: isNew ? asked : undefined });
  }
  return hops;
}

/** Whether the last request of the chain went to the URL that is known to have answered. */
function isWhatAnswered(
  { head, settings }: PreparedRequest,
  { url }: RedirectedRequest,
  { finalUrl, isUrlKnown }: NetworkResponse,
): boolean {
  const rules = rulesFor(settings.key.ignoredParameters);
  return isUrlKnown && canonicalUri(url, rules).url === canonicalUri(finalUrl ?? head.url, rules).url;
}

function preparedHop(
  prepared: PreparedRequest,
  { method, url, headers }: RedirectedRequest,
  hasBody: boolean,
): PreparedRequest {
  const { auth: _auth, body, ...exchange } = prepared.keyRequest;
  const isAboutGet = prepared.head.method === 'HEAD' && prepared.identity.method === 'GET';
  const keyRequest: KeyRequest = {
    ...exchange,
    method: isAboutGet && method === 'HEAD' ? 'GET' : method,
    url,
    headers,
    ...(hasBody && body !== undefined ? { body } : {}),
  };
  const identity = createKey(keyRequest, prepared.settings.key);
  const head = { method: isAboutGet ? 'HEAD' : identity.method, url, headers };
  return { ...prepared, head, keyRequest, identity, varyHeaders: headers };
}
