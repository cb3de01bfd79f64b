import { existsSync } from 'node:fs';
import { mkdir, open, rm } from 'node:fs/promises';
import path from 'node:path';
import { BackendError } from '../../errors.js';

/*
 * Cached responses are private: files and directories that are created here are for their owner only. What exists
 * already keeps its permissions. SQLite gives its companion files the permissions of the main file.
 */
const PRIVATE_FILE = 0o600;
const PRIVATE_DIRECTORY = 0o700;

/** SQLite's companions of a database file: write-ahead log, its index, rollback journal. */
const COMPANION_SUFFIXES = ['-wal', '-shm', '-journal'];

/**
 * Creates the file and the directories above it, where they do not exist.
 * @throws BackendError (ERR_CACHE_BACKEND) that says what is in the way
 */
export async function createDatabaseFile(file: string): Promise<void> {
  const directory = path.dirname(file);
  try {
    await mkdir(directory, { recursive: true, mode: PRIVATE_DIRECTORY });
    await (await open(file, 'wx', PRIVATE_FILE)).close();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    // The file exists, whoever created it. For mkdir the same code means that a file is in the way.
    const isPresent = code === 'EEXIST' && (error as NodeJS.ErrnoException).syscall === 'open';
    if (isPresent) return;
    const message = problemOf(code, file, directory);
    throw new BackendError(
      { backend: 'sqlite', operation: 'open', ...(message === undefined ? {} : { message }) },
      { cause: error },
    );
  }
}

function problemOf(code: string | undefined, file: string, directory: string): string | undefined {
  if (code === 'EEXIST' || code === 'ENOTDIR') {
    return `the directory ${directory} cannot be created, because it or a directory above it is a file`;
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return `no permission to create ${file} (${code})`;
  }
  return undefined;
}

/** Deletes a database with its companions. Other processes that have it open go on with what they have. */
export async function removeDatabaseFile(file: string): Promise<void> {
  for (const suffix of [...COMPANION_SUFFIXES, '']) await rm(file + suffix, { force: true });
}

/** Whether the file is there: somebody may have deleted it while it was open. */
export function isPresent(file: string): boolean {
  return existsSync(file);
}
