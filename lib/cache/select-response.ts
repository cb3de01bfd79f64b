import type { EpochMs } from '../clock.js';
import { CorruptRecordError, type RecordProblem } from '../errors.js';
import type { Candidate } from '../policy/messages.js';
import { matchesNominated } from '../policy/vary.js';
import type { FoundRecord, MaybePromise, RecordAddress } from '../storage/backend.js';
import { FAILED, type GuardedBackend } from '../storage/guarded-backend.js';
import { verifyBody } from '../storage/record-codec.js';
import { AliasReader } from './alias-reader.js';
import type { Answer } from './answer.js';
import type { CacheEvents } from './events.js';
import type { PreparedRequest } from './prepared-request.js';
import { isPointer } from './redirect-pointers.js';
import type { ResponseFilter } from './response-filter.js';
import { type DecodedRecord, fromRecordMeta, type StoredResponse } from './stored-response.js';

interface FoundResponse extends DecodedRecord {
  readonly record: FoundRecord;
  /** Where the body lies, if not with the record: the response was found by an alias, and must not be changed there. */
  readonly source?: RecordAddress;
}

/** By lists that a backend hands out again and again, as those in memory do: what they hold. */
const decodedLists = new WeakMap<readonly FoundRecord[], readonly FoundResponse[]>();

/** By requests that are remembered, and by such lists: what was selected. It goes with either: neither keeps the other. */
const knownSelections = new WeakMap<PreparedRequest, WeakMap<readonly FoundRecord[], Selection>>();

/** What a request gets, and the same request will get again until then. */
export interface StandingAnswer {
  readonly stored: StoredResponse;
  readonly answer: Answer;
  readonly until: EpochMs;
}

/** What storage has for a request: its user's responses under its key, those of other variants included. */
export class Selection {
  readonly candidates: readonly Candidate<StoredResponse>[];
  readonly storageFailed: boolean;
  /** Found out once for a selection that comes again with its request. */
  standing: StandingAnswer | undefined;
  readonly #found: readonly FoundResponse[];

  private constructor(
    found: readonly FoundResponse[],
    candidates: readonly Candidate<StoredResponse>[],
    storageFailed = false,
  ) {
    this.#found = found;
    this.candidates = candidates;
    this.storageFailed = storageFailed;
  }

  static of(found: readonly FoundResponse[], prepared: PreparedRequest): Selection {
    const candidates = found.map(({ stored }) => ({ stored, matches: isVariantFor(prepared, stored) }));
    return new Selection(found, candidates);
  }

  static none(storageFailed = false): Selection {
    return new Selection([], [], storageFailed);
  }

  /** Without a response that turned out to be unusable. */
  without(stored: StoredResponse): Selection {
    const candidates = this.candidates.filter((candidate) => candidate.stored !== stored);
    return new Selection(this.#found, candidates, this.storageFailed);
  }

  record(stored: StoredResponse): FoundResponse | undefined {
    return this.#found.find((response) => response.stored === stored);
  }

  /** Whether the body came with the response. */
  isAtHand(stored: StoredResponse): boolean {
    return this.record(stored)?.record.body !== undefined;
  }
}

/** Finds stored responses and their bodies; what is damaged or another's counts as absent and is reported. */
export class ResponseSelector {
  readonly #storage: GuardedBackend;
  readonly #filter: ResponseFilter;
  readonly #events: CacheEvents;
  readonly #aliases: AliasReader;

  constructor(storage: GuardedBackend, filter: ResponseFilter, events: CacheEvents) {
    this.#storage = storage;
    this.#filter = filter;
    this.#events = events;
    this.#aliases = new AliasReader(storage, (record) => this.#decode(record));
  }

