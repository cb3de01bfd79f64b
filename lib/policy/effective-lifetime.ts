import { InvalidOptionError } from '../errors.js';
import type { EpochMs } from '../clock.js';
import { parseExpirationTime } from './expiration.js';
import type {
  Lifetime,
  LifetimeRule,
  LifetimeSource,
  PolicySettings,
  RequestHead,
  ResponseHead,
} from './messages.js';

/** A lifetime that the user set, and where. */
export interface EffectiveLifetime<L extends LifetimeRule = Lifetime> {
  readonly lifetime: L;
  readonly source: Extract<LifetimeSource, 'request' | 'url-pattern' | 'status' | 'session'>;
}

/** What holds where the user has set nothing, or functions of the user's have no opinion. */
export const DEFAULT_LIFETIME: Lifetime = Object.freeze({ kind: 'never-expire' });

/**
 * The user's rule that applies: of the request, else of the first URL pattern that matches, else of the status or its class,
 * else of the session. RFC 9111 knows no such thing: where header fields count, they come before it.
 * @param status undefined: no response has come yet
 */
export function effectiveRule(
  settings: PolicySettings,
  status: number | undefined,
): EffectiveLifetime<LifetimeRule> {
  if (settings.requestLifetime !== undefined)
    return { lifetime: settings.requestLifetime, source: 'request' };
  if (settings.patternLifetime !== undefined)
    return { lifetime: settings.patternLifetime, source: 'url-pattern' };
  const byStatus = status === undefined ? undefined : lifetimeOfStatus(settings, status);
  if (byStatus !== undefined) return { lifetime: byStatus, source: 'status' };
  return { lifetime: settings.sessionLifetime, source: 'session' };
}

/**
 * The user's lifetime that applies to a response, after {@link withLifetimesFor}.
 * @throws TypeError where it is still to be worked out
 */
export function effectiveLifetime(settings: PolicySettings, status: number): EffectiveLifetime {
  const { lifetime, source } = effectiveRule(settings, status);
  if (lifetime.kind === 'by-response') throw new TypeError(`${lifetime.option} has not been called yet.`);
  return { lifetime, source };
}

/** The lifetime that the user gave a status, or else its class; undefined: neither is listed. */
export function lifetimeOfStatus({ codeLifetimes }: PolicySettings, status: number): Lifetime | undefined {
  return codeLifetimes?.get(status) ?? codeLifetimes?.get(Math.floor(status / 100));
}

/**
 * The settings with what functions of the user's make of a response in their place. They are asked in order of precedence until
 * one has an opinion; the same settings where there is none to ask.
 * @throws whatever a function throws; InvalidOptionError (ERR_CACHE_INVALID_OPTION) for what is no expiration time
 */
export function withLifetimesFor(
  settings: PolicySettings,
  request: RequestHead,
  response: ResponseHead,
  now: EpochMs,
): PolicySettings {
  let resolved = settings;
  for (;;) {
    const { lifetime, source } = effectiveRule(resolved, response.status);
    if (lifetime.kind !== 'by-response') return resolved;
    const chosen: unknown = lifetime.choose(request, response);
    // Most likely a function that was meant to wait for something.
    if (chosen instanceof Promise) {
      chosen.catch(() => undefined);
      throw new InvalidOptionError(lifetime.option, chosen, 'a function that answers at once, by no promise');
    }
    const plain = chosen === undefined ? undefined : parseExpirationTime(chosen, lifetime.option, now);
    resolved = replaced(resolved, source, plain);
  }
}

function replaced(
  settings: PolicySettings,
  source: EffectiveLifetime['source'],
  lifetime: Lifetime | undefined,
): PolicySettings {
  switch (source) {
    case 'request':
      return { ...settings, requestLifetime: lifetime };
    case 'url-pattern':
      return { ...settings, patternLifetime: lifetime };
    default:
      return { ...settings, sessionLifetime: lifetime ?? DEFAULT_LIFETIME };
  }
}
