import type { EpochMs } from '../clock.js';
import { fieldValue } from '../http/header-fields.js';
import { currentAgeSeconds } from '../policy/current-age.js';
import { isFresh } from '../policy/freshness-lifetime.js';
import type {
  CacheRule,
  ForwardReason,
  LifetimeSource,
  NominatedValues,
  ReuseDecision,
  StaleWindow,
} from '../policy/messages.js';
import { requestDirectives } from '../policy/request-directives.js';
import {
  responseDirectives,
  staleIfErrorWindow,
  staleWhileRevalidateWindow,
} from '../policy/stale-serving.js';
import { explanationText } from './explanation-text.js';
import type { PreparedRequest } from './prepared-request.js';
import type { Selection } from './select-response.js';
import type { StoredResponse } from './stored-response.js';

/** What a request is stored and found under, and what that was made of. Nothing in it is secret. */
export interface ExplainedKey {
  readonly key: string;
  /** Whether it came from the request's own `key` or from `keyFn`: then the rest does not count for it. */
  readonly isCustom: boolean;
  /** Effective method: in upper case, after a method override. */
  readonly method: string;
  /** Canonical, ignored values and credentials redacted. */
  readonly url: string;
  /** Whether credentials of the request keep its user apart from others. */
  readonly hasCredentials: boolean;
  /** Whether a body counts. */
  readonly hasBody: boolean;
  /** The option `matchHeaders`. */
  readonly matchHeaders: boolean | readonly string[];
}

/** A stored response of the request's user under the request's key, and the arithmetic of its freshness. */
export interface ExplainedResponse {
  /** Whether the request presents what this variant was selected by (RFC 9111 section 4.1). */
  readonly matches: boolean;
  /** Whether it is the one that was decided about. */
  readonly isChosen: boolean;
  /** The header fields that its `Vary` nominates, with the values that it is for; undefined: it does not vary. */
  readonly nominated: NominatedValues | undefined;
  readonly status: number;
  /** Of the stored body. */
  readonly bodyBytes: number;
  /** Whether only a part of it is stored. */
  readonly isPartial: boolean;
  readonly createdAt: Date;
  /** Undefined: never becomes stale. */
  readonly expiresAt: Date | undefined;
  /** Seconds since the origin made it (RFC 9111 section 4.2.3). */
  readonly ageSeconds: number;
  /** Seconds for which it is fresh, counted from when the origin made it; undefined: for ever. */
  readonly lifetimeSeconds: number | undefined;
  /** `lifetimeSeconds` − `ageSeconds`: for how long it stays fresh, negative when it is stale; undefined: for ever. */
  readonly ttlSeconds: number | undefined;
  readonly isFresh: boolean;
  /** What gave the lifetime. */
  readonly lifetimeSource: LifetimeSource;
  /** For how long past its expiry it may be used: `false` not at all, `true` without limit, or seconds. */
  readonly staleIfError: StaleWindow;
  readonly staleWhileRevalidate: StaleWindow;
  /** Whether it says `must-revalidate`, and that counts. */
  readonly mustRevalidate: boolean;
  readonly etag: string | undefined;
  readonly lastModified: string | undefined;
  readonly cacheControl: string | undefined;
}

/** Something stored for the same URL that this request does not find, since its key is another. */
export interface OtherStored {
  readonly key: string;
  readonly method: string;
  readonly status: number;
  /** In what the two differ. */
  readonly differsIn: readonly (
    'method' | 'credentials' | 'body' | 'custom key' | 'other parts of the key'
  )[];
}

/** What would become of a request, and why: what `explain` gives. */
export interface Explanation {
  /**
   * `reuse`: answered from storage; `validate`: the origin is asked whether what is stored is still good; `complete`: for
   * what is missing of it; `forward`: for the whole; `gateway-timeout`: a 504, since it must not be asked; `bypass`: the cache
   * has nothing to do with it.
   */
  readonly action: ReuseDecision['action'] | 'bypass';
  /** Which rule decided; the same as `response.cache.rule`. */
  readonly rule: CacheRule;
  /** In words; as `response.cache.reason` would begin. */
  readonly reason: string;
  /** RFC 9211: why the origin would be asked; undefined where it would not. */
  readonly fwd: ForwardReason | undefined;
  /** Whether what is stored would be brought up to date in the background. */
  readonly background: boolean;
  /** Undefined where the cache has nothing to do with the request. */
  readonly key: ExplainedKey | undefined;
  /** The most recent first. */
  readonly stored: readonly ExplainedResponse[];
  /** Header fields with which the origin would be asked, besides the request's own. */
  readonly conditionalFields: Readonly<Record<string, string>>;
  /** Whether an answer of the origin may be written. */
  readonly mayWrite: boolean;
  readonly backend: string;
  /** Whether storage could not be read. */
  readonly storageFailed: boolean;
  /** At most ten. Looked for only where nothing was found. */
  readonly othersOfUrl: readonly OtherStored[];
  /** All of it as text of several lines, for people. Not an interface. */
  toString(): string;
}

