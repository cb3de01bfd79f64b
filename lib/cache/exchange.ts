import type { Clock, EpochMs } from '../clock.js';
import { fieldsToReplay } from './fields-to-store.js';
import { headerFields } from '../http/header-fields.js';
import type { PolicySettings, RequestHead, ReuseDecision } from '../policy/messages.js';
import { answersLaterGet } from '../policy/post-responses.js';
import { decideReuse, whyFresh } from '../policy/reuse-decision.js';
import { standsUntil } from '../policy/standing-decision.js';
import { supersedesStored } from '../policy/supersession.js';
import type { MaybePromise } from '../storage/backend.js';
import type { GuardedBackend } from '../storage/guarded-backend.js';
import { type Answer, answerFrom } from './answer.js';
import { BackgroundTasks } from './background-tasks.js';
import { CollapsedForwarding } from './collapsed-forwarding.js';
import type { Flight } from './in-flight.js';
import type { CacheEvents } from './events.js';
import type { CacheObserver } from './observer.js';
import type { ExchangeResult } from './exchange-result.js';
import { Jitter } from './jitter.js';
import type { Network, NetworkResponse } from './network.js';
import { type Inquiry, OriginInquiry, type Question } from './origin-inquiry.js';
import { type Outcome, outcomeOf, postOutcome } from './outcome.js';
import { PartKeeper } from './part-keeper.js';
import type { PreparedRequest } from './prepared-request.js';
import { ResponseFilter } from './response-filter.js';
import { ResponseSelector, Selection, type StandingAnswer } from './select-response.js';
import { ResponseWriter } from './store-response.js';
import type { StoredResponse } from './stored-response.js';

/**
 * Answers requests from storage or from the origin, as the policy decides. Knows neither axios nor what kind of backend
 * there is; storage that fails is as good as none.
 */
export class Exchange {
  readonly writer: ResponseWriter;
  readonly #selector: ResponseSelector;
  readonly #forwarding: CollapsedForwarding;
  readonly #events: CacheEvents;
  readonly #observer: CacheObserver;
  readonly #clock: Clock;
  readonly #background: BackgroundTasks;
  readonly #jitter = new Jitter();

