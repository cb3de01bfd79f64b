import type { Clock } from '../clock.js';
import { tagName } from '../key/tag-name.js';
import { leadsOnByCredentials } from '../key/redaction.js';
import { freshenedHeaders } from '../policy/freshening.js';
import { withLifetimesFor } from '../policy/effective-lifetime.js';
import { expiryOf } from '../policy/expiration.js';
import type { Lifetime, ResponseHead, StorageVerdict } from '../policy/messages.js';
import { boundByRedirects } from '../policy/redirects.js';
import { retainUntil } from '../policy/retention.js';
import { type Exchange, judgeStorability } from '../policy/storability.js';
import { supersedesStored } from '../policy/supersession.js';
import type { FoundRecord, MaybePromise, StoredRecord } from '../storage/backend.js';
import { FAILED, type GuardedBackend } from '../storage/guarded-backend.js';
import { type Flight, InFlight } from './in-flight.js';
import type { NetworkResponse } from './network.js';
import { fieldsToStore } from './fields-to-store.js';
import { newStoredResponse, placeOf, wayTo } from './new-stored-response.js';
import type { CacheObserver } from './observer.js';
import type { PreparedRequest } from './prepared-request.js';
import { Pruner } from './pruner.js';
import { hasOtherCredentials, type LaterHop, laterHops } from './redirect-hops.js';
import { RedirectKeeper } from './redirect-keeper.js';
import type { ResponseFilter } from './response-filter.js';
import { Invalidator } from './invalidator.js';
import { urlsOf } from './named-responses.js';
import type { Selection } from './select-response.js';
import { CHANGED_MEANWHILE, type Freshened, type Occasion, type StoreResult } from './store-result.js';
import { type StoredResponse, toRecord, toRecordMeta } from './stored-response.js';
import { Tagger, TOO_MANY_TAGS } from './tagger.js';

type Storable = Extract<StorageVerdict, { store: true }>;

/** More variants of one key are no use: each costs time at every read. */
const MOST_VARIANTS = 64;
/** Of a body that the caller streams, no more is kept in memory than this, unless `maxEntryBytes` says otherwise. */
const MOST_STREAMED_BYTES = 64 * 1024 * 1024;
const NOT_REPLACED = 'what is stored was replaced meanwhile, or storage failed';
const OUTDATED = 'a newer answer or a deletion came before it';

/** Writes: new responses, freshened heads, and what has to go. */
export class ResponseWriter {
  readonly inFlight = new InFlight();
  readonly observer: CacheObserver;
  readonly #storage: GuardedBackend;
  readonly #filter: ResponseFilter;
  readonly #clock: Clock;
  readonly #redirects: RedirectKeeper;
  readonly #tagger: Tagger;
  readonly invalidator: Invalidator;
  readonly #pruner: Pruner;

