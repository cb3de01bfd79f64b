/** Timers take at most this; Node fires a longer one at once. About 24.8 days. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * The promise's outcome, unless it takes longer than the deadline. The timer keeps the process alive: otherwise it could
 * end while somebody still waits for a promise that never settles. It is cleared when the promise settles; what comes
 * after the deadline is ignored, also when it is a rejection.
 * @param deadlineMs milliseconds > 0; `Infinity`: no deadline
 * @param whenLate makes the error to reject with
 */
export function withDeadline<T>(
  promise: PromiseLike<T>,
  deadlineMs: number,
  whenLate: () => Error,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer =
      deadlineMs > LONGEST_TIMER_MS ? undefined : setTimeout(() => reject(whenLate()), deadlineMs);
    const clear = (): void => clearTimeout(timer);
    promise.then(clear, clear);
    promise.then(resolve, reject);
  });
}

/**
 * Waits for a promise, but no longer than that, and fails only with what the promise fails with in time: for closing, which
 * must end.
 * @param longestMs milliseconds > 0; `Infinity`: as long as it takes
 */
export async function atMost(promise: Promise<unknown>, longestMs: number): Promise<void> {
  const late = new Error('late');
  try {
    await withDeadline(promise, longestMs, () => late);
  } catch (error) {
    if (error !== late) throw error;
  }
}
