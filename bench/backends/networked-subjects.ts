import { once } from 'node:events';
import { type Backend, type BackendName, initBackend } from 'axios-persistent-cache';
import { startFaultProxy } from '../../__tests__/servers/fault-proxy.js';
import { type Server, serverOf } from '../servers.js';
import { type BareStore, NotMeasured, type Subject } from './subject.js';

/** What emulators get, so that the run ends in minutes. */
const EMULATED_ENTRIES = 10_000;
const DYNAMO_CREDENTIALS = { accessKeyId: 'bench', secretAccessKey: 'bench' };
/** What fits into one item of DynamoDB beside its key. */
const DYNAMO_ITEM_BYTES = 380 * 1024;

async function requiredServer(family: 'redis' | 'mongodb' | 'dynamodb'): Promise<Server> {
  const server = await serverOf(family);
  if (server === undefined) throw new NotMeasured('no server of it on this machine');
  return server;
}

/** @param optionsFor a URL */
function subject(
  name: string,
  server: Server,
  optionsFor: (url: string) => object,
  bareTitle: string,
  openBare: () => Promise<BareStore>,
): Subject {
  // Names that share nothing with those of other runs, since a server of the environment keeps what it has.
  const run = `bench_${process.pid}_`;
  const open = (cacheName: string, url: string): Backend =>
    initBackend(run + cacheName, name as BackendName, optionsFor(url) as never);
  return {
    title: `${name} (${server.title})`,
    bareTitle,
    // What answers for DynamoDB at an address of the environment is an emulator as a rule.
    ...(server.isEmulator || name === 'dynamodb' ? { mostEntries: EMULATED_ENTRIES } : {}),
    open: (cacheName) => open(cacheName, server.url),
    openBare,
    throughProxy: async (cacheName) => {
      const proxy = await startFaultProxy(server.url);
      return { proxy, backend: open(cacheName, proxy.url) };
    },
    stop: () => server.stop(),
  };
}

export async function redisSubject(): Promise<Subject> {
  const server = await requiredServer('redis');
  return subject(
    'redis',
    server,
    (url) => ({ url }),
    'redis: GET and SET of a buffer',
    async () => {
      const { createClient, RESP_TYPES } = await import('redis');
      const client = createClient({ url: server.url });
      client.on('error', () => undefined);
      await client.connect();
      const buffers = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
      return {
        get: (key) => buffers.get(`bare:${key}`),
        put: (key, bytes) =>
          client.set(`bare:${key}`, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)),
        close: () => client.close(),
      };
    },
  );
}

export async function mongodbSubject(): Promise<Subject> {
  const server = await requiredServer('mongodb');
  const bareTitle = 'mongodb: findOne by _id; replaceOne with upsert';
  return subject(
    'mongodb',
    server,
    (url) => ({ url }),
    bareTitle,
    async () => {
      const { MongoClient } = await import('mongodb');
      const client = await new MongoClient(server.url).connect();
      const records = client.db('bench_bare').collection<{ _id: string; value: Uint8Array }>('records');
      return {
        get: (key) => records.findOne({ _id: key }),
        ask: {
          title: 'the same range of _id',
          get: (key) => records.find({ _id: { $gte: key, $lt: `${key}/` } }, { limit: 3 }).toArray(),
        },
        put: (key, value) => records.replaceOne({ _id: key }, { value }, { upsert: true }),
        close: () => client.close(),
      };
    },
  );
}

export async function gridfsSubject(): Promise<Subject> {
  const server = await requiredServer('mongodb');
  const bareTitle = 'mongodb: openDownloadStream by id; openUploadStream under a new id';
  return subject(
    'gridfs',
    server,
    (url) => ({ url }),
    bareTitle,
    async () => {
      const { GridFSBucket, MongoClient, ObjectId } = await import('mongodb');
      const client = await new MongoClient(server.url).connect();
      const bucket = new GridFSBucket(client.db('bench_bare_files'));
      const ids = new Map<string, InstanceType<typeof ObjectId>>();
      return {
        get: async (key) => {
          const chunks: Buffer[] = [];
          for await (const chunk of bucket.openDownloadStream(ids.get(key) ?? new ObjectId())) {
            chunks.push(chunk as Buffer);
          }
          return Buffer.concat(chunks);
        },
        put: async (key, bytes) => {
          const upload = bucket.openUploadStream(key);
          ids.set(key, upload.id);
          upload.end(bytes);
          await once(upload, 'finish');
        },
        close: () => client.close(),
      };
    },
  );
}

export async function dynamodbSubject(): Promise<Subject> {
  const server = await requiredServer('dynamodb');
  const optionsFor = (endpoint: string): object => ({
    endpoint,
    region: 'us-east-1',
    credentials: DYNAMO_CREDENTIALS,
  });
  // Without TTL, since what is past retention would not be listed.
  const cacheOptionsFor = (endpoint: string): object => ({ ...optionsFor(endpoint), ttl: false });
  const bareTitle = 'client-dynamodb: GetItem and PutItem, one for each 380 KB';
  return subject('dynamodb', server, cacheOptionsFor, bareTitle, () => bareDynamo(optionsFor(server.url)));
}

let bareTables = 0;

async function bareDynamo(options: object): Promise<BareStore> {
  const { CreateTableCommand, DynamoDBClient, GetItemCommand, PutItemCommand } =
    await import('@aws-sdk/client-dynamodb');
  const client = new DynamoDBClient(options);
  const TableName = `bench_bare_${process.pid}_${bareTables++}`;
  await client.send(
    new CreateTableCommand({
      TableName,
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  );
  const parts = new Map<string, number>();
  const keysOf = (key: string): string[] =>
    Array.from({ length: parts.get(key) ?? 1 }, (_, part) => `${key}/${part}`);
  return {
    get: (key) =>
      Promise.all(
        keysOf(key).map((pk) => client.send(new GetItemCommand({ TableName, Key: { pk: { S: pk } } }))),
      ),
    put: (key, bytes) => {
      parts.set(key, Math.ceil(bytes.byteLength / DYNAMO_ITEM_BYTES));
      return Promise.all(
        keysOf(key).map((pk, part) => {
          const B = bytes.subarray(part * DYNAMO_ITEM_BYTES, (part + 1) * DYNAMO_ITEM_BYTES);
          return client.send(new PutItemCommand({ TableName, Item: { pk: { S: pk }, value: { B } } }));
        }),
      );
    },
    close: () => client.destroy(),
  };
}
