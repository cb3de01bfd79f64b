import type { EpochMs } from '../clock.js';
import { currentAgeSeconds } from './current-age.js';
import { describeDuration } from './duration-text.js';
import { isFresh } from './freshness-lifetime.js';
import { latestOf } from './latest.js';
import type {
  Candidate,
  ForwardReason,
  PolicySettings,
  RequestHead,
  ReuseDecision,
  ReuseRule,
  StoredResponseHead,
} from './messages.js';
import { neverAsks, servesAnyAge, whyNotAsked } from './modes.js';
import { completionFields, hasContentFor } from './partial-content.js';
import { isConditional } from './preconditions.js';
import { isDueAhead } from './refresh-ahead.js';
import { requestDirectives } from './request-directives.js';
import {
  isWithinWindow,
  mayServeOnError,
  responseDirectives,
  staleWhileRevalidateWindow,
  type StaleDirectives,
} from './stale-serving.js';
import { canAskFor, conditionalFields, hasValidator } from './validation.js';

/** What a decision is made from. */
export interface ReuseInput<S extends StoredResponseHead> {
  readonly request: RequestHead;
  readonly candidates: readonly Candidate<S>[];
  readonly settings: PolicySettings;
  readonly now: EpochMs;
  /** This process's share of the jitter of `refreshAhead`, from 0 to 1. Undefined: none. */
  readonly jitterShare?: number | undefined;
}

/** One request against the one stored response that matches it. */
interface Situation<S extends StoredResponseHead> extends ReuseInput<S> {
  readonly stored: S;
  readonly directives: StaleDirectives;
}

/** Why the stored response cannot be used as it is. */
interface Objection {
  readonly fwd: ForwardReason;
  readonly rule: ReuseRule;
  readonly reason: string;
}

/**
 * What to do with a request, given what is stored under its key.
 *
 * Of the responses that match (RFC 9111 section 4.1) and have the content that is asked for, the most recent is taken.
 * Then, in this order:
 *
 * 1. Nothing matches: forward; with the entity tags of other variants if there are any, never with their dates. What
 *    matches has not all that is asked for: complete it where that can be done, else forward.
 * 2. The mode `offline`: the stored response, of whatever age and whatever either side says; nothing stored is a 504.
 * 3. `onlyIfCached`, or the mode `cache-only`: the stored response or a 504, without asking; beats `refresh`, `forceRefresh` and
 *    `alwaysRevalidate`. With the mode `cache-first` of whatever age.
 * 4. `forceRefresh`: forward without conditions.
 * 5. `refresh`, or a directive of the request (`no-cache`, `must-revalidate`, `max-age` below the age, `min-fresh` above
 *    what is left): validate; without a validator, forward.
 * 6. The mode `cache-first`: reuse, of whatever age and whatever the response says. The mode `network-first`: validate; without
 *    a validator, forward.
 * 7. `alwaysRevalidate`: validate, where there is a validator.
 * 8. `no-cache` in the response (with `cacheControl`): validate or forward.
 * 9. Fresh: reuse; with `refreshAhead`, in the last part of its lifetime, with an update in the background.
 * 10. Stale, and the response does not say `must-revalidate`: reuse within the request's `max-stale`, or within the window of
 *    `staleWhileRevalidate` with an update in the background.
 * 11. Stale: validate; without a validator, forward.
 *
 * Conditions of the request's own (`If-None-Match`, `If-Modified-Since`) change none of this: the answer is judged by them
 * when it is there. Where the origin is asked they go along.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9111.html#section-4
 */
export function decideReuse<S extends StoredResponseHead>(input: ReuseInput<S>): ReuseDecision<S> {
  const { candidates, settings, now } = input;
  const request = requestDirectives(input.request.headers);
  const isOffline = neverAsks(settings) || request.onlyIfCached;
  const matching: S[] = [];
  for (const { stored: one, matches } of candidates) if (matches) matching.push(one);
  const stored = latestOf(matching.filter((one) => hasContentFor(input.request, one)));
  if (stored === undefined) {
    const incomplete = latestOf(matching);
    return incomplete === undefined
      ? decideWithoutMatch(input, isOffline)
      : decideIncomplete(input, incomplete, isOffline);
  }
  const directives = { request, response: responseDirectives(stored, settings) };
  const { jitterShare } = input;
  const situation: Situation<S> = {
    request: input.request,
    candidates,
    settings,
    now,
    jitterShare,
    stored,
    directives,
  };
  if (settings.mode === 'offline') return reuseAnyAge(situation);
  if (isOffline) return decideOffline(situation);
  if (settings.forceRefresh)
    return forward(situation, { fwd: 'request', rule: 'force-refresh', reason: 'forceRefresh' });
  const wish = refreshWish(situation) ?? requestObjection(situation);
  if (wish !== undefined) return askOrigin(situation, wish);
  if (settings.mode === 'cache-first') return reuseAnyAge(situation, true);
  const objection =
    modeObjection(situation) ?? standingRevalidation(situation) ?? responseObjection(situation);
  if (objection !== undefined) return askOrigin(situation, objection);
  if (isFresh(stored, now)) return withRefreshAhead(reuseFresh(situation), situation);
  return decideStale(situation);
}

