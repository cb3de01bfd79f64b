import { InvalidOptionError } from '../errors.js';
import type { SerializerStage } from '../storage/serializer-stage.js';

/** Two functions by whatever names an object has them: see {@link Stage}. */
export interface StageNames {
  /** The function itself, or the name of the object's method. @default 'dumps' */
  readonly dumps?: string | ((value: never) => unknown) | undefined;
  /** The same for reading. @default 'loads' */
  readonly loads?: string | ((value: never) => unknown) | undefined;
}

type Call = (value: unknown) => unknown;

/**
 * Makes a stage of an object whose methods have other names, or of two functions, synchronous or not:
 * `new Stage(codec, { dumps: 'encode', loads: 'decode' })`, `new Stage({ dumps: compress, loads: decompress })`.
 * They are given the value alone, so that a second parameter of theirs keeps its default.
 */
export class Stage implements SerializerStage {
  readonly #dumps: Call;
  readonly #loads: Call;

  /** @throws InvalidOptionError (ERR_CACHE_INVALID_OPTION) where there is no such function */
  constructor(source: object, names: StageNames = {}) {
    this.#dumps = callOf(source, names, 'dumps');
    this.#loads = callOf(source, names, 'loads');
  }

  dumps(value: unknown): unknown {
    return this.#dumps(value);
  }

  loads(value: unknown): unknown {
    return this.#loads(value);
  }
}

function callOf(source: object, names: StageNames, direction: 'dumps' | 'loads'): Call {
  const named = names[direction] ?? direction;
  if (typeof named === 'function') return named as Call;
  const found: unknown = (source as Readonly<Record<string, unknown>> | null | undefined)?.[named];
  if (typeof found !== 'function') {
    throw new InvalidOptionError(direction, found, `a function, as "${named}" of the stage's object`);
  }
  return (value) => (found as Call).call(source, value);
}

/** Whether something can be a stage as it is. */
export function isStage(value: unknown): value is SerializerStage {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  const { dumps, loads } = value as Partial<SerializerStage>;
  return typeof dumps === 'function' && typeof loads === 'function';
}
