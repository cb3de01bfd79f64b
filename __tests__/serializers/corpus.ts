import { Buffer } from 'node:buffer';
import zlib from 'node:zlib';
import { type AxiosRequestConfig } from 'axios';
import { type RequestCacheOptions } from '../../lib/index.js';
import { type Answer, type ReceivedRequest } from '../helpers/origin-server.js';
import { BODIES, noise } from './records.js';

/** A response of the corpus. */
export interface Specimen {
  readonly title: string;
  /** In the order in which they are sent; the last is the one that is answered from storage later, and all of `variants`. */
  readonly requests: readonly SpecimenRequest[];
  readonly answer: (request: ReceivedRequest) => Answer;
}

export type SpecimenRequest = Omit<AxiosRequestConfig, 'url'> & {
  readonly cache?: RequestCacheOptions;
};

type Headers = Readonly<Record<string, string | readonly string[]>>;

const latin1 = (headers: Headers): Headers => headers;

function plain(title: string, body: string | Uint8Array, headers: Headers = {}, status = 200): Specimen {
  return { title, requests: [{}], answer: () => ({ status, headers, body }) };
}

/** A text in many charsets, as bytes, since Node encodes only some of them. */
const CHARSETS: Readonly<Record<string, string>> = {
  'utf-8': 'c3a96772c3bcc39f65',
  'utf-16le': 'fffee9006700fc00',
  'utf-16be': 'feff00e9006700fc',
  'utf-32le': 'fffe0000e900000067000000',
  'iso-8859-1': 'e967fc',
  'iso-8859-15': 'a4e9',
  'windows-1252': '80e99c',
  'windows-1251': 'cff0e8e2e5f2',
  'koi8-r': 'f0d2c9d7c5d4',
  shift_jis: '93fa967b8cea',
  'euc-jp': 'c6fccbdcb8ec',
  'iso-2022-jp': '1b2442467c4b5c1b2842',
  gb18030: 'd6d0b9fa8130813081',
  big5: 'a4a4a4e5',
  'euc-kr': 'c7d1b1b9',
  'utf-7': '2b414f6b2d',
  'no such charset': 'ff00fe',
};

const UNUSUAL: Readonly<Record<string, Headers>> = {
  'names that mean something to JavaScript': {
    constructor: 'a',
    prototype: 'b',
    toString: 'c',
    hasOwnProperty: 'd',
    then: 'e',
    toJSON: 'f',
    'X-__proto__': 'g',
  },
  'names that mean something to databases': { 'a.b': '1', $set: '2', '$ref.x': '3', _id: '4', '#': '5' },
  'names like numbers': { 10: 'ten', 9: 'nine', '01': 'one' },
  'values in Latin-1': latin1({ 'X-Latin': 'K\u00e4se \u00ff', 'X-High': '\u0080\u00a0' }),
  'values with white space and marks': {
    'X-A': 'a\tb  c',
    'X-B': '", \\ ; =',
    'X-C': '{"json":true}',
    'X-D': '- yaml: |',
  },
  'empty values': { 'X-Empty': '', 'X-List': ['', 'a', ''] },
  'many of one name': { 'Set-Cookie': ['a=1; Path=/', 'b=2; HttpOnly'], Link: ['<a>; rel=x', '<b>; rel=y'] },
  'many names': Object.fromEntries(
    Array.from({ length: 90 }, (_, index) => [`X-Field-${index}`, `value ${index}`]),
  ),
  'a long value': { 'X-Long': 'long '.repeat(1500) },
};

const STATUSES = [203, 300, 301, 404, 405, 410, 414, 418, 451, 500, 501, 599];

function encodedWith(coding: string, bytes: Buffer): Specimen {
  return plain(`content coded with ${coding}`, bytes, {
    'Content-Encoding': coding,
    'Content-Type': 'text/plain',
  });
}

const TEXT = Buffer.from('The same text again and again. '.repeat(200));

const FIVE_MEGABYTES = 5 * 1024 * 1024;

function redirects(count: number): Specimen {
  return {
    title: `${count} redirects`,
    requests: [{}],
    answer: ({ url }) => {
      const done = Number(new URLSearchParams(url.split('?')[1] ?? '').get('hop') ?? 0);
      if (done >= count) return { headers: { 'X-Hops': String(done) }, body: `after ${done} redirects` };
      const Location = `${url.split('?')[0]}?hop=${done + 1}`;
      return {
        status: [301, 302, 303, 307, 308][done % 5] as number,
        headers: { Location },
        body: `hop ${done}`,
      };
    },
  };
}

function varying(field: string, values: readonly string[]): Specimen {
  return {
    title: `Vary: ${field}`,
    requests: values.map((value) => ({ headers: { [field]: value } })),
    answer: ({ headers }) => ({
      headers: { Vary: field },
      body: `for ${String(headers[field.toLowerCase()])}`,
    }),
  };
}

/** The second request validates; the stored response keeps its body and gets new header fields. */
function updated(title: string, body: Buffer): Specimen {
  return {
    title: `updated by a 304: ${title}`,
    requests: [{}, { cache: { refresh: true } }],
    answer: ({ headers }) =>
      headers['if-none-match'] === undefined
        ? { headers: { ETag: '"1"', 'X-Version': 'first' }, body }
        : { status: 304, headers: { ETag: '"1"', 'X-Version': 'second', 'X-New': 'r\u00e9' } },
  };
}

/** At least sixty responses of every kind. */
export const CORPUS: readonly Specimen[] = [
  ...Object.entries(BODIES).map(([title, body]) => plain(title, body)),
  ...Object.entries(CHARSETS).map(([charset, digits]) =>
    plain(`text in ${charset}`, Buffer.from(digits, 'hex'), {
      'Content-Type': `text/plain; charset=${charset}`,
    }),
  ),
  ...Object.entries(UNUSUAL).map(([title, headers]) => plain(title, 'body', headers)),
  ...STATUSES.map((status) => plain(`status ${status}`, `of ${status}`, {}, status)),
  { title: 'status 204', requests: [{}], answer: () => ({ status: 204, headers: { 'X-Why': 'nothing' } }) },
  {
    title: 'another phrase',
    requests: [{}],
    answer: () => ({ status: 200, statusText: 'Tr\u00e8s bien, "ok"', body: 'x' }),
  },
  {
    title: 'HEAD',
    requests: [{ method: 'HEAD' }],
    answer: () => ({ headers: { 'Content-Length': '12345' } }),
  },
  {
    title: 'POST',
    requests: [{ method: 'POST', data: { a: [1, 'é'] } }],
    answer: ({ body }) => ({ body: Buffer.concat([Buffer.from('got '), body]) }),
  },
  encodedWith('gzip', zlib.gzipSync(TEXT)),
  encodedWith('br', zlib.brotliCompressSync(TEXT)),
  encodedWith('deflate', zlib.deflateSync(TEXT)),
  {
    ...encodedWith('gzip', zlib.gzipSync(TEXT)),
    title: 'kept as it was coded',
    requests: [{ decompress: false }],
  },
  redirects(1),
  redirects(2),
  redirects(5),
  varying('Accept-Language', ['fr', 'de', 'x-\u00e9']),
  varying('Accept', ['text/html', 'application/json']),
  updated('text', TEXT),
  updated('bytes', noise(3000)),
  updated('nothing', Buffer.alloc(0)),
  plain('5 MB of noise', noise(FIVE_MEGABYTES, 7)),
  plain(
    '1 MB of JSON',
    JSON.stringify(
      Array.from({ length: 18_000 }, (_, id) => ({ id, name: `the name of ${id}`, tags: ['é'] })),
    ),
  ),
];
