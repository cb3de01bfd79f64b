import fs, {
  existsSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { FilesystemBackend } from '../../../lib/backends/filesystem/index.js';
import { RecordFiles } from '../../../lib/backends/filesystem/record-files.js';
import { aRecord, assertStored, listAll, metaOf, NOON } from '../../../lib/backend-suite/records.js';
import { type FilesystemOptions } from '../../../lib/storage/options/filesystem.js';
import { aQuickDirectory } from './quick-directory.js';

let directory: ReturnType<typeof aQuickDirectory>;
let backends: FilesystemBackend[];

beforeEach(() => {
  directory = aQuickDirectory();
  backends = [];
});
afterEach(async () => {
  jest.restoreAllMocks();
  for (const backend of backends) await backend.close();
  directory.remove();
});

function open(options: FilesystemOptions = {}): FilesystemBackend {
  const backend = new FilesystemBackend(directory.path, { fastSave: true, ...options });
  backends.push(backend);
  return backend;
}

const root = (...names: string[]): string => path.join(directory.path, 'v1', 'bin', ...names);

/** All files but the one that says who holds locks, by the directory in the root. */
function files(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const file of readdirSync(root(), { recursive: true, encoding: 'utf8' })) {
    const [top = ''] = file.split(path.sep);
    if (!statSync(root(file)).isFile() || top === 'tmp' || top === 'empty') continue;
    const kind = top.length === 2 ? 'records' : top;
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

describe.each<[string, FilesystemOptions]>([
  ['', {}],
  [' under limits', { maxEntries: 1000 }],
])('markers%s', (_, options) => {
  const log = options.maxEntries === undefined ? {} : { 'usage.log': 1 };

  it('do not pile up when a record is replaced 1,000 times, whatever changes in it', async () => {
    const backend = open(options);
    for (let turn = 0; turn < 500; turn++) {
      const record = aRecord({ resource: `resource ${turn}`, retainUntil: NOON + turn * 3_600_000 });
      await backend.put(record);
      const { head: _head, ...meta } = metaOf(record);
      const newer = {
        ...meta,
        head: Buffer.from(`${turn}`),
        retainUntil: NOON + turn,
        resource: `newer ${turn}`,
      };
      expect(await backend.replaceHead(newer)).toBe(true);
    }
    expect(files()).toEqual({ records: 1, due: 1, resources: 1, ...log });
    expect(await backend.deleteResource('newer 499')).toBe(1);
    expect(files()).toEqual(log);
  });

  it('do not pile up when records are stored and deleted, pruned or dropped by their resource', async () => {
    const backend = open(options);
    for (let turn = 0; turn < 250; turn++) {
      const [key, retainUntil] = [`key ${turn}`, NOON + turn];
      await backend.put(aRecord({ key, retainUntil }));
      await backend.put(aRecord({ key, variant: 'a', retainUntil, resource: 'other' }));
      if (turn % 3 === 0) expect(await backend.delete(key)).toBe(2);
      else if (turn % 3 === 1) expect(await backend.prune(retainUntil, 10)).toBe(2);
      else {
        expect(await backend.deleteResource('other')).toBe(1);
        expect(await backend.delete(key, '')).toBe(1);
      }
    }
    expect(files()).toEqual(log);
    expect(await backend.prune(1e15, 10)).toBe(0);
    expect(readdirSync(root('due'))).toEqual([]);
    for (const shelf of readdirSync(root()))
      if (shelf.length === 2) expect(readdirSync(root(shelf))).toEqual([]);
  });

  it('go with the records that limits remove', async () => {
    const backend = open({ maxEntries: 3 });
    for (let turn = 0; turn < 100; turn++)
      await backend.put(aRecord({ key: `key ${turn}`, resource: `resource ${turn}` }));
    expect(files()).toEqual({ records: 3, due: 3, resources: 3, 'usage.log': 1 });
  });
});

it('a resource keeps its marker while another variant of the key has it', async () => {
  const backend = open();
  await backend.put(aRecord());
  await backend.put(aRecord({ variant: 'a' }));
  await backend.delete('key', 'a');
  expect(await listAll(backend.scan({ resource: 'resource' }))).toHaveLength(1);
  expect(await backend.deleteResource('resource')).toBe(1);
});

it('prune takes only what is due, as many as it may, and drops the directories of times that have passed', async () => {
  const backend = open();
  const day = 86_400_000;
  for (let index = 0; index < 20; index++)
    await backend.put(aRecord({ key: `${index}`, retainUntil: NOON + index * day }));
  await backend.put(aRecord({ key: 'for ever', retainUntil: undefined }));
  expect(readdirSync(root('due'))).toHaveLength(20);
  expect(await backend.prune(NOON - 1, 100)).toBe(0);
  expect(await backend.prune(NOON, 100)).toBe(1);
  expect(await backend.prune(NOON + 9 * day, 4)).toBe(4);
  expect(await backend.prune(NOON + 9 * day, 100)).toBe(5);
  const left = (await listAll(backend.scan())).map(({ key }) => key);
  expect(left.sort()).toEqual([...Array.from({ length: 10 }, (_, index) => `${index + 10}`), 'for ever']);
  expect(await backend.prune(NOON + 9.9 * day, 100)).toBe(0);
  expect(readdirSync(root('due'))).toHaveLength(10);
});

it('prune looks at the record, not at the marker', async () => {
  const backend = open();
  await backend.put(aRecord({ key: 'a', retainUntil: NOON + 5 }));
  await backend.put(aRecord({ key: 'b', retainUntil: NOON + 5 }));
  const [span] = readdirSync(root('due'));
  const [first] = readdirSync(root('due', span as string));
  // As somebody leaves it who dies while storing, or edits the record.
  const early = root('due', '0', (first as string).replace(/^\d+/, '7'));
  mkdirSync(root('due', '0'));
  writeFileSync(early, '');
  rmSync(root('due', span as string, first as string));
  expect(await backend.prune(NOON, 10)).toBe(0);
  expect(existsSync(early)).toBe(false);
  expect(await backend.count()).toBe(2);
  expect(await backend.prune(NOON + 5, 10)).toBe(2);
});

it('thousands that are due at once are pruned without holding up others', async () => {
  const backend = open();
  await Promise.all(Array.from({ length: 3000 }, (_, index) => backend.put(aRecord({ key: `${index}` }))));
  let turns = 0;
  const counting = (): void => void (turns++, (immediate = setImmediate(counting)));
  let immediate = setImmediate(counting);
  expect(await backend.prune(NOON + 1, 5000)).toBe(0);
  expect(await backend.prune(NOON + 3_600_000, 2999)).toBe(2999);
  clearImmediate(immediate);
  expect(turns).toBeGreaterThan(20);
  expect(files()).toEqual({ records: 1, due: 1, resources: 1 });
}, 60_000);

it.each<[string, FilesystemOptions]>([
  ['', {}],
  [' under limits', { maxEntries: 10_000 }],
])(
  'close waits for prune, which then leaves nothing open and no file behind%s',
  async (_, options) => {
    const backend = open(options);
    await Promise.all(
      Array.from({ length: 500 }, (_one, index) => backend.put(aRecord({ key: `${index}` }))),
    );
    const ended: string[] = [];
    const pruning = backend.prune(NOON + 3_600_000, 10_000).then((pruned) => {
      ended.push('prune');
      return pruned;
    });
    await backend.close();
    ended.push('close');
    expect(await pruning).toBe(500);
    expect(ended).toEqual(['prune', 'close']);
    expect(readdirSync(root('tmp'))).toEqual([]);
    if (process.platform !== 'linux') return;
    const links = readdirSync('/proc/self/fd').map((name) => {
      try {
        return readlinkSync(`/proc/self/fd/${name}`);
      } catch {
        return '';
      }
    });
    expect(links.filter((file) => file.startsWith(directory.path))).toEqual([]);
  },
  60_000,
);

/** Whether links are impossible: to all files, to those that have many already, or to any but locks. */
it.each(['EPERM', 'ENOTSUP', 'EMLINK', 'EOPNOTSUPP'])(
  'works where files cannot have further names: %s',
  async (code) => {
    const link = jest.spyOn(fs, 'linkSync').mockImplementation(() => {
      throw Object.assign(new Error(code), { code });
    });
    for (const options of [{}, { maxEntries: 4 }]) {
      const [one, other] = [open(options), open(options)];
      await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          (index % 2 === 0 ? one : other).put(
            aRecord({ key: `${index % 4}`, body: Buffer.from(`${index}`) }),
          ),
        ),
      );
      expect(await one.count()).toBe(4);
      await one.put(aRecord());
      await assertStored(other, aRecord());
      expect(readdirSync(root('locks'))).toEqual([]);
      expect(await other.deleteResource('resource')).toBeGreaterThan(3);
      expect(await one.prune(1e15, 100)).toBe(0);
    }
    expect(link.mock.calls.length).toBeGreaterThan(50);
  },
);

