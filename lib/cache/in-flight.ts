import { type RequestIdentity } from '../key/request.js';

/** One request that is on its way to the origin and may be stored when it comes back. */
export interface Flight {
  readonly key: string;
  readonly resource: string;
  /** In the order in which the requests were sent. */
  readonly sequence: number;
  /** Whether what it brings is older than what happened meanwhile, and must not be stored. */
  readonly isOutdated: boolean;
}

type MutableFlight = { -readonly [Name in keyof Flight]: Flight[Name] };

/**
 * The requests under way, so that an answer does not undo what happened while it was: an invalidation, a deletion, or a
 * newer answer to the same request. Requests of this process only.
 */
export class InFlight {
  readonly #flights = new Set<MutableFlight>();
  #sent = 0;

  /** Call when the request is sent; and {@link end} when its answer has been dealt with, whatever came of it. */
  begin({ key, resource }: Pick<RequestIdentity, 'key' | 'resource'>): Flight {
    this.#sent += 1;
    const flight = { key, resource, sequence: this.#sent, isOutdated: false };
    this.#flights.add(flight);
    return flight;
  }

  end(flight: Flight): void {
    this.#flights.delete(flight);
  }

  /** A flight brought something that counts: answers to the same request that was sent earlier are older. */
  answered(flight: Flight): void {
    this.#outdate((other) => other.key === flight.key && other.sequence < flight.sequence);
  }

  /** Everything that is stored for a URL is being deleted. */
  resourceDeleted(resource: string): void {
    this.#outdate((flight) => flight.resource === resource);
  }

  /** What is stored under a key is being deleted. */
  keyDeleted(key: string): void {
    this.#outdate((flight) => flight.key === key);
  }

  /** Everything is being deleted. */
  cleared(): void {
    this.#outdate(() => true);
  }

  #outdate(isOlder: (flight: Flight) => boolean): void {
    for (const flight of this.#flights) if (isOlder(flight)) flight.isOutdated = true;
  }
}
