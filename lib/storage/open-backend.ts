import { CacheClosedError, InvalidOptionError, UnknownBackendError } from '../errors.js';
import type { EpochMs } from '../clock.js';
import type {
  Backend,
  BackendTraits,
  FoundRecord,
  MaybePromise,
  RecordAddress,
  RecordMeta,
  ScanRange,
  StoredRecord,
  EvictionListener,
  TroubleListener,
} from './backend.js';
import type { BackendName, BackendOptionsByName } from './backend-options.js';
import { Opening } from './opening.js';
import type { SerializerSpec } from './serializer-stage.js';

/** The cache name where the user gives none: of a file, and of a namespace in a database. */
export const DEFAULT_CACHE_NAME = 'http_cache';

/**
 * How the user chooses a backend: a name; a name with options, `{ name: 'sqlite', useTemp: true }`; or an object that
 * is a backend itself, used as it is.
 */
export type BackendSpec =
  | BackendName
  | { [Name in BackendName]: { readonly name: Name } & BackendSettings<Name> }[BackendName]
  | Backend;

/** Options of a backend that is chosen by name. */
export type BackendSettings<Name extends BackendName = BackendName> = Omit<
  BackendOptionsByName[Name],
  keyof SerializerSettings
> &
  SerializerSettings;

/** What every backend that is chosen by name takes besides its own options. */
export interface SerializerSettings {
  /**
   * How records are written, where the cache's own option does not say. `filesystem` writes `json` and `yaml` as files that any
   * editor opens, `mongodb` and `dynamodb` write `bson` as documents of theirs. @default 'binary'
   */
  readonly serializer?: SerializerSpec | undefined;
  /** With `serializer` by name: whether bodies that are JSON are written as what they say; see `SerializerOptions`. @default false */
  readonly decodeContent?: boolean | undefined;
}

/** Options as the user gave them, before they are checked. */
export type GivenOptions = Readonly<Record<string, unknown>>;

/** One backend that can be chosen by name. */
export interface BackendRow {
  /** In lower case. */
  readonly name: string;
  /** Serializers that it knows itself, as options `serializer` and `decodeContent`; absent: none. */
  readonly ownSerializers?: readonly string[];
  /** Whether it has {@link Backend.deleteTag}; absent: no. */
  readonly indexesTags?: true;
  /** The package that it needs, and which versions; absent where it needs none. */
  readonly packageName?: string;
  readonly range?: string;
  /**
   * Checks options and cache name without loading anything.
   * @param path where the options were given, for messages: `backend`
   * @throws InvalidOptionError, UnknownOptionError (ERR_CACHE_INVALID_OPTION)
   */
  validate(options: GivenOptions, cacheName: string, path: string): void;
  /** What the backend will be able to do, known before it is opened. */
  traits(options: GivenOptions, cacheName: string): BackendTraits;
  /**
   * The cache name in a form that no longer depends on the surroundings, such as the working directory, which may change
   * before the store is opened. Absent where names do not depend on them.
   * @throws InvalidOptionError (ERR_CACHE_INVALID_OPTION)
   */
  locate?(options: GivenOptions, cacheName: string): string;
  /** Loads the backend's module, by a literal `import()`. The function that it gives opens nothing yet. */
  load(): Promise<(cacheName: string, options: GivenOptions) => Backend>;
}

/** The backends that can be chosen by name. */
export type BackendTable = readonly BackendRow[];

/** Every method of the contract; a record, so that the compiler notices when one is missing here. */
const CONTRACT: Readonly<
  Record<
    Exclude<keyof Backend, 'name' | 'traits' | 'maxEntryBytes' | 'deleteTag' | 'onTrouble' | 'onEvict'>,
    true
  >
> = {
  get: true,
  body: true,
  put: true,
  replaceHead: true,
  delete: true,
  deleteResource: true,
  scan: true,
  count: true,
  size: true,
  prune: true,
  clear: true,
  close: true,
};

/**
 * The backend that the user asked for. Name and options are checked at once, and a relative path is resolved at once; the
 * module is loaded and the store opened at the first use. An opening that fails is tried again by the next call. A
 * backend object is returned as it is.
 *
 * @param cacheName file, directory, namespace or database, by backend; must not be empty
 * @param path the option's name, for messages
 * @throws UnknownBackendError (ERR_CACHE_UNKNOWN_BACKEND), InvalidOptionError (ERR_CACHE_INVALID_OPTION)
 */
export function openBackend(
  spec: BackendSpec,
  cacheName: string,
  table: BackendTable,
  path = 'backend',
): Backend {
  if (isBackendLike(spec)) {
    requireContract(spec, path);
    return spec;
  }
  const { name, options } = nameAndOptions(spec, path);
  const row = table.find((candidate) => candidate.name === name.toLowerCase());
  if (row === undefined) {
    throw new UnknownBackendError(
      name,
      table.map((candidate) => candidate.name),
    );
  }
  if (typeof cacheName !== 'string' || cacheName === '') {
    throw new InvalidOptionError('cacheName', cacheName, 'a non-empty string');
  }
  row.validate(options, cacheName, path);
  return new LazyBackend(row, cacheName, options);
}

function nameAndOptions(spec: unknown, path: string): { name: string; options: GivenOptions } {
  if (typeof spec === 'string') return { name: spec, options: {} };
  if (typeof spec !== 'object' || spec === null || Array.isArray(spec)) {
    throw new InvalidOptionError(
      path,
      spec,
      'the name of a backend, { name, …options }, or a Backend object',
    );
  }
  const { name, ...options } = spec as GivenOptions;
  if (typeof name !== 'string') throw new InvalidOptionError(`${path}.name`, name, 'the name of a backend');
  return { name, options };
}

