// Runs the suite's engine on one client and sends the verdicts to the parent. In a process of its own, since the engine
// keeps its results in module state.
import { createClient } from './clients/index.mjs';
import { importFromSuite } from './suite.mjs';

/** A request without an answer fails its own test, not the run: the engine itself would wait for ever. */
const REQUEST_LIMIT_MS = 30_000;

const [clientName, baseUrl, onlyId] = process.argv.slice(2);

const [{ runTests, getResults }, display, { default: suites }] = await Promise.all([
  importFromSuite('client/runner.mjs'),
  importFromSuite('lib/display.mjs'),
  importFromSuite('tests/index.mjs'),
]);

const client = await createClient(clientName);

/** The engine's own requests (configuration, state) go straight to the server. */
function fetchThroughClient(url, init) {
  if (!new URL(url).pathname.startsWith('/test/')) return fetch(url, init);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('The client gave no answer')), REQUEST_LIMIT_MS);
    client
      .fetch(url, init)
      .then(resolve, reject)
      .finally(() => clearTimeout(timer));
  });
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
if (wanted.length === 0) throw new Error(`The suite has no test "${onlyId}"`);

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
const { name, version, options } = client;
// By message and not by a line of output, where what a client prints would get between.
process.send({ name, version, options, verdicts }, () => process.exit(0));
