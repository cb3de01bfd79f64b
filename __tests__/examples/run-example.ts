import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { PROJECT } from '../helpers/built-package.js';

const run = promisify(execFile);
const TS_NODE = path.join(PROJECT, 'node_modules/ts-node/dist/bin.js');

/** What an example has printed. */
export interface Printed {
  readonly lines: string[];
  readonly stderr: string;
}

/** Runs an example as a user does, on the built package. Fails when the example does. */
export async function runExample(name: string, env: NodeJS.ProcessEnv): Promise<Printed> {
  const { stdout, stderr } = await run(
    process.execPath,
    [TS_NODE, path.join(PROJECT, 'examples', `${name}.ts`)],
    { env, timeout: 60_000 },
  );
  return { lines: stdout.trim().split('\n'), stderr };
}
