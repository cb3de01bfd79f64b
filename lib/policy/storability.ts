import type { EpochMs } from '../clock.js';
import type { CacheDirectives } from '../http/cache-control.js';
import {
  isFinalStatus,
  isHeuristicallyCacheable,
  isNeverStoredStatus,
  isSafeMethod,
  isUnderstoodStatus,
} from '../http/status-and-methods.js';
import { fieldLines } from '../http/header-fields.js';
import { generationTime, hasUnreadableAge } from './current-age.js';
import { describeDuration } from './duration-text.js';
import { effectiveLifetime, lifetimeOfStatus, withLifetimesFor } from './effective-lifetime.js';
import { expiryOf } from './expiration.js';
import { explicitLifetime, heuristicLifetime, type FreshnessLifetime } from './freshness-lifetime.js';
import type {
  LifetimeSource,
  PolicySettings,
  RequestHead,
  ResponseHead,
  StorageVerdict,
} from './messages.js';
import { requestDirectives } from './request-directives.js';
import { retainUntil, staleUseWindow } from './retention.js';
import { responseDirectives } from './stale-serving.js';
import { hasValidator } from './validation.js';
import { nominatedFieldNames } from './vary.js';

/** A request, its response, and when they went and came. */
export interface Exchange {
  readonly request: RequestHead;
  readonly response: ResponseHead;
  readonly settings: PolicySettings;
  readonly requestSentAt: EpochMs;
  readonly responseReceivedAt: EpochMs;
}

interface Expiry {
  readonly expiresAt: EpochMs | undefined;
  readonly source: LifetimeSource;
}

/**
 * Whether a response may be stored, until when it is fresh, and until when it is worth keeping. After a 304 it is
 * asked again, with the stored status and the freshened fields.
 *
 * With `cacheControl`, RFC 9111 section 3 for a private cache applies as well, and the lifetime comes from, in this
 * order: the response, the request's own option, the first URL pattern that matches, the status, the heuristic, the session.
 * Without it, only the user's settings decide. A user's lifetime counts from the reception, one of the response from its
 * generation. `DO_NOT_CACHE`, where it applies, and the request's `no-store` always win; `Vary: *` and a 304 are never
 * stored. Whether a 206 can be placed among the bytes is asked elsewhere (`receivedParts`).
 *
 * A response that is stale on arrival is stored only when it can be validated, or may be used stale.
 *
 * @throws what functions of the user's throw that work out a lifetime; InvalidOptionError (ERR_CACHE_INVALID_OPTION) for what
 * they give that is none
 * @see https://www.rfc-editor.org/rfc/rfc9111.html#section-3
 */
export function judgeStorability(given: Exchange): StorageVerdict {
  const input = withLifetimes(given);
  const { response, settings, responseReceivedAt } = input;
  const directives = responseDirectives(response, settings);
  const explicit = settings.cacheControl
    ? explicitLifetime(response, directives, responseReceivedAt)
    : undefined;
  const refusal =
    settingsRefusal(input) ??
    messageRefusal(input) ??
    (settings.cacheControl ? directivesRefusal(input, directives, explicit) : undefined);
  if (refusal !== undefined) return { store: false, reason: refusal };
  const generatedAt = generationTime({ ...input, headers: response.headers });
  const { expiresAt, source } = expiryFor(input, directives, explicit, generatedAt);
  const uselessness = reasonForNoUse(input, directives, expiresAt);
  if (uselessness !== undefined) return { store: false, reason: uselessness };
  return {
    store: true,
    generatedAt,
    expiresAt,
    retainUntil: retainUntil({ ...input, expiresAt }),
    lifetimeSource: source,
    reason: lifetimeText(input, expiresAt, source),
  };
}

function withLifetimes(exchange: Exchange): Exchange {
  const { settings, request, response, responseReceivedAt } = exchange;
  const resolved = withLifetimesFor(settings, request, response, responseReceivedAt);
  return resolved === settings ? exchange : { ...exchange, settings: resolved };
}

/** Why the settings forbid storing. */
function settingsRefusal({ request, response, settings }: Exchange): string | undefined {
  if (settings.disabled) return 'the cache is disabled';
  if (settings.readOnly) return 'the cache is read-only';
  if (!settings.allowableMethods.has(request.method.toUpperCase())) {
    return `method ${request.method} is not in allowableMethods`;
  }
  const { lifetime, source } = effectiveLifetime(settings, response.status);
  // Also against the response's own lifetime: what is never read must not be written.
  if (lifetime.kind === 'do-not-cache') return `DO_NOT_CACHE by ${source}`;
  if (
    !settings.allowableCodes.has(response.status) &&
    lifetimeOfStatus(settings, response.status) === undefined
  )
    return `status ${response.status} is not in allowableCodes`;
  return undefined;
}

/**
 * Why the messages forbid storing in either mode.
 * @see https://www.rfc-editor.org/rfc/rfc9111.html#section-3
 */
