import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { BSON } from 'mongodb';
import { aRecord, metaOf, noise } from '../../../lib/backend-suite/records.js';
import {
  documentBytes,
  documentOf,
  headUpdate,
  idOf,
  readDocument,
  withinRange,
  withKey,
} from '../../../lib/backends/mongodb/document.js';
import { MongodbBackend } from '../../../lib/backends/mongodb/index.js';
import { nameOf } from '../../../lib/backends/mongodb/names.js';

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string(),
  fc.constantFrom('\ud800', '\0', '\u0001', ''),
);
const anyTime = fc.oneof(
  fc.double({ noNaN: true }),
  fc.integer(),
  fc.constantFrom(8.64e15, 2 ** 62, -1, 0.5),
);
const anyMeta = fc.record({
  key: anyText,
  variant: anyText,
  resource: fc.oneof(anyText, fc.constant('x'.repeat(600)), fc.constant('\ud800'.repeat(600))),
  head: fc.uint8Array(),
  bodyBytes: fc.nat(),
  createdAt: anyTime,
  expiresAt: fc.option(anyTime, { nil: undefined }),
  retainUntil: fc.option(anyTime, { nil: undefined }),
});

describe('a document', () => {
  it('gives back what it was made of, through BSON', () => {
    fc.assert(
      fc.property(anyMeta, fc.boolean(), (meta, usesTtl) => {
        const bytes = BSON.serialize(documentOf(meta, usesTtl));
        const read = readDocument(BSON.deserialize(bytes, { promoteBuffers: true }));
        expect({ ...read?.meta, head: Buffer.from(read?.meta.head ?? []) }).toEqual({
          ...meta,
          head: Buffer.from(meta.head),
        });
      }),
    );
  });

  it('is changed to another head’s by an update that leaves nothing of the older one', () => {
    fc.assert(
      fc.property(anyMeta, anyMeta, fc.boolean(), (older, newer, usesTtl) => {
        const meta = { ...newer, key: older.key, variant: older.variant, bodyBytes: older.bodyBytes };
        const { $set, $unset = {} } = headUpdate(meta, usesTtl);
        const changed: Record<string, unknown> = { ...documentOf(older, usesTtl), ...$set };
        for (const name of Object.keys($unset)) delete changed[name];
        expect(changed).toEqual(documentOf(meta, usesTtl));
      }),
    );
  });

  it('is never longer than was reckoned, and hardly shorter', () => {
    fc.assert(
      fc.property(anyMeta, fc.uint8Array(), (meta, body) => {
        const document = { ...documentOf(meta, true), body };
        const actual = BSON.calculateObjectSize(document);
        expect(documentBytes(document)).toBeGreaterThanOrEqual(actual);
        expect(documentBytes(document) - actual).toBeLessThanOrEqual(5 * 4);
      }),
    );
  });

  it('has an _id that differs where key or variant do, and lies among those of its key', () => {
    const texts = ['', 'a', 'A', '\0', '\ud800', '\udc00', '\ufffd', 'ab', 'a.b', 'é', 'e\u0301'];
    const addresses = texts.flatMap((key) => texts.map((variant) => ({ key, variant })));
    expect(new Set(addresses.map(idOf)).size).toBe(addresses.length);
    for (const address of addresses) {
      const { $gte, $lt } = withKey(address.key)['_id'] as { $gte: string; $lt: string };
      const others = addresses.filter(({ key }) => key !== address.key).map(idOf);
      expect(idOf(address) >= $gte && idOf(address) < $lt).toBe(true);
      expect(others.filter((id) => id >= $gte && id < $lt)).toEqual([]);
    }
  });

  it('has the date at which the server deletes it, never before its time', () => {
    const deleteAt = (retainUntil: number | undefined): unknown =>
      documentOf(metaOf(aRecord({ retainUntil })), true)['deleteAt'];
    expect(deleteAt(1000)).toEqual(new Date(1000));
    expect(deleteAt(1000.25)).toEqual(new Date(1001));
    expect(deleteAt(-1e300)).toEqual(new Date(-8.64e15));
    for (const never of [undefined, 8.64e15, 2 ** 62, Infinity, NaN]) expect(deleteAt(never)).toBeUndefined();
    expect(documentOf(metaOf(aRecord()), false)).not.toHaveProperty('deleteAt');
  });

  it('that is damaged or of others reads as absent, and nothing throws', () => {
    const sound = { ...documentOf(metaOf(aRecord()), true), body: noise(10) };
    expect(readDocument(sound)).toBeDefined();
    const junk = [null, undefined, 5, 'x', {}, [], new Date(), NaN, -1, 0.5, Buffer.from('x'), { $gt: '' }];
    const needed = Object.keys(sound).filter((name) => !['deleteAt', 'headBytes'].includes(name));
    for (const name of needed) {
      for (const value of junk) {
        const read = readDocument({ ...sound, [name]: value });
        const isReplaced = typeof value === typeof sound[name as keyof typeof sound];
        if (!isReplaced && value !== undefined)
          expect({ name, value, read }).toEqual({ name, value, read: undefined });
        // Bytes are for the layers above to judge.
        if (['_id', 'key', 'variant'].includes(name)) expect(read).toBeUndefined();
      }
    }
    fc.assert(fc.property(fc.dictionary(fc.string(), fc.anything()), (found) => void readDocument(found)));
    fc.assert(
      fc.property(fc.constantFrom(...needed), fc.anything(), (name, value) => {
        const read = readDocument({ ...sound, [name]: value });
        if (read?.body !== undefined) expect(ArrayBuffer.isView(read.body)).toBe(true);
      }),
    );
  });
});

