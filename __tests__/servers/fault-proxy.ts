import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from './server-process.js';

const HOST = '127.0.0.1';
const LONGEST_END_MS = 2000;
/** What is read of one side, and not yet taken by the other; more is left to the buffers of the system. */
const MOST_WAITING_BYTES = 1024 * 1024;

export type Direction = 'toServer' | 'toClient';

/** What has gone through a proxy. */
export interface Traffic {
  /** Connections that clients have opened. */
  readonly connections: number;
  readonly bytesToServer: number;
  readonly bytesToClient: number;
  /**
   * How often a client began to speak, on any connection, after the server had spoken last or nobody yet. Requests that are
   * sent together, without waiting for an answer, are one round trip.
   */
  readonly roundTrips: number;
}

/**
 * Stands between a client and its server, and does to the connection what networks do. All faults end by {@link heal};
 * until then they add up.
 */
export interface FaultProxy {
  readonly port: number;
  /** The server's URL, but through the proxy. */
  readonly url: string;
  /** Since the start. */
  readonly traffic: Traffic;
  /** Connections that are open now. */
  readonly openConnections: number;
  /** What goes through while a function runs, and what it gives. */
  measure<T>(run: () => T | Promise<T>): Promise<{ readonly result: T; readonly traffic: Traffic }>;
  /** Forwards nothing any more, in one direction or in both. Connections stay open, new ones are accepted; what is held back comes by {@link heal}. */
  freeze(direction?: Direction): void;
  /** Forwards everything so many milliseconds later. */
  delay(ms: number): void;
  /** Refuses new connections. Those that are open stay. */
  refuse(): void;
  /** Cuts all connections that are open. New ones are accepted. */
  cutAll(): void;
  /**
   * Cuts a connection as soon as so many more bytes have gone in a direction, of all connections together: those bytes
   * arrive, and none after them. Happens once.
   * @returns true when it has happened; false when the proxy was healed or closed before
   */
  cutAfter(bytes: number, direction: Direction): Promise<boolean>;
  /** Ends all faults; what was held back goes on. */
  heal(): Promise<void>;
  /** Cuts everything and ends. */
  close(): Promise<void>;
}

/** @param url of the server, such as `redis://127.0.0.1:6379` */
export async function startFaultProxy(url: string): Promise<FaultProxy> {
  const proxy = new Proxy(url, await freePort());
  await proxy.heal();
  return proxy;
}

interface Counts {
  connections: number;
  bytesToServer: number;
  bytesToClient: number;
  roundTrips: number;
}

interface Cut {
  direction: Direction;
  remaining: number;
  resolve: (happened: boolean) => void;
}

/** The faults that are in force, as the channels see them. */
interface Faults {
  readonly frozen: Set<Direction>;
  delayMs: number;
  cut: Cut | undefined;
}

class Proxy implements FaultProxy {
  readonly port: number;
  readonly url: string;
  readonly #target: { readonly host: string; readonly port: number };
  readonly #counts: Counts = { connections: 0, bytesToServer: 0, bytesToClient: 0, roundTrips: 0 };
  readonly #faults: Faults = { frozen: new Set(), delayMs: 0, cut: undefined };
  readonly #connections = new Set<Connection>();
  #server: Server | undefined;

  constructor(url: string, port: number) {
    const target = new URL(url);
    this.#target = { host: target.hostname, port: Number(target.port) };
    this.port = port;
    this.url = url.replace(target.host, `${HOST}:${port}`);
  }

