import { NameRules } from '../../lib/key/ignored-parameters';
import { redactEncodedValue, redactNestedText } from '../../lib/key/nested-values';

const rules = new NameRules(['mine']);

/** Escaped so many times. */
const escaped = (text: string, times: number): string =>
  times === 0 ? text : escaped(encodeURIComponent(text), times - 1);

describe('redactEncodedValue', () => {
  it.each([
    ['', ''],
    ['plain', 'plain'],
    ['a%20b+c', 'a%20b+c'],
    ['%7B%22a%22:1%7D', '%7B%22a%22:1%7D'],
    ['https%3A%2F%2Fa.test%2F%40user%3Fx%3D1', 'https%3A%2F%2Fa.test%2F%40user%3Fx%3D1'],
    ['c2VjcmV0==', 'c2VjcmV0=='],
    ['%zz=1', '%zz=1'],
    ['{broken', '{broken'],
    ['1;token=s3cret', encodeURIComponent('1;token=REDACTED')],
    ['/a?b=1&mine=s3cret#x', encodeURIComponent('/a?b=1&mine=REDACTED#x')],
    ['%2Fa%3F%61pi_key%3Ds3cret', encodeURIComponent('/a?api_key=REDACTED')],
    ['https%3A%2F%2Fu%3As3cret%40a.test', encodeURIComponent('https://a.test')],
    ['//s3cret@a.test/', encodeURIComponent('//a.test/')],
    ['[{"a":{"password":"s3cret"}}]', encodeURIComponent('[{"a":{"password":"REDACTED"}}]')],
    // A row of equals signs is no depth.
    [`a${'='.repeat(20)}b`, `a${'='.repeat(20)}b`],
    [`a=${'%3D'.repeat(20)}b&sig=s3cret`, encodeURIComponent(`a=${'='.repeat(20)}b&sig=REDACTED`)],
    // Of another encoding than UTF-8, or malformed: servers decode what they can.
    ['%2Fa%3Fn%3D%E4%26token%3Ds3cret', encodeURIComponent('/a?n=%E4&token=REDACTED')],
    ['%2Fa%3Ftoken%3Ds3cret%26x%3D%zz', encodeURIComponent('/a?token=REDACTED&x=%zz')],
    ['%E4%zz', '%E4%zz'],
    // Escaped once more than needed.
    [escaped('/a?token=s3cret', 2), escaped('/a?token=REDACTED', 2)],
    [escaped('100%', 2), escaped('100%', 2)],
    // Strings of JSON may be URLs, and JSON again.
    ['{"a":["/x?token=s3cret","b=c"]}', encodeURIComponent('{"a":["/x?token=REDACTED","b=c"]}')],
    [
      JSON.stringify({ a: JSON.stringify({ sig: 's3cret' }) }),
      encodeURIComponent(JSON.stringify({ a: JSON.stringify({ sig: 'REDACTED' }) })),
    ],
    [
      JSON.stringify(JSON.stringify({ sig: 's3cret' })),
      encodeURIComponent(JSON.stringify(JSON.stringify({ sig: 'REDACTED' }))),
    ],
    ['{"b":"x=1","a" : 2}', '{"b":"x=1","a" : 2}'],
    ['/a?x=//@scope/b', '/a?x=//@scope/b'],
    ['/a?token=1#\ud800', encodeURIComponent('/a?token=REDACTED#\ufffd')],
    ['{not=json&sig=s3cret', encodeURIComponent('{not=json&sig=REDACTED')],
  ])('%s → %s', (value, expected) => {
    expect(redactEncodedValue(value, rules)).toBe(expected);
  });

  it.each([1, 2, 3, 5, 30])('hides what is nested %i deep', (depth) => {
    let url = '/z?token=s3cret';
    for (let level = 0; level < depth; level++) url = `/${level}?x=1&next=${encodeURIComponent(url)}`;
    const redacted = redactEncodedValue(encodeURIComponent(url), rules);
    expect(redacted).toContain('REDACTED');
    expect(redacted).not.toContain('s3cret');
    expect(redactEncodedValue(redacted, rules)).toBe(redacted);
  });

  it('ends, however often a value is escaped', () => {
    expect(redactEncodedValue(`x=${escaped('?', 40)}`, rules)).not.toBe('');
  });
});

describe('redactNestedText', () => {
  it('reads fragments: lists, and paths with queries of their own', () => {
    expect(redactNestedText('access_token=1&state=2', rules)).toBe('access_token=REDACTED&state=2');
    expect(redactNestedText('/callback?id_token=1&state=2', rules)).toBe(
      '/callback?id_token=REDACTED&state=2',
    );
    expect(redactNestedText('top', rules)).toBe('top');
  });
});
