import type { Clock } from '../clock.js';
import { fieldsToReplay } from './fields-to-store.js';
import { fieldLines } from '../http/header-fields.js';
import { lengthPrefixed, optionalPrefixed } from '../key/hashing.js';
import { asAwaited, insistsByDirective, insistsBySetting, satisfiedSettings } from '../policy/collapsing.js';
import { latestOf } from '../policy/latest.js';
import type { Candidate, NominatedValues } from '../policy/messages.js';
import { decideReuse } from '../policy/reuse-decision.js';
import { nominate } from '../policy/vary.js';
import { answerFrom } from './answer.js';
import type { ExchangeResult } from './exchange-result.js';
import { Nesting } from './nesting.js';
import type { Network, NetworkResponse } from './network.js';
import type { AskOptions, OriginInquiry, Question } from './origin-inquiry.js';
import { outcomeOf } from './outcome.js';
import type { PreparedRequest } from './prepared-request.js';
import type { ResponseSelector, Selection } from './select-response.js';
import { type Landing, type SharedRequest, SharedRequests } from './shared-request.js';
import type { StoredResponse } from './stored-response.js';

/** What follows from what is stored now, without waiting for anybody. */
export interface Fallbacks<R extends NetworkResponse> {
  /** Starts over: what is stored may be something else by now. */
  again(): Promise<ExchangeResult<R>>;
  /** What to ask the origin, where another selection of stored responses is known. */
  questionOf(selection: Selection): Question | undefined;
}

/**
 * Fields of a request by which its answer differs or may well differ, and which are not part of its key. Those of content
 * negotiation are there so that who asks for another language does not wait in vain for the first.
 */
const TELLING_FIELDS = [
  'range',
  'if-range',
  'if-none-match',
  'if-modified-since',
  'accept',
  'accept-charset',
  'accept-encoding',
  'accept-language',
  'prefer',
] as const;

/**
 * Asks the origin once for all who want the same at the same time. Each of them waits with its own patience; an answer that
 * is not for all sends each to the origin for itself, at once.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9111.html#section-4
 */
export class CollapsedForwarding {
  readonly #requests = new SharedRequests();
  readonly #nesting = new Nesting();
  readonly #selector: ResponseSelector;
  readonly #origin: OriginInquiry;
  readonly #clock: Clock;

  constructor(selector: ResponseSelector, origin: OriginInquiry, clock: Clock) {
    this.#selector = selector;
    this.#origin = origin;
    this.#clock = clock;
  }

  /** Rejects with what `network.send` or `network.wait` rejects with. */
  ask<R extends NetworkResponse>(
    question: Question,
    network: Network<R>,
    fallbacks: Fallbacks<R>,
  ): Promise<ExchangeResult<R>> {
    const name = nameOf(question, network.route);
    const running = this.#requests.find(name, network.wantsStream);
    return running !== undefined && mayWaitFor(running, question.prepared) && !this.#nesting.isWithin(running)
      ? this.#follow(running, name, question, network, fallbacks)
      : this.#lead(name, question, network, 'foreground');
  }

  /** Asks for the cache itself, unless somebody is asking already; then waits for that. */
  async askInBackground<R extends NetworkResponse>(
    question: Question,
    network: Network<R>,
  ): Promise<ExchangeResult<R> | undefined> {
    const name = nameOf(question, network.route);
    const running = this.#requests.find(name, false);
    if (running === undefined) return this.#lead(name, question, network, 'background');
    const { landing, leave } = running.follow(false);
    await landing;
    leave();
    return undefined;
  }

