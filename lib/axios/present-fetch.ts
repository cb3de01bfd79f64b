import type { InternalAxiosRequestConfig } from 'axios';
import type { MaybePromise } from '../storage/backend.js';
import { type StreamWatch, webStreamOf } from './body-streams.js';

/** https://fetch.spec.whatwg.org/#null-body-status */
const NULL_BODY_STATUSES: ReadonlySet<number> = new Set([101, 103, 204, 205, 304]);

const NO_BYTES = new Uint8Array(0);

/** Whether a response of `fetch` has a body at all, be it empty. */
function hasBody(method: string | undefined, status: number): boolean {
  return method?.toUpperCase() !== 'HEAD' && !NULL_BODY_STATUSES.has(status);
}

/** The `responseType` as axios's fetch adapter understands it: in any case of letters. */
export function fetchResponseType(config: InternalAxiosRequestConfig): string {
  return String(config.responseType ?? '').toLowerCase();
}

/** A body as axios's fetch adapter gives it: what a `Response` makes of it. Another adapter may have seen one where there is none. */
export function presentAsFetch(
  stored: Uint8Array,
  config: InternalAxiosRequestConfig,
  status: number,
  contentType: string | undefined,
  watch: StreamWatch | undefined,
): MaybePromise<unknown> {
  const isThere = hasBody(config.method, status);
  const bytes = isThere ? stored : NO_BYTES;
  const response = (): Response =>
    new Response(isThere ? bytes : null, {
      headers: contentType === undefined ? {} : { 'content-type': contentType },
    });
  switch (fetchResponseType(config)) {
    case 'arraybuffer':
      return arrayBufferOf(bytes);
    case 'blob':
      return (async () => response().blob())();
    case 'formdata':
      return (async () => response().formData())();
    case 'stream':
      return isThere ? webStreamOf(bytes, watch) : null;
    default:
      // Two byte order marks are no text that anybody means; what is left of them differs by platform.
      return isMark(bytes, 0) && isMark(bytes, 3)
        ? (async () => response().text())()
        : new TextDecoder().decode(bytes);
  }
}

/** Whether there is a byte order mark of UTF-8. */
function isMark(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 0xef && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf;
}

/** A copy that holds these bytes and no others. */
export function arrayBufferOf(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
