import { describeBackend } from './conformance/describe-backend.js';
import { memoryHarness, sqliteHarness } from './conformance/harnesses.js';

describeBackend('memory', memoryHarness());
describeBackend('sqlite', sqliteHarness({ fastSave: true }));
describeBackend('sqlite with a rollback journal', sqliteHarness({ fastSave: true, wal: false }));
describeBackend('sqlite in memory', sqliteHarness({ useMemory: true }));
