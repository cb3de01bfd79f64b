// node bench/speed/run.mjs [--rounds 21] [--rivals none|all]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { floor, ours, plainAxios, RIVALS } from './subjects.mjs';
import { inTurns } from './timing.mjs';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '21' }, rivals: { type: 'string', default: 'all' } },
});
const rounds = Number(values.rounds);
const SIZES = [1000, 32_000, 512_000];

const origin = spawn(process.execPath, [fileURLToPath(new URL('origin.mjs', import.meta.url))], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
const [port] = await once(origin.stdout, 'data');
const url = `http://127.0.0.1:${String(port).trim()}`;

const rivals = [];
for (const make of values.rivals === 'none' ? [] : Object.values(RIVALS)) rivals.push(await make());
const mine = [ours('memory'), ours('sqlite'), ours('filesystem')];

console.log('hits, median microseconds and ratio to axios answered at once');
for (const size of SIZES) {
  const subjects = [floor(), ...mine, ...rivals];
  const contestants = subjects.map(({ name, get }) => ({ name, run: () => get(`${url}/${size}/hit`) }));
  for (const { run } of contestants) await run();
  show(size, await inTurns(contestants, rounds));
}

console.log('misses, ratio to axios without a cache');
for (const size of SIZES) {
  let number = 0;
  const subjects = [plainAxios(), ...mine, ...rivals.slice(0, 2)];
  const contestants = subjects.map(({ name, get }) => ({
    name,
    run: () => get(`${url}/${size}/miss${number++}`),
  }));
  show(size, await inTurns(contestants, rounds));
}

function show(size, results) {
  console.log(`  ${size} bytes`);
  for (const { name, micros, ratio } of results) {
    console.log(`    ${name.padEnd(36)} ${micros.toFixed(1).padStart(9)} ${ratio.toFixed(3).padStart(8)}`);
  }
}

for (const { close } of [...mine, ...rivals]) await close();
origin.stdin.end();
