import type { InternalAxiosRequestConfig } from 'axios';
import { readableOf, type StreamWatch } from './body-streams.js';

/** A body as axios's http adapter gives it: a Buffer, a stream, or text in `responseEncoding` without a byte order mark. */
export function presentAsHttp(
  bytes: Uint8Array,
  config: InternalAxiosRequestConfig,
  watch: StreamWatch | undefined,
): unknown {
  if (config.responseType === 'stream') return readableOf(bytes, watch);
  if (config.responseType === 'arraybuffer') return Buffer.from(bytes);
  const encoding = config.responseEncoding as BufferEncoding | undefined;
  const text = bytesToString(bytes, encoding);
  const mayHaveMark = !encoding || encoding === 'utf8';
  return mayHaveMark && text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

export function bytesToString(bytes: Uint8Array, encoding: BufferEncoding | undefined): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(encoding);
}
