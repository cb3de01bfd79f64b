import { existsSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import path from 'node:path';
import { createPrivately, PRIVATE_FILE, unlessPresent } from '../../storage/private-files.js';

/** SQLite's companions of a database file: write-ahead log, its index, rollback journal. They get its permissions. */
const COMPANION_SUFFIXES = ['-wal', '-shm', '-journal'];

/**
 * Creates the file and the directories above it, where they do not exist.
 * @param temporaryDirectory the user's own among the temporary files of all users: this directory, and a file in it, are
 * used only when they belong to the user and are no links
 * @throws BackendError (ERR_CACHE_BACKEND) that says what is in the way
 */
export async function createDatabaseFile(file: string, temporaryDirectory: string): Promise<void> {
  const place = { backend: 'sqlite', path: file, directory: path.dirname(file), temporaryDirectory };
  await createPrivately(place, () =>
    unlessPresent('open', async () => (await open(file, 'wx', PRIVATE_FILE)).close()),
  );
}

/** Deletes a database with its companions. Other processes that have it open go on with what they have. */
export async function removeDatabaseFile(file: string): Promise<void> {
  for (const suffix of [...COMPANION_SUFFIXES, '']) await rm(file + suffix, { force: true });
}

/** Whether the file is there: somebody may have deleted it while it was open. */
export function isPresent(file: string): boolean {
  return existsSync(file);
}
