// The processes and the temporary folder of a run. All of them end with it, however it ends.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const running = new Set();
const doomed = new Set();
let temporary;

function endAll() {
  for (const child of running) child.kill('SIGKILL');
  for (const folder of doomed) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}

process.once('exit', endAll);
for (const [signal, number] of Object.entries({ SIGHUP: 1, SIGINT: 2, SIGTERM: 15 })) {
  process.once(signal, () => process.exit(128 + number));
}

/** Has a folder removed at the end of the run, should it still be there. */
export function removeAtEnd(folder) {
  doomed.add(folder);
}

/** For all processes of the run: a client that is killed leaves its files in it, and they go with it. */
export function temporaryFolder() {
  if (temporary === undefined) {
    temporary = mkdtempSync(path.join(os.tmpdir(), 'http-tests-'));
    removeAtEnd(temporary);
  }
  return temporary;
}

/** A proxy of the environment would stand between the clients and the suite's server. */
function environment() {
  const inherited = Object.entries(process.env).filter(([name]) => !/_proxy$/i.test(name));
  const folder = temporaryFolder();
  return { ...Object.fromEntries(inherited), TMPDIR: folder, TMP: folder, TEMP: folder };
}

function start(command, args, options) {
  const child = spawn(command, args, options);
  running.add(child);
  child.once('close', () => running.delete(child));
  return child;
}

/**
 * Starts a module of ours or of the suite. It reaches nothing but the loopback interface, and ends with this process
 * even where that one is killed.
 * @param {string} file
 * @param {{ args?: readonly string[], cwd?: string, env?: Readonly<Record<string, string>>, stderr?: 'inherit' | 'pipe' }} options
 */
export function startModule(file, { args = [], cwd, env = {}, stderr = 'inherit' } = {}) {
  const preloaded = ['loopback.mjs', 'end-with-parent.mjs'].flatMap((name) => [
    '--import',
    new URL(name, import.meta.url).href,
  ]);
  return start(process.execPath, [...preloaded, file, ...args], {
    cwd,
    env: { ...environment(), ...env },
    stdio: ['ignore', 'pipe', stderr, 'ipc'],
  });
}

/** npm with its output kept: what it says is of interest only where it fails. */
export function startNpm(args, cwd) {
  const isWindows = process.platform === 'win32';
  return start('npm', args, { cwd, shell: isWindows, stdio: ['ignore', 'pipe', 'pipe'] });
}

const KEPT_CHARACTERS = 256 * 1024;

/**
 * Waits for the end of a process, which is killed after `limitMs`.
 * @returns {Promise<{ said: string, complaint: string | undefined }>} `said`: the end of what it printed; `complaint`:
 *   how it ended, where it did not end well.
 */
export function waitForEnd(child, limitMs) {
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text) => (said = (said + text).slice(-KEPT_CHARACTERS)));
  }
  return new Promise((resolve) => {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      child.kill('SIGKILL');
    }, limitMs);
    const finish = (complaint) => {
      clearTimeout(timer);
      resolve({ said, complaint });
    };
    child.once('error', (error) => finish(error.message));
    child.once('close', (code, signal) => {
      if (isLate) finish(`not done after ${limitMs / 1000} s`);
      else finish(code === 0 ? undefined : `ended with ${signal ?? code}`);
    });
  });
}
