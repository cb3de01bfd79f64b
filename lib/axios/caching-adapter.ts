import type { AxiosAdapter, AxiosResponse, InternalAxiosRequestConfig } from 'axios';
import type { Clock } from '../clock.js';
import type { CacheCore } from '../cache/cache-core.js';
import type { ExchangeResult } from '../cache/exchange-result.js';
import { bypassOutcome, type Outcome, outcomeOf, postOutcome, ResponseCacheInfo } from '../cache/outcome.js';
import type { Redirect } from '../cache/network.js';
import type { ObservedRequest } from '../cache/observer.js';
import type { PreparedRequest } from '../cache/prepared-request.js';
import { ReplayMissError } from '../errors.js';
import { redactUrl } from '../key/redaction.js';
import type { RequestHead } from '../policy/messages.js';
import type { MaybePromise } from '../storage/backend.js';
import { hasGivenUp, listenNoLonger, untilAborted } from './abort.js';
import { fieldsToReplay } from '../cache/fields-to-store.js';
import { familyOf, familyOfAnswer, isNamedAdapter } from './adapter-family.js';
import { type BodilessResponse, presentBytes } from './body-shape.js';
import { forwardUnchanged, showConfig } from './forward.js';
import { freezeTransformed, showOwnTransforms } from './immutable-data.js';
import { callersStream, isNodeStream, streamUntilGivenUp } from './live-stream.js';
import { fromAxiosHeaders, isResponse, type AxiosNetworkResponse, standInRequest } from './messages.js';
import { networkOf } from './network.js';
import type { OwnCopy } from './own-copy.js';
import { prepareConfig, type Preparation } from './prepare-config.js';
import { settle } from './settle.js';
import { presentStored } from './present-stored.js';
import { isTraced, traced } from './tracing.js';

type Adapter = InternalAxiosRequestConfig['adapter'];

/** Marks the adapters that are made here, so that none is wrapped twice, with what each takes the place of. */
const CACHING = Symbol.for('axios-persistent-cache.adapter');

interface Mark {
  readonly original: Adapter;
}

function markOf(adapter: Adapter): Mark | undefined {
  return typeof adapter === 'function' ? (adapter as { [CACHING]?: Mark })[CACHING] : undefined;
}

/** Whether an adapter caches already. */
export function isCachingAdapter(adapter: Adapter): boolean {
  return markOf(adapter) !== undefined;
}

/**
 * Gives a config its own adapter back where ours was not called, and its own transforms where those in their place were not:
 * axios fails before that where the caller has given up.
 */
export function showOwnParts(config: unknown): void {
  const shown = config as InternalAxiosRequestConfig | null | undefined;
  showOwnTransforms(config);
  const mark = markOf(shown?.adapter);
  if (shown && mark !== undefined) restoreAdapter(shown, mark.original);
}

/**
 * Wraps the adapter of one request: the cache works where axios has made up its mind about URL, header fields and body.
 * Before anything else the config gets its own adapter back, so that `response.config` and `error.config` can be sent
 * again as if the cache were not there.
 */
export function cachingAdapter(core: CacheCore, copy: OwnCopy, original: Adapter): AxiosAdapter {
  const adapter = (config: InternalAxiosRequestConfig): Promise<AxiosResponse> =>
    isTraced() ? traced(config, () => send(config)) : send(config);
  const send = (config: InternalAxiosRequestConfig): Promise<AxiosResponse> => {
    // Somebody may have put a function in between, which would see what is meant for axios.
    const isDirect = config.adapter === adapter;
    restoreAdapter(config, original);
    let answered: MaybePromise<AxiosResponse>;
    try {
      answered = answer(core, copy, config, isDirect);
    } catch (error) {
      // As the user or axios made it.
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
      answered = Promise.reject(error);
    }
    return answered instanceof Promise ? untilAborted(config, answered) : Promise.resolve(answered);
  };
  return Object.assign(adapter, { [CACHING]: { original } satisfies Mark });
}

function restoreAdapter(config: InternalAxiosRequestConfig, original: Adapter): void {
  if (original === undefined) delete config.adapter;
  else config.adapter = original;
}

/** At once where storage answers at once. */
function answer(
  core: CacheCore,
  copy: OwnCopy,
  config: InternalAxiosRequestConfig,
  isDirect: boolean,
): MaybePromise<AxiosResponse> {
  const pending = prepareConfig(core, copy, config);
  return pending instanceof Promise
    ? pending.then((preparation) => answerPrepared(core, copy, config, isDirect, preparation))
    : answerPrepared(core, copy, config, isDirect, pending);
}

function answerPrepared(
  core: CacheCore,
  copy: OwnCopy,
  config: InternalAxiosRequestConfig,
  isDirect: boolean,
  preparation: Preparation,
): MaybePromise<AxiosResponse> {
  if (preparation.kind === 'bypass') {
    return bypass(core, copy, config, preparation);
  }
  if (preparation.kind === 'post') return post(core, copy, config, preparation);
  if (preparation.kind === 'refused') return refuse(core, copy, config, preparation);
  if (preparation.kind === 'recorded') return recorded(core, copy, config, isDirect, preparation);
  const { prepared } = preparation;
  const answered = core.exchange.answer(prepared, networkOf(core, copy, config, prepared.head.url));
  return answered instanceof Promise
    ? answered.then((result) => present(core, copy, config, prepared, result, isDirect))
    : present(core, copy, config, prepared, answered, isDirect);
}

