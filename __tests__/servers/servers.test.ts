import { execFileSync } from 'node:child_process';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { MongoClient } from 'mongodb';
import { createClient, createCluster } from 'redis';
import {
  askRedis,
  describeOwnServers,
  describeServers,
  type KindName,
  mongoTraits,
  type OwnServer,
  startDynamo,
  startMongo,
  startRedis,
  startRedisCluster,
} from './index.js';
import { freePort } from './server-process.js';

jest.setTimeout(180_000);

interface Answering extends OwnServer {
  /** Asks something by a real client. */
  ask(): Promise<void>;
}

async function askMongo(url: string): Promise<void> {
  const client = new MongoClient(url, { serverSelectionTimeoutMS: 20_000 });
  try {
    const collection = client.db('servers').collection<{ _id: string }>('asked');
    await collection.replaceOne({ _id: 'a' }, {}, { upsert: true });
    expect(await collection.countDocuments({ _id: 'a' })).toBe(1);
  } finally {
    await client.close();
  }
}

async function askDynamo(endpoint: string): Promise<void> {
  const client = new DynamoDBClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  try {
    expect((await client.send(new ListTablesCommand({}))).TableNames).toBeDefined();
  } finally {
    client.destroy();
  }
}

async function askByRedisClient(url: string): Promise<void> {
  const client = createClient({ url });
  await client.connect();
  try {
    await client.set('servers.test', 'asked');
    expect(await client.get('servers.test')).toBe('asked');
    await client.del('servers.test');
  } finally {
    client.destroy();
  }
}

async function askCluster(urls: readonly string[]): Promise<void> {
  const cluster = createCluster({ rootNodes: urls.map((url) => ({ url })) });
  await cluster.connect();
  try {
    // Of different slots, on every node.
    const keys = Array.from({ length: 30 }, (_, index) => `servers.test.${index}`);
    for (const key of keys) await cluster.set(key, key);
    for (const key of keys) expect(await cluster.get(key)).toBe(key);
    for (const key of keys) await cluster.del(key);
    expect(cluster.masters).toHaveLength(urls.length);
  } finally {
    cluster.destroy();
  }
}

async function anOwnServer(kind: KindName): Promise<Answering> {
  if (kind === 'redis-server' || kind === 'valkey-server') {
    const redis = await startRedis();
    return Object.assign(redis, { ask: () => askByRedisClient(redis.url) });
  }
  if (kind === 'dynoxide' || kind === 'dynalite') {
    const dynamo = await startDynamo({ kind });
    return Object.assign(dynamo, { ask: () => askDynamo(dynamo.endpoint) });
  }
  const mongo = await startMongo({ kind });
  return Object.assign(mongo, { ask: () => askMongo(mongo.url) });
}

