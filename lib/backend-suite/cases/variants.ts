import assert from 'node:assert/strict';
import type { ConformanceTopic } from '../harness.js';
import { aRecord, assertAbsent, assertStored, bytesOf, noise, putAll } from '../records.js';

const english = aRecord({ variant: 'en', body: bytesOf('colour'), head: bytesOf('head en') });
const french = aRecord({ variant: 'fr', body: bytesOf('couleur'), head: bytesOf('head fr') });

export const variants: ConformanceTopic = {
  topic: 'variants',
  cases: [
    {
      title: 'keeps several variants under one key, each with its own body',
      check: async ({ backend }) => {
        await putAll(backend, [english, french]);
        const found = await backend.get('key');
        assert.equal(found.length, 2);
        await assertStored(backend, english);
        await assertStored(backend, french);
        assert.equal(await backend.count(), 2);
      },
    },
    {
      title: 'gives each of several large variants its own body',
      check: async ({ backend }) => {
        const records = [1, 2, 3].map((seed) => aRecord({ variant: `v${seed}`, body: noise(100_000, seed) }));
        await putAll(backend, records);
        for (const record of records) await assertStored(backend, record);
      },
    },
    {
      title: 'replaces one variant without touching another',
      check: async ({ backend }) => {
        await putAll(backend, [english, french]);
        const newer = aRecord({ variant: 'en', body: bytesOf('color'), head: bytesOf('newer') });
        await putAll(backend, [newer]);
        await assertStored(backend, newer);
        await assertStored(backend, french);
        assert.equal(await backend.count(), 2);
      },
    },
    {
      title: 'deletes one variant',
      check: async ({ backend }) => {
        await putAll(backend, [english, french]);
        assert.equal(await backend.delete('key', 'en'), 1);
        assert.equal(await backend.delete('key', 'en'), 0);
        await assertAbsent(backend, 'key', 'en');
        await assertStored(backend, french);
      },
    },
    {
      title: 'deletes the empty variant only, when it is named',
      check: async ({ backend }) => {
        await putAll(backend, [aRecord(), french]);
        assert.equal(await backend.delete('key', ''), 1);
        await assertStored(backend, french);
      },
    },
    {
      title: 'deletes all variants of a key, when none is named',
      check: async ({ backend }) => {
        const other = aRecord({ key: 'other', variant: 'en' });
        await putAll(backend, [aRecord(), english, french, other]);
        assert.equal(await backend.delete('key'), 3);
        assert.equal((await backend.get('key')).length, 0);
        await assertStored(backend, other);
      },
    },
  ],
};
