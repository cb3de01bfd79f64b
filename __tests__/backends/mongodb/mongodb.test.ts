import axios from 'axios';
import { MongoClient } from 'mongodb';
import { MongodbBackend } from '../../../lib/backends/mongodb/index.js';
import { documentBytes, documentOf, MOST_DOCUMENT_BYTES } from '../../../lib/backends/mongodb/document.js';
import {
  aRecord,
  assertAbsent,
  assertStored,
  bytesOf,
  listAll,
  metaOf,
  noise,
  NOON,
  putAll,
} from '../../../lib/backend-suite/records.js';
import { type BackendError, type CacheEvent, withCache } from '../../../lib/index.js';
import { type MongodbOptions } from '../../../lib/storage/options/mongodb.js';
import { OriginServer } from '../../helpers/origin-server.js';
import { describeServers, mongoTraitsOf, startFaultProxy, startMongo } from '../../servers/index.js';
import { aDatabase, type TestDatabase } from './a-database.js';

jest.setTimeout(60_000);

describeServers('mongodb', (server, kind) => {
  let database: TestDatabase;
  let opened: MongodbBackend[];
  let told: BackendError[];

  beforeEach(async () => {
    database = await aDatabase(server().url);
    opened = [];
    told = [];
  });
  afterEach(async () => {
    for (const backend of opened) await backend.close();
    await database.drop();
  });

  function open(options: MongodbOptions = {}): MongodbBackend {
    const source = options.client === undefined ? { url: server().url } : {};
    const backend = new MongodbBackend(database.name, { ...source, ...options });
    backend.onTrouble((error) => told.push(error));
    opened.push(backend);
    return backend;
  }

  const documents = () => database.collection('responses');

  describe('a stored record', () => {
    it('is one document, with times that can be read and asked for', async () => {
      const record = aRecord({ variant: 'en', body: noise(100) });
      await putAll(open(), [record]);
      const [document, ...others] = await documents().find().toArray();
      expect(others).toEqual([]);
      expect(document).toMatchObject({
        key: 'key',
        variant: 'en',
        resource: 'resource',
        createdAt: NOON,
        expiresAt: NOON + 60_000,
        retainUntil: NOON + 3_600_000,
        deleteAt: new Date(NOON + 3_600_000),
        bodyBytes: 100,
      });
      expect(Buffer.compare(document?.['body'] as Uint8Array, record.body)).toBe(0);
      expect(told).toEqual([]);
    });

    it('that never expires has no date at which it is deleted; neither has any without ttl', async () => {
      await putAll(open(), [aRecord({ retainUntil: undefined })]);
      await putAll(open({ ttl: false }), [aRecord({ key: 'other' })]);
      expect(await documents().countDocuments({ deleteAt: { $exists: true } })).toBe(0);
      const later = open();
      await later.replaceHead(metaOf(aRecord()));
      expect(await documents().countDocuments({ deleteAt: { $exists: true } })).toBe(1);
      await later.replaceHead(metaOf(aRecord({ retainUntil: undefined })));
      expect(await documents().countDocuments({ deleteAt: { $exists: true } })).toBe(0);
    });

    it('is found by its index, which is made with the first record', async () => {
      await putAll(open(), [aRecord()]);
      const indexes = await documents().indexes();
      expect(indexes).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ key: { resource: 1 } }),
          expect.objectContaining({ key: { retainUntil: 1 } }),
          expect.objectContaining({ key: { deleteAt: 1 }, expireAfterSeconds: 0 }),
        ]),
      );
      await putAll(open({ ttl: false, collection: 'others' }), [aRecord()]);
      expect((await database.collection('others').indexes()).map(({ key }) => key)).toEqual([
        { _id: 1 },
        { resource: 1 },
        { retainUntil: 1 },
      ]);
    });

    it('may be of a resource of any length', async () => {
      const backend = open();
      const resources = ['r'.repeat(3000), `${'r'.repeat(2999)}s`, '\ud800'.repeat(600)];
      const records = resources.map((resource, index) => aRecord({ key: String(index), resource }));
      await putAll(backend, records);
      for (const record of records) await assertStored(backend, record);
      for (const resource of resources) {
        expect((await listAll(backend.scan({ resource }))).map((meta) => meta.resource)).toEqual([resource]);
        expect(await backend.deleteResource(resource)).toBe(1);
      }
    });

    it('of a key with many variants comes without its body, at first', async () => {
      const backend = open();
      const records = Array.from({ length: 70 }, (_, index) =>
        aRecord({ variant: `v${index}`, body: noise(index) }),
      );
      await Promise.all(records.map((record) => backend.put(record)));
      const found = await backend.get('key');
      expect(found).toHaveLength(70);
      if (mongoTraitsOf(server()).complete) expect(found.every(({ body }) => body === undefined)).toBe(true);
      for (const record of records.slice(0, 5)) await assertStored(backend, record);
    });
  });

  it('one round trip answers a hit, a put, a new head and a deletion', async () => {
    const proxy = await startFaultProxy(server().url);
    try {
      const backend = open({ url: proxy.url });
      await putAll(backend, [aRecord({ key: 'first' })]);
      const trips = async (call: () => Promise<unknown>): Promise<number> =>
        (await proxy.measure(call)).traffic.roundTrips;
      const record = aRecord({ body: noise(100_000) });
      // A heartbeat may come in between, as it does every ten seconds.
      const [put, hit, miss, head, gone] = [
        await trips(() => backend.put(record)),
        await trips(() => backend.get('key')),
        await trips(() => backend.get('unknown')),
        await trips(() => backend.replaceHead(metaOf(record), record.head)),
        await trips(() => backend.delete('key')),
      ];
      const surplus = [put, hit, miss, head, gone].map((count) => (count ?? 0) - 1);
      expect(surplus.reduce((sum, count) => sum + count)).toBeLessThanOrEqual(1);
    } finally {
      for (const backend of opened) await backend.close();
      await proxy.close();
    }
  });

  describe('what others have put into the collection', () => {
    const JUNK: readonly Record<string, unknown>[] = [
      { _id: 5 },
      { _id: 'zzz', key: 'key' },
      { _id: '0123', key: 'key', head: 'text' },
      { _id: 'abc', key: ['key'], body: { $binary: 'x' } },
      { _id: 'f'.repeat(64), key: 'key', variant: '', resource: 'r', createdAt: 'now' },
    ];

    it('is not seen, and what is not ours stays', async () => {
      await database.collection('responses').insertMany(JUNK as never);
      const backend = open();
      const record = aRecord();
      await putAll(backend, [record]);
      await assertStored(backend, record);
      expect(await listAll(backend.scan())).toHaveLength(1);
      expect(await backend.prune(NOON, 10)).toBe(0);
      expect(await backend.size()).toBeGreaterThanOrEqual(record.body.byteLength);
      await backend.clear();
      expect(await backend.count()).toBe(0);
      expect(await documents().countDocuments({ _id: { $in: [5, 'zzz'] } } as never)).toBe(2);
    });

    it('or has damaged there reads as absent, and is replaced', async () => {
      const backend = open();
      const record = aRecord();
      for (const damage of [
        { $unset: { head: '' } },
        { $unset: { body: '' } },
        { $unset: { createdAt: '' } },
        { $set: { head: 'a text' } },
        { $set: { body: 'a text' } },
        { $set: { body: null } },
        { $set: { key: 'another key' } },
        { $set: { variant: 5 } },
        { $set: { retainUntil: new Date() } },
        { $set: { bodyBytes: -1 } },
        { $set: { bodyBytes: 1e300 } },
      ]) {
        await putAll(backend, [record]);
        await documents().updateOne({}, damage);
        expect({ damage, found: await backend.get('key') }).toEqual({ damage, found: [] });
        expect(await backend.count()).toBe(1);
        expect(await backend.delete('key')).toBe(1);
      }
      await putAll(backend, [record]);
      await assertStored(backend, record);
    });
  });

  it('thousands of records are pruned, cleared, counted and added up', async () => {
    const backend = open();
    const many = Array.from({ length: 2300 }, (_, index) =>
      aRecord({ key: `k${index}`, retainUntil: index < 1100 ? 1000 + index : undefined, body: noise(10) }),
    );
    for (let start = 0; start < many.length; start += 500) {
      await Promise.all(many.slice(start, start + 500).map((record) => backend.put(record)));
    }
    expect(await backend.count()).toBe(2300);
    expect(await backend.size()).toBe(2300 * (10 + many[0]!.head.byteLength));
    expect(await backend.prune(NOON, 1050)).toBe(1050);
    expect(await backend.prune(NOON, 1050)).toBe(50);
    expect(await backend.prune(NOON, 1050)).toBe(0);
    expect(await backend.count()).toBe(1200);
    await backend.clear();
    expect(await backend.count()).toBe(0);
    expect(await documents().countDocuments()).toBe(0);
  });

  describe('the limit of a document', () => {
    /** A record whose document has so many bytes, as they are reckoned. */
    const ofBytes = (bytes: number) => {
      const head = documentBytes({ ...documentOf(metaOf(aRecord()), true), body: new Uint8Array(0) });
      return aRecord({ body: new Uint8Array(bytes - head).fill(7) });
    };

    it('is taken in full', async () => {
      const backend = open();
      const record = ofBytes(MOST_DOCUMENT_BYTES);
      expect(await backend.put(record)).toBe(true);
      await assertStored(backend, record);
      expect(told).toEqual([]);
      // A longer head has no room beside this body.
      const longer = { ...metaOf(record), head: noise(2000) };
      expect(await backend.replaceHead(longer, bytesOf('another head'))).toBe(false);
      await assertStored(backend, record);
      expect(await backend.replaceHead(longer, record.head)).toBe(false);
      await assertAbsent(backend, 'key');
    });

    it('is not passed by a byte: the record is refused, the older one goes, and gridfs is named', async () => {
      const backend = open();
      await putAll(backend, [aRecord(), aRecord({ variant: 'sibling' })]);
      expect(await backend.put(ofBytes(MOST_DOCUMENT_BYTES + 1))).toBe(false);
      await assertAbsent(backend, 'key');
      await assertStored(backend, aRecord({ variant: 'sibling' }));
      expect(told).toHaveLength(1);
      expect(told[0]).toMatchObject({
        code: 'ERR_CACHE_RECORD_TOO_LARGE',
        operation: 'put',
        backend: 'mongodb',
      });
      expect(told[0]?.message).toMatch(/16 MiB.*"gridfs"/);
    });

    it('holds for a head that is too long by itself', async () => {
      const backend = open();
      expect(await backend.put(aRecord({ head: new Uint8Array(MOST_DOCUMENT_BYTES) }))).toBe(false);
      expect(await backend.replaceHead(metaOf(aRecord({ head: new Uint8Array(MOST_DOCUMENT_BYTES) })))).toBe(
        false,
      );
    });

    it('of the user’s own is nothing to tell about', async () => {
      expect(await open({ maxEntryBytes: 100 }).put(aRecord({ body: noise(100) }))).toBe(false);
      expect(told).toEqual([]);
    });

    it('is told to the user of the cache, whose requests go on', async () => {
      const origin = await OriginServer.start(({ url }) => ({
        body: Buffer.alloc(url === '/large' ? 17 * 1024 * 1024 : 10, 'x'),
      }));
      const http = withCache(axios.create({ baseURL: origin.url }), {
        backend: { name: 'mongodb', url: server().url },
        cacheName: database.name,
      });
      const events: CacheEvent[] = [];
      for (const name of ['backendError', 'breakerOpen'] as const)
        http.cache.on(name, (event) => events.push(event));
      for (let count = 0; count < 7; count++) {
        const { data, cache } = await http.get<string>('/large');
        expect(data.length).toBe(17 * 1024 * 1024);
        expect(cache.stored).toBe(false);
      }
      expect(events.map(({ type }) => type)).toEqual(Array(7).fill('backendError'));
      expect(events[0]).toMatchObject({ error: { code: 'ERR_CACHE_RECORD_TOO_LARGE' } });
      expect(events[0]).toHaveProperty('key');
      // No breaker counts it: small ones are stored all the time.
      await http.get('/small');
      expect((await http.get('/small')).cache.fromCache).toBe(true);
      await http.cache.close();
      await origin.close();
    });
  });

  describe('a client', () => {
    it('that is given stays open', async () => {
      const client = new MongoClient(server().url);
      await putAll(open({ client }), [aRecord()]);
      await opened[0]?.close();
      await putAll(open({ client }), [aRecord()]);
      await opened[1]?.close();
      expect(await client.db(database.name).collection('responses').countDocuments()).toBe(1);
      await client.close();
    });

    it('that a function makes is made at the first use, and closed', async () => {
      const made: MongoClient[] = [];
      const client = async (): Promise<MongoClient> => {
        made.push(new MongoClient(server().url));
        return made[0] as MongoClient;
      };
      const backend = open({ client });
      expect(made).toEqual([]);
      await Promise.all([putAll(backend, [aRecord()]), backend.get('x')]);
      expect(made).toHaveLength(1);
      let closed = 0;
      made[0]?.on('topologyClosed', () => (closed += 1));
      await backend.close();
      expect(closed).toBe(1);
    });

    it('with options of its own for BSON and reads is used in our way', async () => {
      const client = new MongoClient(server().url, {
        promoteBuffers: false,
        promoteLongs: false,
        ignoreUndefined: true,
        readPreference: 'secondaryPreferred',
      });
      const backend = open({ client });
      const record = aRecord({ expiresAt: undefined });
      await putAll(backend, [record]);
      await assertStored(backend, record);
      await client.close();
    });

    it('of twenty backends has no more listeners than one', async () => {
      const warnings: Error[] = [];
      const note = (warning: Error): number => warnings.push(warning);
      process.on('warning', note);
      const client = new MongoClient(server().url);
      for (let index = 0; index < 20; index++) await open({ client }).get('key');
      await new Promise((resolve) => setImmediate(resolve));
      process.off('warning', note);
      expect(warnings).toEqual([]);
      await client.close();
    });
  });

  it('two processes that create one record at a time both succeed', async () => {
    const handles = [open(), open(), open(), open()];
    for (let round = 0; round < 20; round++) {
      const puts = handles.map((handle, index) =>
        handle.put(aRecord({ key: `k${round}`, body: noise(10, index) })),
      );
      expect(await Promise.all(puts)).toEqual([true, true, true, true]);
    }
    expect(await handles[0]?.count()).toBe(20);
  });

  // A server of the environment is not ours to change.
  if (kind.name === 'secantusdb' || kind.name === 'mongod') {
    describe('a server that refuses', () => {
      const failing = async (
        data: { failCommands: string[]; errorCode: number },
        run: (backend: MongodbBackend) => Promise<void>,
      ): Promise<void> => {
        const own = await startMongo({ kind: kind.name, failPoints: true });
        const admin = new MongoClient(own.url);
        const backend = open({ url: own.url });
        try {
          await admin.db('admin').command({ configureFailPoint: 'failCommand', mode: 'alwaysOn', data });
          await run(backend);
        } finally {
          await backend.close();
          await admin.close();
          await own.stop();
        }
      };

      it('all indexes, that by TTL among them, is used without, and it is told', async () => {
        await failing({ failCommands: ['createIndexes'], errorCode: 238 }, async (backend) => {
          const records = [aRecord({ retainUntil: NOON }), aRecord({ key: 'other' })];
          await putAll(backend, records);
          for (const record of records) await assertStored(backend, record);
          expect(told.map(({ message }) => /index "(\w+)"/.exec(message)?.[1])).toEqual([
            'resource',
            'retainUntil',
            'deleteAt',
          ]);
          expect(told[2]?.message).toMatch(/does not delete by itself/);
          expect(told[2]).toMatchObject({ operation: 'open', cause: { code: 238 } });
          expect(await backend.prune(NOON, 10)).toBe(1);
          expect(await backend.deleteResource('resource')).toBe(1);
        });
      });

      it('aggregation is used without', async () => {
        await failing({ failCommands: ['aggregate'], errorCode: 59 }, async (backend) => {
          const many = Array.from({ length: 1100 }, (_, index) => aRecord({ key: `k${index}` }));
          await Promise.all(many.map((record) => backend.put(record)));
          expect(await backend.count()).toBe(1100);
          expect(await backend.count({ expiredBy: NOON })).toBe(0);
          const record = aRecord();
          expect(await backend.size()).toBe(1100 * (record.head.byteLength + record.body.byteLength));
        });
      });

      it('several writes at a time by one command is given them one by one', async () => {
        await failing({ failCommands: ['createIndexes'], errorCode: 238 }, async (backend) => {
          await putAll(backend, [aRecord()]);
        });
      });

      it('a record for its size makes it a record that is not stored', async () => {
        await failing({ failCommands: ['update'], errorCode: 10_334 }, async (backend) => {
          expect(await backend.put(aRecord())).toBe(false);
          expect(told.map(({ code }) => code)).toContain('ERR_CACHE_RECORD_TOO_LARGE');
        });
      });

      it('everything fails the call, typed, with what the server says as its cause', async () => {
        await failing({ failCommands: ['find', 'update'], errorCode: 13 }, async (backend) => {
          for (const call of [() => backend.get('key'), () => backend.put(aRecord())]) {
            await expect(call()).rejects.toMatchObject({
              code: 'ERR_CACHE_BACKEND',
              backend: 'mongodb',
              cause: { name: 'MongoServerError', code: 13 },
            });
          }
        });
      });
    });
  }
});
