import fc from 'fast-check';
import { variantKey } from '../../lib/key/variant-key';

describe('variantKey', () => {
  it('is empty where there is nothing to tell apart', () => {
    expect(variantKey(undefined, '')).toBe('');
  });

  it('is a hash that does not depend on the order of names', () => {
    const one = variantKey({ accept: 'a', 'accept-language': null }, '');
    expect(one).toMatch(/^[0-9a-f]{64}$/);
    expect(variantKey({ 'accept-language': null, accept: 'a' }, '')).toBe(one);
  });

  it('tells values, absence, names, users and their lack apart', () => {
    const variants = [
      variantKey(undefined, ''),
      variantKey(undefined, 'p'),
      variantKey({}, ''),
      variantKey({ a: null }, ''),
      variantKey({ a: '' }, ''),
      variantKey({ a: 'x' }, ''),
      variantKey({ a: 'x' }, 'p'),
      variantKey({ b: 'x' }, ''),
      variantKey({ a: 'x', b: '' }, ''),
    ];
    expect(new Set(variants).size).toBe(variants.length);
  });

  it('no two different sets of values are one', () => {
    const word = fc.constantFrom('', 'a', 'b', 'ab', '1:a', 'absent;', 'present;', ';0:');
    const nominated = fc.dictionary(word, fc.option(word), { maxKeys: 3, noNullPrototype: true });
    const seen = new Map<string, string>();
    fc.assert(
      fc.property(nominated, word, (values, partition) => {
        const description = JSON.stringify([
          Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)),
          partition,
        ]);
        const variant = variantKey(values, partition);
        expect(seen.get(variant) ?? description).toBe(description);
        seen.set(variant, description);
      }),
      { seed: 20261120, numRuns: 2000 },
    );
    expect(new Set(seen.values()).size).toBe(seen.size);
  });
});
