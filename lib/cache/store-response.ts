import { type Clock } from '../clock.js';
import { redactHeaders, redactUrl } from '../key/redaction.js';
import { resourceOf } from '../key/cache-key.js';
import { variantKey } from '../key/variant-key.js';
import { freshenedHeaders } from '../policy/freshening.js';
import { invalidatedUrls } from '../policy/invalidation.js';
import { expiryOf } from '../policy/expiration.js';
import {
  type Lifetime,
  type NominatedValues,
  type ResponseHead,
  type StorageVerdict,
} from '../policy/messages.js';
import { boundByRedirects } from '../policy/redirects.js';
import { retainUntil } from '../policy/retention.js';
import { judgeStorability } from '../policy/storability.js';
import { storableFields } from '../policy/stored-fields.js';
import { supersedesStored } from '../policy/supersession.js';
import { nominate, nominatedFieldNames } from '../policy/vary.js';
import { type HeaderFields } from '../http/header-fields.js';
import { type StoredRecord } from '../storage/backend.js';
import { FAILED, type GuardedBackend } from '../storage/guarded-backend.js';
import { type NetworkResponse } from './network.js';
import { type PreparedRequest } from './prepared-request.js';
import { type ResponseFilter } from './response-filter.js';
import { type Selection } from './select-response.js';
import { type StoredRequest, type StoredResponse, toRecord, toRecordMeta } from './stored-response.js';

type Storable = Extract<StorageVerdict, { store: true }>;

/** What came of an attempt to store. `stored` is undefined when it was not; `reason` says why or why not. */
export interface StoreResult {
  readonly stored: StoredResponse | undefined;
  readonly reason: string;
}

/** Every so many writes, a few records that nothing can use any more are deleted. */
const WRITES_BETWEEN_PRUNES = 64;
const PRUNED_AT_ONCE = 128;

/** Writes: new responses, freshened heads, and what has to go. */
export class ResponseWriter {
  readonly #storage: GuardedBackend;
  readonly #filter: ResponseFilter;
  readonly #clock: Clock;
  #writes = 0;

  constructor(storage: GuardedBackend, filter: ResponseFilter, clock: Clock) {
    this.#storage = storage;
    this.#filter = filter;
    this.#clock = clock;
  }

  /** Stores an origin's response if it may be stored; otherwise deletes the stored one that it supersedes. */
  async store(
    prepared: PreparedRequest,
    response: NetworkResponse,
    selection: Selection,
  ): Promise<StoreResult> {
    if (!prepared.verdict.mayWrite) {
      return { stored: undefined, reason: prepared.verdict.reason ?? 'must not be stored' };
    }
    const verdict = this.#judge(prepared, response, response);
    if (!verdict.store) return this.#refuse(prepared, response, selection, verdict.reason);
    if (response.body === undefined) {
      return this.#refuse(prepared, response, selection, 'the body is of a kind that cannot be stored');
    }
    const passes = await this.#filter.passes(prepared, response, response.body, false);
    if (passes === undefined) return { stored: undefined, reason: 'filterFn threw' };
    if (!passes) return this.#refuse(prepared, response, selection, 'filterFn refused it');
    return this.#put(prepared, response, response.body, verdict, selection);
  }

  /**
   * Brings a stored response up to date by the 304 that confirmed it (RFC 9111 section 4.3.4).
   * @returns the response as it is now, stored or not
   */
  async freshen(
    prepared: PreparedRequest,
    selected: StoredResponse,
    body: Uint8Array,
    notModified: NetworkResponse,
    selection: Selection,
  ): Promise<{ readonly current: StoredResponse; readonly wasStored: boolean }> {
    const headers = freshenedHeaders(selected.headers, this.#fieldsToStore(prepared, notModified.headers));
    const times = {
      requestSentAt: notModified.requestSentAt,
      responseReceivedAt: notModified.responseReceivedAt,
    };
    const verdict = this.#judge(prepared, { status: selected.status, headers }, notModified);
    const confirmed = { ...selected, ...this.#placed(prepared, headers), headers, ...times };
    if (!verdict.store) {
      await this.discard(prepared, selected);
      return { current: confirmed, wasStored: false };
    }
    const { reason: _reason, store: _store, ...lifetime } = verdict;
    const current: StoredResponse = { ...confirmed, ...lifetime };
    const wasStored = prepared.verdict.mayWrite && (await this.#replace(selected, current, body, selection));
    return { current, wasStored };
  }

  /** Deletes a stored response, unless the cache may only be read. */
  async discard(prepared: PreparedRequest, stored: StoredResponse): Promise<void> {
    if (prepared.settings.policy.readOnly) return;
    await this.#storage.delete(stored.key, stored.variant);
  }

  /** Deletes what an unsafe request has made untrustworthy (RFC 9111 section 4.4). */
  async invalidate(
    prepared: Pick<PreparedRequest, 'head' | 'settings'>,
    response: { readonly status: number; readonly headers: HeaderFields },
  ): Promise<void> {
    for (const url of invalidatedUrls(prepared.head, response, prepared.settings.policy)) {
      await this.#storage.deleteResource(resourceOf(url, prepared.settings.key));
    }
  }

  /** The record of a response that is stored whatever the policy would say, with a lifetime that counts from now. */
  recordOf(
    prepared: PreparedRequest,
    response: NetworkResponse,
    body: Uint8Array,
    lifetime: Exclude<Lifetime, { kind: 'do-not-cache' }>,
  ): StoredRecord {
    const now = this.#clock.now();
    const expiresAt = expiryOf(lifetime, now);
    const { head: request, settings } = prepared;
    const retention = { request, response, settings: settings.policy, responseReceivedAt: now, expiresAt };
    const times = { generatedAt: now, expiresAt, retainUntil: retainUntil(retention) };
    const stored = this.#newResponse(prepared, response, body, { ...times, lifetimeSource: 'manual' });
    return toRecord(stored, body);
  }

  /** @param answer brought the response, or confirmed it */
  #judge(prepared: PreparedRequest, response: ResponseHead, answer: NetworkResponse): StorageVerdict {
    const { requestSentAt, responseReceivedAt, redirects } = answer;
    // What may not be written is judged all the same: it tells how long it will be fresh.
    const settings = { ...prepared.settings.policy, readOnly: false };
    const exchange = { request: prepared.head, response, settings, requestSentAt, responseReceivedAt };
    return boundByRedirects(judgeStorability(exchange), redirects, exchange);
  }

  async #refuse(
    prepared: PreparedRequest,
    response: NetworkResponse,
    selection: Selection,
    reason: string,
  ): Promise<StoreResult> {
    if (supersedesStored(response.status)) {
      for (const { stored, matches } of selection.candidates) {
        if (matches) await this.discard(prepared, stored);
      }
    }
    return { stored: undefined, reason };
  }

  async #put(
    prepared: PreparedRequest,
    response: NetworkResponse,
    body: Uint8Array,
    verdict: Storable,
    selection: Selection,
  ): Promise<StoreResult> {
    const stored = this.#newResponse(prepared, response, body, verdict);
    const written = await this.#storage.put(toRecord(stored, body));
    if (written === FAILED) return { stored: undefined, reason: 'storage failed' };
    await this.#deleteSuperseded(selection, stored);
    this.#pruneNowAndThen();
    return written
      ? { stored, reason: verdict.reason }
      : { stored: undefined, reason: 'larger than the backend stores' };
  }

