// `npm run conformance`: the public test suite for HTTP caches, on the built package with each embedded backend.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { EXPECTED_FAILURES } from './expected-failures.mjs';
import { startOrigin, suiteFolder } from './origin.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));

const { values: options } = parseArgs({
  options: {
    backend: { type: 'string', default: 'memory,sqlite' },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
  },
});

function installSuite() {
  if (existsSync(path.join(suiteFolder, 'package.json'))) return;
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const flags = ['ci', '--ignore-scripts', '--no-audit', '--no-fund'];
  const { status } = spawnSync(npm, flags, { cwd: path.join(here, 'suite'), stdio: 'inherit' });
  if (status !== 0) throw new Error('The test suite could not be installed.');
}

function runSubject(client, baseUrl) {
  const args = [path.join(here, 'subject.mjs'), client, baseUrl, ...(options.only ? [options.only] : [])];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (said += text));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      if (options.only) console.log(said);
      if (code !== 0) reject(new Error(`${client}: ended with ${code}\n${said}`));
      else resolve(JSON.parse(said.trimEnd().split('\n').at(-1)));
    });
  });
}

function tally(verdicts, kind, wanted) {
  const all = verdicts.filter((verdict) => verdict.kind === kind);
  return `${all.filter(({ verdict }) => verdict === wanted).length}/${all.length}`;
}

/** @returns whether all came out as expected */
function report({ name, version, verdicts }) {
  const scores = [
    `required ${tally(verdicts, 'required', 'pass')}`,
    `optimal ${tally(verdicts, 'optimal', 'pass')}`,
    `neutral questions answered by yes ${tally(verdicts, 'check', 'yes')}`,
  ];
  console.log(`\n${name} ${version}: ${scores.join(', ')}`);
  let isGood = true;
  for (const { id, kind, verdict, detail } of verdicts) {
    if (kind === 'check') {
      if (options.verbose) console.log(`  ${verdict.padEnd(4)} ${id} ${detail}`);
      continue;
    }
    const reason = EXPECTED_FAILURES[id];
    const failed = verdict !== 'pass';
    if (failed && reason !== undefined) console.log(`  expected ${kind} failure: ${id}\n    ${reason}`);
    else if (failed) console.log(`  UNEXPECTED ${kind} failure: ${id}: ${verdict}: ${detail}`);
    else if (reason !== undefined)
      console.log(`  UNEXPECTED pass: ${id} is listed among the expected failures`);
    else continue;
    isGood &&= failed === (reason !== undefined);
  }
  return isGood;
}

installSuite();
const origin = await startOrigin();
let isGood = true;
try {
  for (const backend of options.backend.split(',')) {
    isGood = report(await runSubject(backend, origin.baseUrl)) && isGood;
  }
} finally {
  origin.close();
}
process.exit(isGood ? 0 : 1);
