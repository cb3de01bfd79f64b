import { createHash } from 'node:crypto';
import { type AxiosRequestConfig, type AxiosResponse } from 'axios';
import { type CachedAxiosInstance } from '../../lib/index.js';
import { type Answer, type Handler, type ReceivedRequest } from '../helpers/origin-server.js';

/** What an origin has under a URL. */
export interface Representation {
  readonly body: Uint8Array;
  /** As it is sent, quotes and `W/` included; undefined: none. */
  readonly etag?: string | undefined;
  readonly lastModified?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The bytes of a representation: the same for the same name, all 256 values among them, of any length. */
export function someBytes(length: number, name = 'a'): Buffer {
  const blocks = Math.ceil(length / 32);
  const chunks = Array.from({ length: blocks }, (_, index) =>
    createHash('sha256').update(`${name} ${index}`).digest(),
  );
  const bytes = Buffer.concat(chunks).subarray(0, length);
  // The two that careless code stumbles over, where every range of the tests has them.
  if (length > 1) bytes.set([0x00, 0xff], 0);
  if (length > 3) bytes.set([0xff, 0x00], length - 2);
  return bytes;
}

/** An origin that serves a representation as RFC 9110 wants it: one range, several ranges, If-Range, If-None-Match. */
export function serving(current: Representation | (() => Representation)): Handler {
  return (request) => answerTo(request, typeof current === 'function' ? current() : current);
}

function answerTo({ headers }: ReceivedRequest, representation: Representation): Answer {
  const { body, etag, lastModified } = representation;
  const fields = {
    'Accept-Ranges': 'bytes',
    'Content-Type': 'application/octet-stream',
    ...(etag === undefined ? {} : { ETag: etag }),
    ...(lastModified === undefined ? {} : { 'Last-Modified': lastModified }),
    ...representation.headers,
  };
  if (isConfirmed(headers, representation)) return { status: 304, headers: fields };
  const asked = rangesFor(headers, representation);
  if (asked === undefined) return { headers: { ...fields, 'Content-Length': String(body.length) }, body };
  const [only, ...others] = asked.filter(([first, last]) => first <= last);
  if (only === undefined) {
    return { status: 416, headers: { ...fields, 'Content-Range': `bytes */${body.length}` } };
  }
  if (others.length > 0) return multipart(body, [only, ...others], fields);
  return part(body, only[0], only[1], fields);
}

/** A 206 with these bytes, both ends included. */
export function part(
  body: Uint8Array,
  first: number,
  last: number,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  const bytes = body.subarray(first, last + 1);
  return {
    status: 206,
    headers: {
      'Content-Range': `bytes ${first}-${last}/${body.length}`,
      'Content-Length': String(bytes.length),
      ...headers,
    },
    body: bytes,
  };
}

function multipart(
  body: Uint8Array,
  ranges: readonly (readonly [number, number])[],
  fields: Readonly<Record<string, string>>,
): Answer {
  const chunks = ranges.flatMap(([first, last]) => [
    Buffer.from(`--limit\r\nContent-Range: bytes ${first}-${last}/${body.length}\r\n\r\n`),
    body.subarray(first, last + 1),
    Buffer.from('\r\n'),
  ]);
  return {
    status: 206,
    headers: { ...fields, 'Content-Type': 'multipart/byteranges; boundary=limit' },
    body: Buffer.concat([...chunks, Buffer.from('--limit--\r\n')]),
  };
}

function isConfirmed(headers: ReceivedRequest['headers'], { etag, lastModified }: Representation): boolean {
  const tags = headers['if-none-match']?.split(/, */);
  if (tags !== undefined) return etag !== undefined && tags.some((tag) => opaque(tag) === opaque(etag));
  return lastModified !== undefined && headers['if-modified-since'] === lastModified;
}

function opaque(tag: string): string {
  return tag.replace(/^W\//, '');
}

/** First and last position of each range, the last before the first where there is none; undefined: the whole. */
function rangesFor(
  headers: ReceivedRequest['headers'],
  { body, etag, lastModified }: Representation,
): readonly (readonly [number, number])[] | undefined {
  const ifRange = headers['if-range'];
  if (ifRange !== undefined && ifRange !== lastModified && (ifRange !== etag || ifRange.startsWith('W/')))
    return undefined;
  const list = /^bytes=([-\d, ]+)$/.exec(headers.range ?? '')?.[1];
  return list?.split(/, */).map((range) => {
    const [from = '', to = ''] = range.split('-');
    const end = body.length - 1;
    if (from === '') return [Math.max(0, body.length - Number(to)), end] as const;
    return [Number(from), to === '' ? end : Math.min(Number(to), end)] as const;
  });
}

/** Asks for a range, or without one for the whole, as bytes; every status is an answer. */
export function fetchBytes(
  http: CachedAxiosInstance,
  range?: string,
  config: AxiosRequestConfig = {},
): Promise<AxiosResponse<Buffer>> {
  return http.get<Buffer>('/file', {
    responseType: 'arraybuffer',
    validateStatus: null,
    ...config,
    headers: { ...(range === undefined ? {} : { Range: range }), ...(config.headers as object) },
  });
}

/** Asserts that an answer is the 206 with exactly these bytes, both ends included, of the whole. */
export function expectPart(
  { status, statusText, headers, data }: AxiosResponse<Buffer>,
  whole: Buffer,
  first: number,
  last: number,
): void {
  expect([status, statusText]).toEqual([206, 'Partial Content']);
  expect(headers['content-range']).toBe(`bytes ${first}-${last}/${whole.length}`);
  expect(headers['content-length']).toBe(String(last - first + 1));
  expectBytes(data, whole.subarray(first, last + 1));
}

/** Asserts that an answer is the 200 with the whole. */
export function expectWhole(
  { status, statusText, headers, data }: AxiosResponse<Buffer>,
  whole: Buffer,
): void {
  expect([status, statusText]).toEqual([200, 'OK']);
  expect(headers['content-range']).toBeUndefined();
  expect(headers['content-length']).toBe(String(whole.length));
  expectBytes(data, whole);
}

/** Compares bytes; a difference is told by its place, since a megabyte of it would help nobody. */
export function expectBytes(actual: Buffer, expected: Uint8Array): void {
  expect(Buffer.isBuffer(actual)).toBe(true);
  expect(actual.length).toBe(expected.length);
  expect(actual.findIndex((byte, index) => byte !== expected[index])).toBe(-1);
}
