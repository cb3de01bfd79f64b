import type { RecordMeta } from '../../storage/backend.js';
import { deleteWhole } from '../../cache/redirect-records.js';
import {
  type DefineCommand,
  newCommand,
  type SelectingOptions,
  withSelectionOptions,
  withStoreOptions,
} from '../command-line.js';
import { CommandFailure, UsageError } from '../failure.js';
import { type Found, named, selected } from '../finding.js';
import type { OpenedStore } from '../open-store.js';
import type { Progress } from '../progress.js';
import type { Runtime } from '../runtime.js';
import { selectionOf } from '../selection.js';
import { counted, plain } from '../text.js';

interface RmOptions extends SelectingOptions {
  readonly all?: boolean | undefined;
  readonly yes?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
  readonly quiet?: boolean | undefined;
}

/** So many go without a question, or without `--yes` where nobody can be asked. */
const UNASKED = 10;

/** `rm`: deletes. */
export const defineRm: DefineCommand = (program, runtime) => {
  const command = newCommand(
    program,
    'rm <store> [targets...]',
    'Deletes responses: by keys (or their beginning), URLs, globs and /regular expressions/; or what options single out.',
    [
      'demo_cache.sqlite rm https://api.example.com/users?page=2',
      "demo_cache.sqlite rm 'api.example.com/users/*' --dry-run",
      'demo_cache.sqlite rm --tag user:7',
      'demo_cache.sqlite rm --older-than 30d --status 404',
      'demo_cache.sqlite rm --all --yes',
    ],
  );
  withStoreOptions(withSelectionOptions(command))
    .option('--all', 'everything')
    .option('-y, --yes', 'do not ask before many are deleted; needed for more than ten without a terminal')
    .option('-n, --dry-run', 'say what would be deleted, and delete nothing')
    .option('-q, --quiet', 'do not say what is deleted')
    .action(async (store: string, targets: readonly string[], options: RmOptions) => {
      requireMeaning(targets, options, runtime);
      await runtime.withStore(store, options, (opened) => remove(opened, targets, options, runtime));
    });
};

/** Nothing named is not everything. @throws UsageError */
function requireMeaning(targets: readonly string[], options: RmOptions, runtime: Runtime): void {
  const { isLimited } = selectionOf(options, runtime.clock.now());
  const isNamed = targets.length > 0 || isLimited;
  if (options.all === true && isNamed) throw new UsageError('--all is everything: name nothing beside it');
  if (options.all !== true && !isNamed) {
    throw new UsageError('Name what is to be deleted: keys, URLs, globs or options; or --all');
  }
}

async function remove(
  store: OpenedStore,
  targets: readonly string[],
  options: RmOptions,
  runtime: Runtime,
): Promise<void> {
  if (!(await isMeant(store, targets, options, runtime))) {
    throw new CommandFailure('Nothing was deleted');
  }
  if (options.all === true && options.dryRun !== true) {
    const count = await runtime.withProgress(wordOf(options, 'Deleting'), async () => {
      const present = await store.records.count();
      await store.records.clear();
      return present;
    });
    await runtime.out.line(`${counted(count, 'response')} deleted`);
    return;
  }
  let removed = 0;
  await runtime.withProgress(wordOf(options), async (progress) => {
    for await (const found of meant(store, targets, options, runtime, progress)) {
      if (options.quiet !== true) await runtime.out.line(lineOf(found));
      removed += options.dryRun === true ? 1 : await deleteWhole(store.records.access, found.meta);
    }
  });
  const verb = options.dryRun === true ? 'would be deleted' : 'deleted';
  await runtime.notes.line(`${counted(removed, 'response')} ${verb}`);
  if (removed === 0 && targets.length > 0) runtime.exitCode = 1;
}

/** Deleting is not what takes long where few of many are meant. */
function wordOf({ quiet }: RmOptions, word = 'Looking through'): string | undefined {
  return quiet === true ? undefined : word;
}

/** Asks before many are deleted. @throws UsageError where nobody is there to be asked */
async function isMeant(
  store: OpenedStore,
  targets: readonly string[],
  options: RmOptions,
  runtime: Runtime,
): Promise<boolean> {
  if (options.yes === true || options.dryRun === true) return true;
  const most = runtime.isAttended ? Infinity : UNASKED + 1;
  const count = await runtime.withProgress(wordOf(options), (progress) =>
    countUpTo(most, store, targets, options, runtime, progress),
  );
  if (count <= UNASKED) return true;
  const place = store.location.description;
  if (!runtime.isAttended) {
    throw new UsageError(
      `More than ${UNASKED} responses would be deleted from ${place}: --yes says that they are meant, --dry-run which they are`,
    );
  }
  return runtime.confirms(`Delete ${counted(count, 'response')} from ${place}?`);
}

/** How many are meant; looks no further than it is asked for. */
async function countUpTo(
  most: number,
  store: OpenedStore,
  targets: readonly string[],
  options: RmOptions,
  runtime: Runtime,
  progress: Progress,
): Promise<number> {
  if (options.all === true) return store.records.count();
  let count = 0;
  for await (const _found of meant(store, targets, options, runtime, progress)) {
    count += 1;
    if (count >= most) break;
  }
  return count;
}

/** What any of the targets names, as far as all of the options hold. */
async function* meant(
  store: OpenedStore,
  targets: readonly string[],
  options: RmOptions,
  runtime: Runtime,
  progress: Progress,
): AsyncGenerator<Found, void, undefined> {
  const selection = selectionOf(options, runtime.clock.now());
  let looked = 0;
  const listeners = { onLook: () => progress.update((looked += 1)) };
  if (targets.length === 0) {
    yield* selected(store, selection, runtime.stop, listeners);
    return;
  }
  for (const target of targets) {
    for await (const found of named(store, target, runtime.stop, listeners)) {
      if (selection.includes(found.stored)) yield found;
    }
  }
}

function lineOf({ meta, stored }: { readonly meta: RecordMeta } & Found): string {
  return plain(`${meta.key.slice(0, 12)}  ${stored.status}  ${stored.method} ${stored.url}`);
}
