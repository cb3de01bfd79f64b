/** What is used of the events of a client. */
interface ClientEvents {
  on(event: string, listener: (event: never) => void): unknown;
}

interface HeartbeatEvent {
  readonly connectionId: string;
  readonly failure?: Error;
}

interface TopologyEvent {
  readonly newDescription: { readonly servers: ReadonlyMap<string, unknown> };
}

const known = new WeakMap<object, Reachability>();

/**
 * Knows whether any server answers the driver's heartbeats. The driver itself lets a call wait for a server for as long as
 * it may take; here a call fails as soon as no server could be reached after it was made.
 */
export class Reachability {
  /** What the last heartbeat of each server has failed with; undefined: it has not. */
  readonly #servers = new Map<string, Error | undefined>();
  #probe: Promise<void> | undefined;
  #waiting: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];
  readonly #watching = new Set<(problem: Error) => void>();

  private constructor(client: ClientEvents) {
    client.on('topologyDescriptionChanged', (event: TopologyEvent) => this.#learn(event));
    client.on('serverHeartbeatSucceeded', (event: HeartbeatEvent) =>
      this.#heard(event.connectionId, undefined),
    );
    client.on('serverHeartbeatFailed', ({ connectionId, failure }: HeartbeatEvent) =>
      this.#heard(connectionId, failure ?? new Error('no heartbeat')),
    );
  }

  /** One for each client, however many use it: more listeners than ten would be taken for a leak. */
  static of(client: object): Reachability | undefined {
    if (!hasEvents(client)) return undefined;
    const found = known.get(client) ?? new Reachability(client);
    known.set(client, found);
    return found;
  }

  /** What the servers have failed with, when none could be reached; undefined: one could, or it is not known yet. */
  get problem(): Error | undefined {
    let problem: Error | undefined;
    for (const failure of this.#servers.values()) {
      if (failure === undefined) return undefined;
      problem = failure;
    }
    return problem;
  }

  /** Settles at the next heartbeat: rejects when no server is reached. */
  next(): Promise<void> {
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** The call's outcome, unless no server can be reached before; what becomes of the call then, nobody knows. */
  orUnreachable<T>(call: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#watching.add(reject);
      const stop = (): void => void this.#watching.delete(reject);
      call.then(stop, stop);
      call.then(resolve, reject);
    });
  }

  /**
   * Makes sure that there is a server; undefined: as far as it is known, there is.
   * @param ask makes the driver look for one
   */
  probe(ask: () => Promise<unknown>): Promise<void> | undefined {
    if (this.problem === undefined) return undefined;
    if (this.#probe === undefined) {
      const forget = (): void => void (this.#probe = undefined);
      this.#probe = this.next();
      this.#probe.then(forget, forget);
      ask().then(undefined, () => undefined);
    }
    return this.#probe;
  }

  #learn({ newDescription: { servers } }: TopologyEvent): void {
    for (const address of this.#servers.keys()) if (!servers.has(address)) this.#servers.delete(address);
    for (const address of servers.keys()) {
      if (!this.#servers.has(address)) this.#servers.set(address, undefined);
    }
  }

  #heard(address: string, failure: Error | undefined): void {
    this.#servers.set(address, failure);
    const { problem } = this;
    if (failure !== undefined && problem === undefined) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { resolve, reject } of waiting) {
      if (problem === undefined) resolve();
      else reject(problem);
    }
    if (problem === undefined) return;
    for (const reject of this.#watching) reject(problem);
    this.#watching.clear();
  }
}

function hasEvents(client: object): client is ClientEvents {
  return 'on' in client && typeof client.on === 'function';
}