function messageRefusal({ request, response }: Exchange): string | undefined {
  // https://www.rfc-editor.org/rfc/rfc9111.html#section-5.2.1.5
  if (requestDirectives(request.headers).noStore) return 'request says no-store';
  // https://www.rfc-editor.org/rfc/rfc9111.html#section-3
  if (!isFinalStatus(response.status)) return `status ${response.status} is not final`;
  // https://www.rfc-editor.org/rfc/rfc9111.html#section-4.3.3
  if (response.status === 304) return 'a 304 is not stored by itself';
  // https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.17
  if (response.status === 416 && fieldLines(request.headers, 'range').length > 0) {
    return 'a 416 speaks of the range only';
  }
  // https://www.rfc-editor.org/rfc/rfc9111.html#section-4.1
  if (nominatedFieldNames(response.headers) === '*') return 'Vary: * never matches';
  return undefined;
}

/** Why RFC 9111 section 3 forbids storing. @see https://www.rfc-editor.org/rfc/rfc9111.html#section-3 */
function directivesRefusal(
  { response: { status }, settings }: Exchange,
  directives: CacheDirectives,
  explicit: FreshnessLifetime | undefined,
): string | undefined {
  // https://www.rfc-editor.org/rfc/rfc6585.html
  if (isNeverStoredStatus(status)) return `status ${status} must not be stored (RFC 6585)`;
  // https://www.rfc-editor.org/rfc/rfc9111.html#section-5.2.2.3
  if (directives.mustUnderstand && !isUnderstoodStatus(status)) {
    return `must-understand, and status ${status} is not known`;
  }
  // https://www.rfc-editor.org/rfc/rfc9111.html#section-5.2.2.5
  if (directives.noStore && !directives.mustUnderstand) return 'response says no-store';
  // The last point of section 3: one of these has to invite it.
  const isInvited =
    explicit !== undefined ||
    directives.public ||
    directives.private !== false ||
    isHeuristicallyCacheable(status) ||
    hasUserLifetime(settings, status);
  return isInvited ? undefined : `status ${status} without a lifetime is not stored`;
}

/** Whether the user asked for a lifetime. 0 for the whole session is what leaves everything to the headers. */
function hasUserLifetime(settings: PolicySettings, status: number): boolean {
  const { lifetime, source } = effectiveLifetime(settings, status);
  return source !== 'session' || lifetime.kind !== 'after' || lifetime.seconds > 0;
}

function expiryFor(
  { request, response, settings, responseReceivedAt }: Exchange,
  directives: CacheDirectives,
  explicit: FreshnessLifetime | undefined,
  generatedAt: EpochMs,
): Expiry {
  const byHeaders = ({ freshnessLifetimeSeconds, source }: FreshnessLifetime): Expiry => ({
    expiresAt: generatedAt + freshnessLifetimeSeconds * 1000,
    source,
  });
  if (explicit !== undefined) return byHeaders(explicit);
  const { lifetime, source } = effectiveLifetime(settings, response.status);
  // RFC 9110 section 9.3.3: a response to POST needs explicit freshness.
  if (source === 'session' && settings.cacheControl && isSafeMethod(request.method.toUpperCase())) {
    const heuristic = heuristicLifetime(response, directives, settings.heuristicFraction, responseReceivedAt);
    if (heuristic !== undefined) return byHeaders(heuristic);
  }
  // Where header fields alone decide, what they give no lifetime has been stale since it was generated.
  const countsFrom =
    settings.cacheControl && !hasUserLifetime(settings, response.status) ? generatedAt : responseReceivedAt;
  return { expiresAt: expiryOf(lifetime, countsFrom), source };
}

/** Why storing would be for nothing: it could never be reused. @see https://www.rfc-editor.org/rfc/rfc9111.html#section-4 */
function reasonForNoUse(
  { request, response, settings, responseReceivedAt }: Exchange,
  directives: CacheDirectives,
  expiresAt: EpochMs | undefined,
): string | undefined {
  if (hasValidator(response.headers)) return undefined;
  if (directives.noCache === true) return 'no-cache, and no validator';
  const isStale = expiresAt !== undefined && expiresAt <= responseReceivedAt;
  if (!isStale || staleUseWindow(request, response, settings) !== false) return undefined;
  return 'stale on arrival, and no validator';
}

function lifetimeText(
  { response, responseReceivedAt: receivedAt }: Exchange,
  expiresAt: EpochMs | undefined,
  source: LifetimeSource,
): string {
  if (expiresAt === undefined) return `never expires (${source})`;
  if (expiresAt <= receivedAt) {
    const isAgeTheCause =
      (source === 'max-age' || source === 'expires') && hasUnreadableAge(response.headers);
    return `stale on arrival (${source})${isAgeTheCause ? ', since its Age cannot be read' : ''}, kept for later`;
  }
  return `fresh for ${describeDuration(expiresAt - receivedAt)} (${source})`;
}
