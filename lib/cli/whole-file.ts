import { once } from 'node:events';
import { createWriteStream, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { type Stop } from './stop.js';

/**
 * Writes a file that is there complete or not at all: under another name, until all is written.
 * @param pieces its content
 */
export async function writeWhole(
  file: string,
  pieces: AsyncIterable<string> | Iterable<string>,
  stop: Stop,
): Promise<void> {
  const temporary = path.join(path.dirname(file), `.${path.basename(file)}.${process.pid}.part`);
  stop.willWrite(temporary);
  // What was stored for one user only is nobody else's to read.
  const stream = createWriteStream(temporary, { mode: 0o600 });
  try {
    const opened = once(stream, 'open');
    await opened;
    for await (const piece of pieces) if (!stream.write(piece)) await once(stream, 'drain');
    stream.end();
    await once(stream, 'close');
    renameSync(temporary, file);
  } catch (error) {
    stream.destroy();
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    stop.hasWritten(temporary);
  }
}
