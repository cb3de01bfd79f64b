import assert from 'node:assert/strict';
import type { ConformanceTopic } from '../harness.js';
import { aRecord, assertAbsent, assertStored, bytesOf, getOnly, putAll } from '../records.js';

export const presence: ConformanceTopic = {
  topic: 'presence',
  cases: [
    {
      title: 'finds nothing under an unknown key',
      check: async ({ backend }) => {
        await assertAbsent(backend, 'unknown');
        assert.equal(await backend.delete('unknown'), 0);
        assert.equal(await backend.delete('unknown', ''), 0);
        assert.equal(await backend.deleteResource('unknown'), 0);
        assert.equal(await backend.count(), 0);
      },
    },
    {
      title: 'gives back every field and the body of what was put',
      check: async ({ backend }) => {
        const record = aRecord();
        await putAll(backend, [record]);
        await assertStored(backend, record);
        assert.equal(await backend.count(), 1);
      },
    },
    {
      title: 'gives undefined, and not null, for absent times',
      check: async ({ backend }) => {
        const record = aRecord({ expiresAt: undefined, retainUntil: undefined });
        await putAll(backend, [record]);
        const found = await getOnly(backend, record.key);
        assert.equal(found.expiresAt, undefined);
        assert.equal(found.retainUntil, undefined);
      },
    },
    {
      title: 'replaces the record at the same address, in every field',
      check: async ({ backend }) => {
        await putAll(backend, [aRecord()]);
        const newer = aRecord({
          resource: 'elsewhere',
          head: bytesOf('newer head'),
          body: bytesOf('a newer and longer body'),
          createdAt: 1,
          expiresAt: 2,
          retainUntil: undefined,
        });
        await putAll(backend, [newer]);
        await assertStored(backend, newer);
        assert.equal(await backend.count(), 1);
        assert.equal(await backend.deleteResource('resource'), 0, 'the older resource is forgotten');
      },
    },
    {
      title: 'says how many records a deletion took, and takes the body with the head',
      check: async ({ backend }) => {
        await putAll(backend, [aRecord(), aRecord({ key: 'other' })]);
        assert.equal(await backend.delete('key'), 1);
        assert.equal(await backend.delete('key'), 0);
        await assertAbsent(backend, 'key');
        await assertStored(backend, aRecord({ key: 'other' }));
        assert.equal(await backend.count(), 1);
      },
    },
    {
      title: 'deletes every record of a resource, whatever its key and variant, and no other',
      check: async ({ backend }) => {
        const other = aRecord({ key: 'c', resource: 'theirs' });
        await putAll(backend, [
          aRecord({ key: 'a', variant: '1' }),
          aRecord({ key: 'a', variant: '2' }),
          aRecord({ key: 'b' }),
          other,
        ]);
        assert.equal(await backend.deleteResource('resource'), 3);
        await assertAbsent(backend, 'a', '1');
        await assertAbsent(backend, 'a', '2');
        await assertAbsent(backend, 'b');
        await assertStored(backend, other);
        assert.equal(await backend.deleteResource('resource'), 0);
      },
    },
    {
      title: 'an address can be used again after its deletion',
      check: async ({ backend }) => {
        await putAll(backend, [aRecord({ body: bytesOf('first') })]);
        await backend.delete('key');
        const second = aRecord({ body: bytesOf('second') });
        await putAll(backend, [second]);
        await assertStored(backend, second);
      },
    },
    {
      title: 'clear() leaves nothing, and a store that works',
      check: async ({ backend }) => {
        await putAll(backend, [aRecord(), aRecord({ key: 'b', variant: 'x' })]);
        await backend.clear();
        await assertAbsent(backend, 'key');
        await assertAbsent(backend, 'b', 'x');
        assert.equal(await backend.count(), 0);
        await putAll(backend, [aRecord()]);
        await assertStored(backend, aRecord());
      },
    },
  ],
};
