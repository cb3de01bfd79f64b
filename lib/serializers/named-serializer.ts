import { InvalidOptionError, UnknownSerializerError } from '../errors.js';
import { expectBoolean, validateOptions } from '../options.js';
import { andThen } from './and-then.js';
import { type Notation, NOTATIONS } from './notations.js';
import { told } from './pipeline.js';
import type { SerializerName, SerializerStage } from '../storage/serializer-stage.js';

/** Names of the serializers. */
export const SERIALIZERS: readonly SerializerName[] = Object.freeze([
  'binary',
  ...(Object.keys(NOTATIONS) as (keyof typeof NOTATIONS)[]),
]);

/** Options of {@link initSerializer}. */
export interface SerializerOptions {
  /**
   * Whether bodies that are JSON are written as what they say instead of as a text, so that the stored document can be queried
   * and edited; only where the same bytes can be made of it, and the text has at most 1,000,000 characters. Not for `binary`. @default false
   */
  readonly decodeContent?: boolean | undefined;
}

/**
 * A serializer by name: `binary` (bytes as they are, the default), `json`, `yaml`, `bson` or `v8`. It can be the first stage of a
 * pipeline. The packages superjson, yaml and bson are loaded when they are needed first; one that is missing is reported as a
 * fault of storage, ERR_CACHE_MISSING_PACKAGE.
 * @throws UnknownSerializerError (ERR_CACHE_UNKNOWN_SERIALIZER), InvalidOptionError (ERR_CACHE_INVALID_OPTION)
 */
export function initSerializer(name: SerializerName, options: SerializerOptions = {}): SerializerStage {
  requireSerializerName(name, 'name');
  validateOptions(options, { decodeContent: expectBoolean }, '');
  const { decodeContent = false } = options;
  if (name !== 'binary') {
    const { holdsBytes, isExact } = NOTATIONS[name];
    const input = { holdsBytes, isExact, decodeContent };
    return told(new NotationStage(NOTATIONS[name]), input, { name, decodeContent });
  }
  if (!decodeContent) return binarySerializer;
  throw new InvalidOptionError('decodeContent', true, 'false, since "binary" keeps bytes as they are');
}

/**
 * @param option how the user gave it, for messages
 * @throws UnknownSerializerError (ERR_CACHE_UNKNOWN_SERIALIZER), InvalidOptionError (ERR_CACHE_INVALID_OPTION)
 */
export function requireSerializerName(name: unknown, option: string): asserts name is SerializerName {
  if ((SERIALIZERS as readonly unknown[]).includes(name)) return;
  if (typeof name === 'string') throw new UnknownSerializerError(name, SERIALIZERS);
  throw new InvalidOptionError(option, name, `one of ${SERIALIZERS.join(', ')}`);
}

/** Loads its package with the first call, and answers at once from then on. */
class NotationStage implements SerializerStage {
  readonly #notation: Notation;

  constructor(notation: Notation) {
    this.#notation = notation;
  }

  dumps(value: unknown): unknown {
    return andThen(this.#notation.load(), (stage) => stage.dumps(value));
  }

  loads(value: unknown): unknown {
    return andThen(this.#notation.load(), (stage) => stage.loads(value));
  }
}

/** Hands on bytes as it is given them: the default. */
export const binarySerializer: SerializerStage = told(
  { dumps: (value) => value, loads: (value) => value },
  'bytes',
  { name: 'binary', decodeContent: false },
);

/** JSON by superjson: readable by any tool. */
export const jsonSerializer = initSerializer('json');
/** YAML: for people to read; by far the slowest. Long records are written as JSON, which is YAML, too. */
export const yamlSerializer = initSerializer('yaml');
/** BSON, which holds bytes as they are. On `mongodb` and `dynamodb`: documents of theirs, which can be queried. */
export const bsonSerializer = initSerializer('bson');
/** Node's structured clone, which holds bytes as they are; only Node can read it. */
export const v8Serializer = initSerializer('v8');
