import type { Clock } from '../clock.js';
import { fieldsToReplay } from './fields-to-store.js';
import type { HeaderFields } from '../http/header-fields.js';
import { redactUrl } from '../key/redaction.js';
import { freshenedHeaders } from '../policy/freshening.js';
import type { CacheRule, Candidate, ForwardReason } from '../policy/messages.js';
import { hasContentFor } from '../policy/partial-content.js';
import { isErrorStatus, mayServeOnError } from '../policy/stale-serving.js';
import { confirmsCallers, isAmbiguous, selectValidated, soleAsked } from '../policy/validation.js';
import type { FoundRecord } from '../storage/backend.js';
import { answerFrom } from './answer.js';
import type { ExchangeResult } from './exchange-result.js';
import type { LiveBody, Whole } from './live-body.js';
import type { Network, NetworkPurpose, NetworkResponse } from './network.js';
import { type Outcome, outcomeOf } from './outcome.js';
import type { PartKeeper } from './part-keeper.js';
import type { PreparedRequest } from './prepared-request.js';
import { historyOf } from './redirect-hops.js';
import type { ResponseSelector, Selection } from './select-response.js';
import type { Landing, SharedRequest } from './shared-request.js';
import type { ResponseWriter } from './store-response.js';
import type { Occasion, StoreResult } from './store-result.js';
import type { StoredResponse } from './stored-response.js';

/** Why and how the origin is asked. */
export interface Inquiry {
  /** The stored response that this is about; may be used if the origin fails, unless it lacks what is asked for. */
  readonly stored: StoredResponse | undefined;
  readonly conditionalFields: HeaderFields | undefined;
  /** Whether these fields ask for what is missing of `stored`. */
  readonly isCompletion: boolean;
  /** Fields of the caller's that are not sent: in the background it is the cache that asks. */
  readonly leftOut?: readonly string[];
  readonly fwd: ForwardReason;
  readonly rule: CacheRule;
  readonly reason: string;
}

/** What is asked, and what was stored for it. */
export interface Question extends Pick<Occasion, 'prepared' | 'selection'> {
  readonly inquiry: Inquiry;
}

/** For whom the origin is asked. */
export interface AskOptions {
  readonly purpose?: NetworkPurpose | undefined;
  readonly shared?: SharedRequest | undefined;
}

/** One request that is put to the origin. */
interface Asking<R extends NetworkResponse> extends Occasion {
  readonly network: Network<R>;
  readonly inquiry: Inquiry;
  readonly purpose: NetworkPurpose;
  /** Tells those who wait for the same what came of it; undefined: nobody can be waiting. */
  readonly shared: SharedRequest | undefined;
}

/** An answer from storage. */
export type FromStorage = Extract<ExchangeResult<never>, { kind: 'stored' }>;

/** Asks the origin, and makes the best of what it says: stores, freshens, or falls back on what is stored. */
export class OriginInquiry {
  readonly #selector: ResponseSelector;
  readonly #writer: ResponseWriter;
  readonly #parts: PartKeeper;
  readonly #clock: Clock;

  constructor(selector: ResponseSelector, writer: ResponseWriter, parts: PartKeeper, clock: Clock) {
    this.#selector = selector;
    this.#writer = writer;
    this.#parts = parts;
    this.#clock = clock;
  }

  /** Rejects only with what `network.send` rejects with. */
  async ask<R extends NetworkResponse>(
    prepared: PreparedRequest,
    network: Network<R>,
    selection: Selection,
    inquiry: Inquiry,
    { purpose = 'foreground', shared }: AskOptions = {},
  ): Promise<ExchangeResult<R>> {
    const flight = this.#writer.inFlight.begin(prepared.identity);
    if (shared !== undefined) shared.flight = flight;
    const end = (): void => this.#writer.inFlight.end(flight);
    try {
      const result = await this.#ask({ flight, prepared, network, selection, inquiry, purpose, shared });
      if (result.kind !== 'network' || result.afterwards === undefined) end();
      else result.afterwards.then(end, end);
      return result;
    } catch (error) {
      end();
      throw error;
    }
  }

