import {
  type CommonOptions,
  type DefineCommand,
  newCommand,
  positiveNumber,
  withStoreOptions,
} from '../command-line.js';
import { atLeast, countAtOnce } from '../counting.js';
import { selected } from '../finding.js';
import type { OpenedStore } from '../open-store.js';
import type { Output } from '../output.js';
import type { Runtime } from '../runtime.js';
import { selectionOf } from '../selection.js';
import { type Sample, type Summary, SummaryMaker, type Tally } from '../summary.js';
import { counted, isoTime, jsonLine, plain, roughBytes, roughDuration } from '../text.js';

interface StatsOptions extends CommonOptions {
  readonly top: number;
}

/** `stats`: what is stored, in numbers. */
export const defineStats: DefineCommand = (program, runtime) => {
  const command = newCommand(
    program,
    'stats <store>',
    'Counts what is stored: by host, status, method, age and size; fresh and stale; the largest.',
    ['demo_cache.sqlite stats', 'redis://localhost:6379 stats --cache-name my_app --json | jq .hosts'],
  );
  withStoreOptions(command)
    .option('--top <count>', 'so many hosts and responses by name', positiveNumber, 10)
    .option('--json', 'as one line of JSON, with all hosts')
    .action(async (store: string, options: StatsOptions) => {
      await runtime.withStore(store, options, async (opened) => {
        if (options.json !== true) await runtime.out.line(await factsOf(opened));
        const summary = await summaryOf(opened, options.top, runtime);
        const storedBytes = await opened.records.use('size', (backend) => backend.size());
        if (options.json === true) await runtime.out.line(jsonLine({ ...asJson(summary), storedBytes }));
        else await print(summary, storedBytes, options.top, runtime);
      });
    });
};

/** What is known before all has been read. */
async function factsOf(store: OpenedStore): Promise<string> {
  const { backend, description } = store.location;
  const count = await countAtOnce(store);
  const known = count === undefined ? '' : `, ${counted(count, 'response')}`;
  return `${plain(description)}: ${backend}${known}`;
}

/** Sums up a whole store. @param named so many of the largest and of the oldest are told by name */
export async function summaryOf(store: OpenedStore, named: number, runtime: Runtime): Promise<Summary> {
  const now = runtime.clock.now();
  const maker = new SummaryMaker(now, named);
  await runtime.withProgress('Reading', async (progress) => {
    const total = await countAtOnce(store);
    let done = 0;
    const all = selected(store, selectionOf({}, now), runtime.stop, {
      onLook: () => progress.update((done += 1), atLeast(done, total)),
      onUnreadable: () => maker.addUnreadable(),
    });
    for await (const { stored } of all) maker.add(stored);
  });
  return maker.result();
}

function asJson(summary: Summary): object {
  const sampled = (sample: Sample): object => ({
    ...sample,
    createdAt: isoTime(sample.createdAt),
    expiresAt: sample.expiresAt === undefined ? null : isoTime(sample.expiresAt),
  });
  return {
    ...summary,
    at: isoTime(summary.at),
    largest: summary.largest.map(sampled),
    oldest: summary.oldest.map(sampled),
  };
}

async function print(summary: Summary, storedBytes: number, top: number, { out }: Runtime): Promise<void> {
  const { responses, bytes, fresh, stale, neverStale, forOneUser, unreadable } = summary;
  await out.line(
    out.style.strong(`${counted(responses, 'response')}, ${roughBytes(bytes)} of bodies`) +
      `; the store takes ${roughBytes(storedBytes)}`,
  );
  await out.line(
    `${fresh.responses} fresh, ${stale.responses} stale, ${neverStale.responses} never stale` +
      `; ${forOneUser} for one user only` +
      (unreadable === 0 ? '' : out.style.bad(`; ${counted(unreadable, 'record')} cannot be read`)),
  );
  await table(out, 'Hosts', summary.hosts, responses, top);
  await table(out, 'Statuses', summary.statuses, responses, top);
  await table(out, 'Methods', summary.methods, responses, top);
  await table(out, 'First stored', summary.ages, responses, top);
  await table(out, 'Sizes', summary.sizes, responses, top);
  if (summary.largest.length === 0) return;
  await out.line(`\n${out.style.strong('Largest')}`);
  for (const { bytes: size, createdAt, key, method, url } of summary.largest) {
    const age = roughDuration((summary.at - createdAt) / 1000);
    await out.line(
      `  ${roughBytes(size).padStart(7)}  ${age.padStart(4)}  ${plain(key).slice(0, 12)}  ${plain(`${method} ${url}`)}`,
    );
  }
}

async function table(
  out: Output,
  title: string,
  tallies: readonly Tally[],
  responses: number,
  top: number,
): Promise<void> {
  const present = tallies.filter((tally) => tally.responses > 0);
  if (present.length === 0) return;
  await out.line(`\n${out.style.strong(title)}`);
  for (const { name, responses: count, bytes } of present.slice(0, top)) {
    const share = `${Math.round((100 * count) / responses)}%`;
    await out.line(
      `  ${String(count).padStart(8)}  ${share.padStart(4)}  ${roughBytes(bytes).padStart(7)}  ${plain(name)}`,
    );
  }
  if (present.length > top) await out.line(out.style.faint(`  … and ${present.length - top} more`));
}
