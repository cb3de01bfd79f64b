import { fieldLines } from '../http/header-fields.js';
import { effectiveRule } from './effective-lifetime.js';
import type { ForwardReason, PassRule, PolicySettings, RequestHead, RequestVerdict } from './messages.js';
import { requestedRange } from './partial-content.js';
import { hasOriginPrecondition } from './preconditions.js';
import { requestDirectives } from './request-directives.js';

/**
 * Whether the cache may be read and written for a request, before anything is looked up.
 *
 * In this order: a disabled cache; a method that is not allowed; `DO_NOT_CACHE` as the lifetime that applies (a
 * request's own lifetime wins over a URL pattern, and that over the session; where statuses have lifetimes, the session's only
 * counts when the response has come, and so do functions); the directive `no-store` (RFC 9111
 * section 5.2.1.5); what only the origin can answer: `If-Match` and `If-Unmodified-Since`, and a `Range` that is not
 * one range of bytes of a GET. `readOnly` only forbids writing.
 */
export function judgeRequest(request: RequestHead, settings: PolicySettings): RequestVerdict {
  if (settings.disabled) return passBy('bypass', 'disabled', 'the cache is disabled');
  if (!settings.allowableMethods.has(request.method.toUpperCase())) {
    return passBy('method', 'method', `method ${request.method} is not in allowableMethods`);
  }
  const { lifetime, source } = effectiveRule(settings, undefined);
  // The status may still bring one that goes before the session's.
  const isOpen = source === 'session' && (settings.codeLifetimes?.size ?? 0) > 0;
  if (lifetime.kind === 'do-not-cache' && !isOpen)
    return passBy('bypass', 'do-not-cache', `DO_NOT_CACHE by ${source}`);
  // https://www.rfc-editor.org/rfc/rfc9111.html#section-5.2.1.5
  if (requestDirectives(request.headers).noStore)
    return passBy('request', 'request-no-store', 'request says no-store');
  // https://www.rfc-editor.org/rfc/rfc9111.html#section-4.3.2
  if (hasOriginPrecondition(request.headers)) {
    return passBy(
      'bypass',
      'request-precondition',
      'request has If-Match or If-Unmodified-Since, which the origin has to judge',
    );
  }
  // https://www.rfc-editor.org/rfc/rfc9110.html#section-14.2
  if (fieldLines(request.headers, 'range').length > 0 && requestedRange(request) === undefined) {
    return passBy('bypass', 'request-range', 'request has a Range that is not one range of bytes of a GET');
  }
  if (settings.readOnly)
    return {
      mayRead: true,
      mayWrite: false,
      reason: 'the cache is read-only',
      fwd: undefined,
      rule: undefined,
    };
  return { mayRead: true, mayWrite: true, reason: undefined, fwd: undefined, rule: undefined };
}

function passBy(fwd: ForwardReason, rule: PassRule, reason: string): RequestVerdict {
  return { mayRead: false, mayWrite: false, reason, fwd, rule };
}
