import assert from 'node:assert/strict';
import { BackendError } from '../../errors.js';
import type { ConformanceTopic } from '../harness.js';
import { aRecord, assertAbsent, assertStored, bytesOf, errorOf, metaOf, noise, putAll } from '../records.js';

export const persistence: ConformanceTopic = {
  topic: 'persistence',
  cases: [
    {
      title: 'records survive close and reopen, with all their fields',
      appliesTo: ({ traits }) => traits.persistent,
      check: async ({ backend, store }) => {
        const records = [
          aRecord({ variant: 'a', body: noise(10_000) }),
          aRecord({ variant: 'b', expiresAt: undefined, retainUntil: undefined }),
          aRecord({ key: 'unpaired \ud800 \0', body: new Uint8Array(0) }),
        ];
        await putAll(backend, records);
        await backend.close();
        const reopened = await store.open();
        for (const record of records) await assertStored(reopened, record);
        assert.equal(await reopened.count(), 3);
      },
    },
    {
      title: 'replaced heads and deletions survive close and reopen',
      appliesTo: ({ traits }) => traits.persistent,
      check: async ({ backend, store }) => {
        const kept = aRecord({ key: 'kept' });
        await putAll(backend, [kept, aRecord({ key: 'gone' })]);
        const newer = aRecord({ key: 'kept', head: bytesOf('newer') });
        await backend.replaceHead(metaOf(newer));
        await backend.delete('gone');
        await backend.close();
        const reopened = await store.open();
        await assertStored(reopened, newer);
        await assertAbsent(reopened, 'gone');
      },
    },
    {
      title: 'nothing survives where the traits say so',
      appliesTo: ({ traits }) => !traits.persistent,
      check: async ({ backend, newStore }) => {
        await putAll(backend, [aRecord()]);
        await backend.close();
        await assertAbsent(await (await newStore({ name: 'store' })).open(), 'key');
      },
    },
  ],
};

export const failure: ConformanceTopic = {
  topic: 'failure',
  cases: [
    {
      title: 'a damaged store fails with BackendError that has operation and cause',
      appliesTo: ({ damagesStores }) => damagesStores,
      check: async ({ backend, store }) => {
        await putAll(backend, [aRecord()]);
        await backend.close();
        await store.damage?.();
        const damaged = await store.open();
        for (const call of [() => damaged.get('key'), () => damaged.put(aRecord()), () => damaged.count()]) {
          const error = await errorOf(call);
          assert.ok(error instanceof BackendError, String(error));
          assert.equal(error.backend, damaged.name);
          assert.ok(error.operation.length > 0);
          assert.ok(error.cause !== undefined, 'the driver’s error is kept');
        }
      },
    },
    {
      title: 'clear() makes a damaged store usable again',
      appliesTo: ({ damagesStores }) => damagesStores,
      check: async ({ backend, store }) => {
        await putAll(backend, [aRecord()]);
        await backend.close();
        await store.damage?.();
        const damaged = await store.open();
        await damaged.clear();
        assert.equal(await damaged.count(), 0);
        await putAll(damaged, [aRecord()]);
        await assertStored(damaged, aRecord());
      },
    },
  ],
};
