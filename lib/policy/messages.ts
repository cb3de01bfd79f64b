import type { EpochMs } from '../clock.js';
import type { ByteSpan } from '../http/byte-range.js';
import type { HeaderFields } from '../http/header-fields.js';

/** What the policy sees of a request. */
export interface RequestHead {
  /** In upper case, after a method override (`X-HTTP-Method-Override` and its kin). */
  readonly method: string;
  /** The effective request URL: absolute, without a fragment. */
  readonly url: string;
  readonly headers: HeaderFields;
}

/** What the policy sees of a response. */
export interface ResponseHead {
  readonly status: number;
  readonly headers: HeaderFields;
}

/** Where a stored response's lifetime came from. */
export type LifetimeSource =
  | 'max-age'
  | 's-maxage'
  | 'expires'
  | 'heuristic'
  | 'request'
  | 'url-pattern'
  | 'status'
  | 'session'
  | 'manual';

/**
 * The values that the request presented for the fields which the response's `Vary` nominates (RFC 9111 section 4.1),
 * normalised; `null` for a field that was absent. Values of credentials are keyed hashes.
 */
export type NominatedValues = Readonly<Record<string, string | null>>;

/** Which bytes of a representation are stored, where not all of them are. The body is the spans, one after the other. */
export interface StoredParts {
  /** Sorted, with gaps between them; empty: header fields only, the answer to a HEAD. */
  readonly spans: readonly ByteSpan[];
  /** Length of the whole representation in bytes; undefined: not known. */
  readonly completeLength: number | undefined;
  /** The `Range` that brought it, where it is one part just as the origin sent it. */
  readonly range: string | undefined;
  /**
   * Whether other parts may be put together with it: entity tags tell apart what one URL has had, so that it must be known
   * which URL it came from.
   */
  readonly isCombinable: boolean;
}

/** What the policy needs to know of a stored response. The cache layer stores more than this. */
export interface StoredResponseHead extends ResponseHead {
  /** Effective method of the request that it answered, in upper case. */
  readonly method: string;
  /** Undefined where the response had no `Vary`. */
  readonly nominated: NominatedValues | undefined;
  /** When the request that brought (or last validated) it was sent. */
  readonly requestSentAt: EpochMs;
  /** When the response (or the 304 that last validated it) was received. */
  readonly responseReceivedAt: EpochMs;
  /** When it was first stored; a 304 does not change it. */
  readonly createdAt: EpochMs;
  /**
   * The moment at which its age was 0: response time minus the corrected initial age of RFC 9111 section 4.2.3.
   * `currentAge = now - generatedAt`.
   */
  readonly generatedAt: EpochMs;
  /** When it becomes stale; undefined: never. */
  readonly expiresAt: EpochMs | undefined;
  readonly lifetimeSource: LifetimeSource;
  /** Length of the stored body in bytes. */
  readonly bodyBytes: number;
  /** Undefined where the response is complete. */
  readonly parts: StoredParts | undefined;
  /** Whether the stored bytes are those of the representation, so that positions count: neither decoded nor made of a value. */
  readonly isByteExact: boolean;
}

/**
 * For how long past its expiry a stale response may be used: `false` not at all, `true` without limit, or seconds.
 */
export type StaleWindow = boolean | number;

/**
 * Who is asked first, the cache or the origin, and how old an answer may be.
 *
 * - `default`: what is fresh answers, by the policy; else the origin is asked.
 * - `network-first`: the origin is asked. What is stored, of whatever age, answers when it cannot be reached or says 5xx.
 * - `cache-first`: what is stored answers, of whatever age; else the origin is asked.
 * - `cache-only`: what is fresh answers, by the policy; else 504 `Not Cached`. The origin is never asked.
 * - `offline`: what is stored answers, of whatever age; else 504 `Not Cached`. The origin is never asked.
 */
export type CacheMode = 'default' | 'network-first' | 'cache-first' | 'cache-only' | 'offline';

/** How long before it becomes stale a response is brought up to date. */
export interface RefreshAhead {
  /** Of the time that it was fresh for when it came, > 0 and < 1; or undefined, and then `seconds` is set. */
  readonly fraction: number | undefined;
  /** At most half of that time counts. */
  readonly seconds: number | undefined;
  /** By how much of itself the time may be shorter, 0 to 1. */
  readonly jitter: number;
}

/** A lifetime as the user gave it, parsed. `at` is absolute; `after` counts from when the response was received. */
export type Lifetime =
  | { readonly kind: 'never-expire' }
  | { readonly kind: 'do-not-cache' }
  | { readonly kind: 'after'; readonly seconds: number }
  | { readonly kind: 'at'; readonly epochMs: EpochMs };

/** A lifetime as the user gave it, which a function of the user's may have to work out of the response first. */
export type LifetimeRule = Lifetime | LifetimeByResponse;

/** What a function of the user's makes of a response. */
export interface LifetimeByResponse {
  readonly kind: 'by-response';
  /** May throw, and may give anything: an expiration time, or `undefined` where it has no opinion. */
  readonly choose: (request: RequestHead, response: ResponseHead) => unknown;
  /** The option that it was given as, for errors. */
  readonly option: string;
}

/**
 * The user's settings that the policy judges by, resolved for one request: session options with the request's own
 * options over them. Everything is validated and compiled already.
 */
