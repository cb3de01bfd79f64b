import type { HeaderFields } from '../http/header-fields.js';
import type { KeyRequest, RequestIdentity } from '../key/request.js';
import type { RequestHead, RequestVerdict } from '../policy/messages.js';
import type { NamedResponses } from './named-responses.js';
import type { EffectiveSettings } from './settings.js';

/** A request that the cache may answer or store, with all that has been worked out about it. */
export interface PreparedRequest {
  /** As the policy sees it. */
  readonly head: RequestHead;
  readonly keyRequest: KeyRequest;
  readonly identity: RequestIdentity;
  readonly settings: EffectiveSettings;
  readonly verdict: RequestVerdict;
  /** The request's header fields as the origin will see them, `Authorization` made of `auth` or the URL included. */
  readonly varyHeaders: HeaderFields;
  /** Hides the value of a credential field, for storing and comparing what `Vary` nominates. */
  readonly protect: (name: string, value: string) => string;
  /**
   * Whether the user that the key stands for is the one whom a URL that redirects lead to will see; undefined: nobody else
   * is ever shown.
   */
  readonly isSameUserAt?: ((url: string) => boolean) | undefined;
  /**
   * Whether it is remembered for requests that are the same, and this very object comes again with them; then it has no
   * credentials in it. Undefined: no.
   */
  readonly isRemembered?: boolean;
  /** What its success makes untrue, as the user says; undefined: nothing. Of unsafe requests only. */
  readonly invalidates?: NamedResponses | undefined;
}
