import fc from 'fast-check';
import { crc32, tableCrc32 } from '../../lib/storage/crc32.js';

describe('CRC-32', () => {
  // Check values: https://reveng.sourceforge.io/crc-catalogue/17plus.htm#crc.cat.crc-32-iso-hdlc
  it.each([
    ['123456789', 0xcbf43926],
    ['', 0],
    ['a', 0xe8b7be43],
    ['The quick brown fox jumps over the lazy dog', 0x414fa339],
  ])('of %j', (text, expected) => {
    expect(crc32(Buffer.from(text))).toBe(expected);
    expect(tableCrc32(Buffer.from(text))).toBe(expected);
  });

  it('is the same in JavaScript and in zlib', () => {
    const isSame = (bytes: Uint8Array): boolean => crc32(bytes) === tableCrc32(bytes);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), isSame), { seed: 20261120, numRuns: 500 });
  });
});
