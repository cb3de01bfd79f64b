import zlib from 'node:zlib';
import { type Random } from './random.js';

/** How the body is coded on its way. `broken gzip` is no gzip at all, `cut gzip` lacks its end. */
export type Coding =
  | 'identity'
  | 'gzip'
  | 'x-gzip'
  | 'br'
  | 'deflate'
  | 'raw deflate'
  | 'zstd'
  | 'unknown'
  | 'broken gzip'
  | 'cut gzip';

/** What goes wrong on the way. */
export type Fault =
  | 'none'
  /** The connection ends before the body does. */
  | 'truncated'
  /** The connection ends before there is an answer. */
  | 'reset'
  /** Something that is not HTTP. */
  | 'garbage'
  /** No answer ever. */
  | 'silent'
  /** The header and half of the body, and no more. */
  | 'stalled';

/** A redirect on the way to the resource, each at a URL of its own. */
export interface Hop {
  readonly status: number;
  /** Where the next URL is, and how `Location` says so; `none`: it does not. */
  readonly location:
    'absolute' | 'relative' | 'other origin' | 'without scheme' | 'fragment' | 'unusable' | 'none';
  /** Text that the redirect has as its own body. */
  readonly body: string;
}

/** What the origin answers for one case, whatever it is asked. */
export interface Resource {
  readonly status: number;
  readonly statusText: string | undefined;
  /** Lines of the header; a name may come more than once. */
  readonly lines: readonly (readonly [name: string, value: string])[];
  readonly kind: string;
  /** Before any content coding. */
  readonly body: Buffer;
  readonly coding: Coding;
  readonly framing: 'length' | 'chunked' | 'until close';
  readonly earlyHints: boolean;
  readonly hops: readonly Hop[];
  readonly fault: Fault;
}

export const hasZstd = typeof (zlib as { zstdCompressSync?: unknown }).zstdCompressSync === 'function';

const LARGE = 20 * 1024 * 1024;
const TEXT = 'grüße, 世界, 👋 – "quoted" \\ and\r\nlines';
const JSON_TEXT =
  '{"n": 1.10, "umlaut": "äöü", "list": [1, null, {"deep": true}], "big": 12345678901234567890}';

type BodyMaker = (random: Random) => Buffer | string;

/** Bodies by kind, each with the types that it is sent as. */
const BODIES: Readonly<Record<string, readonly [make: BodyMaker, weight: number]>> = {
  json: [() => JSON_TEXT, 10],
  'json string': [() => '"text"', 2],
  'json number': [() => '47.10', 2],
  'json null': [() => 'null', 2],
  'json with white space': [() => '\n\t [1, 2, 3] \n', 2],
  'json with a byte order mark': [() => `\ufeff${JSON_TEXT}`, 3],
  'json with __proto__': [() => '{"__proto__": {"polluted": true}, "constructor": 1}', 2],
  'broken json': [() => '{"broken": ', 4],
  text: [() => TEXT, 8],
  'text with a byte order mark': [() => `\ufeff${TEXT}`, 3],
  'two byte order marks': [() => `\ufeff\ufeff${TEXT}`, 2],
  latin1: [() => Buffer.from('grüße, ÿ', 'latin1'), 3],
  utf16le: [() => Buffer.from(`\ufeff${TEXT}`, 'utf16le'), 3],
  'broken utf-8': [() => Buffer.from([0x67, 0xfc, 0xdf, 0xff, 0x00, 0xc3]), 3],
  empty: [() => '', 6],
  'one byte': [() => 'x', 2],
  form: [() => 'a=1&b=%20x+y&a=2', 2],
  multipart: [
    () =>
      '--limit\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n' +
      '--limit\r\nContent-Disposition: form-data; name="f"; filename="f.txt"\r\nContent-Type: text/plain\r\n\r\nfile\r\n--limit--\r\n',
    3,
  ],
  html: [() => '<!doctype html><title>x</title><p>ü', 2],
  bytes: [(random) => random.bytes(1 + random.below(5000)), 6],
  'bytes around a page': [
    (random) => random.bytes(random.pick([4095, 4096, 4097, 16_384, 65_535, 65_536])),
    3,
  ],
  'some 200 KB': [(random) => Buffer.alloc(200_000 + random.below(999), random.bytes(97)), 2],
  '20 MB': [(random) => Buffer.alloc(LARGE, random.bytes(4099)), 0],
};

export const BODY_KINDS: readonly string[] = Object.keys(BODIES);

const TYPES: Readonly<Record<string, readonly (string | undefined)[]>> = {
  json: [
    'application/json',
    'application/json; charset=utf-8',
    'application/problem+json',
    'text/plain',
    undefined,
  ],
  latin1: ['text/plain; charset=iso-8859-1', 'text/plain'],
  utf16le: ['text/plain; charset=utf-16le', 'application/json'],
  form: ['application/x-www-form-urlencoded'],
  multipart: ['multipart/form-data; boundary=limit'],
  html: ['text/html', 'TEXT/HTML; Charset=UTF-8'],
};

const STATUSES: readonly (readonly [number, number])[] = [
  [200, 60],
  ...[201, 202, 203, 204, 205, 226, 299].map((status) => [status, 1.5] as const),
  ...[300, 304].map((status) => [status, 1] as const),
  ...[400, 401, 403, 404, 409, 410, 418, 429, 451].map((status) => [status, 1.5] as const),
  ...[500, 501, 502, 503, 504, 599].map((status) => [status, 1.5] as const),
];

const CODINGS: readonly (readonly [Coding, number])[] = [
  ['identity', 45],
  ['gzip', 15],
  ['br', 12],
  ['deflate', 10],
  ['zstd', 8],
  ['x-gzip', 2],
  ['raw deflate', 3],
  ['unknown', 2],
  ['broken gzip', 2],
  ['cut gzip', 2],
];

