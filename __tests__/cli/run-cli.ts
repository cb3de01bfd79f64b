import { spawn } from 'node:child_process';
import path from 'node:path';
import { PROJECT } from '../helpers/built-package.js';

const CLI = path.join(PROJECT, 'dist', 'cli.mjs');
const LONGEST_RUN_MS = 60_000;

/** What a run of the command line has left. */
export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly bytes: Buffer;
  readonly stderr: string;
  /** Of the standard output, without the last line's end. */
  readonly lines: readonly string[];
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Uint8Array;
  /** Further arguments of Node. */
  readonly node?: readonly string[];
  /** Whether it may tell how far it has come: what it writes then depends on how busy the machine is. */
  readonly progress?: boolean;
}

/** What may take long. */
const WALKING = ['ls', 'show', 'stats', 'rm', 'prune', 'verify', 'export', 'import', 'copy', 'report'];

/** Runs the built command line as a user does, in a process of its own. */
export function cli(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { cwd, env = {}, input, node = [], progress = false } = options;
  const isSilent = !progress && args[0] !== 'help' && args.some((one) => WALKING.includes(one));
  const { NO_COLOR: _no, NODE_DEBUG: _debug, ...inherited } = process.env;
  const child = spawn(process.execPath, [...node, CLI, ...args, ...(isSilent ? ['--no-progress'] : [])], {
    cwd,
    env: { ...inherited, NODE_NO_WARNINGS: '1', ...env },
    timeout: LONGEST_RUN_MS,
    killSignal: 'SIGKILL',
  });
  // A command that needs no input may have ended before it was given any.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      const bytes = Buffer.concat(out);
      const stdout = bytes.toString();
      const lines = stdout === '' ? [] : stdout.replace(/\n$/, '').split('\n');
      resolve({ code, stdout, bytes, stderr: Buffer.concat(err).toString(), lines });
    });
  });
}

/** The objects of a command's lines of JSON. Fails where it has failed. */
export async function cliJson<T = Record<string, unknown>>(
  args: readonly string[],
  options?: RunOptions,
): Promise<T[]> {
  const { code, lines, stderr } = await cli(args, options);
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${stderr}`);
  return lines.map((line) => JSON.parse(line) as T);
}
