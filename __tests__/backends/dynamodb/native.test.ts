import fc from 'fast-check';
import { bytesOf, metaOf, noise } from '../../../lib/backend-suite/records.js';
import { attributeBytes, type AttributeValue } from '../../../lib/backends/dynamodb/attribute-value.js';
import { headUpdate } from '../../../lib/backends/dynamodb/head-update.js';
import { foundItem, type Item, recordItem } from '../../../lib/backends/dynamodb/item.js';
import { orderOf } from '../../../lib/backends/dynamodb/name-order.js';
import { Names } from '../../../lib/backends/dynamodb/names.js';
import { headAttribute, headsLike, inlineBody, readHead } from '../../../lib/backends/dynamodb/native.js';
import { type StoredRecord } from '../../../lib/storage/backend.js';
import { decodeHead, encodeHead } from '../../../lib/storage/record-codec.js';
import { aHeadWithSpaces, anyJsonText, anyPayload, aPayload, aRealRecord, SAME } from '../native-corpus.js';

const FORM = { decodesContent: true };
const NAMES = new Names('cache');

function itemFor(record: StoredRecord): Item {
  const body = inlineBody(record.body, FORM, 390_000);
  return recordItem(record, NAMES, undefined, { place: { writeId: 'w', body }, form: FORM });
}

/** As DynamoDB gives a value back: names in any order, here the opposite one; numbers in another notation. */
function shuffled(value: AttributeValue): AttributeValue {
  if (value.L !== undefined) return { L: value.L.map(shuffled) };
  if (value.N !== undefined) return { N: value.N.includes('e') ? value.N.replace('e', 'E') : value.N };
  if (value.M === undefined) return value;
  const members = Object.entries(value.M).reverse();
  return { M: Object.fromEntries(members.map(([name, member]) => [name, shuffled(member)])) };
}

function stored(item: Item): Item {
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, shuffled(value)]));
}

function expectSame(item: Item, record: StoredRecord): void {
  const found = foundItem(item);
  expect(Buffer.from(found?.meta.head ?? []).equals(record.head)).toBe(true);
  expect(Buffer.from(found?.body ?? []).equals(record.body)).toBe(true);
}

