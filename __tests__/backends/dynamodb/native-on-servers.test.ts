import { type AttributeValue, ScanCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import {
  assertStored,
  bytesOf,
  listAll,
  metaOf,
  noise,
  NOON,
  putAll,
} from '../../../lib/backend-suite/records.js';
import { type DynamodbBackend } from '../../../lib/backends/dynamodb/index.js';
import { type RecordMeta } from '../../../lib/storage/backend.js';
import { decodeHead, encodeHead, verifyBody } from '../../../lib/storage/record-codec.js';
import { type DynamodbOptions } from '../../../lib/storage/options/dynamodb.js';
import { describeServers } from '../../servers/index.js';
import { aPayload, aRealRecord } from '../native-corpus.js';
import { Fixture } from './fixture.js';

jest.setTimeout(60_000);

/** Names behind a `#`: as reserved words they may not stand in expressions themselves. */
function namesIn(expression: string): Record<string, string> | undefined {
  const names = expression.match(/#\w+/g) ?? [];
  return names.length === 0 ? undefined : Object.fromEntries(names.map((name) => [name, name.slice(1)]));
}

const BINARY = {};
const TEXT = { serializer: 'bson' } as const;
const NATIVE = { serializer: 'bson', decodeContent: true } as const;
const FORMS: readonly DynamodbOptions[] = [BINARY, TEXT, NATIVE];

describeServers('dynamodb', (server, kind) => {
  let fixture: Fixture;
  beforeEach(async () => {
    fixture = await Fixture.start(server().url);
  });
  afterEach(() => fixture.end());

  /** The one record of the table. */
  async function theItem(): Promise<Record<string, AttributeValue>> {
    const [item] = (await fixture.items()).filter(({ sk }) => sk?.S?.startsWith('r#'));
    if (item === undefined) throw new Error('no record');
    return item;
  }

  async function change(expression: string, values: Record<string, AttributeValue> = {}): Promise<void> {
    const { pk, sk } = await theItem();
    await fixture.client.send(
      new UpdateItemCommand({
        TableName: fixture.table,
        Key: { pk: pk ?? { S: '' }, sk: sk ?? { S: '' } },
        UpdateExpression: expression,
        ExpressionAttributeNames: namesIn(expression),
        ...(Object.keys(values).length === 0 ? {} : { ExpressionAttributeValues: values }),
      }),
    );
  }

  async function headOf(backend: DynamodbBackend): Promise<RecordMeta> {
    const [found] = await backend.get('key');
    if (found === undefined) throw new Error('no record');
    return found;
  }

  const statusOf = async (): Promise<unknown> => (await theItem())['h']?.M?.['head']?.M?.['status']?.N;
  const withStatus = (status: number): RecordMeta => metaOf(aRealRecord({ payload: aPayload({ status }) }));
  const edit = (): Promise<void> =>
    change('SET h.head.#status = :s, h.head.headers.added = :a', { ':s': { N: '200' }, ':a': { S: '1' } });

  it('what is in heads and bodies can be asked for by the SDK', async () => {
    const backend = fixture.open(NATIVE);
    await putAll(backend, [
      aRealRecord(),
      aRealRecord({ key: 'ok', payload: aPayload({ status: 200 }) }),
      aRealRecord({ key: 'text', body: bytesOf('Grüße') }),
    ]);
    const keysOf = async (filter: string, value: AttributeValue): Promise<unknown[]> => {
      const { Items = [] } = await fixture.client.send(
        new ScanCommand({
          TableName: fixture.table,
          FilterExpression: filter,
          ExpressionAttributeNames: namesIn(filter),
          ExpressionAttributeValues: { ':v': value },
        }),
      );
      return Items.map(({ sk }) => sk?.S).sort();
    };
    expect(await keysOf('h.head.#status = :v', { N: '404' })).toEqual(['r#key#', 'r#text#']);
    expect(await keysOf('b.#user.#name = :v', { S: 'Ada' })).toEqual(['r#key#', 'r#ok#']);
  });

  it('weird names, numbers and texts come back to the byte', async () => {
    const backend = fixture.open(NATIVE);
    const weird = {
      ...{
        constructor: 'c',
        toString: 't',
        toJSON: 1,
        'a.b': 2,
        $x: 3,
        '0': 4,
        é: 5,
        '\ud83d\ude00': '\u2028',
      },
      numbers: [0, -1, 1.5e-7, 1e21, 1.7976e120, 0.30000000000000004, 2 ** 53, 1e-130, 9.8e125, -5e100],
      nested: {
        l: [],
        m: {},
        e: '',
        n: null,
        t: true,
        f: false,
        deep: [[[[{ z: 1, a: [{ y: 1, b: 2 }] }]]]],
      },
    };
    const record = aRealRecord({ payload: aPayload(weird), body: bytesOf(JSON.stringify(weird)) });
    await putAll(backend, [record]);
    const { h, b } = await theItem();
    expect([h?.M, b?.M].map((map) => map !== undefined)).toEqual([true, true]);
    await assertStored(backend, record);
  });

  it('each form is read, listed, replaced and deleted by those who write another one', async () => {
    for (const writer of FORMS) {
      for (const reader of FORMS.filter((form) => form !== writer)) {
        const [theirs, ours] = [fixture.open(writer), fixture.open(reader)];
        const record = aRealRecord();
        await putAll(theirs, [record]);
        await assertStored(ours, record);
        for (const { head } of [
          ...(await listAll(ours.scan())),
          ...(await listAll(ours.scan({ resource: 'resource' }))),
        ]) {
          expect(Buffer.compare(head, record.head)).toBe(0);
        }
        expect(await ours.size()).toBe(record.head.byteLength + record.bodyBytes);
        const { head } = await headOf(ours);
        expect(await ours.replaceHead(withStatus(304), head)).toBe(true);
        await assertStored(theirs, aRealRecord({ payload: aPayload({ status: 304 }) }));
        expect(await ours.replaceHead(withStatus(305), head)).toBe(false);
        expect(await ours.replaceHead(metaOf(record))).toBe(true);
        expect(await theirs.deleteResource('resource')).toBe(1);
        await putAll(ours, [record]);
        expect(await theirs.count()).toBe(1);
        expect(await theirs.prune(NOON + 1e9, 10)).toBe(1);
        expect(await fixture.items()).toEqual([]);
      }
    }
  });

  it('a head that is edited in place is answered from, and its body still fits', async () => {
    const backend = fixture.open(NATIVE);
    const record = aRealRecord();
    await putAll(backend, [record]);
    await edit();
    for (const { head } of [await headOf(backend), ...(await listAll(backend.scan()))]) {
      const decoded = decodeHead(head);
      expect(decoded.head).toMatchObject({ status: 200, headers: { added: '1', etag: '"1"' } });
      expect(verifyBody(decoded.bodyDigest, record.body)).toBe(true);
    }
  });

  it('an edited head that was handed out is replaced where it is still the same', async () => {
    for (const form of FORMS) {
      await putAll(fixture.open(NATIVE), [aRealRecord()]);
      await edit();
      const backend = fixture.open(form);
      expect(await backend.replaceHead(withStatus(203), (await headOf(backend)).head)).toBe(true);
      await assertStored(backend, aRealRecord({ payload: aPayload({ status: 203 }) }));
    }
  });

  it('a head that was edited or replaced after it was handed out is not written over', async () => {
    const backend = fixture.open(NATIVE);
    const other = aRealRecord({ payload: aPayload({ status: 201 }) });
    const meanwhile: readonly (() => Promise<unknown>)[] = [
      () => backend.put(other),
      () => fixture.open(BINARY).put(other),
      () => backend.replaceHead(withStatus(201)),
      () => change('SET h.head.#status = :s', { ':s': { N: '201' } }),
      () => change('SET h.head.headers.added = :s', { ':s': { S: '2' } }),
      () => change('SET h.bodyCrc32 = :s', { ':s': { N: '5' } }),
    ];
    for (const isEdited of [false, true]) {
      for (const happens of meanwhile) {
        await putAll(backend, [aRealRecord()]);
        if (isEdited) await edit();
        const { head } = await headOf(backend);
        await happens();
        const before = await theItem();
        expect(await backend.replaceHead(withStatus(203), head)).toBe(false);
        expect(await theItem()).toEqual(before);
      }
    }
  });

  it('a damaged native item reads as absent, and can be replaced, pruned and deleted', async () => {
    const record = aRealRecord();
    const backend = fixture.open(BINARY);
    const damages: readonly (readonly [string, AttributeValue?])[] = [
      ['SET h = :v', { S: 'text' }],
      ['SET h = :v', { M: {} }],
      ['SET h.head = :v', { S: 'x' }],
      ['SET h.head.#status = :v', { B: noise(3) }],
      ['SET h.head.headers.etag = :v', { SS: ['a'] }],
      ['REMOVE h.bodyCrc32'],
      ['SET h.bodyBytes = :v', { S: 'many' }],
      ['SET b = :v', { S: 'another text' }],
      ['SET b.#user = :v', { N: '5' }],
      ['SET b = :v', { BOOL: true }],
      ['REMOVE b'],
    ];
    for (const [expression, value] of damages) {
      await putAll(fixture.open(NATIVE), [record]);
      await change(expression, value === undefined ? {} : { ':v': value });
      expect({ expression, found: await backend.get('key') }).toEqual({ expression, found: [] });
      expect(await backend.body(record)).toBeUndefined();
      expect(await backend.replaceHead(metaOf(record), noise(5))).toBe(false);
      expect(await backend.count()).toBeLessThanOrEqual(1);
      for await (const meta of backend.scan()) expect(meta.key).toBe('key');
      await putAll(backend, [record]);
      await assertStored(backend, record);
      await putAll(fixture.open(NATIVE), [record]);
      await change(expression, value === undefined ? {} : { ':v': value });
      expect(await backend.prune(NOON + 1e9, 10)).toBe(1);
    }
  });

  it('what the native form takes is what counts against the limit of an item', async () => {
    const backend = fixture.open(NATIVE);
    const lists = (count: number): Uint8Array => bytesOf(`[${Array(count).fill('[[1]]').join(',')}]`);
    const small = aRealRecord({ body: lists(27_500) });
    await putAll(backend, [small]);
    const { b, z } = await theItem();
    expect(b?.L).toHaveLength(27_500);
    expect(Number(z?.N)).toBeGreaterThan(small.bodyBytes * 1.5);
    await assertStored(backend, small);
    // The body itself would leave room for it: as a list it goes into chunks.
    const payload = aPayload({ long: 'x'.repeat(60_000) });
    const long = { ...small, head: encodeHead(payload, small.body) };
    expect(await backend.replaceHead(metaOf(long), small.head)).toBe(true);
    await assertStored(backend, long);
    const moved = await theItem();
    expect(moved['n']?.N).toBe('1');
    expect(Object.keys(moved)).not.toEqual(expect.arrayContaining(['s']));
    expect(moved['z'] ?? moved['b']).toBeUndefined();
    // Too long as a list, and stored as text.
    const large = aRealRecord({ body: lists(60_000) });
    await putAll(backend, [large]);
    expect((await theItem())['b']?.S).toHaveLength(large.bodyBytes);
    await assertStored(backend, large);
    await putAll(backend, [aRealRecord({ body: lists(80_000) })]);
    expect((await theItem())['n']?.N).toBe('2');
  });

  it('a head is replaced by one request, as it is where heads are bytes', async () => {
    // It compares no maps: there a head is found first, and then replaced by its mark.
    if (kind.name === 'dynalite') return;
    const backend = fixture.open(NATIVE);
    const record = aRealRecord();
    await putAll(backend, [record]);
    const { head } = await headOf(backend);
    const requests = await fixture.proxy.during(async () => {
      await backend.replaceHead(withStatus(203), head);
      await backend.get('key');
      await backend.put(record);
    });
    expect(requests).toHaveLength(3);
    expect(await statusOf()).toBe('404');
  });
});
