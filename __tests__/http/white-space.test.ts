import { trimWhiteSpace } from '../../lib/http/white-space';

describe('trimWhiteSpace (RFC 9110 section 5.6.3)', () => {
  it.each([
    ['', ''],
    [' \t ', ''],
    ['a', 'a'],
    ['\t a \t b \t', 'a \t b'],
    ['\u00a0a\u00a0', '\u00a0a\u00a0'],
    ['\na\r', '\na\r'],
    ['\u3000a\ufeff', '\u3000a\ufeff'],
  ])('%j: %j', (text, expected) => {
    expect(trimWhiteSpace(text)).toBe(expected);
  });
});
