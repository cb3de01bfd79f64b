import { describeBackend } from './conformance/describe-backend.js';
import { memoryHarness, sqliteHarness } from './conformance/harnesses.js';

describeBackend('memory', memoryHarness());
describeBackend('sqlite', sqliteHarness({ fastSave: true }));
describeBackend('sqlite with a rollback journal', sqliteHarness({ fastSave: true, wal: false }));
describeBackend('sqlite in memory', sqliteHarness({ useMemory: true }));

// Node 22.13 and later. Older ones have nothing that could be tested.
const { getBuiltinModule } = process as { getBuiltinModule?: (name: string) => unknown };
if (getBuiltinModule?.('node:sqlite') !== undefined) {
  describeBackend('sqlite by node:sqlite', sqliteHarness({ fastSave: true, driver: 'node:sqlite' }));
}
