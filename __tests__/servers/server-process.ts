import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { runFolder } from './run.cjs';

const HOST = '127.0.0.1';
/** Below the ports that the system gives to clients: one of those could hold the port of a server that is to come back. */
const PORTS = { first: 20_000, count: 12_000 };
const STARTS = 5;
const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 10_000;
const POLL_MS = 10;
const RESTART_PAUSE_MS = 100;

/** How a server is started. */
export interface ServerCommand {
  readonly program: string;
  /** @param directory for its data, absolute, there already, and the working directory */
  readonly args: (port: number, directory: string) => readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Files that lie in its directory before it starts, such as its configuration: content by name. */
  readonly files?: Readonly<Record<string, string>>;
  /** Whether the server answers. Default: it accepts connections. */
  readonly answers?: (port: number) => Promise<boolean>;
  /** The one port at which it is to listen; undefined: one that is free. */
  readonly port?: number | undefined;
  /** Added to every port: a cluster's nodes have a second one, 10,000 above the first, which is to be in the range. */
  readonly portOffset?: number;
}

/** A server of a test's own. */
export interface OwnServer {
  readonly port: number;
  /** Of the process that runs now, or ran last. */
  readonly pid: number;
  /** Whether the process runs; a paused one does. */
  readonly isRunning: boolean;
  /** Ends it for good, and deletes its data. May be called again. */
  stop(): Promise<void>;
  /** Ends it as its operator would (SIGTERM), in ten seconds at most; its data stay. */
  halt(): Promise<void>;
  /** Ends it as a crash would (SIGKILL); what it has on the disk stays. */
  kill(): Promise<void>;
  /** Stops the process where it stands (SIGSTOP): connections stay open and new ones are accepted by the system, but nothing is answered. */
  pause(): void;
  /** Lets it go on (SIGCONT). */
  resume(): void;
  /** Starts it again, at the same port and with the same data directory, after it was ended if it runs. Resolves when it answers. */
  restart(): Promise<void>;
  /** What it has written to its standard outputs. */
  log(): string;
}

/** Starts a server on 127.0.0.1 at a port that is free. It ends with the test run at the latest. */
export async function startServer(name: string, command: ServerCommand): Promise<OwnServer> {
  for (let start = 1; ; start += 1) {
    const directory = mkdtempSync(path.join(os.tmpdir(), `${name}-`));
    const port = command.port ?? (await freePort(command.portOffset));
    const server = new ServerProcess(name, command, port, directory);
    try {
      await server.start();
      return server;
    } catch (error) {
      await server.stop();
      // Somebody else may have taken the port meanwhile.
      if (start === STARTS) throw error;
    }
  }
}

class ServerProcess implements OwnServer {
  readonly #name: string;
  readonly #command: ServerCommand;
  readonly #directory: string;
  readonly port: number;
  #child: ChildProcess | undefined;
  #pid = 0;
  #isDeleted = false;

  constructor(name: string, command: ServerCommand, port: number, directory: string) {
    this.#name = name;
    this.#command = command;
    this.port = port;
    this.#directory = directory;
  }

  get pid(): number {
    return this.#pid;
  }

  get isRunning(): boolean {
    return this.#child !== undefined && hasNotEnded(this.#child);
  }

  async start(): Promise<void> {
    if (this.#isDeleted) throw new Error(`${this.#name} was stopped for good.`);
    // Whoever answers at it would be taken for this server.
    if (!(await isFree(this.port))) throw new Error(`${this.#name}: port ${this.port} is taken`);
    const { program, args, env, files = {} } = this.#command;
    const data = path.join(this.#directory, 'data');
    mkdirSync(data, { recursive: true });
    for (const [name, content] of Object.entries(files)) writeFileSync(path.join(data, name), content);
    const log = openSync(this.#logFile(), 'a');
    const child = spawn(program, args(this.port, data), {
      cwd: data,
      env: { ...process.env, ...env },
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    this.#child = child;
    let failure: Error | undefined;
    child.once('error', (error) => (failure = error));
    if (child.pid !== undefined) {
      this.#pid = child.pid;
      this.#note(child);
    }
    // A server that a test has forgotten keeps no test process from ending.
    child.unref();
    const answers = this.#command.answers ?? accepts;
    for (const deadline = Date.now() + START_LIMIT_MS; ;) {
      if (await answers(this.port)) {
        if (hasNotEnded(child)) return;
      }
      if (failure !== undefined) throw failure;
      if (!hasNotEnded(child) || Date.now() > deadline) {
        const end = hasNotEnded(child)
          ? 'does not answer'
          : `ended with ${child.exitCode ?? child.signalCode}`;
        throw new Error(`${this.#name} ${end}: ${this.log().trim().slice(-600)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  async stop(): Promise<void> {
    this.#isDeleted = true;
    // Its data go: it has nothing to bring in order.
    await this.#end('SIGKILL');
    rmSync(this.#directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    rmSync(this.#noteFile(), { force: true });
  }

  async halt(): Promise<void> {
    await this.#end('SIGTERM');
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  pause(): void {
    this.#signal('SIGSTOP');
  }

  resume(): void {
    this.#signal('SIGCONT');
  }

  async restart(): Promise<void> {
    await this.halt();
    for (let start = 1; ; start += 1) {
      try {
        return await this.start();
      } catch (error) {
        await this.kill();
        if (this.#isDeleted || start === STARTS) throw error;
        await new Promise((resolve) => setTimeout(resolve, RESTART_PAUSE_MS));
      }
    }
  }

  log(): string {
    try {
      return readFileSync(this.#logFile(), 'utf8');
    } catch {
      return '';
    }
  }

  #signal(signal: NodeJS.Signals): void {
    if (!this.isRunning) throw new Error(`${this.#name} does not run.`);
    this.#child?.kill(signal);
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.pid === undefined || !hasNotEnded(child)) return;
    const exit = once(child, 'exit');
    child.ref();
    child.kill(signal);
    // A process that is paused hears of it only when it goes on.
    child.kill('SIGCONT');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
    const late = AbortSignal.timeout(2 * STOP_LIMIT_MS);
    const isLate = once(late, 'abort').then(() => {
      throw new Error(`${this.#name} (process ${child.pid}) does not end.`);
    });
    await Promise.race([exit, isLate]);
    clearTimeout(timer);
  }

  #logFile(): string {
    return path.join(this.#directory, 'server.log');
  }

  #noteFile(): string {
    return path.join(runFolder(), 'processes', `${path.basename(this.#directory)}.json`);
  }

  /** So that it does not outlive the run, whatever becomes of this process. */
  #note(child: ChildProcess): void {
    const note = {
      pid: child.pid,
      beginning: beginningOf(child.pid ?? 0),
      directory: this.#directory,
    };
    writeFileSync(this.#noteFile(), JSON.stringify(note));
  }
}

function hasNotEnded(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

/** When a process began, where the system tells: numbers of processes are given away again. */
function beginningOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[19];
  } catch {
    return undefined;
  }
}

/** Whether something accepts connections at a port of this machine. */
export function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, HOST);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** A port of 127.0.0.1 at which nobody listens, of those that the system gives to no client. */
export async function freePort(offset = 0): Promise<number> {
  for (;;) {
    const port = PORTS.first + offset + Math.floor(Math.random() * PORTS.count);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, HOST, () => server.close(() => resolve(true)));
  });
}
