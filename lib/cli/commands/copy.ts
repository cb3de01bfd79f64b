import { realpathSync } from 'node:fs';
import { copyRecords } from '../../maintenance/rewriting.js';
import {
  type CommonOptions,
  type DefineCommand,
  newCommand,
  targetOf,
  type TargetOptions,
  withStoreOptions,
  withTargetOptions,
} from '../command-line.js';
import { EXIT, UsageError } from '../failure.js';
import { DEFAULT_KEY_SETTINGS } from '../finding.js';
import type { OpenedStore } from '../open-store.js';
import type { Runtime } from '../runtime.js';
import { pathOf, type StoreLocation } from '../store-location.js';
import { counted } from '../text.js';

interface CopyOptions extends CommonOptions, TargetOptions {
  readonly redact?: readonly string[] | undefined;
}

/** `copy`: `update` of the library, between any two backends. */
export const defineCopy: DefineCommand = (program, runtime) => {
  const command = newCommand(
    program,
    'copy <from> <to>',
    'Copies every response, with its key, variants and redirects, into another store. What that has under the same key is replaced.',
    [
      'copy demo_cache.sqlite redis://localhost:6379 --to-cache-name my_app',
      'copy demo_cache.sqlite ./cache/ --to-serializer yaml',
      'copy old.sqlite new.sqlite --redact session_id',
    ],
  );
  withTargetOptions(withStoreOptions(command))
    .option(
      '--redact <name>',
      'a parameter or header field to redact on the way, besides those of credentials; may be repeated',
      (name: string, before: readonly string[] = []) => [...before, name],
    )
    .action(async (from: string, to: string, options: CopyOptions) => {
      await runtime.withStore(from, options, (source) =>
        runtime.withTarget(to, targetOf(options), (target) => copy(source, target, options, runtime)),
      );
    });
};

async function copy(
  source: OpenedStore,
  target: OpenedStore,
  options: CopyOptions,
  runtime: Runtime,
): Promise<void> {
  requireDifferent(source, target);
  let looked = 0;
  const settings =
    options.redact === undefined ? undefined : { ...DEFAULT_KEY_SETTINGS, ignoredParameters: options.redact };
  const copied = await runtime.withProgress('Copying', (progress) =>
    copyRecords(source.records, target.records, settings, (done, total) => {
      runtime.stop.check();
      looked = done;
      progress.update(done, total);
    }),
  );
  await runtime.out.line(`${counted(copied, 'response')} copied`);
  if (copied === looked) return;
  await runtime.notes.line(
    `${counted(looked - copied, 'response')} left out: damaged, or larger than the target allows`,
  );
  runtime.exitCode = EXIT.failed;
}

/** A store that is read while it is written to might never end. */
function requireDifferent({ location: from }: OpenedStore, { location: to }: OpenedStore): void {
  const place = realPathOf(from);
  const isSamePlace = from.backend === to.backend && place === realPathOf(to);
  // In one directory there may be stores of several forms; in one file of SQLite there is one, however its records are written.
  const isSameForm =
    from.serializer === to.serializer && JSON.stringify(from.options) === JSON.stringify(to.options);
  const isSameName = place !== undefined || from.cacheName === to.cacheName;
  const isSame = isSamePlace && isSameName && (isSameForm || from.backend === 'sqlite');
  if (isSame) throw new UsageError('The store is to be copied into itself');
}

/** Of a store on the disk, however it was written: `./demo.sqlite` and a link to it are the same. */
function realPathOf(location: StoreLocation): string | undefined {
  const place = pathOf(location);
  try {
    return place && realpathSync(place);
  } catch {
    // It is not there yet.
    return place;
  }
}
