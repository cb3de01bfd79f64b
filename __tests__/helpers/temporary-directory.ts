import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** A directory for one test. */
export interface TemporaryDirectory {
  /** The absolute path of a name in it. */
  path(...names: string[]): string;
  read(name: string): Buffer;
  /** The names in it, in alphabetical order. */
  list(): string[];
  remove(): void;
}

/** Creates a directory among the system's temporary ones. */
export function aTemporaryDirectory(): TemporaryDirectory {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'persistent-cache-'));
  return {
    path: (...names) => path.join(directory, ...names),
    read: (name) => readFileSync(path.join(directory, name)),
    list: () => readdirSync(directory).sort(),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}
