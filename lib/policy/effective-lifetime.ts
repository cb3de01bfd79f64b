import { type Lifetime, type PolicySettings } from './messages.js';

/** A lifetime that the user set, and where. */
export interface EffectiveLifetime {
  readonly lifetime: Lifetime;
  readonly source: 'request' | 'url-pattern' | 'session';
}

/**
 * The user's lifetime that applies: of the request, else of the first URL pattern that matches, else of the session. RFC
 * 9111 knows no such thing: where header fields count, they come before it.
 */
export function effectiveLifetime(settings: PolicySettings): EffectiveLifetime {
  if (settings.requestLifetime !== undefined)
    return { lifetime: settings.requestLifetime, source: 'request' };
  if (settings.patternLifetime !== undefined)
    return { lifetime: settings.patternLifetime, source: 'url-pattern' };
  return { lifetime: settings.sessionLifetime, source: 'session' };
}
