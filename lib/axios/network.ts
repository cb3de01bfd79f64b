import type { AxiosResponse, CancelTokenStatic, InternalAxiosRequestConfig } from 'axios';
import type { CacheCore } from '../cache/cache-core.js';
import type { Network, NetworkPurpose, Redirect, SendOptions } from '../cache/network.js';
import type { HeaderFields } from '../http/header-fields.js';
import { abortReason, canGiveUp, hasGivenUp, onAbort, untilAborted } from './abort.js';
import { isNamedAdapter, learnFamily } from './adapter-family.js';
import { asksForStream, receivedBody } from './body-shape.js';
import { mirrorHeaders, ofThisRequest, showConfig } from './forward.js';
import { receivedStream } from './live-stream.js';
import { type AxiosNetworkResponse, isResponse, standInRequest, toNetworkResponse } from './messages.js';
import type { AxiosErrorClass, OwnCopy } from './own-copy.js';
import { Patience } from './patience.js';
import { redirectRecorder } from './redirects.js';
import { goTheSameWay } from './same-way.js';

const acceptEveryStatus = (): boolean => true;

/** Codes of axios by which a request fails through its own fault, or because the caller gave up. */
const NOT_THE_ORIGINS_FAULT: ReadonlySet<unknown> = new Set([
  'ERR_CANCELED',
  'ERR_BAD_OPTION',
  'ERR_BAD_OPTION_VALUE',
  'ERR_BAD_REQUEST',
  'ERR_DEPRECATED',
  'ERR_FORM_DATA_DEPTH_EXCEEDED',
  'ERR_INVALID_URL',
  'ERR_NOT_SUPPORT',
]);

/** Reaches the origin for one request to a URL, through the adapter that the caller's config names. */
export function networkOf(
  core: CacheCore,
  copy: OwnCopy,
  config: InternalAxiosRequestConfig,
  url: string,
): Network<AxiosNetworkResponse> {
  return new AxiosNetwork(core, copy, config, url);
}

/** Works out only what it is asked for: most requests are answered from storage. */
class AxiosNetwork implements Network<AxiosNetworkResponse> {
  readonly #core: CacheCore;
  readonly #copy: OwnCopy;
  readonly #config: InternalAxiosRequestConfig;
  readonly #url: string;
  #patience: Patience | undefined;

  constructor(core: CacheCore, copy: OwnCopy, config: InternalAxiosRequestConfig, url: string) {
    this.#core = core;
    this.#copy = copy;
    this.#config = config;
    this.#url = url;
  }