const EXTRA_LINES: readonly (readonly (readonly [string, string])[])[] = [
  [['Set-Cookie', 'a=1; Path=/; HttpOnly']],
  [
    ['Set-Cookie', 'a=1'],
    ['set-cookie', 'b=2; Expires=Wed, 21 Oct 2037 07:28:00 GMT'],
  ],
  [
    ['X-Multi', 'one'],
    ['X-Multi', 'two, three'],
  ],
  [['X-Empty', '']],
  [['X-Latin', Buffer.from('grüße').toString('latin1')]],
  [['ETag', '"tag"']],
  [['Last-Modified', 'Wed, 21 Oct 2020 07:28:00 GMT']],
  [['Vary', 'Accept-Encoding, User-Agent']],
  [['Vary', 'Accept, X-Mine']],
  [['Link', '<https://example.com/>; rel="next"']],
  [['Content-Disposition', 'attachment; filename="ü.txt"']],
  [['WWW-Authenticate', 'Basic realm="x"']],
  [['Retry-After', '1']],
  [['Date', 'Fri, 20 Nov 2026 12:00:00 GMT']],
  [['Expires', 'Fri, 20 Nov 2099 12:00:00 GMT']],
  [['Content-Language', 'de']],
  [['Server', 'differential']],
  [['constructor', 'odd name']],
  [['Connection', 'close']],
  [['Content-Location', '/elsewhere']],
];

/** What the origin answers in one case. */
export function randomResource(random: Random): Resource {
  const kind = random.pickWeighted(
    Object.entries(BODIES).map(([name, [, weight]]) => [name, weight] as const),
  );
  const status = random.pickWeighted(STATUSES);
  return {
    status,
    statusText: random.pickWeighted([
      [undefined, 8],
      ['Fine', 1],
      ['', 1],
    ]),
    lines: randomLines(random, kind),
    kind,
    body: bodyOf(kind, random),
    coding: random.pickWeighted(CODINGS.filter(([coding]) => coding !== 'zstd' || hasZstd)),
    framing: random.pickWeighted([
      ['length', 6],
      ['chunked', 4],
      ['until close', 1],
    ]),
    earlyHints: random.chance(0.03),
    hops: random.chance(0.2) ? randomHops(random) : [],
    fault: random.pickWeighted([
      ['none', 92],
      ['truncated', 3],
      ['reset', 2],
      ['garbage', 1],
    ]),
  };
}

/** A body of 20 MB, which is too much for every case. */
export function withLargeBody(resource: Resource, random: Random): Resource {
  return { ...resource, kind: '20 MB', body: bodyOf('20 MB', random), status: 200, hops: [], fault: 'none' };
}

function bodyOf(kind: string, random: Random): Buffer {
  const [make] = BODIES[kind] ?? BODIES['empty']!;
  const body = make(random);
  return typeof body === 'string' ? Buffer.from(body) : body;
}

function randomLines(random: Random, kind: string): Resource['lines'] {
  const known = TYPES[kind] ??
    TYPES[kind.split(' ')[0] ?? ''] ?? ['text/plain', 'application/octet-stream', undefined];
  const type = random.chance(0.9) ? random.pick(known) : 'application/json';
  const name = random.chance(0.9) ? 'Content-Type' : 'content-TYPE';
  const extra = Array.from({ length: random.below(4) }, () => random.pick(EXTRA_LINES)).flat();
  return [...(type === undefined ? [] : [[name, type] as const]), ...withoutRepetition(extra)];
}

/** The same group of lines twice would be no other case. */
function withoutRepetition(lines: Resource['lines']): Resource['lines'] {
  return lines.filter(
    (line, index) => lines.findIndex(([name, value]) => name === line[0] && value === line[1]) === index,
  );
}

function randomHops(random: Random): readonly Hop[] {
  const length = random.pickWeighted([
    [1, 6],
    [2, 3],
    [3, 2],
    [6, 1],
  ]);
  return Array.from({ length }, () => ({
    status: random.pick([301, 302, 303, 307, 308]),
    location: random.pickWeighted<Hop['location']>([
      ['absolute', 4],
      ['relative', 6],
      ['other origin', 4],
      ['without scheme', 1],
      ['fragment', 1],
      ['unusable', 0.3],
      ['none', 0.5],
    ]),
    body: random.pick(['', 'moved', '{"moved": true}']),
  }));
}

/** The body as it goes over the wire, and what `Content-Encoding` calls it. */
export function coded({ body, coding }: Resource): {
  readonly bytes: Buffer;
  readonly name: string | undefined;
} {
  switch (coding) {
    case 'identity':
      return { bytes: body, name: undefined };
    case 'gzip':
    case 'x-gzip':
      return { bytes: zlib.gzipSync(body), name: coding };
    case 'br':
      return { bytes: brotli(body), name: 'br' };
    case 'deflate':
      return { bytes: zlib.deflateSync(body), name: 'deflate' };
    case 'raw deflate':
      return { bytes: zlib.deflateRawSync(body), name: 'deflate' };
    case 'zstd':
      return {
        bytes: (zlib as unknown as { zstdCompressSync(body: Buffer): Buffer }).zstdCompressSync(body),
        name: 'zstd',
      };
    case 'unknown':
      return { bytes: body, name: 'x-unknown' };
    case 'broken gzip':
      return { bytes: Buffer.concat([Buffer.from('no gzip'), body]), name: 'gzip' };
    case 'cut gzip':
      return { bytes: zlib.gzipSync(body).subarray(0, -6), name: 'gzip' };
  }
}

/** The default quality takes seconds for 20 MB. */
function brotli(body: Buffer): Buffer {
  return zlib.brotliCompressSync(body, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 2 } });
}
