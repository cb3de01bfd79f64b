import { type Clock } from '../clock.js';
import { type HeaderFields } from '../http/header-fields.js';
import { type ForwardReason, type ReuseDecision } from '../policy/messages.js';
import { decideReuse } from '../policy/reuse-decision.js';
import { isErrorStatus, mayServeOnError } from '../policy/stale-serving.js';
import { selectValidated } from '../policy/validation.js';
import { type MaybePromise } from '../storage/backend.js';
import { type GuardedBackend } from '../storage/guarded-backend.js';
import { BackgroundTasks } from './background-tasks.js';
import { type CacheEvents } from './events.js';
import { type ExchangeResult } from './exchange-result.js';
import { type Network, type NetworkPurpose, type NetworkResponse } from './network.js';
import { type PreparedRequest } from './prepared-request.js';
import { ResponseSelector, Selection } from './select-response.js';
import { ResponseWriter } from './store-response.js';
import { type StoredResponse } from './stored-response.js';

/** Why and how the origin is asked. */
interface Inquiry {
  /** The stored response that this is about; may be used if the origin fails. */
  readonly stored: StoredResponse | undefined;
  readonly conditionalFields: HeaderFields | undefined;
  readonly fwd: ForwardReason;
  readonly reason: string;
}

/**
 * Answers requests from storage or from the origin, as the policy decides. Knows neither axios nor what kind of backend
 * there is; storage that fails is as good as none.
 */
export class Exchange {
  readonly writer: ResponseWriter;
  readonly #selector: ResponseSelector;
  readonly #events: CacheEvents;
  readonly #clock: Clock;
  readonly #background: BackgroundTasks;

  constructor(storage: GuardedBackend, events: CacheEvents, clock: Clock) {
    this.#selector = new ResponseSelector(storage, events);
    this.writer = new ResponseWriter(storage, events, clock);
    this.#events = events;
    this.#clock = clock;
    this.#background = new BackgroundTasks(clock);
  }

  /**
   * Answers one request. Synchronous as long as storage is and the origin is not asked.
   * Rejects only with what `network.send` rejects with.
   */
  answer<R extends NetworkResponse>(
    prepared: PreparedRequest,
    network: Network<R>,
  ): MaybePromise<ExchangeResult<R>> {
    if (!prepared.verdict.mayRead) {
      const { fwd = 'bypass', reason = 'must not be answered from the cache' } = prepared.verdict;
      const inquiry: Inquiry = { stored: undefined, conditionalFields: undefined, fwd, reason };
      return this.#ask(prepared, network, new Selection([], prepared), inquiry);
    }
    const selection = this.#selector.select(prepared);
    return selection instanceof Promise
      ? selection.then((found) => this.#act(prepared, network, found))
      : this.#act(prepared, network, selection);
  }

  /** Resolves when no refresh is running in the background any more. */
  settled(): Promise<void> {
    return this.#background.settled();
  }

  #act<R extends NetworkResponse>(
    prepared: PreparedRequest,
    network: Network<R>,
    selection: Selection,
  ): MaybePromise<ExchangeResult<R>> {
    const decision = decideReuse({
      request: prepared.head,
      candidates: selection.candidates,
      settings: prepared.settings.policy,
      now: this.#clock.now(),
    });
    switch (decision.action) {
      case 'reuse':
        return this.#reuse(prepared, network, selection, decision);
      case 'validate':
      case 'forward':
        return this.#ask(prepared, network, selection, this.#inquiry(decision, selection));
      case 'gateway-timeout':
        return { kind: 'gateway-timeout', outcome: this.#outcome(prepared, { reason: decision.reason }) };
    }
  }

  #inquiry(
    decision: Extract<ReuseDecision<StoredResponse>, { action: 'validate' | 'forward' }>,
    selection: Selection,
  ): Inquiry {
    const { stored, conditionalFields, fwd } = decision;
    return {
      stored,
      conditionalFields,
      fwd,
      reason: selection.storageFailed ? 'storage failed' : decision.reason,
    };
  }