describe('a native item', () => {
  it('gives back every head to the byte, most of them from a map', () => {
    let natives = 0;
    fc.assert(
      fc.property(anyPayload, (payload) => {
        const record = aRealRecord({ payload });
        const item = itemFor(record);
        if (item['h']?.M !== undefined) natives += 1;
        expectSame(stored(item), record);
      }),
      SAME,
    );
    expect(natives).toBeGreaterThan(SAME.numRuns / 4);
    expect(natives).toBeLessThan(SAME.numRuns);
  });

  it('gives back every body to the byte, many of them from maps and lists', () => {
    let natives = 0;
    fc.assert(
      fc.property(anyJsonText, (text) => {
        const record = aRealRecord({ body: bytesOf(text) });
        const item = itemFor(record);
        if (item['s'] !== undefined) natives += 1;
        expectSame(stored(item), record);
      }),
      SAME,
    );
    expect(natives).toBeGreaterThan(SAME.numRuns / 5);
    expect(natives).toBeLessThan(SAME.numRuns);
  });

  it('has the payload as a map, the order of its names, what tells its body, and a mark', () => {
    const record = aRealRecord();
    const { h, b, s, z } = itemFor(record);
    expect(h?.M).toMatchObject({
      head: { M: { status: { N: '404' }, headers: { M: { etag: { S: '"1"' } } } } },
      bodyBytes: { N: String(record.bodyBytes) },
      bodyCrc32: { N: expect.any(String) as string },
      mark: { S: expect.any(String) as string },
    });
    expect(b?.M).toMatchObject({
      user: { M: { name: { S: 'Ada' } } },
      tags: { L: [{ S: 'a' }, { S: 'b' }] },
    });
    expect(s).toEqual({ S: '{"user":{"name":0},"tags":0,"n":0}' });
    expect(Number(z?.N)).toBe(attributeBytes(b ?? {}) + attributeBytes(s ?? {}));
  });

  it('has another mark for each other head, by which it is asked for once it was found', () => {
    const marks = [404, 405].map((status) => {
      const { h } = itemFor(aRealRecord({ payload: aPayload({ status }) }));
      const update = headUpdate(metaOf(aRealRecord()), undefined, undefined, { foundHead: h });
      expect(update['ConditionExpression']).toBe('attribute_exists(pk) AND h.mark = :found');
      return (update['ExpressionAttributeValues'] as Item)[':found']?.S;
    });
    expect(new Set(marks).size).toBe(2);
    expect(marks).not.toContain(undefined);
  });

  it.each([
    ['a control character in a name', { headers: { 'a\u0000': '1' } }],
    ['an empty name', { headers: { '': '1' } }],
    ['__proto__', JSON.parse('{"__proto__":{"x":1}}') as object],
    ['half a surrogate pair', { statusText: '\ud800' }],
    ['a number that is too large', { n: 1e126 }],
    ['a number that is too small', { n: 1e-131 }],
    ['too many levels', JSON.parse(`${'{"a":'.repeat(27)}1${'}'.repeat(27)}`) as object],
    ['too many bytes', { long: 'x'.repeat(64_000) }],
  ])('with %s in its head has the bytes', (_what, more) => {
    const record = aRealRecord({ payload: aPayload(more) });
    expect(itemFor(record)['h']).toEqual({ B: record.head });
    expectSame(itemFor(record), record);
  });

  it('with a head that is none of this library, or not as it would write it, has the bytes', () => {
    for (const head of [noise(50), aHeadWithSpaces(), new Uint8Array(0)]) {
      expect(headAttribute(head, FORM)).toEqual({ B: head });
      expect(headsLike(head, FORM)).toEqual([{ B: head }]);
    }
  });

  it('keeps the order of names, also where objects of a list have other ones', () => {
    const list = '[{"b":1,"a":2},{"b":3,"a":4},{"a":5,"b":6},{"a":7,"b":8,"c":{"y":1,"x":2}},{"a":9}]';
    const json = JSON.parse(list) as never;
    expect(orderOf(json)).toBe(
      '[{"b":0,"a":0},{"b":0,"a":0},{"a":0,"b":0},{"a":0,"b":0,"c":{"y":0,"x":0}},{"a":0}]',
    );
    expect(orderOf(JSON.parse('[{"b":1,"a":2},{"b":3,"a":4}]') as never)).toBe('[{"b":0,"a":0}]');
    const record = aRealRecord({ body: bytesOf(list) });
    expectSame(stored(itemFor(record)), record);
  });

  it('has text where JSON would take more room than there is, and bytes where it is not readable', () => {
    const body = bytesOf(`{"a":${'[1,'.repeat(5)}2${']'.repeat(5)}}`);
    const { bytes } = inlineBody(body, FORM, 1000);
    expect(inlineBody(body, FORM, bytes).order).toBeDefined();
    expect(bytes).toBeGreaterThan(body.byteLength);
    expect(inlineBody(body, FORM, bytes - 1)).toEqual({
      value: { S: Buffer.from(body).toString() },
      bytes: body.byteLength,
    });
    for (const other of [noise(30), new Uint8Array(0), bytesOf('\0')]) {
      expect(inlineBody(other, FORM, 1000)).toEqual({ value: { B: other }, bytes: other.byteLength });
    }
    expect(inlineBody(body, undefined, 1000).value).toEqual({ B: body });
    expect(inlineBody(body, { decodesContent: false }, 1000).value).toHaveProperty('S');
  });
});

