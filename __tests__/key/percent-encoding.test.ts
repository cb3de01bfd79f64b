import fc from 'fast-check';
import { decodedName, normalEscapes } from '../../lib/key/percent-encoding';

describe('normalEscapes', () => {
  it.each([
    ['no escapes', 'abc', 'abc'],
    ['upper-case digits', '%c3%a9', '%C3%A9'],
    ['unreserved characters decoded', '%41%7a%30%2d%2E%5f%7e', 'Az0-._~'],
    ['reserved characters stay escaped', '%2f%3f%23%26%3D%2b%3A%40', '%2F%3F%23%26%3D%2B%3A%40'],
    ['an escaped percent sign stays', '%25%34%31', '%2541'],
    ['a percent sign at the end', 'a%', 'a%'],
    ['a malformed escape leaves all as it is', '%zz%41%2f', '%zz%41%2f'],
    ['no new escape is made', '%%341', '%%341'],
    ['half an escape', '%4%31', '%4%31'],
    ['control characters stay escaped', '%00%0a', '%00%0A'],
  ])('%s', (_title, text, expected) => {
    expect(normalEscapes(text)).toBe(expected);
  });

  it('is idempotent, and never changes what the text decodes to', () => {
    const text = fc.array(
      fc.constantFrom('%', '4', '1', 'f', 'F', '2', 'a', '/', '%41', '%2f', '%c3%a9', '%ff'),
    );
    fc.assert(
      fc.property(text, (pieces) => {
        const source = pieces.join('');
        const result = normalEscapes(source);
        expect(normalEscapes(result)).toBe(result);
        expect(unescapedBytes(result)).toBe(unescapedBytes(source));
      }),
      { seed: 20261120, numRuns: 1000 },
    );
  });
});

describe('decodedName', () => {
  it.each([
    ['plain', 'a', 'a'],
    ['plus is a space', 'a+b', 'a b'],
    ['escapes are UTF-8', 'caf%C3%A9', 'café'],
    ['an escaped plus is a plus', 'a%2Bb', 'a+b'],
    ['what is not UTF-8 stays', 'a+%ff', 'a+%ff'],
    ['malformed escapes stay', '%', '%'],
  ])('%s', (_title, text, expected) => {
    expect(decodedName(text)).toBe(expected);
  });
});

function unescapedBytes(text: string): string {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_escape, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
}