export interface PolicySettings {
  /** Whether the response's own Cache-Control, Expires, Age, … count. `Vary`, validators and the request's directives always do. */
  readonly cacheControl: boolean;
  /** Fraction of (Date − Last-Modified) that a response without explicit lifetime is fresh for; 0: off. Only with `cacheControl`. */
  readonly heuristicFraction: number;
  readonly allowableCodes: ReadonlySet<number>;
  /** In upper case. */
  readonly allowableMethods: ReadonlySet<string>;
  readonly alwaysRevalidate: boolean;
  /** Who is asked first, and how old an answer may be. Undefined: `default`. */
  readonly mode?: CacheMode | undefined;
  /** How long before it becomes stale a response is brought up to date; undefined: not before. */
  readonly refreshAhead?: RefreshAhead | undefined;
  /** An explicit `false` for this very request (`staleIfErrorForced`) forbids what a directive would allow. */
  readonly staleIfError: StaleWindow;
  readonly staleIfErrorForced: boolean;
  readonly staleWhileRevalidate: StaleWindow;
  readonly staleWhileRevalidateForced: boolean;
  readonly onlyIfCached: boolean;
  readonly readOnly: boolean;
  readonly disabled: boolean;
  /** Validate before use; without a validator, fetch anew. */
  readonly refresh: boolean;
  /** Fetch anew and unconditionally. */
  readonly forceRefresh: boolean;
  /** `config.cache.expireAfter` of this request. */
  readonly requestLifetime: LifetimeRule | undefined;
  /** Lifetime of the first URL pattern that matches this request's URL. */
  readonly patternLifetime: LifetimeRule | undefined;
  /** Lifetimes by status, and by class: 4 stands for `4xx`. Undefined: none. */
  readonly codeLifetimes?: ReadonlyMap<number, Lifetime> | undefined;
  readonly sessionLifetime: LifetimeRule;
}

/** How a request relates to the cache, in the words of RFC 9211's `fwd` parameter. */
export type ForwardReason =
  'bypass' | 'method' | 'uri-miss' | 'vary-miss' | 'miss' | 'request' | 'stale' | 'partial';

/** Whether a response may be stored, and if so for how long; a reason in words either way. */
export type StorageVerdict =
  | {
      readonly store: true;
      readonly generatedAt: EpochMs;
      readonly expiresAt: EpochMs | undefined;
      /** Until when it can be of use: fresh, stale within a window, or for validation. Undefined: for ever. */
      readonly retainUntil: EpochMs | undefined;
      readonly lifetimeSource: LifetimeSource;
      readonly reason: string;
    }
  | { readonly store: false; readonly reason: string };

/** Whether the cache may be read and written at all for a request, before anything is looked up. */
export interface RequestVerdict {
  readonly mayRead: boolean;
  readonly mayWrite: boolean;
  /** Why not, where one of them is false. */
  readonly reason: string | undefined;
  /** Set when the cache may not be read. */
  readonly fwd: ForwardReason | undefined;
  /** Set when the cache may not be read. */
  readonly rule: PassRule | undefined;
}

/** The stored responses under one key that are whole and belong to this request's user. */
export interface Candidate<S extends StoredResponseHead = StoredResponseHead> {
  readonly stored: S;
  /** Whether the fields that it nominates match those of the request (section 4.1). */
  readonly matches: boolean;
}

/** Which rule has decided what becomes of a request that the cache may answer; see `decideReuse` for their order. */
export type ReuseRule =
  | 'nothing-stored'
  | 'no-variant-matches'
  | 'incomplete'
  | 'force-refresh'
  | 'refresh'
  | 'request-must-revalidate'
  | 'request-no-cache'
  | 'request-max-age'
  | 'request-min-fresh'
  | 'always-revalidate'
  | 'response-no-cache'
  | 'network-first'
  | 'cache-first'
  | 'offline'
  | 'refresh-ahead'
  | 'never-expires'
  | 'fresh'
  | 'max-stale'
  | 'stale-while-revalidate'
  | 'stale-if-error'
  | 'stale';

/** Why the cache has nothing to do with a request. */
export type PassRule =
  | 'disabled'
  | 'closed'
  | 'method'
  | 'do-not-cache'
  | 'request-no-store'
  | 'request-precondition'
  | 'request-range'
  | 'not-cacheable'
  | 'other-adapter';

/** Why a request came to what it came to: the vocabulary of `response.cache.rule`, `explain` and `stats`. */
export type CacheRule = ReuseRule | PassRule | 'storage-failed' | 'recorded' | 'replayed';

/** What to do with a request: the one answer of the policy. */
export type ReuseDecision<S extends StoredResponseHead = StoredResponseHead> =
  /** Answer from the stored response; `background`: and bring it up to date meanwhile. */
  | {
      readonly action: 'reuse';
      readonly stored: S;
      readonly stale: boolean;
      readonly background: boolean;
      readonly rule: ReuseRule;
      readonly reason: string;
    }
  /** Ask the origin whether it is still good, by these request header fields. */
  | {
      readonly action: 'validate';
      readonly stored: S;
      readonly conditionalFields: HeaderFields;
      readonly fwd: ForwardReason;
      readonly rule: ReuseRule;
      readonly reason: string;
    }
  /**
   * Ask the origin for what is missing of a partial response, by these request header fields; nothing of it may be used
   * until that has come.
   */
  | {
      readonly action: 'complete';
      readonly stored: S;
      readonly conditionalFields: HeaderFields;
      readonly fwd: ForwardReason;
      readonly rule: ReuseRule;
      readonly reason: string;
    }
  /**
   * Ask the origin. `conditionalFields`: entity tags of other variants, of which the origin may name one by a 304;
   * `stored`: the response that may be used if the origin fails (`mayServeOnError`).
   */
  | {
      readonly action: 'forward';
      readonly stored: S | undefined;
      readonly conditionalFields: HeaderFields | undefined;
      readonly fwd: ForwardReason;
      readonly rule: ReuseRule;
      readonly reason: string;
    }
  /** `only-if-cached` and nothing that may be used: answer 504 without asking. */
  | { readonly action: 'gateway-timeout'; readonly rule: ReuseRule; readonly reason: string };