it('a range is a filter that leaves out what is not ours', () => {
  expect(withinRange({})).toEqual({ _id: { $gte: '0', $lt: 'g' } });
  expect(withinRange({ expiredBy: 5, freshAt: 3, createdBefore: 9, resource: 'r' }, 'abc')).toEqual({
    _id: { $gt: 'abc', $lt: 'g' },
    expiresAt: { $lte: 5, $not: { $lte: 3 } },
    createdAt: { $lt: 9 },
    resource: 'r',
  });
});

describe('the name of a database', () => {
  it.each(['http_cache', 'a', '_x', 'demo-cache2', 'a'.repeat(38)])('is the cache name %j itself', (name) => {
    expect(nameOf(name)).toBe(name);
  });

  it.each([
    ['Demo', /^demo-[0-9a-f]{16}$/],
    ['my cache/2', /^my_cache_2-[0-9a-f]{16}$/],
    ['2fast', /^_2fast-[0-9a-f]{16}$/],
    ['admin', /^admin-[0-9a-f]{16}$/],
    ['日本', /^_-[0-9a-f]{16}$/],
    ['a'.repeat(39), /^a{21}-[0-9a-f]{16}$/],
    ['\ud800', /^_-[0-9a-f]{16}$/],
    ['x-0123456789abcdef', /^x-0123456789abcdef-[0-9a-f]{16}$/],
  ])('is made of %j', (name, pattern) => expect(nameOf(name)).toMatch(pattern));

  it('is another one for each cache name, and one that every server takes', () => {
    const texts = ['demo', 'Demo', 'DEMO', 'de mo', 'de.mo', 'de/mo', 'de_mo', '\ud800', '\udc00', '.', '..'];
    const made = texts.map(nameOf);
    expect(new Set([...texts, ...made].map(nameOf)).size).toBe(
      texts.length + made.filter((name) => !texts.includes(name)).length,
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (name) => {
        expect(nameOf(name)).toMatch(/^[a-z_-][a-z0-9_-]{0,37}$/);
      }),
    );
  });

  it('and of the collection go by the options, where those say so', () => {
    const place = (options: object): string => {
      const { database, collection } = new MongodbBackend('demo', options);
      return `${database} ${collection}`;
    };
    expect(place({})).toBe('demo responses');
    expect(place({ collection: 'pages' })).toBe('demo pages');
    expect(place({ database: 'app' })).toBe('app demo');
    expect(place({ database: 'app', collection: 'pages' })).toBe('app pages');
  });

  it('is a hash that does not change from release to release', () => {
    const hash = createHash('sha256').update(Buffer.from('Demo', 'utf16le')).digest('hex');
    expect(nameOf('Demo')).toBe(`demo-${hash.slice(0, 16)}`);
  });
});
