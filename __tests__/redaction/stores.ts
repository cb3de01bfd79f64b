import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type Backend, initBackend } from '../../lib/index.js';
import { type FilesystemOptions } from '../../lib/storage/options/filesystem.js';
import { type RawPiece } from './search.js';

/** Storage that can be looked into past its backend. */
export interface RawStore {
  readonly backend: Backend;
  /** All that is stored, as it lies there; also when the backend is closed. */
  read(): Promise<readonly RawPiece[]>;
  dispose(): Promise<void>;
}

export type MakeStore = () => Promise<RawStore>;

/** In memory: what a scan finds is all that there is, and is gone with the backend. */
export async function memoryStore(): Promise<RawStore> {
  const backend = initBackend('redaction', 'memory');
  let last: readonly RawPiece[] = [];
  return {
    backend,
    read: async () => {
      last = await piecesOf(backend).catch(() => last);
      return last;
    },
    dispose: async () => undefined,
  };
}

async function piecesOf(backend: Backend): Promise<readonly RawPiece[]> {
  const pieces: RawPiece[] = [];
  for await (const { head, ...meta } of backend.scan()) {
    const body = (await backend.body(meta)) ?? new Uint8Array();
    const bytes = Buffer.concat([Buffer.from(JSON.stringify(meta)), head, body]);
    pieces.push({ where: `record ${meta.key}`, bytes });
  }
  return pieces;
}

/** A database file, with its log and the index of that while it is open. */
export async function sqliteStore(): Promise<RawStore> {
  return storeOnDisk((directory) => initBackend(path.join(directory, 'cache.sqlite'), 'sqlite'));
}

/** A directory: the contents of its files, and their names. */
export function filesystemStore(serializer: NonNullable<FilesystemOptions['serializer']>): MakeStore {
  return async () =>
    storeOnDisk((directory) =>
      initBackend(path.join(directory, 'cache'), 'filesystem', { serializer, fastSave: true }),
    );
}

function storeOnDisk(open: (directory: string) => Backend): RawStore {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'redaction-'));
  return {
    backend: open(directory),
    read: async () =>
      readdirSync(directory, { recursive: true, encoding: 'utf8' }).map((name) => {
        const file = path.join(directory, name);
        const content = statSync(file).isFile() ? readFileSync(file) : Buffer.alloc(0);
        return { where: name, bytes: Buffer.concat([Buffer.from(`${name}\n`), content]) };
      }),
    dispose: async () => rmSync(directory, { recursive: true, force: true }),
  };
}
