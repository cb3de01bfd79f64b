import { InvalidOptionError } from '../errors.js';
import { bytes } from './cases/bytes.js';
import { concurrency } from './cases/concurrency.js';
import { deadlines } from './cases/deadlines.js';
import { heads } from './cases/heads.js';
import { lifecycle } from './cases/lifecycle.js';
import { namespaces } from './cases/namespaces.js';
import { failure, persistence } from './cases/persistence.js';
import { presence } from './cases/presence.js';
import { scan } from './cases/scan.js';
import { tags } from './cases/tags.js';
import { variants } from './cases/variants.js';
import { type BackendHarness, type ConformanceTopic, runCase } from './harness.js';

/** The contract of a backend, by topic. */
export const TOPICS: readonly ConformanceTopic[] = [
  presence,
  variants,
  bytes,
  deadlines,
  heads,
  scan,
  tags,
  namespaces,
  concurrency,
  lifecycle,
  persistence,
  failure,
];

/** The test runner's functions; those of jest, vitest and node:test all fit. */
export interface TestRunner {
  /** Defines a group of tests. */
  readonly describe: (title: string, body: () => void) => unknown;
  /** Defines a test, which fails when its promise rejects. */
  readonly it: (title: string, body: () => Promise<void>) => unknown;
}

/**
 * Defines one test for every case of the contract that applies to the backend.
 * @param name in the title of the tests
 * @param runner default: the globals `describe` and `it`, which jest has, and vitest where it is told to
 * @throws InvalidOptionError (ERR_CACHE_INVALID_OPTION) when there is no such function
 */
export function describeBackend(
  name: string,
  harness: BackendHarness,
  runner: TestRunner = globalThis,
): void {
  const { describe, it } = requireRunner(runner);
  describe(`${name} keeps the contract of backends`, () => {
    for (const { topic, cases } of TOPICS) {
      const applicable = cases.filter(({ appliesTo }) => appliesTo?.(harness) ?? true);
      if (applicable.length === 0) continue;
      describe(topic, () => {
        for (const one of applicable) it(one.title, () => runCase(harness, one));
      });
    }
  });
}

function requireRunner(runner: Partial<TestRunner>): TestRunner {
  const { describe, it } = runner;
  for (const [name, value] of Object.entries({ describe, it })) {
    if (typeof value !== 'function') {
      throw new InvalidOptionError(
        `runner.${name}`,
        value,
        'a function: pass { describe, it } of your test runner',
      );
    }
  }
  return runner as TestRunner;
}

/** A case that a backend fails. */
export interface Violation {
  /** The topic and the sentence of the contract. */
  readonly title: string;
  /** What the check has thrown: an `AssertionError`, or what the backend has failed with. */
  readonly error: unknown;
}

/**
 * Runs the suite without a test runner.
 * @param atMost ends when so many cases have failed
 * @returns empty: the backend keeps the contract
 */
export async function findViolations(
  harness: BackendHarness,
  atMost = Infinity,
): Promise<readonly Violation[]> {
  const violations: Violation[] = [];
  for (const { topic, cases } of TOPICS) {
    for (const one of cases) {
      if (one.appliesTo?.(harness) === false) continue;
      try {
        await runCase(harness, one);
      } catch (error) {
        violations.push({ title: `${topic}: ${one.title}`, error });
        if (violations.length >= atMost) return violations;
      }
    }
  }
  return violations;
}