  select(prepared: PreparedRequest): MaybePromise<Selection> {
    const found = this.#storage.get(prepared.identity.key);
    return found instanceof Promise
      ? found.then((records) => this.#selection(records, prepared))
      : this.#selection(found, prepared);
  }

  /** As {@link select}, of one record that is at hand already. */
  selectOf(record: FoundRecord, prepared: PreparedRequest): Selection {
    return Selection.of(this.#ofItsOwn([record], prepared), prepared);
  }

  /**
   * The body of a selected response; undefined when it is gone or damaged, or `filterFn` refuses it, which also deletes
   * it.
   */
  body(
    prepared: PreparedRequest,
    selection: Selection,
    stored: StoredResponse,
  ): MaybePromise<Uint8Array | undefined> {
    const body = this.#read(selection, stored);
    const { filterFn } = prepared.settings;
    return filterFn === undefined ? body : this.#filtered(filterFn, prepared, stored, body);
  }

  async #filtered(
    filterFn: NonNullable<PreparedRequest['settings']['filterFn']>,
    prepared: PreparedRequest,
    stored: StoredResponse,
    pendingBody: MaybePromise<Uint8Array | undefined>,
  ): Promise<Uint8Array | undefined> {
    const body = await pendingBody;
    if (body === undefined || (await this.#filter.passes(filterFn, prepared, stored, body, true)) !== false)
      return body;
    if (!prepared.settings.policy.readOnly) await this.#storage.delete(stored.key, stored.variant);
    return undefined;
  }

  #read(selection: Selection, stored: StoredResponse): MaybePromise<Uint8Array | undefined> {
    const found = selection.record(stored);
    if (found === undefined) return undefined;
    if (found.record.body !== undefined) return this.#verified(found, found.record.body);
    const body = this.#storage.body(found.source ?? stored);
    return body instanceof Promise
      ? body.then((bytes) => this.#verified(found, bytes))
      : this.#verified(found, body);
  }

  #selection(
    records: readonly FoundRecord[] | typeof FAILED,
    prepared: PreparedRequest,
  ): MaybePromise<Selection> {
    if (records === FAILED) return Selection.none(true);
    const known = prepared.isRemembered ? knownSelections.get(prepared)?.get(records) : undefined;
    if (known !== undefined) return known;
    const found = this.#ofItsOwn(records, prepared);
    if (!records.some(isPointer)) {
      const selection = Selection.of(found, prepared);
      if (prepared.isRemembered && decodedLists.has(records)) keep(prepared, records, selection);
      return selection;
    }
    const aliased = this.#aliases.read(records, prepared.identity, prepared.settings.policy.readOnly);
    const together = (more: readonly FoundResponse[]): Selection =>
      Selection.of([...found, ...more.filter((one) => isOfThisUser(one, prepared))], prepared);
    return aliased instanceof Promise ? aliased.then(together) : together(aliased);
  }

  /** Responses that lie under the key themselves. */
  #ofItsOwn(records: readonly FoundRecord[], prepared: PreparedRequest): readonly FoundResponse[] {
    const decoded = this.#decodedOf(records);
    const isFitting = (one: FoundResponse): boolean =>
      answers(one.stored, prepared) && isOfThisUser(one, prepared);
    return decoded.every(isFitting) ? decoded : decoded.filter(isFitting);
  }

  #decodedOf(records: readonly FoundRecord[]): readonly FoundResponse[] {
    const known = decodedLists.get(records);
    if (known !== undefined) return known;
    const decoded: FoundResponse[] = [];
    let isWhole = true;
    for (const record of records) {
      if (isPointer(record)) continue;
      const one = this.#decode(record);
      if (one === undefined) isWhole = false;
      else decoded.push({ stored: one.stored, bodyDigest: one.bodyDigest, record });
    }
    // What cannot be read is told each time.
    if (isWhole && Object.isFrozen(records) && records.every((one) => Object.isFrozen(one))) {
      decodedLists.set(records, decoded);
    }
    return decoded;
  }

  #decode(record: FoundRecord): DecodedRecord | undefined {
    try {
      return fromRecordMeta(record);
    } catch (error) {
      this.#reject(record, error instanceof CorruptRecordError ? error.problem : 'damaged');
      return undefined;
    }
  }

  #verified(found: FoundResponse, body: Uint8Array | undefined | typeof FAILED): Uint8Array | undefined {
    if (body === FAILED) return undefined;
    if (body === undefined) {
      this.#reject(found.record, 'body-missing');
      return undefined;
    }
    if (verifyBody(found.bodyDigest, body)) return body;
    this.#reject(found.record, 'damaged');
    return undefined;
  }

  #reject(record: FoundRecord, problem: RecordProblem): void {
    this.#events.emit({ type: 'recordRejected', key: record.key, variant: record.variant, problem });
  }
}

function keep(prepared: PreparedRequest, records: readonly FoundRecord[], selection: Selection): void {
  let known = knownSelections.get(prepared);
  if (known === undefined) knownSelections.set(prepared, (known = new WeakMap()));
  known.set(records, selection);
}

/**
 * Whether a stored response answers this very request. A key is a hash: method and URL are compared too, so that a
 * collision is a miss. Under a key of the user's own making, only the users are kept apart.
 */
function answers(stored: StoredResponse, { identity }: PreparedRequest): boolean {
  if (stored.partition !== identity.partition) return false;
  return identity.isCustomKey || (stored.method === identity.method && stored.url === identity.url);
}

/** Whether every URL that redirects led to would see the user that the key stands for. */
function isOfThisUser({ stored }: DecodedRecord, { isSameUserAt }: PreparedRequest): boolean {
  return isSameUserAt === undefined || laterUrls(stored).every(isSameUserAt);
}

/** Where redirects led to, one after the other. */
function laterUrls({ redirects, finalUrl }: StoredResponse): readonly string[] {
  const visited = (redirects?.history ?? []).slice(1).map(({ url }) => url);
  return finalUrl === undefined ? visited : [...visited, finalUrl];
}

/** Whether a request presents what a stored response was selected by; in what language that is may speak for itself. */
export function isVariantFor(prepared: PreparedRequest, stored: StoredResponse): boolean {
  const { varyHeaders, protect, settings } = prepared;
  const negotiated = settings.policy.cacheControl ? stored.headers : undefined;
  return matchesNominated(stored.nominated, varyHeaders, protect, negotiated);
}
