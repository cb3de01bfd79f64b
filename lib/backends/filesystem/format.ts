import type { RecordMeta, StoredRecord } from '../../storage/backend.js';

/** How a record is written into a file. Reading never throws: what cannot be read is `undefined`. */
export interface RecordFormat {
  /** How file names end when the user does not say, without the dot. */
  readonly extension: string;
  /** Bytes of head and body together that are tried at most. */
  readonly maxRecordBytes: number;
  encode(record: StoredRecord): Uint8Array;
  decode(file: Buffer): StoredRecord | undefined;
  /** Whether a file that cannot be read was written by a later release; absent where nothing tells. */
  isNewer?(file: Buffer): boolean;
  /** For reading a record without its body; absent where a file is only read whole. */
  readonly lead?: LeadFormat;
}

/** The part of a file that comes before the body. */
export interface LeadFormat {
  /** So many bytes tell how long the lead is; usually they are all of it. */
  readonly firstBytes: number;
  /**
   * @param first the beginning of the file: `firstBytes`, or all of a shorter file
   * @returns undefined where this is no file of ours, or does not have the size that it was written with
   */
  length(first: Buffer, fileBytes: number): number | undefined;
  decode(lead: Buffer): RecordMeta | undefined;
}

/** No file larger than this is looked into. */
export const MAX_FILE_BYTES = 2 ** 31 - 1;
