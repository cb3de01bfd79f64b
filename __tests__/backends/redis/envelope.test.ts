import {
  decodeEnvelope,
  decodeText,
  encodeEnvelope,
  encodeText,
} from '../../../lib/backends/redis/envelope.js';
import { aRecord, noise } from '../../../lib/backend-suite/records.js';

const record = aRecord({ variant: 'v', body: noise(100) });
const bytes = encodeEnvelope(record, record.body);
const tableEnd = bytes.length - record.body.length;
/** Behind the beginning and the key. */
const entryAt = 16 + encodeText(record.key).length;

it('is read as it was written', () => {
  expect(decodeEnvelope(bytes, 'all')).toMatchObject([{ meta: { key: 'key', variant: 'v' }, bodyName: '' }]);
  expect(decodeEnvelope(bytes.subarray(0, tableEnd), 'table')).toHaveLength(1);
});

it('that was cut anywhere holds nothing', () => {
  for (let length = 0; length < bytes.length; length++) {
    expect(decodeEnvelope(bytes.subarray(0, length), 'all')).toEqual([]);
    expect(decodeEnvelope(bytes.subarray(0, length), 'table')).toHaveLength(length < tableEnd ? 0 : 1);
  }
});

it('with any length that is wrong holds nothing', () => {
  const lengths = [4, 12, ...[0, 36, 40, 44, 48].map((at) => entryAt + at)];
  for (const at of lengths) {
    for (const change of [1, -1, 1000, 0x7fffffff]) {
      const damaged = Buffer.from(bytes);
      damaged.writeUInt32BE((damaged.readUInt32BE(at) + change) >>> 0, at);
      expect({ at, change, found: decodeEnvelope(damaged, 'all') }).toEqual({ at, change, found: [] });
    }
  }
  for (const bodyBytes of [-1, 0.5, NaN, Infinity, 1e300, 101]) {
    const damaged = Buffer.from(bytes);
    damaged.writeDoubleBE(bodyBytes, entryAt + 28);
    expect(decodeEnvelope(damaged, 'all')).toEqual([]);
  }
  const many = Buffer.from(bytes);
  many.writeUInt32BE(0xffffffff, 8);
  expect(decodeEnvelope(many, 'all')).toEqual([]);
});

it.each(['', 'plain', 'Ä€😀', '\ud800', '\udc00\ud800x', '\0'])('texts come back: %j', (text) => {
  expect(decodeText(encodeText(text))).toBe(text);
});
