import { randomInt } from 'node:crypto';

/** Looking `Math` up each time takes twenty times as long in a context of `node:vm`, as under Jest. */
const { imul } = Math;
const WORDS = 4;
const FIRST_SLOTS = 1024;
/** Odd, and far apart from each other, so that what falls together in one word of a fingerprint is apart in another. */
const MULTIPLIERS = [0x01000193, 0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f] as const;
const FINAL_MULTIPLIER = 0x9e3779b1;

/**
 * Which ids have come already: 32 to 64 bytes for each, outside of V8's heap, where a `Set` of texts takes about 150 in it. Of
 * an id only a fingerprint of 128 bits is kept, from a beginning by chance: that two of a million have the same is less likely
 * than 1 in 10^26, and nobody can choose ids that have.
 */
export class SeenIds {
  #slots = new Uint32Array(FIRST_SLOTS * WORDS);
  #count = 0;
  readonly #seeds = MULTIPLIERS.map(() => randomInt(2 ** 32));
  readonly #print = new Uint32Array(WORDS);

  /**
   * Remembers an id that lies within a part of all. Ids are spread evenly over 0 to 1, each always at the same place.
   * @param from included
   * @param to not included
   * @returns whether it lies there, and is new
   */
  addWithin(from: number, to: number, id: string): boolean {
    this.#take(id);
    const place = (this.#print[WORDS - 1] ?? 0) / 2 ** 32;
    if (place < from || place >= to) return false;
    if (this.#count * 2 >= this.#slots.length / WORDS) this.#grow();
    if (!put(this.#slots, this.#print)) return false;
    this.#count += 1;
    return true;
  }

  /** Forgets all, and keeps the room. */
  clear(): void {
    this.#slots.fill(0);
    this.#count = 0;
  }

  /** Makes the fingerprint of an id. */
  #take(id: string): void {
    for (let word = 0; word < WORDS; word++) {
      const multiplier = MULTIPLIERS[word] ?? 1;
      let hash = this.#seeds[word] ?? 0;
      for (let index = 0; index < id.length; index++) {
        hash = imul(hash ^ id.charCodeAt(index), multiplier);
        hash ^= hash >>> 15;
      }
      // The last characters, too, have to have their say in the highest bits.
      hash = imul(hash, FINAL_MULTIPLIER);
      this.#print[word] = hash ^ (hash >>> 16);
    }
    // A slot of nothing but zeros is free.
    if (isFree(this.#print, 0)) this.#print[0] = 1;
  }

  #grow(): void {
    const before = this.#slots;
    this.#slots = new Uint32Array(before.length * 2);
    for (let from = 0; from < before.length; from += WORDS) {
      const print = before.subarray(from, from + WORDS);
      if (!isFree(before, from)) put(this.#slots, print);
    }
  }
}

/** @returns false: it is there */
function put(slots: Uint32Array, print: Uint32Array): boolean {
  const mask = slots.length / WORDS - 1;
  let slot = (print[0] ?? 0) & mask;
  for (; !isFree(slots, slot * WORDS); slot = (slot + 1) & mask) {
    if (isSame(slots, slot * WORDS, print)) return false;
  }
  slots.set(print, slot * WORDS);
  return true;
}

function isFree(slots: Uint32Array, from: number): boolean {
  return slots[from] === 0 && slots[from + 1] === 0 && slots[from + 2] === 0 && slots[from + 3] === 0;
}

function isSame(slots: Uint32Array, from: number, print: Uint32Array): boolean {
  for (let word = 0; word < WORDS; word++) if (slots[from + word] !== print[word]) return false;
  return true;
}
