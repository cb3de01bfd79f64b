import { existsSync, mkdirSync, readdirSync, statSync, symlinkSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { FilesystemBackend } from '../../../lib/backends/filesystem/index.js';
import { BACKENDS } from '../../../lib/backends/table.js';
import { InvalidOptionError, MissingPackageError } from '../../../lib/errors.js';
import { openBackend } from '../../../lib/storage/open-backend.js';
import { type FilesystemOptions } from '../../../lib/storage/options/filesystem.js';
import { aRecord, assertAbsent, assertStored, errorOf } from '../../../lib/backend-suite/records.js';
import { aTemporaryDirectory, type TemporaryDirectory } from '../../helpers/temporary-directory.js';

let directory: TemporaryDirectory;
let backends: FilesystemBackend[];

beforeEach(() => {
  directory = aTemporaryDirectory();
  backends = [];
  jest.spyOn(os, 'tmpdir').mockReturnValue(directory.path('tmp'));
  jest.spyOn(os, 'homedir').mockReturnValue(directory.path('home'));
  jest.replaceProperty(process, 'env', { ...process.env, XDG_CACHE_HOME: directory.path('caches') });
});
afterEach(async () => {
  for (const backend of backends) await backend.close();
  jest.restoreAllMocks();
  jest.resetModules();
  directory.remove();
});

function open(cacheName: string, options: FilesystemOptions = {}): FilesystemBackend {
  const backend = new FilesystemBackend(cacheName, { fastSave: true, ...options });
  backends.push(backend);
  return backend;
}

const pathsOf = async (backend: FilesystemBackend): Promise<string[]> => {
  const paths: string[] = [];
  for await (const one of backend.paths()) paths.push(one);
  return paths;
};

const own = (): string =>
  path.join('tmp', `axios-persistent-cache-${process.geteuid?.() ?? os.userInfo().username}`);

it.each<[string, FilesystemOptions, () => string]>([
  ['demo', { useCacheDir: true }, () => directory.path('caches', 'demo')],
  ['demo', { useCacheDir: true, useTemp: true }, () => directory.path('caches', 'demo')],
  ['my/demo', { useTemp: true }, () => directory.path(own(), 'my', 'demo')],
  ['~/demo', {}, () => directory.path('home', 'demo')],
  ['~/demo', { useTemp: true }, () => directory.path('home', 'demo')],
  ['demo', {}, () => path.resolve('demo')],
])('%j with %j', async (cacheName, options, expected) => {
  const backend = open(cacheName, options);
  expect(backend.path).toBe(expected());
  if (backend.path === path.resolve('demo')) return;
  expect(existsSync(backend.path)).toBe(false);
  await backend.put(aRecord());
  const [file, ...others] = await pathsOf(backend);
  expect(others).toEqual([]);
  expect(path.dirname(path.dirname(file as string))).toBe(path.join(expected(), 'v1', 'bin'));
});

it('an absolute path stays as it is', () => {
  expect(open(directory.path('a'), { useCacheDir: true, useTemp: true }).path).toBe(directory.path('a'));
});

it('files and directories are for their owner only', async () => {
  const umask = process.umask(0);
  try {
    for (const serializer of ['binary', 'json'] as const) {
      const backend = open(directory.path('cache'), { serializer, maxEntries: 5 });
      await backend.put(aRecord());
      await backend.put(aRecord({ key: 'other', variant: 'variant' }));
      await backend.clear();
      await backend.put(aRecord({ key: 'other', variant: 'variant' }));
    }
  } finally {
    process.umask(umask);
  }
  const all = readdirSync(directory.path('cache'), { recursive: true, encoding: 'utf8' });
  expect(all.length).toBeGreaterThan(20);
  for (const name of ['.', ...all]) {
    const found = statSync(directory.path('cache', name));
    expect([name, (found.mode & 0o777).toString(8)]).toEqual([name, found.isDirectory() ? '700' : '600']);
  }
});

it.each(['to a directory', 'to nothing'])(
  'a temporary cache refuses a directory that is a link %s',
  async (kind) => {
    mkdirSync(directory.path(own()), { recursive: true, mode: 0o700 });
    if (kind === 'to a directory') mkdirSync(directory.path('target'));
    symlinkSync(directory.path('target'), directory.path(own(), 'demo'));
    const error = await errorOf(() => open('demo', { useTemp: true }).put(aRecord()));
    expect(error).toMatchObject({ code: 'ERR_CACHE_BACKEND', backend: 'filesystem', operation: 'open' });
    expect(existsSync(directory.path('target')) ? readdirSync(directory.path('target')) : []).not.toContain(
      'demo',
    );
  },
);

it('a cache elsewhere may be a link: whoever chose the place is answered for it', async () => {
  mkdirSync(directory.path('target'));
  symlinkSync(directory.path('target'), directory.path('link'));
  await open(directory.path('link')).put(aRecord());
  await assertStored(open(directory.path('target')), aRecord());
});

describe('the extension', () => {
  it('is that of the serializer, or as the options say, with or without the dot', async () => {
    for (const [options, expected] of [
      [{}, 'bin'],
      [{ serializer: 'json' }, 'json'],
      [{ serializer: 'yaml' }, 'yaml'],
      [{ extension: '.cache' }, 'cache'],
      [{ extension: 'd' }, 'd'],
      [{ serializer: 'json', extension: 'A_b-1' }, 'A_b-1'],
    ] as const) {
      const backend = open(directory.path('cache'), options);
      await backend.put(aRecord({ key: expected }));
      await backend.put(aRecord({ key: 'both', body: Buffer.from(expected) }));
      await backend.put(aRecord({ key: 'both', variant: 'variant' }));
      expect(await backend.get('both')).toHaveLength(2);
      for (const file of await pathsOf(backend)) expect(path.extname(file)).toBe(`.${expected}`);
      expect(await backend.count()).toBe(3);
    }
  });

  it('keeps records apart: those of others are not seen, and not cleared', async () => {
    const [one, other] = [
      open(directory.path('cache')),
      open(directory.path('cache'), { extension: 'other' }),
    ];
    await one.put(aRecord());
    await assertAbsent(other, 'key');
    expect(await other.count()).toBe(0);
    expect(await other.deleteResource('resource')).toBe(0);
    await other.clear();
    await assertStored(one, aRecord());
  });

  it('that another serializer uses, too, leads to records that cannot be read, and are replaced', async () => {
    const [one, other] = [
      open(directory.path('cache'), { extension: 'x' }),
      open(directory.path('cache'), { extension: 'x', serializer: 'json' }),
    ];
    await one.put(aRecord());
    await assertAbsent(other, 'key');
    await other.put(aRecord());
    await assertStored(other, aRecord());
    await assertAbsent(one, 'key');
  });
});

it.each<[string, unknown, string]>([
  ['extension', '', 'the ending of a file name'],
  ['extension', '..', 'the ending of a file name'],
  ['extension', 'a/b', 'the ending of a file name'],
  ['extension', 'a'.repeat(21), 'the ending of a file name'],
  ['extension', 7, 'the ending of a file name'],
  ['serializer', 'xml', 'binary'],
  ['useTemp', 1, 'true or false'],
  ['useCacheDir', 'yes', 'true or false'],
  ['fastSave', null, 'true or false'],
  ['maxBytes', 0, 'greater than 0'],
  ['maxEntries', 1.5, 'greater than 0'],
  ['maxEntryBytes', -1, 'greater than 0'],
  ['unknown', 1, 'unknown'],
])('the option %s of %j is refused, and nothing is created', (option, value, accepted) => {
  let error: unknown;
  try {
    open(directory.path('cache'), { [option]: value });
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(InvalidOptionError);
  expect((error as Error).message).toContain(option);
  expect((error as Error).message).toContain(accepted);
  expect(existsSync(directory.path('cache'))).toBe(false);
  expect(() =>
    openBackend({ name: 'filesystem', [option]: value } as never, directory.path('cache'), BACKENDS),
  ).toThrow(InvalidOptionError);
});

it.each(['', 'a\0b', 7 as never])('the cache name %j is refused', (cacheName) => {
  expect(() => open(cacheName)).toThrow(InvalidOptionError);
});

it('yaml says which package is missing, and works once it is there', async () => {
  const backend = open(directory.path('cache'), { serializer: 'yaml' });
  jest.doMock('yaml', () => {
    throw Object.assign(new Error("Cannot find module 'yaml'"), { code: 'MODULE_NOT_FOUND' });
  });
  const error = await errorOf(() => backend.put(aRecord()));
  expect(error).toBeInstanceOf(MissingPackageError);
  expect((error as Error).message).toMatch(/npm install yaml@.*serializer 'json' or 'binary'/s);
  expect(await errorOf(() => backend.get('key'))).toBeInstanceOf(MissingPackageError);
  jest.dontMock('yaml');
  await backend.put(aRecord());
  await assertStored(backend, aRecord());
});
