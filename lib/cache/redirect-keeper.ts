import type { GuardedBackend } from '../storage/guarded-backend.js';
import type { Flight, InFlight } from './in-flight.js';
import type { LaterHop } from './redirect-hops.js';
import { concernsRedirects } from './redirect-pointers.js';
import { deleteWhole, dropPointers, renewPointers, storePointers } from './redirect-records.js';
import type { StoredResponse } from './stored-response.js';

/** Keeps what is stored of redirects in step with the responses that they led to. */
export class RedirectKeeper {
  readonly #storage: GuardedBackend;
  readonly #inFlight: InFlight;

  constructor(storage: GuardedBackend, inFlight: InFlight) {
    this.#storage = storage;
    this.#inFlight = inFlight;
  }

  /** Whether a URL on the way to a response was deleted after it had been asked for: it is older than that, too. */
  isOutdated(flight: Flight, { redirects }: StoredResponse): boolean {
    return (redirects?.hops ?? []).some(
      ({ resource, alias }) =>
        this.#inFlight.isDeletedSince(flight, resource) ||
        (alias !== undefined && this.#inFlight.isDeletedSince(flight, alias.key)),
    );
  }

  /**
   * Makes a response that has just been stored be found by the later URLs, too.
   * @param head as it was stored
   * @param previous what it has taken the place of
   * @param hops empty where the way is the same as before, or not known
   * @returns false when one of these URLs was deleted meanwhile, and the response with it
   */
  async follow(
    flight: Flight,
    stored: StoredResponse,
    head: Uint8Array,
    previous: StoredResponse | undefined,
    hops: readonly LaterHop[],
  ): Promise<boolean> {
    if (previous?.redirects !== undefined && previous.redirects !== stored.redirects) {
      await dropPointers(this.#storage, previous, stored);
    }
    if (stored.redirects === undefined) return true;
    const announce = (key: string, variant: string): void =>
      this.#inFlight.stored({ key, sequence: flight.sequence }, variant);
    await (hops.length === 0
      ? renewPointers(this.#storage, stored)
      : storePointers(this.#storage, stored, hops, announce));
    if (!this.isOutdated(flight, stored)) return true;
    await this.#takeBack(stored, head);
    return false;
  }

  /** Deletes a response with its pointers; of what was found by an alias the alias alone. */
  async delete(stored: StoredResponse): Promise<void> {
    await this.#storage.delete(stored.key, stored.variant);
    if (stored.redirects !== undefined) await dropPointers(this.#storage, stored);
  }

  /** Deletes all that is stored for a URL, and what redirects led to by way of it. @returns how many responses went */
  async deleteResource(resource: string): Promise<number> {
    const linked = (await this.#storage.pick(resource, concernsRedirects)) ?? [];
    let deleted = 0;
    for (const meta of linked) deleted += await deleteWhole(this.#storage, meta);
    return deleted + ((await this.#storage.deleteResource(resource)) ?? 0);
  }

  /** Unless something else is stored there by now. */
  async #takeBack(stored: StoredResponse, head: Uint8Array): Promise<void> {
    const found = ((await this.#storage.get(stored.key)) ?? []).find(
      ({ variant }) => variant === stored.variant,
    );
    if (found !== undefined && Buffer.compare(found.head, head) === 0) await this.delete(stored);
  }
}
