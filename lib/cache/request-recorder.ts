import type { RequestHead } from '../policy/messages.js';
import type { KeyRequest } from '../key/request.js';
import type { MaybePromise } from '../storage/backend.js';
import type { ExchangeResult } from './exchange-result.js';
import type { Network, NetworkResponse } from './network.js';
import type { PreparedRequest } from './prepared-request.js';
import type { EffectiveSettings } from './settings.js';

/**
 * How a test's requests are recorded and replayed. `record`: each is sent, and its answer recorded. `replay`: none is sent.
 * `record-missing`: those of which there was no recording before are sent and recorded.
 */
export type RecordingMode = 'record' | 'replay' | 'record-missing';

/** Every mode that records or replays. */
export const RECORDING_MODES: readonly RecordingMode[] = Object.freeze([
  'record',
  'replay',
  'record-missing',
]);

/** A recorder that is loaded when it is used: most programs have none. */
export interface RecorderSource {
  readonly mode: RecordingMode;
  /** At once when it has been loaded. */
  load(): MaybePromise<RequestRecorder>;
}

/** Takes the place of the exchange where requests are recorded and replayed: no policy, only what was recorded. */
export interface RequestRecorder {
  readonly mode: RecordingMode;
  /**
   * Works out under what a request is recorded.
   * @throws whatever the user's `keyFn` throws
   */
  prepare(head: RequestHead, keyRequest: KeyRequest, settings: EffectiveSettings): PreparedRequest;
  /**
   * @throws ReplayMissError (ERR_CACHE_REPLAY_MISS), BackendError (ERR_CACHE_BACKEND), what `network.send` rejects with; all by a
   * rejected promise
   */
  answer<R extends NetworkResponse>(
    prepared: PreparedRequest,
    network: Network<R>,
  ): Promise<ExchangeResult<R>>;
}
