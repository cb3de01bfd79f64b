import { finished, Readable } from 'node:stream';
import { ReadableStream, type ReadableStreamDefaultReader } from 'node:stream/web';
import { type AxiosResponse, type InternalAxiosRequestConfig } from 'axios';
import { type BodySource, LiveBody } from '../cache/live-body.js';
import { fieldValue } from '../http/header-fields.js';
import { onAbort } from './abort.js';
import { type ReceivedBody } from './body-shape.js';
import { showConfig } from './forward.js';
import { givenUpError } from './stored-body.js';
import { fromAxiosHeaders, isAsSent, isWebStream } from './messages.js';
import { type OwnCopy } from './own-copy.js';

const NO_BYTES = new Uint8Array(0);
/** https://www.rfc-editor.org/rfc/rfc9110.html#section-6.4.1 */
const WITHOUT_BODY: ReadonlySet<number> = new Set([204, 304]);

/** What an adapter gave that was asked for a stream: a body that is still coming, or one that is known to be empty. */
export async function receivedStream(
  raw: AxiosResponse,
  config: Pick<InternalAxiosRequestConfig, 'adapter' | 'decompress' | 'method'>,
): Promise<ReceivedBody> {
  const { data, status } = raw as { data: unknown; status: number };
  if (data === null) return { shape: 'bytes', bytes: NO_BYTES };
  const open = openerOf(data);
  if (open === undefined) return { shape: 'bytes', bytes: undefined };
  if (WITHOUT_BODY.has(status) || /^head$/i.test(config.method ?? '')) {
    return { shape: 'bytes', bytes: await readAll(open()) };
  }
  const { fields } = fromAxiosHeaders(raw.headers);
  const declared = /^\d+$/.exec(fieldValue(fields, 'content-length') ?? '');
  const isKnown = declared !== null && isAsSent(raw, fields, config);
  return {
    shape: 'bytes',
    bytes: undefined,
    live: new LiveBody(open, isKnown ? Number(declared[0]) : undefined),
  };
}

async function readAll(source: BodySource): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for (let chunk = await source.read(); chunk !== undefined; chunk = await source.read()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** How to read what an adapter gave; undefined when it is not a stream of bytes. */
function openerOf(data: unknown): (() => BodySource) | undefined {
  if (isNodeStream(data)) return data.readableObjectMode ? undefined : () => new NodeSource(data);
  return isWebStream(data) && !data.locked ? () => new WebSource(data) : undefined;
}

/** By shape: it may be of another kind of stream than Node's own classes. */
export function isNodeStream(data: unknown): data is Readable {
  const stream = data as Partial<Readable> | null | undefined;
  return (
    typeof stream?.pipe === 'function' && typeof stream.read === 'function' && typeof stream.on === 'function'
  );
}

/** Reads a stream of Node's by hand, so that it runs no faster than it is read. */
class NodeSource implements BodySource {
  readonly #stream: Readable;
  #isOver = false;
  #error: unknown;
  #wake: () => void = () => undefined;

  constructor(stream: Readable) {
    this.#stream = stream;
    stream.on('readable', () => this.#wake());
    // axios emits errors itself before it destroys the stream; without a listener that would end the process.
    stream.on('error', (error: unknown) => this.#end(error));
    finished(stream, { writable: false }, (error: unknown) => this.#end(error ?? undefined));
  }

  async read(): Promise<Uint8Array | undefined> {
    for (;;) {
      const chunk: unknown = this.#error === undefined ? this.#stream.read() : null;
      if (chunk !== null) return bytesOf(chunk);
      if (this.#error !== undefined) throw this.#error as Error;
      if (this.#isOver) return undefined;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  cancel(): void {
    this.#stream.destroy();
  }

  #end(error: unknown): void {
    this.#isOver = true;
    this.#error ??= error;
    this.#wake();
  }
}

class WebSource implements BodySource {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader();
  }

  async read(): Promise<Uint8Array | undefined> {
    const { done, value } = await this.#reader.read();
    return done ? undefined : bytesOf(value);
  }

  cancel(): void {
    this.#reader.cancel().catch(() => undefined);
  }
}

function bytesOf(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  // Somebody has called `setEncoding`: the bytes that came are not known any more.
  throw new TypeError('A stream of bytes gave something else.');
}

/** The stream that a caller gets of a body that is kept on the side. */
export async function callersStream(
  copy: OwnCopy,
  config: InternalAxiosRequestConfig,
  live: LiveBody,
  isWeb: boolean,
  request: unknown,
): Promise<Readable | ReadableStream> {
  const CanceledError = await copy.canceledErrorClass();
  let stopListening: () => void = () => undefined;
  const read = async (): Promise<Uint8Array | undefined> => {
    try {
      return await live.next();
    } catch (error) {
      throw showConfig(error, config);
    }
  };
  const leave = (): void => {
    stopListening();
    live.leave();
  };
  const { stream, fail } = isWeb ? webStream(read, leave) : nodeStream(read, leave);
  const family = isWeb ? 'fetch' : 'http';
  stopListening = onAbort(config, () => fail(givenUpError(CanceledError, config, request, family)));
  return stream;
}

interface CallersStream {
  readonly stream: Readable | ReadableStream;
  readonly fail: (error: Error) => void;
}

type ReadNext = () => Promise<Uint8Array | undefined>;

function nodeStream(read: ReadNext, leave: () => void): CallersStream {
  const stream = new Readable({
    read() {
      read().then(
        (chunk) => this.push(chunk ?? null),
        (error: Error) => this.destroy(error),
      );
    },
    destroy(error, callback) {
      leave();
      callback(error);
    },
  });
  // axios listens to its streams itself, so that an error that nobody else listens to does not end the process.
  return { stream, fail: (error) => stream.destroy(stream.listenerCount('error') > 0 ? error : undefined) };
}

function webStream(read: ReadNext, leave: () => void): CallersStream {
  let fail: (error: Error) => void = () => undefined;
  const stream = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        fail = (error) => {
          leave();
          controller.error(error);
        };
      },
      async pull(controller) {
        try {
          const chunk = await read();
          if (chunk !== undefined) {
            controller.enqueue(chunk);
            return;
          }
          leave();
          controller.close();
        } catch (error) {
          leave();
          throw error;
        }
      },
      cancel: leave,
    },
    { highWaterMark: 0 },
  );
  return { stream, fail };
}
