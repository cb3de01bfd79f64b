import { startDynamo } from '../__tests__/servers/dynamodb.js';
import { availableKinds, type KindName, type ServerFamily } from '../__tests__/servers/kinds.js';
import { startMongo } from '../__tests__/servers/mongodb.js';
import { startRedis } from '../__tests__/servers/redis.js';

/** A server to measure with. */
export interface Server {
  readonly url: string;
  /** The program, with its version where that is known. */
  readonly title: string;
  /** Good for tests, and slow: its times are not those of what it emulates. */
  readonly isEmulator: boolean;
  stop(): Promise<void>;
}

type Family = Exclude<ServerFamily, 'redis-cluster'>;

const STARTERS: Readonly<Record<Family, (kind: KindName) => Promise<Pick<Server, 'url' | 'stop'>>>> = {
  redis: () => startRedis(),
  mongodb: (kind) => startMongo({ kind }),
  dynamodb: async (kind) => {
    const own = await startDynamo({ kind });
    return { url: own.endpoint, stop: () => own.stop() };
  },
};

/** The server that the environment names, or else one of its own; undefined where this machine has none. */
export async function serverOf(family: Family): Promise<Server | undefined> {
  const kind = availableKinds(family)[0];
  if (kind === undefined) return undefined;
  const { title, address } = kind;
  const isEmulator = !['redis-server', 'valkey-server', 'mongod', 'environment'].includes(kind.name);
  const about = { title, isEmulator };
  if (address !== undefined) return { url: address, ...about, stop: async () => undefined };
  const server = await STARTERS[family](kind.name);
  return { url: server.url, ...about, stop: () => server.stop() };
}
