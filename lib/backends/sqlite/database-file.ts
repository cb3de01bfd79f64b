import { existsSync } from 'node:fs';
import { lstat, mkdir, open, rm } from 'node:fs/promises';
import path from 'node:path';
import { BackendError, isHttpCacheError } from '../../errors.js';

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
 * @param temporaryDirectory the user's own among the temporary files of all users: this directory, and a file in it, are
 * used only when they belong to the user and are no links
 * @throws BackendError (ERR_CACHE_BACKEND) that says what is in the way
 */
export async function createDatabaseFile(file: string, temporaryDirectory: string): Promise<void> {
  const directory = path.dirname(file);
  const isTemporary = file.startsWith(temporaryDirectory + path.sep);
  try {
    if (isTemporary) await createOwnDirectory(temporaryDirectory);
    await mkdir(directory, { recursive: true, mode: PRIVATE_DIRECTORY });
    await unlessPresent('open', async () => (await open(file, 'wx', PRIVATE_FILE)).close());
    if (isTemporary) await requireOwn(file);
  } catch (error) {
    if (isHttpCacheError(error)) throw error;
    const message = problemOf((error as NodeJS.ErrnoException).code, file, directory);
    throw new BackendError(
      { backend: 'sqlite', operation: 'open', ...(message === undefined ? {} : { message }) },
      { cause: error },
    );
  }
}

async function createOwnDirectory(directory: string): Promise<void> {
  await mkdir(path.dirname(directory), { recursive: true });
  // Not recursive, which would follow a link.
  await unlessPresent('mkdir', () => mkdir(directory, { mode: PRIVATE_DIRECTORY }));
  await requireOwn(directory);
}

/** Accepts that something is there already, whoever created it. */
async function unlessPresent(syscall: 'open' | 'mkdir', create: () => Promise<unknown>): Promise<void> {
  try {
    await create();
  } catch (error) {
    const problem = error as NodeJS.ErrnoException;
    if (problem.code !== 'EEXIST' || problem.syscall !== syscall) throw error;
  }
}

/** Others may write into the directory for temporary files: what they put there in advance must not be used. */
async function requireOwn(file: string): Promise<void> {
  const found = await lstat(file);
  // Windows has no numbers for users; there the directory for temporary files is the user's own.
  const user = process.geteuid?.();
  const isOthers = user !== undefined && found.uid !== user;
  if (!found.isSymbolicLink() && !isOthers) return;
  const what = found.isSymbolicLink() ? 'is a symbolic link' : 'belongs to another user';
  const message = `${file} ${what} and is not used. Delete it, or choose another place for the cache`;
  throw new BackendError({ backend: 'sqlite', operation: 'open', message });
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
