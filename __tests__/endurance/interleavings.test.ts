import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { runProgram, useCompiledLib } from './child-process.js';

/** `INTERLEAVING=17 npx jest interleavings` runs that one alone, in each kind of process. */
const ONLY = process.env['INTERLEAVING'];
const IN_EACH_PROCESS = 55;

interface Report {
  readonly count: number;
  readonly failures: readonly { readonly seed: number; readonly faults: readonly string[] }[];
  /** What kept the process alive when the origin was closed, beyond what did at the beginning. */
  readonly left: readonly string[];
  /** Streams that nobody has read: with axios alone, too, each keeps its connection. */
  readonly unread: number;
  readonly incidents: readonly string[];
}

describe('aborts, time-outs and failures in any order', () => {
  const lib = useCompiledLib();
  let databases: string;

  beforeAll(() => {
    databases = mkdtempSync(path.join(os.tmpdir(), 'interleavings-'));
  });
  afterAll(() => rmSync(databases, { recursive: true, force: true }));

  it.each([
    ['memory', 'closing', 1],
    ['memory', 'leaving open', 101],
    ['sqlite', 'closing', 201],
    ['sqlite', 'leaving open', 301],
  ] as const)(
    'leave nothing pending, nobody wrongly answered, and a process that ends by itself (%s, %s the cache)',
    async (backend, closing, firstSeed) => {
      const [first, count] = ONLY === undefined ? [firstSeed, IN_EACH_PROCESS] : [Number(ONLY), 1];
      const args = [databases, backend, String(first), String(count), closing];
      const report = await runProgram<Report>(lib(), 'interleavings.cjs', args, [], 100_000);
      expect(report).toMatchObject({ failures: [], incidents: [], count });
      expect(report.left.filter((resource) => resource !== 'TCPSocketWrap')).toEqual([]);
      expect(report.left.length).toBeLessThanOrEqual(report.unread);
    },
    120_000,
  );
});
