import { once } from 'node:events';
import { createWriteStream, realpathSync, renameSync, rmSync, statSync, type WriteStream } from 'node:fs';
import path from 'node:path';
import type { Stop } from './stop.js';

/**
 * Writes a file that is there complete or not at all: under another name, until all is written. A link stays one, and what is no
 * file (a pipe, a device) is written to as it is: nothing may take its place.
 * @param pieces its content
 */
export async function writeWhole(
  file: string,
  pieces: AsyncIterable<string> | Iterable<string>,
  stop: Stop,
): Promise<void> {
  const present = statSync(file, { throwIfNoEntry: false });
  if (present !== undefined && !present.isFile()) return writeInto(file, pieces);
  const target = present === undefined ? file : realpathSync(file);
  const temporary = path.join(path.dirname(target), `.${path.basename(target)}.${process.pid}.part`);
  stop.willWrite(temporary);
  // What was stored for one user only is nobody else's to read.
  const stream = createWriteStream(temporary, { mode: 0o600 });
  try {
    await writeAll(stream, pieces);
    renameSync(temporary, target);
  } catch (error) {
    stream.destroy();
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    stop.hasWritten(temporary);
  }
}

async function writeInto(file: string, pieces: AsyncIterable<string> | Iterable<string>): Promise<void> {
  const stream = createWriteStream(file);
  try {
    await writeAll(stream, pieces);
  } finally {
    stream.destroy();
  }
}

async function writeAll(
  stream: WriteStream,
  pieces: AsyncIterable<string> | Iterable<string>,
): Promise<void> {
  await once(stream, 'open');
  for await (const piece of pieces) if (!stream.write(piece)) await once(stream, 'drain');
  stream.end();
  await once(stream, 'close');
}
