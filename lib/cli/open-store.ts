import { readdirSync } from 'node:fs';
import path from 'node:path';
import type { FilesystemBackend } from '../backends/filesystem/index.js';
import { BACKENDS } from '../backends/table.js';
import type { Clock } from '../clock.js';
import { CorruptRecordError } from '../errors.js';
import { RecordStore } from '../maintenance/record-store.js';
import { SERIALIZERS } from '../serializers/named-serializer.js';
import { openSerialized } from '../serializers/open-serialized.js';
import type { Backend, RecordMeta } from '../storage/backend.js';
import { guardBackend } from '../storage/guarded-backend.js';
import type { BackendSpec, GivenOptions } from '../storage/open-backend.js';
import type { FilesystemOptions } from '../storage/options/filesystem.js';
import { decodeHead } from '../storage/record-codec.js';
import type { SerializerName, SerializerSpec } from '../storage/serializer-stage.js';
import { missing, pathOf, requireOnDisk, type StoreLocation } from './store-location.js';

/** A store that is open. */
export interface OpenedStore {
  readonly location: StoreLocation;
  readonly backend: Backend;
  readonly records: RecordStore;
  /** The same directory as files, however records are written into them; absent of other backends. Who asks for it closes it. */
  readonly openFiles?: () => Promise<FilesystemBackend>;
}

/** So many records are looked at to find out by which serializer they were written: some may be damaged. */
const LOOKED_AT = 5;

/**
 * Opens a store that is there. Nothing is created, whatever is read from it.
 * @throws CommandFailure where there is none
 */
export async function openExisting(location: StoreLocation, clock: Clock): Promise<OpenedStore> {
  const settled = { ...requireOnDisk(location), ...forReading(location) };
  const { serializer } = location;
  let empty: OpenedStore | undefined;
  for (const form of formsOnDisk(location)) {
    const options = { ...settled, ...form, ...location.options };
    const backend = openNamed(location, options, serializer as SerializerName | undefined);
    const store = opened(location, backend, clock);
    const [first] = await firstRecords(backend);
    await empty?.backend.close();
    const found = { ...store, ...asFiles(location, options) };
    if (first !== undefined) return serializer === undefined ? readable(found, clock) : found;
    empty = found;
  }
  // A server does not tell a store that is empty from one that is not there.
  if (empty !== undefined && pathOf(location) !== undefined) return empty;
  await empty?.backend.close();
  throw missing(location);
}

function asFiles(
  { backend, cacheName }: StoreLocation,
  options: GivenOptions,
): Pick<OpenedStore, 'openFiles'> {
  if (backend !== 'filesystem') return {};
  const { serializer, decodeContent: _decode, ...others } = options;
  const own = OWN_NOTATIONS.includes(serializer) ? { serializer } : {};
  const openFiles = async (): Promise<FilesystemBackend> => {
    const files = await import('../backends/filesystem/index.js');
    return new files.FilesystemBackend(cacheName, { ...others, ...own } as FilesystemOptions);
  };
  return { openFiles };
}

/** Opens a store to write into, which is created where it is not there yet. */
export function openForWriting(location: StoreLocation, clock: Clock): OpenedStore {
  const backend = openNamed(location, location.options, location.serializer as SerializerName | undefined);
  return opened(location, backend, clock);
}

function opened(location: StoreLocation, backend: Backend, clock: Clock): OpenedStore {
  // Failures are those of the command, so that there is nobody else to tell.
  const storage = guardBackend(backend, { clock, report: () => undefined });
  return { location, backend, records: new RecordStore(storage, clock) };
}

function openNamed(
  { backend, cacheName }: StoreLocation,
  options: GivenOptions,
  serializer: SerializerSpec | undefined,
): Backend {
  // What is wrong with the options is found here.
  const spec = { ...options, name: backend } as unknown as BackendSpec;
  return openSerialized(spec, cacheName, BACKENDS, serializer, 'options');
}

/** A table is a thing that costs money: reading creates none. And what is read once need not be kept for a second time. */
function forReading({ backend }: StoreLocation): GivenOptions {
  if (backend === 'sqlite') return { recentBytes: 0 };
  return backend === 'dynamodb' ? { createTable: false } : {};
}

/** The notations that the backend `filesystem` has itself. */
const OWN_NOTATIONS: readonly unknown[] = ['json', 'yaml'];

/**
 * In which forms there are files, as options of the backend: those of another ending are another store, as far as it can see.
 * Opening one that is not there would create its directories.
 */
function formsOnDisk(location: StoreLocation): readonly GivenOptions[] {
  const place = pathOf(location);
  if (location.backend !== 'filesystem' || place === undefined) return [{}];
  const endings = readdirSync(path.join(place, 'v1'), { withFileTypes: true })
    .filter((one) => one.isDirectory() && !one.name.startsWith('trash-'))
    .map(({ name }) => name);
  const { extension } = location.options;
  const serializer = location.serializer ?? location.options['serializer'];
  if (typeof extension === 'string' || serializer !== undefined) {
    const own = OWN_NOTATIONS.includes(serializer) ? serializer : 'bin';
    const ending = typeof extension === 'string' ? extension.replace(/^\./, '') : own;
    return endings.some((one) => one === ending) ? [{}] : [];
  }
  return endings.flatMap((ending) => {
    if (ending === 'bin') return [{}];
    if (OWN_NOTATIONS.includes(ending)) return [{ serializer: ending }];
    return [undefined, ...OWN_NOTATIONS].map((own) => ({
      extension: ending,
      ...(own === undefined ? {} : { serializer: own }),
    }));
  });
}

/** The store by that serializer by which its records can be read: they do not tell what has written them. */
async function readable(store: OpenedStore, clock: Clock): Promise<OpenedStore> {
  const { backend, location } = store;
  const records = await firstRecords(backend);
  if (records.some(isReadable)) return store;
  for (const name of SERIALIZERS.filter((one) => one !== 'binary')) {
    const candidate = openSerialized(backend, location.cacheName, BACKENDS, name);
    if (await canRead(candidate, records)) return { ...store, ...opened(location, candidate, clock) };
  }
  return store;
}

async function canRead(backend: Backend, records: readonly RecordMeta[]): Promise<boolean> {
  try {
    for (const { key } of records) if ((await backend.get(key)).some(isReadable)) return true;
    return false;
  } catch {
    // A package that is not installed cannot be what has written them.
    return false;
  }
}

async function firstRecords(backend: Backend): Promise<readonly RecordMeta[]> {
  const records: RecordMeta[] = [];
  for await (const meta of backend.scan()) {
    records.push(meta);
    if (records.length === LOOKED_AT) break;
  }
  return records;
}

function isReadable({ head }: RecordMeta): boolean {
  try {
    decodeHead(head);
    return true;
  } catch (error) {
    if (error instanceof CorruptRecordError) return error.problem === 'newer-format';
    throw error;
  }
}