/** Answers as the recorder says. What is missing is told with the config, as axios tells what failed. */
async function recorded(
  core: CacheCore,
  copy: OwnCopy,
  config: InternalAxiosRequestConfig,
  isDirect: boolean,
  { prepared, recorder }: Extract<Preparation, { kind: 'recorded' }>,
): Promise<AxiosResponse> {
  try {
    const result = await recorder.answer(prepared, networkOf(core, copy, config, prepared.head.url));
    return await present(core, copy, config, prepared, result, isDirect);
  } catch (error) {
    throw error instanceof ReplayMissError ? Object.assign(error, { config }) : error;
  }
}

/** Lets a request pass as if there were no cache; an unsafe one still invalidates what is stored for its URL. */
async function bypass(
  core: CacheCore,
  copy: OwnCopy,
  config: InternalAxiosRequestConfig,
  passed: Extract<Preparation, { kind: 'bypass' }>,
): Promise<AxiosResponse> {
  const { unsafe } = passed;
  const redirects: Redirect[] = [];
  const recording = unsafe && { url: unsafe.head.url, redirects };
  const conclude = async (response: AxiosResponse): Promise<void> => {
    const { status } = response;
    if (unsafe !== undefined) {
      const { fields: headers } = fromAxiosHeaders(response.headers);
      await core.exchange.writer.invalidator.invalidate(unsafe, redirects, { status, headers });
    }
    tellBypass(core, copy, config, response, bypassOutcome(passed, status, core.clock.now()));
  };
  const response = await concluding(forwardUnchanged(copy, config, recording), conclude);
  await conclude(response);
  return response;
}

/** Concludes also with the response that an error has. */
async function concluding<T>(
  sent: Promise<T>,
  conclude: (response: AxiosResponse) => Promise<void>,
): Promise<T> {
  try {
    return await sent;
  } catch (error) {
    const rejected = (error as { response?: unknown } | null | undefined)?.response;
    if (isResponse(rejected)) await conclude(rejected);
    throw error;
  }
}

/** Lets a POST pass, and keeps its answer where that is what a later GET would bring. */
async function post(
  core: CacheCore,
  copy: OwnCopy,
  config: InternalAxiosRequestConfig,
  { parts, prepareForGet }: Extract<Preparation, { kind: 'post' }>,
): Promise<AxiosResponse> {
  const { writer } = core.exchange;
  const network = networkOf(core, copy, config, parts.head.url);
  const { invalidator } = writer;
  const flight = invalidator.begin(parts);
  const conclude = async (response: AxiosResponse): Promise<void> => {
    const { status } = response;
    const { fields: headers } = fromAxiosHeaders(response.headers);
    await invalidator.invalidate(parts, [], { status, headers }, flight);
    tellBypass(core, copy, config, response, postOutcome(status, core.clock.now()));
  };
  try {
    const response = await concluding(network.send({ purpose: 'foreground' }), conclude);
    await invalidator.invalidate(parts, response.redirects, response, flight);
    const outcome = await core.exchange.keepForGet(flight, parts.head, response, prepareForGet);
    const cache = new ResponseCacheInfo(outcome, core.clock);
    core.observer.bypassed(outcome, cache, () => describe(core, copy, config));
    core.observer.stored(outcome, false);
    return await settle(copy, await fromNetwork(copy, config, response, cache));
  } finally {
    writer.inFlight.end(flight);
  }
}

/** The answer as this caller's adapter would have given it, judged by the caller's own `validateStatus`. */
function present(
  core: CacheCore,
  copy: OwnCopy,
  config: InternalAxiosRequestConfig,
  prepared: PreparedRequest,
  result: ExchangeResult<AxiosNetworkResponse>,
  isDirect: boolean,
): MaybePromise<AxiosResponse> {
  const outcome = shownOutcome(prepared, result.outcome);
  const cache = new ResponseCacheInfo(outcome, core.clock);
  const bytes = result.kind === 'stored' ? result.answer.body.byteLength : 0;
  core.observer.answered(prepared.identity, outcome, cache, bytes);
  switch (result.kind) {
    case 'network':
      return presentNetwork(core, copy, config, result, cache, isDirect && prepared.settings.immutableData);
    case 'gateway-timeout':
      return notCached(copy, config, prepared.head, cache).then((response) => settle(copy, response));
    case 'stored': {
      const response = presentStored(core, copy, config, prepared, result, cache, isDirect);
      return response instanceof Promise
        ? response.then((made) => settle(copy, made))
        : settle(copy, response);
    }
  }
}

