import {
  type CommonOptions,
  type DefineCommand,
  newCommand,
  positiveNumber,
  withStoreOptions,
} from '../command-line.js';
import { reportPage } from '../report/page.js';
import { writeWhole } from '../whole-file.js';
import { summaryOf } from './stats.js';

interface ReportOptions extends CommonOptions {
  readonly output: string;
  readonly top: number;
}

/** `report`: a page for browsers. */
export const defineReport: DefineCommand = (program, runtime) => {
  const command = newCommand(
    program,
    'report <store>',
    'Writes one page of HTML that needs nothing else: what is stored by host, age, size, freshness and status, with charts.',
    [
      'demo_cache.sqlite report -o report.html',
      'redis://localhost:6379 report --cache-name my_app -o - > report.html',
    ],
  );
  withStoreOptions(command)
    .requiredOption('-o, --output <file>', 'the file; "-" is standard output')
    .option('--top <count>', 'so many of the largest and of the oldest by name', positiveNumber, 25)
    .action(async (store: string, options: ReportOptions) => {
      await runtime.withStore(store, options, async (opened) => {
        const summary = await summaryOf(opened, options.top, runtime);
        const storedBytes = await opened.records.use('size', (backend) => backend.size());
        // Only here, since it is larger than all the rest of the command line.
        const { default: script } = await import('virtual:report-client');
        const { version } = runtime;
        const page = reportPage({
          summary,
          store: opened.location.description,
          storedBytes,
          version,
          script,
        });
        if (options.output === '-') return runtime.out.write(page);
        await writeWhole(options.output, [page], runtime.stop);
        await runtime.notes.line(`${options.output} is written`);
      });
    });
};
