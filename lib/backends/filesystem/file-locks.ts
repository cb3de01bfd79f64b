import {
  closeSync,
  fstatSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { monotonicMs, systemClock } from '../../clock.js';
import type { MaybePromise } from '../../storage/backend.js';
import { PRIVATE_FILE } from '../../storage/private-files.js';
import { codeOf, createDirectory, isFull, linkFile, removeFile, unlessAbsent } from './files.js';
import { isGone, thisProcess } from './process-mark.js';

/** A lock that nobody has touched for so long belongs to a process that hangs, or that died on another machine. */
const ABANDONED_MS = 10_000;
/** So often somebody who waits looks whether the process that holds the lock is still there. */
const SUSPICIOUS_MS = 200;
/** Who holds a lock for long touches it so often. */
const TOUCHED_EVERY_MS = 2000;
const SHORTEST_WAIT_MS = 1;
const LONGEST_WAIT_MS = 25;

/** The ends of the lines of those in this process who want to hold a lock for long, by its path. */
const lines = new Map<string, Promise<unknown>>();

/** A file that is a lock, or says who holds one. */
interface LockFile {
  readonly file: string;
  /** The file's number: another one may have the same name later. */
  readonly ino: number;
}

/** An error: the disk is full, so that there can be no lock. */
type Taken = LockFile | Error;

/** A lock as somebody who waits has seen it. */
interface Seen {
  readonly id: Identity;
  /** By a clock that only goes forward. */
  readonly since: number;
  lookedIntoAt: number;
}

/**
 * Locks between processes. A lock is a file that only one can create: a further name of one that says who holds it, since
 * that costs least.
 *
 * A process that does not run for 10 seconds while it holds a lock, and then goes on, may overwrite a record that another
 * has changed meanwhile: files cannot be kept from it. Even then every record is whole.
 */
export class FileLocks {
  readonly #directory: string;
  readonly #newTemporary: () => string;
  readonly #abandonedMs: number;
  /** The file that says who holds the locks of this object. */
  #mark: LockFile | undefined;

  /** @param newTemporary names a file that does not exist, in the same file system */
  constructor(directory: string, newTemporary: () => string, abandonedMs = ABANDONED_MS) {
    this.#directory = directory;
    this.#newTemporary = newTemporary;
    this.#abandonedMs = abandonedMs;
  }

  /**
   * Calls a function while nobody else, in any process, holds the lock of that name: at once if it is free.
   * @param whenFull what to do when the disk is full, so that there can be no lock. Then nobody can store; those who remove,
   * which makes room, do no harm to each other
   */
  run<T>(name: string, work: () => T, whenFull: 'go on' | 'fail'): MaybePromise<T> {
    const file = path.join(this.#directory, name);
    const go = (taken: Taken): T => {
      if (taken instanceof Error && whenFull === 'fail') throw taken;
      try {
        return work();
      } finally {
        release(taken);
      }
    };
    const taken = this.#take(file);
    return taken === 'busy' ? this.#acquire(file).then(go) : go(taken);
  }

  /**
   * The same for work that takes longer, and that goes on when the disk is full. Within a process those who want the same lock
   * stand in line.
   */
  async hold<T>(name: string, work: () => Promise<T>): Promise<T> {
    const file = path.join(this.#directory, name);
    const running = this.#inTurn(lines.get(file), file, work);
    lines.set(file, running);
    try {
      return await running;
    } finally {
      if (lines.get(file) === running) lines.delete(file);
    }
  }

  close(): void {
    if (this.#mark !== undefined) release(this.#mark);
    this.#mark = undefined;
  }

  async #inTurn<T>(before: Promise<unknown> | undefined, file: string, work: () => Promise<T>): Promise<T> {
    await before?.catch(() => undefined);
    const atOnce = this.#take(file);
    const taken = atOnce === 'busy' ? await this.#acquire(file) : atOnce;
    // It does not keep the process alive: a process that ends gives the lock up.
    const touching = setInterval(() => touch(file), TOUCHED_EVERY_MS).unref();
    try {
      return await work();
    } finally {
      clearInterval(touching);
      release(taken);
    }
  }

  async #acquire(file: string): Promise<Taken> {
    let seen: Seen | undefined;
    for (let waitMs = SHORTEST_WAIT_MS; ; waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS)) {
      await new Promise((resolve) => setTimeout(resolve, waitMs * (0.5 + Math.random())));
      const taken = this.#take(file);
      if (taken !== 'busy') return taken;
      const id = identityOf(file);
      if (id === undefined) seen = undefined;
      else if (seen === undefined || !isSame(id, seen.id) || id.ctimeMs !== seen.id.ctimeMs) {
        const since = monotonicMs();
        seen = { id, since, lookedIntoAt: since };
      } else if (this.#isAbandoned(file, seen)) this.#break(file, id);
    }
  }

  #isAbandoned(file: string, seen: Seen): boolean {
    const now = monotonicMs();
    if (now - seen.since >= this.#abandonedMs) return true;
    if (now - seen.lookedIntoAt < SUSPICIOUS_MS) return false;
    seen.lookedIntoAt = now;
    return isGone(unlessAbsent(() => readFileSync(file, 'utf8')));
  }

  /** Removes a lock that is abandoned; not the one of somebody who was quicker to break it. */
  #break(file: string, id: Identity): void {
    const aside = this.#newTemporary();
    const isMoved = unlessAbsent(() => {
      renameSync(file, aside);
      return true;
    });
    if (isMoved !== true) return;
    const moved = identityOf(aside);
    if (moved !== undefined && !isSame(moved, id)) linkFile(aside, file);
    removeFile(aside);
  }

  /** Takes the lock if it is free. */
  #take(file: string): Taken | 'busy' {
    try {
      return this.#create(file);
    } catch (error) {
      if (isFull(error)) return error as Error;
      if (codeOf(error) !== 'ENOENT') throw error;
    }
    // The directories have been deleted, or moved away with all that they held.
    this.#mark = undefined;
    createDirectory(this.#directory);
    return this.#create(file);
  }

  #create(file: string): LockFile | 'busy' {
    this.#mark ??= createMark(this.#newTemporary());
    const isLinked = linkFile(this.#mark.file, file);
    if (isLinked === 'impossible') return createLock(file);
    return isLinked ? { file, ino: this.#mark.ino } : 'busy';
  }
}

/** A file that says which process this is. */
function createMark(file: string): LockFile {
  createDirectory(path.dirname(file));
  return createFile(file);
}

/** For file systems without further names. */
function createLock(file: string): LockFile | 'busy' {
  try {
    return createFile(file);
  } catch (error) {
    const code = codeOf(error);
    // On Windows a file that is being deleted is there and is not.
    if (code === 'EEXIST' || (process.platform === 'win32' && code === 'EPERM')) return 'busy';
    throw error;
  }
}

/** @throws EEXIST when it is there; nothing is left behind when it cannot be written */
function createFile(file: string): LockFile {
  const descriptor = openSync(file, 'wx', PRIVATE_FILE);
  const created = { file, ino: fstatSync(descriptor).ino };
  try {
    writeFileSync(descriptor, thisProcess());
    return created;
  } catch (error) {
    release(created);
    throw error;
  } finally {
    closeSync(descriptor);
  }
}

interface Identity {
  readonly ino: number;
  /** When it was created or touched. */
  readonly mtimeMs: number;
  /** Changes also with every one who takes the lock, and when it is renamed. */
  readonly ctimeMs: number;
}

function identityOf(file: string): Identity | undefined {
  return unlessAbsent(() => statSync(file));
}

function isSame(one: Identity, other: Identity): boolean {
  return one.ino === other.ino && one.mtimeMs === other.mtimeMs;
}

/** Removes the lock, unless it was taken away and somebody else has it now. */
function release(taken: Taken): void {
  if (taken instanceof Error) return;
  try {
    if (identityOf(taken.file)?.ino === taken.ino) removeFile(taken.file);
  } catch {
    // It is broken by whoever wants it next.
  }
}

function touch(file: string): void {
  try {
    const seconds = systemClock.now() / 1000;
    utimesSync(file, seconds, seconds);
  } catch {
    // Then others may think that it is abandoned, which they would be right about when this process hangs.
  }
}
