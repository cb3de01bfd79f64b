import type { EpochMs } from '../clock.js';
import type { PolicySettings, RequestHead, StoredResponseHead } from './messages.js';
import { requestDirectives } from './request-directives.js';

/**
 * Whether a request wants an answer that was made for it: it must not wait for one that was asked for before.
 * @see https://www.rfc-editor.org/rfc/rfc9111.html#section-5.2.1.4
 */
export function insistsByDirective(request: RequestHead): boolean {
  const { noCache, maxAgeSeconds, mustRevalidate } = requestDirectives(request.headers);
  return noCache !== false || mustRevalidate || maxAgeSeconds === 0;
}

/** Whether the caller has asked for the origin's word whatever is stored. */
export function insistsBySetting({ refresh, forceRefresh }: PolicySettings): boolean {
  return refresh || forceRefresh;
}

/**
 * The settings by which a request judges an answer that it has waited for: that has just come from the origin, so that the
 * wish to ask is fulfilled.
 */
export function satisfiedSettings(settings: PolicySettings): PolicySettings {
  const { mode } = settings;
  return {
    ...settings,
    refresh: false,
    forceRefresh: false,
    alwaysRevalidate: false,
    mode: mode === 'network-first' ? 'default' : mode,
  };
}

/**
 * A response that somebody has waited for, as it is judged. Where the user's settings decide, a lifetime of 0 keeps it from
 * being used later, not by those who waited. Where its header fields decide, they do: `max-age=0` and `no-cache` have every
 * request be validated.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9111.html#section-4
 */
export function asAwaited<S extends StoredResponseHead>(
  stored: S,
  settings: PolicySettings,
  now: EpochMs,
): S {
  const { expiresAt } = stored;
  if (settings.cacheControl || expiresAt === undefined || expiresAt > now) return stored;
  return { ...stored, expiresAt: now + 1 };
}
