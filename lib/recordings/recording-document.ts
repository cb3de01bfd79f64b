import { Buffer } from 'node:buffer';
import { type StoredResponse, toRecord } from '../cache/stored-response.js';
import type { EpochMs } from '../clock.js';
import { type FieldValue, headerFields } from '../http/header-fields.js';
import { resourceOf } from '../key/cache-key.js';
import type { KeySettings } from '../key/request.js';
import type { StoredRecord } from '../storage/backend.js';
import { readableText } from '../storage/readable-text.js';
import type { ShownRequest } from './recorded-request.js';

/** A stored response together with the request as it is shown. */
export interface Recording extends Omit<StoredResponse, 'request'> {
  readonly request: StoredResponse['request'] & { readonly shown?: ShownRequest };
}

/** What a file holds: first what people look for, last what the library needs to find it. No times, and no secrets. */
export interface RecordingDocument {
  readonly request: {
    readonly method: string;
    readonly url: string;
    readonly headers?: object;
    readonly body?: unknown;
  };
  readonly response: {
    readonly status: number;
    readonly statusText: string;
    readonly headers: Readonly<Record<string, FieldValue>>;
    readonly finalUrl?: string;
    readonly redirects?: readonly object[];
    readonly bodyShape?: string;
    /** One of these three: what JSON says, a text, or bytes. */
    readonly json?: unknown;
    readonly text?: string;
    readonly base64?: string;
  };
  /** Which of several answers to the same request, from 1; absent: the first. */
  readonly order?: number;
  readonly key: string;
}

/** What a recorded URL has no more is no matter of settings. */
const PLAIN: KeySettings = {
  ignoredParameters: undefined,
  matchHeaders: false,
  contentRootKey: undefined,
  keyFn: undefined,
};

/** The variant of the answers to one request: the first has none. */
export function variantOf(order: number): string {
  return order === 1 ? '' : String(order);
}

/** Which of the answers to one request it is, from 1. */
export function orderOf(variant: string): number {
  return variant === '' ? 1 : Number(variant);
}

/** JSON is written as what it says, where the same bytes can be made of that. */
export function documentOf(recording: Recording, body: Uint8Array): RecordingDocument {
  const { shown, method } = recording.request;
  const { status, statusText, headers, headerNames, finalUrl, redirects, bodyShape, variant } = recording;
  const named = Object.entries(headers).map(([name, value]) => [headerNames?.[name] ?? name, value] as const);
  return {
    request: {
      method: shown?.method ?? method,
      url: shown?.url ?? recording.url,
      ...(shown === undefined || Object.keys(shown.headers).length === 0
        ? {}
        : { headers: { ...shown.headers } }),
      ...(shown?.body === undefined ? {} : { body: shown.body }),
    },
    response: {
      status,
      statusText,
      headers: Object.fromEntries(named),
      ...(finalUrl === undefined ? {} : { finalUrl }),
      ...(redirects === undefined ? {} : { redirects: redirects.history }),
      ...(bodyShape === 'bytes' ? {} : { bodyShape }),
      ...contentOf(body),
    },
    ...(variant === '' ? {} : { order: orderOf(variant) }),
    key: recording.key,
  };
}

function contentOf(body: Uint8Array): Pick<RecordingDocument['response'], 'json' | 'text' | 'base64'> {
  if (body.byteLength === 0) return {};
  const text = readableText(body);
  if (text === undefined) return { base64: Buffer.from(body).toString('base64') };
  try {
    const json = JSON.parse(text) as unknown;
    // Not a text by itself, which would look like one that is none.
    if (typeof json === 'object' && json !== null && JSON.stringify(json) === text) return { json };
  } catch {
    // It is no JSON.
  }
  return { text };
}

/**
 * The record of a document, which somebody may have edited.
 * @param at the time that is shown as the one at which it was recorded
 * @throws TypeError for what is none
 */
