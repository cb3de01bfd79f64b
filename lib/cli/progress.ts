import { Presets, SingleBar } from 'cli-progress';
import { monotonicMs } from '../clock.js';
import type { TerminalStream } from './output.js';
import { counted, roughBytes, roughDuration } from './text.js';

/** Shows how far something has come. */
export interface Progress {
  /** @param total undefined where nobody knows it; may change: others may have stored more meanwhile */
  update(done: number, total?: number): void;
  /** Makes room for what is written to the same terminal. */
  clear(): void;
  stop(): void;
}

/** What is counted, and how it is told. */
export type Amount = (done: number, total: number | undefined) => string;

export const responsesDone: Amount = (done, total) =>
  total === undefined
    ? counted(done, 'response')
    : `${done.toLocaleString('en-US')} of ${counted(total, 'response')}`;

export const bytesDone: Amount = (done, total) =>
  total === undefined ? roughBytes(done) : `${roughBytes(done)} of ${roughBytes(total)}`;

/** How far it has come. */
interface State {
  /** Undefined: it has only begun. */
  done: number | undefined;
  total: number | undefined;
}

/** Where it is told. */
interface Display {
  show(state: State): void;
  clear(): void;
  stop(): void;
  /** After how long it is told again. */
  next(): number;
}

/** What is done sooner needs no words. */
const PATIENCE_MS = 500;
/** Logs of what takes hours stay readable: lines come less and less often, up to this. */
const MOST_SELDOM_MS = 30_000;
const BAR_MS = 100;

export const SILENT: Progress = { update: () => undefined, clear: () => undefined, stop: () => undefined };

/** A bar on a terminal, now and then a line elsewhere; nothing of what is done in no time. */
export function progressOn(stream: TerminalStream, what: string, amount: Amount): Progress {
  const state: State = { done: undefined, total: undefined };
  const display = stream.isTTY === true ? new Bar(stream, what, amount) : new Lines(stream, what, amount);
  const show = (): void => {
    display.show(state);
    wait(display.next());
  };
  let timer: NodeJS.Timeout | undefined;
  const wait = (ms: number): void => {
    timer = setTimeout(show, ms);
    timer.unref();
  };
  wait(PATIENCE_MS);
  return {
    update: (done, total) => Object.assign(state, { done, total }),
    clear: () => display.clear(),
    stop: () => {
      clearTimeout(timer);
      display.stop();
    },
  };
}

/** `Reading: 12,000 of 100,000 responses (12%)` */
class Lines implements Display {
  readonly #stream: TerminalStream;
  readonly #what: string;
  readonly #amount: Amount;
  #intervalMs = PATIENCE_MS;

  constructor(stream: TerminalStream, what: string, amount: Amount) {
    this.#stream = stream;
    this.#what = what;
    this.#amount = amount;
  }

  show({ done, total }: State): void {
    if (done === undefined) {
      this.#stream.write(`${this.#what} …\n`);
      return;
    }
    const share = total === undefined || total === 0 ? '' : ` (${Math.floor((100 * done) / total)}%)`;
    this.#stream.write(`${this.#what}: ${this.#amount(done, total)}${share}\n`);
  }

  next(): number {
    this.#intervalMs = Math.min(2 * this.#intervalMs, MOST_SELDOM_MS);
    return this.#intervalMs;
  }

  clear(): void {
    // Lines stay.
  }

  stop(): void {
    // Nor is there anything to put away.
  }
}

/** A line that is written over. */
class Bar implements Display {
  readonly #stream: TerminalStream;
  readonly #what: string;
  readonly #amount: Amount;
  readonly #sinceMs = monotonicMs();
  #bar: SingleBar | undefined;
  #hasTotal = false;

  constructor(stream: TerminalStream, what: string, amount: Amount) {
    this.#stream = stream;
    this.#what = what;
    this.#amount = amount;
  }

  show({ done, total }: State): void {
    const hasTotal = total !== undefined;
    if (hasTotal !== this.#hasTotal) this.clear();
    this.#hasTotal = hasTotal;
    const told = {
      amount: done === undefined ? '…' : this.#amount(done, total),
      time: roughDuration((monotonicMs() - this.#sinceMs) / 1000),
    };
    if (this.#bar === undefined) {
      this.#bar = this.#newBar(hasTotal);
      this.#bar.start(total ?? 0, done ?? 0, told);
      return;
    }
    this.#bar.setTotal(total ?? 0);
    this.#bar.update(done ?? 0, told);
  }

  next(): number {
    return BAR_MS;
  }

  clear(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }

  stop(): void {
    this.clear();
  }

  #newBar(hasTotal: boolean): SingleBar {
    const bar = hasTotal ? ' {bar} {percentage}% |' : '';
    const format = `${this.#what}${bar} {amount} | {time}`;
    return new SingleBar(
      { stream: this.#stream, format, hideCursor: true, clearOnComplete: true, gracefulExit: false },
      Presets.shades_classic,
    );
  }
}