  #reuse<R extends NetworkResponse>(
    prepared: PreparedRequest,
    network: Network<R>,
    selection: Selection,
    decision: Extract<ReuseDecision<StoredResponse>, { action: 'reuse' }>,
  ): MaybePromise<ExchangeResult<R>> {
    const body = this.#selector.body(selection, decision.stored);
    if (body instanceof Promise || prepared.settings.filterFn !== undefined) {
      return this.#reuseLater(prepared, network, selection, decision, body);
    }
    if (body === undefined) return this.#actWithout(prepared, network, selection, decision.stored);
    return this.#handOut(prepared, network, selection, decision, body);
  }

  async #reuseLater<R extends NetworkResponse>(
    prepared: PreparedRequest,
    network: Network<R>,
    selection: Selection,
    decision: Extract<ReuseDecision<StoredResponse>, { action: 'reuse' }>,
    pendingBody: MaybePromise<Uint8Array | undefined>,
  ): Promise<ExchangeResult<R>> {
    const { stored } = decision;
    const body = await pendingBody;
    if (body === undefined) return this.#actWithout(prepared, network, selection, stored);
    if (!(await this.#passesFilter(prepared, stored, body))) {
      await this.writer.discard(prepared, stored);
      return this.#actWithout(prepared, network, selection, stored);
    }
    return this.#handOut(prepared, network, selection, decision, body);
  }

  #actWithout<R extends NetworkResponse>(
    prepared: PreparedRequest,
    network: Network<R>,
    selection: Selection,
    unusable: StoredResponse,
  ): MaybePromise<ExchangeResult<R>> {
    selection.drop(unusable);
    return this.#act(prepared, network, selection);
  }

  #handOut<R extends NetworkResponse>(
    prepared: PreparedRequest,
    network: Network<R>,
    selection: Selection,
    decision: Extract<ReuseDecision<StoredResponse>, { action: 'reuse' }>,
    body: Uint8Array,
  ): ExchangeResult<R> {
    const { stored, stale, reason } = decision;
    if (decision.background) this.#refreshInBackground(prepared, network, selection, stored);
    return {
      kind: 'stored',
      stored,
      body,
      outcome: this.#outcome(prepared, { fromCache: true, stored, stale, reason }),
    };
  }

  async #passesFilter(prepared: PreparedRequest, stored: StoredResponse, body: Uint8Array): Promise<boolean> {
    const { filterFn } = prepared.settings;
    if (filterFn === undefined) return true;
    const { method, url, status, statusText, headers } = stored;
    try {
      return Boolean(await filterFn({ method, url, status, statusText, headers, body, fromCache: true }));
    } catch (error) {
      this.#events.emit({ type: 'callbackError', callback: 'filterFn', error });
      return true;
    }
  }

  async #ask<R extends NetworkResponse>(
    prepared: PreparedRequest,
    network: Network<R>,
    selection: Selection,
    inquiry: Inquiry,
    purpose: NetworkPurpose = 'foreground',
  ): Promise<ExchangeResult<R>> {
    let response: R;
    try {
      response = await network.send(inquiry.conditionalFields, purpose);
    } catch (error) {
      if (network.isCancellation(error)) throw error;
      const fallback = await this.#fallBack(prepared, selection, inquiry, undefined);
      if (fallback === undefined) throw error;
      return fallback;
    }
    if (response.status === 304 && inquiry.conditionalFields !== undefined) {
      return this.#confirm(prepared, network, selection, inquiry, response, purpose);
    }
    return this.#accept(prepared, selection, inquiry, response);
  }

  /** The origin says that what is stored is still good. */
  async #confirm<R extends NetworkResponse>(
    prepared: PreparedRequest,
    network: Network<R>,
    selection: Selection,
    inquiry: Inquiry,
    notModified: R,
    purpose: NetworkPurpose,
  ): Promise<ExchangeResult<R>> {
    const selected = selectValidated(notModified, selection.candidates, inquiry.stored);
    const body = selected && (await this.#selector.body(selection, selected));
    if (selected === undefined || body === undefined) {
      // Nothing to go with the 304: ask for the whole response.
      if (selected !== undefined) selection.drop(selected);
      const usable = inquiry.stored === selected ? undefined : inquiry.stored;
      return this.#ask(
        prepared,
        network,
        selection,
        { ...inquiry, stored: usable, conditionalFields: undefined },
        purpose,
      );
    }
    const { current, wasStored } = await this.writer.freshen(
      prepared,
      selected,
      body,
      notModified,
      selection,
    );
    const outcome = this.#outcome(prepared, {
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
    prepared: PreparedRequest,
    selection: Selection,
    inquiry: Inquiry,
    response: R,
  ): Promise<ExchangeResult<R>> {
    if (isErrorStatus(response.status, prepared.settings.policy)) {
      const fallback = await this.#fallBack(prepared, selection, inquiry, response.status);
      if (fallback !== undefined) return fallback;
    }
    const { stored, reason } = await this.writer.store(prepared, response, selection);
    await this.writer.invalidate(prepared, response);
    const outcome = this.#outcome(prepared, {
      stored,
      wasStored: stored !== undefined,
      fwd: inquiry.fwd,
      fwdStatus: response.status,
      reason: `${inquiry.reason}; ${stored === undefined ? 'not stored' : 'stored'}: ${reason}`,
    });
    return { kind: 'network', response, outcome };
  }

  /** The stored response in place of a failure, where `staleIfError` allows it. */
  async #fallBack(
    prepared: PreparedRequest,
    selection: Selection,
    inquiry: Inquiry,
    status: number | undefined,
  ): Promise<Extract<ExchangeResult<never>, { kind: 'stored' }> | undefined> {
    const { stored, fwd } = inquiry;
    const now = this.#clock.now();
    if (stored === undefined) return undefined;
    if (!mayServeOnError({ stored, request: prepared.head, settings: prepared.settings.policy, now }))
      return undefined;
    const body = await this.#selector.body(selection, stored);
    if (body === undefined) return undefined;
    const failure =
      status === undefined ? 'the origin could not be reached' : `the origin answered ${status}`;
    const stale = stored.expiresAt !== undefined && stored.expiresAt <= now;
    const outcome = this.#outcome(prepared, {
      fromCache: true,
      stored,
      stale,
      fwd,
      fwdStatus: status,
      reason: `${inquiry.reason}; ${failure}: stale-if-error`,
    });
    return { kind: 'stored', stored, body, outcome };
  }

  #refreshInBackground<R extends NetworkResponse>(
    prepared: PreparedRequest,
    network: Network<R>,
    selection: Selection,
    stored: StoredResponse,
  ): void {
    const onError = (error: unknown): void =>
      this.#events.emit({ type: 'backgroundError', key: stored.key, error });
    this.#background.start(
      `${stored.key}\n${stored.variant}`,
      () => this.#refresh(prepared, network, selection),
      onError,
    );
  }

  async #refresh<R extends NetworkResponse>(
    prepared: PreparedRequest,
    network: Network<R>,
    selection: Selection,
  ): Promise<void> {
    const insistent = insisting(prepared);
    const decision = decideReuse({
      request: insistent.head,
      candidates: selection.candidates,
      settings: insistent.settings.policy,
      now: this.#clock.now(),
    });
    if (decision.action !== 'validate' && decision.action !== 'forward') return;
    const result = await this.#ask(
      insistent,
      network,
      selection,
      this.#inquiry(decision, selection),
      'background',
    );
    if (result.kind === 'network' && result.response.status >= 500) {
      throw new Error(`The origin answered ${result.response.status} to a refresh in the background.`);
    }
  }

  #outcome(
    prepared: PreparedRequest,
    facts: Partial<ExchangeResult<NetworkResponse>['outcome']> & { readonly reason: string },
  ): ExchangeResult<NetworkResponse>['outcome'] {
    return {
      fromCache: false,
      key: prepared.identity.key,
      stored: undefined,
      wasStored: false,
      revalidated: false,
      stale: false,
      fwd: undefined,
      fwdStatus: undefined,
      now: this.#clock.now(),
      ...facts,
    };
  }
}

/** The same request, but wanting the origin's word and nothing less. */
function insisting(prepared: PreparedRequest): PreparedRequest {
  const policy = {
    ...prepared.settings.policy,
    refresh: true,
    onlyIfCached: false,
    staleIfError: false,
    staleIfErrorForced: true,
    staleWhileRevalidate: false,
    staleWhileRevalidateForced: true,
  };
  return { ...prepared, settings: { ...prepared.settings, policy } };
}
