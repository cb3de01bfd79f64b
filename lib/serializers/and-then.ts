import type { MaybePromise } from '../storage/backend.js';

/** What `then` does, at once for what is no promise. */
export function andThen<T, R>(value: MaybePromise<T>, next: (value: T) => MaybePromise<R>): MaybePromise<R> {
  return isPromiseLike(value) ? Promise.resolve(value as PromiseLike<T>).then(next) : next(value);
}

/** What `catch` does, also for what is thrown at once. */
export function orElse<T, R>(
  call: () => MaybePromise<T>,
  otherwise: (error: unknown) => MaybePromise<R>,
): MaybePromise<T | R> {
  try {
    const result = call();
    return result instanceof Promise ? result.catch(otherwise) : result;
  } catch (error) {
    return otherwise(error);
  }
}

export function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function';
}
