import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw } from 'node:zlib';
import type { StoredResponse } from '../cache/stored-response.js';
import { fieldLines } from '../http/header-fields.js';
import { splitFieldList } from '../http/field-list.js';

type Decoder = (bytes: Uint8Array) => Promise<Uint8Array>;

const DECODERS: ReadonlyMap<string, Decoder> = new Map([
  ['gzip', promisify(gunzip)],
  ['x-gzip', promisify(gunzip)],
  ['br', promisify(brotliDecompress)],
  ['deflate', decodeDeflate],
]);

/** Some origins leave out the envelope that the name stands for. */
async function decodeDeflate(bytes: Uint8Array): Promise<Uint8Array> {
  try {
    return await (promisify(inflate) as Decoder)(bytes);
  } catch {
    return (promisify(inflateRaw) as Decoder)(bytes);
  }
}

/** Whether the body is stored encoded: `Content-Encoding` is kept where axios was told not to decompress. */
export function isEncoded(stored: StoredResponse): boolean {
  return codingsOf(stored).length > 0;
}

/**
 * The body as its reader would have it, without `Content-Encoding`. One that cannot be decoded, such as a part of a body, is
 * given as it is stored.
 */
export async function decodedBody(stored: StoredResponse, body: Uint8Array): Promise<Uint8Array> {
  let bytes = body;
  try {
    for (const coding of codingsOf(stored).reverse()) {
      const decode = DECODERS.get(coding);
      if (decode === undefined) return body;
      bytes = await decode(bytes);
    }
    return bytes;
  } catch {
    return body;
  }
}

function codingsOf({ headers }: StoredResponse): string[] {
  return fieldLines(headers, 'content-encoding')
    .flatMap(splitFieldList)
    .map((coding) => coding.toLowerCase())
    .filter((coding) => coding !== 'identity');
}
