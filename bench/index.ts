/**
 * Measures:
 *
 *     npm run bench -- backends [--only memory,sqlite] [--entries 100000] [--rounds 15]
 *     npm run bench -- serializers [--rounds 15]
 *     npm run bench -- speed [--rounds 21] [--rivals none]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { benchBackends } from './backends/index.js';
import { benchSerializers } from './serializers.js';

const PARTS: Readonly<Record<string, (args: readonly string[]) => Promise<void>>> = {
  backends: benchBackends,
  serializers: benchSerializers,
  speed: benchSpeed,
};

/** In a process of its own, without what loads TypeScript here. */
async function benchSpeed(args: readonly string[]): Promise<void> {
  const script = path.join(__dirname, 'speed', 'run.mjs');
  const child = spawn(process.execPath, [script, ...args], { stdio: 'inherit' });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`The measurement has failed (${code}).`);
}

async function main(): Promise<void> {
  const [name = '', ...args] = process.argv.slice(2);
  const part = Object.hasOwn(PARTS, name) ? PARTS[name] : undefined;
  if (part === undefined) throw new Error(`Say what to measure: ${Object.keys(PARTS).join(', ')}`);
  await part(args);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
