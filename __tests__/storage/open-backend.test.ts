import { MemoryBackend } from '../../lib/backends/memory.js';
import { BACKENDS } from '../../lib/backends/table.js';
import {
  BackendError,
  InvalidOptionError,
  MissingPackageError,
  UnknownBackendError,
  UnknownOptionError,
} from '../../lib/errors.js';
import { expectPositiveInteger, validateOptions } from '../../lib/options.js';
import { type Backend } from '../../lib/storage/backend.js';
import { type BackendRow, type BackendSpec, openBackend } from '../../lib/storage/open-backend.js';
import { findViolations } from '../../lib/backend-suite/describe-backend.js';
import { memoryHarness } from '../backends/conformance/harnesses.js';
import { aRecord, bytesOf, errorOf, listAll } from '../../lib/backend-suite/records.js';
import { aTemporaryDirectory } from '../helpers/temporary-directory.js';

/** A table with one backend, whose loading can be watched and made to fail. */
function setUp(load?: () => Promise<(cacheName: string, options: object) => Backend>) {
  const loaded: { cacheName: string; options: object }[] = [];
  const opened: MemoryBackend[] = [];
  const row: BackendRow = {
    name: 'fake',
    validate: (options, _cacheName, path) => validateOptions(options, { pages: expectPositiveInteger }, path),
    traits: () => ({ persistent: false, shared: false }),
    load:
      load ??
      (async () => (cacheName, options) => {
        loaded.push({ cacheName, options });
        opened.push(new MemoryBackend());
        return opened.at(-1) as Backend;
      }),
  };
  const open = (spec: unknown, cacheName: unknown = 'demo') =>
    openBackend(spec as BackendSpec, cacheName as string, [row]);
  return { open, loaded, opened };
}

function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('choosing a backend', () => {
  it.each(['fake', 'FAKE', { name: 'Fake' }, { name: 'fake', pages: undefined }])('accepts %j', (spec) => {
    expect(setUp().open(spec)).toMatchObject({ name: 'fake', traits: { persistent: false, shared: false } });
  });

  it('takes a backend object as it is', () => {
    const backend = new MemoryBackend();
    expect(setUp().open(backend)).toBe(backend);
  });

  it('names the known backends when the name is not one', () => {
    const error = thrownBy(() => openBackend('redsi' as BackendSpec, 'demo', BACKENDS));
    expect(error).toBeInstanceOf(UnknownBackendError);
    expect((error as Error).message).toBe(
      `Unknown backend "redsi". Known backends: ${BACKENDS.map(({ name }) => name).join(', ')}.`,
    );
    expect(thrownBy(() => setUp().open({ name: '__proto__' }))).toMatchObject({
      code: 'ERR_CACHE_UNKNOWN_BACKEND',
    });
  });

  it.each([undefined, null, 7, true, [], ['fake'], () => 'fake'])('rejects %p', (spec) => {
    expect(thrownBy(() => setUp().open(spec))).toMatchObject({
      code: 'ERR_CACHE_INVALID_OPTION',
      option: 'backend',
    });
  });

  it.each([{}, { pages: 1 }, { name: 1 }])('rejects %j, which names no backend', (spec) => {
    expect(thrownBy(() => setUp().open(spec))).toMatchObject({ option: 'backend.name' });
  });

  it.each(['', undefined, null, 1])('rejects the cache name %p', (cacheName) => {
    expect(thrownBy(() => openBackend('memory', cacheName as string, BACKENDS))).toMatchObject({
      option: 'cacheName',
    });
  });

  it('D28: rejects options at once, without loading anything', () => {
    const { open, loaded } = setUp();
    const unknown = thrownBy(() => open({ name: 'fake', page: 1 }));
    expect(unknown).toBeInstanceOf(UnknownOptionError);
    expect((unknown as Error).message).toContain('Unknown option "backend.page". Did you mean "pages"?');
    expect(thrownBy(() => open({ name: 'fake', pages: -1 }))).toBeInstanceOf(InvalidOptionError);
    expect(loaded).toEqual([]);
  });

  it.each([
    'get',
    'body',
    'put',
    'replaceHead',
    'delete',
    'deleteResource',
    'scan',
    'count',
    'size',
    'prune',
    'clear',
    'close',
  ])('says that %s() is missing in a backend object', (method) => {
    const backend = Object.assign(Object.create(new MemoryBackend()) as object, { [method]: undefined });
    const error = thrownBy(() => setUp().open(backend));
    expect(error).toMatchObject({ code: 'ERR_CACHE_INVALID_OPTION', option: 'backend' });
    expect((error as Error).message).toContain(`${method}() is missing`);
  });

  it.each([
    ['name', ''],
    ['name', 1],
    ['traits', undefined],
    ['traits', null],
  ])('says that %s is wrong in a backend object', (member, value) => {
    const backend = Object.create(new MemoryBackend(), { [member]: { value } }) as Backend;
    expect(thrownBy(() => setUp().open(backend))).toMatchObject({ option: `backend.${member}` });
  });

  it('tells what a Map is not', () => {
    expect((thrownBy(() => setUp().open(new Map())) as Error).message).toContain('body() is missing');
  });
});