it('more records than a file may have names: markers become files of their own', async () => {
  const link = fs.linkSync;
  const names = new Map<string, number>();
  // Some file systems allow 65,000; here it is 5.
  jest.spyOn(fs, 'linkSync').mockImplementation((from, to) => {
    const count = (names.get(String(from)) ?? 0) + 1;
    if (String(from).includes('empty') && count > 5)
      throw Object.assign(new Error('EMLINK'), { code: 'EMLINK' });
    link(from, to);
    names.set(String(from), count);
  });
  const backend = open();
  for (let index = 0; index < 300; index++)
    await backend.put(aRecord({ key: 'one', variant: `${index}`, retainUntil: NOON + index }));
  expect(files()).toEqual({ records: 300, due: 300, resources: 1 });
  expect(await backend.prune(NOON + 299, 1000)).toBe(300);
  expect(files()).toEqual({});
});

it('a thousand records that are stored at the same time are not all encoded at the same time', async () => {
  const backend = open();
  let [encoded, most] = [0, 0];
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with the object on which they are called
  const { encode, write } = RecordFiles.prototype;
  jest.spyOn(RecordFiles.prototype, 'encode').mockImplementation(function (this: RecordFiles, record) {
    most = Math.max(most, ++encoded);
    return encode.call(this, record);
  });
  jest.spyOn(RecordFiles.prototype, 'write').mockImplementation(async function (this: RecordFiles, ...args) {
    await write.apply(this, args);
    encoded -= 1;
  });
  await Promise.all(
    Array.from({ length: 1000 }, (_, index) => backend.put(aRecord({ key: `key ${index}` }))),
  );
  expect(encoded).toBe(0);
  expect(most).toBeLessThanOrEqual(64);
  expect(await backend.count()).toBe(1000);
});

it('close waits for counting that has begun', async () => {
  const backend = open();
  for (let index = 0; index < 300; index++) await backend.put(aRecord({ key: `key ${index}` }));
  const ended: string[] = [];
  const calls = [backend.count(), backend.count({ resource: 'resource' }), backend.size()].map(
    async (call) => {
      const amount = await call;
      ended.push('call');
      return amount;
    },
  );
  await backend.close();
  expect(ended).toHaveLength(3);
  expect(await Promise.all(calls)).toEqual([300, 300, expect.any(Number)]);
});