  constructor(storage: GuardedBackend, events: CacheEvents, observer: CacheObserver, clock: Clock) {
    const filter = new ResponseFilter(events);
    this.#selector = new ResponseSelector(storage, filter, events);
    this.writer = new ResponseWriter(storage, filter, observer, clock);
    const parts = new PartKeeper(this.#selector, this.writer);
    const origin = new OriginInquiry(this.#selector, this.writer, parts, clock);
    this.#forwarding = new CollapsedForwarding(this.#selector, origin, clock);
    this.#events = events;
    this.#observer = observer;
    this.#clock = clock;
    this.#background = new BackgroundTasks(clock);
  }

  /**
   * Answers one request that may be answered from storage (`verdict.mayRead`). Synchronous as long as storage is and the
   * origin is not asked. Rejects only with what `network.send` rejects with.
   */
  answer<R extends NetworkResponse>(
    prepared: PreparedRequest,
    network: Network<R>,
  ): MaybePromise<ExchangeResult<R>> {
    const selection = this.#selector.select(prepared);
    return selection instanceof Promise
      ? selection.then((found) => this.#act(prepared, network, found))
      : this.#act(prepared, network, selection);
  }

  /**
   * Keeps the answer to a POST for later GETs of the same URL, where RFC 9110 section 9.3.3 allows it. What is stored for
   * that URL has been invalidated already.
   * @param sent the flight of the POST: what was deleted since is not brought back
   */
  async keepForGet(
    sent: Flight,
    head: RequestHead,
    response: NetworkResponse,
    prepareForGet: () => Promise<PreparedRequest | undefined>,
  ): Promise<Outcome> {
    const { status, responseReceivedAt, redirects, finalUrl, isUrlKnown } = response;
    const facts = { fwd: 'method', rule: 'method', fwdStatus: status } as const;
    const isOfTheUrl = isUrlKnown && redirects.length === 0 && finalUrl === undefined;
    const prepared =
      isOfTheUrl && answersLaterGet(head, response, responseReceivedAt) ? await prepareForGet() : undefined;
    if (prepared === undefined || sent.isOutdated) {
      return postOutcome(status, this.#clock.now());
    }
    const flight = this.writer.inFlight.begin(prepared.identity, sent);
    try {
      const occasion = { flight, prepared, selection: Selection.none() };
      const { stored, reason } = await this.writer.store(occasion, response);
      const kept = stored === undefined ? 'not stored for later GETs' : 'stored for later GETs';
      return outcomeOf(prepared.identity.key, this.#clock.now(), {
        ...facts,
        stored,
        wasStored: stored !== undefined,
        reason: `method POST; ${kept}: ${reason}`,
      });
    } finally {
      this.writer.inFlight.end(flight);
    }
  }

  /** What {@link answer} would go by, without asking the origin; storage that fails is a fact of the selection. */
  async consider(
    prepared: PreparedRequest,
  ): Promise<{ readonly selection: Selection; readonly decision: ReuseDecision<StoredResponse> }> {
    const { settings } = prepared;
    const policy = { ...settings.policy, readOnly: true };
    // A look only: what selecting would tidy up stays.
    const look = { ...prepared, settings: { ...settings, policy }, isRemembered: false };
    const selection = await this.#selector.select(look);
    return { selection, decision: this.#decide(prepared, selection) };
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
    const { standing } = selection;
    const now = this.#clock.now();
    if (standing !== undefined && now < standing.until) return answeredAgain(prepared, standing, now);
    const decision = this.#decide(prepared, selection);
    switch (decision.action) {
      case 'reuse':
        return this.#reuse(prepared, network, selection, decision);
      case 'validate':
      case 'complete':
      case 'forward':
        return this.#forwarding.ask(
          { prepared, selection, inquiry: this.#inquiry(decision, selection) },
          network,
          {
            again: async () => this.answer(prepared, network),
            questionOf: (found) => this.#questionOf(prepared, found),
          },
        );
      case 'gateway-timeout':
        return {
          kind: 'gateway-timeout',
          outcome: outcomeOf(prepared.identity.key, this.#clock.now(), {
            rule: decision.rule,
            reason: decision.reason,
          }),
        };
    }
  }

  #decide(prepared: PreparedRequest, selection: Selection): ReuseDecision<StoredResponse> {
    return decideReuse({
      request: prepared.head,
      candidates: selection.candidates,
      settings: prepared.settings.policy,
      now: this.#clock.now(),
      jitterShare: this.#jitter.shareOf(prepared),
    });
  }

  #questionOf(prepared: PreparedRequest, selection: Selection): Question | undefined {
    const decision = this.#decide(prepared, selection);
    if (decision.action === 'reuse' || decision.action === 'gateway-timeout') return undefined;
    return { prepared, selection, inquiry: this.#inquiry(decision, selection) };
  }

  #inquiry(
    decision: Extract<ReuseDecision<StoredResponse>, { action: 'validate' | 'complete' | 'forward' }>,
    selection: Selection,
  ): Inquiry {
    const { stored, conditionalFields, fwd } = decision;
    return {
      stored,
      conditionalFields,
      fwd,
      isCompletion: decision.action === 'complete',
      rule: selection.storageFailed ? 'storage-failed' : decision.rule,
      reason: selection.storageFailed ? 'storage failed' : decision.reason,
    };
  }

  #reuse<R extends NetworkResponse>(
    prepared: PreparedRequest,
    network: Network<R>,
    selection: Selection,
    decision: Extract<ReuseDecision<StoredResponse>, { action: 'reuse' }>,
  ): MaybePromise<ExchangeResult<R>> {
    const proceed = (body: Uint8Array | undefined): MaybePromise<ExchangeResult<R>> =>
      body === undefined
        ? this.#actWithout(prepared, network, selection, decision.stored)
        : this.#handOut(prepared, network, selection, decision, body);
    const body = this.#selector.body(prepared, selection, decision.stored);
    return body instanceof Promise ? body.then(proceed) : proceed(body);
  }