  #newResponse(
    prepared: PreparedRequest,
    response: NetworkResponse,
    body: Uint8Array,
    verdict: Omit<Storable, 'store' | 'reason'>,
  ): StoredResponse {
    const { identity } = prepared;
    const headers = this.#fieldsToStore(prepared, storableFields(response.headers));
    return {
      ...this.#placed(prepared, response.headers),
      key: identity.key,
      resource: identity.resource,
      isCustomKey: identity.isCustomKey,
      url: identity.url,
      method: identity.method,
      partition: identity.partition,
      status: response.status,
      statusText: response.statusText,
      headers,
      headerNames: response.headerNames,
      request: storedRequest(prepared),
      finalUrl: response.finalUrl && redactUrl(response.finalUrl, prepared.settings.key),
      adapterHeaders: response.adapterHeaders,
      bodyShape: response.bodyShape,
      bodyBytes: body.byteLength,
      requestSentAt: response.requestSentAt,
      responseReceivedAt: response.responseReceivedAt,
      createdAt: this.#clock.now(),
      generatedAt: verdict.generatedAt,
      expiresAt: verdict.expiresAt,
      retainUntil: verdict.retainUntil,
      lifetimeSource: verdict.lifetimeSource,
    };
  }

  /** Where among its key's variants a response to this request belongs. */
  #placed(
    prepared: PreparedRequest,
    headers: HeaderFields,
  ): { readonly nominated: NominatedValues | undefined; readonly variant: string } {
    const names = nominatedFieldNames(headers);
    const nominated =
      names === undefined || names === '*'
        ? undefined
        : nominate(names, prepared.varyHeaders, prepared.protect);
    const { identity } = prepared;
    return { nominated, variant: variantKey(nominated, identity.isCustomKey ? identity.partition : '') };
  }

  #fieldsToStore(prepared: PreparedRequest, headers: HeaderFields): HeaderFields {
    const redacted = redactHeaders(headers, prepared.settings.key);
    if (prepared.settings.replayCookies || !Object.hasOwn(redacted, 'set-cookie')) return redacted;
    const { 'set-cookie': _cookies, ...others } = redacted;
    return others;
  }

  async #replace(
    selected: StoredResponse,
    current: StoredResponse,
    body: Uint8Array,
    selection: Selection,
  ): Promise<boolean> {
    const digest = selection.record(selected)?.bodyDigest;
    if (current.variant !== selected.variant || digest === undefined) {
      // The 304 confirmed another variant for this request: from now on there is one for it too.
      return (await this.#storage.put(toRecord(current, body))) === true;
    }
    if ((await this.#storage.replaceHead(toRecordMeta(current, digest))) === true) return true;
    // It vanished meanwhile; the body is at hand.
    return (await this.#storage.put(toRecord(current, body))) === true;
  }

  /** Other variants that also answered this request would compete with the new response. */
  async #deleteSuperseded(selection: Selection, stored: StoredResponse): Promise<void> {
    for (const candidate of selection.candidates) {
      if (candidate.matches && candidate.stored.variant !== stored.variant) {
        await this.#storage.delete(candidate.stored.key, candidate.stored.variant);
      }
    }
  }

  #pruneNowAndThen(): void {
    this.#writes += 1;
    if (this.#writes % WRITES_BETWEEN_PRUNES !== 0) return;
    setImmediate(() => void this.#storage.prune(this.#clock.now(), PRUNED_AT_ONCE)).unref();
  }
}

function storedRequest(prepared: PreparedRequest): StoredRequest {
  const { keyRequest, identity, settings, varyHeaders } = prepared;
  return {
    method: keyRequest.method.toUpperCase(),
    headers: redactHeaders(varyHeaders, settings.key),
    bodyKey: identity.bodyKey,
    decompress: keyRequest.decompress,
    maxRedirects: keyRequest.maxRedirects,
    socketPath: keyRequest.socketPath,
    insecure: keyRequest.insecure,
  };
}
