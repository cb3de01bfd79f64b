import fc from 'fast-check';
import { BSON } from 'mongodb';
import { BSON as BSON6 } from 'mongodb-6';
import { bytesOf, metaOf, noise } from '../../../lib/backend-suite/records.js';
import {
  documentBytes,
  documentOf,
  headUpdate,
  type ReadDocument,
  readDocument,
} from '../../../lib/backends/mongodb/document.js';
import { bodyFields, withHead } from '../../../lib/backends/mongodb/native.js';
import { type StoredRecord } from '../../../lib/storage/backend.js';
import { encodeHead } from '../../../lib/storage/record-codec.js';
import { aHeadWithSpaces, anyJsonText, anyPayload, aPayload, aRealRecord, SAME } from '../native-corpus.js';

const FORM = { decodesContent: true };

function documentFor(record: StoredRecord, decodesContent = true): Record<string, unknown> {
  const { body, ...meta } = record;
  return { ...documentOf(meta, true, FORM), ...bodyFields(body, { decodesContent }, Infinity) };
}

function stored(
  document: Record<string, unknown>,
  { serialize, deserialize } = BSON,
): Record<string, unknown> {
  return deserialize(serialize(document), { promoteBuffers: true });
}

function expectSame(read: ReadDocument | undefined, record: StoredRecord): void {
  expect(Buffer.from(read?.meta.head ?? []).equals(record.head)).toBe(true);
  expect(Buffer.from(read?.body ?? []).equals(record.body)).toBe(true);
  expect(read?.meta.bodyBytes).toBe(record.bodyBytes);
}

describe.each([
  ['7', BSON],
  ['6', BSON6 as unknown as typeof BSON],
])('a native document, through BSON of the driver %s', (_version, bson) => {
  it('gives back every head to the byte, most of them from a sub-document', () => {
    let natives = 0;
    fc.assert(
      fc.property(anyPayload, (payload) => {
        const record = aRealRecord({ payload });
        const document = documentFor(record);
        if (!ArrayBuffer.isView(document['head'])) natives += 1;
        expectSame(readDocument(stored(document, bson)), record);
      }),
      SAME,
    );
    expect(natives).toBeGreaterThan(SAME.numRuns / 4);
    expect(natives).toBeLessThan(SAME.numRuns);
  });

  it('gives back every body to the byte, many of them from sub-documents', () => {
    let natives = 0;
    fc.assert(
      fc.property(anyJsonText, (text) => {
        const record = aRealRecord({ body: bytesOf(text) });
        const document = documentFor(record);
        if ('jsonBytes' in document) natives += 1;
        expectSame(readDocument(stored(document, bson)), record);
      }),
      SAME,
    );
    expect(natives).toBeGreaterThan(SAME.numRuns / 5);
    expect(natives).toBeLessThan(SAME.numRuns);
  });

  it('is as long as was reckoned, but for whole numbers of our own', () => {
    fc.assert(
      fc.property(anyPayload, anyJsonText, (payload, text) => {
        const document = documentFor(aRealRecord({ payload, body: bytesOf(text) }));
        const actual = bson.calculateObjectSize(document);
        expect(documentBytes(document)).toBeGreaterThanOrEqual(actual);
        expect(documentBytes(document) - actual).toBeLessThanOrEqual(6 * 4);
      }),
      SAME,
    );
  });
});

describe('of a head', () => {
  it('the payload is the sub-document, and what tells its body stands beside it', () => {
    const record = aRealRecord();
    expect(documentFor(record)).toMatchObject({
      head: aPayload(),
      bodyDigest: { bodyBytes: record.bodyBytes, bodyCrc32: expect.any(Number) as number },
      headBytes: record.head.byteLength,
    });
  });

  it.each([
    ['a name with a dot', { headers: { 'x.y': '1' } }],
    ['a name that begins with a dollar', { headers: { $x: '1' } }],
    ['an empty name', { headers: { '': '1' } }],
    ['NUL in a name', { headers: { 'a\0': '1' } }],
    ['__proto__', JSON.parse('{"__proto__":{"x":1}}') as object],
    ['_bsontype', { _bsontype: 'ObjectId' }],
    ['a name that all objects inherit', { constructor: [{}] }],
    ['half a surrogate pair', { statusText: '\ud800' }],
    ['half a surrogate pair in a name', { '\udc00': 1 }],
    ['too many levels', JSON.parse(`${'{"a":'.repeat(70)}1${'}'.repeat(70)}`) as object],
  ])('with %s the bytes are stored', (_what, more) => {
    const record = aRealRecord({ payload: aPayload(more) });
    const document = documentFor(record);
    expect(document['head']).toBe(record.head);
    expect(document).not.toHaveProperty('bodyDigest');
    expectSame(readDocument(stored(document)), record);
  });

  it('that is none of this library the bytes are stored, also where it nearly is one', () => {
    const { head } = aRealRecord();
    for (const bytes of [noise(100), head.subarray(1), head.subarray(0, -1), aHeadWithSpaces()]) {
      expect(documentOf({ ...metaOf(aRealRecord()), head: bytes }, true, FORM)['head']).toBe(bytes);
    }
  });

  it('an update leaves nothing of the other form', () => {
    const record = aRealRecord();
    const asBytes = headUpdate(metaOf(record), true);
    expect(asBytes).toMatchObject({ $set: { head: record.head }, $unset: { bodyDigest: '' } });
    const native = headUpdate(metaOf(record), true, FORM);
    expect(native).toMatchObject({ $set: { head: aPayload(), bodyDigest: {} } });
    expect(native.$unset).not.toHaveProperty('bodyDigest');
  });
});

