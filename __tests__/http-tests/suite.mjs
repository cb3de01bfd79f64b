// The public test suite, as it is installed in a folder of its own.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const suiteFolder = path.join(
  path.dirname(fileURLToPath(import.meta.url)),
  'suite',
  'node_modules',
  'http-cache-tests',
);

/** @returns {string} */
export function suiteVersion() {
  return JSON.parse(readFileSync(path.join(suiteFolder, 'package.json'), 'utf8')).version;
}

export function importFromSuite(file) {
  return import(pathToFileURL(path.join(suiteFolder, file)).href);
}