  get traffic(): Traffic {
    return { ...this.#counts };
  }

  get openConnections(): number {
    return this.#connections.size;
  }

  async measure<T>(run: () => T | Promise<T>): Promise<{ result: T; traffic: Traffic }> {
    const before = this.traffic;
    const result = await run();
    const after = this.traffic;
    return {
      result,
      traffic: {
        connections: after.connections - before.connections,
        bytesToServer: after.bytesToServer - before.bytesToServer,
        bytesToClient: after.bytesToClient - before.bytesToClient,
        roundTrips: after.roundTrips - before.roundTrips,
      },
    };
  }

  freeze(direction?: Direction): void {
    for (const one of direction === undefined ? (['toServer', 'toClient'] as const) : [direction]) {
      this.#faults.frozen.add(one);
    }
  }

  delay(ms: number): void {
    this.#faults.delayMs = ms;
  }

  refuse(): void {
    this.#server?.close();
    this.#server = undefined;
  }

  cutAll(): void {
    for (const connection of this.#connections) connection.cut();
  }

  cutAfter(bytes: number, direction: Direction): Promise<boolean> {
    this.#faults.cut?.resolve(false);
    return new Promise((resolve) => {
      this.#faults.cut = { direction, remaining: bytes, resolve };
    });
  }

  async heal(): Promise<void> {
    this.#endFaults();
    for (const connection of this.#connections) connection.goOn();
    if (this.#server !== undefined) return;
    const server = createServer({ allowHalfOpen: true }, (client) => this.#accept(client));
    server.listen(this.port, HOST);
    await once(server, 'listening');
    this.#server = server;
  }

  async close(): Promise<void> {
    this.#endFaults();
    this.refuse();
    const ends = [...this.#connections].map((connection) => connection.ended);
    this.cutAll();
    // Node tells nothing of the end of a socket that it could not reset, since it was just being shut down.
    await Promise.race([Promise.all(ends), pause(LONGEST_END_MS, undefined, { ref: false })]);
  }

  #endFaults(): void {
    this.#faults.frozen.clear();
    this.#faults.delayMs = 0;
    this.#faults.cut?.resolve(false);
    this.#faults.cut = undefined;
  }

  #accept(client: Socket): void {
    this.#counts.connections += 1;
    const server = connect({ ...this.#target, allowHalfOpen: true });
    const connection = new Connection(client, server, this.#faults, this.#counts);
    this.#connections.add(connection);
    void connection.ended.then(() => this.#connections.delete(connection));
  }
}

class Connection {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #counts: Counts;
  readonly #channels: readonly Channel[];
  readonly ended: Promise<void>;
  #lastSpeaker: 'client' | 'server' = 'server';

  constructor(client: Socket, server: Socket, faults: Faults, counts: Counts) {
    this.#client = client;
    this.#server = server;
    this.#counts = counts;
    const cut = (): void => this.cut();
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      // What a socket fails with is told to the other side by the end of its connection.
      socket.on('error', () => undefined);
      // A close with an error is one side's end without the other's.
      socket.once('close', (hadError: boolean) => {
        if (hadError) cut();
      });
    }
    this.#channels = [
      new Channel('toServer', client, server, faults, cut, (bytes) => {
        counts.bytesToServer += bytes;
      }),
      new Channel('toClient', server, client, faults, cut, (bytes) => {
        counts.bytesToClient += bytes;
      }),
    ];
    client.on('data', () => this.#speak('client'));
    server.on('data', () => this.#speak('server'));
    this.ended = Promise.all([client, server].map((socket) => closing(socket))).then(() => {
      for (const channel of this.#channels) channel.drop();
    });
  }

  cut(): void {
    if (!this.#client.destroyed) this.#client.resetAndDestroy();
    this.#server.destroy();
  }

  goOn(): void {
    for (const channel of this.#channels) channel.forward();
  }

  #speak(speaker: 'client' | 'server'): void {
    if (speaker === 'client' && this.#lastSpeaker === 'server') this.#counts.roundTrips += 1;
    this.#lastSpeaker = speaker;
  }
}

function closing(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

interface Held {
  /** undefined: the end of what the sender has to say. */
  readonly bytes: Buffer | undefined;
  readonly dueAt: number;
}

/** One direction of a connection. */
class Channel {
  readonly #direction: Direction;
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #faults: Faults;
  readonly #cut: () => void;
  readonly #count: (bytes: number) => void;
  readonly #held: Held[] = [];
  #heldBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(
    direction: Direction,
    from: Socket,
    to: Socket,
    faults: Faults,
    cut: () => void,
    count: (bytes: number) => void,
  ) {
    this.#direction = direction;
    this.#from = from;
    this.#to = to;
    this.#faults = faults;
    this.#cut = cut;
    this.#count = count;
    from.on('data', (bytes: Buffer) => this.#hold(bytes));
    from.once('end', () => this.#hold(undefined));
    to.on('drain', () => this.#regulate());
  }

  /** Forwards what is held back, as far as the faults allow it. */
  forward(): void {
    if (this.#faults.frozen.has(this.#direction)) return;
    for (let next = this.#held[0]; next !== undefined && !this.#isOver; next = this.#held[0]) {
      const wait = this.#faults.delayMs === 0 ? 0 : next.dueAt - Date.now();
      if (wait > 0) {
        this.#timer ??= setTimeout(() => {
          this.#timer = undefined;
          this.forward();
        }, wait);
        return;
      }
      this.#held.shift();
      this.#heldBytes -= next.bytes?.byteLength ?? 0;
      this.#pass(next.bytes);
    }
    this.#regulate();
  }

  drop(): void {
    this.#isOver = true;
    this.#held.length = 0;
    clearTimeout(this.#timer);
  }

  #hold(bytes: Buffer | undefined): void {
    if (this.#isOver) return;
    this.#held.push({ bytes, dueAt: Date.now() + this.#faults.delayMs });
    this.#heldBytes += bytes?.byteLength ?? 0;
    this.forward();
    this.#regulate();
  }

  #regulate(): void {
    if (this.#heldBytes + this.#to.writableLength > MOST_WAITING_BYTES) this.#from.pause();
    else if (this.#from.isPaused()) this.#from.resume();
  }

  #pass(bytes: Buffer | undefined): void {
    if (bytes === undefined) {
      this.#to.end();
      return;
    }
    const { cut } = this.#faults;
    if (cut?.direction === this.#direction) {
      if (bytes.byteLength >= cut.remaining) return this.#passLast(bytes.subarray(0, cut.remaining), cut);
      cut.remaining -= bytes.byteLength;
    }
    this.#count(bytes.byteLength);
    this.#to.write(bytes);
  }

  #passLast(bytes: Buffer, cut: Cut): void {
    this.#faults.cut = undefined;
    this.#isOver = true;
    this.#count(bytes.byteLength);
    // The receiver gets the bytes and then an end: a reset could overtake what it has not read yet.
    this.#to.end(bytes, () => {
      this.#cut();
      cut.resolve(true);
    });
  }
}
