import assert from 'node:assert/strict';
import type { Backend, MaybePromise, StoredRecord } from '../../storage/backend.js';
import type { BackendHarness, CaseContext, ConformanceTopic } from '../harness.js';
import {
  aRecord,
  assertAbsent,
  assertSameTexts,
  assertStored,
  bytesOf,
  metaOf,
  NOON,
  putAll,
  scannedKeys,
} from '../records.js';

/** As they are given to backends: hashes. */
const RED = 'a'.repeat(64);
const BLUE = 'b'.repeat(64);
/** Begins and ends as another one does. */
const NEARLY_RED = `${'a'.repeat(63)}b`;

/** More than a page of the backends of this library, most of which have 200. */
const MANY = 210;

const isIndexed = (harness: BackendHarness): boolean => harness.indexesTags === true;

function withTags(key: string, tags: readonly string[] | undefined, wanted: Partial<StoredRecord> = {}) {
  return aRecord({ key, ...wanted, tags });
}

function deleteTag(backend: Backend, tag: string): MaybePromise<number> {
  assert.ok(typeof backend.deleteTag === 'function', 'deleteTag must be there');
  return backend.deleteTag(tag);
}

async function assertTagged(backend: Backend, tag: string, keys: readonly string[]): Promise<void> {
  assertSameTexts(await scannedKeys(backend.scan({ tag })), keys);
  assert.equal(await backend.count({ tag }), keys.length);
}

const cases: readonly {
  readonly title: string;
  readonly check: (context: CaseContext) => MaybePromise<void>;
}[] = [
  {
    title: 'an empty store, and one without tags, has nothing of a tag',
    check: async ({ backend }) => {
      await assertTagged(backend, RED, []);
      assert.equal(await deleteTag(backend, RED), 0);
      await putAll(backend, [aRecord()]);
      await assertTagged(backend, RED, []);
      assert.equal(await deleteTag(backend, RED), 0);
      await assertStored(backend, aRecord());
    },
  },
  {
    title: 'deletes every record of a tag, and no other',
    check: async ({ backend }) => {
      const kept = [withTags('blue', [BLUE]), withTags('none', undefined), withTags('nearly', [NEARLY_RED])];
      await putAll(backend, [withTags('red', [RED]), withTags('both', [BLUE, RED]), ...kept]);
      await assertTagged(backend, RED, ['red', 'both']);
      await assertTagged(backend, BLUE, ['blue', 'both']);
      assert.equal(await deleteTag(backend, RED), 2);
      for (const key of ['red', 'both']) await assertAbsent(backend, key);
      for (const record of kept) await assertStored(backend, record);
      await assertTagged(backend, RED, []);
      await assertTagged(backend, BLUE, ['blue']);
      assert.equal(await deleteTag(backend, RED), 0);
    },
  },
  {
    title: 'variants of one key have tags of their own',
    check: async ({ backend }) => {
      const [a, b] = [withTags('key', [RED], { variant: 'a' }), withTags('key', [BLUE], { variant: 'b' })];
      await putAll(backend, [a, b, withTags('key', [RED, BLUE], { variant: 'c' })]);
      assert.equal(await deleteTag(backend, RED), 2);
      await assertAbsent(backend, 'key', 'a');
      await assertAbsent(backend, 'key', 'c');
      await assertStored(backend, b);
      assert.equal(await deleteTag(backend, BLUE), 1);
      assert.equal(await backend.count(), 0);
    },
  },
  {
    title: 'a record of a tag that lies between large others leaves them whole',
    check: async ({ backend }) => {
      const large = bytesOf('large '.repeat(5000));
      const others = ['a', 'c'].map((variant) => withTags('key', [BLUE], { variant, body: large }));
      await putAll(backend, others);
      await putAll(backend, [withTags('key', [RED, BLUE], { variant: 'b', body: large })]);
      assert.equal(await deleteTag(backend, RED), 1);
      for (const record of others) await assertStored(backend, record);
      await assertTagged(backend, BLUE, ['key', 'key']);
    },
  },
  {
    title: 'a record that is stored anew has its new tags only',
    check: async ({ backend }) => {
      await putAll(backend, [withTags('key', [RED]), withTags('key', [BLUE])]);
      await assertTagged(backend, RED, []);
      assert.equal(await deleteTag(backend, RED), 0);
      await assertTagged(backend, BLUE, ['key']);
      await putAll(backend, [withTags('key', undefined)]);
      await assertTagged(backend, BLUE, []);
      assert.equal(await deleteTag(backend, BLUE), 0);
      await assertStored(backend, withTags('key', undefined));
    },
  },
  {
    title: 'a head that is replaced brings its tags, and takes those of the one before',
    check: async ({ backend }) => {
      const first = withTags('key', [RED]);
      await putAll(backend, [first]);
      const second = { ...first, tags: [BLUE], head: bytesOf('another head'), expiresAt: NOON + 90_000 };
      assert.equal(await backend.replaceHead(metaOf(second), first.head), true);
      await assertStored(backend, second);
      await assertTagged(backend, RED, []);
      await assertTagged(backend, BLUE, ['key']);
      assert.equal(
        await backend.replaceHead(metaOf({ ...second, tags: [RED] }), bytesOf('not this one')),
        false,
      );
      await assertTagged(backend, RED, []);
      assert.equal(await deleteTag(backend, RED), 0);
      assert.equal(await deleteTag(backend, BLUE), 1);
      await assertAbsent(backend, 'key');
    },
  },
  {
    title: 'a head that is replaced gives tags to a record that had none, and takes them',
    check: async ({ backend }) => {
      await putAll(backend, [aRecord()]);
      assert.equal(await backend.replaceHead(metaOf(withTags('key', [RED, BLUE]))), true);
      await assertTagged(backend, RED, ['key']);
      assert.equal(await backend.replaceHead(metaOf(aRecord())), true);
      await assertTagged(backend, RED, []);
      assert.equal(await deleteTag(backend, BLUE), 0);
      await assertStored(backend, aRecord());
    },
  },
  {
    title: 'a tag is joined with other conditions by and',
    check: async ({ backend }) => {
      await putAll(backend, [
        withTags('stale', [RED], { expiresAt: NOON - 1 }),
        withTags('fresh', [RED], { expiresAt: NOON + 1, resource: 'other' }),
        withTags('blue', [BLUE], { expiresAt: NOON - 1 }),
      ]);
      assertSameTexts(await scannedKeys(backend.scan({ tag: RED, expiredBy: NOON })), ['stale']);
      assertSameTexts(await scannedKeys(backend.scan({ tag: RED, freshAt: NOON })), ['fresh']);
      assertSameTexts(await scannedKeys(backend.scan({ tag: RED, resource: 'other' })), ['fresh']);
      assert.equal(await backend.count({ tag: RED, resource: 'resource' }), 1);
    },
  },
  {
    title: 'records that were deleted, pruned or cleared leave nothing of their tags',
    check: async ({ backend }) => {
      const record = withTags('key', [RED], { retainUntil: NOON });
      for (const remove of [
        () => backend.delete('key'),
        () => backend.delete('key', ''),
        () => backend.deleteResource('resource'),
        () => backend.prune(NOON, 10),
        () => backend.clear(),
      ]) {
        await putAll(backend, [record]);
        await assertTagged(backend, RED, ['key']);
        await remove();
        await assertTagged(backend, RED, []);
        assert.equal(await deleteTag(backend, RED), 0);
        // The same key without the tag must not be taken for what was there before.
        await putAll(backend, [withTags('key', undefined)]);
        assert.equal(await deleteTag(backend, RED), 0);
        await assertStored(backend, withTags('key', undefined));
        await backend.delete('key');
      }
    },
  },
  {
    title: 'lists and deletes the records of a tag over many pages',
    check: async ({ backend }) => {
      const records = Array.from({ length: MANY }, (_, index) =>
        withTags(`key ${index}`, [index % 2 === 0 ? RED : BLUE], { body: bytesOf(`${index}`) }),
      );
      for (let start = 0; start < MANY; start += 50) {
        await Promise.all(records.slice(start, start + 50).map((record) => putAll(backend, [record])));
      }
      const even = records.filter((_, index) => index % 2 === 0).map(({ key }) => key);
      await assertTagged(backend, RED, even);
      assert.equal(await deleteTag(backend, RED), even.length);
      assert.equal(await backend.count(), MANY - even.length);
    },
  },
  {
    title: 'calls take effect in the order in which they are made',
    check: async ({ backend }) => {
      const outcomes = await Promise.all([
        backend.put(withTags('before', [RED])),
        deleteTag(backend, RED),
        backend.put(withTags('after', [RED])),
      ]);
      assert.deepEqual(outcomes, [true, 1, true]);
      await assertTagged(backend, RED, ['after']);
    },
  },
];

