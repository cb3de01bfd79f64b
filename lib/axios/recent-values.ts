interface Sized<V> {
  readonly value: V;
  readonly bytes: number;
}

/**
 * The values that were used last, up to a number of bytes. The few lines that are needed of it: the package that backends use
 * for the same would be loaded by every program that imports this library.
 */
export class RecentValues<K, V> {
  readonly #maxBytes: number;
  /** The least recently used first. */
  readonly #byKey = new Map<K, Sized<V>>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get(key: K): V | undefined {
    const found = this.#byKey.get(key);
    if (found === undefined) return undefined;
    this.#byKey.delete(key);
    this.#byKey.set(key, found);
    return found.value;
  }

  /** One that is larger than all may be together is not kept, and the others are. */
  set(key: K, value: V, bytes: number): void {
    this.#remove(key);
    if (bytes > this.#maxBytes) return;
    this.#byKey.set(key, { value, bytes });
    this.#bytes += bytes;
    for (const oldest of this.#byKey.keys()) {
      if (this.#bytes <= this.#maxBytes) return;
      this.#remove(oldest);
    }
  }

  #remove(key: K): void {
    this.#bytes -= this.#byKey.get(key)?.bytes ?? 0;
    this.#byKey.delete(key);
  }
}