export function recordOf(data: unknown, at: EpochMs): StoredRecord {
  const { request, response, order = 1, key } = (data ?? {}) as Partial<RecordingDocument>;
  if (request === undefined || response === undefined)
    throw new TypeError('it has no request or no response');
  if (typeof key !== 'string' || typeof request.url !== 'string' || typeof request.method !== 'string') {
    throw new TypeError('it has no key, or its request no method or URL');
  }
  const { status } = response;
  if (!Number.isInteger(status) || status < 100 || status > 999)
    throw new TypeError('its response has no status');
  if (!Number.isInteger(order) || order < 1) throw new TypeError('its order is no number from 1');
  const body = bodyOf(response);
  const fields = fieldsOf(response.headers);
  const stored: Recording = {
    key,
    variant: variantOf(order),
    resource: resourceOf(request.url, PLAIN),
    isCustomKey: true,
    url: request.url,
    method: request.method,
    partition: '',
    status,
    statusText: String(response.statusText ?? ''),
    headers: headerFields(fields),
    headerNames: namesOf(fields.map(([name]) => name)),
    request: requestOf(request),
    finalUrl: response.finalUrl,
    redirects: response.redirects && {
      history: response.redirects as NonNullable<StoredResponse['redirects']>['history'],
      hops: [],
    },
    adapterHeaders: undefined,
    nominated: undefined,
    tags: undefined,
    bodyShape: (response.bodyShape ?? 'bytes') as StoredResponse['bodyShape'],
    bodyBytes: body.byteLength,
    isByteExact: false,
    parts: undefined,
    requestSentAt: at,
    responseReceivedAt: at,
    createdAt: at,
    generatedAt: at,
    expiresAt: undefined,
    retainUntil: undefined,
    lifetimeSource: 'manual',
  };
  return toRecord(stored, body);
}

function requestOf({ method, url, headers, body }: RecordingDocument['request']): Recording['request'] {
  const fields = headerFields(fieldsOf(headers));
  return {
    method,
    headers: fields,
    bodyKey: '-',
    decompress: undefined,
    maxRedirects: undefined,
    socketPath: undefined,
    insecure: undefined,
    shown: { method, url, headers: fields, body },
  };
}

/** People leave them out, and write numbers where a field has one. */
function fieldsOf(headers: unknown): readonly (readonly [string, FieldValue])[] {
  const given = headers ?? {};
  if (typeof given !== 'object' || Array.isArray(given))
    throw new TypeError('its header fields are no object');
  return Object.entries(given).map(([name, value]: [string, unknown]) => {
    const lines = [value].flat();
    if (lines.some((line) => typeof line === 'object'))
      throw new TypeError(`its header field ${name} is no text`);
    return [name, Array.isArray(value) ? lines.map(String) : String(value)] as const;
  });
}

function namesOf(names: readonly string[]): StoredResponse['headerNames'] {
  const spelled = names.filter((name) => name !== name.toLowerCase());
  return spelled.length === 0
    ? undefined
    : Object.fromEntries(spelled.map((name) => [name.toLowerCase(), name]));
}

function bodyOf({ json, text, base64 }: RecordingDocument['response']): Uint8Array {
  if (json !== undefined) return Buffer.from(JSON.stringify(json));
  if (text !== undefined) return Buffer.from(String(text));
  return Buffer.from(String(base64 ?? ''), 'base64');
}

/** The beginning of a file's name: what people know a request by. Never the whole of it, which may be long. */
export function readableName(method: string, url: string): string {
  const { host, pathname } = URL.canParse(url) ? new URL(url) : { host: '', pathname: url };
  const path = pathname.replace(/[^A-Za-z0-9.-]+/g, '_').replace(/^_+|_+$/g, '');
  const parts = [method, host.replace(/[^A-Za-z0-9.-]+/g, '_'), path];
  return parts
    .filter((part) => part !== '')
    .join('_')
    .slice(0, 80);
}
