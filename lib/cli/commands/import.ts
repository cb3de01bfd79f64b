import { createReadStream, statSync } from 'node:fs';
import { isPointer } from '../../cache/redirect-pointers.js';
import { withTagNames } from '../../cache/stored-response.js';
import { type ArchiveFormat, formatOf, formatOption } from '../archive/format.js';
import { recordsOfHar } from '../archive/har.js';
import { recordsOfNdjson } from '../archive/ndjson.js';
import { type CommonOptions, type DefineCommand, newCommand, withStoreOptions } from '../command-line.js';
import { CommandFailure, EXIT } from '../failure.js';
import type { OpenedStore } from '../open-store.js';
import { bytesDone, type Progress } from '../progress.js';
import type { Runtime } from '../runtime.js';
import { counted } from '../text.js';

interface ImportOptions extends CommonOptions {
  readonly format?: ArchiveFormat | undefined;
}

/** `import`: what `export` has written. */
export const defineImport: DefineCommand = (program, runtime) => {
  const command = newCommand(
    program,
    'import <store> <file>',
    'Stores what export has written: the same records, to the byte. What is stored under the same key is replaced. "-" is standard input.',
    [
      'new_cache.sqlite import demo.har',
      'redis://localhost:6379 import demo.ndjson --cache-name my_app',
      'new_cache.sqlite import - --format ndjson < demo.ndjson',
    ],
  );
  withStoreOptions(command)
    .addOption(formatOption())
    .action(async (store: string, file: string, options: ImportOptions) => {
      const format = formatOf(file, options.format);
      // Before anything is created.
      if (file !== '-' && statSync(file, { throwIfNoEntry: false }) === undefined) {
        throw new CommandFailure(`There is no file ${file}`);
      }
      await runtime.withTarget(store, options, (opened) => importFrom(file, format, opened, runtime));
    });
};

async function importFrom(
  file: string,
  format: ArchiveFormat,
  { records }: OpenedStore,
  runtime: Runtime,
): Promise<void> {
  let imported = 0;
  let refused = 0;
  let foreign = 0;
  const importAll = async (progress: Progress): Promise<void> => {
    const input = inputOf(file, runtime, progress);
    const all = format === 'har' ? recordsOfHar(input, () => (foreign += 1)) : recordsOfNdjson(input);
    for await (const record of all) {
      runtime.stop.check();
      const isStored = await records.use('put', (backend) => backend.put(withTagNames(record)));
      if (!isStored) refused += 1;
      else if (!isPointer(record)) imported += 1;
    }
  };
  try {
    await runtime.withProgress('Importing', importAll, bytesDone);
  } finally {
    await runtime.notes.line(`${counted(imported, 'response')} imported`);
  }
  if (refused > 0) await runtime.notes.line(`${counted(refused, 'response')} larger than the store allows`);
  if (foreign > 0) {
    await runtime.notes.line(
      `${counted(foreign, 'entry', 'entries')} left out: written by another program, without what a cache must know`,
    );
  }
  if (refused + foreign > 0) runtime.exitCode = EXIT.failed;
}

async function* inputOf(
  file: string,
  { stdin }: Runtime,
  progress: Progress,
): AsyncGenerator<Uint8Array, void, undefined> {
  const total = file === '-' ? 0 : statSync(file).size;
  const stream = file === '-' ? stdin : createReadStream(file, { highWaterMark: 256 * 1024 });
  let done = 0;
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    done += chunk.byteLength;
    progress.update(done, total > 0 ? Math.max(done, total) : undefined);
    yield chunk;
  }
}
