import fs, { appendFileSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { FilesystemBackend } from '../../../lib/backends/filesystem/index.js';
import { aRecord, assertStored, errorOf, metaOf, noise, NOON } from '../../../lib/backend-suite/records.js';
import { type StoredRecord } from '../../../lib/storage/backend.js';
import { type FilesystemOptions } from '../../../lib/storage/options/filesystem.js';
import { aTemporaryDirectory, type TemporaryDirectory } from '../../helpers/temporary-directory.js';
import { aSmallDisk, type Disk, mountProblem } from './small-disk.js';

const DISK_BYTES = 1024 * 1024;

let directory: TemporaryDirectory;
let backends: FilesystemBackend[];
let disk: Disk;

beforeEach(() => {
  directory = aTemporaryDirectory();
  mkdirSync(directory.path('disk'));
  backends = [];
});
afterEach(async () => {
  try {
    for (const backend of backends) await backend.close();
  } finally {
    disk.unmount();
    directory.remove();
  }
});

function open(options: FilesystemOptions = {}): FilesystemBackend {
  const backend = new FilesystemBackend(directory.path('disk', 'cache'), { fastSave: true, ...options });
  backends.push(backend);
  return backend;
}

/** Writes fail when all files together would be larger than the disk, as far as they are written by this process. */
function aDiskThatSaysFull(): Disk {
  const used = (place: string): number => {
    let sum = 0;
    for (const one of readdirSync(place, { withFileTypes: true })) {
      const file = `${place}/${one.name}`;
      sum += one.isDirectory() ? used(file) : Math.ceil(fs.statSync(file).size / 4096) * 4096;
    }
    return sum;
  };
  let most = DISK_BYTES;
  const original = fs.writeSync.bind(fs) as (...args: unknown[]) => number;
  return {
    limit: () => {
      jest.spyOn(fs, 'writeSync').mockImplementation((...args: unknown[]) => {
        const bytes = Math.ceil((args[1] as Uint8Array).byteLength / 4096) * 4096;
        if (used(directory.path('disk')) + bytes <= most) return original(...args);
        throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
      });
    },
    lift: () => {
      most = Infinity;
    },
    unmount: () => {
      jest.restoreAllMocks();
    },
  };
}

const large = (key: string, retainUntil: number | undefined): StoredRecord =>
  aRecord({ key, body: noise(50_000), createdAt: NOON, retainUntil });

async function fill(backend: FilesystemBackend, retainUntil: number | undefined) {
  for (let count = 0; count < 40; count++) {
    try {
      await backend.put(large(`old ${count}`, retainUntil));
    } catch (error) {
      return { count, error };
    }
  }
  throw new Error('There is room for all.');
}

function testFullDisk(create: (place: string) => Disk, options: FilesystemOptions): void {
  beforeEach(() => {
    disk = create(directory.path('disk'));
    disk.limit();
  });

  it('drops what is past retention for a new record', async () => {
    const backend = open(options);
    const { count } = await fill(backend, NOON + 1);
    expect(count).toBeGreaterThan(8);
    const next = { ...large('next', undefined), createdAt: NOON + 1 };
    expect(await backend.put(next)).toBe(true);
    await assertStored(backend, next);
    expect(await backend.count()).toBe(1);
  });

  it('refuses a new record where nothing is past retention, and keeps all others, also the older one', async () => {
    const backend = open(options);
    const { count, error } = await fill(backend, NOON + 1);
    expect(error).toMatchObject({ code: 'ERR_CACHE_BACKEND', operation: 'put', cause: { code: 'ENOSPC' } });
    const newer = { ...large('old 0', NOON + 1), body: noise(100_000, 2) };
    expect(await errorOf(() => backend.put(newer))).toMatchObject({ cause: { code: 'ENOSPC' } });
    const head = noise(60_000);
    const replacing = backend.replaceHead({ ...metaOf(large('old 0', NOON + 1)), head });
    expect(await errorOf(() => replacing)).toMatchObject({ operation: 'replaceHead' });
    expect(await backend.count()).toBe(count);
    for (let index = 0; index < count; index++) await assertStored(backend, large(`old ${index}`, NOON + 1));
    const temporary = directory.path('disk', 'cache', 'v1', options.serializer ?? 'bin', 'tmp');
    expect(readdirSync(temporary).length).toBeLessThanOrEqual(1);
  });

  it('works again once something was deleted, for another handle, too', async () => {
    const backend = open(options);
    await fill(backend, undefined);
    await backend.close();
    const other = open(options);
    expect(await other.delete('old 0')).toBe(1);
    expect(await other.put(large('next', undefined))).toBe(true);
    expect(await other.deleteResource('resource')).toBeGreaterThan(8);
    expect(await other.put(large('next', undefined))).toBe(true);
  });

  it('is empty and works after clear()', async () => {
    const backend = open(options);
    await fill(backend, undefined);
    await backend.clear();
    expect(await backend.count()).toBe(0);
    expect(await backend.put(large('next', undefined))).toBe(true);
  });

  it('is filled to the last byte with small records, which still can be removed', async () => {
    const backend = open(options);
    await fill(backend, undefined);
    await backend.delete('old 0');
    let small = 0;
    const put = () => backend.put(aRecord({ key: `small ${small}`, retainUntil: NOON + 1 }));
    while (await put().catch(() => false)) small += 1;
    expect(small).toBeGreaterThan(5);
    expect(await open(options).prune(NOON + 1, 1000)).toBe(small);
    expect(await backend.put(aRecord())).toBe(true);
  });
}

(mountProblem === undefined ? describe : describe.skip).each<[string, FilesystemOptions]>([
  ['', {}],
  [', under limits', { maxEntries: 1000 }],
  [', as JSON', { serializer: 'json' }],
])(`a real disk of 1 MB that is full${mountProblem ?? ''}%s`, (_, options) =>
  testFullDisk(aSmallDisk, options),
);

(mountProblem === undefined ? it : it.skip).each<[string, FilesystemOptions]>([
  ['', {}],
  [', under limits', { maxEntries: 1000 }],
])(
  `a real disk without a byte left${mountProblem ?? ''}%s: what is stored can be read and deleted`,
  async (_, options) => {
    disk = aSmallDisk(directory.path('disk'));
    disk.limit();
    const backend = open(options);
    for (const key of ['a', 'b', 'c']) await backend.put(aRecord({ key, retainUntil: NOON }));
    await backend.close();
    rmSync(directory.path('disk', 'cache', 'v1', 'bin', 'usage.log'), { force: true });
    expect(() => {
      for (;;) appendFileSync(directory.path('disk', 'filler'), Buffer.alloc(4096));
    }).toThrow('ENOSPC');
    const other = open(options);
    expect(await other.get('a')).toHaveLength(1);
    expect(await other.delete('a')).toBe(1);
    expect(await other.prune(NOON, 1)).toBe(1);
    expect(await other.count()).toBe(1);
  },
);

describe.each<[string, FilesystemOptions]>([
  ['', {}],
  [', under limits', { maxEntries: 1000 }],
])('writing that fails as on a full disk%s', (_, options) => testFullDisk(aDiskThatSaysFull, options));
