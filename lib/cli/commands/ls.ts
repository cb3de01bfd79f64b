import { Option } from 'commander';
import type { StoredResponse } from '../../cache/stored-response.js';
import { currentAgeSeconds } from '../../policy/current-age.js';
import {
  type DefineCommand,
  newCommand,
  positiveNumber,
  type SelectingOptions,
  withSelectionOptions,
  withStoreOptions,
} from '../command-line.js';
import { atLeast, countAtOnce } from '../counting.js';
import { selected } from '../finding.js';
import { ttlSecondsOf } from '../freshness.js';
import type { OpenedStore } from '../open-store.js';
import type { Runtime } from '../runtime.js';
import { selectionOf, shownMethod, tagsOf } from '../selection.js';
import type { Style } from '../style.js';
import { counted, isoTime, jsonLine, plain, roughBytes, roughDuration } from '../text.js';
import { Top } from '../top.js';
import { UnreadableNote } from '../unreadable-note.js';

type SortKey = 'url' | 'age' | 'size' | 'expires' | 'status';

interface LsOptions extends SelectingOptions {
  readonly sort?: SortKey | undefined;
  readonly reverse?: boolean | undefined;
  readonly limit?: number | undefined;
}

/** What one line is made of. */
interface Row {
  readonly key: string;
  readonly variant: string;
  readonly status: number;
  readonly method: string;
  readonly url: string;
  readonly size: number;
  readonly ageSeconds: number;
  /** Undefined: never stale. */
  readonly ttlSeconds: number | undefined;
  readonly createdAt: number;
  readonly expiresAt: number | undefined;
  readonly isPartitioned: boolean;
  readonly tags: readonly string[];
}

/** So many lines are sorted where the user does not say: all that is sorted is kept in memory. */
const SORTED_LINES = 1000;

const ORDERS: Readonly<Record<SortKey, (left: Row, right: Row) => number>> = {
  url: (left, right) => (left.url < right.url ? -1 : left.url > right.url ? 1 : 0),
  // The oldest, the largest and what expires next come first.
  age: (left, right) => right.ageSeconds - left.ageSeconds,
  size: (left, right) => right.size - left.size,
  expires: (left, right) => (left.expiresAt ?? Infinity) - (right.expiresAt ?? Infinity) || 0,
  status: (left, right) => left.status - right.status,
};

/** `ls`: one line for each response. */
export const defineLs: DefineCommand = (program, runtime) => {
  const command = newCommand(
    program,
    'ls <store>',
    'Lists responses, as they come from storage: key, status, method, age, time to live, size, URL.',
    [
      'demo_cache.sqlite ls',
      "demo_cache.sqlite ls --url 'api.example.com/users*' --status 200,404",
      'redis://localhost:6379 ls --cache-name my_app --sort size --limit 20',
      'demo_cache.sqlite ls --expired --json | jq -r .url',
    ],
  );
  withStoreOptions(withSelectionOptions(command))
    .addOption(
      new Option('--sort <by>', `order; keeps the first ${SORTED_LINES}, or --limit`).choices(
        Object.keys(ORDERS),
      ),
    )
    .option('--reverse', 'the other way round; only with --sort')
    .option('--limit <count>', 'so many at most', positiveNumber)
    .option('--json', 'a line of JSON for each')
    .action(async (store: string, options: LsOptions) => {
      await runtime.withStore(store, options, (opened) => list(opened, options, runtime));
    });
};

async function list(store: OpenedStore, options: LsOptions, runtime: Runtime): Promise<void> {
  const now = runtime.clock.now();
  const selection = selectionOf(options, now);
  const print = printer(runtime, options);
  const unreadable = new UnreadableNote();
  const onUnreadable = (): void => unreadable.count();
  await print.head();
  if (options.sort === undefined) {
    let left = options.limit ?? Infinity;
    for await (const { stored } of selected(store, selection, runtime.stop, { onUnreadable })) {
      await print.row(rowOf(stored, now));
      left -= 1;
      if (left <= 0) break;
    }
  } else {
    const order = ORDERS[options.sort];
    const limit = options.limit ?? SORTED_LINES;
    const top = new Top<Row>(limit, options.reverse === true ? (left, right) => order(right, left) : order);
    await runtime.withProgress('Reading', async (progress) => {
      let looked = 0;
      const total = await countAtOnce(store, selection.range);
      const onLook = (): void => progress.update((looked += 1), atLeast(looked, total));
      const all = selected(store, selection, runtime.stop, { onLook, onUnreadable });
      for await (const { stored } of all) top.add(rowOf(stored, now));
    });
    for (const row of top.sorted()) await print.row(row);
    if (options.limit === undefined && top.offered > limit) {
      await runtime.notes.line(
        `Of ${counted(top.offered, 'response')} the first ${limit} are shown; --limit shows more.`,
      );
    }
  }
  await unreadable.tell(runtime);
}

function rowOf(stored: StoredResponse, now: number): Row {
  return {
    key: stored.key,
    variant: stored.variant,
    status: stored.status,
    method: shownMethod(stored),
    url: stored.url,
    size: stored.bodyBytes,
    ageSeconds: currentAgeSeconds(stored, now),
    ttlSeconds: ttlSecondsOf(stored, now),
    createdAt: stored.createdAt,
    expiresAt: stored.expiresAt,
    isPartitioned: stored.partition !== '',
    tags: tagsOf(stored),
  };
}

interface Printer {
  head(): Promise<void>;
  row(row: Row): Promise<void>;
}

function printer({ out }: Runtime, { json }: LsOptions): Printer {
  if (json === true) {
    return { head: () => Promise.resolve(), row: (row) => out.line(jsonLine(asJson(row))) };
  }
  const { style } = out;
  return {
    head: () => out.line(style.strong(line(['KEY', 'STATUS', 'METHOD', 'AGE', 'TTL', 'SIZE', 'URL']))),
    row: (row) => out.line(asText(row, style)),
  };
}

function asJson(row: Row): object {
  const { key, variant, status, method, url, size, ageSeconds, ttlSeconds, isPartitioned, tags } = row;
  return {
    key,
    variant,
    status,
    method,
    url,
    size,
    age: ageSeconds,
    ttl: ttlSeconds ?? null,
    isExpired: ttlSeconds !== undefined && ttlSeconds <= 0,
    createdAt: isoTime(row.createdAt),
    expiresAt: row.expiresAt === undefined ? null : isoTime(row.expiresAt),
    isPartitioned,
    tags,
  };
}

const WIDTHS = [12, 6, 7, 5, 9, 7] as const;
/** What is a number is easier to compare when its ends are below each other. */
const RIGHT: ReadonlySet<number> = new Set([3, 4, 5]);

function line(cells: readonly string[]): string {
  return cells
    .map((cell, index) => {
      const width = WIDTHS[index] ?? 0;
      return RIGHT.has(index) ? cell.padStart(width) : cell.padEnd(width);
    })
    .join('  ');
}

function asText(row: Row, style: Style): string {
  const { ttlSeconds: ttl } = row;
  const shownTtl = ttl === undefined ? 'never' : ttl > 0 ? roughDuration(ttl) : `stale ${roughDuration(ttl)}`;
  const text = line([
    plain(row.key).slice(0, WIDTHS[0]),
    String(row.status),
    plain(row.method),
    roughDuration(row.ageSeconds),
    shownTtl,
    roughBytes(row.size),
    plain(row.url),
  ]);
  return ttl !== undefined && ttl <= 0 ? style.faint(text) : text;
}
