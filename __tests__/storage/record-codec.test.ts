import fc from 'fast-check';
import { CorruptRecordError } from '../../lib/errors.js';
import { crc32 } from '../../lib/storage/crc32.js';
import { decodeHead, digestOf, encodeHead, verifyBody } from '../../lib/storage/record-codec.js';

const SEEDED = { seed: 20261120, numRuns: 1000 };
const body = Buffer.from('{"users":[1,2,3]}');
const head = {
  method: 'GET',
  url: 'https://api.example.com/users?page=2',
  status: 200,
  headers: { 'content-type': 'application/json', 'set-cookie': ['a=1', 'b=2'] },
  createdAt: 1_795_176_000_000.5,
  nominated: { accept: null },
};

function problemOf(encoded: Uint8Array): unknown {
  try {
    decodeHead(encoded);
  } catch (error) {
    return error instanceof CorruptRecordError ? error.problem : error;
  }
  return undefined;
}

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const index = Math.floor(bit / 8);
  copy[index] = (copy[index] ?? 0) ^ (1 << (bit % 8));
  return copy;
}

describe('encodeHead and decodeHead', () => {
  it('give back the head and the digest of the body', () => {
    const { head: decoded, bodyDigest } = decodeHead(encodeHead(head, body));
    expect(decoded).toEqual(head);
    expect(bodyDigest).toEqual(digestOf(body));
    expect(bodyDigest.bodyBytes).toBe(body.length);
  });

  it.each<[string, object]>([
    ['an empty object', {}],
    ['unpaired surrogates', { url: 'a\ud800b', '\udc00': '\udfff' }],
    ['all of latin1', { value: String.fromCharCode(...Array.from({ length: 256 }, (_, code) => code)) }],
    ['text beyond the BMP', { value: '日本語 🎉' }],
    ['numbers at the edges', { values: [0, -1, 8.64e15, Number.MAX_VALUE, Number.MIN_VALUE, 0.1] }],
    ['nested lists and objects', { a: [[{ b: [null, true, ''] }]] }],
  ])('keep %s', (_, value) => {
    expect(decodeHead(encodeHead(value, body)).head).toEqual(value);
  });

  it('keep any JSON object', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()),
        fc.uint8Array(),
        (value, bytes) => {
          // JSON itself knows no negative zero.
          const plain = JSON.parse(JSON.stringify(value)) as object;
          const decoded = decodeHead(encodeHead(value, bytes));
          expect(decoded.head).toEqual(plain);
          expect(verifyBody(decoded.bodyDigest, bytes)).toBe(true);
        },
      ),
      SEEDED,
    );
  });

  it('keep a member called __proto__ without touching any prototype', () => {
    const value = JSON.parse('{"__proto__":{"polluted":true},"headers":{"__proto__":"x"}}') as object;
    const { head: decoded } = decodeHead(encodeHead(value, body));
    expect(Object.hasOwn(decoded, '__proto__')).toBe(true);
    expect(Object.getPrototypeOf(decoded)).toBe(Object.prototype);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    expect(JSON.stringify(decoded)).toBe(JSON.stringify(value));
  });

  it('write a head anew from the digest, without the body', () => {
    const first = decodeHead(encodeHead(head, body));
    const second = decodeHead(encodeHead({ ...head, status: 203 }, first.bodyDigest));
    expect(second.bodyDigest).toEqual(first.bodyDigest);
    expect(second.head).toEqual({ ...head, status: 203 });
    expect(verifyBody(second.bodyDigest, body)).toBe(true);
  });

  it('keep lengths of bodies over 4 GiB', () => {
    const digest = { bodyBytes: 2 ** 40 + 1, bodyCrc32: 0xffffffff };
    expect(decodeHead(encodeHead(head, digest)).bodyDigest).toEqual(digest);
  });

  it('make bytes that keep no larger buffer alive', () => {
    const encoded = encodeHead({}, body);
    expect(encoded.buffer.byteLength).toBe(encoded.byteLength);
  });

  it('read bytes that lie anywhere in a buffer', () => {
    const encoded = encodeHead(head, body);
    const buffer = new Uint8Array(encoded.length + 20);
    buffer.set(encoded, 7);
    expect(decodeHead(buffer.subarray(7, 7 + encoded.length)).head).toEqual(head);
  });

  it('survive a head that is nested deeper than the call stack', () => {
    const depth = 20_000;
    const text = `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`;
    const encoded = encodeHead({}, body);
    // Either read or rejected as damaged; a RangeError would be neither.
    expect([undefined, 'damaged']).toContain(problemOf(withPayload(encoded, text)));
  });
});

/** An envelope with a right checksum around any text. */
function withPayload(template: Uint8Array, text: string): Uint8Array {
  const bytes = Buffer.concat([template.subarray(0, 23), Buffer.from(text)]);
  bytes.writeUInt32BE(bytes.length - 23, 19);
  bytes.writeUInt32BE(crc32(bytes.subarray(9)), 5);
  return bytes;
}

