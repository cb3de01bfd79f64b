import * as sdk from '@aws-sdk/client-dynamodb';
import axios from 'axios';
import { DynamodbBackend } from '../../../lib/backends/dynamodb/index.js';
import { type CacheEvent, withCache } from '../../../lib/index.js';
import { aRecord, assertStored, putAll } from '../../../lib/backend-suite/records.js';
import { type DynamodbClientLike } from '../../../lib/storage/options/dynamodb.js';
import { OriginServer } from '../../helpers/origin-server.js';
import { describeServers } from '../../servers/index.js';
import { CREDENTIALS, Fixture } from './fixture.js';

jest.setTimeout(60_000);

/** Timers that keep the process alive. */
const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

describeServers('dynamodb', (server) => {
  let fixture: Fixture;
  beforeEach(async () => {
    fixture = await Fixture.start(server().url);
  });
  afterEach(() => fixture.end());

  const newClient = (): sdk.DynamoDBClient =>
    new sdk.DynamoDBClient({
      endpoint: fixture.proxy.endpoint,
      region: 'us-east-1',
      credentials: CREDENTIALS,
    });

  it('a client that is given is used, and serves its owner when the cache is closed', async () => {
    const client = newClient();
    const [first, second] = [fixture.open({ client }), fixture.open({ client })];
    await putAll(first, [aRecord()]);
    await first.close();
    await assertStored(second, aRecord());
    await second.close();
    const { TableNames } = await client.send(new sdk.ListTablesCommand({}));
    expect(TableNames).toContain(fixture.table);
    client.destroy();
  });

  it('a function that makes the client is called once, at the first use; and again when it has failed', async () => {
    const client = newClient();
    let calls = 0;
    const backend = fixture.open({
      client: () => {
        calls += 1;
        return calls === 1 ? Promise.reject(new Error('not yet')) : Promise.resolve(client);
      },
    });
    expect(calls).toBe(0);
    await expect(backend.get('key')).rejects.toMatchObject({
      code: 'ERR_CACHE_BACKEND',
      message: expect.stringContaining('not yet') as string,
    });
    await Promise.all([putAll(backend, [aRecord()]), backend.get('other'), backend.count()]);
    await assertStored(backend, aRecord());
    expect(calls).toBe(2);
    await backend.close();
    await client.send(new sdk.ListTablesCommand({}));
    client.destroy();
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['something else', { send: 1 }],
  ])('a function that gives %s is told', async (_, made) => {
    const backend = fixture.open({ client: () => made as DynamodbClientLike });
    await expect(backend.get('key')).rejects.toMatchObject({
      code: 'ERR_CACHE_INVALID_OPTION',
      message: expect.stringContaining('"client()"') as string,
    });
  });

  it('a client that throws at once fails the call, and leaves no timer', async () => {
    const before = timers();
    const client: DynamodbClientLike = {
      send: () => {
        throw new Error('out of order');
      },
      destroy: () => undefined,
    };
    const backend = fixture.open({ client });
    await expect(backend.get('key')).rejects.toMatchObject({
      code: 'ERR_CACHE_BACKEND',
      message: expect.stringContaining('out of order') as string,
    });
    expect(timers()).toBe(before);
  });

  it('close() does not wait for ever for a client that is never made', async () => {
    const backend = new DynamodbBackend('cache', {
      client: () => new Promise<DynamodbClientLike>(() => undefined),
      operationTimeout: 50,
    });
    void backend.get('key').catch(() => undefined);
    await backend.close();
    await expect(backend.get('key')).rejects.toMatchObject({ code: 'ERR_CACHE_CLOSED' });
  });

  it('calls that run while the cache is closed end, each with a result or a typed error', async () => {
    const backend = fixture.open();
    await putAll(backend, [aRecord()]);
    const calls = [
      backend.put(aRecord({ key: 'large', body: new Uint8Array(900_000) })),
      backend.get('key'),
      backend.count(),
      backend.clear(),
      backend.get('key'),
    ];
    const scanning = (async () => {
      for await (const one of backend.scan()) expect(one.key).toBeDefined();
    })();
    await backend.close();
    const outcomes = await Promise.allSettled([...calls, scanning]);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'ERR_CACHE_CLOSED' });
    }
    // What was accepted before is done.
    expect(outcomes.slice(0, 4).map(({ status }) => status)).toEqual(Array(4).fill('fulfilled'));
    await expect(backend.put(aRecord())).rejects.toMatchObject({ code: 'ERR_CACHE_CLOSED' });
  });

  it('requests go on when the owner of the client has destroyed it', async () => {
    const origin = await OriginServer.start(() => ({
      headers: { 'Cache-Control': 'max-age=60' },
      body: 'x',
    }));
    const client = newClient();
    const http = withCache(axios.create({ baseURL: origin.url }), {
      backend: { name: 'dynamodb', client, tableName: fixture.table },
      storageTimeout: 10,
    });
    const told: CacheEvent[] = [];
    http.cache.on('backendError', (event) => told.push(event));
    try {
      expect((await http.get('/a')).cache.stored).toBe(true);
      client.destroy();
      for (const url of ['/a', '/b', '/a']) expect((await http.get<string>(url)).data).toBe('x');
    } finally {
      await http.cache.close();
      await origin.close();
    }
  });
});
