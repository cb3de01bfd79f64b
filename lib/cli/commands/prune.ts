import { type CommonOptions, type DefineCommand, newCommand, withStoreOptions } from '../command-line.js';
import { counted } from '../text.js';

const PRUNED_PER_STEP = 500;

/** `prune`: `removeExpired` of the library. */
export const definePrune: DefineCommand = (program, runtime) => {
  const command = newCommand(
    program,
    'prune <store>',
    'Deletes what can be of no use any more: stale, and past every time in which it could be validated or used stale.',
    ['demo_cache.sqlite prune'],
  );
  withStoreOptions(command).action(async (store: string, options: CommonOptions) => {
    await runtime.withStore(store, options, async ({ records }) => {
      const pruned = await runtime.withProgress('Deleting', (progress) =>
        records.prune(PRUNED_PER_STEP, (done) => {
          runtime.stop.check();
          progress.update(done);
        }),
      );
      await runtime.out.line(`${counted(pruned, 'response')} deleted`);
    });
  });
};
