import { fieldLines, fieldValue, headerFields } from '../../lib/http/header-fields';

describe('headerFields', () => {
  it('puts names in lower case and keeps repeated lines apart, in order', () => {
    const fields = headerFields([
      ['Set-Cookie', 'a=1'],
      ['ETag', '"x"'],
      ['SET-COOKIE', ['b=2', 'c=3']],
    ]);
    expect({ ...fields }).toEqual({ 'set-cookie': ['a=1', 'b=2', 'c=3'], etag: '"x"' });
  });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    'takes a field called %s for a field like any other',
    (name) => {
      const fields = headerFields([[name, 'x']]);
      expect(Object.keys(fields)).toEqual([name.toLowerCase()]);
      expect(fieldValue(fields, name.toLowerCase())).toBe('x');
      expect(fieldValue(headerFields([]), name.toLowerCase())).toBeUndefined();
    },
  );
});

describe('fieldValue and fieldLines', () => {
  const fields = { vary: ['Accept', 'Cookie'], etag: '"x"' };

  it.each([
    ['vary', 'Accept, Cookie', ['Accept', 'Cookie']],
    ['etag', '"x"', ['"x"']],
    ['age', undefined, []],
    ['toString', undefined, []],
  ])('%s gives %p and %p', (name, value, lines) => {
    expect(fieldValue(fields, name)).toBe(value);
    expect(fieldLines(fields, name)).toEqual(lines);
  });
});
