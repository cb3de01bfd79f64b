import type { InternalAxiosRequestConfig } from 'axios';
import { contentTypeParameter, parseContentType } from '../key/content-type.js';
import { arrayBufferOf } from './present-fetch.js';

/** As much of a browser's `DOMParser` as is used here. */
type DomParser = new () => { parseFromString(text: string, type: string): ParsedDocument };
interface ParsedDocument {
  getElementsByTagName(name: string): { readonly length: number };
}

function domParser(): DomParser | undefined {
  return (globalThis as { DOMParser?: DomParser }).DOMParser;
}

/** Whether documents can be made of bytes here. */
export function canParseDocuments(): boolean {
  return domParser() !== undefined;
}

/**
 * A body as axios's xhr adapter gives it: what an `XMLHttpRequest` makes of it.
 * @see https://xhr.spec.whatwg.org/#the-response-attribute
 */
export function presentAsXhr(
  bytes: Uint8Array,
  config: InternalAxiosRequestConfig,
  contentType: string | undefined,
): unknown {
  switch (config.responseType) {
    case 'arraybuffer':
      return arrayBufferOf(bytes);
    case 'blob':
      return new Blob([new Uint8Array(bytes)], { type: contentType ?? '' });
    case 'document':
      return documentOf(bytes, contentType);
    default:
      return decodeText(bytes, contentType);
  }
}

/** The mark at the beginning of a text tells its encoding, before anything else does. */
const BYTE_ORDER_MARKS: readonly [mark: readonly number[], encoding: string][] = [
  [[0xef, 0xbb, 0xbf], 'utf-8'],
  [[0xfe, 0xff], 'utf-16be'],
  [[0xff, 0xfe], 'utf-16le'],
];

/** Decodes by the byte order mark, the `charset` of the content type, or as UTF-8. */
function decodeText(bytes: Uint8Array, contentType: string | undefined): string {
  const marked = BYTE_ORDER_MARKS.find(([mark]) => mark.every((byte, index) => bytes[index] === byte))?.[1];
  const charset = marked ?? contentTypeParameter(parseContentType(contentType), 'charset');
  return decoderFor(charset).decode(bytes);
}

function decoderFor(charset: string | undefined): InstanceType<typeof TextDecoder> {
  try {
    return new TextDecoder(charset);
  } catch {
    // No such encoding.
    return new TextDecoder();
  }
}

/** A document of HTML or XML; null where the body is neither, or not well formed. */
function documentOf(bytes: Uint8Array, contentType: string | undefined): ParsedDocument | null {
  const { essence } = parseContentType(contentType);
  const isHtml = essence === 'text/html';
  const isXml = /^(?:|(?:text|application)\/xml|.+\+xml)$/.test(essence);
  const DOMParser = domParser();
  const text = decodeText(bytes, contentType);
  if (DOMParser === undefined || text === '' || (!isHtml && !isXml)) return null;
  const parsed = new DOMParser().parseFromString(text, isHtml ? 'text/html' : 'application/xml');
  // So a parser of XML says that it could not: with a document about that.
  return isXml && parsed.getElementsByTagName('parsererror').length > 0 ? null : parsed;
}
