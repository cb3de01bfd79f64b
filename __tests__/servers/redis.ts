import { connect } from 'node:net';
import { availableProgram } from './choose.js';
import { type OwnServer, type ServerCommand, startServer } from './server-process.js';

/** How a server of Redis is wanted. */
export interface RedisOptions {
  /** Further arguments, which win over the usual ones: `['--maxmemory', '4mb']`. */
  readonly extraArgs?: readonly string[];
  /** Whether data survive {@link OwnServer.restart}; every write is on the disk before it is answered. Default: false. */
  readonly persistent?: boolean;
  /** Default: one that is free. */
  readonly port?: number;
}

export interface OwnRedis extends OwnServer {
  readonly url: string;
}

/** A cluster of masters among which the slots are divided evenly; none has a replica. */
export interface OwnRedisCluster {
  /** In the order of their slots. Each can be stopped, paused and restarted for itself. */
  readonly nodes: readonly OwnRedis[];
  readonly urls: readonly string[];
  /** Resolves when all nodes serve all slots; after a restart they need a moment. Fails after a minute. */
  agreement(): Promise<void>;
  /** Ends all of them for good. */
  stop(): Promise<void>;
}

const HOST = '127.0.0.1';
const SLOTS = 16_384;
const BUS_OFFSET = 10_000;
const AGREEMENT_LIMIT_MS = 60_000;
const REPLY_LIMIT_MS = 5_000;

/** Starts a server of Redis of the test's own. */
export async function startRedis(options: RedisOptions = {}): Promise<OwnRedis> {
  return withUrl(await startServer('redis', redisCommand('redis', options)));
}

/** Starts a cluster of the test's own. Takes two to three seconds, in which the nodes get to know each other. */
export async function startRedisCluster(
  options: Omit<RedisOptions, 'port'> & { readonly masters?: number } = {},
): Promise<OwnRedisCluster> {
  const masters = options.masters ?? 3;
  const command = redisCommand('redis-cluster', options);
  const started = await Promise.allSettled(
    Array.from({ length: masters }, () => startServer('redis-node', command)),
  );
  const servers = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const stop = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.stop()));
  };
  try {
    const failed = started.find((one) => one.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    await joinNodes(servers.map(({ port }) => port));
  } catch (error) {
    await stop();
    throw error;
  }
  const nodes = servers.map(withUrl);
  return {
    nodes,
    urls: nodes.map(({ url }) => url),
    agreement: () => agreementOf(nodes.map(({ port }) => port)),
    stop,
  };
}

function redisCommand(family: 'redis' | 'redis-cluster', options: RedisOptions): ServerCommand {
  const { program, env } = availableProgram(family);
  const persistence =
    options.persistent === true ? ['--appendonly', 'yes', '--appendfsync', 'always'] : ['--appendonly', 'no'];
  const cluster = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000'];
  return {
    program,
    env,
    port: options.port,
    portOffset: family === 'redis-cluster' ? -BUS_OFFSET : 0,
    args: (port, directory) => [
      ...['--port', String(port), '--bind', HOST, '--dir', directory, '--save', ''],
      ...persistence,
      ...(family === 'redis-cluster' ? [...cluster, '--cluster-announce-ip', HOST] : []),
      ...(options.extraArgs ?? []),
    ],
    answers: async (port) => {
      try {
        // Anything but a loading server, also one that asks for a password.
        return /^(\+PONG|-NOAUTH)/.test(await askRedis(port, 'PING'));
      } catch {
        return false;
      }
    },
  };
}

/** The server is the same object: what it tells of itself must stay true when it is restarted. */
function withUrl(server: OwnServer): OwnRedis {
  return Object.assign(server, { url: `redis://${HOST}:${server.port}` });
}

async function joinNodes(ports: readonly number[]): Promise<void> {
  const [first = 0, ...others] = ports;
  for (const [index, port] of ports.entries()) {
    const from = Math.floor((SLOTS * index) / ports.length);
    const to = Math.floor((SLOTS * (index + 1)) / ports.length) - 1;
    await requireOk(port, `CLUSTER SET-CONFIG-EPOCH ${index + 1}`);
    await requireOk(port, `CLUSTER ADDSLOTSRANGE ${from} ${to}`);
  }
  for (const port of others) await requireOk(first, `CLUSTER MEET ${HOST} ${port}`);
  await agreementOf(ports);
}

async function agreementOf(ports: readonly number[]): Promise<void> {
  const signs = ['cluster_state:ok', `cluster_known_nodes:${ports.length}\r`, `cluster_slots_ok:${SLOTS}`];
  for (const deadline = Date.now() + AGREEMENT_LIMIT_MS; ;) {
    const told = await Promise.all(ports.map((port) => askRedis(port, 'CLUSTER INFO').catch(String)));
    if (told.every((info) => signs.every((sign) => info.includes(sign)))) return;
    if (Date.now() > deadline) throw new Error(`The nodes do not agree: ${told.join('\n')}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function requireOk(port: number, command: string): Promise<void> {
  const reply = await askRedis(port, command);
  if (reply !== '+OK\r\n') throw new Error(`${command}: ${reply}`);
}

/**
 * Sends one command, written as for telnet, without any client, such as `CONFIG SET maxmemory 4mb`.
 * @returns the reply as it stands in the protocol: `+PONG`, `-ERR …`, `:5`, `$5…`; only the first line of lists
 */
export function askRedis(port: number, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, HOST);
    let reply = '';
    const finish = (outcome: () => void): void => {
      socket.destroy();
      outcome();
    };
    socket.setTimeout(REPLY_LIMIT_MS, () => finish(() => reject(new Error(`${command}: no reply`))));
    socket.once('error', (error) => finish(() => reject(error)));
    socket.once('close', () => reject(new Error(`${command}: the connection was closed`)));
    socket.setEncoding('latin1').on('data', (text: string) => {
      reply += text;
      if (isWhole(reply)) finish(() => resolve(reply));
    });
    socket.write(`${command}\r\n`);
  });
}

function isWhole(reply: string): boolean {
  const end = reply.indexOf('\r\n');
  if (end === -1) return false;
  if (!reply.startsWith('$') || reply.startsWith('$-1')) return true;
  return reply.length >= end + 2 + Number(reply.slice(1, end)) + 2;
}
