import { InvalidOptionError } from '../errors.js';
import { expectNonEmptyString, validateOptions } from '../options.js';
import { isPromiseLike } from './and-then.js';
import type { BodyForms } from './document.js';
import type { SerializerContext, SerializerName, SerializerStage } from '../storage/serializer-stage.js';
import { isStage, Stage } from './stage.js';

/** What a first stage can be given: documents in these forms, or bytes as they are. */
export type Input = BodyForms | 'bytes';

/** Of the user's own stages nothing is known: what JSON can hold will do. */
const OWN_INPUT: Input = { holdsBytes: false, decodeContent: false, isExact: false };

/** What is known of the library's own stages, which are told what they work on, and read bytes where they have written text. */
interface Mark {
  readonly input: Input;
  /** Where it is one that is chosen by name: which. */
  readonly named?: NamedChoice | undefined;
}

/** A serializer that was chosen by name. */
export interface NamedChoice {
  readonly name: SerializerName;
  readonly decodeContent: boolean;
}

/** Of the whole process, since a program may have loaded this package twice, by `import` and by `require`. */
const MARK = Symbol.for('axios-persistent-cache.stage');

type Marked = SerializerStage & { readonly [MARK]?: Mark };

/**
 * Marks a stage that reads its second argument.
 * @param input what it can be given where it is the first
 */
export function told<T extends SerializerStage>(stage: T, input: Input = 'bytes', named?: NamedChoice): T {
  return Object.defineProperty(stage, MARK, { value: Object.freeze({ input, named }) });
}

export function inputOf(stage: SerializerStage): Input {
  return (stage as Marked)[MARK]?.input ?? OWN_INPUT;
}

/** Undefined: it was not made by `initSerializer`. */
export function namedChoiceOf(stage: SerializerStage): NamedChoice | undefined {
  return (stage as Marked)[MARK]?.named;
}

/** Whether no stage is of the user's making. */
export function isAllOurs(stage: SerializerStage): boolean {
  if ((stage as Marked)[MARK] === undefined) return false;
  const { stages } = stage as Partial<SerializerPipeline>;
  return stages === undefined || stages.every(isAllOurs);
}

/** Whether what the last stage makes has to be given to it exactly as it was, text as text. */
export function isOwnOfUser(stage: SerializerStage): boolean {
  if ((stage as Marked)[MARK] === undefined) return true;
  const last = (stage as Partial<SerializerPipeline>).stages?.at(-1);
  return last !== undefined && isOwnOfUser(last);
}

/**
 * Stages that run one after the other: forwards on writing, backwards on reading. A pipeline is a stage itself.
 *
 *     new SerializerPipeline([initSerializer('json'), gzip(), signed(process.env.CACHE_SECRET)])
 */
export class SerializerPipeline implements SerializerStage {
  readonly stages: readonly SerializerStage[];
  readonly name: string;
  /** For reading. */
  readonly #backwards: readonly SerializerStage[];

  /**
   * @param stages at least one; objects with `dumps` and `loads`
   * @throws InvalidOptionError (ERR_CACHE_INVALID_OPTION) that names the stage which is none, or the option
   */
  constructor(stages: readonly SerializerStage[], options: { readonly name?: string } = {}) {
    if (!Array.isArray(stages) || stages.length === 0) {
      throw new InvalidOptionError('stages', stages, 'an array with at least one stage');
    }
    validateOptions(options, { name: expectNonEmptyString }, '');
    this.stages = Object.freeze(stages.map(stageOf));
    this.#backwards = [...this.stages].reverse();
    this.name = options.name ?? 'pipeline';
    told(this, inputOf(this.stages[0] as SerializerStage));
    Object.freeze(this);
  }

  dumps(value: unknown, context?: SerializerContext): unknown {
    return inTurn(value, this.stages, (stage, given) => stage.dumps(given, context));
  }

  loads(value: unknown, context?: SerializerContext): unknown {
    return inTurn(value, this.#backwards, (stage, given) => stage.loads(given, context));
  }
}

function stageOf(stage: unknown, index: number): SerializerStage {
  if (!isStage(stage)) {
    throw new InvalidOptionError(
      `stages[${index}]`,
      stage,
      'an object with the functions "dumps" and "loads"',
    );
  }
  return (stage as Marked)[MARK] === undefined ? new Stage(stage) : stage;
}

/** One after the other; at once as long as they answer at once. */
function inTurn(
  value: unknown,
  stages: readonly SerializerStage[],
  call: (stage: SerializerStage, value: unknown) => unknown,
  from = 0,
): unknown {
  let current = value;
  for (let index = from; index < stages.length; index++) {
    current = call(stages[index] as SerializerStage, current);
    if (isPromiseLike(current)) {
      return Promise.resolve(current).then((settled) => inTurn(settled, stages, call, index + 1));
    }
  }
  return current;
}
