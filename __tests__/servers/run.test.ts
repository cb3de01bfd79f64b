import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { aTemporaryDirectory, type TemporaryDirectory } from '../helpers/temporary-directory.js';

jest.setTimeout(60_000);

let directory: TemporaryDirectory;
beforeEach(() => {
  directory = aTemporaryDirectory();
});
afterEach(() => directory.remove());

/** Begins a run, notes a process in it as servers are noted, tells of both, and goes on for ever. */
const PROGRAM = `
  const { spawn } = require('node:child_process');
  const { mkdirSync, writeFileSync } = require('node:fs');
  const { runFolder, endRun } = require(${JSON.stringify(path.join(__dirname, 'run.cjs'))});
  const folder = runFolder();
  const { pid } = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore', detached: true });
  const directory = process.argv[1] + '/data';
  mkdirSync(directory);
  writeFileSync(folder + '/processes/a.json', JSON.stringify({ pid, directory }));
  console.log(JSON.stringify({ folder, pid, directory }));
  process.on('message', async () => { await endRun(); process.send('ended'); });
  setInterval(() => {}, 1000);
`;

interface Run {
  readonly child: ChildProcess;
  readonly folder: string;
  readonly pid: number;
  readonly directory: string;
}

async function aRun(): Promise<Run> {
  const { TEST_SERVERS_RUN: _ours, ...env } = process.env;
  const child = spawn(process.execPath, ['-e', PROGRAM, directory.path()], {
    env,
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const [line] = (await once(child.stdout as NodeJS.EventEmitter, 'data')) as [Buffer];
  return { child, ...(JSON.parse(line.toString()) as Omit<Run, 'child'>) };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function isGone({ folder, pid, directory: data }: Run): Promise<void> {
  for (const deadline = Date.now() + 20_000; isAlive(pid) || existsSync(data) || existsSync(folder);) {
    if (Date.now() > deadline)
      throw new Error('The server, its data or the folder of the run are still there.');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

it.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)(
  'servers end, and their data go, when the process of the run ends by %s',
  async (signal) => {
    const run = await aRun();
    expect(isAlive(run.pid)).toBe(true);
    expect(readdirSync(run.folder).sort()).toEqual(['processes', 'shared']);
    expect(path.dirname(run.folder)).toBe(os.tmpdir());
    run.child.kill(signal);
    await isGone(run);
  },
);

it('servers have ended when the run has been ended', async () => {
  const run = await aRun();
  run.child.send('end');
  await once(run.child, 'message');
  expect(existsSync(run.folder)).toBe(false);
  expect(existsSync(run.directory)).toBe(false);
  await isGone(run);
  run.child.kill('SIGKILL');
  await once(run.child, 'exit');
});

it('no process is ended that has only the number of one that was noted', async () => {
  const run = await aRun();
  const { writeFileSync } = await import('node:fs');
  const note = { pid: run.pid, beginning: '1', directory: run.directory };
  if (process.platform !== 'linux') return;
  writeFileSync(path.join(run.folder, 'processes', 'a.json'), JSON.stringify(note));
  run.child.send('end');
  await once(run.child, 'message');
  expect(isAlive(run.pid)).toBe(true);
  process.kill(run.pid, 'SIGKILL');
  run.child.kill('SIGKILL');
  await once(run.child, 'exit');
});
