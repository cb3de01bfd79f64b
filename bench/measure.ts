import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Something to be timed; what answers at once is not waited for. */
export type Operation = () => unknown;

const TURN_MS = 30;
const WARM_UP_MS = 200;

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((left, right) => left - right);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

async function timeOf(operation: Operation, times: number): Promise<number> {
  const start = performance.now();
  for (let index = 0; index < times; index++) {
    const result = operation();
    if (result instanceof Promise) await result;
  }
  return ((performance.now() - start) / times) * 1000;
}

/** How often an operation fits into a turn, measured when it is warm. */
async function timesPerTurn(operation: Operation): Promise<number> {
  let times = 1;
  let micros = 0;
  for (const start = performance.now(); performance.now() - start < WARM_UP_MS;) {
    micros = await timeOf(operation, times);
    times = Math.max(1, Math.min(50_000, Math.round((TURN_MS * 1000) / micros)));
  }
  return times;
}

/** Median times in microseconds, and the median of the ratios of the rounds. */
export interface Comparison {
  readonly baseMicros: number;
  readonly micros: number;
  readonly ratio: number;
}

/**
 * Times two operations in turns, so that whatever else the machine does meets both. Which goes first alternates.
 * @param rounds turns of each
 */
export async function compare(base: Operation, operation: Operation, rounds: number): Promise<Comparison> {
  // Warm first: compilers and caches are not what is compared.
  const times = Math.min(await timesPerTurn(base), await timesPerTurn(operation));
  const pairs: [number, number][] = [];
  for (let round = 0; round < rounds; round++) {
    if (round % 2 === 0) {
      const first = await timeOf(base, times);
      pairs.push([first, await timeOf(operation, times)]);
    } else {
      const first = await timeOf(operation, times);
      pairs.push([await timeOf(base, times), first]);
    }
  }
  return {
    baseMicros: median(pairs.map(([one]) => one)),
    micros: median(pairs.map(([, other]) => other)),
    ratio: median(pairs.map(([one, other]) => other / one)),
  };
}

/** The longest time in milliseconds for which the event loop was held while something ran, and how long that took. */
export async function longestHold(run: () => Promise<unknown>): Promise<{ holdMs: number; tookMs: number }> {
  const resolutionMs = 1;
  const delays = monitorEventLoopDelay({ resolution: resolutionMs });
  await pause(50);
  delays.enable();
  await pause(20);
  delays.reset();
  const start = performance.now();
  await run();
  const tookMs = performance.now() - start;
  // A hold that lasts until the end is only seen by the timer that comes after it.
  await pause(5);
  delays.disable();
  return { holdMs: Math.max(0, delays.max / 1e6 - resolutionMs), tookMs };
}

let collect: (() => void) | undefined;

/** Bytes of the heap and of buffers outside of it, without garbage. */
export function bytesInUse(): number {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** A generator of indexes below `count`: the same series in each run. */
export function indexes(count: number): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * count);
  };
}
