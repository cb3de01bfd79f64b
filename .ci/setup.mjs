// Installs what `package-lock.json` asks for, unless exactly that is installed already. Run before the
// README's two commands, so that each of them works in a fresh clone.
import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const lock = path.join(root, 'package-lock.json');
const installed = path.join(root, 'node_modules', '.package-lock.json');

function isCurrent() {
  return existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs;
}

/** better-sqlite3 is compiled where no ready binary can be fetched; Debian's nodejs keeps its headers in /usr. */
function installEnvironment() {
  const env = { ...process.env };
  if (env.npm_config_nodedir === undefined && existsSync('/usr/include/node/node_version.h')) {
    if (process.execPath.startsWith('/usr/bin/')) env.npm_config_nodedir = '/usr';
  }
  return env;
}

/** Another checkout's, to which npm would do what it was not asked for: it empties the folder first. */
function isLink() {
  return lstatSync(path.join(root, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

if (!isCurrent() && isLink()) {
  console.error(
    'node_modules is a link to a folder that does not fit package-lock.json: install there, or remove the link.',
  );
  process.exit(1);
}
if (!isCurrent()) {
  console.log('Installing dependencies with npm ci. The first time may take a few minutes.');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const result = spawnSync(npm, ['ci', '--no-audit', '--no-fund'], {
    cwd: root,
    env: installEnvironment(),
    stdio: 'inherit',
  });
  if (result.status !== 0) process.exit(result.status ?? 1);
}

/** Without a driver the default backend cannot work, and hundreds of tests would say so, each in its own way. */
function requireSqliteDriver() {
  if (process.getBuiltinModule?.('node:sqlite') !== undefined) return;
  try {
    const Database = createRequire(import.meta.url)('better-sqlite3');
    new Database(':memory:').close();
  } catch (error) {
    console.error(
      `There is no SQLite driver: better-sqlite3 does not load (${String(error.message).split('\n', 1)[0]}).`,
    );
    console.error('Install a C++ compiler, make and Python, and run: npm rebuild better-sqlite3');
    console.error('Or use Node 22.13 or later, which has node:sqlite.');
    process.exit(1);
  }
}

requireSqliteDriver();
