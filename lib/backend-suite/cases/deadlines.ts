import assert from 'node:assert/strict';
import type { ConformanceTopic } from '../harness.js';
import { aRecord, assertAbsent, assertStored, NOON, putAll } from '../records.js';

export const deadlines: ConformanceTopic = {
  topic: 'deadlines',
  cases: [
    {
      title: 'keeps a record before its retainUntil, and prunes it from then on',
      check: async ({ backend }) => {
        const record = aRecord({ retainUntil: NOON });
        await putAll(backend, [record]);
        assert.equal(await backend.prune(NOON - 1, 100), 0);
        await assertStored(backend, record);
        assert.equal(await backend.prune(NOON, 100), 1);
        await assertAbsent(backend, record.key);
      },
    },
    {
      title: 'D15: never prunes a record without retainUntil',
      check: async ({ backend }) => {
        const record = aRecord({ expiresAt: NOON - 1000, retainUntil: undefined });
        await putAll(backend, [record]);
        assert.equal(await backend.prune(8.64e15, 100), 0);
        await assertStored(backend, record);
      },
    },
    {
      title: 'D15: keeps a stale record as long as retainUntil says',
      check: async ({ backend }) => {
        const record = aRecord({ expiresAt: NOON - 60_000, retainUntil: NOON + 60_000 });
        await putAll(backend, [record]);
        assert.equal(await backend.prune(NOON, 100), 0);
        await assertStored(backend, record);
      },
    },
    {
      title: 'D15: accepts a record whose retainUntil has passed, and does not keep it for ever',
      check: async ({ backend }) => {
        assert.equal(await backend.put(aRecord({ retainUntil: 1, expiresAt: 0 })), true);
        await backend.prune(NOON, 100);
        await assertAbsent(backend, 'key');
      },
    },
    {
      title: 'keeps extreme and fractional times as they are',
      check: async ({ backend }) => {
        const records = [
          aRecord({ key: 'greatest date', createdAt: 0, expiresAt: 8.64e15, retainUntil: 8.64e15 }),
          aRecord({ key: 'greatest integer', retainUntil: Number.MAX_SAFE_INTEGER }),
          aRecord({ key: 'beyond integers', retainUntil: 2 ** 62 }),
          aRecord({
            key: 'fraction',
            createdAt: NOON + 0.25,
            expiresAt: NOON + 0.5,
            retainUntil: NOON + 0.75,
          }),
          aRecord({ key: 'before 1970', createdAt: -1, expiresAt: -1, retainUntil: NOON }),
        ];
        await putAll(backend, records);
        for (const record of records) await assertStored(backend, record);
      },
    },
    {
      title: 'prunes at most as many as it is told, and says how many',
      check: async ({ backend }) => {
        await putAll(
          backend,
          Array.from({ length: 5 }, (_, index) =>
            aRecord({ key: `old ${index}`, retainUntil: NOON - index }),
          ),
        );
        const kept = aRecord({ key: 'kept', retainUntil: NOON + 1 });
        await putAll(backend, [kept]);
        assert.equal(await backend.prune(NOON, 2), 2);
        assert.equal(await backend.count(), 4);
        assert.equal(await backend.prune(NOON, 2), 2);
        assert.equal(await backend.prune(NOON, 2), 1);
        assert.equal(await backend.prune(NOON, 2), 0);
        await assertStored(backend, kept);
      },
    },
    {
      title: 'goes by the newest retainUntil of a record',
      check: async ({ backend }) => {
        await putAll(backend, [aRecord({ retainUntil: NOON - 1 })]);
        const newer = aRecord({ retainUntil: NOON + 1000 });
        await putAll(backend, [newer]);
        assert.equal(await backend.prune(NOON, 100), 0);
        await assertStored(backend, newer);
        await putAll(backend, [aRecord({ retainUntil: NOON - 1 })]);
        assert.equal(await backend.prune(NOON, 100), 1);
      },
    },
  ],
};
