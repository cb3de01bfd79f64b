import { type Clock } from '../clock.js';
import { type HeaderFields } from '../http/header-fields.js';
import { type ForwardReason } from '../policy/messages.js';
import { isErrorStatus, mayServeOnError } from '../policy/stale-serving.js';
import { selectValidated } from '../policy/validation.js';
import { type ExchangeResult } from './exchange-result.js';
import { type Flight } from './in-flight.js';
import { type Network, type NetworkPurpose, type NetworkResponse } from './network.js';
import { outcomeOf } from './outcome.js';
import { type PreparedRequest } from './prepared-request.js';
import { type ResponseSelector, type Selection } from './select-response.js';
import { type ResponseWriter } from './store-response.js';
import { type StoredResponse } from './stored-response.js';

/** Why and how the origin is asked. */
export interface Inquiry {
  /** The stored response that this is about; may be used if the origin fails. */
  readonly stored: StoredResponse | undefined;
  readonly conditionalFields: HeaderFields | undefined;
  readonly fwd: ForwardReason;
  readonly reason: string;
}

/** Asks the origin, and makes the best of what it says: stores, freshens, or falls back on what is stored. */
export class OriginInquiry {
  readonly #selector: ResponseSelector;
  readonly #writer: ResponseWriter;
  readonly #clock: Clock;

  constructor(selector: ResponseSelector, writer: ResponseWriter, clock: Clock) {
    this.#selector = selector;
    this.#writer = writer;
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
      return await this.#askFor(flight, prepared, network, selection, inquiry, purpose);
    } finally {
      this.#writer.inFlight.end(flight);
    }
  }

  async #askFor<R extends NetworkResponse>(
    flight: Flight,
    prepared: PreparedRequest,
    network: Network<R>,
    selection: Selection,
    inquiry: Inquiry,
    purpose: NetworkPurpose,
  ): Promise<ExchangeResult<R>> {
    let response: R;
    try {
      response = await network.send(inquiry.conditionalFields, purpose);
    } catch (error) {
      if (!network.isOriginFailure(error)) throw error;
      const fallback = await this.#fallBack(prepared, selection, inquiry, purpose, undefined);
      if (fallback === undefined) throw error;
      return fallback;
    }
    if (response.status === 304 && inquiry.conditionalFields !== undefined) {
      return this.#confirm(flight, prepared, network, selection, inquiry, response, purpose);
    }
    return this.#accept(flight, prepared, selection, inquiry, purpose, response);
  }

  /** The origin says that what is stored is still good. */
  async #confirm<R extends NetworkResponse>(
    flight: Flight,
    prepared: PreparedRequest,
    network: Network<R>,
    selection: Selection,
    inquiry: Inquiry,
    notModified: R,
    purpose: NetworkPurpose,
  ): Promise<ExchangeResult<R>> {
    const selected = selectValidated(notModified, selection.candidates, inquiry.stored);
    const body = selected && (await this.#selector.body(prepared, selection, selected));
    if (selected === undefined || body === undefined) {
      // Nothing to go with the 304: ask for the whole response.
      return this.ask(prepared, network, selection, { ...inquiry, conditionalFields: undefined }, purpose);
    }
    const { current, wasStored } = await this.#writer.freshen(
      flight,
      prepared,
      selected,
      body,
      notModified,
      selection,
    );
    const outcome = outcomeOf(prepared.identity.key, this.#clock.now(), {
      fromCache: true,
      stored: current,
      wasStored,
      revalidated: true,
      fwd: inquiry.fwd,
      fwdStatus: 304,
      reason: `${inquiry.reason}; the origin confirmed it`,
    });
    return { kind: 'stored', stored: current, body, outcome };
  }

  async #accept<R extends NetworkResponse>(
    flight: Flight,
    prepared: PreparedRequest,
    selection: Selection,
    inquiry: Inquiry,
    purpose: NetworkPurpose,
    response: R,
  ): Promise<ExchangeResult<R>> {
    if (isErrorStatus(response.status, prepared.settings.policy)) {
      const fallback = await this.#fallBack(prepared, selection, inquiry, purpose, response.status);
      if (fallback !== undefined) return fallback;
    }
    const { stored, reason } = await this.#writer.store(flight, prepared, response, selection);
    const outcome = outcomeOf(prepared.identity.key, this.#clock.now(), {
      stored,
      wasStored: stored !== undefined,
      fwd: inquiry.fwd,
      fwdStatus: response.status,
      reason: `${inquiry.reason}; ${stored === undefined ? 'not stored' : 'stored'}: ${reason}`,
    });
    return { kind: 'network', response, outcome };
  }

  /** The stored response in place of a failure, where somebody waits for it and `staleIfError` allows it. */
  async #fallBack(
    prepared: PreparedRequest,
    selection: Selection,
    inquiry: Inquiry,
    purpose: NetworkPurpose,
    status: number | undefined,
  ): Promise<Extract<ExchangeResult<never>, { kind: 'stored' }> | undefined> {
    const { stored, fwd } = inquiry;
    const now = this.#clock.now();
    if (stored === undefined || purpose === 'background') return undefined;
    if (!mayServeOnError({ stored, request: prepared.head, settings: prepared.settings.policy, now }))
      return undefined;
    const body = await this.#selector.body(prepared, selection, stored);
    if (body === undefined) return undefined;
    const failure =
      status === undefined ? 'the origin could not be reached' : `the origin answered ${status}`;
    const stale = stored.expiresAt !== undefined && stored.expiresAt <= now;
    const outcome = outcomeOf(prepared.identity.key, now, {
      fromCache: true,
      stored,
      stale,
      fwd,
      fwdStatus: status,
      reason: `${inquiry.reason}; ${failure}: stale-if-error`,
    });
    return { kind: 'stored', stored, body, outcome };
  }
}
