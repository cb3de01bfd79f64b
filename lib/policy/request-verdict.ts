import { fieldLines } from '../http/header-fields.js';
import { effectiveLifetime } from './effective-lifetime.js';
import {
  type ForwardReason,
  type PolicySettings,
  type RequestHead,
  type RequestVerdict,
} from './messages.js';
import { requestDirectives } from './request-directives.js';

/** Fields by which a request asks for part of a representation, or only under a condition of its own. */
const PARTIAL_OR_CONDITIONAL = [
  'range',
  'if-none-match',
  'if-modified-since',
  'if-match',
  'if-unmodified-since',
  'if-range',
] as const;

/**
 * Whether the cache may be read and written for a request, before anything is looked up.
 *
 * In this order: a disabled cache; a method that is not allowed; `DO_NOT_CACHE` as the lifetime that applies (a
 * request's own lifetime wins over a URL pattern, and that over the session); the directive `no-store` (RFC 9111
 * section 5.2.1.5); a `Range` or a condition of the caller's own, whose answers are not those of the plain request.
 * `readOnly` only forbids writing.
 */
export function judgeRequest(request: RequestHead, settings: PolicySettings): RequestVerdict {
  if (settings.disabled) return passBy('bypass', 'the cache is disabled');
  if (!settings.allowableMethods.has(request.method.toUpperCase())) {
    return passBy('method', `method ${request.method} is not in allowableMethods`);
  }
  const { lifetime, source } = effectiveLifetime(settings);
  if (lifetime.kind === 'do-not-cache') return passBy('bypass', `DO_NOT_CACHE by ${source}`);
  // https://www.rfc-editor.org/rfc/rfc9111.html#section-5.2.1.5
  if (requestDirectives(request.headers).noStore) return passBy('request', 'request says no-store');
  const field = PARTIAL_OR_CONDITIONAL.find((name) => fieldLines(request.headers, name).length > 0);
  if (field !== undefined) return passBy('bypass', `request has its own ${field}`);
  if (settings.readOnly)
    return { mayRead: true, mayWrite: false, reason: 'the cache is read-only', fwd: undefined };
  return { mayRead: true, mayWrite: true, reason: undefined, fwd: undefined };
}

function passBy(fwd: ForwardReason, reason: string): RequestVerdict {
  return { mayRead: false, mayWrite: false, reason, fwd };
}
