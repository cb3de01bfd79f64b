import {
  loadDriver,
  type SqlDatabase,
  type SqliteDriver,
  type SqlStatement,
  type SqlValue,
} from '../../../lib/backends/sqlite/driver.js';
import { SqliteBackend } from '../../../lib/backends/sqlite/index.js';
import { InvalidOptionError } from '../../../lib/errors.js';
import { type FoundRecord } from '../../../lib/storage/backend.js';
import { type SqliteOptions } from '../../../lib/storage/backend-options.js';
import { aRecord, bytesOf, metaOf } from '../../../lib/backend-suite/records.js';
import { aTemporaryDirectory, type TemporaryDirectory } from '../../helpers/temporary-directory.js';

let directory: TemporaryDirectory;
let backends: SqliteBackend[];

beforeEach(() => {
  directory = aTemporaryDirectory();
  backends = [];
});
afterEach(async () => {
  for (const backend of backends) await backend.close();
  directory.remove();
});

/** How often rows were read, apart from the question whether the file has changed. */
let rowsRead = 0;

async function counting(): Promise<SqliteDriver> {
  const driver = await loadDriver(undefined);
  const watch = (statement: SqlStatement): SqlStatement => ({
    run: (...values) => statement.run(...values),
    get: (...values) => statement.get(...values),
    all: (...values: SqlValue[]) => {
      rowsRead += 1;
      return statement.all(...values);
    },
  });
  return {
    name: driver.name,
    open: (file) => {
      const database = driver.open(file);
      const watched: SqlDatabase = {
        exec: (sql) => database.exec(sql),
        prepare: (sql) => watch(database.prepare(sql)),
        close: () => database.close(),
      };
      return watched;
    },
  };
}

async function open(options: SqliteOptions = {}): Promise<SqliteBackend> {
  const backend = new SqliteBackend(directory.path('cache.sqlite'), options, counting);
  backends.push(backend);
  await backend.count();
  return backend;
}

/** What a backend has of a key, and whether it had to look into the table. */
function look(backend: SqliteBackend, key = 'key'): { found: readonly FoundRecord[]; isRead: boolean } {
  const before = rowsRead;
  const found = backend.get(key);
  if (found instanceof Promise) throw new Error('It did not answer at once.');
  return { found, isRead: rowsRead > before };
}

const bodiesOf = (found: readonly FoundRecord[]): string[] =>
  found.map(({ body }) => Buffer.from(body ?? []).toString()).sort();

