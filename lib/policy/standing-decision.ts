import type { EpochMs } from '../clock.js';
import { NO_DIRECTIVES } from '../http/cache-control.js';
import type { PolicySettings, RequestHead, ReuseDecision, StoredResponseHead } from './messages.js';
import { requestDirectives } from './request-directives.js';

/**
 * Until when the decision to reuse a fresh response would be made again for the same request, candidates and settings, but for
 * the words of its reason. `Infinity`: always. Undefined: it hangs on the time in another way too, as by `max-age` in the request.
 */
export function standsUntil(
  decision: ReuseDecision<StoredResponseHead>,
  request: RequestHead,
  { refreshAhead }: PolicySettings,
): EpochMs | undefined {
  if (decision.action !== 'reuse' || decision.background || refreshAhead !== undefined) return undefined;
  if (decision.rule !== 'fresh' && decision.rule !== 'never-expires') return undefined;
  if (requestDirectives(request.headers) !== NO_DIRECTIVES) return undefined;
  return decision.stored.expiresAt ?? Infinity;
}
