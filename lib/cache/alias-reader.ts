import type { RequestIdentity } from '../key/request.js';
import type { FoundRecord, MaybePromise, RecordAddress } from '../storage/backend.js';
import { FAILED, type GuardedBackend } from '../storage/guarded-backend.js';
import { type Alias, isNamedBy, isPointer, readAlias, seenThrough } from './redirect-pointers.js';
import type { DecodedRecord } from './stored-response.js';

/** A response that was found by an alias. */
export interface AliasedResponse extends DecodedRecord {
  /** The alias's own record, with the response's body where that came along. */
  readonly record: FoundRecord;
  /** Where the response itself lies. */
  readonly source: RecordAddress;
}

/** Finds what redirects led to by the later URLs of the chain. */
export class AliasReader {
  readonly #storage: Pick<GuardedBackend, 'get' | 'delete'>;
  readonly #decode: (record: FoundRecord) => DecodedRecord | undefined;

  /** @param decode reads a response's record, and reports one that cannot be read */
  constructor(
    storage: Pick<GuardedBackend, 'get' | 'delete'>,
    decode: (record: FoundRecord) => DecodedRecord | undefined,
  ) {
    this.#storage = storage;
    this.#decode = decode;
  }

  /**
   * What the aliases among the records of a key stand for, where that answers the request. Aliases of which the response is
   * gone, or is not theirs any more, are deleted.
   */
  read(
    records: readonly FoundRecord[],
    identity: RequestIdentity,
    readOnly: boolean,
  ): MaybePromise<readonly AliasedResponse[]> {
    const found: (AliasedResponse | undefined)[] = [];
    const pending: Promise<AliasedResponse | undefined>[] = [];
    for (const record of records.filter(isPointer)) {
      const one = this.#one(record, identity, readOnly);
      if (one instanceof Promise) pending.push(one);
      else found.push(one);
    }
    return pending.length === 0
      ? present(found)
      : Promise.all(pending).then((more) => present([...found, ...more]));
  }

  #one(
    record: FoundRecord,
    identity: RequestIdentity,
    readOnly: boolean,
  ): MaybePromise<AliasedResponse | undefined> {
    const alias = readAlias(record);
    if (alias === undefined || !answers(alias, identity)) return undefined;
    const resolve = (found: readonly FoundRecord[] | typeof FAILED): AliasedResponse | undefined => {
      if (found === FAILED) return undefined;
      const resolved = this.#resolved(record, alias, found);
      if (resolved === undefined && !readOnly) void this.#storage.delete(record.key, record.variant);
      return resolved;
    };
    const found = this.#storage.get(alias.target.key);
    return found instanceof Promise ? found.then(resolve) : resolve(found);
  }

  #resolved(record: FoundRecord, alias: Alias, found: readonly FoundRecord[]): AliasedResponse | undefined {
    const target = found.find((one) => one.variant === alias.target.variant && !isPointer(one));
    const decoded = target && this.#decode(target);
    if (target === undefined || decoded === undefined || !isNamedBy(decoded.stored, alias)) return undefined;
    return {
      stored: seenThrough(alias, record.resource, decoded.stored),
      bodyDigest: decoded.bodyDigest,
      record: { ...record, body: target.body },
      source: alias.target,
    };
  }
}

/** A key is a hash: method and URL are compared too. Under a key of the user's own making there are no aliases. */
function answers(alias: Alias, identity: RequestIdentity): boolean {
  return (
    !identity.isCustomKey &&
    alias.partition === identity.partition &&
    alias.method === identity.method &&
    alias.url === identity.url
  );
}

function present(found: readonly (AliasedResponse | undefined)[]): readonly AliasedResponse[] {
  return found.filter((one) => one !== undefined);
}
