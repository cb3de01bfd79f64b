import { Buffer } from 'node:buffer';
import zlib from 'node:zlib';
import { InvalidOptionError } from '../errors.js';
import { expectNonNegativeNumber, expectPositiveInteger, validateOptions } from '../options.js';
import { andThen } from './and-then.js';
import { type Content, contentOf, expectBytes, valueOf } from './bytes.js';
import { told } from './pipeline.js';
import type { MaybePromise } from '../storage/backend.js';
import type { SerializerContext, SerializerStage } from '../storage/serializer-stage.js';

/** Options of {@link gzip}, {@link brotli} and {@link zstd}. */
export interface CompressionOptions {
  /** Bytes below which nothing is compressed. 0: everything is. @default 1024 */
  readonly threshold?: number | undefined;
  /**
   * Bytes that are compressed at most; longer bodies are stored as they are. What would expand to more is refused when it is
   * read, so that a small record cannot take any amount of memory. @default 268435456 (256 MiB)
   */
  readonly maxBytes?: number | undefined;
  /** How hard to try: 1 to 9 for gzip, 0 to 11 for brotli, 1 to 22 for zstd. @default 6 for gzip, 4 for brotli, 3 for zstd */
  readonly level?: number | undefined;
}

const DEFAULT_THRESHOLD_BYTES = 1024;
const DEFAULT_MAX_BYTES = 256 * 1024 * 1024;
/** More is compressed or expanded by another thread, meanwhile other work goes on. */
const QUICK_BYTES = 32 * 1024;
const GZIP_MAGIC = Buffer.of(0x1f, 0x8b, 0x08);
const GZIP_FLAGS = 3;
/** RFC 1952 section 2.3.1: what was compressed is text. https://www.rfc-editor.org/rfc/rfc1952#section-2.3.1 */
const GZIP_FTEXT = 1;

/*
 * What a stage writes: a gzip file as any tool reads it, whose flag FTEXT tells text from bytes; or one byte and what it
 * announces: 0 bytes as they are, 2 brotli, 4 zstd; 1 more where they are text. Every stage reads all of them, so that one
 * can be replaced by another and old records stay readable.
 */
const PLAIN = 0;
const BROTLI = 2;
const ZSTD = 4;
const TEXT = 1;

/** Compresses or expands: at once what is small, by another thread what is not. */
type Work = (bytes: Buffer) => MaybePromise<Buffer>;

type Sync = (bytes: Buffer, options: object) => Buffer;
type Async = (bytes: Buffer, options: object, done: (error: Error | null, result: Buffer) => void) => void;

/** In Node 22.15 and later, and in 24. */
interface WithZstd {
  readonly zstdCompress?: Async;
  readonly zstdCompressSync?: Sync;
  readonly zstdDecompress?: Async;
  readonly zstdDecompressSync?: Sync;
}

const { zstdCompress, zstdCompressSync, zstdDecompress, zstdDecompressSync } = zlib as WithZstd;

/** Compresses with gzip (RFC 1952): what is stored can be read by any tool. */
export function gzip(options: CompressionOptions = {}): SerializerStage {
  const level = levelOf(options, 1, 9) ?? zlib.constants.Z_DEFAULT_COMPRESSION;
  const compress = working(zlib.gzipSync, zlib.gzip, { level });
  return compression(options, compress, (compressed, isText) => {
    if (isText) compressed[GZIP_FLAGS] = (compressed[GZIP_FLAGS] ?? 0) | GZIP_FTEXT;
    return compressed;
  });
}

/** Compresses with Brotli (RFC 7932): smaller than gzip at about its speed. */
export function brotli(options: CompressionOptions = {}): SerializerStage {
  const quality = levelOf(options, 0, 11) ?? 4;
  const params = { [zlib.constants.BROTLI_PARAM_QUALITY]: quality };
  const compress = working(zlib.brotliCompressSync, zlib.brotliCompress, { params });
  return compression(options, compress, (compressed, isText) => marked(BROTLI, isText, compressed));
}

/**
 * Compresses with Zstandard (RFC 8878): as small as gzip, several times faster.
 * @throws InvalidOptionError (ERR_CACHE_INVALID_OPTION) where this version of Node does not have it
 */
export function zstd(options: CompressionOptions = {}): SerializerStage {
  const level = levelOf(options, 1, 22) ?? 3;
  if (zstdCompress === undefined || zstdCompressSync === undefined) {
    throw new InvalidOptionError(
      'zstd',
      process.version,
      'a version of Node that has zstd: 22.15 or later; or use gzip or brotli',
    );
  }
  const params = { [ZSTD_LEVEL]: level };
  const compress = working(zstdCompressSync, zstdCompress, { params });
  return compression(options, compress, (compressed, isText) => marked(ZSTD, isText, compressed));
}

