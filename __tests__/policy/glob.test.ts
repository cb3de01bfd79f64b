import fc from 'fast-check';
import { compileGlob } from '../../lib/policy/glob';

describe('compileGlob', () => {
  it.each<[glob: string, yes: string[], no: string[]]>([
    ['', [''], ['a']],
    ['abc', ['abc'], ['ab', 'abcd', 'ABC', 'xabc']],
    ['*', ['', 'a', 'a/b?c'], []],
    ['**', ['', 'a/b'], []],
    ['a*', ['a', 'ab/c?d'], ['', 'ba']],
    ['*a', ['a', 'bba', 'aaa'], ['ab']],
    ['a*b*c', ['abc', 'a/b/c', 'abcbc'], ['ab', 'acb']],
    ['a?c', ['abc', 'a/c'], ['ac', 'abbc']],
    ['?', ['a'], ['', 'ab']],
    ['[abc]x', ['ax', 'cx'], ['dx', 'x', 'abcx']],
    ['[a-c]x', ['ax', 'bx', 'cx'], ['dx', '-x']],
    ['[!a-c]x', ['dx', '-x'], ['ax', 'x']],
    ['[a-]x', ['ax', '-x'], ['bx']],
    ['[]]x', [']x'], ['x', '[x']],
    ['[!]]x', ['ax'], [']x']],
    ['[]-a]x', [']x', '_x', 'ax'], ['bx']],
    ['[a', ['[a'], ['a']],
    ['[!', ['[!'], ['a']],
    ['[!]', ['[!]'], ['a', '!']],
    ['[]', ['[]'], [']']],
    ['a.b+c(d)$', ['a.b+c(d)$'], ['axbbcd']],
    ['\\d', ['\\d'], ['1', 'd']],
  ])('%s', (glob, yes, no) => {
    const matches = compileGlob(glob);
    expect(yes.filter((text) => !matches(text))).toEqual([]);
    expect(no.filter((text) => matches(text))).toEqual([]);
  });

  it('agrees with the same pattern as a regular expression', () => {
    const glob = fc
      .array(fc.constantFrom('a', 'b', '/', '*', '?'), { maxLength: 8 })
      .map((parts) => parts.join(''));
    const text = fc.array(fc.constantFrom('a', 'b', '/'), { maxLength: 10 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(glob, text, (pattern, value) => {
        const expression = new RegExp(`^${pattern.replace(/\*/g, '[^]*').replace(/\?/g, '[^]')}$`);
        expect(compileGlob(pattern)(value)).toBe(expression.test(value));
      }),
      { seed: 20261120, numRuns: 1000 },
    );
  });

  it('is not made slow by many stars: one comparison per star and character at the most', () => {
    const text = 'a'.repeat(5000);
    let read = 0;
    const counting = new Proxy(new String(text), {
      get(target, name) {
        if (name === 'length') return target.length;
        return (at: number): string => {
          read += 1;
          return target.charAt(at);
        };
      },
    });
    expect(compileGlob(`${'*a'.repeat(20)}b`)(counting as unknown as string)).toBe(false);
    expect(read).toBeLessThan(21 * 5000 * 2);
  });
});