/** @see https://www.rfc-editor.org/rfc/rfc9111.html#section-4.1 */
function decideWithoutMatch<S extends StoredResponseHead>(
  { request, candidates, settings }: ReuseInput<S>,
  isOffline: boolean,
): ReuseDecision<S> {
  const isKnown = candidates.length > 0;
  const rule = isKnown ? 'no-variant-matches' : 'nothing-stored';
  const reason = isKnown ? 'no stored variant matches the request' : 'nothing is stored';
  if (isOffline) return notCached(settings, rule, reason);
  return {
    action: 'forward',
    // What is stored belongs to other requests: not even an error makes it fit this one.
    stored: undefined,
    conditionalFields:
      settings.forceRefresh || isConditional(request.headers)
        ? undefined
        : conditionalFields(request, undefined, validatable(request, candidates)),
    fwd: isKnown ? 'vary-miss' : 'uri-miss',
    rule,
    reason,
  };
}

/**
 * What is stored matches, but has not the content that is asked for.
 * @see https://www.rfc-editor.org/rfc/rfc9111.html#section-3.3
 */
function decideIncomplete<S extends StoredResponseHead>(
  { request, settings }: ReuseInput<S>,
  stored: S,
  isOffline: boolean,
): ReuseDecision<S> {
  const rule = 'incomplete';
  const reason = 'what is stored is not all that is asked for';
  if (isOffline) return notCached(settings, rule, reason);
  const fields = settings.forceRefresh ? undefined : completionFields(request, stored);
  if (fields !== undefined) {
    return { action: 'complete', stored, conditionalFields: fields, fwd: 'partial', rule, reason };
  }
  return { action: 'forward', stored: undefined, conditionalFields: undefined, fwd: 'partial', rule, reason };
}

/** The stored responses that a 304 could make the answer to a request. */
function validatable<S extends StoredResponseHead>(
  request: RequestHead,
  candidates: readonly Candidate<S>[],
): readonly S[] {
  return candidates.map(({ stored }) => stored).filter((stored) => hasContentFor(request, stored));
}

const WITHIN_STALE_IF_ERROR = { rule: 'stale-if-error', reason: 'within staleIfError' } as const;

/** @see https://www.rfc-editor.org/rfc/rfc9111.html#section-5.2.1.7 */
function decideOffline<S extends StoredResponseHead>(situation: Situation<S>): ReuseDecision<S> {
  const { stored, now, settings } = situation;
  const isAnyAge = servesAnyAge(settings);
  const objection = requestObjection(situation) ?? (isAnyAge ? undefined : responseObjection(situation));
  if (objection !== undefined) return notCached(settings, objection.rule, objection.reason);
  if (isFresh(stored, now)) return reuseFresh(situation);
  // An update in the background would be a request, too.
  if (isAnyAge) return reuseAnyAge(situation);
  const allowance =
    staleAllowance(situation) ?? (mayServeOnError(situation) ? WITHIN_STALE_IF_ERROR : undefined);
  const staleness = stalenessText(stored, now);
  if (allowance === undefined) return notCached(settings, 'stale', staleness);
  return {
    action: 'reuse',
    stored,
    stale: true,
    background: false,
    rule: allowance.rule,
    reason: `${staleness}, ${allowance.reason}`,
  };
}

/** https://www.rfc-editor.org/rfc/rfc9111.html#section-5.2.1.7 */
function notCached<S extends StoredResponseHead>(
  settings: PolicySettings,
  rule: ReuseRule,
  reason: string,
): ReuseDecision<S> {
  return { action: 'gateway-timeout', rule, reason: `${whyNotAsked(settings)}, and ${reason}` };
}

