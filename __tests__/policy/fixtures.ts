import { formatHttpDate } from '../../lib/http/http-date';
import { headerFields, type FieldValue, type HeaderFields } from '../../lib/http/header-fields';
import {
  type Candidate,
  type Lifetime,
  type PolicySettings,
  type RequestHead,
  type ResponseHead,
  type StoredResponseHead,
} from '../../lib/policy/messages';

/** The present of all tables: a whole second, so that HTTP dates are exact. */
export const NOW = Date.UTC(2026, 10, 20, 12, 0, 0);
export const SECOND = 1000;
export const DAY = 86_400_000;
export const URL_A = 'https://api.example.com/a';

export const NEVER: Lifetime = { kind: 'never-expire' };
export const DO_NOT: Lifetime = { kind: 'do-not-cache' };
export const after = (seconds: number): Lifetime => ({ kind: 'after', seconds });

/** An HTTP date so many seconds from now. */
export const date = (offsetSeconds: number): string => formatHttpDate(NOW + offsetSeconds * SECOND);

export function fields(headers: Record<string, FieldValue>): HeaderFields {
  return headerFields(Object.entries(headers));
}

/** The defaults of a session. */
export function settings(changes: Partial<PolicySettings> = {}): PolicySettings {
  return {
    cacheControl: false,
    heuristicFraction: 0,
    allowableCodes: new Set([200]),
    allowableMethods: new Set(['GET', 'HEAD']),
    alwaysRevalidate: false,
    staleIfError: false,
    staleIfErrorForced: false,
    staleWhileRevalidate: false,
    staleWhileRevalidateForced: false,
    onlyIfCached: false,
    readOnly: false,
    disabled: false,
    refresh: false,
    forceRefresh: false,
    requestLifetime: undefined,
    patternLifetime: undefined,
    sessionLifetime: NEVER,
    ...changes,
  };
}

/** Settings by which headers alone decide. */
export function rfcSettings(changes: Partial<PolicySettings> = {}): PolicySettings {
  const finalCodes = Array.from({ length: 400 }, (_, index) => index + 200);
  return settings({
    cacheControl: true,
    heuristicFraction: 0.1,
    allowableCodes: new Set(finalCodes),
    sessionLifetime: after(0),
    ...changes,
  });
}

export function get(headers: Record<string, FieldValue> = {}, method = 'GET'): RequestHead {
  return { method, url: URL_A, headers: fields(headers) };
}

export function response(headers: Record<string, FieldValue> = {}, status = 200): ResponseHead {
  return { status, headers: fields(headers) };
}

/** A stored response; by default received 100 s ago and fresh for ever. */
export function stored(
  headers: Record<string, FieldValue> = {},
  changes: Partial<StoredResponseHead> = {},
): StoredResponseHead {
  const receivedAt = changes.responseReceivedAt ?? NOW - 100 * SECOND;
  return {
    ...response(headers),
    method: 'GET',
    nominated: undefined,
    requestSentAt: receivedAt,
    responseReceivedAt: receivedAt,
    createdAt: receivedAt,
    generatedAt: receivedAt,
    expiresAt: undefined,
    lifetimeSource: 'session',
    bodyBytes: 10,
    parts: undefined,
    isByteExact: true,
    ...changes,
  };
}

/** When a stored response that has been stale for so many seconds became so; negative: still fresh. */
export const staleFor = (seconds: number): { expiresAt: number } => ({ expiresAt: NOW - seconds * SECOND });

export const matching = (one: StoredResponseHead): Candidate => ({ stored: one, matches: true });
export const other = (one: StoredResponseHead): Candidate => ({ stored: one, matches: false });
