import { Buffer } from 'node:buffer';

/** Larger buffers are made anew: what is kept must not weigh. */
const KEPT_BYTES = 1024 * 1024;

/**
 * A buffer that is used again and again, by one user at a time. To make, touch and free half a megabyte for each write takes
 * longer than to send it.
 */
export class Scratch {
  #free: Buffer | undefined;

  /** @returns exactly so many bytes, whatever they are */
  take(length: number): Buffer {
    if (length > KEPT_BYTES) return Buffer.allocUnsafe(length);
    const buffer = this.#free ?? Buffer.allocUnsafeSlow(KEPT_BYTES);
    this.#free = undefined;
    return buffer.subarray(0, length);
  }

  /** Only when nobody reads the bytes any more. */
  giveBack(bytes: Buffer): void {
    if (bytes.buffer.byteLength === KEPT_BYTES) this.#free = Buffer.from(bytes.buffer);
  }
}