/** `R`, `S`, `T` (stopped) and so on; undefined when there is no such process. */
function stateOf(pid: number): string | undefined {
  try {
    return execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}

function describeLife(kind: KindName): void {
  it('answers, is paused, goes on, is killed, comes back at its port, is halted, and leaves nothing', async () => {
    const server = await anOwnServer(kind);
    const pids = [server.pid];
    try {
      await server.ask();
      server.pause();
      expect(stateOf(server.pid)).toMatch(/^T/);
      expect(server.isRunning).toBe(true);
      server.resume();
      await server.ask();

      await server.kill();
      expect(server.isRunning).toBe(false);
      await expect(askRedis(server.port, 'PING')).rejects.toThrow(/ECONNREFUSED/);
      await server.restart();
      pids.push(server.pid);
      await server.ask();

      await server.halt();
      expect(server.isRunning).toBe(false);
      await server.restart();
      pids.push(server.pid);
      server.pause();
    } finally {
      await server.stop();
    }
    expect(new Set(pids).size).toBe(3);
    expect(pids.map(stateOf)).toEqual([undefined, undefined, undefined]);
    await server.stop();
    await expect(server.restart()).rejects.toThrow(/stopped for good/);
  });
}

describe('a server of the test’s own', () => {
  describeOwnServers('redis', describeLife);
  describeOwnServers('mongodb', describeLife);
  describeOwnServers('dynamodb', describeLife);

  describeOwnServers('redis', () => {
    it('keeps its data over a crash when it is to be persistent, and loses them when not', async () => {
      for (const persistent of [true, false]) {
        const redis = await startRedis({ persistent });
        try {
          expect(await askRedis(redis.port, 'SET a b')).toBe('+OK\r\n');
          await redis.kill();
          await redis.restart();
          expect(await askRedis(redis.port, 'GET a')).toBe(persistent ? '$1\r\nb\r\n' : '$-1\r\n');
        } finally {
          await redis.stop();
        }
      }
    });

    it('takes further arguments, which win', async () => {
      const redis = await startRedis({ extraArgs: ['--maxmemory', '5mb', '--appendonly', 'yes'] });
      try {
        expect(await askRedis(redis.port, 'INFO memory')).toContain('maxmemory:5242880');
        expect(await askRedis(redis.port, 'INFO persistence')).toContain('aof_enabled:1');
      } finally {
        await redis.stop();
      }
    });

    it('listens where it is told to, and fails where somebody else does', async () => {
      const port = await freePort();
      const redis = await startRedis({ port });
      try {
        expect(redis.port).toBe(port);
        expect(redis.url).toBe(`redis://127.0.0.1:${port}`);
        await redis.kill();
        const other = await startRedis({ port });
        await expect(startRedis({ port })).rejects.toThrow(/port \d+ is taken/);
        await other.stop();
        await redis.restart();
        await askByRedisClient(redis.url);
      } finally {
        await redis.stop();
      }
    });

    it('says what the server has said when it does not start', async () => {
      await expect(startRedis({ extraArgs: ['--nonesuch', '1'] })).rejects.toThrow(
        /redis ended with 1: [^]*nonesuch/,
      );
    });
  });

  describeOwnServers('mongodb', (kind) => {
    const { failPoints } = mongoTraits(kind);

    (failPoints ? it : it.skip)('can be told to refuse a command', async () => {
      const mongo = await startMongo({ kind, failPoints: true });
      const client = new MongoClient(mongo.url);
      try {
        const collection = client.db('servers').collection<{ _id: number }>('refusing');
        const refuse = (mode: unknown): Promise<unknown> =>
          client.db('admin').command({
            configureFailPoint: 'failCommand',
            mode,
            data: { failCommands: ['createIndexes'], errorCode: 238 },
          });
        await refuse('alwaysOn');
        const index = (): Promise<string> => collection.createIndex({ until: 1 }, { expireAfterSeconds: 0 });
        await expect(index()).rejects.toMatchObject({ code: 238 });
        await expect(index()).rejects.toMatchObject({ code: 238 });
        await collection.insertOne({ _id: 1 });
        await refuse('off');
        await expect(index()).resolves.toBe('until_1');
      } finally {
        await client.close();
        await mongo.stop();
      }
    });
  });

  describeOwnServers('redis-cluster', () => {
    it('is a cluster of masters, of which each can be killed and comes back', async () => {
      const cluster = await startRedisCluster();
      const pids = cluster.nodes.map(({ pid }) => pid);
      try {
        await askCluster(cluster.urls);
        const [, second] = cluster.nodes;
        await second?.kill();
        await second?.restart();
        pids.push(second?.pid ?? 0);
        await cluster.agreement();
        await askCluster(cluster.urls);
      } finally {
        await cluster.stop();
      }
      expect(pids.map(stateOf)).toEqual([undefined, undefined, undefined, undefined]);
    });
  });
});

describe('a shared server answers', () => {
  describeServers('redis', (server) => {
    it('a client', () => askByRedisClient(server().url));
  });
  describeServers('redis-cluster', (server) => {
    it('a client', () => askCluster(server().urls));
  });
  describeServers('mongodb', (server) => {
    it('a client', () => askMongo(server().url));
  });
  describeServers('dynamodb', (server) => {
    it('a client', () => askDynamo(server().url));
  });
});
