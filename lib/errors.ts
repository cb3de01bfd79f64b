/**
 * Errors of configuration and maintenance. A request never fails with one of them because storage failed; see
 * the event `backendError`. The one exception is a request whose own `cache` options are wrong.
 */

const BRAND = Symbol.for('axios-persistent-cache.error');

/** The stable codes of this library's errors. */
export type HttpCacheErrorCode =
  | 'ERR_CACHE_INVALID_OPTION'
  | 'ERR_CACHE_ALREADY_WRAPPED'
  | 'ERR_CACHE_UNKNOWN_BACKEND'
  | 'ERR_CACHE_UNKNOWN_SERIALIZER'
  | 'ERR_CACHE_MISSING_PACKAGE'
  | 'ERR_CACHE_PACKAGE_LOAD'
  | 'ERR_CACHE_BACKEND'
  | 'ERR_CACHE_BACKEND_TIMEOUT'
  | 'ERR_CACHE_BACKEND_PAUSED'
  | 'ERR_CACHE_RECORD_TOO_LARGE'
  | 'ERR_CACHE_STORE_FORMAT'
  | 'ERR_CACHE_CORRUPT_RECORD'
  | 'ERR_CACHE_UNSUPPORTED_BODY'
  | 'ERR_CACHE_REPLAY_MISS'
  | 'ERR_CACHE_CLOSED';

/** Base of every error of this library. Recognise it by {@link isHttpCacheError} and tell kinds apart by `code`. */
export class HttpCacheError extends Error {
  /** Stable, machine-readable: does not change between releases. */
  readonly code: HttpCacheErrorCode;

  constructor(code: HttpCacheErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
    Object.defineProperty(this, BRAND, { value: true });
  }
}

/**
 * Whether a value is an error of this library. Works across copies of the package (ESM beside CJS), where
 * `instanceof` does not.
 */
export function isHttpCacheError(value: unknown): value is HttpCacheError {
  return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[BRAND] === true;
}

/** A value for an error message: short, quoted where it is text, and never a whole object. */
export function describeValue(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value);
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value);
    case 'bigint':
      return `${value}n`;
    case 'function':
    case 'symbol':
      return `a ${typeof value}`;
    case 'object':
      return value === null ? 'null' : describeObject(value);
    default:
      return String(value);
  }
}

function describeObject(value: object): string {
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'an invalid Date' : value.toISOString();
  const prototype = Object.getPrototypeOf(value) as { constructor?: { name?: string } } | null;
  const name = prototype?.constructor?.name;
  return name === undefined || name === 'Object' ? 'an object' : `an instance of ${name}`;
}

/** An option that does not exist, or whose value is not accepted: says which, what was given, and what is accepted. */
export class InvalidOptionError extends HttpCacheError {
  /** The option's name as the user wrote it, with its path where it is nested (`backend.maxBytes`). */
  readonly option: string;
  /** The value that was given. Not enumerable, since it may hold a secret. */
  declare readonly given: unknown;

  constructor(option: string, given: unknown, accepted: string, options?: { cause?: unknown }) {
    super(
      'ERR_CACHE_INVALID_OPTION',
      `Option "${option}" is ${describeValue(given)}; accepted: ${accepted}.`,
      options,
    );
    this.option = option;
    Object.defineProperty(this, 'given', { value: given });
  }
}

/** An option name that is not known, with the known ones and the nearest of them. */
export class UnknownOptionError extends InvalidOptionError {
  constructor(option: string, given: unknown, known: readonly string[], nearest?: string) {
    super(option, given, `one of ${known.join(', ')}`);
    const hint = nearest === undefined ? '' : ` Did you mean "${nearest}"?`;
    this.message = `Unknown option "${option}".${hint} Known options: ${known.join(', ')}.`;
  }
}

/** `withCache` was called on an instance that already has a cache, or `installCache` where one is installed. */
export class AlreadyWrappedError extends HttpCacheError {
  constructor(
    message = 'This axios instance already has a cache. Call its `cache.detach()` first, or wrap another instance.',
  ) {
    super('ERR_CACHE_ALREADY_WRAPPED', message);
  }
}

/** A backend name that no backend has; the message lists the known ones. */
export class UnknownBackendError extends HttpCacheError {
  readonly backend: string;

  constructor(backend: string, known: readonly string[]) {
    super(
      'ERR_CACHE_UNKNOWN_BACKEND',
      `Unknown backend ${JSON.stringify(backend)}. Known backends: ${known.join(', ')}.`,
    );
    this.backend = backend;
  }
}

/** A serializer name that no serializer has; the message lists the known ones. */
export class UnknownSerializerError extends HttpCacheError {
  readonly serializer: string;

  constructor(serializer: string, known: readonly string[]) {
    super(
      'ERR_CACHE_UNKNOWN_SERIALIZER',
      `Unknown serializer ${JSON.stringify(serializer)}. Known serializers: ${known.join(', ')}.`,
    );
    this.serializer = serializer;
  }
}

/** What a package may be needed by. */
type OwnerKind = 'Backend' | 'Serializer';

/** A backend needs a package that is not installed; the message has the command that installs it. */
export class MissingPackageError extends HttpCacheError {
  /** Name of the backend, or of the serializer, that needs it. */
  readonly backend: string;
  readonly packageName: string;

