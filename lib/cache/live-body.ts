/** Where the bytes of a body come from while it is still coming. */
export interface BodySource {
  /** The next bytes; undefined at the end. Rejects where the body breaks off. Called once at a time. */
  read(): Promise<Uint8Array | undefined>;
  /** Lets go of the rest. */
  cancel(): void;
}

const FIRST_CAPACITY = 64 * 1024;

/** What has become of a body: its bytes, or why they are not all there. */
export type Whole = Uint8Array | 'broken off' | 'too long' | 'not read to its end';

/** Bytes as they come, kept in one piece that belongs to nobody else. */
class Capture {
  readonly #limit: number;
  #buffer: Buffer;
  #length = 0;

  constructor(limit: number, declaredBytes: number | undefined) {
    this.#limit = limit;
    this.#buffer = Buffer.allocUnsafeSlow(Math.min(limit, declaredBytes ?? FIRST_CAPACITY));
  }

  /** @returns false when there are more than the limit allows */
  add(chunk: Uint8Array): boolean {
    const length = this.#length + chunk.byteLength;
    if (length > this.#limit) return false;
    if (length > this.#buffer.byteLength) this.#grow(length);
    this.#buffer.set(chunk, this.#length);
    this.#length = length;
    return true;
  }

  bytes(): Uint8Array {
    if (this.#length === this.#buffer.byteLength) return this.#buffer;
    const exact = Buffer.allocUnsafeSlow(this.#length);
    this.#buffer.copy(exact, 0, 0, this.#length);
    return exact;
  }

  #grow(needed: number): void {
    const larger = Buffer.allocUnsafeSlow(
      Math.min(this.#limit, Math.max(needed, this.#buffer.byteLength * 2)),
    );
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}

/**
 * A body that is handed to its caller while it comes, and kept on the side for storing. It is read no faster than the caller
 * reads, unless somebody else waits for the whole; no more of it is held than may be stored.
 */
export class LiveBody {
  /** Its length by `Content-Length`, where that is of these very bytes; undefined: not known before the end. */
  readonly declaredBytes: number | undefined;
  readonly #open: () => BodySource;
  #source: BodySource | undefined;
  #capture: Capture | undefined;
  #isTaken = false;
  #settleWhole: (whole: Whole) => void = () => undefined;
  #state: 'running' | 'ended' | 'broken' | 'cancelled' = 'running';
  #error: unknown;
  #pulling: Promise<void> | undefined;
  /** What has come and the caller has not read yet. */
  #unread: Uint8Array[] = [];
  #hasReader = true;
  #waiting = 0;
  #isPumping = false;
  #beforeEnd: Promise<unknown> | undefined;
  #onAbandoned: (reason: unknown) => void = () => undefined;

  /** @param open called once, when it is taken or discarded: until then what the adapter gave is left alone */
  constructor(open: () => BodySource, declaredBytes: number | undefined) {
    this.#open = open;
    this.declaredBytes = declaredBytes;
  }

  /** Whether it is read here; if not, what the adapter gave is the caller's as it is. */
  get isTaken(): boolean {
    return this.#isTaken;
  }

  /**
   * Keeps a copy of what comes from now on. Call before the first {@link next}.
   * @param limitBytes of what is longer, nothing is kept
   */
  take(limitBytes: number): Promise<Whole> {
    this.#isTaken = true;
    this.#source = this.#open();
    this.#capture = new Capture(limitBytes, this.declaredBytes);
    return new Promise((resolve) => (this.#settleWhole = resolve));
  }

  /** Hands on what comes, and keeps nothing. */
  pass(): void {
    this.#isTaken = true;
    this.#source = this.#open();
  }

  /** The caller sees the end only after this, so that what it has read whole is stored by then. */
  holdEnd(until: Promise<unknown>): void {
    this.#beforeEnd = until;
  }

  /** The next bytes for the caller, whose own they are; undefined at the end. Rejects where the body breaks off. */
  async next(): Promise<Uint8Array | undefined> {
    for (;;) {
      const chunk = this.#unread.shift();
      if (chunk !== undefined) return chunk;
      if (this.#state === 'broken') throw this.#error;
      if (this.#state !== 'running') {
        await this.#beforeEnd;
        return undefined;
      }
      await this.#pull();
    }
  }

  /** The caller wants no more. */
  leave(): void {
    this.#hasReader = false;
    this.#unread = [];
    this.#stopIfUnwanted();
  }

  /** Somebody waits for the whole, so that it is read whether or not the caller reads. @returns how to stop waiting */
  awaitWhole(): () => void {
    this.#waiting += 1;
    void this.#pump();
    let hasStopped = false;
    return () => {
      if (hasStopped) return;
      hasStopped = true;
      this.#waiting -= 1;
      this.#stopIfUnwanted();
    };
  }

  /** @param listener is told that the caller has given up while the body was coming, and why */
  onAbandoned(listener: (reason: unknown) => void): void {
    this.#onAbandoned = listener;
  }

  /** The caller has given up. */
  abandon(reason: unknown): void {
    this.#onAbandoned(reason);
  }

  /** Nobody wants any of it. */
  discard(): void {
    this.#end('cancelled');
    this.#source ??= this.#open();
    this.#source.cancel();
  }

  async #pump(): Promise<void> {
    if (this.#isPumping) return;
    this.#isPumping = true;
    while (this.#waiting > 0 && this.#capture !== undefined && this.#state === 'running') await this.#pull();
    this.#isPumping = false;
  }

  #pull(): Promise<void> {
    this.#pulling ??= this.#read()
      .then(
        (chunk) => this.#arrived(chunk),
        (error: unknown) => {
          this.#error = error;
          this.#end('broken');
        },
      )
      .finally(() => (this.#pulling = undefined));
    return this.#pulling;
  }

  async #read(): Promise<Uint8Array | undefined> {
    return this.#source?.read();
  }

  #arrived(chunk: Uint8Array | undefined): void {
    if (this.#state !== 'running') return;
    if (chunk === undefined) {
      this.#end('ended');
      return;
    }
    if (this.#capture?.add(chunk) === false) this.#settle('too long');
    if (this.#hasReader) this.#unread.push(chunk);
    this.#stopIfUnwanted();
  }

  #end(state: 'ended' | 'broken' | 'cancelled'): void {
    if (this.#state !== 'running') return;
    this.#state = state;
    if (state === 'cancelled') this.#settle('not read to its end');
    else this.#settle(state === 'ended' ? this.#whole() : 'broken off');
  }

  #whole(): Whole {
    const bytes = this.#capture?.bytes();
    if (bytes === undefined) return 'too long';
    return bytes.byteLength === (this.declaredBytes ?? bytes.byteLength) ? bytes : 'broken off';
  }

  #settle(whole: Whole): void {
    this.#capture = undefined;
    this.#settleWhole(whole);
  }

  #stopIfUnwanted(): void {
    const isWanted = this.#hasReader || (this.#waiting > 0 && this.#capture !== undefined);
    if (!isWanted && this.#state === 'running') this.discard();
  }
}
