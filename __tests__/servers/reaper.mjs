// Waits for the end of the process that has started it, which holds the other end of its standard input, and then ends
// the servers of the run that are still there. Its argument is the folder of the run.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';

const [, , folder] = process.argv;

/** When a process began, where the system tells: numbers of processes are given away again. */
function beginningOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[19];
  } catch {
    return undefined;
  }
}

function end({ pid, beginning, directory }) {
  if (beginning === undefined || beginning === beginningOf(pid)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended already.
    }
  }
  rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}

function reap() {
  const processes = path.join(folder, 'processes');
  for (const name of readdirSync(processes).filter((one) => one.endsWith('.json'))) {
    try {
      end(JSON.parse(readFileSync(path.join(processes, name), 'utf8')));
    } catch (error) {
      console.error(`A server of the tests may be left behind: ${error.message}`);
    }
  }
  rmSync(folder, { recursive: true, force: true });
}

// Nothing but the end of the other process ends this one.
for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM']) process.on(signal, () => undefined);
process.stdin.on('error', () => undefined);
process.stdin.once('close', reap);
process.stdin.resume();
