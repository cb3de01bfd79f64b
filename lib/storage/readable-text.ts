import { Buffer, isUtf8 } from 'node:buffer';

/** Control characters but tab and line breaks; a byte order mark; and what stands for characters that were lost. */
const NO_TEXT = /[\0-\u0008\u000b\u000c\u000e-\u001f\u007f\ufeff\ufffd]/;

/** Text that gives the same bytes again; undefined: it is none, or one that people could not see. */
export function readableText(bytes: Uint8Array): string | undefined {
  // Much faster than to look for what decoding puts in place of bytes that are none.
  if (!isUtf8(bytes)) return undefined;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  return NO_TEXT.test(text) ? undefined : text;
}

/** Longer texts, in characters, are not taken apart: that would hold up the process. */
export const LONGEST_DECODED_TEXT = 1_000_000;
