// Runs the checks that need no test at the same time: each uses one core. What they print comes one after the other.
import { spawn } from 'node:child_process';

const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';

function run(script) {
  return new Promise((resolve) => {
    const child = spawn(npm, ['run', '--silent', script], { stdio: ['ignore', 'pipe', 'pipe'] });
    const printed = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => printed.push(chunk));
    child.on('error', (error) => resolve({ script, status: 1, text: String(error) }));
    child.on('close', (status) => resolve({ script, status, text: Buffer.concat(printed).toString() }));
  });
}

const results = await Promise.all(['lint', 'typecheck', 'format:check', 'docs:check'].map(run));
for (const { script, status, text } of results) {
  console.log(`${script}: ${status === 0 ? 'passed' : 'FAILED'}\n${text}`.trimEnd());
}
process.exitCode = results.every(({ status }) => status === 0) ? 0 : 1;
