import type { Answer } from './answer.js';
import type { NetworkResponse } from './network.js';
import type { Outcome } from './outcome.js';
import type { StoredResponse } from './stored-response.js';

/** The answer to a request. */
export type ExchangeResult<R extends NetworkResponse> =
  /** From storage: `answer` is what this request gets of `stored`. */
  | {
      readonly kind: 'stored';
      readonly stored: StoredResponse;
      readonly answer: Answer;
      readonly outcome: Outcome;
    }
  /**
   * From the origin. `afterwards`: what became of it in the end, where the body is still coming and will be stored when it is
   * there.
   */
  | {
      readonly kind: 'network';
      readonly response: R;
      readonly outcome: Outcome;
      readonly afterwards?: Promise<Outcome>;
    }
  /** 504: the origin must not be asked, and nothing usable is stored. */
  | { readonly kind: 'gateway-timeout'; readonly outcome: Outcome };