  async #ask<R extends NetworkResponse>(asking: Asking<R>): Promise<ExchangeResult<R>> {
    const { network, inquiry, purpose, shared } = asking;
    const { conditionalFields, leftOut } = inquiry;
    let response: R;
    try {
      response = await network.send({ conditionalFields, purpose, leftOut, shared });
    } catch (error) {
      if (!network.isOriginFailure(error)) {
        shared?.land(landingOf(network.whoseFailure(error), error));
        throw error;
      }
      this.#writer.observer.originFailed();
      // The caller has not asked for a range: what goes wrong with one must not be its affair.
      if (inquiry.isCompletion) {
        if (network.mayAskAgain(error)) return this.#askPlainly(asking);
        // The next time the whole is asked for at once.
        if (inquiry.stored !== undefined) await this.#writer.discard(asking.prepared, inquiry.stored);
      }
      shared?.land(landingOf(network.whoseFailure(error), error));
      const fallback = await this.#fallBack(asking, undefined);
      if (fallback === undefined) throw error;
      return fallback;
    }
    if (asking.prepared.invalidates !== undefined) {
      await this.#writer.invalidator.invalidate(asking.prepared, response.redirects, response, asking.flight);
    }
    // Also a 304 is no answer to somebody who has nothing, whether or not what is stored is still good.
    if (inquiry.isCompletion && !saysNothingOfTheRange(response.status)) {
      return this.#complete(asking, response);
    }
    if (response.status === 304 && inquiry.conditionalFields !== undefined) {
      return this.#confirm(asking, response);
    }
    // Awaited: to resolve one promise with another takes two more turns and a promise.
    return await this.#accept(asking, response);
  }

  /** Asks again, without the fields that the cache has added. */
  #askPlainly<R extends NetworkResponse>({
    prepared,
    network,
    selection,
    inquiry,
    purpose,
    shared,
  }: Asking<R>): Promise<ExchangeResult<R>> {
    // A part that was to be completed does not stand in for the whole, not even on errors.
    const stored = inquiry.isCompletion ? undefined : inquiry.stored;
    const plain = { ...inquiry, stored, conditionalFields: undefined, isCompletion: false };
    return this.ask(prepared, network, selection, plain, { purpose, shared });
  }

  /** The origin says that what is stored is still good; or that what the caller has is. */
  async #confirm<R extends NetworkResponse>(asking: Asking<R>, notModified: R): Promise<ExchangeResult<R>> {
    const { prepared, selection, inquiry, shared } = asking;
    notModified.live?.discard();
    const candidates = validatable(asking);
    if (isAmbiguous(prepared.head, notModified, inquiry.stored)) return this.#askPlainly(asking);
    const selected = selectValidated(notModified, candidates, inquiry.stored);
    if (selected === undefined && confirmsCallers(prepared.head, notModified)) {
      return this.#accept(asking, notModified);
    }
    const sole = selected ?? soleAsked(prepared.head, candidates, inquiry.stored);
    if (sole !== undefined && isOfAnotherResource(asking, notModified, sole)) return this.#askPlainly(asking);
    const body = sole && (await this.#selector.body(prepared, selection, sole));
    // Nothing to go with the 304: ask for the whole response.
    if (sole === undefined || body === undefined) return this.#askPlainly(asking);
    if (selected === undefined) {
      const reason = `${inquiry.reason}; the origin confirmed it under another entity tag`;
      return this.#fromStorage(asking, sole, body, { revalidated: true, fwdStatus: 304, reason });
    }
    const { current, wasStored, shareable } = await this.#writer.freshen(asking, selected, body, notModified);
    shared?.land(landingAfter(shareable, wasStored, 304));
    const facts = {
      wasStored,
      revalidated: true,
      fwdStatus: 304,
      reason: `${inquiry.reason}; the origin confirmed it`,
    };
    // What came just now is for this caller, also what must not be stored.
    const headers = freshenedHeaders(current.headers, notModified.headers);
    return this.#fromStorage(asking, current, body, facts, headers);
  }

  /** What was missing has come, or the origin has something else by now. */
  async #complete<R extends NetworkResponse>(asking: Asking<R>, response: R): Promise<ExchangeResult<R>> {
    const { inquiry, shared } = asking;
    const completed = response.status === 206 ? await this.#parts.completed(asking, response) : undefined;
    if (completed === undefined || inquiry.stored === undefined) {
      response.live?.discard();
      return this.#askPlainly(asking);
    }
    const { stored, reason, shareable } = await this.#writer.store(asking, completed);
    shared?.land(landingAfter(shareable, stored !== undefined, 206));
    const { status, statusText, headers, body, parts } = completed;
    const whole = stored ?? { ...inquiry.stored, status, statusText, headers, parts };
    const facts = {
      wasStored: stored !== undefined,
      fwdStatus: 206,
      reason: `${inquiry.reason}; the origin sent the rest; ${storageText({ stored, reason })}`,
    };
    return this.#fromStorage(asking, whole, body, facts, headers);
  }

  async #accept<R extends NetworkResponse>(asking: Asking<R>, response: R): Promise<ExchangeResult<R>> {
    const { prepared, shared } = asking;
    const { status, live } = response;
    if (isErrorStatus(status, prepared.settings.policy)) {
      shared?.land({ kind: 'failed', status });
      const fallback = await this.#fallBack(asking, status);
      if (fallback !== undefined) {
        live?.discard();
        return fallback;
      }
    }
    if (live !== undefined) return this.#acceptLive(asking, response, live);
    const result = await this.#keep(asking, response);
    shared?.land(landingAfter(result.shareable, result.stored !== undefined, status));
    return { kind: 'network', response, outcome: this.#outcomeOf(asking, response, result) };
  }

  /** The caller reads the body while it comes; when the whole has come, it is stored. */
  async #acceptLive<R extends NetworkResponse>(
    asking: Asking<R>,
    response: R,
    live: LiveBody,
  ): Promise<ExchangeResult<R>> {
    const { prepared, shared } = asking;
    const worth = this.#writer.worthKeeping(prepared, response);
    if (worth.limitBytes === undefined) {
      const { reason } = await this.#writer.refuse(asking, response, worth.reason);
      shared?.land({ kind: 'alone', isLasting: true });
      const outcome = this.#outcomeOf(asking, response, { stored: undefined, reason });
      return { kind: 'network', response, outcome };
    }
    const afterwards = live.take(worth.limitBytes).then(async (whole) => {
      const result = await this.#keepWhole(asking, response, whole);
      if (typeof whole === 'string') shared?.land(landingWithout(whole));
      else shared?.land(landingAfter(result.shareable, result.stored !== undefined, response.status));
      return this.#outcomeOf(asking, response, result);
    });
    live.holdEnd(afterwards);
    shared?.carries(live);
    const pending = { stored: undefined, reason: 'its body is still coming' };
    return { kind: 'network', response, outcome: this.#outcomeOf(asking, response, pending), afterwards };
  }

  async #keepWhole(
    asking: Asking<NetworkResponse>,
    response: NetworkResponse,
    whole: Whole,
  ): Promise<StoreResult> {
    if (typeof whole !== 'string') return this.#keep(asking, { ...response, body: whole, live: undefined });
    const reason = `its body was ${whole}`;
    return whole === 'too long'
      ? this.#writer.refuse(asking, response, reason)
      : { stored: undefined, reason };
  }

  #outcomeOf(
    { prepared, inquiry }: Asking<NetworkResponse>,
    { status, redirects }: NetworkResponse,
    result: StoreResult,
  ): Outcome {
    return outcomeOf(prepared.identity.key, this.#clock.now(), {
      stored: result.stored,
      wasStored: result.stored !== undefined,
      fwd: inquiry.fwd,
      rule: inquiry.rule,
      fwdStatus: status,
      history: historyOf(prepared.settings, redirects),
      reason: `${inquiry.reason}; ${storageText(result)}`,
    });
  }

  #keep(asking: Asking<NetworkResponse>, response: NetworkResponse): Promise<StoreResult> {
    const { head, identity } = asking.prepared;
    if (response.status === 206) return this.#parts.keepPart(asking, response);
    if (head.method === 'HEAD' && identity.method === 'GET') return this.#parts.keepHead(asking, response);
    return this.#writer.store(asking, response);
  }

  async #fallBack(
    asking: Asking<NetworkResponse>,
    status: number | undefined,
  ): Promise<FromStorage | undefined> {
    return asking.purpose === 'background' ? undefined : this.fallBack(asking, status);
  }

  /**
   * The stored response in place of a failure, where `staleIfError` allows it.
   * @param status undefined: the origin could not be reached
   */
  async fallBack(
    { prepared, selection, inquiry }: Question,
    status: number | undefined,
    facts: Partial<Outcome> = {},
  ): Promise<FromStorage | undefined> {
    const { stored, isCompletion } = inquiry;
    const now = this.#clock.now();
    if (stored === undefined || isCompletion) return undefined;
    if (!mayServeOnError({ stored, request: prepared.head, settings: prepared.settings.policy, now }))
      return undefined;
    const body = await this.#selector.body(prepared, selection, stored);
    if (body === undefined) return undefined;
    const failure =
      status === undefined ? 'the origin could not be reached' : `the origin answered ${status}`;
    const stale = stored.expiresAt !== undefined && stored.expiresAt <= now;
    const reason = `${inquiry.reason}; ${failure}: stale-if-error`;
    return this.#fromStorage({ prepared, inquiry }, stored, body, {
      ...facts,
      stale,
      fwdStatus: status,
      reason,
    });
  }

  #fromStorage(
    { prepared, inquiry }: Pick<Question, 'prepared' | 'inquiry'>,
    stored: StoredResponse,
    body: Uint8Array,
    facts: Partial<Outcome> & Pick<Outcome, 'reason'>,
    headers: HeaderFields = fieldsToReplay(prepared.settings, stored.headers),
  ): FromStorage {
    const outcome = outcomeOf(prepared.identity.key, this.#clock.now(), {
      fromCache: true,
      stored,
      fwd: inquiry.fwd,
      rule: inquiry.rule,
      ...facts,
    });
    return { kind: 'stored', stored, answer: answerFrom(prepared.head, stored, body, headers), outcome };
  }
}

