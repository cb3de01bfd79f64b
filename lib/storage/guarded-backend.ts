import { types } from 'node:util';
import { type Clock, type EpochMs, monotonicMs } from '../clock.js';
import {
  BackendError,
  type BackendOperation,
  describeValue,
  type HttpCacheError,
  isHttpCacheError,
} from '../errors.js';
import type {
  Backend,
  FoundRecord,
  MaybePromise,
  RecordAddress,
  RecordMeta,
  ScanRange,
  StoredRecord,
} from './backend.js';
import { type BreakerSettings, CircuitBreaker, type Permit } from './circuit-breaker.js';
import { withDeadline } from './deadline.js';

/**
 * What a guarded call gives when storage failed or is paused. `null`, because it must count as false (a failed `put`
 * is not a stored one) and because the contract itself never uses it.
 */
export const FAILED = null;
/** See {@link FAILED}. */
export type Failed = typeof FAILED;

/** Reads and writes have a breaker each: a full disk stops writes, and hits go on. */
export type GuardLane = 'read' | 'write';

/** What a guard tells. */
export type GuardEvent =
  | {
      readonly type: 'backendError';
      readonly backend: string;
      readonly operation: BackendOperation;
      /** The cache key that the call was about, if it was about one. */
      readonly key?: string;
      /** The driver's error is its `cause`. */
      readonly error: HttpCacheError;
    }
  | {
      readonly type: 'breakerOpen';
      readonly backend: string;
      readonly lane: GuardLane;
      readonly until: EpochMs;
      /** ERR_CACHE_BACKEND_PAUSED, with the last failure as its `cause`. Calls during the pause are not reported. */
      readonly error: BackendError;
    }
  | { readonly type: 'breakerClose'; readonly backend: string; readonly lane: GuardLane };

/** How a guard behaves. */
export interface GuardOptions {
  readonly clock: Clock;
  /** Milliseconds > 0 that a read may take, the opening of the store included; `Infinity`: any time. @default 2000 */
  readonly readDeadlineMs?: number | undefined;
  /** Milliseconds > 0 that a write may take; `Infinity`: any time. @default 5000 */
  readonly writeDeadlineMs?: number | undefined;
  /** @default 5 failures in a row, then a pause of 30000 ms */
  readonly breaker?: Partial<BreakerSettings> | undefined;
  /** Is told what each call of a request took, in milliseconds; paused calls are not made. */
  readonly onCall?: ((operation: BackendOperation, ms: number, hasFailed: boolean) => void) | undefined;
  /** Is told what went wrong. What it throws or rejects with is ignored. */
  readonly report: (event: GuardEvent) => unknown;
}

const DEFAULT_READ_DEADLINE_MS = 2000;
const DEFAULT_WRITE_DEADLINE_MS = 5000;
const DEFAULT_FAILURES = 5;
const DEFAULT_PAUSE_MS = 30_000;

interface Call<T> {
  readonly lane: GuardLane;
  readonly operation: BackendOperation;
  readonly key: string | undefined;
  readonly accepts: (result: unknown) => boolean;
  readonly ask: () => MaybePromise<T>;
}

/**
 * A backend as requests may use it: its calls never throw or reject, and never take longer than their deadline. They
 * answer {@link FAILED} instead, and the reason is reported as an event. A backend that answers at once is answered
 * for at once, without a promise.
 *
 * Maintenance uses {@link GuardedBackend.maintenance}, where errors reach the caller.
 */
export class GuardedBackend {
  /** What is guarded. Use it for nothing but comparing. */
  readonly backend: Backend;
  readonly #options: GuardOptions;
  readonly #breakers: Readonly<Record<GuardLane, CircuitBreaker>>;
  readonly #deadlinesMs: Readonly<Record<GuardLane, number>>;

