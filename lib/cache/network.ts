import { type EpochMs } from '../clock.js';
import { type HeaderFields } from '../http/header-fields.js';
import { type ResponseHead, type StoredParts } from '../policy/messages.js';
import { type BodyShape } from './stored-response.js';

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
  /** Undefined where the body cannot be stored. */
  readonly body: Uint8Array | undefined;
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
  readonly redirects: readonly ResponseHead[];
  /** Header fields that the adapter added to the request by itself, by original name. */
  readonly adapterHeaders: Readonly<Record<string, string>> | undefined;
  readonly requestSentAt: EpochMs;
  readonly responseReceivedAt: EpochMs;
}

/** For whom the origin is asked: a caller who waits, or the cache alone, which no caller's abort may stop. */
export type NetworkPurpose = 'foreground' | 'background';

/** How the exchange reaches the origin. `R` is what the other side wants back untouched. */
export interface Network<R extends NetworkResponse> {
  /**
   * Sends the request, with some fields added and others left out, whatever its status; rejects when there is no response.
   */
  send(
    conditionalFields: HeaderFields | undefined,
    purpose: NetworkPurpose,
    leftOut?: readonly string[],
  ): Promise<R>;
  /** Whether an error means that the origin failed: not that the caller gave up, or asked for what cannot be. */
  isOriginFailure(error: unknown): boolean;
  /** Whether there is time to ask again after an error: the caller has set no limit. */
  mayAskAgain(error: unknown): boolean;
}