describe('a record that cannot be used', () => {
  const encoded = encodeHead(head, body);

  it.each([
    ['text', Buffer.from('{"status":200}'), 'foreign'],
    ['another program’s bytes', Buffer.alloc(200, 7), 'foreign'],
    ['a PNG', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), 'foreign'],
    ['nothing', new Uint8Array(0), 'damaged'],
    ['the magic only', encoded.slice(0, 4), 'damaged'],
    ['half of the envelope', encoded.slice(0, 12), 'damaged'],
    ['half of the payload', encoded.slice(0, 60), 'damaged'],
    ['a byte too much', Buffer.concat([encoded, Buffer.from([0])]), 'damaged'],
    ['format 0', Uint8Array.from(encoded, (byte, index) => (index === 4 ? 0 : byte)), 'damaged'],
    ['format 2', Uint8Array.from(encoded, (byte, index) => (index === 4 ? 2 : byte)), 'newer-format'],
    ['format 255, cut', Uint8Array.from([0x89, 0x41, 0x50, 0x43, 255]), 'newer-format'],
    ['a list as payload', withPayload(encoded, '[1]'), 'damaged'],
    ['null as payload', withPayload(encoded, 'null'), 'damaged'],
    ['no JSON as payload', withPayload(encoded, '{"a":'), 'damaged'],
  ])('is rejected: %s', (_, bytes, problem) => {
    expect(problemOf(bytes)).toBe(problem);
  });

  it('says which format it has and which is known', () => {
    const newer = Uint8Array.from(encoded, (byte, index) => (index === 4 ? 9 : byte));
    expect(() => decodeHead(newer)).toThrow(/format 9.*up to format 1/);
  });

  it('that claims a huge length makes nothing huge', () => {
    const claiming = Buffer.from(encodeHead({}, { bodyBytes: 2 ** 48 - 1, bodyCrc32: 0 }));
    expect(verifyBody(decodeHead(claiming).bodyDigest, body)).toBe(false);
    claiming.writeUInt32BE(0xffffffff, 19);
    expect(problemOf(Buffer.concat([claiming, Buffer.alloc(75)]))).toBe('damaged');
  });

  it('is rejected whichever of its bits is flipped', () => {
    const undetected: number[] = [];
    for (let bit = 0; bit < encoded.length * 8; bit++) {
      if (!['damaged', 'foreign', 'newer-format'].includes(problemOf(flipped(encoded, bit)) as string))
        undetected.push(bit);
    }
    expect(undetected).toEqual([]);
  });

  it('is rejected wherever it is cut', () => {
    const undetected: number[] = [];
    for (let length = 0; length < encoded.length; length++) {
      if (problemOf(encoded.slice(0, length)) !== 'damaged') undetected.push(length);
    }
    expect(undetected).toEqual([]);
  });

  it('is rejected or intact after any accident, and never anything else', () => {
    const accident = fc.record({
      start: fc.nat(encoded.length),
      removed: fc.nat(40),
      inserted: fc.uint8Array({ maxLength: 40 }),
    });
    fc.assert(
      fc.property(accident, ({ start, removed, inserted }) => {
        const bytes = Buffer.concat([
          encoded.subarray(0, start),
          inserted,
          encoded.subarray(start + removed),
        ]);
        const isIntact = bytes.equals(encoded);
        expect(problemOf(bytes)).toEqual(
          isIntact ? undefined : expect.stringMatching(/^(damaged|foreign|newer-format)$/),
        );
      }),
      { ...SEEDED, numRuns: 3000 },
    );
  });

  it('of random bytes is rejected', () => {
    const isRejected = (bytes: Uint8Array): boolean => typeof problemOf(bytes) === 'string';
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), isRejected), SEEDED);
    // And with a right beginning, so that the checks behind it are reached.
    const begun = (bytes: Uint8Array): boolean => isRejected(Buffer.concat([encoded.subarray(0, 5), bytes]));
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), begun), SEEDED);
  });
});

describe('verifyBody', () => {
  const { bodyDigest } = decodeHead(encodeHead(head, body));

  it('accepts equal bytes in another object', () => {
    expect(verifyBody(bodyDigest, Uint8Array.from(body))).toBe(true);
  });

  it('accepts an empty body only for an empty one', () => {
    const empty = digestOf(new Uint8Array(0));
    expect(verifyBody(empty, new Uint8Array(0))).toBe(true);
    expect(verifyBody(empty, Uint8Array.of(0))).toBe(false);
    expect(verifyBody(bodyDigest, new Uint8Array(0))).toBe(false);
  });

  it('rejects a body with one bit flipped, one byte missing or one too many', () => {
    for (let bit = 0; bit < body.length * 8; bit++)
      expect(verifyBody(bodyDigest, flipped(body, bit))).toBe(false);
    for (let length = 0; length < body.length; length++)
      expect(verifyBody(bodyDigest, body.subarray(0, length))).toBe(false);
    expect(verifyBody(bodyDigest, Buffer.concat([body, Buffer.from([0])]))).toBe(false);
  });

  it('rejects another body than the one that was encoded', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), fc.uint8Array({ maxLength: 50 }), (one, other) => {
        expect(verifyBody(digestOf(one), other)).toBe(Buffer.compare(one, other) === 0);
      }),
      SEEDED,
    );
  });
});

describe('what was checked once', () => {
  it('is not decoded again for the same bytes, and cannot be changed by those who share it', () => {
    const encoded = encodeHead(head, body);
    const first = decodeHead(encoded);
    expect(decodeHead(encoded)).toBe(first);
    expect(decodeHead(Uint8Array.from(encoded))).not.toBe(first);
    const headers = first.head['headers'] as Record<string, unknown>;
    expect(() => {
      headers['x'] = 'y';
    }).toThrow(TypeError);
    expect(() => (headers['set-cookie'] as string[]).push('c=3')).toThrow(TypeError);
    expect(Object.isFrozen(first.bodyDigest)).toBe(true);
  });

  it('does not count for a record that was rejected', () => {
    const damaged = flipped(encodeHead(head, body), 200);
    expect(problemOf(damaged)).toBe('damaged');
    expect(problemOf(damaged)).toBe('damaged');
  });
});