  constructor(
    facts: { kind?: OwnerKind; backend: string; packageName: string; range: string; alternative?: string },
    options?: { cause?: unknown },
  ) {
    const alternative = facts.alternative === undefined ? '' : ` Or ${facts.alternative}.`;
    super(
      'ERR_CACHE_MISSING_PACKAGE',
      `${facts.kind ?? 'Backend'} "${facts.backend}" needs the package "${facts.packageName}" (${facts.range}), which is not installed. ` +
        `Run: npm install ${facts.packageName}@"${facts.range}".${alternative}`,
      options,
    );
    this.backend = facts.backend;
    this.packageName = facts.packageName;
  }
}

/** A package is installed but cannot be loaded (a native build for another Node, a broken dependency): see `cause`. */
export class PackageLoadError extends HttpCacheError {
  readonly backend: string;
  readonly packageName: string;

  constructor(
    facts: { kind?: OwnerKind; backend: string; packageName: string; remedy?: string },
    options: { cause: unknown },
  ) {
    const cause = sentenceOf(options.cause);
    const remedy = facts.remedy === undefined ? '' : ` ${facts.remedy}`;
    super(
      'ERR_CACHE_PACKAGE_LOAD',
      `${facts.kind ?? 'Backend'} "${facts.backend}": the package "${facts.packageName}" is installed but could not be loaded: ${cause}.${remedy}`,
      options,
    );
    this.backend = facts.backend;
    this.packageName = facts.packageName;
  }
}

const LONGEST_CAUSE = 300;

/**
 * A message on one line. Loaders of native packages break sentences over several lines; lists of files that follow after
 * the sentence, and stacks, are left out.
 */
function sentenceOf(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  const [sentence = ''] = message.split(/\r?\n(?=\s|[-→]|Require stack:|$)/, 1);
  const line = sentence.trim().replace(/\s+/g, ' ').replace(/\.$/, '');
  return line.length > LONGEST_CAUSE ? `${line.slice(0, LONGEST_CAUSE - 3)}...` : line;
}

/** What a backend was asked to do when it failed. */
export type BackendOperation =
  | 'open'
  | 'get'
  | 'body'
  | 'put'
  | 'replaceHead'
  | 'delete'
  | 'deleteResource'
  | 'deleteTag'
  | 'scan'
  | 'count'
  | 'size'
  | 'prune'
  | 'clear'
  | 'close';

/** A backend failed: which, in what operation, and why (`cause`). */
export class BackendError extends HttpCacheError {
  readonly backend: string;
  readonly operation: BackendOperation;

  constructor(
    facts: { backend: string; operation: BackendOperation; message?: string; code?: HttpCacheErrorCode },
    options?: { cause?: unknown },
  ) {
    const cause = options?.cause instanceof Error ? options.cause.message : undefined;
    const detail = facts.message ?? cause ?? 'failed';
    super(
      facts.code ?? 'ERR_CACHE_BACKEND',
      `Backend "${facts.backend}", ${facts.operation}: ${detail}`,
      options,
    );
    this.backend = facts.backend;
    this.operation = facts.operation;
  }
}

/** A stored record that cannot be used: damaged, of another program, under a wrong key, or of a newer format. */
export class CorruptRecordError extends HttpCacheError {
  /** Why the record was rejected. */
  readonly problem: RecordProblem;

  constructor(problem: RecordProblem, message: string, options?: { cause?: unknown }) {
    super('ERR_CACHE_CORRUPT_RECORD', message, options);
    this.problem = problem;
  }
}

/**
 * Why a stored record was rejected: `foreign` (not written by this library), `newer-format` (by a later release),
 * `damaged` (integrity check failed), `misplaced` (another key's record), `body-missing` (head without its body).
 */
export type RecordProblem = 'foreign' | 'newer-format' | 'damaged' | 'misplaced' | 'body-missing';

/** What of a request an error shows: without credentials. */
export interface MissedRequest {
  readonly method: string;
  readonly url: string;
  /** What JSON says, or a text; undefined: none. */
  readonly body: unknown;
}

/**
 * Nothing is recorded for a request that is to be replayed. The message has the recorded request that is most like it, and
 * the difference. The origin was not asked.
 */
export class ReplayMissError extends HttpCacheError {
  /** What was asked for. */
  readonly asked: MissedRequest;
  /** What of all that is recorded is most like it; undefined: nothing is recorded. */
  readonly nearest: MissedRequest | undefined;
  /** The config of the request, as on an error of axios. Not enumerable, since it may hold a secret. */
  declare readonly config: unknown;

  constructor(message: string, asked: MissedRequest, nearest: MissedRequest | undefined, config?: unknown) {
    super('ERR_CACHE_REPLAY_MISS', message);
    this.asked = asked;
    this.nearest = nearest;
    Object.defineProperty(this, 'config', { value: config, writable: true, configurable: true });
  }
}

/** The cache was closed; what was asked of it cannot be done any more. */
export class CacheClosedError extends HttpCacheError {
  constructor(what: string) {
    super('ERR_CACHE_CLOSED', `${what} was closed.`);
  }
}
