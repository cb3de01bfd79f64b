import type { AxiosRequestConfig, GenericAbortSignal } from 'axios';

type Stop = () => void;

interface Waiters {
  readonly stops: Set<Stop>;
  readonly onAbort: () => void;
}

/** Who waits by each signal. One listener for all: Node warns of more than ten, and the adapters add their own. */
const waitersBySignal = new WeakMap<GenericAbortSignal, Waiters>();

/**
 * Stops waiting when the caller gives up: also while storage is asked, which knows nothing of that. What is rejected with
 * does not matter, since axios then makes a CanceledError of its own.
 */
export function untilAborted<T>(config: AxiosRequestConfig, answer: Promise<T>): Promise<T> {
  if (!canGiveUp(config)) return answer;
  return new Promise<T>((resolve, reject) => {
    // The adapter goes first: its error knows more, such as the request.
    const leave = onAbort(config, () => setImmediate(() => reject(new Error('The caller has given up.'))));
    answer.then(leave, leave);
    answer.then(resolve, reject);
  });
}

/** Whether a caller has a way to give up. */
export function canGiveUp({ signal, cancelToken }: AxiosRequestConfig): boolean {
  return Boolean(signal) || Boolean(cancelToken);
}

/** Whether a caller has given up. */
export function hasGivenUp({ signal, cancelToken }: AxiosRequestConfig): boolean {
  return signal?.aborted === true || cancelToken?.reason !== undefined;
}

/** Calls back when the caller gives up, at once if it has already. @returns how to stop listening */
export function onAbort({ signal, cancelToken }: AxiosRequestConfig, stop: Stop): Stop {
  const stopListening = signal ? listen(signal, stop) : undefined;
  cancelToken?.subscribe(stop);
  return () => {
    stopListening?.();
    cancelToken?.unsubscribe(stop);
  };
}

/** By stream: how it stops listening to whether its caller gives up. */
const stopsByStream = new WeakMap<object, Stop>();

/** Remembers that a stream listens to whether its caller gives up. */
export function listensOn(stream: object, stop: Stop): void {
  stopsByStream.set(stream, stop);
}

/** Has a stream listen no longer: like axios's adapters, once the request has failed, though an error may show the stream. */
export function listenNoLonger(body: unknown): void {
  if (typeof body === 'object' && body !== null) stopsByStream.get(body)?.();
}

/** What a caller's signal or token says of why it has given up. */
export function abortReason({ signal, cancelToken }: AxiosRequestConfig): unknown {
  return cancelToken?.reason ?? (signal as Partial<AbortSignal> | undefined)?.reason;
}

/** @returns how to stop listening */
function listen(signal: GenericAbortSignal, stop: Stop): () => void {
  if (signal.aborted) {
    // It says so only once: a listener would stay for good where stopping is what takes it away.
    stop();
    return () => undefined;
  }
  const waiters = waitersBySignal.get(signal) ?? firstWaiters(signal);
  waiters.stops.add(stop);
  return () => {
    waiters.stops.delete(stop);
    if (waiters.stops.size === 0) forget(signal, waiters);
  };
}

function firstWaiters(signal: GenericAbortSignal): Waiters {
  const stops = new Set<Stop>();
  const onAbort = (): void => {
    // Some of them may wait for what never settles, and would not stop listening by themselves.
    forget(signal, waiters);
    stops.forEach((stop) => stop());
  };
  const waiters: Waiters = { stops, onAbort };
  waitersBySignal.set(signal, waiters);
  signal.addEventListener?.('abort', waiters.onAbort);
  return waiters;
}

function forget(signal: GenericAbortSignal, waiters: Waiters): void {
  if (waitersBySignal.get(signal) === waiters) waitersBySignal.delete(signal);
  signal.removeEventListener?.('abort', waiters.onAbort);
}
