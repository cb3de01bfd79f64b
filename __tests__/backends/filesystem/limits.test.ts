import fc from 'fast-check';
import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { FilesystemBackend } from '../../../lib/backends/filesystem/index.js';
import { slotOf } from '../../../lib/backends/filesystem/layout.js';
import { UsageLog } from '../../../lib/backends/filesystem/usage-log.js';
import { aRecord, listAll, metaOf, noise } from '../../../lib/backend-suite/records.js';
import { type FilesystemOptions } from '../../../lib/storage/options/filesystem.js';
import { aTemporaryDirectory, type TemporaryDirectory } from '../../helpers/temporary-directory.js';
import { aQuickDirectory } from './quick-directory.js';
import { until } from '../../helpers/until.js';
import { limitActions, type LimitedStore, type RecordSizes, runActions } from '../limits-model.js';

let directory: TemporaryDirectory;
let backends: FilesystemBackend[];

beforeEach(() => {
  directory = aTemporaryDirectory();
  backends = [];
});
afterEach(async () => {
  jest.useRealTimers();
  for (const backend of backends) await backend.close();
  directory.remove();
});

function open(options: FilesystemOptions = {}, serializer?: 'json'): FilesystemBackend {
  const backend = new FilesystemBackend(directory.path('cache'), { fastSave: true, serializer, ...options });
  backends.push(backend);
  return backend;
}

const LOG = ['cache', 'v1', 'bin', 'usage.log'] as const;
const record = (key: string, bytes = 10) => aRecord({ key, body: noise(bytes) });
const keysOf = async (backend: FilesystemBackend): Promise<string[]> =>
  (await listAll(backend.scan())).map(({ key }) => key).sort();
const putAll = async (backend: FilesystemBackend, ...keys: readonly string[]): Promise<void> => {
  for (const key of keys) expect(await backend.put(record(key))).toBe(true);
};

/** The size of a file of the serializer `binary`. */
const fileBytes = ({ key, variant, resource, head, body }: RecordSizes): number =>
  47 + Buffer.byteLength(JSON.stringify([key, variant, resource])) + head + body;
const bytesOfRecord = fileBytes({ key: 'a', variant: '', resource: 'resource', head: 8, body: 10 });

it('are kept exactly, by the sizes of files, whatever is done and whenever it is opened anew', async () => {
  const create = (): LimitedStore => {
    const place = aQuickDirectory();
    return {
      open: (limits) => new FilesystemBackend(place.path, { fastSave: true, ...limits }),
      countedBytes: fileBytes,
      dispose: () => place.remove(),
    };
  };
  await fc.assert(
    fc.asyncProperty(limitActions(true, 600), async (plan) => {
      const store = create();
      try {
        await runActions(store, plan);
      } finally {
        await store.dispose();
      }
    }),
    { seed: 20261126, numRuns: 100 },
  );
}, 120_000);

it('count exactly what the files take', async () => {
  const backend = open({ maxBytes: 2 * bytesOfRecord });
  await putAll(backend, 'a', 'b');
  expect(await backend.size()).toBe(2 * bytesOfRecord);
  await putAll(backend, 'c');
  expect(await keysOf(backend)).toEqual(['b', 'c']);
  await backend.close();
  await putAll(open({ maxBytes: 2 * bytesOfRecord - 1 }), 'd');
  expect(await keysOf(open())).toEqual(['d']);
});

it.each([undefined, 'json'] as const)(
  'refuse a record whose file alone is too large, and drop the older one (%s)',
  async (serializer) => {
    const backend = open({ maxBytes: 1000 }, serializer);
    await putAll(backend, 'a', 'b');
    const taken = (await backend.size()) / 2;
    const most = serializer === undefined ? 1000 - taken + 10 : 0;
    if (most > 0) expect(await backend.put(record('b', most))).toBe(true);
    expect(backend.maxEntryBytes).toBe(1000);
    expect(await backend.put(record('a', serializer === undefined ? most + 1 : 900))).toBe(false);
    expect(await keysOf(backend)).toEqual(['b']);
  },
);

