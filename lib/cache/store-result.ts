import type { FoundRecord } from '../storage/backend.js';
import type { Flight } from './in-flight.js';
import type { PreparedRequest } from './prepared-request.js';
import type { Selection } from './select-response.js';
import type { StoredResponse } from './stored-response.js';

/** Of what request an answer is being dealt with, and what was stored for it. */
export interface Occasion {
  readonly flight: Flight;
  readonly prepared: PreparedRequest;
  readonly selection: Selection;
  /** Whether the answer was made to fit what was found, and must be stored only if that is still what is stored. */
  readonly isFitted?: boolean;
}

/** What came of an attempt to store. `stored` is undefined when it was not; `reason` says why or why not. */
export interface StoreResult {
  readonly stored: StoredResponse | undefined;
  readonly reason: string;
  /** What others who wait for the same may use, whether or not storage has taken it; undefined: nothing. */
  readonly shareable?: FoundRecord;
}

/** What a confirmation made of a stored response. */
export interface Freshened {
  /** The response as it is now, stored or not. */
  readonly current: StoredResponse;
  readonly wasStored: boolean;
  readonly reason: string;
  /** See {@link StoreResult.shareable}. */
  readonly shareable?: FoundRecord;
}

/** What an answer that was made to fit gets when something else is stored by now: it may be made to fit again. */
export const CHANGED_MEANWHILE: StoreResult = Object.freeze({
  stored: undefined,
  reason: 'what it belongs to has changed meanwhile',
});