/**
 * The user wants what is stored, however old. What both sides allow to be used stale is brought up to date all the same.
 * @param mayAsk whether that may be done in the background
 */
function reuseAnyAge<S extends StoredResponseHead>(
  situation: Situation<S>,
  mayAsk = false,
): ReuseDecision<S> {
  const { stored, settings, now } = situation;
  if (isFresh(stored, now)) {
    const fresh = reuseFresh(situation);
    return mayAsk ? withRefreshAhead(fresh, situation) : fresh;
  }
  const rule = settings.mode === 'offline' ? 'offline' : 'cache-first';
  const reason = `${stalenessText(stored, now)}, mode ${rule}`;
  const background = mayAsk && staleAllowance(situation)?.isBackground === true;
  return { action: 'reuse', stored, stale: true, background, rule, reason };
}

/** A response that becomes stale soon is brought up to date before that. */
function withRefreshAhead<S extends StoredResponseHead>(
  decision: Extract<ReuseDecision<S>, { action: 'reuse' }>,
  { stored, settings, now, jitterShare = 0 }: Situation<S>,
): ReuseDecision<S> {
  const { refreshAhead, readOnly } = settings;
  if (refreshAhead === undefined || readOnly || !isDueAhead(stored, refreshAhead, now, jitterShare))
    return decision;
  return {
    ...decision,
    background: true,
    rule: 'refresh-ahead',
    reason: `${decision.reason}, within refreshAhead`,
  };
}

/** @see https://www.rfc-editor.org/rfc/rfc9111.html#section-4.2.4 */
function decideStale<S extends StoredResponseHead>(situation: Situation<S>): ReuseDecision<S> {
  const { stored, now } = situation;
  const staleness = stalenessText(stored, now);
  const allowance = staleAllowance(situation);
  if (allowance === undefined)
    return askOrigin(situation, { fwd: 'stale', rule: 'stale', reason: staleness });
  const { isBackground, rule, reason } = allowance;
  return {
    action: 'reuse',
    stored,
    stale: true,
    background: isBackground,
    rule,
    reason: `${staleness}, ${reason}`,
  };
}

/**
 * Whether a stale response may be used without asking, and whether it has to be updated then.
 * @see https://www.rfc-editor.org/rfc/rfc9111.html#section-4.2.4
 */
function staleAllowance<S extends StoredResponseHead>({
  stored,
  directives,
  settings,
  now,
}: Situation<S>):
  { readonly isBackground: boolean; readonly rule: ReuseRule; readonly reason: string } | undefined {
  // https://www.rfc-editor.org/rfc/rfc9111.html#section-5.2.2.2
  if (directives.response.mustRevalidate) return undefined;
  // https://www.rfc-editor.org/rfc/rfc9111.html#section-5.2.1.2
  const { maxStaleSeconds } = directives.request;
  const stalenessMs = now - (stored.expiresAt ?? now);
  if (maxStaleSeconds !== undefined && stalenessMs <= maxStaleSeconds * 1000) {
    return { isBackground: false, rule: 'max-stale', reason: 'within max-stale of the request' };
  }
  // https://www.rfc-editor.org/rfc/rfc5861.html#section-3
  if (isWithinWindow(staleWhileRevalidateWindow(directives, settings), stored.expiresAt, now)) {
    return { isBackground: true, rule: 'stale-while-revalidate', reason: 'within staleWhileRevalidate' };
  }
  return undefined;
}

/** The wish to look at the origin whatever is stored. `must-revalidate` in a request is the same by another name. */
function refreshWish<S extends StoredResponseHead>({
  settings,
  directives,
}: Situation<S>): Objection | undefined {
  if (settings.refresh) return { fwd: 'request', rule: 'refresh', reason: 'refresh' };
  if (directives.request.mustRevalidate)
    return { fwd: 'request', rule: 'request-must-revalidate', reason: 'request says must-revalidate' };
  return undefined;
}

