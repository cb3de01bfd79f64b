import {
  linkSync,
  mkdirSync,
  opendirSync,
  openSync,
  closeSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  unlinkSync,
} from 'node:fs';
import { rmdir } from 'node:fs/promises';
import path from 'node:path';
import { PRIVATE_DIRECTORY, PRIVATE_FILE } from '../../storage/private-files.js';

/*
 * What concerns only names, and not the contents of files, is done at once, as SQLite does it: it takes some microseconds, of
 * which handing it to another thread and back would make many times as much.
 */

/** Errors that say: there is no such file, or what has its name cannot be one of ours. */
const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP', 'ENXIO', 'ENAMETOOLONG']);
/** Names of a directory are read so many at a time. */
const NAMES_AT_ONCE = 256;
/** Others may have a file open for a moment, which on Windows keeps it from being replaced. */
const REPLACE_TRIES = process.platform === 'win32' ? 10 : 1;

export function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}

/** Whether the disk, or the user's part of it, is full. */
export function isFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes(codeOf(error) ?? '');
}

export function isAbsent(error: unknown): boolean {
  return ABSENT.has(codeOf(error) ?? '');
}

/** @returns undefined where there is nothing of the kind */
export function unlessAbsent<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** What a directory holds, each name once; nothing where it does not exist. */
export function namesOf(directory: string): string[] {
  const names = unlessAbsent(() => readdirSync(directory)) ?? [];
  // Some file systems show a name twice that is replaced meanwhile.
  return [...new Set(names)];
}

/** The same one after the other: for directories that may hold very many, of which only some are wanted. */
export function* eachName(directory: string): Generator<string, void, undefined> {
  const opened = unlessAbsent(() => opendirSync(directory, { bufferSize: NAMES_AT_ONCE }));
  if (opened === undefined) return;
  try {
    for (let entry = opened.readSync(); entry !== null; entry = opened.readSync()) yield entry.name;
  } finally {
    opened.closeSync();
  }
}

/** @returns false when it was not there */
export function removeFile(file: string): boolean {
  return (
    unlessAbsent(() => {
      unlinkSync(file);
      return true;
    }) ?? false
  );
}

/** For files that are swept away later where they cannot be removed. */
export function removeQuietly(file: string): void {
  try {
    removeFile(file);
  } catch {
    // It takes room until then.
  }
}

/** Removes a directory if it is empty, and lets it be otherwise. */
export function removeIfEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch {
    // It holds something, or is gone.
  }
}

/** As {@link removeIfEmpty}, on another thread: for those that may have been large. */
export async function removeIfEmptyAside(directory: string): Promise<void> {
  await rmdir(directory).catch(() => undefined);
}

export function createDirectory(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: PRIVATE_DIRECTORY });
}

/** Creates an empty file, and the directory that it is to be in; one that exists is emptied. */
export function createEmptyFile(file: string): void {
  inDirectory(file, () => closeSync(openSync(file, 'w', PRIVATE_FILE)));
}

/**
 * Puts a file in the place of another, or where there is none. Something else that is there, or a file where its directory
 * should be, is no doing of ours, and has to go. @throws ENOENT when there is nothing to put there
 */
export function replaceFile(from: string, to: string): void {
  try {
    inDirectory(to, () => renameStubbornly(from, to));
  } catch (error) {
    const code = codeOf(error);
    if (code === 'EISDIR') rmSync(to, { recursive: true, force: true });
    else if (code === 'ENOTDIR' || code === 'EEXIST') removeFile(path.dirname(to));
    else throw error;
    inDirectory(to, () => renameStubbornly(from, to));
  }
}

/** Gives a file one more name. @returns false when the new name is taken, 'impossible' when the file cannot have more names */
export function linkFile(from: string, to: string): boolean | 'impossible' {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    const code = codeOf(error);
    if (code === 'EEXIST') return false;
    if (code === 'ENOENT' || code === 'ENOTDIR' || isFull(error)) throw error;
    // Too many names already, or a file system without hard links.
    return 'impossible';
  }
}

/** Creates the directory of a file only when it turns out to be missing: that is rare. */
function inDirectory(file: string, call: () => void): void {
  try {
    call();
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    createDirectory(path.dirname(file));
    call();
  }
}

function renameStubbornly(from: string, to: string): void {
  for (let attempt = 1; ; attempt++) {
    try {
      renameSync(from, to);
      return;
    } catch (error) {
      const isBusy = ['EPERM', 'EACCES', 'EBUSY'].includes(codeOf(error) ?? '');
      if (!isBusy || attempt >= REPLACE_TRIES) throw error;
      // A few milliseconds in all; this must not be interrupted by other work of this process.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, attempt);
    }
  }
}
