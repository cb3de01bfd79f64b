import { Buffer } from 'node:buffer';

/** Larger buffers are made anew: what is kept must not weigh. */
const KEPT_BYTES = 1024 * 1024;

/**
 * A buffer that is used again and again, by one user at a time; who comes meanwhile gets one of his own. To make, touch and free
 * half a megabyte for each write takes longer than to send it.
 */
export class Scratch {
  #kept: Buffer | undefined;
  #isLent = false;

  /** @returns exactly so many bytes, whatever they are */
  take(length: number): Buffer {
    if (length > KEPT_BYTES || this.#isLent) return Buffer.allocUnsafe(length);
    this.#kept ??= Buffer.allocUnsafeSlow(KEPT_BYTES);
    this.#isLent = true;
    return this.#kept.subarray(0, length);
  }

  /** Nobody reads the bytes any more. */
  giveBack(bytes: Buffer): void {
    if (bytes.buffer === this.#kept?.buffer) this.#isLent = false;
  }

  /** Somebody may read them still, nobody knows how long. */
  abandon(bytes: Buffer): void {
    if (bytes.buffer !== this.#kept?.buffer) return;
    this.#kept = undefined;
    this.#isLent = false;
  }
}
