import { closeSync, openSync, readSync, statSync } from 'node:fs';
import path from 'node:path';
import { BACKENDS } from '../backends/table.js';
import { DEFAULT_CACHE_NAME, type GivenOptions } from '../storage/open-backend.js';
import { CommandFailure, UsageError } from './failure.js';

/** How the user says which store is meant, besides its name. */
export interface StoreOptions {
  readonly backend?: string | undefined;
  readonly cacheName?: string | undefined;
  readonly serializer?: string | undefined;
  /** JSON. */
  readonly options?: string | undefined;
}

/** Which store is meant. */
export interface StoreLocation {
  /** Of the backend. */
  readonly backend: string;
  readonly cacheName: string;
  readonly options: GivenOptions;
  readonly serializer: string | undefined;
  /** For messages: without secrets. */
  readonly description: string;
  /** What no message may show. */
  readonly secrets: readonly string[];
}

/** Of the backends, what needs a server or a process of its own: nothing is to be found on the disk. */
const ON_DISK: readonly string[] = ['sqlite', 'filesystem'];

/**
 * The store that is meant by what the user wrote: a URL, a path that is there, or a name.
 * @throws UsageError for what cannot be understood
 */
export function locateStore(store: string, given: StoreOptions): StoreLocation {
  const options = parseOptions(given.options);
  const recognised = fromUrl(store, given) ?? fromName(store, given);
  const all = { ...recognised.options, ...options };
  const cacheName = given.cacheName ?? recognised.cacheName;
  if (given.cacheName !== undefined && ON_DISK.includes(recognised.backend)) {
    throw new UsageError(
      `--cache-name is for stores on servers; of ${recognised.backend} the path is the name`,
    );
  }
  if (recognised.backend === 'memory') {
    throw new UsageError('The backend "memory" keeps nothing that another process could look into');
  }
  return {
    backend: recognised.backend,
    cacheName,
    options: all,
    serializer: given.serializer,
    description: recognised.description(cacheName),
    secrets: [...recognised.secrets, ...secretsIn(options)],
  };
}

interface Recognised {
  readonly backend: string;
  readonly cacheName: string;
  readonly options: GivenOptions;
  readonly secrets: readonly string[];
  readonly description: (cacheName: string) => string;
}

function fromUrl(store: string, { backend }: StoreOptions): Recognised | undefined {
  const [, scheme = ''] = /^([a-z][a-z0-9+.-]+):\/\//i.exec(store) ?? [];
  switch (scheme.toLowerCase()) {
    case '':
      return undefined;
    case 'redis':
    case 'rediss':
      return onServer(store, backend ?? 'redis');
    case 'mongodb':
    case 'mongodb+srv':
      return onServer(store, backend ?? 'mongodb');
    case 'dynamodb':
      return dynamodbTable(store, backend ?? 'dynamodb');
    default:
      throw new UsageError(
        `No store is known by "${scheme}://": give a path, a name, redis://…, rediss://…, mongodb://… or dynamodb://table`,
      );
  }
}