/** Why the request's directives refuse the stored response. */
function requestObjection<S extends StoredResponseHead>({
  stored,
  directives: { request },
  now,
}: Situation<S>): Objection | undefined {
  // https://www.rfc-editor.org/rfc/rfc9111.html#section-5.2.1.4
  if (request.noCache !== false)
    return { fwd: 'request', rule: 'request-no-cache', reason: 'request says no-cache' };
  // https://www.rfc-editor.org/rfc/rfc9111.html#section-5.2.1.1; 0 asks for validation even within the same instant.
  const { maxAgeSeconds, minFreshSeconds } = request;
  const ageSeconds = currentAgeSeconds(stored, now);
  if (maxAgeSeconds !== undefined && (maxAgeSeconds === 0 || ageSeconds > maxAgeSeconds)) {
    const age = describeDuration(ageSeconds * 1000);
    return {
      fwd: 'request',
      rule: 'request-max-age',
      reason: `request says max-age=${maxAgeSeconds}, and the age is ${age}`,
    };
  }
  // The same section: without max-stale, who gives a max-age wants nothing stale.
  if (maxAgeSeconds !== undefined && request.maxStaleSeconds === undefined && !isFresh(stored, now)) {
    return {
      fwd: 'request',
      rule: 'request-max-age',
      reason: 'request says max-age and no max-stale, and it is stale',
    };
  }
  // https://www.rfc-editor.org/rfc/rfc9111.html#section-5.2.1.3
  const freshMs = stored.expiresAt === undefined ? Infinity : stored.expiresAt - now;
  if (minFreshSeconds !== undefined && freshMs < minFreshSeconds * 1000) {
    return {
      fwd: 'request',
      rule: 'request-min-fresh',
      reason: 'request says min-fresh, and it is not fresh for that long',
    };
  }
  return undefined;
}

/** The mode by which the origin is asked first. */
function modeObjection<S extends StoredResponseHead>({ settings }: Situation<S>): Objection | undefined {
  if (settings.mode !== 'network-first') return undefined;
  return { fwd: 'request', rule: 'network-first', reason: 'mode network-first' };
}

/** `alwaysRevalidate` asks about what can be asked about; the rest follows the normal rules. */
function standingRevalidation<S extends StoredResponseHead>({
  stored,
  settings,
  now,
}: Situation<S>): Objection | undefined {
  if (!settings.alwaysRevalidate || !hasValidator(stored.headers)) return undefined;
  const fwd = isFresh(stored, now) ? 'request' : 'stale';
  return { fwd, rule: 'always-revalidate', reason: 'alwaysRevalidate' };
}

/** @see https://www.rfc-editor.org/rfc/rfc9111.html#section-5.2.2.4 */
function responseObjection<S extends StoredResponseHead>({
  directives,
}: Situation<S>): Objection | undefined {
  // The form with field names forbids these fields only, and they are not stored.
  if (directives.response.noCache !== true) return undefined;
  return { fwd: 'stale', rule: 'response-no-cache', reason: 'the stored response says no-cache' };
}

/** @see https://www.rfc-editor.org/rfc/rfc9111.html#section-4.2 */
function reuseFresh<S extends StoredResponseHead>({
  stored,
  now,
}: Situation<S>): Extract<ReuseDecision<S>, { action: 'reuse' }> {
  return { action: 'reuse', stored, stale: false, background: false, ...whyFresh(stored, now) };
}

/** Why a fresh response may be used. */
export function whyFresh(
  { expiresAt }: Pick<StoredResponseHead, 'expiresAt'>,
  now: EpochMs,
): { readonly rule: ReuseRule; readonly reason: string } {
  if (expiresAt === undefined) return { rule: 'never-expires', reason: 'never expires' };
  return { rule: 'fresh', reason: `fresh for ${describeDuration(expiresAt - now)} more` };
}

/** @see https://www.rfc-editor.org/rfc/rfc9111.html#section-4.3 */
function askOrigin<S extends StoredResponseHead>(
  situation: Situation<S>,
  { fwd, rule, reason }: Objection,
): ReuseDecision<S> {
  const { request, stored, candidates } = situation;
  if (!hasValidator(stored.headers))
    return forward(situation, { fwd, rule, reason: `${reason}, no validator` });
  if (!canAskFor(request, stored)) {
    return forward(situation, { fwd, rule, reason: `${reason}, and the request has a condition of its own` });
  }
  const others = validatable(request, candidates).filter((other) => other !== stored);
  const fields = conditionalFields(request, stored, others) ?? {};
  return {
    action: 'validate',
    stored,
    conditionalFields: fields,
    fwd,
    rule,
    reason: `${reason}, validator present`,
  };
}

function forward<S extends StoredResponseHead>(
  { stored }: Situation<S>,
  { fwd, rule, reason }: Objection,
): ReuseDecision<S> {
  return { action: 'forward', stored, conditionalFields: undefined, fwd, rule, reason };
}

function stalenessText(stored: StoredResponseHead, now: EpochMs): string {
  return `stale since ${describeDuration(now - (stored.expiresAt ?? now))}`;
}
