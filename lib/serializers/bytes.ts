import { Buffer } from 'node:buffer';
import { types } from 'node:util';

/** Text or bytes, as stages hand them on, with a mark that tells them apart when they are stored. */
export interface Content {
  readonly bytes: Buffer;
  readonly isText: boolean;
}

/**
 * What a notation has made, as bytes.
 * @throws TypeError for anything but text and bytes: there is no notation before this stage
 */
export function contentOf(value: unknown): Content {
  if (typeof value === 'string') return { bytes: Buffer.from(value, 'utf8'), isText: true };
  if (types.isUint8Array(value)) return { bytes: asBuffer(value), isText: false };
  throw new TypeError('neither text nor bytes: put a serializer such as "json" before this stage');
}

/** The value from which {@link contentOf} was made. */
export function valueOf({ bytes, isText }: Content): string | Buffer {
  return isText ? bytes.toString('utf8') : bytes;
}

/** @throws TypeError for anything but bytes */
export function expectBytes(value: unknown): Buffer {
  if (!types.isUint8Array(value)) throw new TypeError('not bytes');
  return asBuffer(value);
}

/** The same bytes as a Buffer. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
