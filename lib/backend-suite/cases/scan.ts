import assert from 'node:assert/strict';
import type { Backend, ScanRange } from '../../storage/backend.js';
import type { ConformanceTopic } from '../harness.js';
import {
  aRecord,
  assertSameMeta,
  assertSameTexts,
  assertStored,
  bytesOf,
  listAll,
  metaOf,
  NOON,
  noise,
  putAll,
  scannedKeys,
} from '../records.js';

/** More than a page of the backends of this library, most of which have 200. */
const MANY = 210;
/** So many are stored at a time. */
const AT_A_TIME = 50;

const manyRecords = Array.from({ length: MANY }, (_, index) =>
  aRecord({ key: `key ${String(index).padStart(4, '0')}`, body: bytesOf(`${index}`) }),
);
const manyKeys = manyRecords.map((record) => record.key);

/** Some at a time, since the servers of some backends take their time. */
async function putMany(backend: Backend): Promise<void> {
  for (let start = 0; start < MANY; start += AT_A_TIME) {
    const some = manyRecords.slice(start, start + AT_A_TIME);
    await Promise.all(some.map((record) => putAll(backend, [record])));
  }
}

const ranged = [
  aRecord({ key: 'expired long ago', createdAt: NOON - 5000, expiresAt: NOON - 1000 }),
  aRecord({ key: 'expires now', createdAt: NOON - 4000, expiresAt: NOON }),
  aRecord({ key: 'fresh', createdAt: NOON - 3000, expiresAt: NOON + 1, resource: 'other' }),
  aRecord({ key: 'for ever', createdAt: NOON - 2000, expiresAt: undefined, retainUntil: undefined }),
];

const rangeCases: readonly (readonly [string, ScanRange, readonly string[]])[] = [
  ['without conditions: all', {}, ['expired long ago', 'expires now', 'for ever', 'fresh']],
  ['expired by now, the present included', { expiredBy: NOON }, ['expired long ago', 'expires now']],
  ['fresh now, without the present', { freshAt: NOON }, ['for ever', 'fresh']],
  ['created before, without the moment itself', { createdBefore: NOON - 4000 }, ['expired long ago']],
  ['conditions joined by and', { expiredBy: NOON, createdBefore: NOON - 4000 }, ['expired long ago']],
  ['of one resource', { resource: 'other' }, ['fresh']],
  ['of a resource that has none', { resource: 'nobody' }, []],
  ['of one resource and expired', { resource: 'other', expiredBy: NOON }, []],
  ['conditions that exclude each other', { expiredBy: NOON - 1, freshAt: NOON }, []],
  [
    'never-expiring records never expire',
    { expiredBy: 8.64e15 },
    ['expired long ago', 'expires now', 'fresh'],
  ],
];

export const scan: ConformanceTopic = {
  topic: 'scan',
  cases: [
    {
      title: 'lists nothing in an empty store',
      check: async ({ backend }) => assert.equal((await listAll(backend.scan())).length, 0),
    },
    {
      title: 'lists every field, and no body',
      check: async ({ backend }) => {
        const records = [aRecord({ variant: 'a' }), aRecord({ variant: 'b', expiresAt: undefined })];
        await putAll(backend, records);
        const listed = await listAll(backend.scan());
        assert.equal(listed.length, 2);
        for (const record of records) {
          const meta = listed.find((one) => one.variant === record.variant);
          assert.ok(meta !== undefined);
          assertSameMeta(meta, record);
          assert.equal('body' in meta, false, 'no body');
        }
      },
    },
    {
      title: 'lists every record exactly once, over many pages',
      check: async ({ backend }) => {
        await putMany(backend);
        assertSameTexts(await scannedKeys(backend.scan()), manyKeys);
        assert.equal(await backend.count(), MANY);
      },
    },
    ...rangeCases.map(([what, range, expected]) => ({
      title: `selects and counts ${what}`,
      check: async ({ backend }: { backend: Backend }) => {
        await putAll(backend, ranged);
        assertSameTexts(await scannedKeys(backend.scan(range)), expected);
        assert.equal(await backend.count(range), expected.length);
      },
    })),
    {
      title: 'each record may be deleted while it is listed',
      check: async ({ backend }) => {
        await putMany(backend);
        const seen: string[] = [];
        for await (const { key } of backend.scan()) {
          seen.push(key);
          assert.equal(await backend.delete(key), 1);
        }
        assertSameTexts(seen, manyKeys);
        assert.equal(await backend.count(), 0);
      },
    },
    {
      title: 'heads may be replaced while they are listed; records that stay are seen once',
      check: async ({ backend }) => {
        await putMany(backend);
        const seen: string[] = [];
        for await (const meta of backend.scan()) {
          seen.push(meta.key);
          await backend.replaceHead({ ...meta, expiresAt: NOON + 1_000_000 });
        }
        assertSameTexts(seen, manyKeys);
      },
    },
    {
      title: 'bodies may be replaced while they are listed; records that stay are seen once',
      check: async ({ backend }) => {
        await putMany(backend);
        const seen: string[] = [];
        for await (const { key } of backend.scan()) {
          seen.push(key);
          await backend.put(aRecord({ key, body: bytesOf('newer') }));
        }
        assertSameTexts(seen, manyKeys);
      },
    },
    {
      title: 'a scan that is left early holds up nothing',
      check: async ({ backend }) => {
        await putMany(backend);
        for await (const meta of backend.scan()) {
          assert.ok(manyKeys.includes(meta.key));
          break;
        }
        const record = aRecord({ key: 'afterwards' });
        await putAll(backend, [record]);
        await backend.replaceHead(metaOf(record));
        await assertStored(backend, record);
        await backend.clear();
        assert.equal(await backend.count(), 0);
      },
    },
    {
      title: 'two scans at a time do not disturb each other',
      check: async ({ backend }) => {
        await putMany(backend);
        const [left, right] = await Promise.all([scannedKeys(backend.scan()), scannedKeys(backend.scan())]);
        assertSameTexts(left, manyKeys);
        assertSameTexts(right, manyKeys);
      },
    },
    {
      title: 'size grows with what is stored',
      check: async ({ backend }) => {
        const before = await backend.size();
        assert.ok(Number.isFinite(before) && before >= 0);
        await putAll(backend, [aRecord({ body: noise(500_000) })]);
        // Less than the body, since a file may have had room left.
        assert.ok((await backend.size()) >= before + 490_000);
      },
    },
  ],
};
