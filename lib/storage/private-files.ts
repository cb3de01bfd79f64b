import { lstat, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { BackendError, isHttpCacheError } from '../errors.js';

/*
 * Cached responses are private: files and directories that are created for them are for their owner only. What exists
 * already keeps its permissions.
 */
export const PRIVATE_FILE = 0o600;
export const PRIVATE_DIRECTORY = 0o700;

/** A file or directory that is to be created. */
export interface PrivatePlace {
  /** The backend that it is for, for messages. */
  readonly backend: string;
  readonly path: string;
  /** The directories above it, or itself, where `create` fails when they are not there. */
  readonly directory: string;
  /**
   * The user's own among the temporary files of all users: this directory, and what is directly meant in it, are used only
   * when they belong to the user and are no links.
   */
  readonly temporaryDirectory: string;
}

/**
 * Creates directories, and then what `create` creates, where they do not exist.
 * @throws BackendError (ERR_CACHE_BACKEND) that says what is in the way
 */
export async function createPrivately(place: PrivatePlace, create: () => Promise<unknown>): Promise<void> {
  const { backend, directory, temporaryDirectory } = place;
  const isTemporary = place.path.startsWith(temporaryDirectory + path.sep);
  try {
    if (isTemporary) await createOwnDirectory(backend, temporaryDirectory);
    await mkdir(directory, { recursive: true, mode: PRIVATE_DIRECTORY });
    await create();
    if (isTemporary) await requireOwn(backend, place.path);
  } catch (error) {
    if (isHttpCacheError(error)) throw error;
    const message = problemOf((error as NodeJS.ErrnoException).code, place.path, directory);
    throw new BackendError(
      { backend, operation: 'open', ...(message === undefined ? {} : { message }) },
      { cause: error },
    );
  }
}

async function createOwnDirectory(backend: string, directory: string): Promise<void> {
  await mkdir(path.dirname(directory), { recursive: true });
  // Not recursive, which would follow a link.
  await unlessPresent('mkdir', () => mkdir(directory, { mode: PRIVATE_DIRECTORY }));
  await requireOwn(backend, directory);
}

/** Accepts that something is there already, whoever created it. */
export async function unlessPresent(
  syscall: 'open' | 'mkdir',
  create: () => Promise<unknown>,
): Promise<void> {
  try {
    await create();
  } catch (error) {
    const problem = error as NodeJS.ErrnoException;
    if (problem.code !== 'EEXIST' || problem.syscall !== syscall) throw error;
  }
}

/** Others may write into the directory for temporary files: what they put there in advance must not be used. */
async function requireOwn(backend: string, file: string): Promise<void> {
  const found = await lstat(file);
  // Windows has no numbers for users; there the directory for temporary files is the user's own.
  const user = process.geteuid?.();
  const isOthers = user !== undefined && found.uid !== user;
  if (!found.isSymbolicLink() && !isOthers) return;
  const what = found.isSymbolicLink() ? 'is a symbolic link' : 'belongs to another user';
  const message = `${file} ${what} and is not used. Delete it, or choose another place for the cache`;
  throw new BackendError({ backend, operation: 'open', message });
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
