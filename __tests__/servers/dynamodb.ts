import path from 'node:path';
import { availableProgram } from './choose.js';
import { type KindName } from './kinds.js';
import { type OwnServer, type ServerCommand, startServer } from './server-process.js';

/** How an emulator of DynamoDB is wanted. */
export interface DynamoOptions {
  /** Default: the best that there is. */
  readonly kind?: KindName;
  readonly extraArgs?: readonly string[];
  /** Whether data survive {@link OwnServer.restart}. Default: false. */
  readonly persistent?: boolean;
  /** Default: one that is free. */
  readonly port?: number;
}

/** What emulators of DynamoDB do otherwise than DynamoDB, as far as it was seen. */
export interface DynamoTraits {
  /** `UpdateTimeToLive` is known. That expired items are deleted must not be expected of any. */
  readonly timeToLive: boolean;
  /** `TransactWriteItems`, `TransactGetItems`. */
  readonly transactions: boolean;
  /** `ReturnValuesOnConditionCheckFailure` gives the item. */
  readonly returnsOnFailure: boolean;
}

export interface OwnDynamo extends OwnServer {
  readonly endpoint: string;
  readonly kind: KindName;
  readonly traits: DynamoTraits;
}

const HOST = '127.0.0.1';

/** What a kind of emulator can do. One of the environment is taken for DynamoDB. */
export function dynamoTraits(kind: KindName): DynamoTraits {
  const isFull = kind !== 'dynalite';
  return { timeToLive: isFull, transactions: isFull, returnsOnFailure: isFull };
}

/** Starts an emulator of the test's own. Any region, and any credentials of letters and digits, are right. */
export async function startDynamo(options: DynamoOptions = {}): Promise<OwnDynamo> {
  const { kind, program } = availableProgram('dynamodb', options.kind);
  const command = { ...commandOf(kind, program, options), port: options.port };
  const server = await startServer(kind, command);
  return Object.assign(server, {
    endpoint: `http://${HOST}:${server.port}`,
    kind,
    traits: dynamoTraits(kind),
  });
}

function commandOf(
  kind: KindName,
  program: string,
  { extraArgs = [], persistent = false }: DynamoOptions,
): ServerCommand {
  switch (kind) {
    case 'dynoxide':
      return {
        program,
        args: (port, directory) => [
          ...['serve', '--host', HOST, '--port', String(port)],
          ...(persistent ? ['--db-path', path.join(directory, 'tables.sqlite')] : []),
          ...extraArgs,
        ],
      };
    case 'dynalite':
      return {
        program: process.execPath,
        args: (port, directory) => [
          ...[program, '--host', HOST, '--port', String(port)],
          ...['createTableMs', 'deleteTableMs', 'updateTableMs'].flatMap((name) => [`--${name}`, '0']),
          ...(persistent ? ['--path', directory] : []),
          ...extraArgs,
        ],
      };
    default:
      throw new Error(`${kind} is no emulator of DynamoDB.`);
  }
}
