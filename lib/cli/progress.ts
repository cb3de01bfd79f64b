import { Presets, SingleBar } from 'cli-progress';
import type { TerminalStream } from './output.js';

/** Shows how far something has come. */
export interface Progress {
  /** Whether anybody sees it: counting what is to be done takes its time on a server. */
  readonly isShown: boolean;
  /** @param total may change: others may have stored more meanwhile */
  update(done: number, total: number): void;
  stop(): void;
}

const SILENT: Progress = { isShown: false, update: () => undefined, stop: () => undefined };

/** A bar on a terminal; nothing at all elsewhere, so that logs stay readable. */
export function progressOn(stream: TerminalStream, what: string): Progress {
  if (stream.isTTY !== true) return SILENT;
  const bar = new SingleBar(
    {
      stream: stream,
      format: `${what} {bar} {percentage}% | {value}/{total} | {duration_formatted}`,
      hideCursor: true,
      clearOnComplete: true,
      gracefulExit: false,
    },
    Presets.shades_classic,
  );
  let isStarted = false;
  return {
    isShown: true,
    update: (done, total) => {
      if (isStarted) {
        bar.setTotal(total);
        bar.update(done);
        return;
      }
      isStarted = true;
      bar.start(total, done);
    },
    stop: () => bar.stop(),
  };
}