describe('of a body', () => {
  const bodyOf = (text: string | Uint8Array, decodesContent = true, room = Infinity): unknown =>
    bodyFields(typeof text === 'string' ? bytesOf(text) : text, { decodesContent }, room).body;

  it('readable text is a string, other bytes stay bytes', () => {
    expect(bodyOf('Grüße\n\t😀')).toBe('Grüße\n\t😀');
    expect(bodyOf('')).toBe('');
    for (const bytes of [noise(20), bytesOf('\ufeffx'), bytesOf('a\0'), Uint8Array.of(0xff)]) {
      expect(bodyOf(bytes)).toBe(bytes);
    }
  });

  it('JSON is what it says, only where that was asked for, and it gives the same text again', () => {
    expect(bodyOf('{"a":[1,{"b":null}]}')).toEqual({ a: [1, { b: null }] });
    expect(bodyOf('[]')).toEqual([]);
    expect(bodyOf('{"a":1}', false)).toBe('{"a":1}');
    const others = ['{"a": 1}', '{"a":1.0}', '{"a":-0}', '{"b":1,"1":2}', '{"a":1,"a":1}', '{"a":1}\n', '5'];
    for (const text of [
      ...others,
      '"x"',
      'null',
      '{"a":12345678901234567890}',
      '{"a.b":1}',
      '{"a":"\\u0041"}',
    ]) {
      expect(bodyOf(text)).toBe(text);
    }
    expect(bodyOf('{"1":2,"b":1}')).toEqual({ b: 1, 1: 2 });
  });

  it('JSON that takes more room than there is, is text', () => {
    const numbers = `[${Array(1000).fill(1).join(',')}]`;
    const { jsonBytes = 0 } = bodyFields(bytesOf(numbers), FORM, Infinity);
    expect(jsonBytes).toBeGreaterThan(3 * numbers.length);
    expect(bodyOf(numbers, true, jsonBytes)).toHaveLength(1000);
    expect(bodyOf(numbers, true, jsonBytes - 1)).toBe(numbers);
  });
});

describe('what is read', () => {
  const sound = (): Record<string, unknown> => stored(documentFor(aRealRecord()));
  const HOSTILE: readonly unknown[] = [
    ...[null, 5, true, 'x', [], [{ status: 200 }], new Date(), NaN, 10n, new BSON.ObjectId(), /x/],
    ...[{ a: new Date() }, { a: NaN }, { a: Infinity }, { a: undefined }, { a: BSON.Long.MAX_VALUE }],
    ...[{ a: new BSON.Decimal128('1') }, { a: Buffer.from('x') }, { a: () => 1 }, { toJSON: () => 'x' }],
    ...[new Map([['a', 1]]), { a: new Map() }, JSON.parse('{"__proto__":{"polluted":1}}')],
    JSON.parse(`${'['.repeat(5000)}${']'.repeat(5000)}`),
    JSON.parse(`${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`),
  ];

  it.each(['head', 'body', 'bodyDigest', 'jsonBytes', 'bodyBytes'])(
    'of strange values in %s is absent, and nothing throws',
    (name) => {
      expect(readDocument(sound())).toBeDefined();
      for (const value of HOSTILE) {
        const read = readDocument({ ...sound(), [name]: value });
        if (name !== 'jsonBytes') expect({ value, read }).toEqual({ value, read: undefined });
      }
      fc.assert(
        fc.property(fc.anything({ withNullPrototype: true, withBigInt: true }), (value) => {
          for (const form of [value, { status: value }]) {
            const read = readDocument({ ...sound(), [name]: form });
            if (read !== undefined) expect(ArrayBuffer.isView(read.meta.head)).toBe(true);
          }
        }),
        SAME,
      );
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    },
  );

  it('of a digest that no body can have is absent', () => {
    for (const bodyDigest of [
      {},
      { bodyBytes: 1 },
      { bodyBytes: -1, bodyCrc32: 1 },
      { bodyBytes: 2 ** 48, bodyCrc32: 1 },
      { bodyBytes: 1, bodyCrc32: 2 ** 32 },
      { bodyBytes: 1.5, bodyCrc32: 1 },
    ]) {
      expect(readDocument({ ...sound(), bodyDigest })).toBeUndefined();
    }
  });

  it('of an edited head is asked for as it lies there, not as it was written', () => {
    const document = sound();
    const head = { ...(document['head'] as object), status: 200 };
    const read = readDocument({ ...document, head });
    const edited = encodeHead({ ...aPayload(), status: 200 }, aRealRecord().body);
    expect(Buffer.from(read?.meta.head ?? []).equals(edited)).toBe(true);
    const filter = withHead(read?.meta.head ?? edited, undefined);
    expect(filter['head']).toEqual({ $in: [read?.meta.head, head] });
  });

  it('by who writes bytes is asked for as bytes where no other form was read', () => {
    const { head } = aRealRecord();
    expect(withHead(head, undefined)).toEqual({ head });
    expect(withHead(head, FORM)).toMatchObject({ head: { $in: [head, aPayload()] } });
    expect(withHead(noise(10), FORM)).toEqual({ head: noise(10) });
  });
});
