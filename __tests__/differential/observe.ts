import axios, { type AxiosInstance } from 'axios';
import {
  className,
  describeBytes,
  type Described,
  describeText,
  describeValue,
  withoutBoundaries,
} from './describe.js';
import { type Labels } from './labels.js';
import { isStream, observeBody } from './observe-body.js';
import { type MutableConfig, type Run } from './run.js';
import { type Received, type TwoOrigins } from './two-origins.js';

/** What a caller, and the origin, can see of one request. */
export interface Observation {
  readonly tree: Described;
  /** How often an origin was asked. */
  readonly asked: number;
  readonly fromCache: boolean;
  /** Whether an error shows what stands in for the request of a hit. */
  readonly showsStandIn: boolean;
  readonly run: Run;
  /** For sending it again. */
  readonly config: MutableConfig | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

/** Sends a config and looks at everything that comes of it. */
export async function observe(
  instance: AxiosInstance,
  config: MutableConfig,
  run: Run,
  origins: TwoOrigins,
  name: string,
): Promise<Observation> {
  origins.onHeld(name, () => run.whenHeld?.());
  const { outcome, value } = await settled(() => instance.request(config));
  const { labels } = run;
  const result =
    outcome === 'resolved' ? await observeResponse(value, labels) : await observeError(value, labels);
  await quiet();
  const received = origins.takeReceived(name);
  const shown = value as
    | { cache?: { fromCache?: boolean }; config?: MutableConfig; request?: unknown; response?: typeof value }
    | undefined;
  const response = (outcome === 'resolved' ? shown : shown?.response) as typeof shown;
  return {
    tree: {
      outcome,
      [outcome === 'resolved' ? 'response' : 'error']: result,
      received: Object.fromEntries(received.map((one, index) => [String(index), describeReceived(one)])),
      log: withoutBoundaries(run.log.join('\n')),
      download: progressOf(run.downloads),
      upload: progressOf(run.uploads),
    },
    run,
    asked: received.length,
    fromCache: response?.cache?.fromCache === true,
    showsStandIn: outcome === 'rejected' && isStandIn(shown?.request),
    config: shown?.config,
  };
}

function isStandIn(request: unknown): boolean {
  if (typeof request !== 'object' || request === null) return false;
  return className(request) === 'Object' && (request as Fields)['responseURL'] !== undefined;
}

async function settled(
  send: () => Promise<unknown>,
): Promise<{ readonly outcome: 'resolved' | 'rejected'; readonly value: unknown }> {
  try {
    return { outcome: 'resolved', value: await send() };
  } catch (value) {
    return { outcome: 'rejected', value };
  }
}

/** Progress is told after the answer, and a stream is stored after it has been read. */
async function quiet(): Promise<void> {
  for (let turn = 0; turn < 4; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** The whole of a response; other values, as interceptors and adapters may give them, as they are. */
async function observeResponse(value: unknown, labels: Labels): Promise<Described> {
  if (typeof value !== 'object' || value === null) return describeValue(value, labels);
  const response = value as Fields;
  return {
    members: Object.keys(response).sort().join(' '),
    data: await observeBody(response['data'], labels),
    status: String(response['status']),
    statusText: JSON.stringify(response['statusText']),
    duration: typeof response['duration'],
    headers: observeHeaders(response['headers'], labels),
    config: observeConfig(response['config'], labels),
    request: observeRequest(response['request']),
  };
}

function observeHeaders(headers: unknown, labels: Labels): Described {
  if (typeof headers !== 'object' || headers === null) return String(headers);
  const fields = Object.entries(headers as Fields);
  return {
    class: className(headers),
    isOfThisCopy: String(headers instanceof axios.AxiosHeaders),
    order: fields.map(([name]) => name).join(' '),
    fields: Object.fromEntries(fields.map(([name, value]) => [name, describeValue(value, labels)])),
  };
}

/** All own members, also those that are not enumerable, and symbols. */
function observeConfig(config: unknown, labels: Labels): Described {
  if (typeof config !== 'object' || config === null) return String(config);
  const members = Reflect.ownKeys(config).filter((key) => key !== 'headers');
  return {
    class: className(config),
    headers: describeValue((config as Fields)['headers'], labels),
    ...Object.fromEntries(
      members.map((key) => [
        `${String(key)}`,
        describeValue((config as Record<PropertyKey, unknown>)[key], labels),
      ]),
    ),
  };
}

const REQUEST_MEMBERS = ['method', 'protocol', 'host', 'path', 'url', 'responseURL'] as const;

/** What programs read of `response.request`: which URL answered above all. */
function observeRequest(request: unknown): Described {
  if (typeof request !== 'object' || request === null) return String(request);
  const fields = request as Fields;
  const res = fields['res'] as Fields | undefined;
  const members = REQUEST_MEMBERS.map((name) => [name, fields[name]] as const);
  const finalUrl = (res?.['responseUrl'] ?? fields['responseURL'] ?? fields['url']) as string | undefined;
  return {
    class: className(request),
    ...Object.fromEntries(
      members.filter(([, value]) => value !== undefined).map(([name, value]) => [name, String(value)]),
    ),
    ...(finalUrl === undefined ? {} : { finalUrl }),
    ...(res === undefined || res === null ? {} : { statusCode: String(res['statusCode']) }),
  };
}

/** A rejection with everything that error handlers look at. */
async function observeError(error: unknown, labels: Labels): Promise<Described> {
  if (typeof error !== 'object' || error === null) return describeValue(error, labels);
  const fields = error as Fields;
  const { response, config, request } = fields;
  const known = ['stack', 'config', 'request', 'response', 'cause', 'message'];
  const others = Reflect.ownKeys(error).filter(
    (key) => typeof key === 'string' && !known.includes(key),
  ) as string[];
  return {
    class: className(error),
    isError: String(Object.prototype.toString.call(error) === '[object Error]'),
    isAxiosError: String(axios.isAxiosError(error)),
    isOfThisCopy: String(error instanceof axios.AxiosError),
    isCancel: `${axios.isCancel(error)} ${error instanceof axios.CanceledError}`,
    members: Reflect.ownKeys(error).map(String).sort().join(' '),
    enumerable: Object.keys(error).sort().join(' '),
    message: describeText(String(fields['message'])),
    ...Object.fromEntries(others.map((key) => [key, describeValue(fields[key], labels)])),
    cause: observeCause(error),
    config: observeConfig(config, labels),
    request: observeRequest(request),
    isRequestOfResponse: String(request === (response as Fields | undefined)?.['request']),
    isConfigOfResponse: String(config === (response as Fields | undefined)?.['config']),
    response: await observeResponse(response, labels),
    json: observeJson(error, labels),
  };
}

function observeCause(error: object): Described {
  const descriptor = Object.getOwnPropertyDescriptor(error, 'cause');
  if (descriptor === undefined) return 'none';
  const cause = descriptor.value as Fields | undefined;
  if (typeof cause !== 'object' || cause === null) return String(cause);
  return {
    class: className(cause),
    enumerable: String(descriptor.enumerable),
    message: String(cause['message']),
    code: String(cause['code']),
  };
}

/** `toJSON()` as loggers print it. */
function observeJson(error: object, labels: Labels): Described {
  const { toJSON } = error as { toJSON?: () => Fields };
  if (typeof toJSON !== 'function') return 'none';
  try {
    const { stack, ...fields } = toJSON.call(error);
    const config = fields['config'] as Fields | undefined;
    const own = (error as Fields & { config?: Fields }).config;
    const printed: unknown = JSON.parse(JSON.stringify({ ...fields, config: printable(config, own) }));
    return { stack: typeof stack, ...(describeValue(printed, labels) as object) };
  } catch (failure) {
    return `fails: ${String((failure as Error).message).split('\n', 1)[0]}`;
  }
}

/** Without the insides of streams and forms, and the connections of an agent; of a token, who listens. */
function printable(config: Fields | undefined, own: Fields | undefined): Fields | undefined {
  const token = own?.['cancelToken'] as { readonly _listeners?: readonly unknown[] } | undefined;
  return {
    ...config,
    ...(token === undefined ? {} : { cancelToken: `heard by ${token._listeners?.length ?? 0}` }),
    ...(isStream(own?.['data']) ? { data: 'a stream' } : {}),
    ...(own?.['httpAgent'] === undefined ? {} : { httpAgent: 'an agent' }),
  };
}

function describeReceived({ origin, method, url, rawHeaders, body }: Received): Described {
  const lines = rawHeaders.flatMap((name, index) =>
    index % 2 === 0 ? [`${name}: ${rawHeaders[index + 1]}`] : [],
  );
  return {
    origin: String(origin),
    line: `${method} ${url}`,
    header: withoutBoundaries(lines.join('\n')),
    body: describeBytes(body),
  };
}

/** How many events there are, and what is in between, is a matter of time; how it ends is not. */
function progressOf(events: readonly object[]): Described {
  const last = events.at(-1) as Fields | undefined;
  if (last === undefined) return 'none';
  const sum = events.reduce((total, event) => total + Number((event as Fields)['bytes']), 0);
  const { event, rate: _rate, estimated: _estimated, bytes: _bytes, ...lasting } = last;
  return {
    ...Object.fromEntries(Object.entries(lasting).map(([name, value]) => [name, String(value)])),
    sumOfBytes: String(sum),
    members: Object.keys(last).sort().join(' '),
    event: event === undefined ? 'none' : String(typeof event),
  };
}
