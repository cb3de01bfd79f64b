import assert from 'node:assert/strict';
import type { ConformanceTopic } from '../harness.js';
import {
  aRecord,
  assertAbsent,
  assertSameTexts,
  assertStored,
  bytesOf,
  NOON,
  putAll,
  scannedKeys,
} from '../records.js';

export const namespaces: ConformanceTopic = {
  topic: 'namespaces',
  cases: [
    {
      title: 'stores of different names share nothing, also where one name begins with the other',
      check: async ({ newStore }) => {
        const shorter = await (await newStore({ name: 'cache' })).open();
        const longer = await (await newStore({ name: 'cache2' })).open();
        const ours = aRecord({ body: bytesOf('ours') });
        const theirs = aRecord({ body: bytesOf('theirs') });
        await putAll(shorter, [ours]);
        await assertAbsent(longer, 'key');
        await putAll(longer, [theirs, aRecord({ key: 'more' })]);
        await assertStored(shorter, ours);
        assertSameTexts(await scannedKeys(shorter.scan()), ['key']);
        assert.equal(await shorter.count(), 1);
        assert.equal(await shorter.delete('more'), 0);
        assert.equal(await shorter.deleteResource('resource'), 1);
        await assertStored(longer, theirs);
      },
    },
    {
      title: 'clear() and prune() in one leave the other',
      check: async ({ newStore }) => {
        const shorter = await (await newStore({ name: 'cache' })).open();
        const longer = await (await newStore({ name: 'cache2' })).open();
        const theirs = aRecord({ retainUntil: NOON });
        await putAll(shorter, [aRecord({ retainUntil: NOON })]);
        await putAll(longer, [theirs]);
        assert.equal(await shorter.prune(NOON, 100), 1);
        await shorter.clear();
        await assertStored(longer, theirs);
      },
    },
  ],
};
