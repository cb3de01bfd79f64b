import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { GridFSBucket, type ObjectId } from 'mongodb';
import { GridfsBackend } from '../../../lib/backends/mongodb/gridfs.js';
import {
  aRecord,
  assertAbsent,
  assertStored,
  bytesOf,
  metaOf,
  noise,
  NOON,
  putAll,
} from '../../../lib/backend-suite/records.js';
import { type StoredRecord } from '../../../lib/index.js';
import { type GridfsOptions } from '../../../lib/storage/options/mongodb.js';
import { ensureBuilt, PROJECT } from '../../helpers/built-package.js';
import { describeServers, startFaultProxy } from '../../servers/index.js';
import { aDatabase, type TestDatabase } from './a-database.js';

jest.setTimeout(120_000);

const CHUNK = 1000;

describeServers('mongodb', (server, kind) => {
  let database: TestDatabase;
  let opened: GridfsBackend[];

  beforeEach(async () => {
    database = await aDatabase(server().url);
    opened = [];
  });
  afterEach(async () => {
    for (const backend of opened) await backend.close();
    await database.drop();
  });

  function open(options: GridfsOptions = { inlineBytes: 0, chunkBytes: CHUNK }): GridfsBackend {
    const backend = new GridfsBackend(database.name, { url: server().url, ...options });
    opened.push(backend);
    return backend;
  }

  const heads = () => database.collection('responses.heads');
  const files = () => database.collection('responses.files');
  const chunks = () => database.collection('responses.chunks');

  /** After what goes on beside the calls. */
  async function settled(): Promise<{ heads: number; files: number; chunks: number }> {
    for (const backend of opened.splice(0)) await backend.close();
    return {
      heads: await heads().countDocuments(),
      files: await files().countDocuments(),
      chunks: await chunks().countDocuments(),
    };
  }

  describe('a body', () => {
    it('is a file of the bucket, which the driver’s own GridFS can read', async () => {
      const record = aRecord({ body: noise(2 * CHUNK + 1) });
      await putAll(open(), [record]);
      const bucket = new GridFSBucket(database.db, { bucketName: 'responses' });
      const [file, ...others] = await bucket.find().toArray();
      expect(others).toEqual([]);
      expect(file).toMatchObject({
        length: 2 * CHUNK + 1,
        chunkSize: CHUNK,
        filename: expect.any(String) as string,
      });
      expect(Math.abs(Date.now() - (file?.uploadDate.getTime() ?? 0))).toBeLessThan(60_000);
      const parts: Buffer[] = [];
      for await (const part of bucket.openDownloadStream(file?._id as ObjectId)) parts.push(part as Buffer);
      expect(Buffer.compare(Buffer.concat(parts), record.body)).toBe(0);
      expect((await chunks().indexes()).some(({ key, unique }) => 'files_id' in key && unique === true)).toBe(
        true,
      );
    });

    it.each([1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])(
      'of %i bytes is cut into chunks, none too many',
      async (bytes) => {
        const record = aRecord({ body: noise(bytes) });
        const backend = open();
        await putAll(backend, [record]);
        await assertStored(backend, record);
        expect(await settled()).toEqual({ heads: 1, files: 1, chunks: Math.ceil(bytes / CHUNK) });
      },
    );

    it('of no more than inlineBytes is kept with its head', async () => {
      const backend = open({ inlineBytes: 100, chunkBytes: CHUNK });
      const records = [99, 100, 101].map((bytes) => aRecord({ key: String(bytes), body: noise(bytes) }));
      await putAll(backend, records);
      for (const record of records) await assertStored(backend, record);
      expect(await settled()).toEqual({ heads: 3, files: 1, chunks: 1 });
    });

    it('of 40 MB is stored, beyond what a document holds', async () => {
      // How long an emulator takes beside other tests is not what is asked.
      const backend = open({ operationTimeout: 120_000 });
      const record = aRecord({ body: noise(40_000_000) });
      await putAll(backend, [record]);
      await assertStored(backend, record);
      expect(await backend.size()).toBe(40_000_000 + record.head.byteLength);
    });

    it('stays where it is when its head is replaced', async () => {
      const backend = open();
      const record = aRecord({ body: noise(5000) });
      await putAll(backend, [record]);
      const [before] = await heads().find().toArray();
      const newer = { ...record, head: bytesOf('newer'), retainUntil: undefined };
      expect(await backend.replaceHead(metaOf(newer), record.head)).toBe(true);
      await assertStored(backend, newer);
      const [after] = await heads().find().toArray();
      expect(after?.['file']).toBe(before?.['file']);
    });

    it('costs one round trip where it is small, and two where it is in the bucket', async () => {
      const proxy = await startFaultProxy(server().url);
      const backend = open({ url: proxy.url, inlineBytes: 100 });
      await putAll(backend, [aRecord({ body: noise(100) }), aRecord({ key: 'large', body: noise(200_000) })]);
      const trips = async (key: string): Promise<number> =>
        (await proxy.measure(() => backend.get(key))).traffic.roundTrips;
      const [small, large] = [await trips('key'), await trips('large')];
      await backend.close();
      await proxy.close();
      // A heartbeat may come in between, as it does every ten seconds.
      expect([3, 4]).toContain(small + large);
    });
  });

  describe('what is replaced or deleted', () => {
    it('leaves no file behind', async () => {
      const backend = open();
      const variants = ['a', 'b'].map((variant) => aRecord({ key: 'v', variant, body: noise(1500) }));
      await putAll(backend, [
        aRecord({ body: noise(1500, 1) }),
        aRecord({ body: noise(2500, 2) }),
        ...variants,
        aRecord({ key: 'old', retainUntil: 1, body: noise(1500) }),
        aRecord({ key: 'r', resource: 'other', body: noise(1500) }),
      ]);
      expect(await backend.delete('v', 'a')).toBe(1);
      expect(await backend.delete('v')).toBe(1);
      expect(await backend.prune(NOON, 10)).toBe(1);
      expect(await backend.deleteResource('other')).toBe(1);
      expect(await settled()).toEqual({ heads: 1, files: 1, chunks: 3 });
    });

    it('by a body that is kept with the head, or is too long, neither', async () => {
      const backend = open({ inlineBytes: 100, chunkBytes: CHUNK, maxEntryBytes: 5000 });
      const keys = ['small', 'too long'];
      await putAll(
        backend,
        keys.map((key) => aRecord({ key, body: noise(2000) })),
      );
      expect(await backend.put(aRecord({ key: 'small', body: noise(10) }))).toBe(true);
      expect(await backend.put(aRecord({ key: 'too long', body: noise(5000) }))).toBe(false);
      expect(await settled()).toEqual({ heads: 1, files: 0, chunks: 0 });
    });

    it('by clear() neither, and what others keep in the bucket stays', async () => {
      const bucket = new GridFSBucket(database.db, { bucketName: 'responses' });
      const theirs = bucket.openUploadStream('theirs');
      theirs.end(Buffer.from('their file'));
      await once(theirs, 'finish');
      const backend = open();
      await Promise.all(
        Array.from({ length: 250 }, (_, index) => backend.put(aRecord({ key: String(index) }))),
      );
      await chunks().insertOne({ files_id: '00ff', n: 0, data: Buffer.from('half a file') } as never);
      await backend.clear();
      expect(await backend.count()).toBe(0);
      expect(await settled()).toEqual({ heads: 0, files: 1, chunks: 1 });
    });

    it('is gone for readers of another process from one moment to the next: never a wrong body, never none', async () => {
      const writer = open();
      const readers = [open(), open()];
      const versions = [1, 2, 3].map((seed) =>
        aRecord({ head: bytesOf(String(seed)), body: noise(20 * CHUNK + seed, seed) }),
      );
      await putAll(writer, versions.slice(0, 1));
      let isWriting = true;
      const reading = readers.map(async (reader) => {
        let reads = 0;
        for (; isWriting; reads += 1) {
          const [found] = await reader.get('key');
          const version = versions.find(({ head }) => Buffer.compare(head, found?.head ?? bytesOf('')) === 0);
          expect(version).toBeDefined();
          expect(Buffer.compare(found?.body ?? bytesOf(''), (version as StoredRecord).body)).toBe(0);
        }
        return reads;
      });
      for (let round = 0; round < 20; round++) await putAll(writer, versions);
      isWriting = false;
      for (const reads of await Promise.all(reading)) expect(reads).toBeGreaterThan(3);
    });

    it('by two processes at a time leaves one body, whole', async () => {
      const handles = [open(), open()];
      for (let round = 0; round < 10; round++) {
        const puts = handles.map((handle, index) =>
          handle.put(aRecord({ head: bytesOf(String(index)), body: noise(3000 + index, index) })),
        );
        const deletion = handles[round % 2]?.delete('key');
        expect(await Promise.all(puts)).toEqual([true, true]);
        await deletion;
      }
      const last = aRecord({ body: noise(3000) });
      await putAll(handles[0] as GridfsBackend, [last]);
      await assertStored(handles[1] as GridfsBackend, last);
      // Its findAndModify now and then gives two callers the same document as the one that each has replaced.
      if (kind.name === 'secantusdb') await handles[0]?.sweep(-60_000);
      expect(await settled()).toEqual({ heads: 1, files: 1, chunks: 3 });
    });
  });

  describe('a damaged body', () => {
    const record = aRecord({ body: noise(3 * CHUNK) });
    const damages: Readonly<Record<string, () => Promise<unknown>>> = {
      'without its last chunk': () => chunks().deleteOne({ n: 2 }),
      'without its first chunk': () => chunks().deleteOne({ n: 0 }),
      'without any chunk': () => chunks().deleteMany({}),
      'with a chunk too many': async () => {
        const [chunk] = await chunks().find().toArray();
        await chunks().insertOne({ ...chunk, _id: 'more', n: 3 });
      },
      'with chunks in another order': () => chunks().updateOne({ n: 0 }, { $set: { n: 7 } }),
      'with a shorter chunk': () => chunks().updateOne({ n: 1 }, { $set: { data: Buffer.alloc(5) } }),
      'with a chunk of text': () => chunks().updateOne({ n: 1 }, { $set: { data: 'text' } }),
      'with a length that is not true': () => heads().updateOne({}, { $set: { bodyBytes: 1e15 } }),
      'of no file': () => heads().updateOne({}, { $unset: { file: '' } }),
      'of a file that is none': () => heads().updateOne({}, { $set: { file: 'nothing' } }),
    };

    it.each(Object.entries(damages))('%s reads as absent, and makes room', async (_, damage) => {
      const backend = open();
      await putAll(backend, [record]);
      await damage();
      await assertAbsent(backend, 'key');
      expect(await backend.count()).toBe(0);
      await putAll(backend, [record]);
      await assertStored(backend, record);
      await backend.sweep(-60_000);
      expect(await settled()).toEqual({ heads: 1, files: 1, chunks: 3 });
    });

    it('among several variants is absent, and the others are not', async () => {
      const backend = open();
      const others = ['a', 'b'].map((variant) => aRecord({ variant, body: noise(2000) }));
      await putAll(backend, [record, ...others]);
      await chunks().deleteMany({ n: 2 });
      expect(await backend.body({ key: 'key', variant: '' })).toBeUndefined();
      for (const other of others) await assertStored(backend, other);
    });
  });

  describe('a sweep', () => {
    it('deletes bodies that no head points to, and halves of bodies; nothing else', async () => {
      const backend = open();
      const kept = Array.from({ length: 30 }, (_, index) =>
        aRecord({ key: `k${index}`, body: noise(1500, index) }),
      );
      await putAll(backend, kept);
      await putAll(
        backend,
        ['x', 'y'].map((key) => aRecord({ key, body: noise(2500) })),
      );
      // As when the server has deleted them by their TTL, or a process has ended at a bad moment.
      await heads().deleteMany({ key: 'x' });
      const [y] = await heads().find({ key: 'y' }).toArray();
      await heads().deleteMany({ key: 'y' });
      await files().deleteOne({ _id: y?.['file'] as string });
      expect(await backend.sweep(3_600_000)).toBe(0);
      expect(await backend.sweep(-60_000)).toBe(2);
      expect(await backend.sweep(-60_000)).toBe(0);
      for (const record of kept) await assertStored(backend, record);
      expect(await settled()).toEqual({ heads: 30, files: 30, chunks: 60 });
    });

    it('goes over any number of files', async () => {
      const backend = open();
      for (let start = 0; start < 900; start += 300) {
        const some = Array.from({ length: 300 }, (_, index) =>
          aRecord({ key: `k${start + index}`, body: noise(1500) }),
        );
        await Promise.all(some.map((record) => backend.put(record)));
      }
      const half = { _id: { $lt: '8' } } as never;
      const orphans = await heads().countDocuments(half);
      await heads().deleteMany(half);
      expect(await backend.sweep(-60_000)).toBe(orphans);
      expect(await settled()).toEqual({
        heads: 900 - orphans,
        files: 900 - orphans,
        chunks: 2 * (900 - orphans),
      });
    });

    it('is part of pruning, for what is older than orphanAge', async () => {
      const young = open();
      await putAll(young, [aRecord({ body: noise(1500) })]);
      await heads().deleteMany({});
      await young.prune(NOON, 10);
      expect(await settled()).toEqual({ heads: 0, files: 1, chunks: 2 });
      const old = open({ inlineBytes: 0, orphanAge: 0 });
      await old.prune(NOON, 10);
      expect(await settled()).toEqual({ heads: 0, files: 0, chunks: 0 });
    });

    it('brings in order what processes have left that were killed while they stored', async () => {
      ensureBuilt();
      const script = path.join(PROJECT, '__tests__/backends/mongodb/uploader.mjs');
      for (let round = 0; round < 4; round++) {
        const child = spawn(process.execPath, [script, server().url, database.name], {
          cwd: PROJECT,
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        const exit = once(child, 'exit');
        await once(child.stdout, 'data');
        // In the middle of an upload, however long that takes here: there are chunks that no file has yet.
        for (let isAmid = false; !isAmid;) {
          await new Promise((resolve) => setTimeout(resolve, 20 + round * 10));
          child.kill('SIGSTOP');
          const whole = (await files().countDocuments()) * 300;
          isAmid = (await chunks().countDocuments()) > whole;
          if (!isAmid) child.kill('SIGCONT');
        }
        child.kill('SIGKILL');
        await exit;
      }
      // What was on its way when it was killed may still arrive.
      await new Promise((resolve) => setTimeout(resolve, 500));
      const backend = open();
      const readable = (await Promise.all([backend.get('key 0'), backend.get('key 1')])).flat();
      for (const { body } of readable) expect(body?.every((byte) => byte === 'x'.charCodeAt(0))).toBe(true);
      expect(await backend.count()).toBe(readable.length);
      const swept = await backend.sweep(-60_000);
      expect(swept).toBeGreaterThan(0);
      for (const { body } of readable) expect(body?.byteLength).toBe(6_000_000);
      expect(await settled()).toEqual({
        heads: readable.length,
        files: readable.length,
        chunks: readable.length * 300,
      });
    });
  });
});
