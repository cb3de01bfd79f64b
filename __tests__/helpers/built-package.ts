import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';

export const PROJECT = path.resolve(__dirname, '..', '..');
const DIST = path.join(PROJECT, 'dist');
const LOCK = path.join(PROJECT, 'node_modules', '.building');
const LONGEST_BUILD_MS = 120_000;

/** Packages that a user of the library would have installed with it. */
const INSTALLED = ['axios', 'lru-cache', 'better-sqlite3', '@types'];

/** A directory in which the packed library is installed, as a user has it. */
export interface Consumer {
  readonly directory: string;
  /** The files of the package, relative to it. */
  readonly publishedFiles: readonly string[];
  readonly tarball: string;
  /** Absolute path of a file in the directory, which is written when content is given. */
  file(name: string, content?: string): string;
  remove(): void;
}

/** Builds `dist` unless it is there and newer than the library. `npm test` has done so before. */
export function ensureBuilt(): void {
  if (isCurrent()) return;
  // Test files run in several processes: one builds, the others wait.
  const deadline = Date.now() + LONGEST_BUILD_MS;
  while (!isLocked()) {
    if (Date.now() > deadline) throw new Error(`Somebody else's build does not end. Remove ${LOCK}.`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  }
  try {
    if (!isCurrent()) npm(['run', 'build', '--silent', '--', '--logLevel', 'error'], PROJECT);
  } finally {
    rmSync(LOCK, { recursive: true });
  }
}

/** Packs the library and unpacks it where a user's `npm install` would put it. Needs no network. */
export function installPacked(): Consumer {
  ensureBuilt();
  const directory = mkdtempSync(path.join(os.tmpdir(), 'consumer-'));
  // Scripts would build again, while other tests use what is built.
  const packed = npm(['pack', '--ignore-scripts', '--json', '--pack-destination', directory], PROJECT);
  const [{ filename, files }] = JSON.parse(packed) as [{ filename: string; files: { path: string }[] }];
  const tarball = path.join(directory, filename);
  const modules = path.join(directory, 'node_modules');
  mkdirSync(path.join(modules, 'axios-persistent-cache'), { recursive: true });
  execFileSync('tar', [
    '-xzf',
    tarball,
    '--strip-components=1',
    '-C',
    path.join(modules, 'axios-persistent-cache'),
  ]);
  for (const name of INSTALLED) {
    symlinkSync(path.join(PROJECT, 'node_modules', name), path.join(modules, name), 'junction');
  }
  const file = (name: string, content?: string): string => {
    const location = path.join(directory, name);
    if (content !== undefined) writeFileSync(location, content);
    return location;
  };
  file('package.json', '{ "private": true }');
  return {
    directory,
    tarball,
    publishedFiles: files.map(({ path: name }) => name),
    file,
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

function isCurrent(): boolean {
  if (!existsSync(path.join(DIST, 'index.d.mts')) || existsSync(LOCK)) return false;
  const modified = (directory: string): number[] =>
    readdirSync(directory, { recursive: true, encoding: 'utf8' }).map(
      (name) => statSync(path.join(directory, name)).mtimeMs,
    );
  return Math.min(...modified(DIST)) > Math.max(...modified(path.join(PROJECT, 'lib')));
}

function isLocked(): boolean {
  try {
    mkdirSync(LOCK);
    return true;
  } catch {
    return false;
  }
}

function npm(args: readonly string[], cwd: string): string {
  const command = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}
