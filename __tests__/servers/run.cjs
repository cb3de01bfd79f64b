// One run of tests, as far as its servers are concerned: a folder in which every process notes the servers that it
// starts, and a process that ends what is noted there as soon as the run has ended, however it has ended.
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const { mkdirSync, mkdtempSync } = require('node:fs');
const os = require('node:os');
const path = require('node:path');

/** By it the processes of a run, such as the workers of Jest, find its folder. */
const VARIABLE = 'TEST_SERVERS_RUN';

let reaper;

function beginRun() {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'test-servers-'));
  for (const name of ['processes', 'shared']) mkdirSync(path.join(folder, name));
  // Of a process group of its own, so that the signal of Ctrl-C does not meet it before it has done its work.
  reaper = spawn(process.execPath, [path.join(__dirname, 'reaper.mjs'), folder], {
    detached: true,
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  reaper.stdin.on('error', () => undefined);
  reaper.stdin.unref?.();
  reaper.unref();
  process.env[VARIABLE] = folder;
}

exports.beginRun = beginRun;

exports.runFolder = () => {
  if (process.env[VARIABLE] === undefined) beginRun();
  return process.env[VARIABLE];
};

exports.endRun = async () => {
  if (reaper === undefined) return;
  const ended = once(reaper, 'exit');
  reaper.ref();
  reaper.stdin.end();
  await ended;
  reaper = undefined;
  delete process.env[VARIABLE];
};
