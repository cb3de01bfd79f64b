// `npm run conformance`: the public test suite for HTTP caches, on the built package with each embedded backend. With
// `--against`, on rivals, too: the same engine, server and rules in the same run.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ownNames, rivalNames, rivalOf } from './clients/index.mjs';
import { EXPECTED_FAILURES } from './expected-failures.mjs';
import { installRival, installSuite } from './install.mjs';
import { startOrigin } from './origin.mjs';
import { startModule, waitForEnd } from './processes.mjs';
import { isInstalled, releaseOf } from './rivals/installed.mjs';
import { packagesOf } from './rivals/pins.mjs';
import { formatMarkdown, formatPlain } from './scoreboard.mjs';
import { suiteVersion } from './suite.mjs';
import { compareWithExpected, countScores } from './verdicts.mjs';

/** The suite takes a quarter of a minute, most of it in pauses of its own. */
const SUBJECT_LIMIT_MS = 240_000;

function readOptions() {
  const { values } = parseArgs({
    options: {
      backend: { type: 'string', default: ownNames.join(',') },
      against: { type: 'string', default: '' },
      markdown: { type: 'boolean', default: false },
      only: { type: 'string' },
      verbose: { type: 'boolean', default: false },
    },
  });
  const chosen = (text, known, what) => {
    const names = [...new Set(text.split(',').map((name) => name.trim()))].filter((name) => name !== '');
    const unknown = names.find((name) => !known.includes(name));
    if (unknown === undefined) return names;
    throw new Error(`there is no ${what} "${unknown}"; known are ${known.join(', ')}`);
  };
  return {
    ...values,
    backends: chosen(values.backend, ownNames, 'backend'),
    rivals: chosen(values.against, rivalNames, 'rival'),
  };
}

async function runSubject(name, baseUrl, options) {
  const args = [name, baseUrl, ...(options.only === undefined ? [] : [options.only])];
  const isOwn = ownNames.includes(name);
  const child = startModule(fileURLToPath(new URL('subject.mjs', import.meta.url)), {
    args,
    stderr: isOwn ? 'inherit' : 'pipe',
  });
  let outcome;
  child.once('message', (message) => (outcome = message));
  const { said, complaint } = await waitForEnd(child, SUBJECT_LIMIT_MS);
  if (options.only !== undefined || options.verbose) console.log(said);
  if (complaint === undefined && outcome !== undefined) return outcome;
  // The line of an error, where a stack is what was said last.
  const reason = said.split('\n').find((line) => /^\w*Error\b/.test(line));
  const why = complaint ?? 'ended without verdicts';
  throw new Error(`${name}: ${why}${reason === undefined ? '' : ` (${reason})`}`);
}

/** @returns {boolean} whether all came out as expected */
function reportOwn(verdicts, options) {
  const findings = compareWithExpected(verdicts, EXPECTED_FAILURES, {
    isWholeSuite: options.only === undefined,
  });
  for (const { text } of findings) console.log(`  ${text}`);
  return findings.every(({ isExpected }) => isExpected);
}

/** A rival's failures are its own affair. */
function reportRival(verdicts) {
  for (const { id, kind, verdict, detail } of verdicts) {
    if (kind !== 'check' && verdict !== 'pass')
      console.log(`  ${kind} failure: ${id}: ${verdict}: ${detail}`);
  }
}

function reportNeutral(verdicts) {
  for (const { id, kind, verdict, detail } of verdicts) {
    if (kind === 'check') console.log(`  ${verdict.padEnd(4)} ${id} ${detail}`);
  }
}

/** @returns {Promise<{ row: import('./scoreboard.mjs').Row, isGood: boolean }>} */
async function measure(name, baseUrl, options) {
  const isOwn = ownNames.includes(name);
  let outcome;
  try {
    outcome = await runSubject(name, baseUrl, options);
  } catch (error) {
    console.error(`conformance: ${error.message}`);
    const version = isOwn ? '' : Object.values(packagesOf(rivalOf(name)))[0];
    return { row: { name, version }, isGood: false };
  }
  const { verdicts, ...client } = outcome;
  const scores = countScores(verdicts);
  console.log(
    `\n${client.name} ${client.version}: required ${scores.required}, optimal ${scores.optimal}, ` +
      `neutral questions answered by yes ${scores.neutral}`,
  );
  const isGood = !isOwn || reportOwn(verdicts, options);
  if (!isOwn && options.verbose) reportRival(verdicts);
  if (options.verbose) reportNeutral(verdicts);
  return { row: { ...client, scores }, isGood };
}

async function prepare({ backends, rivals }) {
  if (backends.length > 0 && !existsSync(new URL('../../dist/index.mjs', import.meta.url))) {
    throw new Error('the package is not built; run: npm run build');
  }
  await installSuite();
  for (const rival of new Set(rivals.map(rivalOf))) {
    if (!isInstalled(rival)) console.error(`Installing ${releaseOf(rival)} beside the suite`);
    await installRival(rival);
  }
}

/** @returns {Promise<boolean>} whether the run is good */
async function main() {
  const options = readOptions();
  await prepare(options);
  const origin = await startOrigin();
  const measured = [];
  try {
    for (const name of [...options.backends, ...options.rivals]) {
      measured.push(await measure(name, origin.baseUrl, options));
    }
  } finally {
    origin.close();
  }
  if (options.rivals.length > 0 || options.markdown) {
    const format = options.markdown ? formatMarkdown : formatPlain;
    const run = {
      suiteVersion: suiteVersion(),
      nodeVersion: process.versions.node,
      date: new Date().toISOString().slice(0, 10),
    };
    const rows = measured.map(({ row }) => row);
    console.log(`\n${format(rows, run)}`);
  }
  return measured.every(({ isGood }) => isGood);
}

try {
  process.exitCode = (await main()) ? 0 : 1;
} catch (error) {
  console.error(`conformance: ${error.message}`);
  process.exitCode = 1;
}
