import assert from 'node:assert/strict';
import type { StoredRecord } from '../../storage/backend.js';
import type { ConformanceTopic } from '../harness.js';
import { aRecord, assertAbsent, assertStored, bytesOf, metaOf, noise, NOON, putAll } from '../records.js';

export const heads: ConformanceTopic = {
  topic: 'heads',
  cases: [
    {
      title: 'replaces the head and all times, and leaves the body byte for byte',
      check: async ({ backend }) => {
        const older = aRecord({ body: noise(50_000) });
        await putAll(backend, [older]);
        const newer = aRecord({
          body: older.body,
          head: bytesOf('a freshened and longer head'),
          resource: 'moved',
          createdAt: NOON + 1,
          expiresAt: undefined,
          retainUntil: NOON + 2,
        });
        assert.equal(await backend.replaceHead(metaOf(newer)), true);
        await assertStored(backend, newer);
        assert.equal(await backend.count(), 1);
        assert.equal(await backend.deleteResource('moved'), 1);
      },
    },
    {
      title: 'ignores bodyBytes of the new head',
      check: async ({ backend }) => {
        const record = aRecord();
        await putAll(backend, [record]);
        assert.equal(await backend.replaceHead({ ...metaOf(record), bodyBytes: 999 }), true);
        await assertStored(backend, record);
      },
    },
    {
      title: 'gives false and creates nothing where there is no record',
      check: async ({ backend }) => {
        assert.equal(await backend.replaceHead(metaOf(aRecord())), false);
        await assertAbsent(backend, 'key');
        assert.equal(await backend.count(), 0);
      },
    },
    {
      title: 'gives false for another variant of a key that exists',
      check: async ({ backend }) => {
        const record = aRecord({ variant: 'en' });
        await putAll(backend, [record]);
        assert.equal(await backend.replaceHead(metaOf(aRecord({ variant: 'fr' }))), false);
        await assertStored(backend, record);
        assert.equal(await backend.count(), 1);
      },
    },
    {
      title: 'replaces the head of one variant only',
      check: async ({ backend }) => {
        const [one, two] = [aRecord({ variant: '1' }), aRecord({ variant: '2' })];
        await putAll(backend, [one, two]);
        const newer = aRecord({ variant: '1', head: bytesOf('newer') });
        await backend.replaceHead(metaOf(newer));
        await assertStored(backend, newer);
        await assertStored(backend, two);
      },
    },
    {
      title: 'replaces the head that is expected',
      check: async ({ backend }) => {
        const older = aRecord({ head: noise(3000, 1) });
        await putAll(backend, [older]);
        const newer = aRecord({ head: bytesOf('newer'), expiresAt: undefined });
        // The same bytes, but not the same object, and only a part of its buffer.
        const expected = Uint8Array.of(0, ...older.head, 0).subarray(1, -1);
        assert.equal(await backend.replaceHead(metaOf(newer), expected), true);
        await assertStored(backend, newer);
        assert.equal(await backend.replaceHead(metaOf(older), newer.head), true);
        await assertStored(backend, older);
      },
    },
    {
      title: 'gives false and changes nothing when the head is another than the expected one',
      check: async ({ backend }) => {
        const stored = aRecord({ head: bytesOf('the stored head'), body: noise(5000) });
        const sibling = aRecord({ variant: 'sibling', head: bytesOf('the expected head') });
        await putAll(backend, [stored, sibling]);
        const late = { ...metaOf(stored), head: bytesOf('too late'), resource: 'moved', retainUntil: NOON };
        const others = ['the expected head', 'The stored head', 'the stored hea', 'the stored head ', ''];
        for (const other of others) {
          assert.equal(await backend.replaceHead(late, bytesOf(other)), false, JSON.stringify(other));
        }
        await assertStored(backend, stored);
        await assertStored(backend, sibling);
        assert.equal(await backend.count({ resource: 'moved' }), 0);
        assert.equal(await backend.prune(NOON, 100), 0);
      },
    },
    {
      title: 'gives false and creates nothing when the expected head is gone',
      check: async ({ backend }) => {
        const record = aRecord();
        await putAll(backend, [record]);
        await backend.delete('key');
        assert.equal(await backend.replaceHead(metaOf(record), record.head), false);
        await assertAbsent(backend, 'key');
        assert.equal(await backend.count(), 0);
      },
    },
    {
      title: 'of two that expect the same head, one wins',
      check: async ({ backend }) => {
        const stored = aRecord();
        await putAll(backend, [stored]);
        const rivals = [aRecord({ head: bytesOf('one') }), aRecord({ head: bytesOf('two') })];
        const replaced = await Promise.all(
          rivals.map((rival) => Promise.resolve(backend.replaceHead(metaOf(rival), stored.head))),
        );
        assert.deepEqual([...replaced].sort(), [false, true]);
        await assertStored(backend, rivals[replaced.indexOf(true)] as StoredRecord);
      },
    },
    {
      title: 'a replaced head changes when the record is pruned',
      check: async ({ backend }) => {
        const record = aRecord({ retainUntil: NOON });
        await putAll(backend, [record]);
        await backend.replaceHead({ ...metaOf(record), retainUntil: NOON + 1000 });
        assert.equal(await backend.prune(NOON, 100), 0);
        await backend.replaceHead({ ...metaOf(record), retainUntil: NOON - 1000 });
        assert.equal(await backend.prune(NOON, 100), 1);
      },
    },
  ],
};