/** Whether the value is meant as a backend object: it has at least one of the methods. */
export function isBackendLike(value: unknown): value is Backend {
  if (typeof value !== 'object' || value === null) return false;
  return Object.keys(CONTRACT).some((method) => hasMethod(value, method));
}

function hasMethod(value: object, method: string): boolean {
  return typeof (value as Record<string, unknown>)[method] === 'function';
}

function requireContract(backend: Backend, path: string): void {
  for (const method of Object.keys(CONTRACT)) {
    if (hasMethod(backend, method)) continue;
    throw new InvalidOptionError(
      path,
      backend,
      `an object with all methods of a Backend; ${method}() is missing`,
    );
  }
  // Typed as they should be; JavaScript users may leave them out.
  const { name, traits } = backend as { name?: unknown; traits?: unknown };
  if (typeof name !== 'string' || name === '') {
    throw new InvalidOptionError(`${path}.name`, name, 'a non-empty string');
  }
  if (typeof traits !== 'object' || traits === null) {
    throw new InvalidOptionError(`${path}.traits`, traits, 'an object { persistent, shared }');
  }
}

/** Loads and opens at the first use; from then on every call goes straight through. */
class LazyBackend implements Backend {
  readonly name: string;
  readonly traits: BackendTraits;
  readonly deleteTag?: (tag: string) => MaybePromise<number>;
  readonly #opening: Opening<Backend>;
  readonly #cacheName: string;
  readonly #listeners: TroubleListener[] = [];
  readonly #evictionListeners: EvictionListener[] = [];
  #isClosed = false;

  constructor(row: BackendRow, cacheName: string, options: GivenOptions) {
    this.name = row.name;
    this.traits = row.traits(options, cacheName);
    if (row.indexesTags === true) {
      this.deleteTag = (tag) => this.#use((backend) => backend.deleteTag?.(tag) ?? 0);
    }
    this.#cacheName = cacheName;
    const location = row.locate?.(options, cacheName) ?? cacheName;
    this.#opening = new Opening(async () => {
      const backend = (await row.load())(location, options);
      for (const listener of this.#listeners) backend.onTrouble?.(listener);
      for (const listener of this.#evictionListeners) backend.onEvict?.(listener);
      return backend;
    });
  }

  /** Not known before it is open. */
  get maxEntryBytes(): number | undefined {
    return this.#opening.value?.maxEntryBytes;
  }

  get(key: string): MaybePromise<readonly FoundRecord[]> {
    const opened = this.#opening.value;
    return opened === undefined ? this.#afterOpening((backend) => backend.get(key)) : opened.get(key);
  }

  body(address: RecordAddress): MaybePromise<Uint8Array | undefined> {
    const opened = this.#opening.value;
    return opened === undefined
      ? this.#afterOpening((backend) => backend.body(address))
      : opened.body(address);
  }

  put(record: StoredRecord): MaybePromise<boolean> {
    const opened = this.#opening.value;
    return opened === undefined ? this.#afterOpening((backend) => backend.put(record)) : opened.put(record);
  }

  replaceHead(meta: RecordMeta, expectedHead?: Uint8Array): MaybePromise<boolean> {
    return this.#use((backend) => backend.replaceHead(meta, expectedHead));
  }

  delete(key: string, variant?: string): MaybePromise<number> {
    return this.#use((backend) => backend.delete(key, variant));
  }

  deleteResource(resource: string): MaybePromise<number> {
    return this.#use((backend) => backend.deleteResource(resource));
  }

  async *scan(range?: ScanRange): AsyncGenerator<RecordMeta, void, undefined> {
    // Closed and never opened: this throws as every other call does.
    const backend = this.#opening.value ?? (await this.#afterOpening((opened) => opened));
    yield* backend.scan(range);
  }

  count(range?: ScanRange): MaybePromise<number> {
    return this.#use((backend) => backend.count(range));
  }

  size(): MaybePromise<number> {
    return this.#use((backend) => backend.size());
  }

  prune(now: EpochMs, limit: number): MaybePromise<number> {
    return this.#use((backend) => backend.prune(now, limit));
  }

  clear(): MaybePromise<void> {
    return this.#use((backend) => backend.clear());
  }

  onTrouble(listener: TroubleListener): void {
    this.#listeners.push(listener);
    this.#opening.value?.onTrouble?.(listener);
  }

  onEvict(listener: EvictionListener): void {
    this.#evictionListeners.push(listener);
    this.#opening.value?.onEvict?.(listener);
  }

  close(): MaybePromise<void> {
    this.#isClosed = true;
    const opened = this.#opening.value;
    if (opened !== undefined) return opened.close();
    return this.#opening.attempt?.then(
      (backend) => backend.close(),
      // What could not be opened needs no closing; whoever asked for it got the error.
      () => undefined,
    );
  }

  #use<T>(call: (backend: Backend) => MaybePromise<T>): MaybePromise<T> {
    const opened = this.#opening.value;
    return opened === undefined ? this.#afterOpening(call) : call(opened);
  }

  async #afterOpening<T>(call: (backend: Backend) => MaybePromise<T>): Promise<T> {
    if (this.#isClosed) throw new CacheClosedError(`Cache "${this.#cacheName}" (backend "${this.name}")`);
    return call(await this.#opening.ensure());
  }
}
