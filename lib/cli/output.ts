import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { OutputClosed } from './failure.js';
import { Style } from './style.js';

/** A stream as a command line has it. */
export type TerminalStream = Writable & {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
};

/** Where a command writes to. Waits where the reader is slow, so that nothing piles up in memory. */
export class Output {
  readonly isTerminal: boolean;
  readonly style: Style;
  readonly #stream: TerminalStream;
  #failure: Error | undefined;
  #onWrite: () => void = () => undefined;

  constructor(stream: TerminalStream, hasColours: boolean) {
    this.#stream = stream;
    this.isTerminal = stream.isTTY === true;
    this.style = new Style(hasColours);
    stream.on('error', (error: NodeJS.ErrnoException) => {
      this.#failure ??= error.code === 'EPIPE' ? new OutputClosed() : error;
    });
  }

  /** On a terminal, what is shown there for a while makes room first. */
  beforeWriting(listener: () => void): void {
    if (this.isTerminal) this.#onWrite = listener;
  }

  /** @throws OutputClosed when nobody reads it any more */
  async write(content: string | Uint8Array): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    this.#onWrite();
    if (this.#stream.write(content)) return;
    try {
      await once(this.#stream, 'drain');
    } catch (error) {
      throw this.#failure ?? error;
    }
  }

  line(text = ''): Promise<void> {
    return this.write(`${text}\n`);
  }

  /** Waits until all has been handed over. */
  async end(): Promise<void> {
    if (this.#failure !== undefined || this.#stream.writableLength === 0) return;
    await new Promise<void>((resolve) => this.#stream.write('', () => resolve()));
  }
}

/** Whether colours are wanted: by a terminal, unless the user has said no. @see https://no-color.org */
export function wantsColours(
  stream: TerminalStream,
  env: Readonly<Record<string, string | undefined>>,
  isAllowed: boolean,
): boolean {
  const isRefused = !isAllowed || (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb';
  return stream.isTTY === true && !isRefused;
}
