// Where a rival's packages are, and how they are reached. Every release has a folder of its own, so that several versions
// of Node can be used in turn. There is nothing in it but `node_modules`, which git ignores.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { packagesOf } from './pins.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));

/** Like `undici@7.30.2`. */
export function releaseOf(rival) {
  return Object.entries(packagesOf(rival))
    .map(([name, version]) => `${name}@${version}`)
    .join('+');
}

export function folderOf(rival) {
  return path.join(here, 'installed', releaseOf(rival));
}

/** npm writes this file when all else is in place. */
export function isInstalled(rival) {
  return existsSync(path.join(folderOf(rival), 'node_modules', '.package-lock.json'));
}

/** @returns {string} the version that is installed, also of a package that a rival brings with it */
export function installedVersion(rival, packageName) {
  const file = path.join(folderOf(rival), 'node_modules', packageName, 'package.json');
  return JSON.parse(readFileSync(file, 'utf8')).version;
}

export function importInstalled(rival, packageName) {
  const { resolve } = createRequire(path.join(folderOf(rival), 'node_modules', 'of.cjs'));
  return import(pathToFileURL(resolve(packageName)).href);
}
