import { finished, Readable } from 'node:stream';
import type { ReadableStream, ReadableStreamDefaultReader } from 'node:stream/web';
import type { AxiosResponse, InternalAxiosRequestConfig } from 'axios';
import { type BodySource, LiveBody } from '../cache/live-body.js';
import { fieldValue } from '../http/header-fields.js';
import { abortReason, canGiveUp, listensOn, onAbort } from './abort.js';
import { isNamedAdapter } from './adapter-family.js';
import { type ReceivedBody, receivedBody } from './body-shape.js';
import { showConfig } from './forward.js';
import { givenUpError } from './stored-body.js';
import { fromAxiosHeaders, isAsSent, isWebStream } from './messages.js';
import type { OwnCopy } from './own-copy.js';

const NO_BYTES = new Uint8Array(0);
/** https://www.rfc-editor.org/rfc/rfc9110.html#section-6.4.1 */
const WITHOUT_BODY: ReadonlySet<number> = new Set([204, 304]);

/**
 * What an adapter gave that was asked for a stream: a body that is still coming, or one that is known to be empty.
 * @param stop ends the request
 */
export async function receivedStream(
  raw: AxiosResponse,
  config: Pick<InternalAxiosRequestConfig, 'adapter' | 'decompress' | 'method'>,
  stop: () => void = () => undefined,
): Promise<ReceivedBody> {
  const { data, status } = raw as { data: unknown; status: number };
  if (data === null) return isOfFetch(raw, config) ? { shape: 'bytes', bytes: NO_BYTES } : receivedBody(null);
  const open = openerOf(data, stop);
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

/** Whether it was fetch that gave no stream since there is no body; a mock's null is a value. */
function isOfFetch(
  { request }: AxiosResponse,
  { adapter }: Pick<InternalAxiosRequestConfig, 'adapter'>,
): boolean {
  const { headers } = (request ?? {}) as { readonly headers?: { readonly get?: unknown } };
  return isNamedAdapter(adapter) || typeof headers?.get === 'function';
}

async function readAll(source: BodySource): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for (let chunk = await source.read(); chunk !== undefined; chunk = await source.read()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** How to read what an adapter gave; undefined when it is not a stream of bytes. */
function openerOf(data: unknown, stop: () => void): (() => BodySource) | undefined {
  if (isNodeStream(data)) return data.readableObjectMode ? undefined : () => new NodeSource(data);
  return isWebStream(data) && !data.locked ? () => new WebSource(data, stop) : undefined;
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

  readonly #stop: () => void;

  constructor(stream: ReadableStream<Uint8Array>, stop: () => void) {
    this.#reader = stream.getReader();
    this.#stop = stop;
  }

  async read(): Promise<Uint8Array | undefined> {
    const { done, value } = await this.#reader.read();
    return done ? undefined : bytesOf(value);
  }

  cancel(): void {
    // axios's own stream lets go only when the next bytes come; and once it is left, it no longer hears that it has to end.
    this.#stop();
    this.#reader.cancel().catch(() => undefined);
  }
}

function bytesOf(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  // Somebody has called `setEncoding`: the bytes that came are not known any more.
  throw new TypeError('A stream of bytes gave something else.');
}

/**
 * A stream that is not kept: the caller gets what the adapter gave. That ends by a shared request, which is over by now; so the
 * caller is listened to here until the stream is over. Of a stream of the web that cannot be seen from outside.
 * @param stop ends the request
 */
export async function streamUntilGivenUp(
  copy: OwnCopy,
  config: InternalAxiosRequestConfig,
  live: LiveBody,
  { data, request }: { readonly data: unknown; readonly request?: unknown },
  stop: (reason: unknown) => void,
): Promise<unknown> {
  if (!canGiveUp(config)) return data;
  const onGivenUp = (): void => stop(abortReason(config));
  if (isNodeStream(data)) {
    const stopListening = onAbort(config, onGivenUp);
    finished(data, { writable: false }, stopListening);
    listensOn(data, stopListening);
    return data;
  }
  live.pass();
  return callersStream(copy, config, live, true, request, onGivenUp);
}

/** The stream that a caller gets of a body that is kept on the side. */
export async function callersStream(
  copy: OwnCopy,
  config: InternalAxiosRequestConfig,
  live: LiveBody,
  isWeb: boolean,
  request: unknown,
  onGivenUp: () => void = () => live.abandon(abortReason(config)),
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
  stopListening = onAbort(config, () => {
    onGivenUp();
    fail(givenUpError(CanceledError, config, request, family));
  });
  listensOn(stream, stopListening);
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
  // axios listens to the streams that it hands out, so that an error that nobody else listens for does not end the process.
  stream.on('error', () => undefined);
  return { stream, fail: (error) => stream.destroy(error) };
}

/** Like that of a `Response` a stream of bytes, which can fill the reader's own buffers. */
function webStream(read: ReadNext, leave: () => void): CallersStream {
  let fail: (error: Error) => void = () => undefined;
  // The global one: Node loads it when it is used.
  const stream = new globalThis.ReadableStream({
    type: 'bytes',
    start(controller) {
      fail = (error) => {
        leave();
        controller.error(error);
      };
    },
    async pull(controller) {
      try {
        let chunk = await read();
        // Of nothing such a stream is not told.
        while (chunk?.byteLength === 0) chunk = await read();
        if (chunk !== undefined) {
          controller.enqueue(ownBytes(chunk));
          return;
        }
        leave();
        controller.close();
        controller.byobRequest?.respond(0);
      } catch (error) {
        leave();
        throw error;
      }
    },
    cancel: leave,
  });
  return { stream, fail };
}

/** Such a stream takes the whole buffer away, in which there may be something else. */
function ownBytes(chunk: Uint8Array): Uint8Array {
  return chunk.byteLength === chunk.buffer.byteLength ? chunk : new Uint8Array(chunk);
}