/** What an explanation is made from. */
export interface ExplainedFacts {
  readonly prepared: PreparedRequest;
  readonly selection: Selection;
  readonly decision: ReuseDecision<StoredResponse>;
  /** Stored for the same URL under other keys. */
  readonly othersOfUrl: readonly StoredResponse[];
  readonly backend: string;
  readonly now: EpochMs;
}

/** Puts together what has been found out about a request that the cache may answer. */
export function explain({
  prepared,
  selection,
  decision,
  othersOfUrl,
  backend,
  now,
}: ExplainedFacts): Explanation {
  const { identity, settings, verdict } = prepared;
  const { storageFailed } = selection;
  const asked = decision.action === 'reuse' || decision.action === 'gateway-timeout' ? undefined : decision;
  const chosen = decision.action === 'gateway-timeout' ? undefined : decision.stored;
  const stored = [...selection.candidates]
    .sort((a, b) => b.stored.responseReceivedAt - a.stored.responseReceivedAt)
    .map((candidate) => explainedResponse(prepared, candidate.stored, candidate.matches, chosen, now));
  // Whether a 504 has to do with that is not known either, and the request does not say so.
  const isUnread = storageFailed && decision.action !== 'gateway-timeout';
  return withText({
    action: decision.action,
    rule: isUnread ? 'storage-failed' : decision.rule,
    reason: isUnread ? 'storage failed' : decision.reason,
    fwd: asked?.fwd,
    background: decision.action === 'reuse' && decision.background && verdict.mayWrite,
    key: {
      key: identity.key,
      isCustom: identity.isCustomKey,
      method: identity.method,
      url: identity.url,
      hasCredentials: identity.partition !== '',
      hasBody: identity.bodyDigest !== undefined,
      matchHeaders: settings.key.matchHeaders,
    },
    stored,
    conditionalFields: textFields(asked?.conditionalFields ?? {}),
    mayWrite: verdict.mayWrite,
    backend,
    storageFailed,
    othersOfUrl: othersOfUrl.map((other) => ({
      key: other.key,
      method: other.method,
      status: other.status,
      differsIn: differences(other, prepared),
    })),
  });
}

/** Says why the cache has nothing to do with a request. */
export function explainBypass({
  action,
  rule,
  reason,
  fwd,
  backend,
  mayWrite = false,
}: Pick<Explanation, 'action' | 'rule' | 'reason' | 'fwd' | 'backend'> &
  Partial<Pick<Explanation, 'mayWrite'>>): Explanation {
  return withText({
    action,
    rule,
    reason,
    fwd,
    backend,
    background: false,
    key: undefined,
    stored: [],
    conditionalFields: {},
    mayWrite,
    storageFailed: false,
    othersOfUrl: [],
  });
}

/** In what a stored response differs from a request for the same URL. */
function differences(stored: StoredResponse, { identity }: PreparedRequest): OtherStored['differsIn'] {
  const found: OtherStored['differsIn'][number][] = [];
  if (stored.method !== identity.method) found.push('method');
  if (stored.partition !== identity.partition) found.push('credentials');
  if (stored.request.bodyKey !== identity.bodyKey) found.push('body');
  if (stored.isCustomKey || identity.isCustomKey) found.push('custom key');
  return found.length === 0 ? ['other parts of the key'] : found;
}

function withText(explanation: Omit<Explanation, 'toString'>): Explanation {
  const complete: Explanation = {
    ...explanation,
    toString: () => explanationText(complete),
  };
  // What is printed, compared or sent as JSON are the data.
  Object.defineProperty(complete, 'toString', { enumerable: false });
  return complete;
}

function explainedResponse(
  { head, settings }: PreparedRequest,
  stored: StoredResponse,
  matches: boolean,
  chosen: StoredResponse | undefined,
  now: EpochMs,
): ExplainedResponse {
  const { policy } = settings;
  const directives = {
    request: requestDirectives(head.headers),
    response: responseDirectives(stored, policy),
  };
  const { expiresAt, generatedAt } = stored;
  const ageSeconds = currentAgeSeconds(stored, now);
  const lifetimeSeconds = expiresAt === undefined ? undefined : (expiresAt - generatedAt) / 1000;
  return {
    matches,
    isChosen: stored === chosen,
    nominated: stored.nominated,
    status: stored.status,
    bodyBytes: stored.bodyBytes,
    isPartial: stored.parts !== undefined,
    createdAt: new Date(stored.createdAt),
    expiresAt: expiresAt === undefined ? undefined : new Date(expiresAt),
    ageSeconds,
    lifetimeSeconds,
    ttlSeconds: expiresAt === undefined ? undefined : (expiresAt - now) / 1000,
    isFresh: isFresh(stored, now),
    lifetimeSource: stored.lifetimeSource,
    staleIfError: staleIfErrorWindow(directives, policy),
    staleWhileRevalidate: staleWhileRevalidateWindow(directives, policy),
    mustRevalidate: directives.response.mustRevalidate,
    etag: fieldValue(stored.headers, 'etag'),
    lastModified: fieldValue(stored.headers, 'last-modified'),
    cacheControl: fieldValue(stored.headers, 'cache-control'),
  };
}

function textFields(fields: Readonly<Record<string, string | readonly string[]>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : value.join(', '),
    ]),
  );
}
