import type { EpochMs } from '../clock.js';

/** One record's place among the others. */
export interface RetentionPlace<T> {
  readonly retainUntil: EpochMs;
  readonly record: T;
  /** Where it lies in the heap. */
  index: number;
}

/**
 * Records in the order in which their retention ends: a binary heap whose entries know where they lie, so that one is
 * removed at once, and does not keep its record in memory until its turn comes.
 */
export class RetentionHeap<T> {
  readonly #places: RetentionPlace<T>[] = [];

  /** The record whose retention ends first. */
  get first(): RetentionPlace<T> | undefined {
    return this.#places[0];
  }

  add(record: T, retainUntil: EpochMs): RetentionPlace<T> {
    const place = { retainUntil, record, index: this.#places.length };
    this.#places.push(place);
    this.#rise(place);
    return place;
  }

  remove(place: RetentionPlace<T>): void {
    const last = this.#places.pop();
    if (last === undefined || last === place) return;
    last.index = place.index;
    this.#places[last.index] = last;
    this.#sink(last);
    this.#rise(last);
  }

  clear(): void {
    this.#places.length = 0;
  }

  #rise(place: RetentionPlace<T>): void {
    while (place.index > 0) {
      const parent = this.#places[(place.index - 1) >> 1] as RetentionPlace<T>;
      if (parent.retainUntil <= place.retainUntil) return;
      this.#swap(parent, place);
    }
  }

  #sink(place: RetentionPlace<T>): void {
    for (;;) {
      const left = this.#places[2 * place.index + 1];
      const right = this.#places[2 * place.index + 2];
      const child =
        right !== undefined && left !== undefined && right.retainUntil < left.retainUntil ? right : left;
      if (child === undefined || child.retainUntil >= place.retainUntil) return;
      this.#swap(place, child);
    }
  }

  #swap(upper: RetentionPlace<T>, lower: RetentionPlace<T>): void {
    const { index } = upper;
    upper.index = lower.index;
    lower.index = index;
    this.#places[upper.index] = upper;
    this.#places[lower.index] = lower;
  }
}
