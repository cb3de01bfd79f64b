import type { Pace } from './pace.js';

/** So many are sorted, or merged, at once. */
const AT_ONCE = 1000;

/** Sorts by a number, the smallest first, equal ones in the order in which they were. Lets others run now and then. */
export async function pacedSort<T>(
  items: readonly T[],
  numberOf: (item: T) => number,
  pace: Pace,
): Promise<readonly T[]> {
  let runs: (readonly T[])[] = [];
  for (let from = 0; from < items.length; from += AT_ONCE) {
    runs.push(items.slice(from, from + AT_ONCE).sort((one, other) => numberOf(one) - numberOf(other)));
    await pace.rest();
  }
  while (runs.length > 1) {
    const longer: (readonly T[])[] = [];
    for (let index = 0; index < runs.length; index += 2) {
      longer.push(await merge(runs[index] ?? [], runs[index + 1] ?? [], numberOf, pace));
    }
    runs = longer;
  }
  return runs[0] ?? [];
}

async function merge<T>(
  left: readonly T[],
  right: readonly T[],
  numberOf: (item: T) => number,
  pace: Pace,
): Promise<readonly T[]> {
  const merged: T[] = [];
  for (let [leftAt, rightAt] = [0, 0]; leftAt < left.length || rightAt < right.length;) {
    const isLeft =
      rightAt >= right.length ||
      (leftAt < left.length && numberOf(left[leftAt] as T) <= numberOf(right[rightAt] as T));
    merged.push((isLeft ? left[leftAt++] : right[rightAt++]) as T);
    if (merged.length % AT_ONCE === 0) await pace.rest();
  }
  return merged;
}
