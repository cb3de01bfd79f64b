import { createInterface } from 'node:readline/promises';
import type { Readable } from 'node:stream';
import type { Clock } from '../clock.js';
import { EXIT, Interruption } from './failure.js';
import { openExisting, openForWriting, type OpenedStore } from './open-store.js';
import type { Output, TerminalStream } from './output.js';
import { type Amount, type Progress, progressOn, responsesDone, SILENT } from './progress.js';
import { locateStore, type StoreOptions } from './store-location.js';
import type { Stop } from './stop.js';

/** What commands need of the process that they run in. */
export interface Surrounding {
  readonly out: Output;
  /** For people: what is not the result itself. */
  readonly notes: Output;
  readonly stdin: Readable & { readonly isTTY?: boolean | undefined };
  readonly stderr: TerminalStream;
  readonly clock: Clock;
  readonly stop: Stop;
  /** Of this package. */
  readonly version: string;
  /** Whether the user wants to be told how far it has come. */
  readonly tellsProgress: boolean;
}

/** One run of a command. */
export class Runtime {
  readonly out: Output;
  readonly notes: Output;
  readonly stdin: Surrounding['stdin'];
  readonly clock: Clock;
  readonly stop: Stop;
  readonly version: string;
  /** What no message may show. */
  readonly secrets = new Set<string>();
  exitCode: number = EXIT.ok;
  readonly #stderr: TerminalStream;
  readonly #tellsProgress: boolean;

  constructor(surrounding: Surrounding) {
    this.out = surrounding.out;
    this.notes = surrounding.notes;
    this.stdin = surrounding.stdin;
    this.clock = surrounding.clock;
    this.stop = surrounding.stop;
    this.version = surrounding.version;
    this.#stderr = surrounding.stderr;
    this.#tellsProgress = surrounding.tellsProgress;
  }

  /** Opens a store for as long as the work takes. @throws CommandFailure where there is none */
  async withStore<T>(
    name: string,
    options: StoreOptions,
    work: (store: OpenedStore) => Promise<T>,
  ): Promise<T> {
    return this.#during(await openExisting(this.#locate(name, options), this.clock), work);
  }

  /** Likewise, but creates it where it is not there. */
  async withTarget<T>(
    name: string,
    options: StoreOptions,
    work: (store: OpenedStore) => Promise<T>,
  ): Promise<T> {
    return this.#during(openForWriting(this.#locate(name, options), this.clock), work);
  }

  /**
   * Tells how far the work has come, for as long as it takes.
   * @param what undefined: the user does not want to know
   */
  async withProgress<T>(
    what: string | undefined,
    work: (progress: Progress) => Promise<T>,
    amount: Amount = responsesDone,
  ): Promise<T> {
    if (what === undefined || !this.#tellsProgress) return work(SILENT);
    const progress = progressOn(this.#stderr, what, amount);
    for (const output of [this.out, this.notes]) output.beforeWriting(() => progress.clear());
    try {
      return await work(progress);
    } finally {
      progress.stop();
    }
  }

  /** Whether somebody is there to be asked. */
  get isAttended(): boolean {
    return this.stdin.isTTY === true && this.#stderr.isTTY === true;
  }

  /** An end of the input means no. @throws Interruption for Ctrl-C, of which a terminal that is asked makes no signal */
  async confirms(question: string): Promise<boolean> {
    const dialogue = createInterface({ input: this.stdin, output: this.#stderr });
    try {
      return await new Promise<boolean>((resolve, reject) => {
        dialogue.once('SIGINT', () => reject(new Interruption()));
        dialogue.once('close', () => resolve(false));
        dialogue
          .question(`${question} [y/N] `)
          .then((answer) => resolve(/^y(es)?$/i.test(answer.trim())), reject);
      });
    } finally {
      dialogue.close();
    }
  }

  #locate(name: string, options: StoreOptions) {
    const location = locateStore(name, options);
    for (const secret of location.secrets) this.secrets.add(secret);
    return location;
  }

  async #during<T>(store: OpenedStore, work: (store: OpenedStore) => Promise<T>): Promise<T> {
    try {
      return await work(store);
    } finally {
      // What it fails with, when the work has failed as well, is of less interest.
      await store.backend.close();
    }
  }
}
