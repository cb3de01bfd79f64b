import assert from 'node:assert/strict';
import { type ConformanceTopic } from '../harness.js';
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
