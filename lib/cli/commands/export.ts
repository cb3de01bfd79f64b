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
import { atLeast, countAtOnce } from '../counting.js';
import { EXIT } from '../failure.js';
import type { OpenedStore } from '../open-store.js';
import type { Progress } from '../progress.js';
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
  let exported = 0;
  async function* countedRecords(progress: Progress): AsyncGenerator<Exported, void, undefined> {
    const selection = selectionOf(options, now);
    const total = await countAtOnce(store, selection.range);
    let looked = 0;
    const onLook = (): void => progress.update((looked += 1), atLeast(looked, total));
    const listeners = { onLook, onUnreadable: () => unreadable.count() };
    for await (const one of exportedRecords(store, selection, runtime.stop, listeners)) {
      if (one.kind === 'response') exported += 1;
      yield one;
    }
  }
  await runtime.withProgress('Exporting', async (progress) => {
    const records = countedRecords(progress);
    const pieces = format === 'har' ? harOf(records, runtime.version) : ndjsonOf(records, isoTime(now));
    if (file === '-') for await (const piece of pieces) await runtime.out.write(piece);
    else await writeWhole(file, pieces, runtime.stop);
  });
  await runtime.notes.line(`${counted(exported, 'response')} exported`);
  await unreadable.tell(runtime);
  if (unreadable.records > 0) runtime.exitCode = EXIT.failed;
}
