// Python's requests-cache on SQLite: in a process of its own, which takes its turns when it is told to.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { removeAtEnd } from '../../../__tests__/http-tests/processes.mjs';

const RELEASE = '1.3.3';
const INSTALL_LIMIT_MS = 180_000;
const SCRIPT = fileURLToPath(new URL('requests_cache_turns.py', import.meta.url));
/** Beside the rivals of Node; below `node_modules`, which git and all tools leave alone. */
const INSTALLED = fileURLToPath(new URL('../../../__tests__/http-tests/rivals/installed/', import.meta.url));

/** Why there is no Python to compare with. */
export class NoPython extends Error {}

async function run(command, args) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: INSTALL_LIMIT_MS });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
  const [code] = await Promise.race([once(child, 'close'), once(child, 'error').then(([error]) => [error])]);
  if (code !== 0) throw new NoPython(`${command}: ${said.trim().split('\n').at(-1) || code}`);
  return said.trim();
}

async function findPython() {
  for (const command of ['python3', 'python']) {
    try {
      // Compiled packages are of one version of Python.
      const version = await run(command, ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])']);
      return { command, version };
    } catch {
      // Perhaps by the other name.
    }
  }
  throw new NoPython('there is no Python');
}

/** @returns the folder that Python finds it in */
async function install(python) {
  const place = path.join(INSTALLED, `requests-cache@${RELEASE}+python@${python.version}`);
  const packages = path.join(place, 'node_modules', 'python');
  if (existsSync(packages)) return packages;
  // Put in place when it is whole.
  const unfinished = path.join(place, 'node_modules', `unfinished-${process.pid}`);
  mkdirSync(unfinished, { recursive: true });
  const flags = ['--quiet', '--disable-pip-version-check', '--no-input', '--only-binary', ':all:'];
  const target = ['--target', unfinished, `requests-cache==${RELEASE}`];
  try {
    await run(python.command, ['-m', 'pip', 'install', ...flags, ...target]);
    renameSync(unfinished, packages);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return packages;
}

/** @throws NoPython */
export async function installRequestsCache() {
  const python = await findPython();
  return { ...python, packages: await install(python) };
}

/** @param installed as {@link installRequestsCache} gives it */
export async function requestsCache({ command, packages }) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'bench-speed-python-'));
  removeAtEnd(folder);
  const child = spawn(command, [SCRIPT, folder], {
    env: { ...process.env, PYTHONPATH: packages },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error('requests-cache has ended in the midst of being measured.');
    return JSON.parse(value);
  };
  const ask = (question) => {
    child.stdin.write(`${JSON.stringify(question)}\n`);
    return answer();
  };
  const versions = await answer();
  return {
    id: 'requests-cache',
    name: 'requests-cache, sqlite (Python)',
    versions,
    timeOf: (times, url) => ask({ times, url }),
    clear: () => ask({ clear: true }),
    close: async () => {
      const ended = once(child, 'exit');
      child.stdin.end();
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
