import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { FilesystemBackend } from '../../../lib/backends/filesystem/index.js';
import { MemoryBackend } from '../../../lib/backends/memory.js';
import { SqliteBackend } from '../../../lib/backends/sqlite/index.js';
import { type Backend } from '../../../lib/storage/backend.js';
import { type SqliteOptions } from '../../../lib/storage/backend-options.js';
import { type FilesystemOptions } from '../../../lib/storage/options/filesystem.js';
import {
  type BackendHarness,
  type StoreRequest,
  type TestStore,
} from '../../../lib/backend-suite/harness.js';

/** The backend in memory, or one that wraps it. */
export function memoryHarness(
  wrap: (backend: MemoryBackend) => Backend = (backend) => backend,
): BackendHarness {
  return {
    traits: { persistent: false, shared: false },
    indexesTags: true,
    limitsRecords: true,
    damagesStores: false,
    createStore: ({ maxRecordBytes }) => ({
      open: () =>
        wrap(new MemoryBackend(maxRecordBytes === undefined ? {} : { maxEntryBytes: maxRecordBytes })),
      dispose: () => undefined,
    }),
  };
}

/** SQLite in a directory of its own. */
export function sqliteHarness(options: SqliteOptions): BackendHarness {
  const isFile = options.useMemory !== true;
  return {
    traits: { persistent: isFile, shared: isFile },
    indexesTags: true,
    limitsRecords: true,
    damagesStores: isFile,
    createStore: ({ name, maxRecordBytes }) =>
      sqliteStore(
        name,
        maxRecordBytes === undefined ? options : { ...options, maxEntryBytes: maxRecordBytes },
      ),
  };
}

function sqliteStore(name: StoreRequest['name'], options: SqliteOptions): TestStore {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'sqlite-conformance-'));
  const file = path.join(directory, `${name}.sqlite`);
  const opened: SqliteBackend[] = [];
  return {
    open: () => {
      const backend = new SqliteBackend(file, options);
      opened.push(backend);
      return backend;
    },
    damage: () => {
      for (const suffix of ['-wal', '-shm']) rmSync(file + suffix, { force: true });
      writeFileSync(file, 'This was a database once. '.repeat(400));
    },
    dispose: async () => {
      for (const backend of opened) await backend.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** The backend `filesystem` in a directory of its own. */
export function filesystemHarness(options: FilesystemOptions = {}): BackendHarness {
  return {
    traits: { persistent: true, shared: true },
    limitsRecords: true,
    damagesStores: true,
    createStore: ({ name, maxRecordBytes }) =>
      filesystemStore(
        name,
        maxRecordBytes === undefined ? options : { ...options, maxEntryBytes: maxRecordBytes },
      ),
  };
}

function filesystemStore(name: StoreRequest['name'], options: FilesystemOptions): TestStore {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'filesystem-conformance-'));
  const place = path.join(directory, name);
  const opened: FilesystemBackend[] = [];
  return {
    open: () => {
      const backend = new FilesystemBackend(place, { fastSave: true, ...options });
      opened.push(backend);
      return backend;
    },
    damage: () => {
      rmSync(path.join(place, 'v1'), { recursive: true, force: true });
      writeFileSync(path.join(place, 'v1'), 'This was a directory once.');
    },
    dispose: async () => {
      for (const backend of opened) await backend.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
