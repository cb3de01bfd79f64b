// Installs what `package-lock.json` asks for, unless exactly that is installed already. Run before the
// README's two commands, so that each of them works in a fresh clone.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
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

if (!isCurrent()) {
  console.log('Installing dependencies with npm ci. The first time may take a few minutes.');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const result = spawnSync(npm, ['ci', '--no-audit', '--no-fund'], {
    cwd: root,
    env: installEnvironment(),
    stdio: 'inherit',
  });
  process.exit(result.status ?? 1);
}