export const tags: ConformanceTopic = {
  topic: 'tags',
  cases: [
    {
      title: 'can find tags as the harness says, by `indexesTags`',
      appliesTo: ({ indexesTags }) => indexesTags !== undefined,
      check: ({ harness, backend }) => {
        assert.equal(typeof backend.deleteTag === 'function', isIndexed(harness), 'deleteTag is there');
      },
    },
    ...cases.map((one) => ({ ...one, appliesTo: isIndexed })),
    {
      title: 'tags are kept when the store is closed and opened again',
      appliesTo: (harness) => isIndexed(harness) && harness.traits.persistent,
      check: async ({ backend, store }) => {
        await putAll(backend, [withTags('red', [RED]), withTags('blue', [BLUE])]);
        await backend.close();
        const again = await store.open();
        await assertTagged(again, RED, ['red']);
        assert.equal(await deleteTag(again, RED), 1);
        await assertStored(again, withTags('blue', [BLUE]));
      },
    },
    {
      title: 'another handle finds and deletes what this one has tagged',
      appliesTo: (harness) => isIndexed(harness) && harness.traits.shared,
      check: async ({ backend, store }) => {
        const other = await store.open();
        assert.equal(await deleteTag(other, RED), 0);
        await putAll(backend, [withTags('red', [RED])]);
        await assertTagged(other, RED, ['red']);
        await putAll(other, [withTags('also red', [RED])]);
        assert.equal(await deleteTag(backend, RED), 2);
        await assertAbsent(other, 'red');
        await assertAbsent(other, 'also red');
      },
    },
  ],
};
