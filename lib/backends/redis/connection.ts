import type { Buffer } from 'node:buffer';
import { BackendError } from '../../errors.js';
import { loadOptionalPackage } from '../../optional-package.js';
import { Opening } from '../../storage/opening.js';
import type { RedisClientLike, RedisOptions } from '../../storage/options/redis.js';
import { DEFAULT_COMMAND_TIMEOUT_MS, DEFAULT_URL, REDIS_PACKAGE } from './options.js';
import type { RedisPackage } from './redis-package.js';
import type { Script } from './scripts.js';

/** Replies: bulk strings as bytes, everything else as JavaScript has it. */
export type Reply = Buffer | string | number | null | undefined | readonly Reply[];
export type Argument = string | Buffer;

/** What differs between a client, a cluster and a sentinel. Methods that one of them has are optional. */
interface AnyClient extends RedisClientLike {
  readonly isReady?: boolean;
  connect(): Promise<unknown>;
  close(): Promise<unknown>;
  destroy(): void;
  unref?(): void;
  readonly masters?: readonly object[];
  nodeClient?(node: object): Promise<AnyClient>;
}

/** Marks bulk strings in the type mapping of the package: 36 is the dollar sign that begins them. */
const AS_BYTES = { typeMapping: { 36: globalThis.Buffer }, timeout: undefined };

type Send = (client: RedisClientLike, key: string, args: readonly Argument[]) => Promise<unknown>;

/** Sends commands over a connection that is opened at its first use, and opened anew after it has failed. */
export class RedisConnection {
  readonly #options: RedisOptions;
  readonly #load: () => Promise<RedisPackage>;
  readonly #timeoutMs: number;
  readonly #opening = new Opening(() => this.#takeFound() ?? this.#open());
  /** What is opened already, and to be used from now on. */
  #found: RedisClientLike | undefined;
  #isRenewing = false;
  #isDivided = false;
  #isClosed = false;
  /** Scripts that have run on this connection, so that Redis knows them by their names. */
  readonly #known = new Set<Script>();
  /** How often a script was sent again, because Redis did not know it. */
  #resent = 0;
  /** Never throws nor rejects: what a client says apart from replies is said by the replies, too. */
  readonly #ignore = (): void => undefined;

  constructor(options: RedisOptions, load: () => Promise<RedisPackage> = loadRedis) {
    this.#options = options;
    this.#load = load;
    this.#timeoutMs = options.commandTimeout ?? DEFAULT_COMMAND_TIMEOUT_MS;
  }

  /**
   * Sends one command.
   * @param key decides on the node of a cluster; all keys of the command lie in its slot
   */
  async send(key: string, args: readonly Argument[]): Promise<Reply> {
    const client = this.#current() ?? (await this.#opening.ensure());
    return this.#sendBy(client, key, args);
  }

  /** Runs a script, by its name where Redis knows it. */
  async run(script: Script, keys: readonly string[], args: readonly Argument[]): Promise<Reply> {
    const [key = ''] = keys;
    const rest = [String(keys.length), ...keys, ...args];
    let reply: Reply;
    try {
      reply = await this.send(key, ['EVALSHA', script.sha, ...rest]);
    } catch (error) {
      if (!isReply(error, 'NOSCRIPT')) throw error;
      this.#resent += 1;
      reply = await this.send(key, ['EVAL', script.text, ...rest]);
    }
    this.#known.add(script);
    return reply;
  }

