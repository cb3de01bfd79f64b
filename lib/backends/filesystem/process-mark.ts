import { readlinkSync } from 'node:fs';
import os from 'node:os';

/** Where the numbers of processes mean the same: one machine, or one container on it. */
function whereNumbersCount(): string {
  try {
    return `${os.hostname()} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return os.hostname();
  }
}

let place: string | undefined;

/** Says which process this is, to others on this machine. */
export function thisProcess(): string {
  place ??= whereNumbersCount();
  return `${process.pid} ${place}`;
}

/** Whether a mark is that of a process of this machine that has ended. False where that cannot be told. */
export function isGone(mark: string | undefined): boolean {
  const [, pid = '', where = ''] = /^(\d{1,10}) (.+)$/.exec(mark ?? '') ?? [];
  place ??= whereNumbersCount();
  if (where !== place) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
