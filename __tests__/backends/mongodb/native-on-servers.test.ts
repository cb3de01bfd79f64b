import {
  aRecord,
  assertStored,
  bytesOf,
  listAll,
  metaOf,
  noise,
  NOON,
  putAll,
} from '../../../lib/backend-suite/records.js';
import { MongodbBackend } from '../../../lib/backends/mongodb/index.js';
import { documentBytes, documentOf, MOST_DOCUMENT_BYTES } from '../../../lib/backends/mongodb/document.js';
import { type RecordMeta } from '../../../lib/storage/backend.js';
import { type MongodbOptions } from '../../../lib/storage/options/mongodb.js';
import { decodeHead, encodeHead, verifyBody } from '../../../lib/storage/record-codec.js';
import { describeServers } from '../../servers/index.js';
import { aPayload, aRealRecord } from '../native-corpus.js';
import { aDatabase, type TestDatabase } from './a-database.js';

jest.setTimeout(60_000);

const BINARY = {};
const TEXT = { serializer: 'bson' } as const;
const NATIVE = { serializer: 'bson', decodeContent: true } as const;
const FORMS: readonly MongodbOptions[] = [BINARY, TEXT, NATIVE];

describeServers('mongodb', (server) => {
  let database: TestDatabase;
  let opened: MongodbBackend[];

  beforeEach(async () => {
    database = await aDatabase(server().url);
    opened = [];
  });
  afterEach(async () => {
    for (const backend of opened) await backend.close();
    await database.drop();
  });

  function open(options: MongodbOptions): MongodbBackend {
    const backend = new MongodbBackend(database.name, { url: server().url, ...options });
    opened.push(backend);
    return backend;
  }

  const documents = () => database.collection('responses');
  const change = async (update: object): Promise<void> => void (await documents().updateOne({}, update));

  async function headOf(backend: MongodbBackend, key = 'key'): Promise<RecordMeta> {
    const [found] = await backend.get(key);
    if (found === undefined) throw new Error(`no record under ${key}`);
    return found;
  }

  /** The same record with another head. */
  const withPayload = (payload: object): RecordMeta => metaOf(aRealRecord({ payload }));

  it('what is in heads and bodies can be asked for by the driver', async () => {
    const backend = open(NATIVE);
    await putAll(backend, [aRealRecord(), aRealRecord({ key: 'ok', payload: aPayload({ status: 200 }) })]);
    await putAll(backend, [aRealRecord({ key: 'text', body: bytesOf('Grüße') })]);
    const keysOf = async (filter: object): Promise<unknown[]> =>
      (await documents().find(filter).sort({ key: 1 }).toArray()).map(({ key }) => key as unknown);
    expect(await keysOf({ 'head.status': 200 })).toEqual(['ok']);
    expect(await keysOf({ 'head.headers.etag': '"1"', 'head.status': { $gte: 400 } })).toEqual([
      'key',
      'text',
    ]);
    expect(await keysOf({ 'body.user.name': 'Ada', 'body.tags': 'b' })).toEqual(['key', 'ok']);
    expect(await keysOf({ body: 'Grüße' })).toEqual(['text']);
    const [, , text] = await documents().find().sort({ key: 1 }).toArray();
    expect(text).toMatchObject({ head: aPayload(), bodyDigest: { bodyBytes: 7 }, bodyBytes: 7 });
  });

  it('each form is read, listed, replaced and deleted by those who write another one', async () => {
    for (const writer of FORMS) {
      for (const reader of FORMS.filter((form) => form !== writer)) {
        const [theirs, ours] = [open(writer), open(reader)];
        const record = aRealRecord();
        await putAll(theirs, [record]);
        await assertStored(ours, record);
        expect((await listAll(ours.scan())).map(({ head }) => Buffer.compare(head, record.head))).toEqual([
          0,
        ]);
        expect(await ours.size()).toBe(record.head.byteLength + record.bodyBytes);
        const newer = aRealRecord({ payload: aPayload({ status: 304 }) });
        const { head } = await headOf(ours);
        expect(await ours.replaceHead(metaOf(newer), head)).toBe(true);
        await assertStored(theirs, newer);
        expect(await ours.replaceHead(metaOf(record), head)).toBe(false);
        expect(await ours.replaceHead(metaOf(record))).toBe(true);
        await putAll(ours, [newer]);
        await assertStored(theirs, newer);
        expect(await theirs.deleteResource(newer.resource)).toBe(1);
        await putAll(ours, [record]);
        expect(await theirs.count()).toBe(1);
        expect(await theirs.prune(NOON + 1e9, 10)).toBe(1);
        expect(await documents().countDocuments()).toBe(0);
      }
    }
  });

  it('a head that is edited in place is answered from, and its body still fits', async () => {
    const backend = open(NATIVE);
    const record = aRealRecord();
    await putAll(backend, [record]);
    await change({
      $set: { 'head.status': 200, 'head.headers.x-new': 'by hand' },
      $unset: { 'head.url': '' },
    });
    for (const { head } of [await headOf(backend), ...(await listAll(backend.scan()))]) {
      const decoded = decodeHead(head);
      expect(decoded.head).toMatchObject({ status: 200, headers: { 'x-new': 'by hand', etag: '"1"' } });
      expect(decoded.head).not.toHaveProperty('url');
      expect(verifyBody(decoded.bodyDigest, record.body)).toBe(true);
    }
  });

  describe('an edited head that was handed out', () => {
    const edit = { $set: { 'head.status': 200, 'head.headers.new': '1' } };

    it.each(FORMS)('is replaced where it is still the same (%j)', async (form) => {
      await putAll(open(NATIVE), [aRealRecord()]);
      await change(edit);
      const backend = open(form);
      const { head } = await headOf(backend);
      const newer = aRealRecord({ payload: aPayload({ status: 203 }) });
      expect(await backend.replaceHead(metaOf(newer), head)).toBe(true);
      await assertStored(backend, newer);
    });

    it('is not, where it was edited, replaced or deleted meanwhile', async () => {
      const backend = open(NATIVE);
      const meanwhile: readonly (() => Promise<unknown>)[] = [
        () => change({ $set: { 'head.headers.new': '2' } }),
        () => change({ $set: { 'bodyDigest.bodyCrc32': 5 } }),
        () => backend.put(aRealRecord({ payload: aPayload({ status: 201 }) })),
        () => open(BINARY).put(aRealRecord({ payload: aPayload({ status: 201 }) })),
        () => backend.replaceHead(withPayload(aPayload({ status: 201 }))),
        () => backend.delete('key'),
      ];
      for (const happens of meanwhile) {
        await putAll(backend, [aRealRecord()]);
        await change(edit);
        const { head } = await headOf(backend);
        await happens();
        const before = await documents().findOne();
        expect(await backend.replaceHead(withPayload(aPayload({ status: 203 })), head)).toBe(false);
        expect(await documents().findOne()).toEqual(before);
      }
    });
  });

  it('a head that was edited after it was handed out is not written over', async () => {
    const backend = open(NATIVE);
    const record = aRealRecord();
    await putAll(backend, [record]);
    const { head } = await headOf(backend);
    await change({ $set: { 'head.status': 200 } });
    for (const expected of [head, record.head, Uint8Array.from(head)]) {
      expect(await backend.replaceHead(withPayload(aPayload({ status: 203 })), expected)).toBe(false);
    }
    expect(await documents().countDocuments({ 'head.status': 200 })).toBe(1);
  });

  it('a damaged native document reads as absent, is counted, and can be replaced and deleted', async () => {
    const record = aRealRecord();
    for (const form of FORMS) {
      const backend = open(form);
      for (const damage of [
        { $set: { head: 'a text' } },
        { $set: { head: [] } },
        { $set: { 'head.status': new Date() } },
        { $set: { 'head.a': { b: noise(5) } } },
        { $unset: { bodyDigest: '' } },
        { $set: { 'bodyDigest.bodyBytes': 'many' } },
        { $set: { 'body.user': new Date() } },
        { $set: { 'body.user.name': 'Grace' } },
        { $set: { body: 5 } },
        { $set: { body: 'another text' } },
        { $unset: { body: '' } },
      ]) {
        await putAll(open(NATIVE), [record]);
        await change(damage);
        expect({ damage, found: await backend.get('key') }).toEqual({ damage, found: [] });
        expect(await backend.body(record)).toBeUndefined();
        expect(await backend.replaceHead(metaOf(record), noise(5))).toBe(false);
        expect(await backend.count()).toBe(1);
        expect(await backend.size()).toBeGreaterThan(0);
        await putAll(backend, [record]);
        await assertStored(backend, record);
        await putAll(open(NATIVE), [record]);
        await change(damage);
        expect(await backend.prune(NOON + 1e9, 10)).toBe(1);
      }
      await backend.clear();
    }
  });

  it('what the native form takes is what counts against the limit of a document', async () => {
    const backend = open(NATIVE);
    const numbers = (count: number): Uint8Array => bytesOf(`[${Array(count).fill(7).join(',')}]`);
    const small = aRealRecord({ body: numbers(200_000) });
    await putAll(backend, [small]);
    const [asArray] = await documents()
      .find({}, { projection: { jsonBytes: 1 } })
      .toArray();
    expect(asArray?.['jsonBytes']).toBeGreaterThan(2_200_000);
    await assertStored(backend, small);
    // The body itself would leave room for it.
    const long = {
      ...metaOf(small),
      head: encodeHead(aPayload({ long: 'x'.repeat(14_500_000) }), small.body),
    };
    expect(await backend.replaceHead(long, noise(5))).toBe(false);
    await assertStored(backend, small);
    expect(await backend.replaceHead(long, small.head)).toBe(false);
    expect(await backend.count()).toBe(0);
    // Too long as an array, and stored as text.
    const large = aRealRecord({ body: numbers(1_300_000) });
    await putAll(backend, [large]);
    await assertStored(backend, large);
    expect(await documents().countDocuments({ jsonBytes: { $exists: true } })).toBe(0);
    const rest =
      MOST_DOCUMENT_BYTES - documentBytes({ ...documentOf(metaOf(large), true, { decodesContent: true }) });
    expect(await backend.put(aRealRecord({ body: bytesOf('x'.repeat(rest)) }))).toBe(false);
    expect(await backend.put(aRealRecord({ body: bytesOf('x'.repeat(rest - 20)) }))).toBe(true);
  });

  it('lists under names that all objects inherit come back, which the driver does not read as they are', async () => {
    const backend = open(NATIVE);
    for (const name of Object.getOwnPropertyNames(Object.prototype)) {
      const text = `{"${name}":[{"a":[{}]}]}`;
      const record = aRealRecord({ payload: JSON.parse(text) as object, body: bytesOf(text) });
      await putAll(backend, [record]);
      await assertStored(backend, record);
    }
  });

  it('heads that are none of this library are stored as they are', async () => {
    const backend = open(NATIVE);
    const record = aRecord({ body: noise(100) });
    await putAll(backend, [record]);
    await assertStored(backend, record);
    expect(await backend.replaceHead({ ...metaOf(record), head: noise(9) }, record.head)).toBe(true);
    await assertStored(backend, { ...record, head: noise(9) });
  });
});