  constructor(storage: GuardedBackend, filter: ResponseFilter, observer: CacheObserver, clock: Clock) {
    this.#storage = storage;
    this.#filter = filter;
    this.observer = observer;
    this.#tagger = new Tagger(observer.events);
    this.#clock = clock;
    this.#redirects = new RedirectKeeper(storage, this.inFlight);
    this.#pruner = new Pruner(storage, observer, clock);
    this.invalidator = new Invalidator(storage, this.#redirects, this.inFlight, observer);
  }

  /** Stores an origin's response if it may be stored; otherwise deletes the stored one that it supersedes. */
  async store(occasion: Occasion, response: NetworkResponse): Promise<StoreResult> {
    const { prepared } = occasion;
    const verdict = this.#judge(prepared, response, response);
    if (!prepared.verdict.mayWrite) return this.#onlyShared(occasion, response, verdict);
    if (!verdict.store) return this.refuse(occasion, response, verdict.reason);
    if (response.body === undefined) {
      return this.refuse(occasion, response, 'the body is of a kind that cannot be stored');
    }
    const { maxEntryBytes = Infinity } = prepared.settings;
    if (response.body.byteLength > maxEntryBytes) {
      return this.refuse(occasion, response, `the body is longer than maxEntryBytes (${maxEntryBytes})`);
    }
    const { filterFn } = prepared.settings;
    if (filterFn !== undefined) {
      const passes = await this.#filter.passes(filterFn, prepared, response, response.body, false);
      if (passes === undefined) return { stored: undefined, reason: 'filterFn threw' };
      if (!passes) return this.refuse(occasion, response, 'filterFn refused it');
    }
    const isTagged = prepared.settings.tags !== undefined || response.tags !== undefined;
    const tags = isTagged
      ? await this.#tagger.tagsOf(prepared, response, response.body, response.tags)
      : undefined;
    if (typeof tags === 'string') return { stored: undefined, reason: tags };
    return await this.#put(occasion, response, response.body, verdict, tags);
  }

  /**
   * For how many bytes it is worth keeping a body that is still coming, judged by its header alone; `undefined`: none, and then
   * why.
   */
  worthKeeping(
    prepared: PreparedRequest,
    response: NetworkResponse,
  ): { readonly limitBytes: number } | { readonly limitBytes: undefined; readonly reason: string } {
    if (!prepared.verdict.mayWrite) return { limitBytes: undefined, reason: this.#whyNotWritten(prepared) };
    const verdict = this.#judge(prepared, response, response);
    // Of parts it is only known later whether they can be stored.
    if (!verdict.store && response.status !== 206) return { limitBytes: undefined, reason: verdict.reason };
    const limitBytes = Math.min(
      prepared.settings.maxEntryBytes ?? MOST_STREAMED_BYTES,
      this.#storage.maxEntryBytes,
    );
    return (response.live?.declaredBytes ?? 0) > limitBytes
      ? { limitBytes: undefined, reason: `the body is longer than ${limitBytes} bytes` }
      : { limitBytes };
  }

  /**
   * Brings a stored response up to date by the answer that confirmed it: a 304, a part of it, or the header that a HEAD
   * brings (RFC 9111 sections 4.3.4, 3.4 and 4.3.5).
   */
  async freshen(
    occasion: Occasion,
    selected: StoredResponse,
    body: Uint8Array,
    confirmation: NetworkResponse,
  ): Promise<Freshened> {
    const { flight, prepared, selection } = occasion;
    const headers = fieldsToStore(
      prepared.settings,
      freshenedHeaders(selected.headers, confirmation.headers),
    );
    const times = {
      requestSentAt: confirmation.requestSentAt,
      responseReceivedAt: confirmation.responseReceivedAt,
    };
    const verdict = this.#judge(prepared, { status: selected.status, headers }, confirmation);
    // An adapter that does not tell which way the confirmation came says nothing of the way.
    const way =
      confirmation.redirects.length === 0 ? selected : wayTo(prepared, { ...confirmation, headers });
    const { finalUrl, redirects } = way;
    const place = placeOf(prepared, headers, redirects?.history);
    const confirmed = { ...selected, ...place, finalUrl, redirects, headers, ...times };
    if (!verdict.store) {
      if (!this.inFlight.isTooLate(flight, selected.variant)) await this.discard(prepared, selected);
      return { current: confirmed, wasStored: false, reason: verdict.reason };
    }
    const { reason, store: _store, ...lifetime } = verdict;
    const { tags } = prepared.settings;
    const tagged = tags && (await this.#tagger.tagsOf(prepared, confirmed, body, selected.tags ?? []));
    if (typeof tagged === 'string') {
      // Without it, what comes next begins anew; where a function failed, what is stored has the tags that it had.
      if (tagged === TOO_MANY_TAGS) await this.discard(prepared, selected);
      return { current: confirmed, wasStored: false, reason: tagged };
    }
    const current: StoredResponse = { ...confirmed, ...lifetime, tags: tagged ?? selected.tags };
    const record = { ...toRecordMeta(current, selection.record(selected)?.bodyDigest ?? body), body };
    const hops = laterHops(prepared, confirmation);
    const wasStored =
      prepared.verdict.mayWrite && (await this.#replace(occasion, selected, current, record, hops));
    return {
      current,
      wasStored,
      reason: wasStored ? reason : (prepared.verdict.reason ?? NOT_REPLACED),
      ...(flight.isOutdated ? {} : { shareable: record }),
    };
  }

  /** Deletes a stored response, unless the cache may only be read. */
  async discard(prepared: PreparedRequest, stored: StoredResponse): Promise<void> {
    if (prepared.settings.policy.readOnly) return;
    await this.#redirects.delete(stored);
  }

  /** Makes a stored response stale from now on, unless something newer has taken its place. */
  async expire({ flight, prepared, selection }: Occasion, stored: StoredResponse): Promise<void> {
    const found = selection.record(stored);
    if (!prepared.verdict.mayWrite || found === undefined) return;
    if (this.inFlight.isTooLate(flight, stored.variant)) return;
    // A GET that was asked for before knows less.
    this.inFlight.stored(flight, stored.variant);
    // What an alias stands for is as good as it was by its own URL.
    if (found.source !== undefined) return this.#redirects.delete(stored);
    const expiresAt = Math.min(stored.expiresAt ?? Infinity, this.#clock.now());
    const meta = toRecordMeta({ ...stored, expiresAt }, found.bodyDigest);
    await this.#storage.replaceHead(meta, found.record.head);
  }

  /** The record of a response that is stored whatever the policy would say, with a lifetime that counts from now. */
  recordOf(
    prepared: PreparedRequest,
    response: NetworkResponse,
    body: Uint8Array,
    lifetime: Exclude<Lifetime, { kind: 'do-not-cache' }>,
    tags: readonly string[] | undefined,
  ): StoredRecord {
    const now = this.#clock.now();
    const expiresAt = expiryOf(lifetime, now);
    const { head: request, settings } = prepared;
    const retention = { request, response, settings: settings.policy, responseReceivedAt: now, expiresAt };
    const times = { generatedAt: now, expiresAt, retainUntil: retainUntil(retention) };
    const storable = { ...times, lifetimeSource: 'manual' } as const;
    const stored = newStoredResponse(prepared, response, body, storable, now, tags);
    return toRecord(stored, body);
  }

  /** @param answer brought the response, or confirmed it */
  #judge(prepared: PreparedRequest, response: ResponseHead, answer: NetworkResponse): StorageVerdict {
    const { requestSentAt, responseReceivedAt, redirects, repeatedFields } = answer;
    // What may not be written is judged all the same: it tells how long it will be fresh.
    const settings = { ...prepared.settings.policy, readOnly: false };
    if (hasOtherCredentials(prepared, redirects)) {
      return {
        store: false,
        reason: 'a request on the way had, or may have had, credentials that the first had not',
      };
    }
    if (leadsOnByCredentials(answer.headers, prepared.settings.key)) {
      return {
        store: false,
        reason:
          'it leads on by a URL with credentials; listed in ignoredParameters, they are redacted instead',
      };
    }
    const judged = repeatedFields && { ...response, headers: { ...response.headers, ...repeatedFields } };
    const times = { requestSentAt, responseReceivedAt };
    const given = { request: prepared.head, response: judged ?? response, settings, ...times };
    try {
      const exchange = this.#withLifetimes(prepared, response, given);
      return boundByRedirects(judgeStorability(exchange), redirects, exchange);
    } catch (error) {
      // Nothing else of it calls what is the user's.
      this.observer.events.emit({ type: 'callbackError', callback: 'expireAfter', error });
      return { store: false, reason: 'expireAfter threw, or gave what is no expiration time' };
    }
  }

  /** Functions of the user's see what is shown of a request elsewhere, too: no credentials in the URL. */
  #withLifetimes({ head, identity }: PreparedRequest, response: ResponseHead, exchange: Exchange): Exchange {
    const request = { method: head.method, url: identity.url, headers: head.headers };
    const { status, headers } = response;
    const settings = withLifetimesFor(
      exchange.settings,
      request,
      { status, headers },
      exchange.responseReceivedAt,
    );
    return settings === exchange.settings ? exchange : { ...exchange, settings };
  }

  #whyNotWritten({ verdict }: PreparedRequest): string {
    return verdict.reason ?? 'must not be stored';
  }

  /** What may not be written may still be of use to those who wait for the same. */
  #onlyShared({ prepared }: Occasion, response: NetworkResponse, verdict: StorageVerdict): StoreResult {
    const result = { stored: undefined, reason: this.#whyNotWritten(prepared) };
    const { policy, filterFn } = prepared.settings;
    const isShareable = policy.readOnly && filterFn === undefined && verdict.store;
    if (!isShareable || response.body === undefined) return result;
    const stored = newStoredResponse(prepared, response, response.body, verdict, this.#clock.now());
    return { ...result, shareable: toRecord(stored, response.body) };
  }

  /** Says that a response is not stored, and deletes the stored one that it supersedes. */
  async refuse(
    { flight, prepared, selection }: Occasion,
    response: NetworkResponse,
    reason: string,
  ): Promise<StoreResult> {
    if (prepared.verdict.mayWrite && supersedesStored(response.status) && !flight.isOutdated) {
      this.inFlight.refused(flight);
      for (const { stored, matches } of selection.candidates) {
        if (matches && !flight.newerVariants.has(stored.variant)) await this.discard(prepared, stored);
      }
    }
    return { stored: undefined, reason };
  }

  async #put(
    occasion: Occasion,
    response: NetworkResponse,
    body: Uint8Array,
    verdict: Storable,
    tags: readonly string[] | undefined,
  ): Promise<StoreResult> {
    const { flight, prepared, selection } = occasion;
    const stored = newStoredResponse(prepared, response, body, verdict, this.#clock.now(), tags);
    // The last look before the write: nothing may come in between.
    if (occasion.isFitted === true) {
      const pending = this.#isStillFitting(occasion, stored);
      if (!(pending instanceof Promise ? await pending : pending)) return CHANGED_MEANWHILE;
    }
    if (this.#isTooLate(occasion, stored)) return { stored: undefined, reason: OUTDATED };
    // Header fields alone are no reason to leave out a whole answer that was asked for before.
    if (stored.parts?.spans.length !== 0) this.inFlight.stored(flight, stored.variant);
    const record = toRecord(stored, body);
    const writing = this.#storage.put(record);
    const written = writing instanceof Promise ? await writing : writing;
    const shareable = flight.isOutdated ? {} : { shareable: record };
    if (written === FAILED) return { stored: undefined, reason: 'storage failed', ...shareable };
    if (selection.candidates.length > 0) await this.#deleteSuperseded(selection, stored);
    const replaced = ofVariant(selection, stored.variant);
    const hops = laterHops(prepared, response);
    if (written && !(await this.#redirects.follow(flight, stored, record.head, replaced, hops))) {
      return { stored: undefined, reason: OUTDATED };
    }
    this.#pruner.written();
    return written
      ? { stored, reason: verdict.reason, ...shareable }
      : { stored: undefined, reason: 'larger than the backend stores', ...shareable };
  }

  #isTooLate(
    { flight, isFitted = false }: Pick<Occasion, 'flight' | 'isFitted'>,
    stored: StoredResponse,
  ): boolean {
    const isTooLate = isFitted ? flight.isOutdated : this.inFlight.isTooLate(flight, stored.variant);
    return isTooLate || this.#redirects.isOutdated(flight, stored) || this.#isNamedDeleted(flight, stored);
  }

  #isNamedDeleted(flight: Flight, stored: StoredResponse): boolean {
    const tags = (): readonly string[] => (stored.tags ?? []).map(tagName);
    return this.inFlight.isNamedDeletedSince(flight, tags, () => urlsOf(stored));
  }

  /** Whether storage still has just what the answer was made to fit. */
  #isStillFitting({ selection }: Occasion, { key, variant }: StoredResponse): MaybePromise<boolean> {
    const known = selection.candidates.find(({ stored }) => stored.variant === variant);
    const expected = known && selection.record(known.stored)?.record.head;
    const isSame = (records: readonly FoundRecord[] | typeof FAILED): boolean => {
      if (records === FAILED) return false;
      const head = records.find((record) => record.variant === variant)?.head;
      if (head === undefined || expected === undefined) return head === expected;
      return Buffer.compare(head, expected) === 0;
    };
    const found = this.#storage.get(key);
    return found instanceof Promise ? found.then(isSame) : isSame(found);
  }

  async #replace(
    { flight, selection }: Occasion,
    selected: StoredResponse,
    current: StoredResponse,
    record: StoredRecord,
    hops: readonly LaterHop[],
  ): Promise<boolean> {
    if (this.#isTooLate({ flight }, current)) return false;
    this.inFlight.stored(flight, current.variant);
    const found = selection.record(selected);
    const replaced = ofVariant(selection, current.variant);
    const follow = (): Promise<boolean> =>
      this.#redirects.follow(flight, current, record.head, replaced, hops);
    if (current.variant === selected.variant && found !== undefined && found.source === undefined) {
      // Only in place of the head that the 304 was about: what has been replaced or deleted meanwhile stays so.
      return (await this.#storage.replaceHead(record, found.record.head)) === true && follow();
    }
    // The 304 confirmed another variant for this request, or changed `Vary`: from now on there is one for it too. Or it
    // confirmed what redirects from elsewhere led to: from now on this URL has its own.
    const written = await this.#storage.put(record);
    if (written === true) await this.#deleteSuperseded(selection, current);
    return written === true && follow();
  }

  /**
   * Deletes other variants that also answered this request, since they would compete with the new response; and the
   * oldest ones of a key that has too many.
   */
  async #deleteSuperseded(selection: Selection, stored: StoredResponse): Promise<void> {
    const others = selection.candidates.filter((candidate) => candidate.stored.variant !== stored.variant);
    const kept = others
      .filter(({ matches }) => !matches)
      .sort((a, b) => b.stored.responseReceivedAt - a.stored.responseReceivedAt)
      .slice(0, MOST_VARIANTS - 1);
    const superseded = others.filter((candidate) => !kept.includes(candidate));
    await Promise.all(superseded.map((one) => this.#redirects.delete(one.stored)));
  }
}

/** What an answer of a variant takes the place of. */
function ofVariant({ candidates }: Selection, variant: string): StoredResponse | undefined {
  return candidates.find(({ stored }) => stored.variant === variant)?.stored;
}
