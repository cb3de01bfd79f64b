import * as sdk from '@aws-sdk/client-dynamodb';
import { BSON } from 'mongodb';
import { createClient, RESP_TYPES } from 'redis';
import { randomUUID } from 'node:crypto';
import { type Backend, initBackend } from '../../lib/index.js';
import { type RedisOptions } from '../../lib/storage/options/redis.js';
import { CREDENTIALS } from '../backends/dynamodb/fixture.js';
import { aDatabase } from '../backends/mongodb/a-database.js';
import { describeServers } from '../servers/index.js';
import { describeStore } from './describe-store.js';
import { type RawPiece } from './search.js';
import { type RawStore } from './stores.js';

describeServers('redis', (server) => {
  for (const layout of ['string', 'hash'] as const) {
    describeStore(`redis (${layout})`, () => redisStore(server().url, layout));
  }
});

/** Every key of a namespace: its name, its value as Redis dumps it, and, since a dump may be compressed, as it is read. */
async function redisStore(url: string, layout: NonNullable<RedisOptions['layout']>): Promise<RawStore> {
  const namespace = `redaction-${randomUUID()}`;
  const client = createClient({ url }).withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  await client.connect();
  const ask = (...command: (string | Buffer)[]): Promise<unknown> => client.sendCommand(command);
  const readers: Readonly<Record<string, readonly string[]>> = {
    string: ['GET'],
    hash: ['HGETALL'],
    set: ['SMEMBERS'],
    list: ['LRANGE', '0', '-1'],
    zset: ['ZRANGE', '0', '-1'],
  };
  const keys = async (): Promise<readonly Buffer[]> => (await ask('KEYS', `*${namespace}*`)) as Buffer[];
  const read = async (): Promise<readonly RawPiece[]> => {
    const pieces: RawPiece[] = [];
    for (const key of await keys()) {
      const type = String(await ask('TYPE', key));
      const [command, ...rest] = readers[type] ?? [];
      if (command === undefined) throw new Error(`Nobody knows how to read a ${type}.`);
      const values = [await ask(command, key, ...rest), await ask('DUMP', key)];
      pieces.push({ where: key.toString(), bytes: Buffer.concat([key, ...values.flatMap(bytesIn)]) });
    }
    return pieces;
  };
  return {
    backend: initBackend(namespace, 'redis', { url, layout }),
    read,
    dispose: async () => {
      for (const key of await keys()) await ask('DEL', key);
      await client.close();
    },
  };
}

/** The texts and bytes in a reply of whatever shape. */
function bytesIn(value: unknown): Buffer[] {
  if (Buffer.isBuffer(value)) return [value];
  if (typeof value === 'string') return [Buffer.from(value)];
  if (value instanceof Map) return [...value].flat().flatMap(bytesIn);
  return typeof value === 'object' && value !== null ? Object.entries(value).flat().flatMap(bytesIn) : [];
}

describeServers('mongodb', (server) => {
  describeStore('mongodb', () =>
    mongoStore(server().url, (name) => initBackend(name, 'mongodb', { url: server().url })),
  );
  // Every body goes into the bucket, those that are planted, too.
  describeStore('gridfs', () =>
    mongoStore(server().url, (name) => initBackend(name, 'gridfs', { url: server().url, inlineBytes: 0 })),
  );
});

/** Every document of every collection of the database, as BSON. */
async function mongoStore(url: string, open: (name: string) => Backend): Promise<RawStore> {
  const database = await aDatabase(url);
  return {
    backend: open(database.name),
    read: async () => {
      const pieces: RawPiece[] = [];
      for (const collection of await database.db.collections()) {
        const where = collection.collectionName;
        for await (const document of collection.find())
          pieces.push({ where, bytes: BSON.serialize(document) });
      }
      return pieces;
    },
    dispose: () => database.drop(),
  };
}

describeServers('dynamodb', (server) => {
  describeStore('dynamodb', () => dynamoStore(server().url));
});

/** Every item of a table of the test's own. */
async function dynamoStore(endpoint: string): Promise<RawStore> {
  const TableName = `redaction_${randomUUID()}`;
  const client = new sdk.DynamoDBClient({ endpoint, region: 'us-east-1', credentials: CREDENTIALS });
  return {
    backend: initBackend('redaction', 'dynamodb', {
      endpoint,
      tableName: TableName,
      operationTimeout: 10_000,
    }),
    read: async () => {
      const pieces: RawPiece[] = [];
      for await (const { Items = [] } of sdk.paginateScan({ client }, { TableName, ConsistentRead: true })) {
        for (const item of Items)
          pieces.push({ where: JSON.stringify(item['pk']), bytes: bytesOfItem(item) });
      }
      return pieces;
    },
    dispose: async () => {
      await client.send(new sdk.DeleteTableCommand({ TableName }));
      client.destroy();
    },
  };
}

function bytesOfItem(item: Record<string, sdk.AttributeValue>): Buffer {
  const parts: Buffer[] = [];
  const text = JSON.stringify(item, (_name, value: unknown) => {
    if (!(value instanceof Uint8Array)) return value;
    parts.push(Buffer.from(value));
    return '';
  });
  return Buffer.concat([Buffer.from(text), ...parts]);
}
