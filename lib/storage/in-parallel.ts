/** As many requests of one call are under way at a time. */
const AT_ONCE = 8;

/**
 * Calls a function for each, some at a time. After a failure no more are begun, and it fails with the first error when
 * those under way have ended: nothing goes on behind the back of the caller.
 */
export async function inParallel<T, R>(
  items: readonly T[],
  call: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  const failures: unknown[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < items.length && failures.length === 0) {
      const index = next++;
      try {
        results[index] = await call(items[index] as T);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, work));
  if (failures.length > 0) throw failures[0];
  return results;
}
