import { Readable } from 'node:stream';
import type { ReadableStream as WebStream } from 'node:stream/web';

/** As many bytes as axios's own adapters hand out at once. */
const CHUNK_BYTES = 64 * 1024;

const NO_BYTES = new Uint8Array(0);

/** What else happens while a stream is read. */
export interface StreamWatch {
  /** Of more bytes than these the reader gets an error in place of the chunk that goes beyond. */
  readonly limit?: { readonly bytes: number; readonly error: Error } | undefined;
  /** Called at once, with the way to make the stream fail. */
  readonly onOpen?: ((fail: (error: Error) => void) => void) | undefined;
  /** Called once all bytes have been read, before the stream ends. */
  readonly onRead?: (() => void) | undefined;
  /** Called once, when the stream has ended, failed, or was given up. */
  readonly onClose?: (() => void) | undefined;
}

/** Hands out copies of stored bytes one after another: whoever reads may change what it gets. */
class Portions {
  #bytes: Uint8Array;
  #taken = 0;
  #isClosed = false;
  readonly #watch: StreamWatch;

  constructor(bytes: Uint8Array, watch: StreamWatch) {
    this.#bytes = bytes;
    this.#watch = watch;
  }

  /**
   * @returns undefined after the last
   * @throws the error of the limit, when it would be exceeded
   */
  next(): Uint8Array<ArrayBuffer> | undefined {
    if (this.#taken === this.#bytes.byteLength) {
      this.#watch.onRead?.();
      this.close();
      return undefined;
    }
    // A buffer of its own: streams of the web take the whole of it away.
    const portion = new Uint8Array(this.#bytes.subarray(this.#taken, this.#taken + CHUNK_BYTES));
    this.#taken += portion.byteLength;
    const { limit } = this.#watch;
    if (limit !== undefined && this.#taken > limit.bytes) {
      this.close();
      throw limit.error;
    }
    return portion;
  }

  /** Lets go of the bytes, though somebody may hold on to the stream. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#bytes = NO_BYTES;
    this.#taken = 0;
    this.#watch.onClose?.();
  }
}

/** A stream of Node's over stored bytes, as axios's http adapter gives one. */
export function readableOf(bytes: Uint8Array, watch: StreamWatch = {}): Readable {
  const portions = new Portions(bytes, watch);
  const readable = new Readable({
    read(): void {
      try {
        const portion = portions.next();
        this.push(portion === undefined ? null : Buffer.from(portion.buffer));
      } catch (error) {
        this.destroy(error as Error);
      }
    },
    destroy(error, callback): void {
      portions.close();
      callback(error);
    },
  });
  // As in axios's adapter: an error that nobody listens for must not end the process.
  watch.onOpen?.((error) => readable.destroy(readable.listenerCount('error') > 0 ? error : undefined));
  return readable;
}

/**
 * A stream of the web over stored bytes, as axios's fetch adapter gives one: like that of a `Response` a stream of bytes,
 * which can fill the reader's own buffers.
 */
export function webStreamOf(bytes: Uint8Array, watch: StreamWatch = {}): WebStream<Uint8Array> {
  const portions = new Portions(bytes, watch);
  return new ReadableStream({
    type: 'bytes',
    start(controller): void {
      watch.onOpen?.((error) => {
        portions.close();
        controller.error(error);
      });
    },
    pull(controller): void {
      const portion = portions.next();
      if (portion !== undefined) {
        controller.enqueue(portion);
        return;
      }
      controller.close();
      controller.byobRequest?.respond(0);
    },
    cancel(): void {
      portions.close();
    },
  });
}
