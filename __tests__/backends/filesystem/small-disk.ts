import { execFileSync } from 'node:child_process';
import { aTemporaryDirectory } from '../../helpers/temporary-directory.js';

/** Room on a disk for a while. */
export interface Disk {
  /** From now on there is 1 MB. */
  limit(): void;
  /** From now on there is more. */
  lift(): void;
  unmount(): void;
}

const mount = (place: string): Buffer =>
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=777', 'tmpfs', place], { stdio: 'pipe' });

/** A real file system in a directory. */
export function aSmallDisk(place: string): Disk {
  return {
    limit: () => mount(place),
    lift: () => execFileSync('mount', ['-o', 'remount,size=20m', place]),
    unmount: () => execFileSync('umount', ['--lazy', place]),
  };
}

/** Says, for titles, why there can be no small disk: only who is allowed to mount can have one. */
export const mountProblem = ((): string | undefined => {
  const place = aTemporaryDirectory();
  try {
    mount(place.path());
    execFileSync('umount', [place.path()]);
    return undefined;
  } catch (error) {
    return ` (NOT TESTED, since this user must not mount a small disk: ${String(error).split('\n')[0]})`;
  } finally {
    place.remove();
  }
})();