it('refuse a newer head with which the file alone is too large', async () => {
  const backend = open({ maxBytes: 500 });
  await putAll(backend, 'a', 'b');
  const meta = metaOf(record('a'));
  expect(await backend.replaceHead({ ...meta, head: noise(8 + 500 - bytesOfRecord) })).toBe(true);
  expect(await keysOf(backend)).toEqual(['a']);
  expect(await backend.replaceHead({ ...meta, head: noise(9 + 500 - bytesOfRecord) })).toBe(false);
  expect(await keysOf(backend)).toEqual([]);
});

it('of two handles are kept together; use counts for the other once it is written', async () => {
  const [first, second] = [open({ maxEntries: 3 }), open({ maxEntries: 3 })];
  await putAll(first, 'a', 'b', 'c');
  await second.count();
  await first.get('a');
  await second.get('b');
  await putAll(first, 'd');
  expect(await keysOf(second)).toEqual(['a', 'c', 'd']);
  await second.get('c');
  await second.close();
  await putAll(first, 'e');
  expect(await keysOf(first)).toEqual(['c', 'd', 'e']);
});

it('count as use: get and body, and nothing else; and are in that order after opening, too', async () => {
  const backend = open({ maxEntries: 3 });
  await putAll(backend, 'a', 'b', 'c');
  await backend.body({ key: 'a', variant: '' });
  await keysOf(backend);
  await backend.delete('nothing');
  await backend.get('b');
  await putAll(backend, 'd');
  expect(await keysOf(backend)).toEqual(['a', 'b', 'd']);
  await backend.close();
  const next = open({ maxEntries: 3 });
  await putAll(next, 'e');
  expect(await keysOf(next)).toEqual(['b', 'd', 'e']);
  await putAll(next, 'f');
  expect(await keysOf(next)).toEqual(['d', 'e', 'f']);
});

it('cost no write when something is read', async () => {
  const backend = open({ maxEntries: 100 });
  await putAll(backend, 'a', 'b');
  const log = statSync(directory.path(...LOG)).size;
  for (let turn = 0; turn < 2000; turn++) await backend.get('ab'[turn % 2] as string);
  expect(statSync(directory.path(...LOG)).size).toBe(log);
});

it('write noted use 10 seconds later, when nothing is stored', async () => {
  const [reader, writer] = [open({ maxEntries: 2 }), open({ maxEntries: 2 })];
  await putAll(writer, 'a', 'b');
  await reader.count();
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'performance', 'Date'] });
  await reader.get('a');
  const before = readFileSync(directory.path(...LOG), 'utf8');
  jest.advanceTimersByTime(9999);
  expect(readFileSync(directory.path(...LOG), 'utf8')).toBe(before);
  jest.advanceTimersByTime(1);
  jest.useRealTimers();
  await putAll(writer, 'c');
  expect(await keysOf(writer)).toEqual(['a', 'c']);
});

it('note the use of at most 1,000 records in memory, and then write it', async () => {
  const backend = open({ maxEntries: 1002 });
  await Promise.all(Array.from({ length: 1002 }, (_, index) => backend.put(record(`key ${index}`))));
  const used = () => readFileSync(directory.path(...LOG), 'utf8').split('\n*').length - 1;
  for (let index = 0; index < 999; index++) await backend.get(`key ${index}`);
  await backend.get('key 0');
  await backend.count();
  expect(used()).toBe(0);
  await backend.get('key 999');
  await until(() => used() === 1000);
}, 60_000);

it('are kept by clear(), which counts from zero, for another handle, too', async () => {
  const [backend, other] = [open({ maxEntries: 2 }), open({ maxEntries: 2 })];
  await putAll(backend, 'a', 'b', 'c');
  await other.get('c');
  await backend.clear();
  await putAll(other, 'd', 'e', 'f');
  expect(await keysOf(backend)).toEqual(['e', 'f']);
  await putAll(backend, 'g');
  expect(await keysOf(other)).toEqual(['f', 'g']);
});