  #actWithout<R extends NetworkResponse>(
    prepared: PreparedRequest,
    network: Network<R>,
    selection: Selection,
    unusable: StoredResponse,
  ): MaybePromise<ExchangeResult<R>> {
    return this.#act(prepared, network, selection.without(unusable));
  }

  #handOut<R extends NetworkResponse>(
    prepared: PreparedRequest,
    network: Network<R>,
    selection: Selection,
    decision: Extract<ReuseDecision<StoredResponse>, { action: 'reuse' }>,
    body: Uint8Array,
  ): ExchangeResult<R> {
    const { stored, stale, rule, reason } = decision;
    // What cannot be written cannot be brought up to date either.
    if (decision.background && prepared.verdict.mayWrite) {
      this.#refreshInBackground(forTheCache(prepared, stored), network, selection, stored);
    }
    const shown = fieldsToReplay(prepared.settings, stored.headers);
    const answer = answerFrom(prepared.head, stored, body, shown);
    if (prepared.isRemembered) selection.standing = standingAnswer(prepared, selection, decision, answer);
    return {
      kind: 'stored',
      stored,
      answer,
      outcome: outcomeOf(prepared.identity.key, this.#clock.now(), {
        fromCache: true,
        stored,
        stale,
        rule,
        reason,
      }),
    };
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
      () => this.#refresh(prepared, network, selection, stored),
      onError,
    );
  }

  async #refresh<R extends NetworkResponse>(
    prepared: PreparedRequest,
    network: Network<R>,
    selection: Selection,
    stored: StoredResponse,
  ): Promise<void> {
    const decision = decideReuse({
      request: prepared.head,
      candidates: selection.candidates,
      settings: insisting(prepared.settings.policy),
      now: this.#clock.now(),
    });
    if (decision.action === 'reuse' || decision.action === 'gateway-timeout') return;
    const inquiry = { ...this.#inquiry(decision, selection), leftOut: ownWishes(stored) };
    const result = await this.#forwarding.askInBackground({ prepared, selection, inquiry }, network);
    // As good as a failure: it says nothing of the resource, and asking again at once would not either.
    if (
      result?.kind === 'network' &&
      !result.outcome.wasStored &&
      !supersedesStored(result.response.status)
    ) {
      throw new Error(`The origin answered ${result.response.status} to a refresh in the background.`);
    }
    this.#observer.refreshed(stored.key, stored.url, result?.outcome);
  }
}

/** Undefined: the same request has to be looked at anew. */
function standingAnswer(
  { head, settings }: PreparedRequest,
  selection: Selection,
  decision: Extract<ReuseDecision<StoredResponse>, { action: 'reuse' }>,
  answer: Answer,
): StandingAnswer | undefined {
  const { stored } = decision;
  // A function of the user's is asked each time; and where the body is not at hand, it may be gone the next time.
  if (settings.filterFn !== undefined || !selection.isAtHand(stored)) return undefined;
  const until = standsUntil(decision, head, settings.policy);
  return until === undefined ? undefined : { stored, answer, until };
}

/** The answer that the same request has had, which still stands. */
function answeredAgain<R extends NetworkResponse>(
  { identity }: PreparedRequest,
  { stored, answer }: StandingAnswer,
  now: EpochMs,
): ExchangeResult<R> {
  const { rule, reason } = whyFresh(stored, now);
  const outcome = outcomeOf(identity.key, now, { fromCache: true, stored, rule, reason });
  return { kind: 'stored', stored, answer, outcome };
}

/** Fields by which a caller asks for less than the whole, which the cache does not where the whole is stored. */
function ownWishes({ parts }: StoredResponse): readonly string[] {
  const conditions = ['if-none-match', 'if-modified-since'];
  return parts === undefined ? [...conditions, 'range', 'if-range'] : conditions;
}

/** The request as the cache makes it to bring a stored response up to date. */
function forTheCache(prepared: PreparedRequest, stored: StoredResponse): PreparedRequest {
  const leftOut = ownWishes(stored);
  const headers = headerFields(
    Object.entries(prepared.head.headers).filter(([name]) => !leftOut.includes(name)),
  );
  return { ...prepared, head: { ...prepared.head, headers } };
}

/** The same settings, but wanting the origin's word and nothing less. */
function insisting(policy: PolicySettings): PolicySettings {
  return {
    ...policy,
    refresh: true,
    onlyIfCached: false,
    mode: 'default',
    staleWhileRevalidate: false,
    staleWhileRevalidateForced: true,
  };
}
