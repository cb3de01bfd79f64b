import { CacheCore } from '../cache/cache-core.js';
import {
  RECORDING_MODES,
  type RecorderSource,
  type RecordingMode,
  type RequestRecorder,
} from '../cache/request-recorder.js';
import type { CacheOptions } from '../cache/cache-options.js';
import { SessionSettings, validateCacheOptions } from '../cache/settings.js';
import { systemClock } from '../clock.js';
import { InvalidOptionError } from '../errors.js';
import { isCacheStatusName } from '../http/cache-status.js';
import { expectBoolean, expectNonEmptyString, expectOneOf, type OptionSchema } from '../options.js';
import { parseDurationSeconds } from '../policy/expiration.js';
import { CACHE_MODES } from '../policy/modes.js';
import { type CompiledUrlPatterns, compileUrlPatterns } from '../policy/url-patterns.js';
import type { RecorderParts } from '../recordings/recorder.js';
import { absolutePath, currentSurroundings } from '../storage/location.js';
import { openSerialized } from '../serializers/open-serialized.js';
import type { Backend } from '../storage/backend.js';
import { Opening } from '../storage/opening.js';
import {
  type BackendRow,
  type BackendSpec,
  type BackendTable,
  DEFAULT_CACHE_NAME,
  openBackend as openNamedBackend,
} from '../storage/open-backend.js';

const DEFAULT_STORAGE_TIMEOUT_SECONDS = 2;
const DEFAULT_CACHE_STATUS_NAME = 'axios-persistent-cache';

/** The options that only `withCache` takes; a backend's own are checked when it is opened. */
const INSTANCE_SCHEMA: OptionSchema = {
  cacheName: expectNonEmptyString,
  backend: () => undefined,
  /** Checked when the backend is opened. */
  serializer: () => undefined,
  mode: expectOneOf([...CACHE_MODES, ...RECORDING_MODES]),
  autoclose: expectBoolean,
  storageTimeout: (value, option) => void storageTimeoutMs(value, option),
  cacheStatus: (value, option) => void cacheStatusName(value, option),
  statsByUrl: (value, option) => void countedUrls(value, option),
  clock: (value, option) => {
    if (typeof (value as { now?: unknown } | null)?.now !== 'function') {
      throw new InvalidOptionError(
        option,
        value,
        'an object with a function `now` that gives epoch milliseconds',
      );
    }
  },
};

/** A cache that belongs to no instance yet. */
export interface OpenedCache {
  readonly core: CacheCore;
  /** Whether closing it closes the backend too. */
  readonly autoclose: boolean;
}

/**
 * Makes a cache by the options of `withCache`. Storage itself is opened at its first use.
 * @throws InvalidOptionError (ERR_CACHE_INVALID_OPTION), UnknownBackendError, UnknownSerializerError
 */
export function openCache(options: CacheOptions, table: BackendTable): OpenedCache {
  validateCacheOptions(options, INSTANCE_SCHEMA);
  const { clock = systemClock, autoclose = true, mode } = options;
  const recordingMode = RECORDING_MODES.find((one) => one === mode);
  const policyMode = CACHE_MODES.find((one) => one === mode);
  const settings = new SessionSettings({ ...options, mode: policyMode }, clock.now());
  const backend =
    recordingMode === undefined || options.backend !== undefined
      ? openBackend(options, table)
      : openRecordings(options);
  const timeoutMs = storageTimeoutMs(
    options.storageTimeout ?? DEFAULT_STORAGE_TIMEOUT_SECONDS,
    'storageTimeout',
  );
  const core = new CacheCore({
    backend,
    settings,
    storageTimeoutMs: timeoutMs,
    clock,
    cacheStatus: cacheStatusName(options.cacheStatus ?? false, 'cacheStatus'),
    countedUrls: countedUrls(options.statsByUrl ?? [], 'statsByUrl'),
  });
  if (recordingMode !== undefined) {
    const place = options.cacheName ?? DEFAULT_CACHE_NAME;
    core.recorder = recorderSource(recordingMode, { backend, storage: core.storage, clock, place });
  }
  return { core, autoclose };
}

/** What the cache calls itself in `Cache-Status`; undefined: nothing. */
function cacheStatusName(value: unknown, option: string): string | undefined {
  if (value === false) return undefined;
  if (value === true) return DEFAULT_CACHE_STATUS_NAME;
  if (typeof value === 'string' && isCacheStatusName(value)) return value;
  throw new InvalidOptionError(option, value, 'true, false, or a name of printable ASCII characters');
}

/** Patterns of which only it counts whether they match. */
function countedUrls(value: unknown, option: string): CompiledUrlPatterns {
  if (!Array.isArray(value)) {
    throw new InvalidOptionError(option, value, 'an array of URL patterns: globs or RegExps');
  }
  return compileUrlPatterns(
    value.map((pattern: unknown) => [pattern, 0]),
    option,
    0,
  );
}

function openBackend(options: CacheOptions, table: BackendTable): Backend {
  // `null` is not "not given": it is refused.
  const { backend: spec = 'sqlite', cacheName = DEFAULT_CACHE_NAME, serializer } = options;
  return openSerialized(spec, cacheName, table, serializer);
}

/** No backend that can be chosen by name: it goes with a mode. */
const RECORDINGS: BackendRow = {
  name: 'recordings',
  validate: () => undefined,
  traits: () => ({ persistent: true, shared: false }),
  locate: (_options, cacheName) => absolutePath(cacheName, {}, currentSurroundings()),
  load: async () => {
    const { RecordingsBackend } = await import('../recordings/recordings-backend.js');
    return (directory, { serializer, isReadOnly }) =>
      new RecordingsBackend(directory, serializer === 'json' ? 'json' : 'yaml', isReadOnly === true);
  },
};

function recorderSource(mode: RecordingMode, parts: RecorderParts): RecorderSource {
  const opening = new Opening<RequestRecorder>(async () => {
    const { Recorder } = await import('../recordings/recorder.js');
    return new Recorder(mode, parts);
  });
  return { mode, load: () => opening.value ?? opening.ensure() };
}

/** Recordings are made to be read by people. */
function openRecordings({
  cacheName = DEFAULT_CACHE_NAME,
  serializer = 'yaml',
  mode,
}: CacheOptions): Backend {
  if (serializer === 'yaml' || serializer === 'json') {
    const spec = { name: RECORDINGS.name, serializer, isReadOnly: mode === 'replay' };
    return openNamedBackend(spec as BackendSpec, cacheName, [RECORDINGS]);
  }
  throw new InvalidOptionError('serializer', serializer, '"yaml" or "json", where requests are recorded');
}

function storageTimeoutMs(value: unknown, option: string): number {
  const seconds = parseDurationSeconds(value, option);
  if (seconds === 0)
    throw new InvalidOptionError(option, value, 'a time greater than 0: seconds or a duration');
  return seconds * 1000;
}
