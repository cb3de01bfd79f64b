import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type DynamoTraits, dynamoTraits, startDynamo } from './dynamodb.js';
import { type ServerFamily, type ServerKind } from './kinds.js';
import { type MongoTraits, mongoTraits, startMongo } from './mongodb.js';
import { startRedis, startRedisCluster } from './redis.js';
import { runFolder } from './run.cjs';

const START_LIMIT_MS = 180_000;
const POLL_MS = 50;

/** Where a server is that all test files of a run use together. None of them stops it, or deletes what is not its own. */
export interface SharedServer {
  readonly kind: ServerKind;
  /** `redis://…`, `mongodb://…` or `http://…`; of a cluster that of its first node. */
  readonly url: string;
  /** The addresses of all nodes; of a single server just its own. */
  readonly urls: readonly string[];
}

type Outcome = { readonly urls: readonly string[] } | { readonly failure: string };

/** The server of a kind, started by whoever in the run asks first; it ends with the run. */
export async function sharedServer(kind: ServerKind): Promise<SharedServer> {
  const urls = kind.address === undefined ? await startedOnce(kind) : kind.address.split(',');
  const [url = ''] = urls;
  return { kind, url, urls };
}

async function startedOnce(kind: ServerKind): Promise<readonly string[]> {
  const place = path.join(runFolder(), 'shared', `${kind.family}-${kind.name}`);
  const file = `${place}.json`;
  if (!existsSync(file) && isFirst(place)) write(file, await start(kind));
  for (const deadline = Date.now() + START_LIMIT_MS; !existsSync(file);) {
    if (Date.now() > deadline)
      throw new Error(`${kind.title} was not started by the test file that began to.`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  const outcome = JSON.parse(readFileSync(file, 'utf8')) as Outcome;
  if ('failure' in outcome) throw new Error(`${kind.title} could not be started: ${outcome.failure}`);
  return outcome.urls;
}

function isFirst(place: string): boolean {
  try {
    mkdirSync(place);
    return true;
  } catch {
    return false;
  }
}

async function start(kind: ServerKind): Promise<Outcome> {
  try {
    return { urls: await STARTERS[kind.family](kind) };
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error) };
  }
}

/** At once or not at all, for those who wait for it. */
function write(file: string, outcome: Outcome): void {
  writeFileSync(`${file}.${process.pid}`, JSON.stringify(outcome));
  renameSync(`${file}.${process.pid}`, file);
}

const STARTERS: Readonly<Record<ServerFamily, (kind: ServerKind) => Promise<readonly string[]>>> = {
  redis: async () => [(await startRedis()).url],
  'redis-cluster': async () => (await startRedisCluster()).urls,
  mongodb: async ({ name }) => [(await startMongo({ kind: name })).url],
  dynamodb: async ({ name }) => [(await startDynamo({ kind: name })).endpoint],
};

/** What a server of MongoDB's protocol can do; see {@link MongoTraits}. */
export function mongoTraitsOf({ kind }: SharedServer): MongoTraits {
  return mongoTraits(kind.name);
}

/** What an emulator of DynamoDB can do; see {@link DynamoTraits}. */
export function dynamoTraitsOf({ kind }: SharedServer): DynamoTraits {
  return dynamoTraits(kind.name);
}
