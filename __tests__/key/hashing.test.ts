import { createHash, createHmac } from 'node:crypto';
import fc from 'fast-check';
import {
  hashCredentials,
  incrementalSha256Hex,
  lengthPrefixed,
  optionalPrefixed,
  sha256Hex,
} from '../../lib/key/hashing';

describe('sha256Hex', () => {
  it('is SHA-256 in hex, of text as UTF-8 and of bytes', () => {
    expect(sha256Hex('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(sha256Hex('é')).toBe(createHash('sha256').update(Buffer.from('é')).digest('hex'));
    expect(sha256Hex(new Uint8Array([0xc3, 0xa9]))).toBe(sha256Hex('é'));
  });

  it('is the same on every Node release', () => {
    const bytes = new Uint8Array([0, 255, 128]);
    expect(incrementalSha256Hex(bytes)).toBe(sha256Hex(bytes));
    expect(incrementalSha256Hex('a\ud800b')).toBe(sha256Hex('a\ud800b'));
  });
});

describe('hashCredentials', () => {
  it('is a keyed hash: neither the text nor its plain hash', () => {
    const hash = hashCredentials('secret');
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(hash).not.toBe(sha256Hex('secret'));
    expect(hash).toBe(
      createHmac('sha256', 'axios-persistent-cache/credentials/1').update('secret').digest('hex'),
    );
  });
});

describe('lengthPrefixed', () => {
  it('D12: no two different sequences of texts are joined to the same text', () => {
    const texts = fc.array(fc.string({ unit: fc.constantFrom('0', '1', ':', '-', 'a') }), { maxLength: 4 });
    fc.assert(
      fc.property(texts, texts, (a, b) => {
        const isSame = JSON.stringify(a) === JSON.stringify(b);
        expect(a.map(lengthPrefixed).join('') === b.map(lengthPrefixed).join('')).toBe(isSame);
      }),
      { seed: 20261120, numRuns: 2000 },
    );
  });

  it('tells undefined from every text', () => {
    expect(optionalPrefixed(undefined)).toBe('-');
    expect(optionalPrefixed('')).toBe('0:');
    expect(optionalPrefixed('-')).toBe('1:-');
  });
});