  constructor(backend: Backend, options: GuardOptions) {
    this.backend = backend;
    this.#options = options;
    const settings = {
      failures: options.breaker?.failures ?? DEFAULT_FAILURES,
      pauseMs: options.breaker?.pauseMs ?? DEFAULT_PAUSE_MS,
    };
    this.#breakers = {
      read: new CircuitBreaker(settings, options.clock),
      write: new CircuitBreaker(settings, options.clock),
    };
    this.#deadlinesMs = {
      read: options.readDeadlineMs ?? DEFAULT_READ_DEADLINE_MS,
      write: options.writeDeadlineMs ?? DEFAULT_WRITE_DEADLINE_MS,
    };
  }

  get name(): string {
    return this.backend.name;
  }

  /** See {@link Backend.maxEntryBytes}. Of somebody's own backend, what is no number is no limit. */
  get maxEntryBytes(): number {
    const { maxEntryBytes } = this.backend;
    return typeof maxEntryBytes === 'number' && maxEntryBytes >= 0 ? maxEntryBytes : Infinity;
  }

  /** Until when calls of a lane are not tried; `undefined`: they are. */
  pausedUntil(lane: GuardLane): EpochMs | undefined {
    return this.#breakers[lane].openUntil;
  }

  /** See {@link Backend.get}. */
  get(key: string): MaybePromise<readonly FoundRecord[] | Failed> {
    const ask = () => this.backend.get(key);
    return this.#run({ lane: 'read', operation: 'get', key, accepts: isFound, ask });
  }

  /** See {@link Backend.body}. `undefined`: the record is gone. */
  body(address: RecordAddress): MaybePromise<Uint8Array | undefined | Failed> {
    const ask = () => this.backend.body(address);
    return this.#run({ lane: 'read', operation: 'body', key: address.key, accepts: isBody, ask });
  }

  /** See {@link Backend.put}. */
  put(record: StoredRecord): MaybePromise<boolean | Failed> {
    const ask = () => this.backend.put(record);
    return this.#run({ lane: 'write', operation: 'put', key: record.key, accepts: isBoolean, ask });
  }

  /** See {@link Backend.replaceHead}. */
  replaceHead(meta: RecordMeta, expectedHead?: Uint8Array): MaybePromise<boolean | Failed> {
    const ask = () => this.backend.replaceHead(meta, expectedHead);
    return this.#run({ lane: 'write', operation: 'replaceHead', key: meta.key, accepts: isBoolean, ask });
  }

  /** See {@link Backend.delete}. */
  delete(key: string, variant?: string): MaybePromise<number | Failed> {
    const ask = () => this.backend.delete(key, variant);
    return this.#run({ lane: 'write', operation: 'delete', key, accepts: isCount, ask });
  }

  /** See {@link Backend.deleteResource}. */
  deleteResource(resource: string): MaybePromise<number | Failed> {
    const ask = () => this.backend.deleteResource(resource);
    return this.#run({ lane: 'write', operation: 'deleteResource', key: undefined, accepts: isCount, ask });
  }

  /** What a test picks of the records of a resource, without bodies: {@link Backend.scan} for requests. */
  pick(
    resource: string,
    isWanted: (meta: RecordMeta) => boolean,
  ): MaybePromise<readonly RecordMeta[] | Failed> {
    const ask = async (): Promise<readonly RecordMeta[]> => {
      const picked: RecordMeta[] = [];
      // Backends of others may answer by a promise where the contract has none; its failure must not go unseen.
      const records = await Promise.resolve(this.backend.scan({ resource }));
      for await (const meta of records) if (isWanted(meta)) picked.push(meta);
      return picked;
    };
    return this.#run({ lane: 'read', operation: 'scan', key: undefined, accepts: Array.isArray, ask });
  }

  /**
   * Several calls that are one deletion, and may take longer than a request waits: when the deadline has passed, it goes on all
   * the same.
   * @param call gives how many went
   */
  sweep(
    operation: BackendOperation,
    call: (backend: Backend) => Promise<number>,
  ): MaybePromise<number | Failed> {
    const ask = () => call(this.backend);
    return this.#run({ lane: 'write', operation, key: undefined, accepts: isCount, ask });
  }

  /** See {@link Backend.prune}. */
  prune(now: EpochMs, limit: number): MaybePromise<number | Failed> {
    const ask = () => this.backend.prune(now, limit);
    return this.#run({ lane: 'write', operation: 'prune', key: undefined, accepts: isCount, ask });
  }

  /**
   * A maintenance call: without deadline and breaker, and its error is the caller's to see.
   * @throws HttpCacheError; what is not one becomes a BackendError (ERR_CACHE_BACKEND) with its `cause`
   */
  async maintenance<T>(operation: BackendOperation, call: (backend: Backend) => MaybePromise<T>): Promise<T> {
    try {
      return await call(this.backend);
    } catch (error) {
      throw this.#typedError(operation, error);
    }
  }

  /** {@link Backend.scan} for maintenance: fails as {@link GuardedBackend.maintenance} does. */
  async *scan(range?: ScanRange): AsyncGenerator<RecordMeta, void, undefined> {
    try {
      yield* this.backend.scan(range);
    } catch (error) {
      throw this.#typedError('scan', error);
    }
  }

  #run<T>(call: Call<T>): MaybePromise<T | Failed> {
    const permit = this.#breakers[call.lane].enter();
    if (permit === undefined) return FAILED;
    const startedAt = monotonicMs();
    let result: MaybePromise<T>;
    try {
      result = call.ask();
    } catch (error) {
      return this.#fail(call, permit, startedAt, error);
    }
    if (!isPromise(result)) return this.#settle(call, permit, startedAt, result);
    return withDeadline(result, this.#deadlinesMs[call.lane], () => this.#lateError(call)).then(
      (value) => this.#settle(call, permit, startedAt, value),
      (error: unknown) => this.#fail(call, permit, startedAt, error),
    );
  }

  #settle<T>(call: Call<T>, permit: Permit, startedAt: number, result: T): T | Failed {
    // Backends of others may break the contract; the exchange must not stumble over what they return.
    if (!call.accepts(result)) {
      return this.#fail(call, permit, startedAt, brokenContract(result));
    }
    this.#options.onCall?.(call.operation, monotonicMs() - startedAt, false);
    if (this.#breakers[call.lane].succeeded(permit)) {
      this.#report({ type: 'breakerClose', backend: this.name, lane: call.lane });
    }
    return result;
  }

  #fail(call: Call<unknown>, permit: Permit, startedAt: number, cause: unknown): Failed {
    const { lane, operation, key } = call;
    this.#options.onCall?.(operation, monotonicMs() - startedAt, true);
    const error = this.#typedError(operation, cause);
    const backend = this.name;
    this.#report({ type: 'backendError', backend, operation, error, ...(key === undefined ? {} : { key }) });
    const breaker = this.#breakers[lane];
    if (breaker.failed(permit)) {
      const until = breaker.openUntil ?? this.#options.clock.now();
      const message = `${lane}s are paused after repeated failures`;
      const paused = new BackendError(
        { backend, operation, message, code: 'ERR_CACHE_BACKEND_PAUSED' },
        { cause: error },
      );
      this.#report({ type: 'breakerOpen', backend, lane, until, error: paused });
    }
    return FAILED;
  }

  #lateError(call: Call<unknown>): BackendError {
    const message = `no answer within ${this.#deadlinesMs[call.lane]} ms`;
    return new BackendError({
      backend: this.name,
      operation: call.operation,
      message,
      code: 'ERR_CACHE_BACKEND_TIMEOUT',
    });
  }

  #typedError(operation: BackendOperation, error: unknown): HttpCacheError {
    if (isHttpCacheError(error)) return error;
    return new BackendError({ backend: this.name, operation }, { cause: error });
  }

  #report(event: GuardEvent): void {
    try {
      const result = this.#options.report(event);
      if (isPromise(result)) result.then(undefined, () => undefined);
    } catch {
      // A listener must not be able to fail a request.
    }
  }
}

