import { type CacheCore } from '../cache/cache-core.js';
import { type DecodedRecord, fromRecordMeta } from '../cache/stored-response.js';
import { type BackendOperation, CorruptRecordError, type RecordProblem } from '../errors.js';
import { type Clock } from '../clock.js';
import { type Backend, type RecordAddress, type RecordMeta, type ScanRange } from '../storage/backend.js';
import { verifyBody } from '../storage/record-codec.js';

/** A record's head, read; or why it cannot be. */
export type Decoding =
  | { readonly decoded: DecodedRecord; readonly problem?: undefined }
  | { readonly decoded: undefined; readonly problem: RecordProblem };

/** Reads a record's head. */
export function decode(meta: RecordMeta): Decoding {
  try {
    return { decoded: fromRecordMeta(meta) };
  } catch (error) {
    if (error instanceof CorruptRecordError) return { decoded: undefined, problem: error.problem };
    throw error;
  }
}

/** The records of a cache for maintenance: every failure of the backend reaches the caller as a typed error. */
export class RecordStore {
  readonly #core: CacheCore;

  constructor(core: CacheCore) {
    this.#core = core;
  }

  get clock(): Clock {
    return this.#core.clock;
  }

  /** @throws BackendError (ERR_CACHE_BACKEND) or another HttpCacheError */
  use<T>(operation: BackendOperation, call: (backend: Backend) => T | Promise<T>): Promise<T> {
    return this.#core.storage.maintenance(operation, call);
  }

  scan(range?: ScanRange): AsyncGenerator<RecordMeta, void, undefined> {
    return this.#core.storage.scan(range);
  }

  /** Reads a record's head and checks its body too. */
  async inspect(meta: RecordMeta): Promise<Decoding> {
    const decoding = decode(meta);
    if (decoding.decoded === undefined) return decoding;
    const body = await this.use('body', (backend) => backend.body(meta));
    if (body === undefined) return { decoded: undefined, problem: 'body-missing' };
    return verifyBody(decoding.decoded.bodyDigest, body)
      ? decoding
      : { decoded: undefined, problem: 'damaged' };
  }

  /** The body of the response that is now stored there; undefined when it is gone or damaged. */
  async verifiedBody(address: RecordAddress): Promise<Uint8Array | undefined> {
    const records = await this.use('get', (backend) => backend.get(address.key));
    const record = records.find((candidate) => candidate.variant === address.variant);
    const decoded = record && decode(record).decoded;
    if (record === undefined || decoded === undefined) return undefined;
    const body = record.body ?? (await this.use('body', (backend) => backend.body(address)));
    return body !== undefined && verifyBody(decoded.bodyDigest, body) ? body : undefined;
  }

  delete(address: { readonly key: string; readonly variant?: string }): Promise<number> {
    return this.use('delete', (backend) => backend.delete(address.key, address.variant));
  }

  deleteResource(resource: string): Promise<number> {
    return this.use('deleteResource', (backend) => backend.deleteResource(resource));
  }

  async deleteRange(range: ScanRange): Promise<number> {
    let deleted = 0;
    for await (const meta of this.scan(range)) deleted += await this.delete(meta);
    return deleted;
  }
}
