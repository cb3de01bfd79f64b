// Where servers are that tests can use.
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));

export const FOLDER = path.resolve(
  process.env.TEST_SERVERS_DIR ?? path.join(here, '..', '..', '.test-servers'),
);

export const CATALOGUE = JSON.parse(readFileSync(path.join(here, 'catalogue.json'), 'utf8'));

export function placeOf(name) {
  return path.join(FOLDER, CATALOGUE[name].folder);
}

export function isInstalled(name) {
  return existsSync(path.join(placeOf(name), '.complete'));
}

export function isOnPath(program) {
  return (process.env.PATH ?? '')
    .split(path.delimiter)
    .filter((folder) => folder !== '')
    .some((folder) => {
      try {
        accessSync(path.join(folder, program), constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
