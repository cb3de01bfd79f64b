import { type AttributeValue, PutItemCommand } from '@aws-sdk/client-dynamodb';
import {
  aRecord,
  assertStored,
  bytesOf,
  metaOf,
  noise,
  NOON,
  putAll,
} from '../../../lib/backend-suite/records.js';
import { type FoundRecord, type StoredRecord } from '../../../lib/storage/backend.js';
import { decodeHead, encodeHead, verifyBody } from '../../../lib/storage/record-codec.js';
import { describeServers } from '../../servers/index.js';
import { Fixture } from './fixture.js';

type Attributes = Record<string, AttributeValue>;

const ROUNDS = 80;

/** The same numbers for one seed. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

const GARBAGE: readonly AttributeValue[] = [
  { S: '' },
  { S: 'garbage' },
  { N: '-1' },
  { N: '1e99' },
  { N: '0.5' },
  { B: Uint8Array.of() },
  { B: Uint8Array.of(0, 1, 2) },
  { BOOL: true },
  { NULL: true },
  { L: [] },
  { M: {} },
];

function flipped(bytes: Uint8Array, roll: (sides: number) => number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  if (copy.length > 0) copy[roll(copy.length)]! ^= 1 << roll(8);
  return copy;
}

/** One item with one accident. */
function damaged(
  item: Attributes,
  others: readonly Attributes[],
  roll: (sides: number) => number,
): Attributes {
  const names = Object.keys(item).filter((name) => name !== 'pk' && name !== 'sk');
  const name = names[roll(names.length)] as string;
  const copy = { ...item };
  const bytes = item[name]?.B;
  switch (roll(4)) {
    case 0:
      delete copy[name];
      break;
    case 1:
      copy[name] = GARBAGE[roll(GARBAGE.length)] as AttributeValue;
      break;
    case 2: {
      const other = others[roll(others.length)]?.[name];
      if (other !== undefined) copy[name] = other;
      break;
    }
    default:
      if (bytes === undefined) copy[name] = { S: `${String(Object.values(item[name] ?? {})[0])}x` };
      else
        copy[name] = { B: roll(2) === 0 ? flipped(bytes, roll) : bytes.subarray(0, roll(bytes.length + 1)) };
  }
  return copy;
}

describeServers('dynamodb', (server) => {
  let fixture: Fixture;
  beforeEach(async () => {
    fixture = await Fixture.start(server().url);
  });
  afterEach(() => fixture.end());

  const withHead = (wanted: Partial<StoredRecord>): StoredRecord => {
    const body = wanted.body ?? bytesOf('body');
    return aRecord({ ...wanted, body, head: encodeHead({ says: wanted.key }, body) });
  };

  const records = [
    withHead({ key: 'small', body: noise(2000) }),
    withHead({ key: 'long '.repeat(100), body: noise(3000), resource: 'r'.repeat(300) }),
    withHead({ key: 'several', variant: 'a', body: noise(100) }),
    withHead({ key: 'several', variant: 'b'.repeat(200), body: noise(200), expiresAt: undefined }),
    withHead({ key: 'large', body: noise(400_000), retainUntil: undefined }),
  ];

  /** What a reader of the library would take for a response; undefined where it would not. */
  function bodyFor(found: FoundRecord, body: Uint8Array | undefined): Uint8Array | undefined {
    try {
      const { head, bodyDigest } = decodeHead(found.head);
      if (head['says'] !== found.key || body === undefined) return undefined;
      return verifyBody(bodyDigest, body) ? body : undefined;
    } catch {
      return undefined;
    }
  }

  it(`${ROUNDS} damaged items: each reads as absent or intact, and no call fails`, async () => {
    const backend = fixture.open();
    const roll = dice(7);
    let [intact, absent, applied] = [0, 0, 0];
    await putAll(backend, records);
    const sound = await fixture.items();
    for (let round = 0; round < ROUNDS; round++) {
      const item = sound[roll(sound.length)] as Attributes;
      try {
        await fixture.client.send(
          new PutItemCommand({ TableName: fixture.table, Item: damaged(item, sound, roll) }),
        );
        applied++;
      } catch {
        // Servers keep the types of keys of indexes by themselves.
      }
      for (const record of records) {
        const found = (await backend.get(record.key)).find(({ variant }) => variant === record.variant);
        const inline = found?.body ?? (await backend.body(record));
        const body = found === undefined ? undefined : bodyFor(found, inline);
        if (body === undefined) absent++;
        else {
          intact++;
          expect(Buffer.compare(body, record.body)).toBe(0);
        }
      }
      if (round % 10 === 0) {
        let listed = 0;
        for await (const { key } of backend.scan()) listed += key.length > 0 ? 1 : 0;
        expect(listed).toBeLessThanOrEqual(records.length);
        expect(await backend.count()).toBeLessThanOrEqual(records.length);
        expect(await backend.size()).toBeGreaterThanOrEqual(0);
        for (const record of records) await backend.replaceHead(metaOf(record), record.head);
      }
      await fixture.client.send(new PutItemCommand({ TableName: fixture.table, Item: item }));
    }
    expect(applied).toBeGreaterThan(ROUNDS / 2);
    expect(absent).toBeGreaterThan(ROUNDS / 4);
    expect(intact).toBeGreaterThan(ROUNDS);
    for (const record of records) await assertStored(backend, record);
  }, 120_000);

  it('what is damaged can be replaced, deleted, pruned and cleared', async () => {
    const backend = fixture.open();
    const roll = dice(11);
    await putAll(backend, records);
    const sound = await fixture.items();
    const damageAll = async (): Promise<void> => {
      for (const item of await fixture.items()) {
        await fixture.client
          .send(new PutItemCommand({ TableName: fixture.table, Item: damaged(item, sound, roll) }))
          .catch(() => undefined);
      }
    };
    for (let round = 0; round < 5; round++) {
      await damageAll();
      await putAll(backend, records);
      for (const record of records) await assertStored(backend, record);
      await damageAll();
      await backend.deleteResource('resource');
      await backend.prune(NOON + 1e9, 100);
      for (const { key } of records) await backend.delete(key);
      for (const { key } of records) expect(await backend.get(key)).toEqual([]);
      await putAll(backend, records);
      await damageAll();
      await backend.clear();
      expect((await fixture.items()).filter(({ sk }) => sk?.S !== 'chunk')).toEqual([]);
    }
    await putAll(backend, records);
    for (const record of records) await assertStored(backend, record);
  }, 120_000);

  it('items of others in its partitions are nobody’s records, and clear() takes them', async () => {
    const backend = fixture.open();
    await putAll(backend, [aRecord()]);
    const [record] = await fixture.items();
    const pk = record?.['pk'] as AttributeValue;
    for (const [sk, more] of [
      ['x', {}],
      ['r#key#', { rs: { S: 'r#resource' } }],
      ['r#key#a#b', { rs: { S: 'r#resource' } }],
      ['r#', { rs: { S: '' } }],
      ['b#', { n: { N: '1e30' } }],
      ['b#x', { n: { S: 'many' }, o: { N: '1' } }],
    ] as const) {
      const Item = { ...more, pk, sk: { S: sk } } as Attributes;
      await fixture.client
        .send(new PutItemCommand({ TableName: fixture.table, Item }))
        .catch(() => undefined);
    }
    expect(await backend.get('key')).toEqual([]);
    expect(await backend.count()).toBe(0);
    expect(await backend.prune(NOON + 1e9, 10)).toBe(0);
    await backend.clear();
    expect(await fixture.items()).toEqual([]);
  });
});
