import { renameSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { currentSurroundings, temporaryDirectory } from '../../storage/location.js';
import { createPrivately } from '../../storage/private-files.js';
import { codeOf, createDirectory, namesOf, removeFile, unlessAbsent } from './files.js';
import type { Layout } from './layout.js';
import { Pace } from './pace.js';

/** Milliseconds after which a file that is being written is taken for one whose writer has died. */
const FORGOTTEN_MS = 10 * 60_000;

/** @throws BackendError (ERR_CACHE_BACKEND) that says what is in the way */
export async function createDirectories(directory: string, layout: Layout): Promise<void> {
  const place = {
    backend: 'filesystem',
    path: directory,
    directory: layout.temporary,
    temporaryDirectory: temporaryDirectory(currentSurroundings()),
  };
  await createPrivately(place, () => {
    for (const one of [layout.locks, layout.due, layout.resources]) createDirectory(one);
    return Promise.resolve();
  });
}

/**
 * Moves all records of the layout away at once, so that nobody sees half of them, and then deletes them. Whoever is storing
 * one just then fails to put it in its place, and begins anew.
 */
export async function removeAll(layout: Layout): Promise<void> {
  const trash = layout.newTrash();
  try {
    renameSync(layout.root, trash);
  } catch (error) {
    const code = codeOf(error);
    // Something that is not a directory is in its place, and makes the store unusable.
    if (code === 'ENOTDIR') removeFile(layout.versionDirectory);
    else if (code !== 'ENOENT') throw error;
  }
  await removeTree(trash);
}

/** Tries again where others, who had begun before the directory was moved, still create files in it. */
function removeTree(directory: string): Promise<void> {
  return rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 });
}

/** Deletes what processes have left that died while they were storing or deleting. Never fails. */
export async function sweep(layout: Layout, now: number): Promise<void> {
  try {
    const pace = new Pace();
    for (const name of namesOf(layout.temporary)) {
      await pace.rest();
      const file = `${layout.temporary}/${name}`;
      const found = unlessAbsent(() => statSync(file));
      if (found !== undefined && now - found.mtimeMs > FORGOTTEN_MS) removeFile(file);
    }
    for (const name of namesOf(layout.versionDirectory)) {
      if (!layout.isTrash(name)) continue;
      await removeTree(`${layout.versionDirectory}/${name}`);
    }
  } catch {
    // It takes room, and does no harm otherwise. The next process tries again.
  }
}