describe('an edited head', () => {
  const edited = (change: (head: Record<string, AttributeValue>) => void): AttributeValue => {
    const value = structuredClone(headAttribute(aRealRecord().head, FORM)) as {
      M: { head: { M: Record<string, AttributeValue> } };
    };
    change(value.M.head.M);
    return value;
  };

  it('is read as it is, with names that were added at the end', () => {
    const value = edited((head) => {
      head['status'] = { N: '200' };
      head['zz'] = { S: 'z' };
      head['added'] = { M: { b: { N: '1' }, a: { N: '2' } } };
      delete head['url'];
    });
    const { url: _url, ...rest } = aPayload() as { url: string };
    const expected = { ...rest, status: 200, added: { a: 2, b: 1 }, zz: 'z' };
    const head = readHead(value) ?? noise(1);
    expect(Buffer.from(head).equals(encodeHead(expected, aRealRecord().body))).toBe(true);
    expect(headsLike(head, undefined)[1]).toBe(value);
  });

  it('that says what no head can is unreadable, and nothing throws', () => {
    const HOSTILE: readonly AttributeValue[] = [
      ...[{ B: noise(3) }, { N: 'x' }, { N: '' }, { N: '1e999' }, {}, { SS: ['a'] } as object],
      ...[{ M: { '': { S: 'x' } } }, { L: [{ B: noise(1) }] }],
      { M: JSON.parse('{"__proto__":{"S":"x"}}') as Record<string, AttributeValue> },
      JSON.parse(`${'{"L":['.repeat(3000)}${']}'.repeat(3000)}`) as AttributeValue,
    ];
    for (const hostile of HOSTILE) {
      expect(readHead(edited((head) => (head['status'] = hostile)))).toBeUndefined();
      expect(readHead(hostile)).toEqual(hostile.B);
    }
    const sound = headAttribute(aRealRecord().head, FORM).M ?? {};
    for (const name of ['head', 'bodyBytes', 'bodyCrc32']) {
      const { [name]: _gone, ...rest } = sound;
      expect(readHead({ M: rest })).toBeUndefined();
      for (const hostile of HOSTILE) expect(readHead({ M: { ...sound, [name]: hostile } })).toBeUndefined();
    }
    const orders = [
      '',
      '5',
      '[]',
      '{"status":[{"x":1}],"headers":5}',
      '{"__proto__":{"a":1}}',
      '['.repeat(9000),
    ];
    for (const order of orders) {
      const read = readHead({ M: { ...sound, order: { S: order } } });
      expect(decodeHead(read ?? noise(1)).head).toEqual(aPayload());
    }
  });

  it('is read at once, also where one order of many names goes for many maps', () => {
    const order = `[${orderOf(Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`n${index}`, 1])))}]`;
    const list = Array.from({ length: 20_000 }, () => ({ M: { n7: { N: '1' }, n5: { N: '1' } } }));
    const text = `[${list.map(() => '{"n5":1,"n7":1}').join(',')}]`;
    const item = { ...itemFor(aRealRecord({ body: bytesOf(text) })), b: { L: list }, s: { S: order } };
    const before = performance.now();
    expect(Buffer.from(foundItem(item)?.body ?? []).toString()).toBe(text);
    // Names that are looked through for each map would take many seconds.
    expect(performance.now() - before).toBeLessThan(2000);
  });

  it('and whatever else may lie in an item: nothing throws', () => {
    const { anyValue } = fc.letrec<{ anyValue: AttributeValue }>((tie) => ({
      anyValue: fc.oneof(
        { maxDepth: 5 },
        fc.string({ unit: 'binary' }).map((S) => ({ S })),
        fc.oneof(fc.double().map(String), fc.string()).map((N) => ({ N })),
        fc.uint8Array().map((B) => ({ B })),
        fc.constantFrom({ NULL: true }, { BOOL: false }, {}),
        fc.array(tie('anyValue')).map((L) => ({ L })),
        fc
          .dictionary(fc.oneof(fc.string(), fc.constantFrom('head', 'order', 'status')), tie('anyValue'))
          .map((M) => ({ M })),
      ),
    }));
    const sound = itemFor(aRealRecord());
    fc.assert(
      fc.property(fc.constantFrom('h', 'b', 's', 'z', 'x'), anyValue, (name, value) => {
        const found = foundItem({ ...sound, [name]: value });
        if (found !== undefined) expect(ArrayBuffer.isView(found.meta.head)).toBe(true);
        const inHead = foundItem({
          ...sound,
          h: { M: { ...sound['h']?.M, [name === 'b' ? 'head' : 'order']: value } },
        });
        if (inHead !== undefined) expect(() => decodeHead(inHead.meta.head)).not.toThrow();
      }),
      SAME,
    );
  });
});

it('a body is not taken for another one’s length', () => {
  const record = aRealRecord();
  const item = itemFor(record);
  expect(foundItem({ ...item, b: { S: 'edited' } })?.body).toBeUndefined();
  expect(foundItem({ ...item, b: { M: { ...item['b']?.M, more: { N: '1' } } } })?.body).toBeUndefined();
  expect(foundItem({ ...item, x: { N: '5' } })?.body).toBeUndefined();
  expect(metaOf(record).bodyBytes).toBe(record.body.byteLength);
});
