import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { type FilesystemOptions } from '../../../lib/storage/options/filesystem.js';
import { type CompiledLib, compileLib } from '../../helpers/compiled-lib.js';
import { until } from '../../helpers/until.js';

/** See worker.cjs. */
export type Task = 'store' | 'increment' | 'hold' | 'use' | 'close';

/** A process that works on a store. */
export interface Worker {
  readonly child: ChildProcess;
  readonly exit: Promise<unknown[]>;
  output: string;
  errors: string;
}

/** Starts processes that use the library as it is, compiled. */
export class Workers {
  readonly #lib: CompiledLib = compileLib();
  readonly #children: ChildProcess[] = [];

  /** @param directory of the store */
  start(
    directory: string,
    task: Task,
    owner: string,
    times: number,
    options: FilesystemOptions = { fastSave: true },
  ): Worker {
    const args = [
      `${this.#lib.directory}/lib`,
      directory,
      task,
      owner,
      String(times),
      JSON.stringify(options),
    ];
    const child = spawn(process.execPath, [path.join(__dirname, 'worker.cjs'), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#children.push(child);
    const worker: Worker = { child, output: '', errors: '', exit: once(child, 'close') };
    child.stdout.on('data', (text: Buffer) => (worker.output += text.toString()));
    child.stderr.on('data', (text: Buffer) => (worker.errors += text.toString()));
    return worker;
  }

  killAll(): void {
    for (const child of this.#children.splice(0)) child.kill('SIGKILL');
  }

  remove(): void {
    this.#lib.remove();
  }
}

/** Waits until a worker has written so many characters; fails when it ends before. */
export async function hasWritten(worker: Worker, characters: number): Promise<void> {
  await until(async () => {
    if (worker.child.exitCode !== null) throw new Error(`A worker has ended: ${worker.errors}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
    return worker.output.length >= characters;
  });
}
