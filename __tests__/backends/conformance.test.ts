import { type BackendSpec, openBackend } from '../../lib/storage/open-backend.js';
import { BACKENDS } from '../../lib/backends/table.js';
import { describeBackend } from '../../lib/backend-suite/describe-backend.js';
import { aTemporaryDirectory } from '../helpers/temporary-directory.js';
import { requiredBackends } from '../servers/index.js';
import { NEEDED } from '../servers/kinds.js';
import { memoryHarness, sqliteHarness } from './conformance/harnesses.js';

/** Those that need servers have files of their own. */
const TESTED = ['memory', 'sqlite', 'filesystem', 'redis', 'mongodb', 'gridfs', 'dynamodb'];

/** A backend that is required but not tested is a failure, never a skip. */
const required = requiredBackends();

describe('every backend that is required', () => {
  it('is tested', () => {
    expect(TESTED).toEqual(expect.arrayContaining(required));
    expect(TESTED).toEqual(expect.arrayContaining([...BACKENDS.map(({ name }) => name)]));
  });

  it('opens where it needs no server', async () => {
    const names = required.filter((name) => NEEDED[name]?.length === 0);
    const directory = aTemporaryDirectory();
    try {
      for (const name of names) {
        const backend = openBackend(name as BackendSpec, directory.path(name), BACKENDS);
        expect(await backend.count()).toBe(0);
        await backend.close();
      }
    } finally {
      directory.remove();
    }
    expect.assertions(names.length);
  });
});

describeBackend('memory', memoryHarness());
describeBackend('sqlite', sqliteHarness({ fastSave: true }));
describeBackend('sqlite with a rollback journal', sqliteHarness({ fastSave: true, wal: false }));
describeBackend('sqlite in memory', sqliteHarness({ useMemory: true }));

// Node 22.13 and later. Older ones have nothing that could be tested.
const { getBuiltinModule } = process as { getBuiltinModule?: (name: string) => unknown };
if (getBuiltinModule?.('node:sqlite') !== undefined) {
  describeBackend('sqlite by node:sqlite', sqliteHarness({ fastSave: true, driver: 'node:sqlite' }));
}
