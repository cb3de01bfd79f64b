import { type AxiosRequestConfig, type GenericAbortSignal } from 'axios';

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
  const { signal, cancelToken } = config;
  if (!signal && !cancelToken) return answer;
  return new Promise<T>((resolve, reject) => {
    // The adapter goes first: its error knows more, such as the request.
    const stop = (): void => void setImmediate(() => reject(new Error('The caller has given up.')));
    const stopListening = signal && listen(signal, stop);
    cancelToken?.subscribe(stop);
    const leave = (): void => {
      stopListening?.();
      cancelToken?.unsubscribe(stop);
    };
    answer.then(leave, leave);
    answer.then(resolve, reject);
  });
}

/** @returns how to stop listening */
function listen(signal: GenericAbortSignal, stop: Stop): () => void {
  if (signal.aborted) stop();
  const waiters = waitersBySignal.get(signal) ?? firstWaiters(signal);
  waiters.stops.add(stop);
  return () => {
    waiters.stops.delete(stop);
    if (waiters.stops.size > 0) return;
    waitersBySignal.delete(signal);
    signal.removeEventListener?.('abort', waiters.onAbort);
  };
}

function firstWaiters(signal: GenericAbortSignal): Waiters {
  const stops = new Set<Stop>();
  const waiters: Waiters = { stops, onAbort: () => stops.forEach((stop) => stop()) };
  waitersBySignal.set(signal, waiters);
  signal.addEventListener?.('abort', waiters.onAbort);
  return waiters;
}
