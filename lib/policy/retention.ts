import type { EpochMs } from '../clock.js';
import { LATEST_EPOCH_MS } from './expiration.js';
import type { PolicySettings, RequestHead, ResponseHead, StaleWindow } from './messages.js';
import { servesAnyAge } from './modes.js';
import { requestDirectives } from './request-directives.js';
import {
  longestWindow,
  responseDirectives,
  staleIfErrorWindow,
  staleWhileRevalidateWindow,
  type StaleDirectives,
} from './stale-serving.js';
import { hasValidator } from './validation.js';

/** How long a response with a validator is kept past its expiry, at least. */
const LEAST_VALIDATION_MS = 24 * 60 * 60 * 1000;

/**
 * The longest time past its expiry for which a response may be used without asking, by the settings and by the
 * directives of both sides; none where the response itself forbids it. Without end in modes that use it however old it is.
 */
export function staleUseWindow(
  request: RequestHead,
  response: ResponseHead,
  settings: PolicySettings,
): StaleWindow {
  if (servesAnyAge(settings)) return true;
  const directives: StaleDirectives = {
    request: requestDirectives(request.headers),
    response: responseDirectives(response, settings),
  };
  if (directives.response.mustRevalidate || directives.response.noCache === true) return false;
  return longestWindow(
    staleIfErrorWindow(directives, settings),
    staleWhileRevalidateWindow(directives, settings),
  );
}

/**
 * Until when storage has to keep a response: as long as it is fresh, and past that for the longest of the windows in
 * which it may be used stale; and, where it has a validator, past its expiry for as long again as it was fresh, at
 * least a day, so that it can still be validated.
 *
 * @param exchange with `expiresAt` as it was judged; `undefined` there: never stale
 * @returns `undefined`: for ever, where it never becomes stale or may be used however stale it is
 */
export function retainUntil(exchange: {
  readonly request: RequestHead;
  readonly response: ResponseHead;
  readonly settings: PolicySettings;
  readonly responseReceivedAt: EpochMs;
  readonly expiresAt: EpochMs | undefined;
}): EpochMs | undefined {
  const { request, response, settings, responseReceivedAt, expiresAt } = exchange;
  if (expiresAt === undefined) return undefined;
  const window = staleUseWindow(request, response, settings);
  if (window === true) return undefined;
  const windowMs = window === false ? 0 : window * 1000;
  const validationMs = hasValidator(response.headers)
    ? Math.max(LEAST_VALIDATION_MS, expiresAt - responseReceivedAt)
    : 0;
  const until = expiresAt + Math.max(windowMs, validationMs);
  // What is already stale (a past `Expires`, a great `Age`) is still to be kept for a while from now on.
  const kept = validationMs > 0 ? Math.max(until, responseReceivedAt + validationMs) : until;
  return kept > LATEST_EPOCH_MS ? undefined : kept;
}
