// Builds `dist`, unless it is newer than everything that it is made of: several commands of one run need it.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const dist = path.join(root, 'dist');

function timesOf(directory) {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((one) =>
    one.isFile(),
  );
  return files.map((one) => statSync(path.join(one.parentPath ?? one.path, one.name)).mtimeMs);
}

function isCurrent() {
  if (!existsSync(path.join(dist, 'index.cjs'))) return false;
  const sources = ['package.json', 'tsconfig.json', 'tsdown.config.ts'].map(
    (name) => statSync(path.join(root, name)).mtimeMs,
  );
  return Math.min(...timesOf(dist)) >= Math.max(...sources, ...timesOf(path.join(root, 'lib')));
}

if (!isCurrent()) {
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const build = ['run', 'build', '--silent', '--', '--logLevel', 'error'];
  const { status } = spawnSync(npm, build, { cwd: root, stdio: 'inherit' });
  process.exit(status ?? 1);
}
