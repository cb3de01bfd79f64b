import type { ReadableStream } from 'node:stream/web';
import type { AxiosResponse, InternalAxiosRequestConfig } from 'axios';
import type { NetworkResponse } from '../cache/network.js';
import type { StoredResponse } from '../cache/stored-response.js';
import {
  fieldLines,
  headerFields,
  type FieldValue,
  type HeaderFields,
  nameTable,
} from '../http/header-fields.js';
import type { KeyRequest, RequestBody } from '../key/request.js';
import { parseUrl } from '../key/target-uri.js';
import { clientIdentityOf } from './hidden-credentials.js';
import { type AdapterFamily, familyOf, isArrayBuffer, isNamedAdapter } from './adapter-family.js';
import { type ReceivedBody, receivedBody } from './body-shape.js';

/** An origin's answer as the cache sees it, with axios's own response for handing it back. */
export interface AxiosNetworkResponse extends NetworkResponse {
  readonly raw: AxiosResponse;
  /** What a function of the user's rejected with because of the status. */
  readonly rejection?: unknown;
  /** How to end it, where the adapter does not listen to the caller itself. */
  readonly stop?: ((reason: unknown) => void) | undefined;
}

interface FieldsAndNames {
  readonly fields: HeaderFields;
  readonly names: Readonly<Record<string, string>> | undefined;
}

/** axios's header fields by lower-case name, and the spelling of those that were written otherwise. */
export function fromAxiosHeaders(headers: unknown): FieldsAndNames {
  const fields = nameTable<FieldValue>();
  let names: Record<string, string> | undefined;
  const given = (headers ?? {}) as Record<string, unknown>;
  for (const name of Object.keys(given)) {
    const value = given[name];
    if (value === undefined || value === null || value === false || typeof value === 'function') continue;
    const lower = name.toLowerCase();
    fields[lower] = Array.isArray(value) ? value.map(String) : `${value as string}`;
    if (lower !== name) (names ??= nameTable<string>())[lower] = name;
  }
  return { fields, names };
}

/** Header fields by their names as they were written. */
export type AxiosFields = Record<string, string | string[]>;

/** Stored header fields, in their original spelling. */
export function toFields(fields: HeaderFields, names: StoredResponse['headerNames']): AxiosFields {
  const headers = nameTable<string | string[]>();
  for (const lower of Object.keys(fields)) {
    const value = fields[lower] as FieldValue;
    headers[names?.[lower] ?? lower] = typeof value === 'string' ? value : [...value];
  }
  return headers;
}

/** Header fields as axios's adapters give them: of the class of the copy that made the config. */
export function toAxiosHeaders(
  { headers }: InternalAxiosRequestConfig,
  fields: AxiosFields,
): AxiosResponse['headers'] {
  const AxiosHeaders = headers.constructor as new (
    fields: AxiosFields,
  ) => InternalAxiosRequestConfig['headers'];
  return new AxiosHeaders(fields);
}

/** Codings that the http adapter and those of the web decode alike. */
const DECODED_CODING = /^(?:x-gzip|gzip|deflate|br)$/i;

/**
 * Stored header fields as the adapter of this caller would show them, whichever has stored them: where it decodes a body, the
 * http adapter takes `Content-Encoding` away, as it does where there is no body, and those of the web do not.
 */
export function shownFields(
  fields: HeaderFields,
  config: InternalAxiosRequestConfig,
  status: number,
): HeaderFields {
  const family = familyOf(config);
  const shown = isNamedAdapter(config.adapter) ? withCookiesOf(family, fields) : fields;
  const coding = shown['content-encoding'];
  if (typeof coding !== 'string' || config.decompress === false || family !== 'http') return shown;
  const isEmpty = status === 204 || config.method?.toLowerCase() === 'head';
  if (!isEmpty && !DECODED_CODING.test(coding)) return shown;
  const { 'content-encoding': _taken, ...others } = shown;
  return others;
}

/** A single `Set-Cookie` is a list of one to Node, and a text to fetch. */
function withCookiesOf(family: AdapterFamily, fields: HeaderFields): HeaderFields {
  const cookies = fields['set-cookie'];
  if (family === 'http' && typeof cookies === 'string') return { ...fields, 'set-cookie': [cookies] };
  const [only, second] = typeof cookies === 'object' ? cookies : [];
  if (family !== 'fetch' || only === undefined || second !== undefined) return fields;
  return { ...fields, 'set-cookie': only };
}

