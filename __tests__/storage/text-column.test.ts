import fc from 'fast-check';
import { fromColumn, toColumn } from '../../lib/storage/text-column.js';

describe('a text column', () => {
  const key = 'a'.repeat(64);

  it.each([key, '', 'é 日本語', '\u0002', 'x\u0001'])('holds %j as it is', (text) => {
    expect(toColumn(text)).toBe(text);
    expect(fromColumn(text)).toBe(text);
  });

  it.each(['\0', 'a\0b', '\ud800', 'x\udc00y', '🎉', '\u0001', '\u0001"a"'])('gives %j back', (text) => {
    expect(fromColumn(toColumn(text))).toBe(text);
  });

  it('holds no NUL and no unpaired surrogate, gives every text back, and tells all texts apart', () => {
    const text = fc
      .array(fc.constantFrom('\0', '\u0001', '\ud800', '\udc00', '"', '\\', 'a', 'é'))
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, text, (one, other) => {
        const column = toColumn(one);
        expect(column).not.toContain('\0');
        expect(Buffer.from(column).toString()).toBe(column);
        expect(fromColumn(column)).toBe(one);
        expect(column === toColumn(other)).toBe(one === other);
      }),
      { seed: 20261120, numRuns: 1000 },
    );
  });
});
