/**
 * Something that is opened at its first use and then kept. All who ask meanwhile wait for the same attempt; an
 * attempt that failed is forgotten, so that the next use tries again.
 */
export class Opening<T extends object> {
  #value: T | undefined;
  #attempt: Promise<T> | undefined;
  readonly #open: () => Promise<T>;

  constructor(open: () => Promise<T>) {
    this.#open = open;
  }

  /** What was opened; `undefined` as long as it is not open. */
  get value(): T | undefined {
    return this.#value;
  }

  /** The attempt that is under way, if any. */
  get attempt(): Promise<T> | undefined {
    return this.#attempt;
  }

  /** Opens, or joins the attempt that is under way. */
  ensure(): Promise<T> {
    if (this.#value !== undefined) return Promise.resolve(this.#value);
    if (this.#attempt !== undefined) return this.#attempt;
    const attempt = this.#open().then(
      (value) => {
        if (this.#attempt === attempt) {
          this.#value = value;
          this.#attempt = undefined;
        }
        return value;
      },
      (error: unknown) => {
        if (this.#attempt === attempt) this.#attempt = undefined;
        throw error;
      },
    );
    this.#attempt = attempt;
    return attempt;
  }

  /** Forgets what was opened, without closing it: the next use opens anew. */
  forget(): void {
    this.#value = undefined;
    this.#attempt = undefined;
  }
}
