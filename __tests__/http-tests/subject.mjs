// Runs the suite's engine on one client and prints the verdicts as JSON. In a process of its own, since the engine keeps
// its results in module state.
import { pathToFileURL } from 'node:url';
import path from 'node:path';
import { suiteFolder } from './origin.mjs';

const [clientName, baseUrl, onlyId] = process.argv.slice(2);

const load = (file) => import(pathToFileURL(path.join(suiteFolder, file)).href);
const [{ runTests, getResults }, display, { default: suites }] = await Promise.all([
  load('client/runner.mjs'),
  load('lib/display.mjs'),
  load('tests/index.mjs'),
]);

const { createClient } = await import('./clients/index.mjs');
const client = await createClient(clientName);

/** The engine's own requests (configuration, state) go straight to the server. */
function fetchThroughClient(url, init) {
  return new URL(url).pathname.startsWith('/test/') ? client.fetch(url, init) : fetch(url, init);
}

const wanted = suites
  .map((suite) => ({
    ...suite,
    tests: suite.tests
      .filter((test) => test.browser_skip !== true)
      .filter((test) => onlyId === undefined || test.id === onlyId)
      .map((test) => (onlyId === undefined ? test : Object.assign(test, { dump: true }))),
  }))
  .filter((suite) => suite.tests.length > 0);

// The engine logs nothing itself, but a dump goes to the console: the result has a line of its own at the end.
await runTests(wanted, fetchThroughClient, true, baseUrl);
await client.close?.();

const NAMES = {
  '✅': 'pass',
  '⛔️': 'fail',
  '⚠️': 'fail',
  Y: 'yes',
  N: 'no',
  '🔹': 'setup failed',
  '⁉️': 'harness failed',
  '⚪️': 'a test that it depends on failed',
  '↻': 'retried',
  '-': 'not run',
};

const results = getResults();
const verdicts = wanted.flatMap((suite) =>
  suite.tests.map((test) => {
    const symbol = display.determineTestResult(suites, test.id, results, onlyId === undefined)[2];
    const detail = Array.isArray(results[test.id]) ? results[test.id].join(': ') : '';
    return { id: test.id, kind: test.kind ?? 'required', verdict: NAMES[symbol] ?? symbol, detail };
  }),
);
process.stdout.write(`\n${JSON.stringify({ name: client.name, version: client.version, verdicts })}\n`);
process.exit(0);
