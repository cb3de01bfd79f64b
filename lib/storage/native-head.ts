import { Buffer } from 'node:buffer';
import { type BodyDigest, type DecodedHead, decodeHead, encodeHead } from './record-codec.js';

/** No encoded head can tell of a longer body. */
const LONGEST_BODY = 2 ** 48;
const CHECKSUMS = 2 ** 32;

/** What a head says, where its bytes can be made of it again; undefined: they cannot, or it is none of this library. */
export function exactHead(encoded: Uint8Array): DecodedHead | undefined {
  try {
    const decoded = decodeHead(encoded);
    const again = encodeHead(decoded.head, decoded.bodyDigest);
    return Buffer.compare(again, encoded) === 0 ? decoded : undefined;
  } catch {
    return undefined;
  }
}

/** Whether what was read from storage tells of a body. */
export function isBodyDigest(value: unknown): value is BodyDigest {
  if (typeof value !== 'object' || value === null) return false;
  const { bodyBytes, bodyCrc32 } = value as Partial<Record<keyof BodyDigest, unknown>>;
  return isBelow(bodyBytes, LONGEST_BODY) && isBelow(bodyCrc32, CHECKSUMS);
}

function isBelow(value: unknown, end: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < end;
}
