/** The first of many by an order, without keeping the others. */
export class Top<T> {
  readonly #limit: number;
  readonly #order: (left: T, right: T) => number;
  #kept: T[] = [];
  #offered = 0;

  /** @param order as for `Array.prototype.sort` */
  constructor(limit: number, order: (left: T, right: T) => number) {
    this.#limit = limit;
    this.#order = order;
  }

  /** How many there were, kept or not. */
  get offered(): number {
    return this.#offered;
  }

  add(one: T): void {
    this.#offered += 1;
    this.#kept.push(one);
    // Now and then, since sorting for each would take longer.
    if (this.#kept.length >= 2 * this.#limit + 16) this.#cut();
  }

  sorted(): readonly T[] {
    this.#cut();
    return this.#kept;
  }

  #cut(): void {
    this.#kept.sort(this.#order);
    this.#kept.length = Math.min(this.#kept.length, this.#limit);
  }
}
