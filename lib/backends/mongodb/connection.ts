import { withDeadline } from '../../storage/deadline.js';
import type { MongoClientLike, MongoOptions } from '../../storage/options/mongodb.js';
import { COLLECTION_OPTIONS, type DriverDatabase, loadMongodb, type MongodbDriver } from './driver.js';
import { DEFAULT_OPERATION_TIMEOUT_MS, DEFAULT_URL } from './options.js';
import { Reachability } from './reachability.js';
import { CommandTimeout, LONG_COMMAND_FACTOR, TimedCollection } from './timed-collection.js';

/** A database that can be used. */
export class Connection {
  readonly #client: MongoClientLike;
  readonly #isOurs: boolean;
  readonly #database: DriverDatabase;
  readonly #limitMs: number;
  readonly #reachability: Reachability | undefined;

  private constructor(client: MongoClientLike, isOurs: boolean, database: string, limitMs: number) {
    this.#client = client;
    this.#isOurs = isOurs;
    this.#database = client.db(database) as DriverDatabase;
    this.#limitMs = limitMs;
    this.#reachability = Reachability.of(client);
  }

  /** @param load how to get the driver; for tests */
  static async open(
    options: MongoOptions,
    database: string,
    backend: string,
    load: () => Promise<MongodbDriver> = () => loadMongodb(backend),
  ): Promise<Connection> {
    const { client: given, operationTimeout: limitMs = DEFAULT_OPERATION_TIMEOUT_MS } = options;
    if (given !== undefined && typeof given !== 'function') {
      return new Connection(given, false, database, limitMs);
    }
    const client = given === undefined ? newClient(options, limitMs, await load()) : await given();
    await connect(client, limitMs);
    return new Connection(client, true, database, limitMs);
  }

  collection(name: string): TimedCollection {
    return new TimedCollection(this.#database.collection(name, COLLECTION_OPTIONS), this.#limitMs);
  }

  /** Fails when no server can be reached; undefined: as far as it is known, one can. */
  reach(): Promise<void> | undefined {
    const probe = this.#reachability?.probe(() => this.#database.command({ ping: 1 }));
    return probe && withDeadline(probe, this.#limitMs, () => new CommandTimeout(this.#limitMs));
  }

  /** Fails when no server can be reached before the call has ended; the call may have its effect all the same. */
  orUnreachable<T>(call: Promise<T>): Promise<T> {
    return this.#reachability?.orUnreachable(call) ?? call;
  }

  /** Waits no longer than a command may take; a client that takes longer to say farewell ends by itself. */
  async close(): Promise<void> {
    if (!this.#isOurs) return;
    const late = new CommandTimeout(this.#limitMs);
    await withDeadline(this.#client.close(true), this.#limitMs, () => late).catch((error: unknown) => {
      if (error !== late) throw error;
    });
  }
}

/** A server that refuses connections is noticed at once, not after the time that the driver would wait for another. */
async function connect(client: MongoClientLike, limitMs: number): Promise<void> {
  const reachability = Reachability.of(client);
  const connecting = client.connect();
  try {
    const failing = (reachability?.next() ?? connecting).then(() => connecting);
    await withDeadline(Promise.race([connecting, failing]), limitMs, () => new CommandTimeout(limitMs));
  } catch (error) {
    connecting.then(undefined, () => undefined);
    client.close(true).then(undefined, () => undefined);
    throw error;
  }
}

function newClient(
  { url = DEFAULT_URL, clientOptions = {} }: MongoOptions,
  limitMs: number,
  driver: MongodbDriver,
): MongoClientLike {
  const inUrl = new Set(
    [...new URLSearchParams(url.split('?', 2)[1] ?? '').keys()].map((name) => name.toLowerCase()),
  );
  const defaults = Object.entries({
    appName: 'axios-persistent-cache',
    connectTimeoutMS: limitMs,
    serverSelectionTimeoutMS: limitMs,
    waitQueueTimeoutMS: limitMs,
    // A command that was given up by then holds its connection no longer.
    socketTimeoutMS: limitMs * LONG_COMMAND_FACTOR,
    // A write that is repeated after its time could undo one that was asked for later. Some services know no repetition.
    retryWrites: false,
  }).filter(([name]) => !inUrl.has(name.toLowerCase()));
  return new driver.MongoClient(url, { ...Object.fromEntries(defaults), ...clientOptions });
}
