import path from 'node:path';
import { runProgram, useCompiledLib } from '../endurance/child-process.js';
import { COUNTED, type Expected, type ExpectedCalls, HIT_BYTES, HITS, MISSES } from './expected.js';

/*
 * Guards the path of a hit by counts, which are the same on a busy machine as on a fast one. They are taken in processes of
 * their own, of the library as it is: Jest's globals and instrumented code would count as well. A number that has become
 * less by intention is to be written down in `expected.ts`, so that it stays so.
 */

type Calls = Readonly<Record<string, number>>;

/**
 * Code is not optimized, so that what it allocates depends neither on the moment at which that would be done nor on what each
 * release of V8 finds out; and a measured stretch fits into new space, so that nothing is collected meanwhile.
 */
const FOR_ALLOCATIONS = [
  '--expose-gc',
  '--no-opt',
  '--no-sparkplug',
  '--no-maglev',
  '--min-semi-space-size=128',
  '--max-semi-space-size=128',
];

const lib = useCompiledLib();
let calls: Readonly<Record<string, Calls>>;
let allocations: Readonly<Record<string, number | string>>;

beforeAll(async () => {
  [calls, allocations] = await Promise.all([
    runProgram<typeof calls>(lib(), program('count-calls.cjs'), []),
    runProgram<typeof allocations>(lib(), program('allocations.cjs'), [], FOR_ALLOCATIONS),
  ]);
}, 120_000);

function program(name: string): string {
  return path.join(__dirname, 'programs', name);
}

/** @param floor what sends the same requests without this library, whose promises are left out */
function timesOf(request: string, call: string, floor: string): number {
  const times = calls[request]?.[call] ?? 0;
  return call === 'promises' ? times - (calls[floor]?.[call] ?? NaN) : times;
}

/** One row for each kind of call that is counted or expected. */
function rowsOf(
  table: Readonly<Record<string, ExpectedCalls>>,
): (readonly [request: string, call: string, shown: string, expected: Expected])[] {
  return Object.entries(table).flatMap(([request, expected]) =>
    [...new Set([...COUNTED, ...Object.keys(expected)])].map(
      (call) => [request, call, shown(expected[call] ?? 0), expected[call] ?? 0] as const,
    ),
  );
}

function shown(expected: Expected): string {
  return typeof expected === 'number' ? String(expected) : `at most ${expected.atMost}`;
}

function check(times: number, expected: Expected): void {
  if (typeof expected === 'number') expect(times).toBe(expected);
  else expect(times).toBeLessThanOrEqual(expected.atMost);
}

/** Calls of storage that are not expected: a second statement, a file that is written. */
function unexpected(request: string, expected: ExpectedCalls): readonly string[] {
  const isOfStorage = (call: string): boolean => /^(?:backend|driver|file) /.test(call);
  return Object.keys(calls[request] ?? {}).filter((call) => isOfStorage(call) && !(call in expected));
}

describe.each([
  { what: 'a hit', table: HITS, floor: 'axios answered at once' },
  { what: 'a miss', table: MISSES, floor: 'axios without a cache' },
])('what is called for $what', ({ table, floor }) => {
  it.each(rowsOf(table))('%s: %s: %s', (request, call, _shown, expected) => {
    expect(calls).toHaveProperty([request]);
    check(timesOf(request, call, floor), expected);
  });

  it.each(Object.entries(table))('%s: nothing else is asked of storage', (request, expected) => {
    expect(unexpected(request, expected)).toEqual([]);
  });
});

describe('what axios calls without this library', () => {
  it('is counted, too: the body is parsed', () => {
    expect(calls['axios answered at once']).toMatchObject({ 'JSON.parse': 1, promises: expect.any(Number) });
  });
});

describe('bytes that a hit takes on the heap', () => {
  it.each(Object.entries(HIT_BYTES))('%s: at most %d beyond axios answered at once', (hit, most) => {
    expect(allocations[hit]).toBeLessThanOrEqual(most);
  });
});
