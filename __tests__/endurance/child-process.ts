import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { type CompiledLib, compileLib } from '../helpers/compiled-lib.js';

/** The library compiled for the tests of a file, which run it in processes of its own. */
export function useCompiledLib(): () => CompiledLib {
  let lib: CompiledLib | undefined;
  beforeAll(() => {
    lib = compileLib();
  });
  afterAll(() => lib?.remove());
  return () => {
    if (lib === undefined)
      throw new Error('The library is compiled before the tests, not before they are declared.');
    return lib;
  };
}

/**
 * Runs a program in a process of its own, to its end: it has to end by itself.
 * @param program a file in the folder of programs beside this file, or the absolute path of one
 * @param timeout milliseconds after which it is ended, which is a failure; undefined: none
 * @returns the JSON that it printed last
 */
export async function runProgram<T>(
  lib: CompiledLib,
  program: string,
  args: readonly string[],
  flags: readonly string[] = [],
  timeout?: number,
): Promise<T> {
  const file = path.resolve(__dirname, 'programs', program);
  const child = spawn(process.execPath, ['--no-warnings', ...flags, file, lib.directory, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout,
  });
  let printed = '';
  let errors = '';
  child.stdout.on('data', (text: Buffer) => (printed += text.toString()));
  child.stderr.on('data', (text: Buffer) => (errors += text.toString()));
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  if (code !== 0) throw new Error(`${program} ended with ${code ?? signal}:\n${errors}\n${printed}`);
  return JSON.parse(printed.trim().split('\n').at(-1) ?? '') as T;
}
