import type { EpochMs } from '../clock.js';
import type { HeaderFields } from '../http/header-fields.js';
import type { ResponseHead, StoredParts } from '../policy/messages.js';
import type { LiveBody } from './live-body.js';
import type { BodyShape } from './stored-response.js';

/** A request that was made because of a redirect. */
export interface RedirectedRequest {
  /** In upper case. */
  readonly method: string;
  /** Without userinfo. */
  readonly url: string;
  /**
   * As the caller would present them if it made this request itself, and credentials just as they were sent: without those
   * that were dropped on the way, and without what the adapter adds by itself.
   */
  readonly headers: HeaderFields;
}

/** A redirect that was followed: which request it answered, and what was asked because of it. */
export interface Redirect extends ResponseHead {
  /** In upper case. */
  readonly method: string;
  /** Without userinfo. */
  readonly url: string;
  /** Undefined where it is not known. */
  readonly next: RedirectedRequest | undefined;
}

/** An origin's answer, as far as the cache has to know it. */
export interface NetworkResponse {
  readonly status: number;
  readonly statusText: string;
  readonly headers: HeaderFields;
  /**
   * All lines of fields about freshness of which `headers` has the first only, as Node leaves it: for judging, not for
   * storing. Undefined: there are none.
   */
  readonly repeatedFields?: HeaderFields | undefined;
  /** Original spelling of header names that were not in lower case. */
  readonly headerNames: Readonly<Record<string, string>> | undefined;
  /** Undefined where the body cannot be stored, or is still coming ({@link live}). */
  readonly body: Uint8Array | undefined;
  /** The body while it is still coming. */
  readonly live?: LiveBody | undefined;
  readonly bodyShape: BodyShape;
  /** Whether the body is byte for byte what was sent: neither decoded nor made of a value. */
  readonly isByteExact: boolean;
  /** Whether it is known which URL answered: not every adapter tells whether it followed redirects. */
  readonly isUrlKnown: boolean;
  /** Which bytes of the representation the body is, where not all; undefined: all, or not known yet. */
  readonly parts?: StoredParts | undefined;
  /** Where redirects led to; undefined: nowhere else than to the URL of the request, or not known. */
  readonly finalUrl: string | undefined;
  /** The redirects that were followed, first to last; empty also where the adapter does not tell. */
  readonly redirects: readonly Redirect[];
  /** Header fields that the adapter added to the request by itself, by original name. */
  readonly adapterHeaders: Readonly<Record<string, string>> | undefined;
  /** What of it was stored already has these tags; undefined: nothing was stored. */
  readonly tags?: readonly string[] | undefined;
  readonly requestSentAt: EpochMs;
  readonly responseReceivedAt: EpochMs;
}

/** For whom the origin is asked: a caller who waits, or the cache alone, which no caller's abort may stop. */
export type NetworkPurpose = 'foreground' | 'background';

/** How a request is sent. */
export interface SendOptions {
  readonly purpose: NetworkPurpose;
  /** Fields that are added. */
  readonly conditionalFields?: HeaderFields | undefined;
  /** Fields that are left out. */
  readonly leftOut?: readonly string[] | undefined;
  /** Where others may wait for the answer too: aborted when nobody does, in place of the caller's own signal. */
  readonly shared?: { readonly signal: AbortSignal } | undefined;
}

/** How the exchange reaches the origin. `R` is what the other side wants back untouched. */
export interface Network<R extends NetworkResponse> {
  /** Tells apart ways to the origin: only requests that go the same way share an answer. */
  readonly route: string;
  /** Whether functions of the user's go this way: they may ask for something themselves. */
  readonly isUsersOwn: boolean;
  /** Whether the caller wants the body as it comes. */
  readonly wantsStream: boolean;
  /** Sends the request, whatever the status of the answer; rejects when there is no response. */
  send(options: SendOptions): Promise<R>;
  /** Whether an error means that the origin failed: not that the caller gave up, or asked for what cannot be. */
  isOriginFailure(error: unknown): boolean;
  /** Whether there is time to ask again after an error: the caller has set no limit. */
  mayAskAgain(error: unknown): boolean;
  /** Whose failure it is: everybody's, since the origin failed; only the caller's, who gave up; or nobody can say. */
  whoseFailure(error: unknown): 'origin' | 'caller' | 'unknown';
  /** Whether this caller's request would have failed like another's, with its own limits and its own way to the origin. */
  isAlike(error: unknown): boolean;
  /** What another's request failed with, as an error of this caller's own. */
  ownError(error: unknown): Promise<unknown>;
  /** Calls back when the caller gives up. @returns how to stop listening */
  onGivenUp(listener: (reason: unknown) => void): () => void;
  /** Waits for what another has asked for, for as long as the caller waits for its own; rejects when it gives up. */
  wait<T>(landing: Promise<T>): Promise<T>;
  /** The caller asks for itself after all, and has all its time for that. */
  endWait(): void;
}
