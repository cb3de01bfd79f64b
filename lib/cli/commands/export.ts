import { type ArchiveFormat, formatOf, formatOption } from '../archive/format.js';
import { harOf } from '../archive/har.js';
import { ndjsonOf } from '../archive/ndjson.js';
import { type Exported, exportedRecords } from '../archive/records.js';
import {
  type DefineCommand,
  newCommand,
  type SelectingOptions,
  withSelectionOptions,
  withStoreOptions,
} from '../command-line.js';
import { EXIT } from '../failure.js';
import type { OpenedStore } from '../open-store.js';
import type { Runtime } from '../runtime.js';
import { selectionOf } from '../selection.js';
import { counted, isoTime } from '../text.js';
import { UnreadableNote } from '../unreadable-note.js';
import { writeWhole } from '../whole-file.js';

interface ExportOptions extends SelectingOptions {
  readonly format?: ArchiveFormat | undefined;
}

/** `export`: responses with their bodies into a file. */
export const defineExport: DefineCommand = (program, runtime) => {
  const command = newCommand(
    program,
    'export <store> <file>',
    'Writes responses with their bodies into a file: a HAR, which developer tools of browsers open, or NDJSON. ' +
      'Either is imported again exactly. "-" is standard output.',
    [
      'demo_cache.sqlite export demo.har',
      "demo_cache.sqlite export users.ndjson --url 'api.example.com/users*'",
      'demo_cache.sqlite export - --format ndjson | gzip > demo.ndjson.gz',
    ],
  );
  withStoreOptions(withSelectionOptions(command))
    .addOption(formatOption())
    .action(async (store: string, file: string, options: ExportOptions) => {
      const format = formatOf(file, options.format);
      await runtime.withStore(store, options, (opened) => exportTo(file, format, opened, options, runtime));
    });
};

async function exportTo(
  file: string,
  format: ArchiveFormat,
  store: OpenedStore,
  options: ExportOptions,
  runtime: Runtime,
): Promise<void> {
  const now = runtime.clock.now();
  const unreadable = new UnreadableNote();
  const progress = runtime.progress('Exporting');
  const total = progress.isShown ? await store.records.count() : 0;
  let exported = 0;
  async function* countedRecords(): AsyncGenerator<Exported, void, undefined> {
    const selection = selectionOf(options, now);
    for await (const one of exportedRecords(store, selection, runtime.stop, () => unreadable.count())) {
      if (one.kind === 'response') progress.update((exported += 1), Math.max(exported, total));
      yield one;
    }
  }
  try {
    const records = countedRecords();
    const pieces = format === 'har' ? harOf(records, runtime.version) : ndjsonOf(records, isoTime(now));
    if (file === '-') for await (const piece of pieces) await runtime.out.write(piece);
    else await writeWhole(file, pieces, runtime.stop);
  } finally {
    progress.stop();
  }
  await runtime.notes.line(`${counted(exported, 'response')} exported`);
  await unreadable.tell(runtime);
  if (unreadable.records > 0) runtime.exitCode = EXIT.failed;
}