/** What the cache key is made of. `body` and all that the adapter would add come later or not at all. */
export function toKeyRequest(
  config: InternalAxiosRequestConfig,
  url: string,
  headers: HeaderFields,
  body: RequestBody | undefined,
): KeyRequest {
  const { auth, decompress, maxRedirects, socketPath } = config;
  const clientIdentity = clientIdentityOf(config);
  return {
    method: config.method ?? 'get',
    url,
    headers,
    ...(body === undefined ? {} : { body }),
    ...(auth === undefined || auth === null
      ? {}
      : { auth: { username: auth.username ?? '', password: auth.password ?? '' } }),
    // The web's adapters decode whatever they are told.
    ...(decompress === false && familyOf(config) === 'http' ? { decompress } : {}),
    ...(typeof maxRedirects === 'number' ? { maxRedirects } : {}),
    ...(typeof socketPath === 'string' ? { socketPath } : {}),
    ...(isInsecure(config) ? { insecure: true } : {}),
    ...(clientIdentity === undefined ? {} : { clientIdentity }),
  };
}

/** Whether the server's certificate is not verified: such answers are kept apart from verified ones. */
export function isInsecure(config: InternalAxiosRequestConfig): boolean {
  const agent = config.httpsAgent as { options?: { rejectUnauthorized?: unknown } } | undefined;
  return agent?.options?.rejectUnauthorized === false;
}

/** axios's response to a request for a URL, as it came from an adapter that was asked for bytes. */
export function toNetworkResponse(
  raw: AxiosResponse,
  requestUrl: string,
  adapterHeaders: Readonly<Record<string, string>> | undefined,
  {
    requestSentAt,
    responseReceivedAt,
    redirects,
  }: Pick<NetworkResponse, 'requestSentAt' | 'responseReceivedAt' | 'redirects'>,
  config: Pick<InternalAxiosRequestConfig, 'adapter' | 'decompress' | 'maxRedirects'>,
  { bytes, shape, live }: ReceivedBody = receivedBody(raw.data),
): AxiosNetworkResponse {
  const { fields, names } = fromAxiosHeaders(raw.headers);
  return {
    raw,
    status: raw.status,
    statusText: typeof raw.statusText === 'string' ? raw.statusText : '',
    headers: fields,
    repeatedFields: repeatedFields(raw),
    headerNames: names,
    body: bytes,
    live,
    bodyShape: shape,
    isByteExact: shape === 'bytes' && isAsSent(raw, fields, config),
    // Axios's http adapter follows no redirects then, and shows no URL; others may not know the option.
    isUrlKnown:
      shownUrl(raw.request) !== undefined || (config.maxRedirects === 0 && rawLines(raw) !== undefined),
    finalUrl: redirectTarget(raw.request, requestUrl),
    adapterHeaders,
    requestSentAt,
    responseReceivedAt,
    redirects,
  };
}

/**
 * Whether the content came without a coding, so that positions in what the adapter gave are those of the representation.
 * axios takes the field away when it decodes. Node shows what really came; the web's adapters leave the field; of others
 * (HTTP/2, functions) nothing is known, unless they were told not to decode.
 */
export function isAsSent(
  raw: Pick<AxiosResponse, 'data' | 'request'>,
  fields: HeaderFields,
  { adapter, decompress }: Pick<InternalAxiosRequestConfig, 'adapter' | 'decompress'>,
): boolean {
  if (fieldLines(fields, 'content-encoding').length > 0) return false;
  if (rawLines(raw) !== undefined) return receivedLines(raw, 'content-encoding').length === 0;
  const isOfTheWeb = isArrayBuffer(raw.data) || isWebStream(raw.data);
  return isNamedAdapter(adapter) && (decompress === false || isOfTheWeb);
}

/** By shape: the class may be that of another realm. */
export function isWebStream(data: unknown): data is ReadableStream<Uint8Array> {
  return typeof (data as Partial<ReadableStream> | null | undefined)?.getReader === 'function';
}