/**
 * Whether a 304 comes from another resource than what is stored, since redirects led elsewhere this time: entity tags tell
 * apart what one URL has had, and two may use the same. The query does not count, since it is what signed URLs change.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110.html#section-8.8.1
 */
function isOfAnotherResource(
  { prepared }: Occasion,
  { isUrlKnown, finalUrl }: NetworkResponse,
  stored: StoredResponse,
): boolean {
  if (!isUrlKnown || finalUrl === stored.finalUrl) return false;
  const now = redactUrl(finalUrl ?? prepared.head.url, prepared.settings.key);
  return withoutQuery(now) !== withoutQuery(stored.finalUrl ?? stored.url);
}

function withoutQuery(url: string): string {
  return url.replace(/[?#][^]*$/, '');
}

/**
 * Statuses that would be the answer to a request without a range, too: a success, or something about the requester, the
 * moment or the resource.
 */
function saysNothingOfTheRange(status: number): boolean {
  return [200, 401, 404, 407, 408, 410, 425, 429, 502, 503, 504].includes(status);
}

/** The stored responses that the request could ask about: those with the content that it wants. */
function validatable({ prepared, selection }: Occasion): readonly Candidate<StoredResponse>[] {
  return selection.candidates.filter(({ stored }) => hasContentFor(prepared.head, stored));
}

/** What those who wait learn from a failure. */
function landingOf(whose: 'origin' | 'caller' | 'unknown', error: unknown): Landing {
  if (whose === 'origin') return { kind: 'failed', error };
  return whose === 'caller' ? { kind: 'over' } : { kind: 'alone', isLasting: false };
}

/** What breaks off once may be whole the next time. */
function landingWithout(whole: Exclude<Whole, Uint8Array>): Landing {
  return whole === 'too long' ? { kind: 'alone', isLasting: true } : { kind: 'over' };
}

function landingAfter(record: FoundRecord | undefined, wasStored: boolean, fwdStatus: number): Landing {
  if (record !== undefined) return { kind: 'shared', record, fwdStatus };
  return wasStored ? { kind: 'stored', fwdStatus } : { kind: 'alone', isLasting: true };
}

function storageText({ stored, reason }: StoreResult): string {
  return `${stored === undefined ? 'not stored' : 'stored'}: ${reason}`;
}
