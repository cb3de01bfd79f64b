import path from 'node:path';
import { availableProgram } from './choose.js';
import { type KindName } from './kinds.js';
import { type OwnServer, type ServerCommand, startServer } from './server-process.js';

/** How a server of MongoDB's protocol is wanted. */
export interface MongoOptions {
  /** Default: the best that there is. */
  readonly kind?: KindName;
  readonly extraArgs?: readonly string[];
  /**
   * Whether commands can be made to fail, by `configureFailPoint` of the administrator's database:
   * `{ configureFailPoint: 'failCommand', mode: 'alwaysOn', data: { failCommands: ['createIndexes'], errorCode: 238 } }`;
   * `mode: { times: 2 }`, `mode: 'off'`, `data: { closeConnection: true }`. Only mongod and SecantusDB know it: see
   * {@link MongoTraits.failPoints}. Default: false.
   */
  readonly failPoints?: boolean;
  /** Default: one that is free. */
  readonly port?: number;
}

/** What servers that speak MongoDB's protocol do otherwise than MongoDB, as far as it was seen. */
export interface MongoTraits {
  /** Data survive {@link OwnServer.restart}. */
  readonly persistent: boolean;
  /** Transactions, and sessions at all. */
  readonly transactions: boolean;
  /** Documents whose time has passed by their TTL index are deleted, within about a minute. */
  readonly deletesExpired: boolean;
  /** Update pipelines, and expressions such as `$bsonSize` and `$binarySize` in aggregations. */
  readonly expressions: boolean;
  /** What is too large for a document (16 MiB) is refused by an error with a code; else the connection is cut. */
  readonly refusesLargeDocuments: boolean;
  /** {@link MongoOptions.failPoints} is known. */
  readonly failPoints: boolean;
  /** Projections, findOneAndDelete, drop, dropDatabase, listCollections, unordered bulk writes with errors. */
  readonly complete: boolean;
}

export interface OwnMongo extends OwnServer {
  readonly url: string;
  readonly kind: KindName;
  readonly traits: MongoTraits;
}

const HOST = '127.0.0.1';
const CONFIGURATION = 'secantusd.toml';
const JAVA_FLAGS = [
  ...['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xmx512m'],
  // One command at a time: by several threads it now and then changes a table that another one is walking through, and answers
  // "Unknown error: null".
  '-Dio.netty.eventLoopThreads=1',
];

const FULL: MongoTraits = {
  persistent: true,
  transactions: true,
  deletesExpired: true,
  expressions: true,
  refusesLargeDocuments: true,
  failPoints: true,
  complete: true,
};

/** What a kind of server can do. A server of the environment is taken for a replica set of MongoDB. */
export function mongoTraits(kind: KindName): MongoTraits {
  const inMemory = {
    ...FULL,
    persistent: false,
    transactions: false,
    deletesExpired: false,
    failPoints: false,
  };
  switch (kind) {
    case 'mongod':
      // Started alone it is no replica set.
      return { ...FULL, transactions: false };
    case 'mongo-java-server':
      return { ...inMemory, expressions: false, refusesLargeDocuments: false };
    case 'jongodb':
      return { ...inMemory, expressions: false, refusesLargeDocuments: false, complete: false };
    default:
      return FULL;
  }
}

/** Starts a server of the test's own: half a second to a second. */
export async function startMongo(options: MongoOptions = {}): Promise<OwnMongo> {
  const { kind, program } = availableProgram('mongodb', options.kind);
  const command = { ...commandOf(kind, program, options), port: options.port };
  const server = await startServer(kind, command);
  return Object.assign(server, {
    url: `mongodb://${HOST}:${server.port}/?directConnection=true`,
    kind,
    traits: mongoTraits(kind),
  });
}

function commandOf(kind: KindName, program: string, options: MongoOptions): ServerCommand {
  const { extraArgs = [], failPoints = false } = options;
  switch (kind) {
    case 'mongod':
      return {
        program,
        args: (port, directory) => [
          ...['--bind_ip', HOST, '--port', String(port), '--dbpath', directory, '--quiet'],
          ...(failPoints ? ['--setParameter', 'enableTestCommands=1'] : []),
          ...extraArgs,
        ],
      };
    case 'secantusdb':
      return {
        program,
        // So that no configuration of the user's is found.
        files: { [CONFIGURATION]: '' },
        args: (port, directory) => [
          ...['--config', path.join(directory, CONFIGURATION)],
          ...['--host', HOST, '--port', String(port), '--storage-path', directory],
          ...['--cache-size', '256M', '--log-level', 'WARNING'],
          ...(failPoints ? ['--enable-test-commands'] : []),
          ...extraArgs,
        ],
      };
    case 'mongo-java-server':
      return {
        program: 'java',
        args: (port) => [
          ...JAVA_FLAGS,
          ...['-cp', [program, path.join(program, '..', 'lib', '*')].join(path.delimiter)],
          ...['MongoJavaServer', String(port), ...extraArgs],
        ],
      };
    case 'jongodb':
      return { program, args: (port) => [`--host=${HOST}`, `--port=${port}`, ...extraArgs] };
    default:
      throw new Error(`${kind} is no server of MongoDB.`);
  }
}
