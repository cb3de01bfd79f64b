import type { InternalAxiosRequestConfig } from 'axios';
import type { CacheCore } from '../cache/cache-core.js';
import type { PreparedRequest } from '../cache/prepared-request.js';
import type { Invalidation } from '../cache/cache-options.js';
import { namedResponses } from '../cache/named-responses.js';
import type { RecorderSource, RequestRecorder } from '../cache/request-recorder.js';
import { CacheClosedError, InvalidOptionError } from '../errors.js';
import { effectiveMethod } from '../key/method.js';
import type { RequestBody } from '../key/request.js';
import { isSafeMethod } from '../http/status-and-methods.js';
import type { ForwardReason, PassRule, RequestHead, RequestVerdict } from '../policy/messages.js';
import { isOnlyIfCached } from '../policy/request-directives.js';
import { judgePost } from '../policy/post-responses.js';
import { judgeRequest } from '../policy/request-verdict.js';
import type { MaybePromise } from '../storage/backend.js';
import { familyOf, isNamedAdapter } from './adapter-family.js';
import { asksForStream } from './body-shape.js';
import { userShownByJar, withJarCookies } from './hidden-credentials.js';
import { fromAxiosHeaders, toKeyRequest } from './messages.js';
import type { OwnCopy } from './own-copy.js';
import { isPlain, recall, remember } from './prepared-requests.js';
import { canParseDocuments } from './present-xhr.js';
import { type KeyableBody, keyableBody } from './request-body.js';

/** What the policy has to know of a request, and the settings that apply to it. */
export type RequestParts = Pick<PreparedRequest, 'head' | 'settings' | 'invalidates'>;

/** Whether the cache has to do with a request, and if so with what. */
export type Preparation =
  | { readonly kind: 'cached'; readonly prepared: PreparedRequest }
  /** It is recorded, or replayed. */
  | { readonly kind: 'recorded'; readonly prepared: PreparedRequest; readonly recorder: RequestRecorder }
  /** A POST whose answer may be kept for later GETs; it invalidates what is stored, as any unsafe request. */
  | {
      readonly kind: 'post';
      readonly parts: RequestParts;
      /** Where that would be; undefined where it cannot be: the body says who asks, and a GET would not. */
      readonly prepareForGet: () => Promise<PreparedRequest | undefined>;
    }
  /** The cache cannot answer it, and the origin must not be asked. */
  | { readonly kind: 'refused'; readonly head: RequestHead; readonly rule: PassRule; readonly reason: string }
  | {
      readonly kind: 'bypass';
      readonly rule: PassRule;
      readonly reason: string;
      readonly fwd: ForwardReason;
      /** Set for an unsafe request, whose success invalidates what is stored. */
      readonly unsafe: RequestParts | undefined;
    };

/**
 * Works out all that the cache has to know of a request.
 * @throws InvalidOptionError (ERR_CACHE_INVALID_OPTION) when `config.cache` has an option that does not exist or a value
 * that is not accepted
 */
export function prepareConfig(
  core: CacheCore,
  copy: OwnCopy,
  config: InternalAxiosRequestConfig,
): MaybePromise<Preparation> {
  if (core.recorder !== undefined && !core.isDisabled())
    return toBeRecorded(core, copy, config, core.recorder);
  if (config.cache === false) return bypass('disabled', 'cache: false');
  if (core.isClosed || core.isDisabled() || !isPlain(config)) return workOut(core, copy, config);
  const known = recall(core, copy, config);
  if (known !== undefined) return known;
  const preparation = workOut(core, copy, config);
  return preparation instanceof Promise ? preparation : remember(core, copy, config, preparation);
}

/**
 * Of the request's own options only those count that say what it is matched by. What cannot be recorded passes, but in
 * `replay`, where nothing may.
 * @throws InvalidOptionError (ERR_CACHE_INVALID_OPTION), CacheClosedError (ERR_CACHE_CLOSED)
 */