function onServer(url: string, backend: string): Recognised {
  const secrets = secretsOfUrl(url);
  const shown = url.replace(/\/\/[^/?#]*@/, '//***@').replace(/\?.*$/s, '');
  return {
    backend: backend.toLowerCase(),
    cacheName: DEFAULT_CACHE_NAME,
    options: { url },
    secrets,
    description: (cacheName) => `"${cacheName}" at ${shown}`,
  };
}

/** `dynamodb://table?region=eu-central-1&endpoint=http://127.0.0.1:8000` */
function dynamodbTable(store: string, backend: string): Recognised {
  const [, table = '', query = ''] = /^[a-z]+:\/\/([^/?#]*)\/?(?:\?([^#]*))?$/i.exec(store) ?? [];
  if (table === '')
    throw new UsageError('A table of DynamoDB is named as in dynamodb://table?region=eu-central-1');
  const options: Record<string, string> = { tableName: decodeURIComponent(table) };
  for (const [name, value] of new URLSearchParams(query)) {
    if (name !== 'region' && name !== 'endpoint' && name !== 'namespace') {
      throw new UsageError(`dynamodb://${table} takes region, endpoint and namespace, not "${name}"`);
    }
    options[name] = value;
  }
  return {
    backend: backend.toLowerCase(),
    cacheName: DEFAULT_CACHE_NAME,
    options,
    secrets: options['endpoint'] === undefined ? [] : secretsOfUrl(options['endpoint']),
    description: (cacheName) => `"${options['namespace'] ?? cacheName}" in the table ${table}`,
  };
}

function fromName(store: string, { backend }: StoreOptions): Recognised {
  if (store === '') throw new UsageError('The name of the store is empty');
  const chosen = backend?.toLowerCase() ?? kindOfPath(store);
  const isOnDisk = ON_DISK.includes(chosen);
  return {
    backend: chosen,
    cacheName: store,
    options: {},
    secrets: [],
    description: (cacheName) => (isOnDisk ? cacheName : `"${cacheName}" (${chosen})`),
  };
}

/** What lies there; where nothing does, the name tells. */
function kindOfPath(store: string): 'sqlite' | 'filesystem' {
  if (isDirectory(store) || /[\\/]$/.test(store)) return 'filesystem';
  return 'sqlite';
}

/**
 * Where the store lies on the disk.
 * @returns undefined: on a server
 */
export function pathOf({ backend, options, cacheName }: StoreLocation): string | undefined {
  if (!ON_DISK.includes(backend)) return undefined;
  const row = BACKENDS.find(({ name }) => name === backend);
  row?.validate(options, cacheName, 'options');
  return row?.locate?.(options, cacheName);
}

/**
 * Fails where there is nothing on the disk that could be the store: opening it would create it.
 * @returns options that are needed so that reading changes nothing
 * @throws CommandFailure
 */
export function requireOnDisk(location: StoreLocation): GivenOptions {
  const place = pathOf(location);
  if (place === undefined) return {};
  if (location.backend === 'filesystem') {
    if (!isDirectory(path.join(place, 'v1'))) throw missing(location, place);
    return {};
  }
  const header = headerOf(place);
  if (header === undefined || header.length === 0) throw missing(location, place);
  if (!header.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw new CommandFailure(`${place} is no SQLite database`);
  }
  // A file that was not in WAL mode stays so: on a network drive another mode might damage it.
  return location.options['wal'] === undefined ? { wal: header[WRITE_VERSION_OFFSET] === WAL_VERSION } : {};
}

/** @see https://www.sqlite.org/fileformat.html#the_database_header */
const MAGIC = Buffer.from('SQLite format 3\0');
const HEADER_BYTES = 100;
const WRITE_VERSION_OFFSET = 18;
const WAL_VERSION = 2;

export function missing({ description }: StoreLocation, place?: string): CommandFailure {
  const where = place === undefined || place === description ? '' : ` (${place})`;
  return new CommandFailure(`There is no store ${description}${where}`);
}

/** @returns undefined where there is no file; empty where there is nothing in it */
function headerOf(file: string): Buffer | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
  try {
    const header = Buffer.alloc(HEADER_BYTES);
    return header.subarray(0, readSync(descriptor, header, 0, HEADER_BYTES, 0));
  } finally {
    closeSync(descriptor);
  }
}

function isDirectory(name: string): boolean {
  return statSync(name, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function parseOptions(text: string | undefined): GivenOptions {
  if (text === undefined) return {};
  let options: unknown;
  try {
    options = JSON.parse(text);
  } catch {
    // Not what was given: it may hold a password.
    throw new UsageError(`--options is no JSON; write it as in --options '{"busyTimeout":1000}'`);
  }
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new UsageError(`--options is to be an object, as in --options '{"busyTimeout":1000}'`);
  }
  return options as GivenOptions;
}

/** Users' names are no secrets, but of some services they are all that is. */
function secretsOfUrl(url: string): readonly string[] {
  const [, userinfo = ''] = /\/\/([^/?#]*)@/.exec(url) ?? [];
  if (userinfo === '') return [];
  const password = userinfo.slice(userinfo.indexOf(':') + 1);
  return [...new Set([url, userinfo, password, decoded(password)])].filter((one) => one !== '');
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const SECRET_NAME = /pass|secret|token|key|credential|auth/i;

function secretsIn(options: unknown, isSecret = false): readonly string[] {
  if (typeof options === 'string') {
    return isSecret
      ? [options]
      : /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*@/i.test(options)
        ? secretsOfUrl(options)
        : [];
  }
  if (typeof options !== 'object' || options === null) return [];
  return Object.entries(options).flatMap(([name, value]) =>
    secretsIn(value, isSecret || SECRET_NAME.test(name)),
  );
}
