import { UnknownSerializerError } from '../errors.js';
import { expectBoolean, validateOptions } from '../options.js';
import { andThen } from './and-then.js';
import { type Notation, NOTATIONS } from './notations.js';
import { told } from './pipeline.js';
import { type SerializerStage } from './stage.js';

/** Names of the serializers. */
export const SERIALIZERS = Object.freeze(['binary', ...Object.keys(NOTATIONS)]);

/** Options of {@link initSerializer}. */
export interface SerializerOptions {
  /**
   * Whether bodies that are JSON are written as what they say instead of as a text, so that the stored document can be queried
   * and edited; only where the same bytes can be made of it. Not for `binary`. @default false
   */
  readonly decodeContent?: boolean | undefined;
}

/**
 * A serializer by name: `binary` (bytes as they are, the default), `json`, `yaml`, `bson` or `v8`. It can be the first stage of a
 * pipeline. The packages superjson, yaml and bson are loaded when they are needed first.
 * @throws UnknownSerializerError (ERR_CACHE_UNKNOWN_SERIALIZER), InvalidOptionError (ERR_CACHE_INVALID_OPTION)
 */
export function initSerializer(name: string, options: SerializerOptions = {}): SerializerStage {
  validateOptions(options, { decodeContent: expectBoolean }, '');
  if (name === 'binary') return binary;
  const notation = typeof name === 'string' && Object.hasOwn(NOTATIONS, name) ? NOTATIONS[name] : undefined;
  if (notation === undefined) throw new UnknownSerializerError(String(name), SERIALIZERS);
  const stage = new NotationStage(notation);
  const { holdsBytes } = notation;
  return told(stage, { holdsBytes, decodeContent: options.decodeContent ?? false });
}

/** Hands on what it is given. */
const binary: SerializerStage = told({ dumps: (value) => value, loads: (value) => value });

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