  /** Whether one script may touch keys of several slots: not in a cluster. */
  async hasOneKeyspace(): Promise<boolean> {
    if (this.#isDivided) return false;
    const client = this.#current() ?? (await this.#opening.ensure());
    return !isCluster(client as AnyClient);
  }

  /** Sends two commands on the same slot, the second of which Redis must run after the first. @returns the second's reply */
  async oneAfterTheOther(first: () => Promise<Reply>, second: () => Promise<Reply>): Promise<Reply> {
    const client = this.#current() as AnyClient | undefined;
    if (client !== undefined && keepsOrder(client)) return (await Promise.all([first(), second()]))[1];
    await first();
    return second();
  }

  /** There is a cluster behind what looks like one server. */
  learnThatItIsDivided(): void {
    this.#isDivided = true;
  }

  /**
   * Sends commands so that Redis runs them one after the other: together where one connection keeps them in order, which costs
   * one round trip, else each when the one before has been answered.
   * @param script what is run among them: sent together with others only when Redis knows it
   */
  async inOrder(script: Script, steps: readonly (() => Promise<Reply>)[]): Promise<readonly Reply[]> {
    const client = (this.#current() ?? (await this.#opening.ensure())) as AnyClient;
    if (this.#known.has(script) && keepsOrder(client)) {
      const resent = this.#resent;
      const together = await Promise.all(steps.map((step) => step()));
      // Somebody has made Redis forget the script: it has run after those that were to come after it.
      if (this.#resent !== resent) await steps.at(-1)?.();
      return together;
    }
    const replies: Reply[] = [];
    for (const step of steps) replies.push(await step());
    return replies;
  }

  /** How to send to each server that has a part of the keys: the masters of a cluster, else the one. */
  async servers(): Promise<readonly ((args: readonly Argument[]) => Promise<Reply>)[]> {
    const client = (this.#current() ?? (await this.#opening.ensure())) as AnyClient;
    if (!isCluster(client)) return [(args) => this.#sendBy(client, '', args)];
    const nodes = await Promise.all(
      client.masters.map((node) => withTimeout(client.nodeClient(node), this.#timeoutMs)),
    );
    return nodes.map((node) => (args) => this.#sendBy(node, '', args, client));
  }

  /** Closes the connection, unless it is the user's own. Waits for replies that are due. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const client = this.#opening.value ?? (await this.#opening.attempt?.catch(() => undefined));
    this.#opening.forget();
    if (client !== undefined) await this.#letGo(client as AnyClient);
  }

  /** The client that is open; `undefined`: there is none, or it has lost its connection while nobody needed it. */
  #current(): RedisClientLike | undefined {
    const client = this.#opening.value as AnyClient | undefined;
    if (client?.isReady === false && !isOwnOfUser(this.#options)) this.#retire(client);
    return this.#opening.value;
  }

  /** @param owner what is opened anew when the connection has failed: the cluster, if `client` is a node of one */
  async #sendBy(
    client: RedisClientLike,
    key: string,
    args: readonly Argument[],
    owner = client,
  ): Promise<Reply> {
    try {
      if ((client as AnyClient).isReady === false) throw new Error('The connection to Redis is lost');
      return (await withTimeout(sender(client)(client, key, args), this.#timeoutMs)) as Reply;
    } catch (error) {
      if (!isReply(error)) this.#retire(owner);
      throw error;
    }
  }

  /** After a failure of the connection: the next call opens another one, unless that has happened already. */
  #retire(client: RedisClientLike): void {
    if (this.#opening.value !== client || isOwnOfUser(this.#options)) return;
    if (isCluster(client as AnyClient)) {
      void this.#renew(client as AnyClient);
      return;
    }
    this.#opening.forget();
    void this.#letGo(client as AnyClient);
  }

  /**
   * After the failure of one node of a cluster: looks for the nodes anew, since another may have taken over. Until they are
   * found the client stays, by which the other nodes are reached.
   */
  async #renew(client: AnyClient): Promise<void> {
    if (this.#isRenewing) return;
    this.#isRenewing = true;
    try {
      const next = await this.#open();
      if (this.#opening.value !== client) return await this.#letGo(next as AnyClient);
      this.#opening.forget();
      this.#found = next;
      await this.#opening.ensure();
      await this.#letGo(client);
    } catch {
      // The next failure tries it again.
    } finally {
      this.#isRenewing = false;
    }
  }

  async #letGo(client: AnyClient): Promise<void> {
    if (isOwnOfUser(this.#options)) {
      client.off('error', this.#ignore);
      return;
    }
    try {
      await withTimeout(client.close(), this.#timeoutMs);
    } catch {
      try {
        client.destroy();
      } catch {
        // It is closed already.
      }
    }
  }

  #takeFound(): Promise<RedisClientLike> | undefined {
    const found = this.#found;
    this.#found = undefined;
    return found && Promise.resolve(found);
  }

  async #open(): Promise<RedisClientLike> {
    // Whoever goes on listing would open another one, which nobody closes.
    if (this.#isClosed) throw new Error('The connection to Redis was closed');
    const client = (await this.#create()) as AnyClient;
    this.#known.clear();
    client.on('error', this.#ignore);
    if (isOwnOfUser(this.#options)) {
      if (client.isOpen) return client;
      client.off('error', this.#ignore);
      throw new BackendError({
        backend: 'redis',
        operation: 'open',
        message: 'the client that was given as "client" is not open; call its connect() first',
      });
    }
    try {
      if (!client.isOpen) await withTimeout(client.connect(), this.#timeoutMs);
    } catch (error) {
      void this.#letGo(client);
      throw error;
    }
    client.unref?.();
    return client;
  }

  async #create(): Promise<RedisClientLike> {
    const { client, cluster, sentinel, url = DEFAULT_URL } = this.#options;
    if (typeof client === 'function') return client();
    if (client !== undefined) return client;
    const driver = await this.#load();
    const perNode = this.#perConnection();
    if (cluster !== undefined) {
      const rootNodes = cluster.nodes.map((node) => ({ url: node }));
      return driver.createCluster({
        minimizeConnections: true,
        ...cluster.options,
        rootNodes,
        defaults: perNode,
      });
    }
    if (sentinel !== undefined) {
      const { name, nodes, options } = sentinel;
      return driver.createSentinel({
        nodeClientOptions: perNode,
        ...options,
        name,
        sentinelRootNodes: nodes,
      });
    }
    return driver.createClient({ url, ...perNode });
  }

  #perConnection(): object {
    const given = this.#options.clientOptions ?? {};
    const isSingle = this.#options.cluster === undefined && this.#options.sentinel === undefined;
    const socket = {
      connectTimeout: this.#timeoutMs,
      // A lost connection is replaced by the next call. The driver's own attempts would keep the process alive.
      ...(isSingle ? { reconnectStrategy: false } : {}),
      ...(given['socket'] as object | undefined),
    };
    // Each call has a time-out here; the driver's own, another one for each command, costs as much as the rest of it.
    const commandOptions = { timeout: undefined, ...(given['commandOptions'] as object | undefined) };
    return { disableOfflineQueue: true, ...given, socket, commandOptions };
  }
}

/** Whether Redis itself has answered with an error, which says that the connection works. */
export function isReply(error: unknown, code = ''): error is Error {
  if (!(error instanceof Error)) return false;
  return /^[A-Z]{2,}[A-Z0-9]* /.test(error.message) && error.message.startsWith(code);
}

function isOwnOfUser(options: RedisOptions): boolean {
  return typeof options.client === 'object';
}

function isCluster(
  client: AnyClient,
): client is AnyClient & Required<Pick<AnyClient, 'masters' | 'nodeClient'>> {
  return 'nodeClient' in client && typeof client.nodeClient === 'function';
}

/** A pool, a cluster and the pool behind a sentinel send over several connections. */
function keepsOrder(client: AnyClient): boolean {
  return client['sendCommand'].length === 2 && typeof client.isReady === 'boolean';
}

function sender(client: RedisClientLike): Send {
  const parameters = client['sendCommand'].length;
  // A cluster takes the key and whether a replica may answer, a sentinel only the latter.
  if (isCluster(client as AnyClient)) return (to, key, args) => call(to, [key, false, args, AS_BYTES]);
  if (parameters === 3) return (to, _key, args) => call(to, [false, args, AS_BYTES]);
  return (to, _key, args) => call(to, [args, AS_BYTES]);
}

function call(client: RedisClientLike, args: readonly unknown[]): Promise<unknown> {
  return client.sendCommand(...(args as never[]));
}

function loadRedis(): Promise<RedisPackage> {
  return loadOptionalPackage<RedisPackage>({
    backend: 'redis',
    ...REDIS_PACKAGE,
    load: () => import('redis'),
  });
}

/** The timer keeps the process alive until the answer is there, since the connection does not. */
function withTimeout<T>(answer: Promise<T>, timeoutMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = (): void => reject(new Error(`Redis has not answered within ${timeoutMs} ms`));
    const timer = setTimeout(late, timeoutMs);
    answer.then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (error: unknown) => {
        clearTimeout(timer);
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- passed on as it is
        reject(error);
      },
    );
  });
}
