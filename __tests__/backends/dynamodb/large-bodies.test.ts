import { type AttributeValue, DeleteItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { type RecordMeta, type StoredRecord } from '../../../lib/storage/backend.js';
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
import { ManualClock } from '../../helpers/manual-clock.js';
import { describeServers } from '../../servers/index.js';
import { Fixture } from './fixture.js';

const KB = 1024;
const CHUNK = 384 * KB;
const HOUR_MS = 3_600_000;
const NONE = { chunks: 0, registrations: 0 };

describeServers('dynamodb', (server) => {
  let fixture: Fixture;
  beforeEach(async () => {
    fixture = await Fixture.start(server().url);
  });
  afterEach(() => fixture.end());

  /** A record whose body takes so many chunks. */
  const large = (chunks: number, wanted: Partial<StoredRecord> = {}): StoredRecord =>
    aRecord({ body: noise(chunks * CHUNK - 1000, chunks), head: bytesOf(`${chunks} chunks`), ...wanted });

  it.each([CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 9 * CHUNK + 7])(
    'keeps a body of %d bytes',
    async (length) => {
      const backend = fixture.open();
      const record = aRecord({ body: noise(length) });
      await putAll(backend, [record]);
      await assertStored(backend, record);
      expect(await fixture.leftovers()).toEqual({ chunks: Math.ceil(length / CHUNK), registrations: 1 });
      expect(await backend.size()).toBe(length + record.head.byteLength);
    },
  );

  it('keeps all that fits into one item there, whatever head and body share of it, and nothing half', async () => {
    const backend = fixture.open();
    for (const head of [0, 1000, 50_000, 150_000, 190_000]) {
      for (const body of [0, 1000, 90_000, 280_000, 380_000, 388_000, 390_000, 393_216]) {
        const record = aRecord({ head: noise(head, 1), body: noise(body, 2) });
        await putAll(backend, [record]);
        await assertStored(backend, record);
      }
    }
    await backend.clear();
    expect(await fixture.items()).toEqual([]);
  });

  it('refuses a head that no item can hold, and takes the older record with it', async () => {
    const backend = fixture.open();
    const kept = large(2, { key: 'kept' });
    await putAll(backend, [large(2), kept]);
    expect(await backend.put(aRecord({ head: noise(250_000) }))).toBe(false);
    await assertAbsent(backend, 'key');
    await assertStored(backend, kept);
    expect(await backend.replaceHead({ ...metaOf(kept), head: noise(250_000) }, bytesOf('other'))).toBe(
      false,
    );
    await assertStored(backend, kept);
    expect(await backend.replaceHead({ ...metaOf(kept), head: noise(250_000) }, kept.head)).toBe(false);
    await assertAbsent(backend, 'kept');
    expect(await fixture.items()).toEqual([]);
  });

  it('leaves no chunks of what is replaced, deleted or pruned', async () => {
    const backend = fixture.open();
    const small = aRecord({ body: bytesOf('small') });
    for (const record of [large(2), large(3), small, large(2), small]) {
      await putAll(backend, [record]);
      await assertStored(backend, record);
    }
    await putAll(backend, [
      large(2, { variant: 'a' }),
      large(2, { variant: 'b' }),
      large(2, { key: 'other' }),
    ]);
    expect(await backend.delete('key', 'a')).toBe(1);
    expect(await backend.delete('key')).toBe(2);
    await putAll(backend, [large(2), large(2, { key: 'due', retainUntil: NOON - 1, resource: 'r' })]);
    expect(await backend.prune(NOON, 100)).toBe(1);
    expect(await backend.deleteResource('resource')).toBe(2);
    await backend.close();
    expect(await fixture.items()).toEqual([]);
  });

  it('gives several variants with large bodies each its own', async () => {
    const backend = fixture.open();
    const records = [1, 2, 3].map((chunks) => large(chunks, { variant: `v${chunks}` }));
    await putAll(backend, records);
    for (const record of records) await assertStored(backend, record);
    expect(await backend.get('key')).toHaveLength(3);
  });

  it('replaces the head of a large record without touching its body', async () => {
    const backend = fixture.open();
    const record = large(3);
    await putAll(backend, [record]);
    const newer = { ...record, head: bytesOf('newer') };
    expect(await fixture.proxy.during(() => backend.replaceHead(metaOf(newer), record.head))).toEqual([
      'UpdateItem',
    ]);
    await assertStored(backend, newer);
  });

  it('moves a body out of its item where the new head leaves no room for it', async () => {
    const backend = fixture.open();
    const record = aRecord({ body: noise(380_000) });
    await putAll(backend, [record]);
    expect(await fixture.leftovers()).toEqual(NONE);
    const newer = { ...record, head: noise(150_000) };
    expect(await backend.replaceHead(metaOf(newer), bytesOf('another'))).toBe(false);
    expect(await backend.replaceHead(metaOf(newer), record.head)).toBe(true);
    await assertStored(backend, newer);
    expect(await fixture.leftovers()).toEqual({ chunks: 1, registrations: 1 });
    await putAll(backend, [record]);
    await backend.close();
    expect(await fixture.leftovers()).toEqual(NONE);
  });

  it('a body that is moved out while somebody else replaces the record leaves the newer record', async () => {
    const [backend, other] = [fixture.open(), fixture.open()];
    const record = aRecord({ body: noise(380_000) });
    const newest = large(2, { head: bytesOf('newest') });
    await putAll(backend, [record]);
    let isPut = false;
    fixture.proxy.decide = async ({ command }) => {
      if (command === 'GetItem' && !isPut) {
        isPut = true;
        await putAll(other, [newest]);
      }
      return undefined;
    };
    const meta: RecordMeta = { ...metaOf(record), head: noise(150_000) };
    expect(await backend.replaceHead(meta, record.head)).toBe(false);
    await assertStored(backend, newest);
    await backend.close();
    expect(await fixture.leftovers()).toEqual({ chunks: 2, registrations: 1 });
  });

  it('a body that is moved out while somebody else stores another one under the same head is not put in its place', async () => {
    const [backend, other] = [fixture.open(), fixture.open()];
    const record = aRecord({ body: noise(380_000, 1) });
    const newest = { ...record, body: noise(380_001, 2), bodyBytes: 380_001 };
    await putAll(backend, [record]);
    let isPut = false;
    fixture.proxy.decide = async ({ command, input }) => {
      if (command === 'UpdateItem' && !isPut && JSON.stringify(input).includes('replaces')) {
        isPut = true;
        await putAll(other, [newest]);
      }
      return undefined;
    };
    const head = noise(150_000);
    expect(await backend.replaceHead({ ...metaOf(record), head })).toBe(true);
    expect(isPut).toBe(true);
    await assertStored(backend, { ...newest, head });
    await backend.close();
    expect(await fixture.leftovers()).toEqual({ chunks: 1, registrations: 1 });
  });

  it('a body that is moved out keeps its chunks when the answer to that was lost', async () => {
    const backend = fixture.open();
    const record = aRecord({ body: noise(380_000) });
    await putAll(backend, [record]);
    let isLost = false;
    fixture.proxy.decide = ({ command, input }) => {
      if (command !== 'UpdateItem' || isLost || !JSON.stringify(input).includes('replaces')) return undefined;
      isLost = true;
      return 'lost';
    };
    const head = noise(150_000);
    expect(await backend.replaceHead({ ...metaOf(record), head })).toBe(true);
    expect(isLost).toBe(true);
    await assertStored(backend, { ...record, head });
    await backend.close();
    expect(await fixture.leftovers()).toEqual({ chunks: 1, registrations: 1 });
  });

  it('a reader that is overtaken by a writer gets the newer record, whole', async () => {
    const [backend, writer] = [fixture.open(), fixture.open()];
    await putAll(backend, [large(2)]);
    const newer = large(3);
    const reading = { left: 1 };
    fixture.proxy.decide = async ({ command }) => {
      if (command === 'GetItem' && reading.left > 0) {
        reading.left = 0;
        await putAll(writer, [newer]);
        await writer.close();
      }
      return undefined;
    };
    const [found] = await backend.get('key');
    expect(Buffer.compare(found?.body ?? Buffer.of(), newer.body)).toBe(0);
    expect(found?.bodyBytes).toBe(newer.body.byteLength);
  });

  it('readers in other processes see the old record or the new one, whole, while large bodies are replaced', async () => {
    const [writer, reader] = [fixture.open(), fixture.open()];
    const versions = [large(2), large(3), aRecord({ head: bytesOf('small'), body: bytesOf('small') })];
    await putAll(writer, versions.slice(0, 1));
    let isWriting = true;
    const writing = (async () => {
      for (let round = 0; round < 6; round++) await putAll(writer, versions);
      isWriting = false;
    })();
    let reads = 0;
    while (isWriting) {
      const [found] = await reader.get('key');
      const version = versions.find((one) => Buffer.compare(one.head, found?.head ?? Buffer.of()) === 0);
      expect(version).toBeDefined();
      expect(Buffer.compare(found?.body ?? Buffer.of(), version?.body ?? Buffer.of(1))).toBe(0);
      reads++;
    }
    await writing;
    expect(reads).toBeGreaterThan(3);
  });

  it('a record whose chunks are cut or gone reads as absent', async () => {
    const backend = fixture.open();
    await putAll(backend, [large(3)]);
    const TableName = fixture.table;
    const chunk = (await fixture.items()).find(({ sk }) => sk?.S === 'chunk') ?? {};
    const cut: Record<string, AttributeValue> = {
      ...chunk,
      b: { B: chunk['b']?.B?.subarray(1) ?? Buffer.of() },
    };
    await fixture.client.send(new PutItemCommand({ TableName, Item: cut }));
    await assertAbsent(backend, 'key');
    const Key = { pk: cut['pk'] as AttributeValue, sk: cut['sk'] as AttributeValue };
    await fixture.client.send(new DeleteItemCommand({ TableName, Key }));
    await assertAbsent(backend, 'key');
    await backend.clear();
    expect(await fixture.items()).toEqual([]);
  });

  it('a writer that fails among its chunks leaves the older record, and what it has left is swept up', async () => {
    const clock = new ManualClock(NOON - 50 * HOUR_MS);
    const backend = fixture.open({ operationTimeout: 2000 }, { clock });
    const older = large(2);
    await putAll(backend, [older]);
    let chunks = 0;
    fixture.proxy.decide = ({ command, input }) =>
      command === 'PutItem' && JSON.stringify(input).includes('"chunk"') && ++chunks > 3
        ? { status: 400, body: { __type: 'ValidationException', message: 'no more' } }
        : undefined;
    await expect(backend.put(large(9))).rejects.toMatchObject({
      code: 'ERR_CACHE_BACKEND',
      operation: 'put',
      message: expect.stringContaining('no more') as string,
    });
    fixture.proxy.decide = () => undefined;
    await assertStored(backend, older);
    expect(await fixture.leftovers()).toEqual({ chunks: 5, registrations: 2 });
    expect(await backend.count()).toBe(1);

    expect(await backend.prune(clock.now(), 100)).toBe(0);
    expect((await fixture.leftovers()).registrations).toBe(2);
    clock.advance(2 * HOUR_MS);
    expect(await backend.prune(clock.now(), 100)).toBe(0);
    expect(await fixture.leftovers()).toEqual({ chunks: 2, registrations: 1 });
    await assertStored(backend, older);
  });

  it('a sweep asks again for the records that a batch has left out, and keeps their bodies', async () => {
    const clock = new ManualClock(NOON - 50 * HOUR_MS);
    const backend = fixture.open({}, { clock });
    const record = large(2);
    await putAll(backend, [record]);
    clock.advance(2 * HOUR_MS);
    // Those until the table was active.
    fixture.pauses.length = 0;
    let asked = 0;
    fixture.proxy.decide = ({ command, input }) => {
      if (command !== 'BatchGetItem' || ++asked > 3) return undefined;
      return { status: 200, body: { Responses: {}, UnprocessedKeys: input['RequestItems'] as object } };
    };
    expect(await backend.prune(clock.now(), 100)).toBe(0);
    expect(asked).toBe(4);
    expect(fixture.pauses).toHaveLength(3);
    await assertStored(backend, record);
    expect(await fixture.leftovers()).toEqual({ chunks: 2, registrations: 1 });
  });

  it('sweeps at most once an hour', async () => {
    const clock = new ManualClock(NOON - 50 * HOUR_MS);
    const backend = fixture.open({}, { clock });
    await putAll(backend, [aRecord()]);
    const queries = async (): Promise<number> =>
      (await fixture.proxy.during(() => backend.prune(clock.now(), 100))).filter((one) => one === 'Query')
        .length;
    expect(await queries()).toBe(32);
    expect(await queries()).toBe(16);
    clock.advance(HOUR_MS);
    expect(await queries()).toBe(32);
  });

  it('chunks outlive their record: DynamoDB may delete them later, and a refreshed record prolongs them in time', async () => {
    const clock = new ManualClock(NOON);
    const backend = fixture.open({}, { clock });
    const record = large(2, { retainUntil: NOON + HOUR_MS });
    await putAll(backend, [record]);
    const ttls = async (): Promise<{ record: number; rest: number[] }> => {
      const items = await fixture.items();
      const isRecord = (sk: string | undefined): boolean => sk?.startsWith('r#') === true;
      return {
        record: Number(items.find(({ sk }) => isRecord(sk?.S))?.['ttl']?.N),
        rest: items.filter(({ sk }) => !isRecord(sk?.S)).map(({ ttl }) => Number(ttl?.N)),
      };
    };
    const first = await ttls();
    expect(first.record).toBe((NOON + HOUR_MS) / 1000);
    expect(first.rest).toEqual(Array(3).fill((NOON + 26 * HOUR_MS) / 1000));

    // Within that time it costs one request.
    const sooner = { ...metaOf(record), retainUntil: NOON + 25 * HOUR_MS };
    expect(await fixture.proxy.during(() => backend.replaceHead(sooner))).toEqual(['UpdateItem']);
    expect(await ttls()).toEqual({ record: (NOON + 25 * HOUR_MS) / 1000, rest: first.rest });

    clock.advance(20 * HOUR_MS);
    const later = { ...record, retainUntil: NOON + 100 * HOUR_MS };
    expect(await backend.replaceHead(metaOf(later), bytesOf('another'))).toBe(false);
    expect(await backend.replaceHead(metaOf(later), record.head)).toBe(true);
    expect((await ttls()).rest).toEqual(Array(3).fill((NOON + 204 * HOUR_MS) / 1000));
    await assertStored(backend, later);

    // From then on they are never deleted.
    const never = { ...record, retainUntil: undefined };
    expect(await backend.replaceHead(metaOf(never))).toBe(true);
    expect((await ttls()).rest).toEqual(Array(3).fill(NaN));
    expect(await fixture.proxy.during(() => backend.replaceHead(metaOf(later)))).toEqual(['UpdateItem']);
    await assertStored(backend, later);
  });
});