/** `ZSTD_c_compressionLevel`, which older declarations lack. */
const ZSTD_LEVEL = 100;

const SCHEMA = {
  threshold: expectNonNegativeNumber,
  level: expectNonNegativeNumber,
  maxBytes: expectPositiveInteger,
};

function levelOf(options: CompressionOptions, least: number, most: number): number | undefined {
  validateOptions(options, SCHEMA, '');
  const { level } = options;
  if (level === undefined || (Number.isInteger(level) && level >= least && level <= most)) return level;
  throw new InvalidOptionError('level', level, `an integer from ${least} to ${most}`);
}

function compression(
  { threshold = DEFAULT_THRESHOLD_BYTES, maxBytes = DEFAULT_MAX_BYTES }: CompressionOptions,
  compress: Work,
  mark: (compressed: Buffer, isText: boolean) => Buffer,
): SerializerStage {
  /** The same for both directions, so that nothing is written that would be refused when it is read. */
  const mostOf = (context: SerializerContext | undefined): number =>
    Math.min(maxBytes, context?.maxBytes ?? Infinity);
  return told({
    dumps(value: unknown, context?: SerializerContext): unknown {
      const content = contentOf(value);
      const { bytes, isText } = content;
      const { length } = bytes;
      if (length < threshold || length > mostOf(context) || isCompressed(content)) return plain(content);
      const finish = (compressed: Buffer): Buffer =>
        compressed.length < length ? mark(compressed, isText) : plain(content);
      return andThen(compress(bytes), finish);
    },
    loads(value: unknown, context?: SerializerContext): unknown {
      const stored = expectBytes(value);
      const { isText, body, expand } = announced(stored, mostOf(context));
      return andThen(expand(body), (bytes) => valueOf({ bytes, isText }));
    },
  });
}

/** How files begin that are compressed already: gzip, zstd, zip, PNG, JPEG, GIF, WebP and others in RIFF, xz, bzip2, 7z, WOFF2. */
const COMPRESSED = [
  '1f8b08',
  '28b52ffd',
  '504b0304',
  '89504e47',
  'ffd8ff',
  '474946',
  '52494646',
  'fd377a58',
  '425a68',
  '377abcaf',
  '774f4632',
].map((digits) => Buffer.from(digits, 'hex'));

/** Compressing it again would take time and make nothing smaller. What is not noticed here is stored plain when it does not shrink. */
function isCompressed({ bytes, isText }: Content): boolean {
  return !isText && COMPRESSED.some((magic) => bytes.subarray(0, magic.length).equals(magic));
}

function plain({ bytes, isText }: Content): Buffer {
  return marked(PLAIN, isText, bytes);
}

function marked(kind: number, isText: boolean, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.of(kind | (isText ? TEXT : 0)), bytes]);
}

/** How something is to be read that a stage here has written. @throws TypeError, RangeError */
function announced(stored: Buffer, maxBytes: number): { isText: boolean; body: Buffer; expand: Work } {
  // Node refuses Infinity.
  const maxOutputLength = Math.min(Math.max(1, maxBytes), MOST_BYTES);
  if (stored.subarray(0, GZIP_MAGIC.length).equals(GZIP_MAGIC)) {
    const isText = ((stored[GZIP_FLAGS] ?? 0) & GZIP_FTEXT) !== 0;
    return { isText, body: stored, expand: working(zlib.gunzipSync, zlib.gunzip, { maxOutputLength }) };
  }
  const kind = stored[0] ?? -1;
  const isText = (kind & TEXT) !== 0;
  const body = stored.subarray(1);
  switch (kind & ~TEXT) {
    case PLAIN:
      return { isText, body, expand: (bytes) => bytes };
    case BROTLI:
      return {
        isText,
        body,
        expand: working(zlib.brotliDecompressSync, zlib.brotliDecompress, { maxOutputLength }),
      };
    case ZSTD:
      if (zstdDecompress === undefined || zstdDecompressSync === undefined) {
        throw new TypeError('compressed with zstd, which this version of Node does not have');
      }
      return { isText, body, expand: working(zstdDecompressSync, zstdDecompress, { maxOutputLength }) };
    default:
      throw new TypeError('not written by a stage that compresses');
  }
}

/** As much as one buffer can have on every platform. */
const MOST_BYTES = 2 ** 31 - 1;

function working(sync: Sync, aside: Async, options: object): Work {
  return (bytes) => {
    if (bytes.length <= QUICK_BYTES) return sync(bytes, options);
    return new Promise((resolve, reject) => {
      aside(bytes, options, (error, result) => (error === null ? resolve(result) : reject(error)));
    });
  };
}
