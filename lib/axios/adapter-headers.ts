import type { MaybePromise } from '../storage/backend.js';
import { headerFields, type HeaderFields } from '../http/header-fields.js';

/** Fields that an adapter adds to every request alike. */
const ADDED_TO_EVERY_REQUEST = ['user-agent', 'accept-encoding'];

/**
 * What the adapters of a copy of axios add to the header fields of every request, as far as it has been seen. A config
 * that has been sent shows these fields; sent again, it is still the same request.
 */
export class AdapterHeaders {
  /** By original name. */
  readonly #seen = new Map<string, string>();
  readonly #seenLower = new Map<string, string>();
  /** All of it, for what is stored. */
  #seenAll: Readonly<Record<string, string>> | undefined;
  #version = 0;
  readonly #try: () => Promise<Readonly<Record<string, string>>>;
  #tried: Promise<Readonly<Record<string, string>>> | undefined;

  /** @param tryAdapter gives the header fields of a request by the http adapter that never leaves it */
  constructor(tryAdapter: () => Promise<Readonly<Record<string, string>>>) {
    this.#try = tryAdapter;
  }

  /** Another one whenever something else has been seen. */
  get version(): number {
    return this.#version;
  }

  /**
   * Remembers what an adapter added to a request, by original name.
   * @returns what of it is worth keeping with a stored response, undefined: nothing
   */
  learn(added: Readonly<Record<string, string>>): Readonly<Record<string, string>> | undefined {
    const kept = Object.entries(added).filter(([name]) =>
      ADDED_TO_EVERY_REQUEST.includes(name.toLowerCase()),
    );
    const isKnown =
      kept.length === this.#seen.size && kept.every(([name, value]) => this.#seen.get(name) === value);
    if (isKnown && kept.length > 0) return (this.#seenAll ??= Object.freeze(Object.fromEntries(kept)));
    this.#seenAll = undefined;
    for (const [name, value] of kept) {
      if (this.#seen.get(name) === value) continue;
      this.#version += 1;
      this.#seen.set(name, value);
      this.#seenLower.set(name.toLowerCase(), value);
    }
    return kept.length === 0 ? undefined : Object.fromEntries(kept);
  }

  /**
   * What the http adapter adds to every request: as it has been seen, or else as it is when the adapter is tried.
   * @param kept what was kept with a stored response
   */
  addedTo(kept: Readonly<Record<string, string>> | undefined): MaybePromise<ReadonlyMap<string, string>> {
    if (this.#seen.size === 0 && kept !== undefined) this.learn(kept);
    return this.#seen.size === 0 ? this.#fromTrial() : this.#seen;
  }

  async #fromTrial(): Promise<ReadonlyMap<string, string>> {
    this.learn(await (this.#tried ??= this.#try()));
    return this.#seen;
  }

  /** Leaves out the fields that say what the adapter would say without them. */
  without(fields: HeaderFields): HeaderFields {
    let hasSpare = false;
    for (const [name, value] of this.#seenLower) hasSpare ||= fields[name] === value;
    if (!hasSpare) return fields;
    return headerFields(
      Object.entries(fields).filter(([name, value]) => this.#seenLower.get(name) !== value),
    );
  }
}