  async #lead<R extends NetworkResponse>(
    name: string,
    { prepared, selection, inquiry }: Question,
    network: Network<R>,
    purpose: NonNullable<AskOptions['purpose']>,
  ): Promise<ExchangeResult<R>> {
    const shared = this.#requests.begin(name);
    const leave = shared.join();
    const stopListening = purpose === 'foreground' ? network.onGivenUp(leave) : undefined;
    const { filterFn, tags } = prepared.settings;
    const mayNest = network.isUsersOwn || filterFn !== undefined || (tags?.functions.length ?? 0) > 0;
    const within = mayNest ? this.#nesting.enter(shared) : undefined;
    const stop = (): void => {
      stopListening?.();
      within?.end();
    };
    const end = (): void => {
      stop();
      shared.finish();
      leave();
    };
    try {
      const ask = (): Promise<ExchangeResult<R>> =>
        this.#origin.ask(prepared, network, selection, inquiry, { purpose, shared });
      const result = await (within === undefined ? ask() : within.run(ask));
      const afterwards = result.kind === 'network' ? result.afterwards : undefined;
      if (result.kind === 'network' && afterwards !== undefined) {
        // From now on it is the caller's stream that tells.
        stopListening?.();
        result.response.live?.onAbandoned(leave);
        afterwards.then(end, end);
      } else end();
      return result;
    } catch (error) {
      stop();
      shared.fail();
      // It may still be under way, where its caller had no more time: then it ends.
      leave();
      throw error;
    }
  }

  async #follow<R extends NetworkResponse>(
    running: SharedRequest,
    name: string,
    question: Question,
    network: Network<R>,
    fallbacks: Fallbacks<R>,
  ): Promise<ExchangeResult<R>> {
    const { landing, leave } = running.follow(network.wantsStream);
    let landed: Landing;
    try {
      landed = await network.wait(landing);
    } finally {
      leave();
    }
    switch (landed.kind) {
      case 'shared':
      case 'stored':
        return this.#useLanded(landed, name, question, network, fallbacks);
      case 'failed':
        return this.#failWith(landed, question, network);
      case 'over':
        return fallbacks.again();
      case 'alone':
        return this.#askAlone(question, network);
    }
  }

  /** What another has brought, if it fits; otherwise what the request would have done had that been stored before. */
  async #useLanded<R extends NetworkResponse>(
    landed: Extract<Landing, { kind: 'shared' | 'stored' }>,
    name: string,
    question: Question,
    network: Network<R>,
    fallbacks: Fallbacks<R>,
  ): Promise<ExchangeResult<R>> {
    const { prepared, inquiry } = question;
    const selection =
      landed.kind === 'shared'
        ? this.#selector.selectOf(landed.record, prepared)
        : await this.#selector.select(prepared);
    const stored = this.#fitting(prepared, selection);
    const body = stored && (await this.#selector.body(prepared, selection, stored));
    if (stored !== undefined && body !== undefined) {
      const { fwd, rule, reason } = inquiry;
      const outcome = outcomeOf(prepared.identity.key, this.#clock.now(), {
        fromCache: true,
        stored,
        fwd,
        rule,
        fwdStatus: landed.fwdStatus,
        collapsed: true,
        reason: `${reason}; another request for the same brought it`,
      });
      return {
        kind: 'stored',
        stored,
        answer: answerFrom(prepared.head, stored, body, fieldsToReplay(prepared.settings, stored.headers)),
        outcome,
      };
    }
    const next = fallbacks.questionOf(selection) ?? question;
    // Now it is known what the answer varies by: those who want another variant ask together, too.
    if (nameOf(next, network.route) !== name) return this.ask(next, network, fallbacks);
    return this.#askAlone(next, network);
  }

  #fitting(prepared: PreparedRequest, selection: Selection): StoredResponse | undefined {
    const { policy } = prepared.settings;
    const now = this.#clock.now();
    const judged = selection.candidates.map(({ stored, matches }) => {
      return { stored: asAwaited(stored, policy, now), matches, original: stored };
    });
    const decision = decideReuse<StoredResponse>({
      request: prepared.head,
      candidates: judged satisfies readonly Candidate<StoredResponse>[],
      settings: satisfiedSettings(policy),
      now,
    });
    if (decision.action !== 'reuse') return undefined;
    return judged.find(({ stored }) => stored === decision.stored)?.original;
  }

  async #failWith<R extends NetworkResponse>(
    { error, status }: Extract<Landing, { kind: 'failed' }>,
    question: Question,
    network: Network<R>,
  ): Promise<ExchangeResult<R>> {
    if (status === undefined && !network.isAlike(error)) return this.#askAlone(question, network);
    const fallback = await this.#origin.fallBack(question, status, { collapsed: true });
    if (fallback !== undefined) return fallback;
    // An answer, if only of a server that fails, is for the one who asked.
    if (status !== undefined) return this.#askAlone(question, network);
    throw await network.ownError(error);
  }

  #askAlone<R extends NetworkResponse>(
    { prepared, selection, inquiry }: Question,
    network: Network<R>,
  ): Promise<ExchangeResult<R>> {
    network.endWait();
    return this.#origin.ask(prepared, network, selection, inquiry);
  }
}

/** Who wants an answer of its own waits at most for one that was asked for at the very same time. */
function mayWaitFor(running: SharedRequest, { head, settings, invalidates }: PreparedRequest): boolean {
  // What it wants done is done when the origin has answered it.
  if (invalidates !== undefined) return false;
  if (insistsByDirective(head)) return false;
  return !insistsBySetting(settings.policy) || running.isOfThisTurn;
}

/** What tells apart requests that cannot share an answer. */
function nameOf({ prepared, selection }: Question, route: string): string {
  const { identity, head } = prepared;
  const { key, partition, method, url, isCustomKey } = identity;
  const values = nominatedValues(prepared, selection);
  let name = lengthPrefixed(key) + lengthPrefixed(head.method) + lengthPrefixed(route);
  // Under a key of the user's own making lie other methods, URLs and users.
  if (isCustomKey) name += lengthPrefixed(partition) + lengthPrefixed(method) + lengthPrefixed(url);
  name += optionalPrefixed(values && JSON.stringify(values));
  for (const field of TELLING_FIELDS) {
    const lines = fieldLines(head.headers, field);
    name += lines.length;
    for (const line of lines) name += `,${lengthPrefixed(line)}`;
  }
  return name;
}

/** The values of the fields by which responses are known to vary, as far as any is stored. */
function nominatedValues(
  { varyHeaders, protect }: PreparedRequest,
  { candidates }: Selection,
): NominatedValues | undefined {
  const nominated = latestOf(candidates.map(({ stored }) => stored))?.nominated;
  return nominated && nominate(Object.keys(nominated), varyHeaders, protect);
}
