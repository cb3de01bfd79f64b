import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { SqliteBackend } from '../../../lib/backends/sqlite/index.js';
import { BACKENDS } from '../../../lib/backends/table.js';
import { BackendError } from '../../../lib/errors.js';
import { type Backend } from '../../../lib/storage/backend.js';
import { openBackend } from '../../../lib/storage/open-backend.js';
import { aTemporaryDirectory, type TemporaryDirectory } from '../../helpers/temporary-directory.js';
import { aRecord, assertStored, errorOf } from '../../../lib/backend-suite/records.js';

/** The machine's directory for temporary files, as the library sees it; and the user's own in it. */
let temporary: TemporaryDirectory;
let own: string;
let backends: Backend[];

beforeEach(() => {
  temporary = aTemporaryDirectory();
  jest.spyOn(os, 'tmpdir').mockReturnValue(temporary.path());
  own = temporary.path(`axios-persistent-cache-${process.geteuid?.() ?? os.userInfo().username}`);
  backends = [];
});
afterEach(async () => {
  for (const backend of backends) await backend.close();
  jest.restoreAllMocks();
  temporary.remove();
});

function open(cacheName = 'demo'): Backend {
  const backend = openBackend({ name: 'sqlite', useTemp: true }, cacheName, BACKENDS);
  backends.push(backend);
  return backend;
}

const permissions = (file: string): string => (statSync(file).mode & 0o777).toString(8);

async function expectRefusal(backend: Backend, file: string, reason: string): Promise<void> {
  for (const call of [() => backend.get('key'), () => backend.put(aRecord()), () => backend.clear()]) {
    const error = await errorOf(call);
    expect(error).toBeInstanceOf(BackendError);
    expect(error).toMatchObject({ code: 'ERR_CACHE_BACKEND', backend: 'sqlite', operation: 'open' });
    expect((error as Error).message).toContain(`${file} ${reason} and is not used`);
  }
}

describe('a temporary cache', () => {
  it('lies in a directory of the user’s own, which nobody else may enter', async () => {
    await open().put(aRecord());
    expect(temporary.list()).toEqual([path.basename(own)]);
    expect(permissions(own)).toBe('700');
    expect(permissions(path.join(own, 'demo.sqlite'))).toBe('600');
  });

  it('is found again', async () => {
    await open('my/demo').put(aRecord());
    await backends[0]?.close();
    await assertStored(open('my/demo'), aRecord());
    expect(existsSync(path.join(own, 'my', 'demo.sqlite'))).toBe(true);
  });

  it('is created with the directory for temporary files, where there is none', async () => {
    temporary.remove();
    await open().put(aRecord());
    expect(permissions(own)).toBe('700');
  });

  it('works as SqliteBackend', async () => {
    const backend = new SqliteBackend('demo', { useTemp: true });
    backends.push(backend);
    expect(backend.path).toBe(path.join(own, 'demo.sqlite'));
    await backend.put(aRecord());
    await assertStored(backend, aRecord());
  });

  it.each(['to a directory', 'to nothing'])('refuses its directory when that is a link %s', async (kind) => {
    const target = temporary.path('target');
    if (kind === 'to a directory') mkdirSync(target);
    symlinkSync(target, own);
    await expectRefusal(open(), own, 'is a symbolic link');
    expect(existsSync(target) ? readdirSync(target) : []).toEqual([]);
  });

  it('refuses its file when that is a link, and leaves what it leads to', async () => {
    mkdirSync(own, { mode: 0o700 });
    writeFileSync(temporary.path('precious'), '');
    symlinkSync(temporary.path('precious'), path.join(own, 'demo.sqlite'));
    await expectRefusal(open(), path.join(own, 'demo.sqlite'), 'is a symbolic link');
    expect(readFileSync(temporary.path('precious'), 'utf8')).toBe('');
    expect(lstatSync(path.join(own, 'demo.sqlite')).isSymbolicLink()).toBe(true);
  });

  it('refuses a directory that belongs to another user, until it is gone', async () => {
    const backend = open();
    mkdirSync(own);
    chmodSync(own, 0o777);
    const me = process.geteuid?.() ?? 0;
    const user = jest.spyOn(process, 'geteuid').mockReturnValue(me + 1);
    const others = temporary.path(`axios-persistent-cache-${me + 1}`);
    mkdirSync(others);
    await expectRefusal(open(), others, 'belongs to another user');
    expect(readdirSync(others)).toEqual([]);
    user.mockReturnValue(me);
    rmSync(others, { recursive: true });
    await backend.put(aRecord());
    await assertStored(backend, aRecord());
  });

  it('knows no owners where users have no numbers', async () => {
    jest.spyOn(process, 'geteuid').mockReturnValue(undefined as unknown as number);
    const named = temporary.path(`axios-persistent-cache-${os.userInfo().username}`);
    mkdirSync(named);
    await open().put(aRecord());
    expect(readdirSync(named)).toContain('demo.sqlite');
  });

  it('says so when a file is in the way', async () => {
    writeFileSync(own, '');
    const error = await errorOf(() => open().get('key'));
    expect((error as Error).message).toContain('is a file');
  });
});

it('a cache elsewhere may be a link: whoever chose the place is answered for it', async () => {
  const target = temporary.path('target.sqlite');
  symlinkSync(target, temporary.path('demo.sqlite'));
  writeFileSync(target, '');
  const backend = new SqliteBackend(temporary.path('demo'));
  backends.push(backend);
  await backend.put(aRecord());
  expect(statSync(target).size).toBeGreaterThan(0);
});
