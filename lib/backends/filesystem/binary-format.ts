import { Buffer } from 'node:buffer';
import type { RecordMeta } from '../../storage/backend.js';
import { crc32 } from '../../storage/crc32.js';
import type { LeadFormat, RecordFormat } from './format.js';

/*
 * A file, format 1 (numbers are unsigned, most significant byte first):
 *
 *   0   4  magic: 89 'A' 'P' 'F'
 *   4   1  format version
 *   5   4  CRC-32 of everything from here to the body
 *   9   4  length of the names
 *  13   4  length of the head
 *  17   6  length of the body, which must be exactly what is left
 *  23  24  createdAt, expiresAt, retainUntil: 64-bit floating point; NaN where there is none
 *  47   …  the names: a JSON array of key, variant and resource, in UTF-8
 *   …   …  the head
 *   …   …  the body, which its head has a checksum of
 */
const MAGIC = Buffer.from([0x89, 0x41, 0x50, 0x46, 1]);
const VERSION_OFFSET = 4;
const CRC_OFFSET = 5;
const GUARDED_OFFSET = 9;
const HEAD_BYTES_OFFSET = 13;
const BODY_BYTES_OFFSET = 17;
const TIMES_OFFSET = 23;
const NAMES_OFFSET = 47;

const lead: LeadFormat = {
  firstBytes: 4096,

  length(first, fileBytes) {
    if (first.length < NAMES_OFFSET || !first.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
    const length = NAMES_OFFSET + first.readUInt32BE(GUARDED_OFFSET) + first.readUInt32BE(HEAD_BYTES_OFFSET);
    return length + first.readUIntBE(BODY_BYTES_OFFSET, 6) === fileBytes ? length : undefined;
  },

  decode(bytes): RecordMeta | undefined {
    if (crc32(bytes.subarray(GUARDED_OFFSET)) !== bytes.readUInt32BE(CRC_OFFSET)) return undefined;
    const headOffset = NAMES_OFFSET + bytes.readUInt32BE(GUARDED_OFFSET);
    try {
      const names: unknown = JSON.parse(bytes.toString('utf8', NAMES_OFFSET, headOffset));
      if (!Array.isArray(names) || names.some((name) => typeof name !== 'string')) return undefined;
      const [key, variant, resource] = names as [string, string, string];
      return {
        key,
        variant,
        resource,
        head: bytes.subarray(headOffset),
        bodyBytes: bytes.readUIntBE(BODY_BYTES_OFFSET, 6),
        createdAt: bytes.readDoubleBE(TIMES_OFFSET),
        expiresAt: timeAt(bytes, TIMES_OFFSET + 8),
        retainUntil: timeAt(bytes, TIMES_OFFSET + 16),
      };
    } catch {
      return undefined;
    }
  },
};

/** Compact, quickly read in parts, and with a checksum. */
export const BINARY_FORMAT: RecordFormat = {
  extension: 'bin',
  maxRecordBytes: 1_000_000_000,
  lead,

  encode(record) {
    const names = JSON.stringify([record.key, record.variant, record.resource]);
    const namesBytes = Buffer.byteLength(names);
    const leadBytes = NAMES_OFFSET + namesBytes + record.head.byteLength;
    const file = Buffer.allocUnsafeSlow(leadBytes + record.body.byteLength);
    file.set(MAGIC);
    file.writeUInt32BE(namesBytes, GUARDED_OFFSET);
    file.writeUInt32BE(record.head.byteLength, HEAD_BYTES_OFFSET);
    file.writeUIntBE(record.body.byteLength, BODY_BYTES_OFFSET, 6);
    const times = [record.createdAt, record.expiresAt ?? NaN, record.retainUntil ?? NaN];
    times.forEach((time, index) => file.writeDoubleBE(time, TIMES_OFFSET + 8 * index));
    file.write(names, NAMES_OFFSET);
    file.set(record.head, NAMES_OFFSET + namesBytes);
    file.set(record.body, leadBytes);
    file.writeUInt32BE(crc32(file.subarray(GUARDED_OFFSET, leadBytes)), CRC_OFFSET);
    return file;
  },

  decode(file) {
    const leadBytes = lead.length(file, file.length);
    const meta = leadBytes === undefined ? undefined : lead.decode(file.subarray(0, leadBytes));
    return meta && { ...meta, body: file.subarray(leadBytes) };
  },

  isNewer(file) {
    const isOurs = file.subarray(0, VERSION_OFFSET).equals(MAGIC.subarray(0, VERSION_OFFSET));
    return isOurs && (file[VERSION_OFFSET] ?? 0) > (MAGIC[VERSION_OFFSET] ?? 0);
  },
};

function timeAt(bytes: Buffer, offset: number): number | undefined {
  const time = bytes.readDoubleBE(offset);
  return Number.isNaN(time) ? undefined : time;
}