/** A {@link GuardedBackend} around a backend. */
export function guardBackend(backend: Backend, options: GuardOptions): GuardedBackend {
  return new GuardedBackend(backend, options);
}

function isPromise(value: unknown): value is PromiseLike<never> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  );
}

function brokenContract(result: unknown): TypeError {
  return new TypeError(`the backend returned ${describeValue(result)}, which is not what its contract says`);
}

/** Whether it is a list of records that can be worked with. What the heads hold is for the codec to judge. */
function isFound(value: unknown): boolean {
  if (!Array.isArray(value)) return false;
  // An index, since holes are to be found too.
  for (let index = 0; index < value.length; index++) if (!isFoundRecord(value[index])) return false;
  return true;
}

function isFoundRecord(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { key, variant, resource, head, createdAt, body } = value as Record<keyof FoundRecord, unknown>;
  return (
    typeof key === 'string' &&
    typeof variant === 'string' &&
    typeof resource === 'string' &&
    types.isUint8Array(head) &&
    Number.isFinite(createdAt) &&
    isBody(body)
  );
}

function isBody(value: unknown): boolean {
  return value === undefined || types.isUint8Array(value);
}

function isBoolean(value: unknown): boolean {
  return typeof value === 'boolean';
}

function isCount(value: unknown): boolean {
  return typeof value === 'number';
}
