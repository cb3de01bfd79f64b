import zlib from 'node:zlib';

/** The polynomial of CRC-32 (ISO 3309, as in zlib, gzip and PNG), bits reversed. */
const POLYNOMIAL = 0xedb88320;

let table: Uint32Array | undefined;

function remainders(): Uint32Array {
  if (table !== undefined) return table;
  table = new Uint32Array(256);
  for (let byte = 0; byte < 256; byte++) {
    let remainder = byte;
    for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? POLYNOMIAL : 0);
    table[byte] = remainder >>> 0;
  }
  return table;
}

/** CRC-32 in plain JavaScript, for Node 20.0 to 20.14, whose zlib does not export it. @returns 0 to 2^32 − 1 */
export function tableCrc32(bytes: Uint8Array): number {
  const byByte = remainders();
  let crc = 0xffffffff;
  // An index loop: `for … of` over a typed array is several times slower.
  for (let index = 0; index < bytes.length; index++) {
    crc = (crc >>> 8) ^ (byByte[(crc ^ (bytes[index] ?? 0)) & 0xff] ?? 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

// Looked up as a member of the module: a named import would not even link where it is absent.
const native: unknown = (zlib as { crc32?: unknown }).crc32;

/** CRC-32 as in zlib. @returns 0 to 2^32 − 1 */
export const crc32: (bytes: Uint8Array) => number =
  typeof native === 'function' ? (bytes) => (native as (bytes: Uint8Array) => number)(bytes) : tableCrc32;
