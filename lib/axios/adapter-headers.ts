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

  /**
   * Remembers what an adapter added to a request, by original name.
   * @returns what of it is worth keeping with a stored response, undefined: nothing
   */
  learn(added: Readonly<Record<string, string>>): Readonly<Record<string, string>> | undefined {
    const kept = Object.entries(added).filter(([name]) =>
      ADDED_TO_EVERY_REQUEST.includes(name.toLowerCase()),
    );
    for (const [name, value] of kept) this.#seen.set(name, value);
    return kept.length === 0 ? undefined : Object.fromEntries(kept);
  }

  /**
   * What the http adapter adds to every request.
   * @param kept what was kept with a stored response
   */
  addedTo(kept: Readonly<Record<string, string>> | undefined): ReadonlyMap<string, string> {
    if (kept !== undefined) this.learn(kept);
    return this.#seen;
  }

  /** Leaves out the fields that say what the adapter would say without them. */
  without(fields: HeaderFields): HeaderFields {
    const spare = [...this.#seen]
      .map(([name, value]): [string, string] => [name.toLowerCase(), value])
      .filter(([name, value]) => fields[name] === value)
      .map(([name]) => name);
    if (spare.length === 0) return fields;
    return headerFields(Object.entries(fields).filter(([name]) => !spare.includes(name)));
  }
}