/** Names and values by turns, where Node's own response can be seen. */
function rawLines(raw: Pick<AxiosResponse, 'request'>): readonly unknown[] | undefined {
  const lines = (raw.request as { res?: { rawHeaders?: unknown } } | null | undefined)?.res?.rawHeaders;
  return Array.isArray(lines) ? lines : undefined;
}

/** Fields about freshness of which Node keeps the first line and drops the others, so that nobody sees a contradiction. */
const FIRST_LINE_KEPT = ['age', 'expires'] as const;

function repeatedFields(raw: AxiosResponse): HeaderFields | undefined {
  let repeated: [string, string[]][] | undefined;
  for (const name of FIRST_LINE_KEPT) {
    const lines = receivedLines(raw, name);
    if (lines.length > 1) (repeated ??= []).push([name, lines]);
  }
  return repeated && headerFields(repeated);
}

/** The lines of a field as they came, where Node's own response can be seen. */
function receivedLines(raw: Pick<AxiosResponse, 'request'>, name: string): string[] {
  const lines = rawLines(raw) ?? [];
  const values: string[] = [];
  for (let index = 1; index < lines.length; index += 2) {
    if (String(lines[index - 1]).toLowerCase() === name) values.push(String(lines[index]));
  }
  return values;
}

/** The URL that answered, where it is not the one that was asked: in Node's request object, or in the browser's. */
function redirectTarget(request: unknown, requestUrl: string): string | undefined {
  const url = shownUrl(request);
  if (url === undefined || url === requestUrl) return undefined;
  return comparable(url) === comparable(requestUrl) ? undefined : url;
}

function shownUrl(request: unknown): string | undefined {
  const shown = request as { res?: { responseUrl?: unknown }; responseURL?: unknown } | null | undefined;
  const url = shown?.res?.responseUrl ?? shown?.responseURL;
  return typeof url === 'string' && url !== '' ? url : undefined;
}

function comparable(text: string): string {
  const url = withoutUserinfo(text);
  if (url === undefined) return text;
  url.hash = '';
  return url.href;
}

function withoutUserinfo(text: string): URL | undefined {
  const url = parseUrl(text);
  if (url !== undefined) url.username = url.password = '';
  return url;
}

/** Whether a value is a response that can be written on: interceptors and adapters may put anything in its place. */
export function isResponse(value: unknown): value is AxiosResponse {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as AxiosResponse).status === 'number' &&
    Object.isExtensible(value)
  );
}

/** What `response.request` shows on a hit: the parts that programs read of Node's, the browser's and fetch's request objects. */
export interface RequestStandIn {
  readonly method: string;
  readonly protocol: string;
  readonly host: string;
  readonly path: string;
  readonly responseURL: string;
  readonly res: { readonly responseUrl: string; readonly statusCode: number };
  /** What was asked for first, as a `Request` of fetch has it. */
  readonly url?: string;
}

/**
 * @param method of the request that was answered, after redirects
 * @param url that answered
 * @param asked the URL that was asked for, to be shown in `url`; undefined: the adapter shows none
 */
export function standInRequest(method: string, url: string, status: number, asked?: string): RequestStandIn {
  const { protocol, host, path } = partsOf(url);
  return {
    method: method.toUpperCase(),
    protocol,
    host,
    path,
    responseURL: url,
    res: { responseUrl: url, statusCode: status },
    ...(asked === undefined ? {} : { url: withoutUserinfo(asked)?.href ?? asked }),
  };
}

type UrlParts = Pick<RequestStandIn, 'protocol' | 'host' | 'path'>;

const MOST_URLS = 1000;
const urlParts = new Map<string, UrlParts>();

/** Parsed once for all hits of a URL. */
function partsOf(url: string): UrlParts {
  const known = urlParts.get(url);
  if (known !== undefined) return known;
  const parsed = parseUrl(url) ?? { protocol: '', hostname: '', pathname: url, search: '' };
  const { protocol, hostname: host, pathname, search } = parsed;
  const parts = { protocol, host, path: pathname + search };
  if (urlParts.size >= MOST_URLS) urlParts.clear();
  urlParts.set(url, parts);
  return parts;
}
