// Installs on demand what a run needs and the package itself does not: the suite, and the rivals.
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { removeAtEnd, startNpm, waitForEnd } from './processes.mjs';
import { folderOf, isInstalled, releaseOf } from './rivals/installed.mjs';
import { packagesOf } from './rivals/pins.mjs';
import { suiteFolder } from './suite.mjs';

const INSTALL_LIMIT_MS = 180_000;
const FLAGS = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-save', '--prefer-offline'];

async function npm(args, cwd, what) {
  const { said, complaint } = await waitForEnd(startNpm(args, cwd), INSTALL_LIMIT_MS);
  if (complaint === undefined) return;
  // npm begins with single facts, a line each (code, errno), and comes to its sentence after them.
  const reason = said
    .split('\n')
    .find((line) => /^npm (error|ERR!) (?!(code|errno|syscall|address|port) )/.test(line));
  throw new Error(`${what} could not be installed: npm ${complaint}${reason ? ` (${reason})` : ''}`);
}

export async function installSuite() {
  if (existsSync(path.join(suiteFolder, 'package.json'))) return;
  await npm(
    ['ci', ...FLAGS],
    path.join(path.dirname(fileURLToPath(import.meta.url)), 'suite'),
    'the test suite',
  );
}

/** @param {string} rival its name without a variant */
export async function installRival(rival) {
  if (isInstalled(rival)) return;
  const folder = folderOf(rival);
  // Put in place when it is whole. npm takes a folder without package.json for its own only if it has `node_modules`.
  const unfinished = `${folder}.${process.pid}`;
  mkdirSync(path.join(unfinished, 'node_modules'), { recursive: true });
  removeAtEnd(unfinished);
  const packages = Object.entries(packagesOf(rival)).map(([name, version]) => `${name}@${version}`);
  await npm(['install', '--prefix', '.', ...FLAGS, ...packages], unfinished, releaseOf(rival));
  // Another run may have been faster.
  if (isInstalled(rival)) return;
  rmSync(folder, { recursive: true, force: true });
  renameSync(unfinished, folder);
}