describe('what was read of late', () => {
  it('is not read again', async () => {
    const backend = await open();
    await backend.put(aRecord());
    expect(look(backend).isRead).toBe(true);
    const { found, isRead } = look(backend);
    expect(isRead).toBe(false);
    expect(bodiesOf(found)).toEqual([Buffer.from(aRecord().body).toString()]);
  });

  it.each<[string, (backend: SqliteBackend) => unknown, string[]]>([
    ['put', (backend) => backend.put(aRecord({ body: bytesOf('new') })), ['new']],
    [
      'put of another variant',
      (backend) => backend.put(aRecord({ variant: 'other', body: bytesOf('new') })),
      ['new', 'old'],
    ],
    ['delete', (backend) => backend.delete('key'), []],
    ['delete of the variant', (backend) => backend.delete('key', aRecord().variant), []],
    ['deleteResource', (backend) => backend.deleteResource(aRecord().resource), []],
    ['prune', (backend) => backend.prune(Number.MAX_SAFE_INTEGER, 10), []],
    ['clear', (backend) => backend.clear(), []],
  ])('is read again after %s, by this or another connection', async (_name, change, expected) => {
    for (const isOwn of [true, false]) {
      const backend = await open();
      const other = await open();
      await backend.put(aRecord({ body: bytesOf('old'), retainUntil: 5 }));
      for (let round = 0; round < 2; round++) expect(bodiesOf(look(backend).found)).toEqual(['old']);
      await change(isOwn ? backend : other);
      expect(bodiesOf(look(backend).found)).toEqual(expected);
      expect(bodiesOf(look(other).found)).toEqual(expected);
      await backend.clear();
    }
  });

  it('is read again after its head was replaced', async () => {
    const backend = await open();
    const other = await open();
    await backend.put(aRecord());
    for (const [index, by] of [backend, other].entries()) {
      look(backend);
      await by.replaceHead({ ...metaOf(aRecord()), head: bytesOf(`head ${index}`) });
      expect(look(backend).found.map(({ head }) => Buffer.from(head).toString())).toEqual([`head ${index}`]);
    }
  });

  it('is not found any more when it was evicted', async () => {
    const backend = await open({ maxEntries: 2 });
    await backend.put(aRecord({ key: 'a' }));
    await backend.put(aRecord({ key: 'b' }));
    look(backend, 'a');
    look(backend, 'b');
    look(backend, 'a');
    await backend.put(aRecord({ key: 'c' }));
    expect(['a', 'b', 'c'].map((key) => look(backend, key).found.length)).toEqual([1, 0, 1]);
  });

  it('counts as used by limits, though it is not read', async () => {
    const backend = await open({ maxEntries: 2 });
    await backend.put(aRecord({ key: 'a' }));
    look(backend, 'a');
    await backend.put(aRecord({ key: 'b' }));
    expect(look(backend, 'b').found).toHaveLength(1);
    expect(look(backend, 'a').found).toHaveLength(1);
    expect(look(backend, 'a').isRead).toBe(false);
    await backend.put(aRecord({ key: 'c' }));
    expect(['a', 'b', 'c'].map((key) => look(backend, key).found.length)).toEqual([1, 0, 1]);
  });

  it('takes no more than recentBytes, and of one key an eighth', async () => {
    const backend = await open({ recentBytes: 80_000 });
    for (let index = 0; index < 20; index++) {
      await backend.put(aRecord({ key: `key ${index}`, body: new Uint8Array(7000) }));
    }
    await backend.put(aRecord({ key: 'large', body: new Uint8Array(12_000) }));
    for (let index = 0; index < 20; index++) look(backend, `key ${index}`);
    const kept = Array.from({ length: 20 }, (_, index) => !look(backend, `key ${19 - index}`).isRead);
    const keptCount = kept.filter(Boolean).length;
    expect(keptCount).toBeGreaterThanOrEqual(8);
    expect(keptCount * 7000).toBeLessThanOrEqual(80_000);
    look(backend, 'large');
    expect(look(backend, 'large').isRead).toBe(true);
  });

  it('is nothing with recentBytes: 0', async () => {
    const backend = await open({ recentBytes: 0 });
    await backend.put(aRecord());
    look(backend);
    expect(look(backend).isRead).toBe(true);
  });

  it('cannot be changed by who gets it', async () => {
    const backend = await open();
    await backend.put(aRecord());
    const { found } = look(backend);
    expect(Object.isFrozen(found)).toBe(true);
    expect(found.every((record) => Object.isFrozen(record))).toBe(true);
  });

  it.each([-1, 1.5, '8 MiB'])('has no limit of %j', (recentBytes) => {
    const make = (): unknown => new SqliteBackend('x', { recentBytes } as SqliteOptions);
    expect(make).toThrow(InvalidOptionError);
    expect(make).toThrow('recentBytes');
  });

  it.each([{}, { wal: false }, { maxEntries: 6 }, { useMemory: true }])(
    'is what the file holds, whoever changes it, with %j',
    async (options) => {
      const plain = await open({ ...options, recentBytes: 0 });
      const isAlone = 'useMemory' in options;
      const sharers = [await open(options), isAlone ? plain : await open(options)];
      let state = 7;
      const random = (below: number): number => {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        return Math.floor((state / 2 ** 32) * below);
      };
      const bodies = new Map<SqliteBackend, Map<string, string>>();
      for (let step = 0; step < 3000; step++) {
        const by = (isAlone ? sharers[0] : sharers[random(2)]) as SqliteBackend;
        const key = `key ${random(8)}`;
        const chance = random(20);
        if (chance === 0) {
          await by.delete(key);
          bodies.get(by)?.delete(key);
        } else if (chance === 1) await by.deleteResource(`resource ${random(3)}`);
        else if (chance === 2) await by.prune(random(1000), 2);
        else if (chance < 6) {
          const record = aRecord({
            key,
            resource: `resource ${random(3)}`,
            body: bytesOf(`body ${step}`),
            retainUntil: random(2000),
          });
          await by.put(record);
          if (isAlone) bodies.set(by, (bodies.get(by) ?? new Map<string, string>()).set(key, `body ${step}`));
        } else if (isAlone) {
          // Nobody else can look into it: what is found must be what was put last.
          const [found] = bodiesOf(look(by, key).found);
          if (found !== undefined) expect(found).toBe(bodies.get(by)?.get(key));
        } else {
          expect(look(by, key).found).toEqual(look(plain, key).found);
        }
      }
    },
  );
});
