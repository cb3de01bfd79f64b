import { closeSync, openSync, readFileSync, renameSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { monotonicMs, systemClock } from '../../clock.js';
import { type MaybePromise } from '../../storage/backend.js';
import { PRIVATE_FILE } from '../../storage/private-files.js';
import { codeOf, createDirectory, isFull, linkFile, removeFile, unlessAbsent } from './files.js';
import { isGone, thisProcess } from './process-mark.js';

/** A lock that nobody has touched for so long belongs to a process that hangs, or that died on another machine. */
const ABANDONED_MS = 10_000;
/** After so long somebody who waits looks whether the process that holds the lock is still there. */
const SUSPICIOUS_MS = 200;
/** Who holds a lock for long touches it so often. */
const TOUCHED_EVERY_MS = 2000;
const SHORTEST_WAIT_MS = 1;
const LONGEST_WAIT_MS = 25;

/** The ends of the lines of those in this process who want to hold a lock for long, by its path. */
const lines = new Map<string, Promise<unknown>>();

/** A lock as somebody who waits has seen it. */
interface Seen {
  readonly id: string;
  /** By a clock that only goes forward. */
  readonly since: number;
  isLookedInto: boolean;
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
  #mark: string | undefined;

  /** @param newTemporary names a file that does not exist, in the same file system */
  constructor(directory: string, newTemporary: () => string, abandonedMs = ABANDONED_MS) {
    this.#directory = directory;
    this.#newTemporary = newTemporary;
    this.#abandonedMs = abandonedMs;
  }

  /** Calls a function while nobody else, in any process, holds the lock of that name: at once if it is free. */
  run<T>(name: string, work: () => T): MaybePromise<T> {
    const file = path.join(this.#directory, name);
    const go = (isHeld: boolean): T => {
      try {
        return work();
      } finally {
        if (isHeld) release(file);
      }
    };
    const state = this.#take(file);
    return state === 'busy' ? this.#acquire(file).then(go) : go(state === 'taken');
  }

  /** The same for work that takes longer. Within a process those who want the same lock stand in line. */
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
    const state = this.#take(file);
    const isHeld = state === 'busy' ? await this.#acquire(file) : state === 'taken';
    // It does not keep the process alive: a process that ends gives the lock up.
    const touching = setInterval(() => touch(file), TOUCHED_EVERY_MS).unref();
    try {
      return await work();
    } finally {
      clearInterval(touching);
      if (isHeld) release(file);
    }
  }

  /** @returns whether there is a lock to release */
  async #acquire(file: string): Promise<boolean> {
    let seen: Seen | undefined;
    for (let waitMs = SHORTEST_WAIT_MS; ; waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS)) {
      await new Promise((resolve) => setTimeout(resolve, waitMs * (0.5 + Math.random())));
      const state = this.#take(file);
      if (state !== 'busy') return state === 'taken';
      const id = identityOf(file);
      if (id === undefined) seen = undefined;
      else if (id !== seen?.id) seen = { id, since: monotonicMs(), isLookedInto: false };
      else if (this.#isAbandoned(file, seen)) this.#break(file, id);
    }
  }

  #isAbandoned(file: string, seen: Seen): boolean {
    const unchangedMs = monotonicMs() - seen.since;
    if (unchangedMs >= this.#abandonedMs) return true;
    if (unchangedMs < Math.min(SUSPICIOUS_MS, this.#abandonedMs) || seen.isLookedInto) return false;
    seen.isLookedInto = true;
    return isGone(unlessAbsent(() => readFileSync(file, 'utf8')));
  }

  /** Removes a lock that is abandoned; not the one of somebody who was quicker to break it. */
  #break(file: string, id: string): void {
    const aside = this.#newTemporary();
    const isMoved = unlessAbsent(() => {
      renameSync(file, aside);
      return true;
    });
    if (isMoved !== true) return;
    // The number of the file is the same as before; that it was renamed shows in its time.
    if (identityOf(aside)?.split(':')[0] !== id.split(':')[0]) linkFile(aside, file);
    removeFile(aside);
  }

  /**
   * Takes the lock if it is free.
   * @returns 'full' when the disk is: then nobody can store, and those who remove, which makes room, need no lock, since they
   * do no harm to each other
   */
  #take(file: string): 'taken' | 'busy' | 'full' {
    try {
      return this.#isCreated(file) ? 'taken' : 'busy';
    } catch (error) {
      if (isFull(error)) return 'full';
      if (codeOf(error) !== 'ENOENT') throw error;
    }
    // The directories have been deleted, or moved away with all that they held.
    this.#mark = undefined;
    createDirectory(this.#directory);
    return this.#isCreated(file) ? 'taken' : 'busy';
  }

  #isCreated(file: string): boolean {
    this.#mark ??= createMark(this.#newTemporary());
    const isLinked = linkFile(this.#mark, file);
    return isLinked === 'impossible' ? isCreated(file) : isLinked;
  }
}

/** A file that says which process this is. */
function createMark(file: string): string {
  createDirectory(path.dirname(file));
  try {
    writeFileSync(file, thisProcess(), { mode: PRIVATE_FILE });
    return file;
  } catch (error) {
    release(file);
    throw error;
  }
}

/** For file systems without further names. */
function isCreated(file: string): boolean {
  try {
    const lock = openSync(file, 'wx', PRIVATE_FILE);
    try {
      writeFileSync(lock, thisProcess());
    } finally {
      closeSync(lock);
    }
    return true;
  } catch (error) {
    const code = codeOf(error);
    // On Windows a file that is being deleted is there and is not.
    if (code === 'EEXIST' || (process.platform === 'win32' && code === 'EPERM')) return false;
    throw error;
  }
}

/** Changes with every one who takes the lock, and when it is touched. */
function identityOf(file: string): string | undefined {
  const found = unlessAbsent(() => statSync(file));
  return found && `${found.ino}:${found.ctimeMs}`;
}

function release(file: string): void {
  try {
    removeFile(file);
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
