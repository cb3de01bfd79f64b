import { Buffer } from 'node:buffer';
import type { MaybePromise } from '../storage/backend.js';
import { andThen, orElse } from './and-then.js';
import { asBuffer, contentOf } from './bytes.js';
import {
  type BodyDocument,
  bodyDocument,
  type BodyForms,
  bodyOf,
  headDocument,
  headOf,
  plainDocument,
  type ReadHead,
} from './document.js';
import { initSerializer } from './named-serializer.js';
import { inputOf, isAllOurs, isOwnOfUser, SerializerPipeline } from './pipeline.js';
import type { SerializerContext, SerializerSpec, SerializerStage } from '../storage/serializer-stage.js';

/** Any document, and any bytes, to see what a serializer makes of them. */
const SAMPLE_DOCUMENT: BodyDocument = { text: '' };
const SAMPLE_BYTES = Buffer.of(0);

/** Reads and writes heads and bodies of records by a serializer, and makes sure that each byte comes back. */
export class RecordSerializer {
  readonly #stage: SerializerStage;
  /** What the first stage can be given; undefined: bytes as they are. */
  readonly #forms: BodyForms | undefined;
  /** Whether bodies come back as they were, so that it need not be tried. */
  readonly #isExact: boolean;
  /** Whether the last stage is of the user's making. */
  readonly #isOwnOfUser: boolean;
  /** Whether the last stage makes text, so that its `loads` is given text; undefined: nobody knows yet. */
  #makesText: boolean | undefined;

  /** @throws InvalidOptionError (ERR_CACHE_INVALID_OPTION), UnknownSerializerError (ERR_CACHE_UNKNOWN_SERIALIZER) */
  constructor(serializer: SerializerSpec) {
    const given = typeof serializer === 'string' ? initSerializer(serializer) : serializer;
    this.#stage = new SerializerPipeline([given]);
    const input = inputOf(this.#stage);
    this.#forms = input === 'bytes' ? undefined : input;
    this.#isExact = this.#forms?.isExact === true && isAllOurs(given);
    this.#isOwnOfUser = isOwnOfUser(this.#stage);
    this.#makesText = this.#isOwnOfUser ? undefined : false;
  }

  /** @throws Error where the serializer does not give back what it is given, or whatever a stage throws */
  dumpsHead(read: ReadHead, context: SerializerContext): MaybePromise<Buffer> {
    const forms = this.#forms;
    if (forms === undefined) return this.#written(withLength(read), context);
    const { head, bodyBytes } = read;
    const isSame = (other: unknown): boolean => {
      const again = headOf(other);
      return again.bodyBytes === bodyBytes && Buffer.compare(again.head, head) === 0;
    };
    const attempts = [
      () => headDocument(head),
      () => ({ ...plainDocument(head, forms.holdsBytes), bodyBytes }),
    ];
    return this.#firstExact(attempts, isSame, context);
  }

  dumpsBody(body: Uint8Array, context: SerializerContext): MaybePromise<Buffer> {
    const forms = this.#forms;
    if (forms === undefined) return this.#written(body, context);
    if (this.#isExact && !forms.decodeContent) return this.#written(bodyDocument(body, forms), context);
    const isSame = (other: unknown): boolean => Buffer.compare(bodyOf(other), body) === 0;
    const attempts = [() => bodyDocument(body, forms), () => plainDocument(body, forms.holdsBytes)];
    return this.#firstExact(attempts, isSame, context);
  }

  /** Throws anything for what it cannot read. */
  loadsHead(stored: Uint8Array, context: SerializerContext): MaybePromise<ReadHead> {
    const read = this.#forms === undefined ? withoutLength : headOf;
    return andThen<unknown, ReadHead>(this.#loads(stored, context), read);
  }

  /** Throws anything for what it cannot read. */
  loadsBody(stored: Uint8Array, context: SerializerContext): MaybePromise<Uint8Array> {
    const read = this.#forms === undefined ? (value: unknown) => contentOf(value).bytes : bodyOf;
    return andThen<unknown, Uint8Array>(this.#loads(stored, context), read);
  }

  #loads(stored: Uint8Array, context: SerializerContext): unknown {
    return andThen<boolean, unknown>(this.#doesMakeText(context), (makesText) =>
      this.#stage.loads(makesText ? asBuffer(stored).toString('utf8') : this.#keptApart(stored), context),
    );
  }

  #doesMakeText(context: SerializerContext): MaybePromise<boolean> {
    if (this.#makesText !== undefined) return this.#makesText;
    return andThen(
      this.#stage.dumps(this.#forms === undefined ? SAMPLE_BYTES : SAMPLE_DOCUMENT, context),
      (made) => (this.#makesText = typeof made === 'string'),
    );
  }

  /** Of several ways to say something the first that comes back to the byte. */
  #firstExact(
    [attempt, ...others]: readonly (() => unknown)[],
    isSame: (document: unknown) => boolean,
    context: SerializerContext,
  ): MaybePromise<Buffer> {
    if (attempt === undefined) throw new Error('The serializer does not give back what it was given');
    const next = (error?: unknown): MaybePromise<Buffer> => {
      if (others.length > 0 || error === undefined) return this.#firstExact(others, isSame, context);
      throw error instanceof Error ? error : new Error('The serializer failed', { cause: error });
    };
    const judge = (written: Buffer): MaybePromise<Buffer> =>
      andThen<unknown, Buffer>(this.#loads(written, context), (read) => (isSame(read) ? written : next()));
    return orElse(() => andThen<Buffer, Buffer>(this.#written(attempt(), context), judge), next);
  }

  #written(value: unknown, context: SerializerContext): MaybePromise<Buffer> {
    return andThen(this.#stage.dumps(value, context), (made) => this.#keptApart(contentOf(made).bytes));
  }

  /** A copy where a stage of the user may use its buffer again, or work in the one that it is given. */
  #keptApart<T extends Uint8Array>(bytes: T): T | Buffer {
    return this.#isOwnOfUser ? Buffer.from(bytes) : bytes;
  }
}

/** How many bytes before a head that is written as it is say how long the body is. */
const LENGTH_BYTES = 6;

function withLength({ head, bodyBytes }: ReadHead): Buffer {
  const length = Buffer.allocUnsafe(LENGTH_BYTES);
  length.writeUIntBE(bodyBytes, 0, LENGTH_BYTES);
  return Buffer.concat([length, head]);
}

function withoutLength(value: unknown): ReadHead {
  const { bytes } = contentOf(value);
  if (bytes.length < LENGTH_BYTES) throw new TypeError('too short for a head');
  return { head: bytes.subarray(LENGTH_BYTES), bodyBytes: bytes.readUIntBE(0, LENGTH_BYTES) };
}
