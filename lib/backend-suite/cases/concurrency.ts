import assert from 'node:assert/strict';
import type { ConformanceTopic } from '../harness.js';
import { aRecord, assertStored, bytesOf, getOnly, metaOf, noise, putAll } from '../records.js';

export const concurrency: ConformanceTopic = {
  topic: 'concurrency',
  cases: [
    {
      title: '50 puts at a time to one address leave one whole record',
      check: async ({ backend }) => {
        const records = Array.from({ length: 50 }, (_, index) =>
          aRecord({ head: bytesOf(`head ${index}`), body: noise(1000 + index, index) }),
        );
        const stored = await Promise.all(records.map((record) => Promise.resolve(backend.put(record))));
        assert.deepEqual([...new Set(stored)], [true]);
        const found = await getOnly(backend, 'key');
        const winner = records.find((record) => Buffer.compare(record.head, found.head) === 0);
        assert.ok(winner !== undefined, 'the head is one of those that were put');
        await assertStored(backend, winner);
      },
    },
    {
      title: '50 puts at a time to different keys are all kept',
      check: async ({ backend }) => {
        const records = Array.from({ length: 50 }, (_, index) =>
          aRecord({ key: `key ${index}`, body: noise(100, index) }),
        );
        await Promise.all(records.map((record) => Promise.resolve(backend.put(record))));
        for (const record of records) await assertStored(backend, record);
        assert.equal(await backend.count(), 50);
      },
    },
    {
      title: 'calls that are made in order, without waiting, take effect in that order',
      check: async ({ backend }) => {
        const last = aRecord({ body: bytesOf('last') });
        await Promise.all([
          backend.put(aRecord({ body: bytesOf('first') })),
          backend.delete('key'),
          backend.put(aRecord({ body: bytesOf('second') })),
          backend.put(last),
        ]);
        await assertStored(backend, last);
      },
    },
    {
      title: 'a reader sees the old record or the new one, whole',
      check: async ({ backend }) => {
        const versions = [
          aRecord({ head: bytesOf('1'), body: noise(60_000, 1) }),
          aRecord({ head: bytesOf('2'), body: noise(90_000, 2) }),
        ];
        await putAll(backend, versions.slice(0, 1));
        const writing = (async () => {
          for (let round = 0; round < 20; round++) await putAll(backend, versions);
        })();
        for (let round = 0; round < 40; round++) {
          const found = await getOnly(backend, 'key');
          const version = versions.find((one) => Buffer.compare(one.head, found.head) === 0);
          assert.ok(version !== undefined);
          assert.ok(
            found.body !== undefined && Buffer.compare(found.body, version.body) === 0,
            'its own body',
          );
        }
        await writing;
      },
    },
    {
      title: 'two handles on one store agree',
      appliesTo: ({ traits }) => traits.shared,
      check: async ({ backend, store }) => {
        const other = await store.open();
        const record = aRecord();
        await putAll(backend, [record]);
        await assertStored(other, record);
        const newer = aRecord({ head: bytesOf('newer') });
        assert.equal(await other.replaceHead(metaOf(newer)), true);
        await assertStored(backend, newer);
        assert.equal(await other.delete('key'), 1);
        assert.equal((await backend.get('key')).length, 0);
      },
    },
    {
      title: 'two handles that write at the same time lose nothing',
      appliesTo: ({ traits }) => traits.shared,
      check: async ({ backend, store }) => {
        const handles = [backend, await store.open()];
        const puts = handles.flatMap((handle, owner) =>
          Array.from({ length: 50 }, (_, index) =>
            Promise.resolve(handle.put(aRecord({ key: `${owner} ${index}` }))),
          ),
        );
        assert.deepEqual([...new Set(await Promise.all(puts))], [true]);
        assert.equal(await backend.count(), 100);
      },
    },
  ],
};
