import { type Clock } from '../clock.js';
import { type HeaderFields } from '../http/header-fields.js';
import { redactUrl } from '../key/redaction.js';
import { freshenedHeaders } from '../policy/freshening.js';
import { type Candidate, type ForwardReason } from '../policy/messages.js';
import { hasContentFor } from '../policy/partial-content.js';
import { isErrorStatus, mayServeOnError } from '../policy/stale-serving.js';
import { confirmsCallers, isAmbiguous, selectValidated, soleAsked } from '../policy/validation.js';
import { answerFrom } from './answer.js';
import { type ExchangeResult } from './exchange-result.js';
import { type Network, type NetworkPurpose, type NetworkResponse } from './network.js';
import { type Outcome, outcomeOf } from './outcome.js';
import { type PartKeeper } from './part-keeper.js';
import { type PreparedRequest } from './prepared-request.js';
import { type ResponseSelector, type Selection } from './select-response.js';
import { type Occasion, type ResponseWriter, type StoreResult } from './store-response.js';
import { type StoredResponse } from './stored-response.js';

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
  readonly reason: string;
}

/** One request that is put to the origin. */
interface Asking<R extends NetworkResponse> extends Occasion {
  readonly network: Network<R>;
  readonly inquiry: Inquiry;
  readonly purpose: NetworkPurpose;
}

type FromStorage = Extract<ExchangeResult<never>, { kind: 'stored' }>;

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
    purpose: NetworkPurpose = 'foreground',
  ): Promise<ExchangeResult<R>> {
    const flight = this.#writer.inFlight.begin(prepared.identity);
    try {
      return await this.#ask({ flight, prepared, network, selection, inquiry, purpose });
    } finally {
      this.#writer.inFlight.end(flight);
    }
  }

  async #ask<R extends NetworkResponse>(asking: Asking<R>): Promise<ExchangeResult<R>> {
    const { network, inquiry, purpose } = asking;
    let response: R;
    try {
      response = await network.send(inquiry.conditionalFields, purpose, inquiry.leftOut);
    } catch (error) {
      if (!network.isOriginFailure(error)) throw error;
      // The caller has not asked for a range: what goes wrong with one must not be its affair.
      if (inquiry.isCompletion) {
        if (network.mayAskAgain(error)) return this.#askPlainly(asking);
        // The next time the whole is asked for at once.
        if (inquiry.stored !== undefined) await this.#writer.discard(asking.prepared, inquiry.stored);
      }
      const fallback = await this.#fallBack(asking, undefined);
      if (fallback === undefined) throw error;
      return fallback;
    }
    // Also a 304 is no answer to somebody who has nothing, whether or not what is stored is still good.
    if (inquiry.isCompletion && !saysNothingOfTheRange(response.status)) {
      return this.#complete(asking, response);
    }
    if (response.status === 304 && inquiry.conditionalFields !== undefined) {
      return this.#confirm(asking, response);
    }
    return this.#accept(asking, response);
  }

  /** Asks again, without the fields that the cache has added. */
  #askPlainly<R extends NetworkResponse>({
    prepared,
    network,
    selection,
    inquiry,
    purpose,
  }: Asking<R>): Promise<ExchangeResult<R>> {
    // A part that was to be completed does not stand in for the whole, not even on errors.
    const stored = inquiry.isCompletion ? undefined : inquiry.stored;
    const plain = { ...inquiry, stored, conditionalFields: undefined, isCompletion: false };
    return this.ask(prepared, network, selection, plain, purpose);
  }

  /** The origin says that what is stored is still good; or that what the caller has is. */
  async #confirm<R extends NetworkResponse>(asking: Asking<R>, notModified: R): Promise<ExchangeResult<R>> {
    const { prepared, selection, inquiry } = asking;
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
    const { current, wasStored } = await this.#writer.freshen(asking, selected, body, notModified);
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
    const { inquiry } = asking;
    const completed = response.status === 206 ? await this.#parts.completed(asking, response) : undefined;
    if (completed === undefined || inquiry.stored === undefined) return this.#askPlainly(asking);
    const { stored, reason } = await this.#writer.store(asking, completed);
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
    const { prepared, inquiry } = asking;
    if (isErrorStatus(response.status, prepared.settings.policy)) {
      const fallback = await this.#fallBack(asking, response.status);
      if (fallback !== undefined) return fallback;
    }
    const result = await this.#keep(asking, response);
    const outcome = outcomeOf(prepared.identity.key, this.#clock.now(), {
      stored: result.stored,
      wasStored: result.stored !== undefined,
      fwd: inquiry.fwd,
      fwdStatus: response.status,
      reason: `${inquiry.reason}; ${storageText(result)}`,
    });
    return { kind: 'network', response, outcome };
  }

  #keep(asking: Asking<NetworkResponse>, response: NetworkResponse): Promise<StoreResult> {
    const { head, identity } = asking.prepared;
    if (response.status === 206) return this.#parts.keepPart(asking, response);
    if (head.method === 'HEAD' && identity.method === 'GET') return this.#parts.keepHead(asking, response);
    return this.#writer.store(asking, response);
  }

  /** The stored response in place of a failure, where somebody waits for it and `staleIfError` allows it. */
  async #fallBack(
    asking: Asking<NetworkResponse>,
    status: number | undefined,
  ): Promise<FromStorage | undefined> {
    const { prepared, selection, inquiry, purpose } = asking;
    const { stored, isCompletion } = inquiry;
    const now = this.#clock.now();
    if (stored === undefined || isCompletion || purpose === 'background') return undefined;
    if (!mayServeOnError({ stored, request: prepared.head, settings: prepared.settings.policy, now }))
      return undefined;
    const body = await this.#selector.body(prepared, selection, stored);
    if (body === undefined) return undefined;
    const failure =
      status === undefined ? 'the origin could not be reached' : `the origin answered ${status}`;
    const stale = stored.expiresAt !== undefined && stored.expiresAt <= now;
    const reason = `${inquiry.reason}; ${failure}: stale-if-error`;
    return this.#fromStorage(asking, stored, body, { stale, fwdStatus: status, reason });
  }

  #fromStorage(
    { prepared, inquiry }: Asking<NetworkResponse>,
    stored: StoredResponse,
    body: Uint8Array,
    facts: Partial<Outcome> & Pick<Outcome, 'reason'>,
    headers?: HeaderFields,
  ): FromStorage {
    const outcome = outcomeOf(prepared.identity.key, this.#clock.now(), {
      fromCache: true,
      stored,
      fwd: inquiry.fwd,
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

function storageText({ stored, reason }: StoreResult): string {
  return `${stored === undefined ? 'not stored' : 'stored'}: ${reason}`;
}