function toBeRecorded(
  core: CacheCore,
  copy: OwnCopy,
  config: InternalAxiosRequestConfig,
  source: RecorderSource,
): MaybePromise<Preparation> {
  if (core.isClosed) {
    if (source.mode === 'replay') throw new CacheClosedError('The cache that replays requests');
    return bypass('closed', 'the cache was closed');
  }
  const options = config.cache === false ? undefined : config.cache;
  const settings = core.settings.forRequest(options, core.clock.now());
  const url = effectiveUrl(copy, config);
  // Nothing that goes over a network, or what axios itself refuses.
  if (url === undefined) return bypass('not-cacheable', 'the URL is not HTTP');
  const { fields } = fromAxiosHeaders(config.headers);
  const headers = copy.adapterHeaders.without(fields);
  const head: RequestHead = { method: effectiveMethod(config.method ?? 'get', headers), url, headers };
  const finish = (recorder: RequestRecorder, body: KeyableBody): Preparation => {
    // What can be read only once is matched without its body.
    const known = body === 'none' || body === 'unkeyable' ? undefined : body;
    const keyRequest = toKeyRequest(config, url, headers, known);
    return { kind: 'recorded', prepared: recorder.prepare(head, keyRequest, settings.forUrl(url)), recorder };
  };
  const body = keyableBody(config.data);
  const recorder = source.load();
  return body instanceof Promise || recorder instanceof Promise
    ? Promise.all([recorder, body]).then(([loaded, known]) => finish(loaded, known))
    : finish(recorder, body);
}

function workOut(
  core: CacheCore,
  copy: OwnCopy,
  config: InternalAxiosRequestConfig,
): MaybePromise<Preparation> {
  const parts = withInvalidation(copy, config, requestParts(core, copy, config));
  if (core.isDisabled()) return bypass('disabled', 'disabled');
  if (parts === undefined)
    return bypass('not-cacheable', 'the URL is not HTTP, or the cookie jar cannot be read at once');
  const { head, settings: effective } = parts;
  const verdict = judgeRequest(head, effective.policy);
  const unsafe = isSafeMethod(head.method) || effective.policy.disabled ? undefined : parts;
  const pass = (rule: PassRule, reason: string, fwd: ForwardReason = 'bypass'): Preparation =>
    isOnlyIfCached(head, effective.policy) && !effective.policy.disabled
      ? { kind: 'refused', head, rule, reason: `only-if-cached, but ${reason}` }
      : bypass(rule, reason, fwd, unsafe);
  if (core.isClosed) return pass('closed', 'the cache was closed');
  const { responseType } = config;
  const isUnstorable = isUnmakeable(config);
  const forGet = judgePost(head, effective.policy);
  if (
    forGet !== undefined &&
    !isUnstorable &&
    !asksForStream(config) &&
    // A function has always been asked just as the caller asked, and goes on to be.
    isNamedAdapter(config.adapter) &&
    !isOnlyIfCached(head, effective.policy)
  ) {
    return { kind: 'post', parts, prepareForGet: () => identifyForGet(core, config, parts, forGet) };
  }
  if (!verdict.mayRead) {
    return pass(verdict.rule ?? 'disabled', verdict.reason ?? 'bypassed', verdict.fwd);
  }
  if (isUnstorable) return pass('not-cacheable', `responseType '${responseType}' is not cached`);
  const finish = (body: KeyableBody): Preparation => {
    if (body === 'unkeyable') return pass('not-cacheable', 'the request body can be read only once');
    const prepared = identify(core, config, parts, verdict, body === 'none' ? undefined : body);
    return prepared === undefined ? pass('not-cacheable', 'keyFn failed') : { kind: 'cached', prepared };
  };
  const body = keyableBody(config.data);
  return body instanceof Promise ? body.then(finish) : finish(body);
}

/**
 * What the policy has to know of a request, and the settings that apply to it; undefined when its URL is not HTTP, or
 * nothing is known of its cookies.
 * @throws InvalidOptionError (ERR_CACHE_INVALID_OPTION)
 */
export function requestParts(
  core: CacheCore,
  copy: OwnCopy,
  config: InternalAxiosRequestConfig,
): RequestParts | undefined {
  const options = config.cache === false ? undefined : config.cache;
  const settings = core.settings.forRequest(options, core.clock.now());
  const url = effectiveUrl(copy, config);
  if (url === undefined) return undefined;
  const headers = withJarCookies(
    config,
    url,
    copy.adapterHeaders.without(fromAxiosHeaders(config.headers).fields),
  );
  if (headers === undefined) return undefined;
  const head: RequestHead = { method: effectiveMethod(config.method ?? 'get', headers), url, headers };
  return { head, settings: settings.forUrl(url) };
}