async function presentNetwork(
  core: CacheCore,
  copy: OwnCopy,
  config: InternalAxiosRequestConfig,
  { response: received, afterwards }: Extract<ExchangeResult<AxiosNetworkResponse>, { kind: 'network' }>,
  cache: ResponseCacheInfo,
  isImmutable: boolean,
): Promise<AxiosResponse> {
  const response = await fromNetwork(copy, config, received, cache);
  void afterwards?.then((outcome) => {
    response.cache = new ResponseCacheInfo(outcome, core.clock);
    core.observer.stored(outcome, false);
  });
  const { rejection } = received;
  if (rejection !== undefined) {
    listenNoLonger(response.data);
    throw showConfig(rejection, config);
  }
  if (isImmutable && !hasGivenUp(config)) freezeTransformed(config, response.data);
  // Functions of the user's have judged the status already, or do not care.
  return isNamedAdapter(config.adapter) ? settle(copy, response) : response;
}

/** Without the cookies of redirects where none are replayed. */
function shownOutcome({ settings }: PreparedRequest, outcome: Outcome): Outcome {
  const history = outcome.history ?? outcome.stored?.redirects?.history;
  if (settings.replayCookies || history === undefined || !outcome.fromCache) return outcome;
  const shown = history.map((one) => {
    const headers = fieldsToReplay(settings, one.headers);
    return headers === one.headers ? one : Object.freeze({ ...one, headers: Object.freeze(headers) });
  });
  return { ...outcome, history: Object.freeze(shown) };
}

/** A request that must not reach the origin and cannot be answered otherwise. */
async function refuse(
  core: CacheCore,
  copy: OwnCopy,
  config: InternalAxiosRequestConfig,
  { head, rule, reason }: Extract<Preparation, { kind: 'refused' }>,
): Promise<AxiosResponse> {
  const outcome = outcomeOf(undefined, core.clock.now(), { rule, reason });
  const cache = new ResponseCacheInfo(outcome, core.clock);
  core.observer.bypassed(outcome, cache, () => describe(core, copy, config));
  return settle(copy, await notCached(copy, config, head, cache));
}

/** https://www.rfc-editor.org/rfc/rfc9111.html#section-5.2.1.7 */
async function notCached(
  copy: OwnCopy,
  config: InternalAxiosRequestConfig,
  head: RequestHead,
  cache: ResponseCacheInfo,
): Promise<AxiosResponse> {
  const request = standInRequest(head.method, head.url, 504);
  const response = { status: 504, statusText: 'Not Cached', headers: {}, config, request, cache };
  return Object.assign(response, { data: await emptyBody(copy, response) });
}

/** No body in the caller's shape; undefined where nothing is none, such as a form. */
async function emptyBody(copy: OwnCopy, response: BodilessResponse): Promise<unknown> {
  try {
    return await presentBytes(copy, new Uint8Array(0), {}, response, familyOf(response.config));
  } catch {
    return undefined;
  }
}

/** The adapter was asked for bytes; the caller gets them in its own shape, and its own config back. */
async function fromNetwork(
  copy: OwnCopy,
  config: InternalAxiosRequestConfig,
  { raw, headers, body, bodyShape, live, stop }: AxiosNetworkResponse,
  cache: ResponseCacheInfo,
): Promise<AxiosResponse> {
  const response = Object.assign(raw, { config, cache });
  if (live !== undefined) {
    if (live.isTaken) {
      response.data = await callersStream(copy, config, live, !isNodeStream(raw.data), raw.request);
    } else if (stop !== undefined) {
      response.data = await streamUntilGivenUp(copy, config, live, raw, stop);
    }
  } else if (bodyShape === 'bytes' && body !== undefined && raw.data !== null) {
    const family = familyOfAnswer(raw) ?? familyOf(config);
    // Where making the body fails, the response in the error has none.
    response.data = undefined;
    const presented = presentBytes(copy, body, headers, response, family);
    response.data = presented instanceof Promise ? ((await presented) as unknown) : presented;
  }
  return response;
}

/** Adds `response.cache` to a response that does not have it yet. */
export function annotate(
  response: Partial<Pick<AxiosResponse, 'cache'>>,
  outcome: Outcome,
  clock: Clock,
): void {
  response.cache ??= new ResponseCacheInfo(outcome, clock);
}

function tellBypass(
  core: CacheCore,
  copy: OwnCopy,
  config: InternalAxiosRequestConfig,
  response: Partial<Pick<AxiosResponse, 'cache'>>,
  outcome: Outcome,
): void {
  // Another cache may be behind this one, and has said what it did.
  annotate(response, outcome, core.clock);
  if (response.cache !== undefined) {
    core.observer.bypassed(outcome, response.cache, () => describe(core, copy, config));
  }
}

/** What events say of a request of which no key is known. */
function describe(core: CacheCore, copy: OwnCopy, config: InternalAxiosRequestConfig): ObservedRequest {
  const method = (config.method ?? 'get').toUpperCase();
  let url: string | undefined;
  try {
    url = copy.uriOf(config);
  } catch {
    // axios will refuse it, too.
  }
  return { method, url: redactUrl(url ?? config.url ?? '', core.settings.effective.key) };
}
