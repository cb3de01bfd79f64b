import { InvalidOptionError } from '../errors.js';
import { expectBoolean } from '../options.js';
import type { Backend } from '../storage/backend.js';
import {
  type BackendSpec,
  type BackendTable,
  type GivenOptions,
  isBackendLike,
  openBackend,
} from '../storage/open-backend.js';
import type { SerializerSpec } from '../storage/serializer-stage.js';
import { initSerializer, requireSerializerName } from './named-serializer.js';
import { namedChoiceOf } from './pipeline.js';
import { RecordSerializer } from './record-serializer.js';
import { SerializedBackend } from './serialized-backend.js';
import { isStage } from './stage.js';

/**
 * The backend that the user asked for, as `openBackend` gives it, with records written by the serializer that was asked for:
 * by the backend itself where it has a notation of its own by that name, such as files that an editor opens.
 *
 * @param cacheName what signed and encrypted records are bound to, besides their keys
 * @param serializer undefined: what the options of the backend say, or else `binary`
 * @param path where the backend was given, for messages
 * @throws UnknownBackendError (ERR_CACHE_UNKNOWN_BACKEND), UnknownSerializerError (ERR_CACHE_UNKNOWN_SERIALIZER),
 * InvalidOptionError (ERR_CACHE_INVALID_OPTION)
 */
export function openSerialized(
  spec: BackendSpec,
  cacheName: string,
  table: BackendTable,
  serializer: SerializerSpec | undefined,
  path = 'backend',
): Backend {
  if (serializer !== undefined) requireSerializer(serializer, 'serializer');
  if (isBackendLike(spec)) return written(openBackend(spec, cacheName, table, path), cacheName, serializer);
  const { given, decodeContent, rest } = takenApart(spec, path);
  if (given !== undefined && serializer !== undefined) {
    throw new InvalidOptionError(
      `${path}.serializer`,
      given,
      'nothing, since the cache has an option `serializer`: one of the two is enough',
    );
  }
  const chosen = chosenStage(given ?? serializer, decodeContent, path);
  const named = chosen && namedChoiceOf(chosen);
  if (named !== undefined && hasOwn(table, rest, named.name)) {
    const own = { serializer: named.name, ...(named.decodeContent ? { decodeContent: true } : {}) };
    return openBackend({ ...rest, ...own } as BackendSpec, cacheName, table, path);
  }
  return written(openBackend(rest as BackendSpec, cacheName, table, path), cacheName, chosen);
}

function written(backend: Backend, cacheName: string, serializer: SerializerSpec | undefined): Backend {
  const isBinary =
    serializer === undefined ||
    serializer === 'binary' ||
    (typeof serializer === 'object' && namedChoiceOf(serializer)?.name === 'binary');
  return isBinary ? backend : new SerializedBackend(backend, new RecordSerializer(serializer), cacheName);
}

interface TakenApart {
  readonly given: SerializerSpec | undefined;
  readonly decodeContent: unknown;
  /** All but the serializer; what is none of a backend's is left for `openBackend` to refuse. */
  readonly rest: object;
}

function takenApart(spec: unknown, path: string): TakenApart {
  if (typeof spec === 'string') return { given: undefined, decodeContent: undefined, rest: { name: spec } };
  if (typeof spec !== 'object' || spec === null || Array.isArray(spec)) {
    return { given: undefined, decodeContent: undefined, rest: spec as object };
  }
  const { serializer: given, decodeContent, ...rest } = spec as GivenOptions;
  if (given !== undefined) requireSerializer(given, `${path}.serializer`);
  return { given, decodeContent, rest };
}

function chosenStage(serializer: SerializerSpec | undefined, decodeContent: unknown, path: string) {
  if (decodeContent === undefined)
    return typeof serializer === 'string' ? initSerializer(serializer) : serializer;
  expectBoolean(decodeContent, `${path}.decodeContent`);
  if (typeof serializer === 'string') return initSerializer(serializer, { decodeContent });
  throw new InvalidOptionError(
    `${path}.decodeContent`,
    decodeContent,
    'nothing, unless `serializer` is the name of one',
  );
}

/** @throws UnknownSerializerError (ERR_CACHE_UNKNOWN_SERIALIZER), InvalidOptionError (ERR_CACHE_INVALID_OPTION) */
function requireSerializer(value: unknown, option: string): asserts value is SerializerSpec {
  if (isStage(value)) return;
  if (typeof value === 'string') return requireSerializerName(value, option);
  throw new InvalidOptionError(
    option,
    value,
    'the name of a serializer, or an object with the functions `dumps` and `loads`',
  );
}

/** Whether the backend writes by this serializer itself. */
function hasOwn(table: BackendTable, spec: unknown, serializer: string): boolean {
  const { name } = spec as { readonly name?: unknown };
  const row = table.find((one) => typeof name === 'string' && one.name === name.toLowerCase());
  return row?.ownSerializers?.includes(serializer) ?? false;
}