/** @throws InvalidOptionError (ERR_CACHE_INVALID_OPTION) where a safe request is said to invalidate something */
function withInvalidation(
  copy: OwnCopy,
  config: InternalAxiosRequestConfig,
  parts: RequestParts | undefined,
): RequestParts | undefined {
  const given = config.cache === false ? undefined : config.cache?.invalidates;
  if (parts === undefined || given === undefined) return parts;
  const { head, settings } = parts;
  if (isSafeMethod(head.method)) {
    throw new InvalidOptionError('cache.invalidates', given, `nothing, since ${head.method} changes nothing`);
  }
  const meant: Invalidation = isList(given) ? { tags: given } : given;
  return {
    ...parts,
    invalidates: namedResponses(meant, settings.key, (url) => otherUri(copy, config, url)),
  };
}

function isList(given: readonly string[] | Invalidation): given is readonly string[] {
  return Array.isArray(given);
}

function otherUri(copy: OwnCopy, config: InternalAxiosRequestConfig, url: string): string {
  try {
    return copy.uriOfOther(url, config);
  } catch (error) {
    throw new InvalidOptionError('cache.invalidates.urls', url, 'URLs that axios can build', {
      cause: error,
    });
  }
}

function bypass(
  rule: PassRule,
  reason: string,
  fwd: ForwardReason = 'bypass',
  unsafe: RequestParts | undefined = undefined,
): Preparation {
  return { kind: 'bypass', rule, reason, fwd, unsafe };
}

/** The request with its key; undefined when the user's `keyFn` failed, which must not fail the request. */
function identify(
  core: CacheCore,
  config: InternalAxiosRequestConfig,
  { head, settings, invalidates }: RequestParts,
  verdict: RequestVerdict,
  body: RequestBody | undefined,
  isForGet = false,
): PreparedRequest | undefined {
  const keyRequest = toKeyRequest(config, head.url, head.headers, body);
  try {
    const prepared = isForGet
      ? core.prepareForGet(head, keyRequest, settings, verdict)
      : core.prepare(head, keyRequest, settings, verdict);
    const isSameUserAt = userShownByJar(config, head.url);
    if (isSameUserAt === undefined && invalidates === undefined) return prepared;
    return { ...prepared, isSameUserAt, ...(isForGet ? {} : { invalidates }) };
  } catch (error) {
    core.events.emit({ type: 'callbackError', callback: 'keyFn', error });
    return undefined;
  }
}

/**
 * The GET whose answer a POST has brought. Who asks may stand in the body (a password, a token), and a GET has none: what
 * belongs to one user must not be found by all.
 */
async function identifyForGet(
  core: CacheCore,
  config: InternalAxiosRequestConfig,
  parts: RequestParts,
  verdict: RequestVerdict,
): Promise<PreparedRequest | undefined> {
  const body = await keyableBody(config.data);
  if (body === 'unkeyable') return undefined;
  const asSent = identify(core, config, parts, verdict, body === 'none' ? undefined : body);
  const asGet = asSent && identify(core, config, parts, verdict, undefined, true);
  return asGet?.identity.partition === asSent?.identity.partition ? asGet : undefined;
}

/** Whether the caller gets a document of an XMLHttpRequest, and nothing here makes one of stored bytes. */
function isUnmakeable(config: InternalAxiosRequestConfig): boolean {
  return config.responseType === 'document' && familyOf(config) === 'xhr' && !canParseDocuments();
}

/** The effective URL without its fragment; undefined when it is not HTTP, or axios itself will refuse it. */
function effectiveUrl(copy: OwnCopy, config: InternalAxiosRequestConfig): string | undefined {
  let url: string | undefined;
  try {
    url = copy.uriOf(config);
  } catch {
    return undefined;
  }
  if (url === undefined) return undefined;
  const scheme = /^([a-z][a-z\d+.-]*):/i.exec(url)?.[1]?.toLowerCase();
  if (scheme !== undefined && scheme !== 'http' && scheme !== 'https') return undefined;
  const fragment = url.indexOf('#');
  return fragment === -1 ? url : url.slice(0, fragment);
}
