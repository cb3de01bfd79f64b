import fc from 'fast-check';
import {
  isQuoteOpen,
  splitEntityTags,
  splitFieldList,
  splitParameters,
  unquote,
} from '../../lib/http/field-list';

const RUNS = { seed: 20261120, numRuns: 500 };

describe('splitFieldList (RFC 9110 section 5.6.1)', () => {
  it.each<[string, string[]]>([
    ['', []],
    [' , ,\t', []],
    ['a', ['a']],
    [' a ,\tb\t,c', ['a', 'b', 'c']],
    ['a,,b', ['a', 'b']],
    ['no-cache="a, b", max-age=1', ['no-cache="a, b"', 'max-age=1']],
    ['x="a\\",b", c', ['x="a\\",b"', 'c']],
    ['x="a\\\\", c', ['x="a\\\\"', 'c']],
    ['x="never closed, a, b', ['x="never closed, a, b']],
    ['x\\, y', ['x\\', 'y']],
    ['x="ends with a backslash\\', ['x="ends with a backslash\\']],
  ])('%j gives %j', (value, members) => {
    expect(splitFieldList(value)).toEqual(members);
  });

  it('gives back what was joined', () => {
    const token = fc.stringMatching(/^[a-z0-9-]{1,8}$/);
    const quoted = fc
      .tuple(token, fc.string())
      .map(([name, text]) => `${name}="${text.replace(/["\\]/g, '\\$&')}"`);
    fc.assert(
      fc.property(fc.array(fc.oneof(token, quoted)), fc.constantFrom(',', ', ', ' ,\t,'), (members, glue) => {
        expect(splitFieldList(members.join(glue))).toEqual(members);
      }),
      RUNS,
    );
  });

  it('never throws and loses nothing but commas and white space', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', ',', '"', '\\', ' ', ';') }), (value) => {
        const plain = (text: string): string => text.replace(/[, ]/g, '');
        expect(plain(splitFieldList(value).join(''))).toBe(plain(value));
      }),
      RUNS,
    );
  });
});

describe('splitParameters', () => {
  it.each<[string, string[]]>([
    ['text/html; level=1 ;q=0.5', ['text/html', 'level=1', 'q=0.5']],
    ['text/html;t="a;b"', ['text/html', 't="a;b"']],
  ])('%j gives %j', (value, parts) => {
    expect(splitParameters(value)).toEqual(parts);
  });
});

describe('splitEntityTags', () => {
  it('takes a backslash for an ordinary character', () => {
    expect(splitEntityTags('"a\\", "b,c", W/"d"')).toEqual(['"a\\"', '"b,c"', 'W/"d"']);
  });
});

describe('unquote (RFC 9110 section 5.6.4)', () => {
  it.each<[string, string | undefined]>([
    ['"60"', '60'],
    ['""', ''],
    ['"a\\"b\\\\c"', 'a"b\\c'],
    ['60', undefined],
    ['"60', undefined],
    ['60"', undefined],
    ['"6"0"', undefined],
    ['"a\\"', undefined],
    ['"', undefined],
  ])('%j gives %j', (value, text) => {
    expect(unquote(value)).toBe(text);
  });
});

describe('isQuoteOpen', () => {
  it.each([
    ['', false],
    ['a', false],
    ['a="b"', false],
    ['a="b', true],
    ['a="b\\"', true],
    ['a="b\\', true],
    ['"a" "b', true],
  ])('%j: %p', (value, isOpen) => {
    expect(isQuoteOpen(value)).toBe(isOpen);
  });
});
