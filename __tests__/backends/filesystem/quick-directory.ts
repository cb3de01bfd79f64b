import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** Linux keeps these files in memory, where creating thousands takes no time. */
const IN_MEMORY = '/dev/shm';

/** Creates a directory for tests that create very many files. */
export function aQuickDirectory(): { readonly path: string; remove(): void } {
  const directory = mkdtempSync(
    path.join(existsSync(IN_MEMORY) ? IN_MEMORY : os.tmpdir(), 'persistent-cache-'),
  );
  return { path: directory, remove: () => rmSync(directory, { recursive: true, force: true }) };
}
