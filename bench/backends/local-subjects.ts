import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { open, readFile, rename } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { initBackend } from 'axios-persistent-cache';
import { LRUCache } from 'lru-cache';
import { type BareStore, type Subject } from './subject.js';

interface SqliteDatabase {
  exec(sql: string): unknown;
  prepare(sql: string): { get(...values: unknown[]): unknown; run(...values: unknown[]): unknown };
  close(): unknown;
}

let bareFiles = 0;

/** A folder that goes with the subject. */
function aFolder(): { readonly folder: string; readonly remove: () => Promise<void> } {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'bench-'));
  return { folder, remove: async () => rmSync(folder, { recursive: true, force: true }) };
}

export async function memorySubject(): Promise<Subject> {
  return {
    title: 'memory',
    isLookup: true,
    bareTitle: 'lru-cache: get and set of a buffer, with its size',
    open: (name) => initBackend(name, 'memory', { maxBytes: 4e9, maxEntries: Infinity }),
    openBare: async () => {
      const cache = new LRUCache<string, Uint8Array>({ maxSize: 4e9 });
      return {
        get: (key) => cache.get(key),
        put: (key, bytes) => cache.set(key, bytes, { size: bytes.byteLength }),
        close: () => cache.clear(),
      };
    },
    stop: async () => undefined,
  };
}

/** @param isLimited with limits that nothing reaches */
export async function sqliteSubject(isLimited: boolean): Promise<Subject> {
  const { folder, remove } = aFolder();
  const limits = isLimited ? { maxBytes: 1e12, maxEntries: 1e9 } : {};
  return {
    title: isLimited ? 'sqlite with maxBytes and maxEntries' : 'sqlite',
    bareTitle: 'better-sqlite3: a table of key and value, WAL, synchronous NORMAL, prepared statements',
    open: (name) => initBackend(path.join(folder, `${name}.sqlite`), 'sqlite', limits),
    openBare: () => bareSqlite(path.join(folder, `bare_${bareFiles++}.sqlite`)),
    stop: remove,
  };
}

async function bareSqlite(file: string): Promise<BareStore> {
  // @ts-expect-error: the package comes without declarations.
  const loaded = (await import('better-sqlite3')) as unknown as {
    default: new (file: string) => SqliteDatabase;
  };
  const database = new loaded.default(file);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
  database.exec('CREATE TABLE records (key TEXT PRIMARY KEY, value BLOB)');
  const get = database.prepare('SELECT value FROM records WHERE key = ?');
  const put = database.prepare('INSERT OR REPLACE INTO records VALUES (?, ?)');
  return {
    get: (key) => get.get(key),
    put: (key, bytes) => put.run(key, bytes),
    close: () => database.close(),
  };
}

export async function filesystemSubject(): Promise<Subject> {
  const { folder, remove } = aFolder();
  return {
    title: 'filesystem',
    bareTitle: 'node:fs/promises: readFile; write, fsync and rename of a new file',
    open: (name) => initBackend(path.join(folder, name), 'filesystem'),
    openBare: async () => {
      const bare = path.join(folder, `bare_${bareFiles++}`);
      mkdirSync(bare);
      return {
        get: (key) => readFile(path.join(bare, key)),
        put: async (key, bytes) => {
          const file = await open(path.join(bare, `${key}.new`), 'w');
          await file.writeFile(bytes);
          await file.sync();
          await file.close();
          await rename(path.join(bare, `${key}.new`), path.join(bare, key));
        },
        close: () => undefined,
      };
    },
    stop: remove,
  };
}