  get route(): string {
    return routeOf(this.#config);
  }

  get isUsersOwn(): boolean {
    return !isNamedAdapter(this.#config.adapter);
  }

  get wantsStream(): boolean {
    return asksForStream(this.#config);
  }

  send(options: SendOptions): Promise<AxiosNetworkResponse> {
    return send(this.#core, this.#copy, this.#config, this.#url, options, this.#patient);
  }

  isOriginFailure(error: unknown): boolean {
    return isOriginFailure(error);
  }

  mayAskAgain(error: unknown): boolean {
    return !this.#config.timeout && !isTimeout(error);
  }

  whoseFailure(error: unknown): 'origin' | 'caller' | 'unknown' {
    return whoseFailure(error);
  }

  isAlike(error: unknown): boolean {
    return isAlike(error, this.#config);
  }

  async ownError(error: unknown): Promise<unknown> {
    const config = this.#config;
    const request = standInRequest(config.method ?? 'get', this.#url, 0);
    return ownError(await this.#copy.errorClass(), error, config, request);
  }

  onGivenUp(listener: (reason: unknown) => void): () => void {
    return this.#patient.onGivenUp(listener);
  }

  wait<T>(landing: Promise<T>): Promise<T> {
    return this.#patient.wait(landing);
  }

  endWait(): void {
    this.#patient.end();
  }

  get #patient(): Patience {
    return (this.#patience ??= new Patience(this.#copy, this.#config));
  }
}

async function send(
  core: CacheCore,
  copy: OwnCopy,
  config: InternalAxiosRequestConfig,
  url: string,
  { conditionalFields, purpose, leftOut = [], shared }: SendOptions,
  patience: Patience,
): Promise<AxiosNetworkResponse> {
  // Whoever asked has its answer already when the cache asks for itself: its config stays as it is.
  const shown = purpose === 'background' ? { ...config, headers: copyOf(config.headers) } : config;
  const redirects: Redirect[] = [];
  const forBytes = configForBytes(config, conditionalFields, purpose, leftOut);
  // In the background nobody gives up, and the time limit is the request's own.
  const isShared = shared !== undefined && purpose === 'foreground';
  const {
    config: sent,
    stop,
    leave,
  }: Stoppable = isShared ? stoppedBy(shared, forBytes, patience.isRunning) : stoppedWithCaller(forBytes);
  // Nobody else has seen this config yet.
  sent.beforeRedirect = redirectRecorder(config, url, copy.adapterHeaders, redirects);
  const requestSentAt = core.clock.now();
  try {
    if (hasGivenUp(sent)) throw new (await copy.canceledErrorClass())(null, config, undefined);
    const { raw, rejection } = await received(inTime(copy.dispatch(sent), sent, purpose, patience), sent);
    const facts = { requestSentAt, responseReceivedAt: core.clock.now(), redirects };
    learnFamily(config.adapter, raw);
    const added = mirrorHeaders(shown, ofThisRequest(raw, sent), conditionalFields, leftOut);
    const adapterHeaders = copy.adapterHeaders.learn(added);
    const body =
      sent.responseType === 'stream'
        ? await receivedStream(raw, sent, () => stop?.(undefined))
        : receivedBody(raw.data);
    const response = toNetworkResponse(raw, url, adapterHeaders, facts, sent, body);
    const more = { ...(stop && { stop }), ...(rejection === undefined ? {} : { rejection }) };
    return Object.assign(response, more);
  } catch (error) {
    copy.adapterHeaders.learn(mirrorHeaders(shown, ofThisRequest(error, sent), conditionalFields, leftOut));
    const reason: unknown = config.cancelToken?.reason;
    throw reason !== undefined && isCancel(error) ? reason : showConfig(error, config);
  } finally {
    leave?.();
  }
}

/**
 * Functions of the user's judge statuses themselves, or do not. What they reject with has the response, which is whole if
 * its status is the reason.
 */
async function received(
  answer: Promise<AxiosResponse>,
  { adapter, validateStatus }: InternalAxiosRequestConfig,
): Promise<{ readonly raw: AxiosResponse; readonly rejection?: unknown }> {
  try {
    return { raw: await answer };
  } catch (rejection) {
    const raw = (rejection as { response?: unknown } | null | undefined)?.response;
    const mayBeWhole = !isNamedAdapter(adapter) && isResponse(raw) && 'data' in raw;
    if (!mayBeWhole || !validateStatus || validateStatus(raw.status)) throw rejection;
    return { raw, rejection };
  }
}

/** An adapter may know nothing of signals; callers' own are seen to elsewhere, unless they have waited already. */
function inTime<T>(
  answer: Promise<T>,
  sent: InternalAxiosRequestConfig,
  purpose: NetworkPurpose,
  patience: Patience,
): Promise<T> {
  if (purpose === 'background') return untilAborted(sent, answer);
  return patience.isRunning ? patience.limited(answer) : answer;
}

/** What is sent, and how to end it; undefined: it sees to that itself. */
interface Stoppable {
  readonly config: InternalAxiosRequestConfig;
  readonly stop?: (reason: unknown) => void;
  /** Call when the answer has come: from then on nobody ends it but by {@link stop}. */
  readonly leave?: () => void;
}

/** The same config, which ends when a shared request does, and not when its own caller gives up. */
function stoppedBy(
  shared: NonNullable<SendOptions['shared']>,
  config: InternalAxiosRequestConfig,
  isLimited: boolean,
): Stoppable {
  const { cancelToken } = config;
  if (!canGiveUp(config) && !isLimited) return { config };
  // Made where it is looked at, which costs more than all the rest here.
  const { signal } = shared;
  const controller = new AbortController();
  const source = cancelToken && (cancelToken.constructor as CancelTokenStatic).source();
  const stop = (reason: unknown): void => {
    controller.abort(reason);
    source?.cancel(cancelToken?.reason?.message);
  };
  onAbort({ signal }, () => stop(signal.reason));
  const ways = {
    ...(config.signal || isLimited ? { signal: controller.signal } : {}),
    ...(source && { cancelToken: source.token }),
  };
  return { config: { ...quietOnceGivenUp(config), ...ways }, stop };
}

/**
 * The same config. The caller of a stream is listened to here until it comes, and after that where it is handed out: axios
 * would go on where the status is rejected, since it accepts every one.
 */
function stoppedWithCaller(config: InternalAxiosRequestConfig): Stoppable {
  if (config.responseType !== 'stream' || !canGiveUp(config)) return { config };
  const controller = new AbortController();
  const leave = onAbort(config, () => controller.abort(abortReason(config)));
  return { ...stoppedBy(controller, config, false), leave };
}

/** The same config, whose progress is not told to a caller who has left the request to others. */
function quietOnceGivenUp(config: InternalAxiosRequestConfig): InternalAxiosRequestConfig {
  const quiet = { ...config };
  for (const name of ['onDownloadProgress', 'onUploadProgress'] as const) {
    const tell = config[name];
    if (typeof tell === 'function') quiet[name] = (event) => (hasGivenUp(config) ? undefined : tell(event));
  }
  return quiet;
}

/** The caller's config, asking for bytes whatever the status, with header fields of its own that an adapter may change. */
function configForBytes(
  config: InternalAxiosRequestConfig,
  conditionalFields: HeaderFields | undefined,
  purpose: NetworkPurpose,
  leftOut: readonly string[],
): InternalAxiosRequestConfig {
  const headers = copyOf(config.headers);
  for (const name of leftOut) headers.delete(name);
  for (const [name, value] of Object.entries(conditionalFields ?? {}))
    headers.set(canonicalName(name), value as string);
  const sent: InternalAxiosRequestConfig = {
    ...withoutOurs(config),
    headers,
    responseType: purpose === 'foreground' && asksForStream(config) ? 'stream' : 'arraybuffer',
  };
  // Whether a function cares, nobody knows: it is asked just as the caller would ask it.
  if (isNamedAdapter(config.adapter)) sent.validateStatus = acceptEveryStatus;
  return purpose === 'background' ? forNobody(sent) : sent;
}

function withoutOurs(config: InternalAxiosRequestConfig): InternalAxiosRequestConfig {
  // Leaving out nothing takes V8 much longer than copying all.
  if (!('cache' in config)) return config;
  const { cache: _ours, ...callers } = config;
  return callers;
}

function copyOf(headers: InternalAxiosRequestConfig['headers']): InternalAxiosRequestConfig['headers'] {
  const AxiosHeaders = headers.constructor as new () => InternalAxiosRequestConfig['headers'];
  const copy = new AxiosHeaders();
  for (const name of Object.keys(headers)) copy[name] = headers[name] as string;
  return copy;
}

/** A background request that is never answered would keep others from being made; a caller's `timeout` is its own. */
const BACKGROUND_TIMEOUT_MS = 60_000;

/** The caller has its answer already: neither its abort nor its progress bar are about this request. */
function forNobody(config: InternalAxiosRequestConfig): InternalAxiosRequestConfig {
  const sent = { ...config, signal: AbortSignal.timeout(config.timeout || BACKGROUND_TIMEOUT_MS) };
  delete sent.cancelToken;
  delete sent.onDownloadProgress;
  delete sent.onUploadProgress;
  return sent;
}

/** `if-none-match` as `If-None-Match`: some origins are particular about spelling. */
function canonicalName(name: string): string {
  return name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
}

/**
 * Recognised by shape: the error may come from another copy of axios. An adapter may reject with a response, too; of
 * those only a server error is the origin's failure.
 */
function isOriginFailure(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return true;
  const { __CANCEL__, isAxiosError, code, config, name, response } = error as Readonly<
    Record<string, unknown>
  >;
  if (__CANCEL__ === true || name === 'AbortError' || NOT_THE_ORIGINS_FAULT.has(code)) return false;
  // So axios says that there is no such adapter.
  if (isAxiosError === true && code === undefined && config === undefined) return false;
  const status = (response as { status?: unknown } | null | undefined)?.status;
  return typeof status !== 'number' || status < 400 || status >= 500;
}

/**
 * Recognised by shape. Only an error of axios's own that the origin has caused, without a response, is everybody's; what a
 * function of the user's throws may be about one request alone.
 */
function whoseFailure(error: unknown): 'origin' | 'caller' | 'unknown' {
  if (isCancel(error) || isTimeout(error)) return 'caller';
  const { isAxiosError, response } = (error ?? {}) as Readonly<Record<string, unknown>>;
  return isAxiosError === true && response === undefined && isOriginFailure(error) ? 'origin' : 'unknown';
}

function isCancel(error: unknown): boolean {
  const { __CANCEL__, name } = (error ?? {}) as Readonly<Record<string, unknown>>;
  return __CANCEL__ === true || name === 'AbortError';
}

function isAlike(error: unknown, config: InternalAxiosRequestConfig): boolean {
  const { code, config: others } = (error ?? {}) as { code?: unknown; config?: InternalAxiosRequestConfig };
  return others !== undefined && goTheSameWay(others, config, code);
}

/**
 * The error of another's request once more, with this caller's config.
 * @param request stands in for the one that was sent, whose header fields are another's
 */
function ownError(
  AxiosError: AxiosErrorClass,
  error: unknown,
  config: InternalAxiosRequestConfig,
  request: unknown,
): unknown {
  const { message, code } = error as { message: string; code: string };
  const own = new AxiosError(message, code, config, request, undefined);
  const kept = ['config', 'request', 'stack', 'response'];
  for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(error))) {
    if (!kept.includes(name)) Object.defineProperty(own, name, descriptor);
  }
  return own;
}

const routes = new WeakMap<object, string>();
let functions = 0;

/** What tells adapters apart: their names, or a number for each function; and a pace that is not everybody's. */
function routeOf({ adapter, maxRate }: InternalAxiosRequestConfig): string {
  let route = maxRate === undefined ? '' : `${String(maxRate)};`;
  for (const one of Array.isArray(adapter) ? adapter.flat() : [adapter]) {
    route += `${typeof one === 'function' ? numberOf(one) : String(one)},`;
  }
  return route;
}

function numberOf(adapter: object): string {
  const known = routes.get(adapter) ?? `function ${(functions += 1)}`;
  routes.set(adapter, known);
  return known;
}

function isTimeout(error: unknown): boolean {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return code === 'ECONNABORTED' || code === 'ETIMEDOUT';
}
