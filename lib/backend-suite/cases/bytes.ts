import assert from 'node:assert/strict';
import type { ConformanceTopic } from '../harness.js';
import {
  aRecord,
  assertAbsent,
  assertSameTexts,
  assertStored,
  bytesOf,
  noise,
  putAll,
  scannedKeys,
} from '../records.js';

/** Keys that files, patterns, separators or encodings could trip over. */
const AWKWARD_KEYS = [
  'https://example.com/a?b=c&d#e',
  'a:b',
  'a/b',
  '../../etc/passwd',
  '..',
  '.',
  'CON',
  'a\0b',
  'a\0c',
  '\0',
  '\u0001',
  '\u0001"x"',
  'x'.repeat(4096),
  `${'x'.repeat(4095)}y`,
  'case',
  'CASE',
  ' leading and trailing ',
  'tab\tand\nline',
  'quote \' and " and `',
  '%_*?[a-z]\\',
  '__proto__',
  'constructor',
  'caf\u00e9',
  'cafe\u0301',
  '日本語 🎉',
  'unpaired \ud800',
  'unpaired \udc00',
  '',
];

export const bytes: ConformanceTopic = {
  topic: 'bytes',
  cases: [
    {
      title: 'keeps an empty body apart from an absent one',
      check: async ({ backend }) => {
        const record = aRecord({ body: new Uint8Array(0) });
        await putAll(backend, [record]);
        await assertStored(backend, record);
      },
    },
    {
      title: 'keeps all 256 byte values, in head and body',
      check: async ({ backend }) => {
        const all = Uint8Array.from({ length: 256 }, (_, value) => value);
        const record = aRecord({ head: all, body: all.slice().reverse() });
        await putAll(backend, [record]);
        await assertStored(backend, record);
      },
    },
    {
      title: 'keeps a body of 1 MiB',
      check: async ({ backend }) => {
        const record = aRecord({ body: noise(1024 * 1024) });
        await putAll(backend, [record]);
        await assertStored(backend, record);
      },
    },
    {
      title: 'keeps bytes that are a part of a larger buffer',
      check: async ({ backend }) => {
        const larger = noise(1000);
        const record = aRecord({ head: larger.subarray(10, 50), body: larger.subarray(100, 300) });
        await putAll(backend, [record]);
        await assertStored(backend, record);
      },
    },
    {
      title: 'keeps a head of 100 KB, as a great many header fields make it',
      check: async ({ backend }) => {
        const record = aRecord({ head: noise(100_000, 3) });
        await putAll(backend, [record]);
        await assertStored(backend, record);
      },
    },
    {
      title: 'tells awkward keys apart and lists them as they are',
      check: async ({ backend }) => {
        const records = AWKWARD_KEYS.map((key, index) => aRecord({ key, body: bytesOf(`body ${index}`) }));
        await putAll(backend, records);
        for (const record of records) await assertStored(backend, record);
        assertSameTexts(await scannedKeys(backend.scan()), AWKWARD_KEYS);
        for (const key of AWKWARD_KEYS)
          assert.equal(await backend.delete(key), 1, JSON.stringify(key.slice(0, 40)));
        assert.equal(await backend.count(), 0);
      },
    },
    {
      title: 'tells awkward variants and resources apart',
      check: async ({ backend }) => {
        const names = AWKWARD_KEYS.filter((name) => name.length < 4000);
        const records = names.map((name, index) =>
          aRecord({ variant: name, resource: name, body: bytesOf(`body ${index}`) }),
        );
        await putAll(backend, records);
        for (const record of records) await assertStored(backend, record);
        for (const name of names) assert.equal(await backend.deleteResource(name), 1, JSON.stringify(name));
      },
    },
    {
      title: 'does not mix up where a key ends and a variant begins',
      check: async ({ backend }) => {
        const records = [
          aRecord({ key: 'ab', variant: 'c', body: bytesOf('1') }),
          aRecord({ key: 'a', variant: 'bc', body: bytesOf('2') }),
          aRecord({ key: 'a:b', variant: 'c', body: bytesOf('3') }),
          aRecord({ key: 'a', variant: 'b:c', body: bytesOf('4') }),
        ];
        await putAll(backend, records);
        for (const record of records) await assertStored(backend, record);
        assert.equal(await backend.count(), 4);
      },
    },
    {
      title: 'stores a record of exactly the limit, and not one that is a byte larger',
      appliesTo: ({ limitsRecords }) => limitsRecords,
      check: async ({ newStore }) => {
        const fits = aRecord({ key: 'fits', head: noise(100), body: noise(896) });
        const backend = await (await newStore({ name: 'limited', maxRecordBytes: 1000 })).open();
        await putAll(backend, [fits]);
        await assertStored(backend, fits);
        assert.equal(await backend.put(aRecord({ key: 'over', head: noise(100), body: noise(897) })), false);
        await assertAbsent(backend, 'over');
      },
    },
    {
      title: 'D33: a record that is too large takes the older one with it',
      appliesTo: ({ limitsRecords }) => limitsRecords,
      check: async ({ newStore }) => {
        const backend = await (await newStore({ name: 'limited', maxRecordBytes: 1000 })).open();
        const sibling = aRecord({ variant: 'sibling' });
        await putAll(backend, [aRecord(), sibling]);
        assert.equal(await backend.put(aRecord({ body: noise(1000) })), false);
        await assertAbsent(backend, 'key');
        await assertStored(backend, sibling);
      },
    },
  ],
};
