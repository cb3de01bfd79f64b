import {
  isQuoted,
  isStrongMatch,
  isWeakMatch,
  parseEntityTag,
  parseEntityTagList,
  type EntityTag,
} from '../../lib/http/entity-tag';

function tag(text: string): EntityTag {
  const parsed = parseEntityTag(text);
  if (parsed === undefined) throw new Error(`not a tag: ${text}`);
  return parsed;
}

describe('parseEntityTag (RFC 9110 section 8.8.3)', () => {
  it.each<[string | undefined, EntityTag | undefined]>([
    ['"abc"', { isWeak: false, opaque: 'abc', text: '"abc"' }],
    ['W/"abc"', { isWeak: true, opaque: 'abc', text: 'W/"abc"' }],
    ['w/"abc"', { isWeak: true, opaque: 'abc', text: 'w/"abc"' }],
    ['""', { isWeak: false, opaque: '', text: '""' }],
    [' "a" ', { isWeak: false, opaque: 'a', text: '"a"' }],
    ['"a,b\\"', { isWeak: false, opaque: 'a,b\\', text: '"a,b\\"' }],
    ['abc', { isWeak: false, opaque: 'abc', text: 'abc' }],
    ['W\\"abc"', { isWeak: false, opaque: 'W\\"abc"', text: 'W\\"abc"' }],
    ['"abc', { isWeak: false, opaque: '"abc', text: '"abc' }],
    ['', undefined],
    ['  ', undefined],
    [undefined, undefined],
  ])('%j', (value, expected) => {
    expect(parseEntityTag(value)).toEqual(expected);
  });
});

describe('parseEntityTagList (RFC 9110 section 13.1.2)', () => {
  it.each<[string, string[] | '*']>([
    ['*', '*'],
    [' * ', '*'],
    ['', []],
    ['"a"', ['"a"']],
    ['"a", W/"b" ,"c,d"', ['"a"', 'W/"b"', '"c,d"']],
    ['abc, "d"', ['abc', '"d"']],
    ['"a\\", "b"', ['"a\\"', '"b"']],
    ['"never closed, "b"', ['"never closed, "b"']],
  ])('%j', (value, expected) => {
    const parsed = parseEntityTagList(value);
    expect(parsed === '*' ? '*' : parsed.map(({ text }) => text)).toEqual(expected);
  });
});

describe('comparison (RFC 9110 section 8.8.3.2)', () => {
  it.each([
    ['W/"1"', 'W/"1"', false, true],
    ['W/"1"', 'W/"2"', false, false],
    ['W/"1"', '"1"', false, true],
    ['"1"', '"1"', true, true],
    ['"1"', '"2"', false, false],
    ['1', '"1"', true, true],
    ['"a"', '"A"', false, false],
  ])('%s and %s: strong %p, weak %p', (a, b, isStrong, isWeak) => {
    expect([isStrongMatch(tag(a), tag(b)), isStrongMatch(tag(b), tag(a))]).toEqual([isStrong, isStrong]);
    expect([isWeakMatch(tag(a), tag(b)), isWeakMatch(tag(b), tag(a))]).toEqual([isWeak, isWeak]);
  });
});

describe('isQuoted (RFC 9110 section 8.8.3)', () => {
  it.each([
    ['"a"', true],
    ['""', true],
    ['W/"a"', true],
    ['w/"a"', true],
    ['a', false],
    ['W/a', false],
    ['"a', false],
    ['W\\"a"', false],
    ['"a", "b"', false],
  ])('%s: %p', (text, expected) => {
    expect(isQuoted(tag(text))).toBe(expected);
  });
});