describe('a backend that was chosen by name', () => {
  it('is loaded and opened at its first use, once for all', async () => {
    const { open, loaded } = setUp();
    const options = { name: 'fake', pages: 3 };
    const backend = open(options);
    options.pages = 4;
    expect(loaded).toEqual([]);
    await Promise.all([backend.put(aRecord()), backend.get('key'), backend.count()]);
    expect(loaded).toEqual([{ cacheName: 'demo', options: { pages: 3 } }]);
  });

  it('answers at once when it is open and the real one does', async () => {
    const { open } = setUp();
    const backend = open('fake');
    await backend.count();
    expect(backend.put(aRecord())).toBe(true);
    expect(backend.get('key')).toHaveLength(1);
    expect(backend.body({ key: 'key', variant: '' })).toEqual(aRecord().body);
    expect(backend.replaceHead(aRecord())).toBe(true);
    expect(backend.replaceHead(aRecord(), bytesOf('another head'))).toBe(false);
    expect(backend.count()).toBe(1);
    expect(backend.prune(0, 1)).toBe(0);
    expect(backend.deleteResource('resource')).toBe(1);
    expect(backend.delete('key')).toBe(0);
    expect(backend.size()).toBe(0);
    expect(backend.clear()).toBeUndefined();
  });

  it('passes the calls that came before it was open in their order', async () => {
    const { open } = setUp();
    const backend = open('fake');
    const results = await Promise.all([
      backend.put(aRecord()),
      backend.delete('key'),
      backend.put(aRecord()),
      backend.count(),
    ]);
    expect(results).toEqual([true, 1, true, 1]);
  });

  it('can be tried again after it failed to load or to open', async () => {
    const failures = [
      new MissingPackageError({ backend: 'fake', packageName: 'x', range: '1' }),
      new BackendError({ backend: 'fake', operation: 'open' }),
    ];
    const { open } = setUp(async () => {
      const failure = failures.shift();
      if (failure instanceof MissingPackageError) throw failure;
      return () => {
        if (failure !== undefined) throw failure;
        return new MemoryBackend();
      };
    });
    const backend = open('fake');
    const outcomes = await Promise.allSettled([backend.get('key'), backend.count()]);
    expect(outcomes).toMatchObject([
      { reason: { code: 'ERR_CACHE_MISSING_PACKAGE' } },
      { reason: { code: 'ERR_CACHE_MISSING_PACKAGE' } },
    ]);
    expect(await errorOf(() => listAll(backend.scan()))).toMatchObject({
      code: 'ERR_CACHE_BACKEND',
      operation: 'open',
    });
    expect(await backend.count()).toBe(0);
  });

  it('keeps its file in the directory that was the working directory when it was chosen', async () => {
    const [first, second] = [aTemporaryDirectory(), aTemporaryDirectory()];
    const workingDirectory = jest.spyOn(process, 'cwd').mockReturnValue(first.path());
    const backend = openBackend('sqlite', 'demo', BACKENDS);
    workingDirectory.mockReturnValue(second.path());
    await backend.put(aRecord());
    await backend.close();
    workingDirectory.mockRestore();
    const found = [first.list(), second.list()];
    for (const directory of [first, second]) directory.remove();
    expect(found).toEqual([['demo.sqlite'], []]);
  });

  it('is refused at once when its name is relative and the working directory was deleted', () => {
    const gone = Object.assign(new Error('ENOENT: no such file or directory, uv_cwd'), { code: 'ENOENT' });
    const workingDirectory = jest.spyOn(process, 'cwd').mockImplementation(() => {
      throw gone;
    });
    const error = thrownBy(() => openBackend('sqlite', 'demo', BACKENDS));
    const absolute = thrownBy(() => openBackend('sqlite', '/var/cache/demo', BACKENDS));
    const memory = thrownBy(() => openBackend('sqlite', ':memory:', BACKENDS));
    workingDirectory.mockRestore();
    expect(error).toBeInstanceOf(InvalidOptionError);
    expect(error).toMatchObject({ option: 'cacheName', cause: gone });
    expect([absolute, memory]).toEqual([undefined, undefined]);
  });

  it('that was never used is closed without being opened', async () => {
    const { open, loaded } = setUp();
    const backend = open('fake');
    await backend.close();
    await backend.close();
    expect(loaded).toEqual([]);
    for (const call of [() => backend.get('key'), () => listAll(backend.scan()), () => backend.clear()]) {
      expect(await errorOf(call)).toMatchObject({ code: 'ERR_CACHE_CLOSED' });
    }
  });

  it('that is being opened is closed as soon as it is open', async () => {
    const { open, opened } = setUp();
    const backend = open('fake');
    const putting = backend.put(aRecord());
    await backend.close();
    expect(await putting).toBe(true);
    expect(await errorOf(() => (opened[0] as Backend).count())).toMatchObject({ code: 'ERR_CACHE_CLOSED' });
  });

  it('that cannot be opened can be closed', async () => {
    const { open } = setUp(() => Promise.reject(new Error('boom')));
    const backend = open('fake');
    const reading = errorOf(() => backend.get('key'));
    await expect(Promise.resolve(backend.close())).resolves.toBeUndefined();
    expect(await reading).toMatchObject({ message: 'boom' });
  });

  it('keeps the contract of backends', async () => {
    const harness = memoryHarness();
    const violations = await findViolations({
      ...harness,
      createStore: ({ name, maxRecordBytes }) => {
        const options = maxRecordBytes === undefined ? {} : { maxEntryBytes: maxRecordBytes };
        return {
          open: () => openBackend({ name: 'memory', ...options }, name, BACKENDS),
          dispose: () => undefined,
        };
      },
    });
    expect(violations).toEqual([]);
  });
});

describe('the table of backends', () => {
  it('has names in lower case, each once, and a range with every package', () => {
    const names = BACKENDS.map(({ name }) => name);
    expect(names).toEqual([...new Set(names.map((name) => name.toLowerCase()))]);
    for (const { packageName, range } of BACKENDS)
      expect(packageName === undefined).toBe(range === undefined);
  });

  it('agrees with package.json', () => {
    const { optionalDependencies, peerDependencies } =
      jest.requireActual<Record<'optionalDependencies' | 'peerDependencies', Record<string, string>>>(
        '../../package.json',
      );
    const ranges = { ...peerDependencies, ...optionalDependencies };
    for (const { packageName, range } of BACKENDS) {
      if (packageName !== undefined) expect(ranges[packageName]).toBe(range);
    }
  });

  it.each(BACKENDS.map((row) => [row.name, row] as const))(
    '%s has the traits before it is loaded that it has then',
    async (_, row) => {
      const create = await row.load();
      const backend = create(':memory:', {});
      expect({ ...backend.traits }).toEqual({ ...row.traits({}, ':memory:') });
      expect(backend.name).toBe(row.name);
    },
  );
});