it.each<[string, (log: string) => void]>([
  ['deleted', unlinkSync],
  ['empty', (log) => truncateSync(log, 0)],
  ['cut', (log) => truncateSync(log, statSync(log).size - 7)],
  ['with a line that is cut', (log) => appendFileSync(log, '+0123')],
  ['with a line that is cut and looks whole', (log) => appendFileSync(log, `+${'0'.repeat(40)} 9999`)],
  ['with lines that say nothing', (log) => appendFileSync(log, 'garbage\n\n+x 1\n')],
  ['another file', (log) => (unlinkSync(log), writeFileSync(log, 'garbage'))],
  ['too long', (log) => appendFileSync(log, '\n'.repeat(4 * 1024 * 1024))],
])('are kept when the log is %s', async (_, damage) => {
  const limits = { maxEntries: 3, maxBytes: 3 * bytesOfRecord };
  const [backend, other] = [open(limits), open(limits)];
  await putAll(backend, 'a', 'b');
  await putAll(other, 'c');
  damage(directory.path(...LOG));
  await putAll(backend, 'd');
  await putAll(other, 'e');
  expect(await keysOf(backend)).toEqual(['c', 'd', 'e']);
  expect(statSync(directory.path(...LOG)).size).toBeLessThan(10_000);
});

it('count what a handle without limits stores and deletes', async () => {
  const [free, limited] = [open(), open({ maxEntries: 3 })];
  await putAll(limited, 'a', 'b', 'c');
  await free.delete('c');
  await putAll(limited, 'd');
  expect(await keysOf(limited)).toEqual(['a', 'b', 'd']);
  await free.deleteResource('resource');
  await putAll(limited, 'e', 'f', 'g');
  expect(await keysOf(limited)).toEqual(['e', 'f', 'g']);
  await free.clear();
  await putAll(limited, 'h', 'i', 'j');
  expect(await keysOf(limited)).toEqual(['h', 'i', 'j']);
  // Who used something last is told by the times of files, which the system takes from a clock that is coarse.
  await new Promise((resolve) => setTimeout(resolve, 50));
  await putAll(free, 'k', 'l');
  await putAll(limited, 'm');
  expect(await keysOf(limited)).toEqual(['k', 'l', 'm']);
});

it('count anew after files were deleted by hand, and do not stop at files that are none of theirs', async () => {
  const backend = open({ maxEntries: 2 });
  await putAll(backend, 'a', 'b');
  for await (const file of backend.paths()) unlinkSync(file);
  await putAll(backend, 'c', 'd', 'e');
  expect(await keysOf(backend)).toEqual(['d', 'e']);
});

it('lowered a lot are kept from the first answer on, and let others run meanwhile', async () => {
  const older = open();
  await Promise.all(Array.from({ length: 1000 }, (_, index) => older.put(record(`key ${index}`))));
  await older.put(record('last'));
  await older.close();
  const backend = open({ maxEntries: 1 });
  let turns = 0;
  const counting = (): void => void (turns++, (immediate = setImmediate(counting)));
  let immediate = setImmediate(counting);
  expect(await backend.count()).toBe(1);
  clearImmediate(immediate);
  expect(turns).toBeGreaterThanOrEqual(10);
  expect(await keysOf(backend)).toEqual(['last']);
}, 60_000);

it('have no log for as long as somebody removes the directory, and fail nothing by that', () => {
  const log = new UsageLog(directory.path('gone', 'usage.log'));
  expect(() => {
    log.begin();
    log.write([{ kind: 'removed', slot: slotOf('key', '') }]);
  }).not.toThrow();
  expect(log.news()).toBeUndefined();
  mkdirSync(directory.path('gone'));
  log.begin();
  expect(log.news()).toEqual([]);
  log.close();
});
