import { type NetworkResponse } from './network.js';
import { type Outcome } from './outcome.js';
import { type StoredResponse } from './stored-response.js';

/** The answer to a request. */
export type ExchangeResult<R extends NetworkResponse> =
  /** From storage; `body` belongs to the store and must not be changed or handed out. */
  | {
      readonly kind: 'stored';
      readonly stored: StoredResponse;
      readonly body: Uint8Array;
      readonly outcome: Outcome;
    }
  /** From the origin. */
  | { readonly kind: 'network'; readonly response: R; readonly outcome: Outcome }
  /** 504: the origin must not be asked, and nothing usable is stored. */
  | { readonly kind: 'gateway-timeout'; readonly outcome: Outcome };
