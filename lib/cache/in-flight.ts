import { type RequestIdentity } from '../key/request.js';

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
}

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
  readonly #deletedAt = new Map<string, number>();

  /** Call when the request is sent; and {@link end} when its answer has been dealt with, whatever came of it. */
  begin({ key, resource }: Pick<RequestIdentity, 'key' | 'resource'>): Flight {
    this.#sent += 1;
    const flight = {
      key,
      resource,
      sequence: this.#sent,
      isOutdated: false,
      deletionsBefore: this.#deletions,
      newerVariants: new Set<string>(),
    };
    this.#flights.add(flight);
    return flight;
  }

  end(flight: Flight): void {
    this.#flights.delete(flight);
    const [oldest] = this.#flights;
    for (const [name, deletion] of this.#deletedAt) {
      if (oldest !== undefined && deletion > oldest.deletionsBefore) return;
      this.#deletedAt.delete(name);
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
    return (this.#deletedAt.get(name) ?? 0) > flight.deletionsBefore;
  }

  /** Whether what a flight brought must not be stored as this variant. */
  isTooLate(flight: Flight, variant: string): boolean {
    return flight.isOutdated || flight.newerVariants.has(variant);
  }

  /** Everything that is stored for a URL is being deleted, because of a request of its own or not. */
  resourceDeleted(resource: string, own?: Flight): void {
    this.#noteDeletion(resource);
    this.#outdate((flight) => flight.resource === resource && flight !== own);
  }

  /** What is stored under a key is being deleted. */
  keyDeleted(key: string): void {
    this.#noteDeletion(key);
    // Of a flight without a key it is not known yet what it would be stored under.
    this.#outdate((flight) => flight.key === key || flight.key === '');
  }

  /** Everything is being deleted. */
  cleared(): void {
    this.#outdate(() => true);
  }

  #noteDeletion(name: string): void {
    if (this.#flights.size === 0) return;
    this.#deletions += 1;
    this.#deletedAt.delete(name);
    this.#deletedAt.set(name, this.#deletions);
    if (this.#deletedAt.size > MOST_DELETIONS) this.#forgetOldestDeletion();
  }

  /** What was under way before it cannot be judged any more, and is not stored: a stream, for one, may go on for days. */
  #forgetOldestDeletion(): void {
    for (const [name, deletion] of this.#deletedAt) {
      this.#deletedAt.delete(name);
      this.#outdate(({ deletionsBefore }) => deletionsBefore < deletion);
      return;
    }
  }

  #outdate(isOlder: (flight: Flight) => boolean): void {
    for (const flight of this.#flights) if (isOlder(flight)) flight.isOutdated = true;
  }
}

function isEarlier(other: Flight, flight: Pick<Flight, 'key' | 'sequence'>): boolean {
  return other.key === flight.key && other.sequence < flight.sequence;
}
