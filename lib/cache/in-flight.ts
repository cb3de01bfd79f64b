import type { RequestIdentity } from '../key/request.js';

/** One request that is on its way to the origin and may be stored when it comes back. */
export interface Flight {
  readonly key: string;
  readonly resource: string;
  /** In the order in which the requests were sent. */
  readonly sequence: number;
  /** Whether what it brings is older than a deletion, and must not be stored. */
  readonly isOutdated: boolean;
  /** How many deletions there had been when it was sent. */
  readonly deletionsBefore: number;
  /** The variants of which newer answers have been stored meanwhile. */
  readonly newerVariants: Set<string>;
  /** Deletions that are this request's own doing; undefined: none. */
  readonly ownDeletions: Set<number> | undefined;
}

/** Tells which URLs were deleted. */
export type UrlTest = (url: string) => boolean;

/** No more deletions are remembered. */
const MOST_DELETIONS = 10_000;

type MutableFlight = { -readonly [Name in keyof Flight]: Flight[Name] };

/**
 * The requests under way, so that an answer does not undo what happened while it was: an invalidation, a deletion, or a
 * newer answer to the same request. Requests of this process only.
 */
export class InFlight {
  readonly #flights = new Set<MutableFlight>();
  #sent = 0;
  #deletions = 0;
  /**
   * When keys and resources were last deleted, latest last: for answers of which only the redirects on the way tell what
   * they have to do with it. No further back than the oldest flight.
   */
  readonly #deletedAt = new Map<string | UrlTest, number>();
  /** Those of them that are by patterns. */
  #patterns = 0;

  /**
   * Call when the request is sent; and {@link end} when its answer has been dealt with, whatever came of it.
   * @param since a flight of the same request, which has not ended and of which all counts that was deleted since it was sent
   */
  begin({ key, resource }: Pick<RequestIdentity, 'key' | 'resource'>, since?: Flight): Flight {
    this.#sent += 1;
    const flight = {
      key,
      resource,
      sequence: this.#sent,
      isOutdated: false,
      deletionsBefore: since?.deletionsBefore ?? this.#deletions,
      newerVariants: new Set<string>(),
      ownDeletions: since?.ownDeletions,
    };
    this.#flights.add(flight);
    return flight;
  }

  end(flight: Flight): void {
    this.#flights.delete(flight);
    const [oldest] = this.#flights;
    for (const [name, deletion] of this.#deletedAt) {
      if (oldest !== undefined && deletion > oldest.deletionsBefore) return;
      this.#forget(name);
    }
  }

  /** What a flight brought is being stored: of the same variant, what was asked for earlier is older. */
  stored(flight: Pick<Flight, 'key' | 'sequence'>, variant: string): void {
    for (const other of this.#flights) if (isEarlier(other, flight)) other.newerVariants.add(variant);
  }

  /** A flight brought an end to what is stored under its key: what was asked for earlier is older. */
  refused(flight: Flight): void {
    this.#noteDeletion(flight.key);
    this.#outdate((other) => isEarlier(other, flight));
  }

  /** Whether a key or resource was deleted after a flight was sent. */
  isDeletedSince(flight: Flight, name: string): boolean {
    return isSince(flight, this.#deletedAt.get(name));
  }

  /**
   * Whether what a flight brought was deleted meanwhile by a tag, or by a pattern of URLs. What has come is needed to tell; then
   * the flight is outdated.
   * @param tags gives the names of its tags
   * @param urls gives those by which it would be found
   */
  isNamedDeletedSince(flight: Flight, tags: () => readonly string[], urls: () => readonly string[]): boolean {
    if (this.#deletions === flight.deletionsBefore) return false;
    const isDeleted =
      tags().some((name) => this.isDeletedSince(flight, name)) ||
      (this.#patterns > 0 && this.#isMatchedSince(flight, urls()));
    if (isDeleted) this.#outdate((other) => other === flight);
    return isDeleted;
  }

  #isMatchedSince(flight: Flight, urls: readonly string[]): boolean {
    for (const [name, deletion] of this.#deletedAt) {
      if (typeof name === 'function' && isSince(flight, deletion) && urls.some(name)) return true;
    }
    return false;
  }

  /** Whether what a flight brought must not be stored as this variant. */
  isTooLate(flight: Flight, variant: string): boolean {
    return flight.isOutdated || flight.newerVariants.has(variant);
  }

  /** Everything that is stored for a URL is being deleted, because of a request of its own or not. */
  resourceDeleted(resource: string, own?: Flight): void {
    this.#noteDeletion(resource, own);
    this.#outdate((flight) => flight.resource === resource && flight !== own);
  }

  /** What is stored under a key is being deleted, because of a request of its own or not. */
  keyDeleted(key: string, own?: Flight): void {
    this.#noteDeletion(key, own);
    // Of a flight without a key it is not known yet what it would be stored under.
    this.#outdate((flight) => (flight.key === key || flight.key === '') && flight !== own);
  }

  /** What has a tag is being deleted, likewise. Which answers will have it is known when they have come. */
  tagDeleted(name: string, own?: Flight): void {
    this.#noteDeletion(name, own);
  }

  /** What is stored for many URLs is being deleted, likewise. */
  urlsDeleted(test: UrlTest, own?: Flight): void {
    this.#noteDeletion(test, own);
  }

  /** Everything is being deleted. */
  cleared(): void {
    this.#outdate(() => true);
  }

  #noteDeletion(name: string | UrlTest, own?: MutableFlight): void {
    if (this.#flights.size === 0) return;
    const wasDeleted = own !== undefined && isSince(own, this.#deletedAt.get(name));
    this.#deletions += 1;
    this.#forget(name);
    this.#deletedAt.set(name, this.#deletions);
    if (typeof name === 'function') this.#patterns += 1;
    // What somebody else has deleted before stays so.
    if (own !== undefined && !wasDeleted) (own.ownDeletions ??= new Set()).add(this.#deletions);
    if (this.#deletedAt.size > MOST_DELETIONS) this.#forgetOldestDeletion();
  }

  /** What was under way before it cannot be judged any more, and is not stored: a stream, for one, may go on for days. */
  #forgetOldestDeletion(): void {
    for (const [name, deletion] of this.#deletedAt) {
      this.#forget(name);
      this.#outdate(({ deletionsBefore }) => deletionsBefore < deletion);
      return;
    }
  }

  #forget(name: string | UrlTest): void {
    if (this.#deletedAt.delete(name) && typeof name === 'function') this.#patterns -= 1;
  }

  #outdate(isOlder: (flight: Flight) => boolean): void {
    for (const flight of this.#flights) if (isOlder(flight)) flight.isOutdated = true;
  }
}

/** Whether a deletion came after a flight was sent, and was none of its own. */
function isSince(flight: Flight, deletion = 0): boolean {
  return deletion > flight.deletionsBefore && flight.ownDeletions?.has(deletion) !== true;
}

function isEarlier(other: Flight, flight: Pick<Flight, 'key' | 'sequence'>): boolean {
  return other.key === flight.key && other.sequence < flight.sequence;
}
