import fc from 'fast-check';
import { NameRules } from '../../lib/key/ignored-parameters';
import { canonicalParameters, redactParameters } from '../../lib/key/parameter-list';

const rules = new NameRules(['nonce', 'my name']);
const query = (list: string): string => canonicalParameters(list, 'query', rules).text;
const form = (list: string): string => canonicalParameters(list, 'form', rules).text;

describe('canonicalParameters', () => {
  it.each([
    ['empty', '', ''],
    ['one', 'a=1', 'a=1'],
    ['sorted by name', 'b=2&a=1', 'a=1&b=2'],
    ['values of one name stay in order', 'a=2&b=0&a=1', 'a=2&a=1&b=0'],
    ['names that are one when decoded stay in order', 'a%5B%5D=2&a[]=1', 'a%5B%5D=2&a[]=1'],
    ['… in either order', 'a[]=1&a%5B%5D=2', 'a[]=1&a%5B%5D=2'],
    ['blank values stay', 'b=&a', 'a&b='],
    ['empty pieces stay', 'a=1&', '&a=1'],
    ['escapes are normal', 'q=%7euser%2fx&%61=%c3%a9', 'a=%C3%A9&q=~user%2Fx'],
    ['a value may have an equals sign', 'a=b=c', 'a=b=c'],
    ['malformed escapes stay', 'a=%zz&b=%', 'a=%zz&b=%'],
    ['a listed name', 'nonce=5&a=1', 'a=1&nonce=REDACTED'],
    ['a listed name that is escaped', 'non%63e=5', 'nonce=REDACTED'],
    ['a listed name with a space', 'my+name=1&my%20name=2', 'my+name=REDACTED&my%20name=REDACTED'],
    ['a listed name without value', 'nonce', 'nonce'],
    ['a credential', 'api_key=5', 'api_key=REDACTED'],
    ['a URL that is all of the query', 'https://a.test/?api_key=5', 'https://a.test/?api_key=REDACTED'],
    [
      'the same, escaped',
      'https%3A%2F%2Fa.test%2F%3Fapi_key%3D5',
      'https%3A%2F%2Fa.test%2F%3Fapi_key%3DREDACTED',
    ],
  ])('query, %s', (_title, list, expected) => {
    expect(query(list)).toBe(expected);
    expect(query(expected)).toBe(expected);
  });

  it('a plus and an escaped space differ in a query, and are one in a form', () => {
    expect(query('a=x+y')).not.toBe(query('a=x%20y'));
    expect(form('a=x+y&b+c=1')).toBe('a=x+y&b+c=1');
    expect(form('a=x%20y&b%20c=1')).toBe('a=x+y&b+c=1');
    expect(form('a=x%2By')).toBe('a=x%2By');
  });

  it('collects credentials in the order of the result, and not what the user listed', () => {
    const one = canonicalParameters('api_key=A&access_token=B&nonce=C', 'query', rules);
    const other = canonicalParameters('nonce=D&access_token=B&api_key=A', 'query', rules);
    expect(one.secrets).toBe('5:query12:access_token1:B5:query7:api_key1:A');
    expect(other).toEqual(one);
    expect(canonicalParameters('nonce=C&a=1', 'query', rules).secrets).toBe('');
    const [mine, yours] = ['5', '6'].map((secret) =>
      canonicalParameters(`%3Fsig%3D${secret}`, 'query', rules),
    );
    expect(mine?.text).toBe(yours?.text);
    expect(mine?.unseen).not.toBe(yours?.unseen);
  });

  const name = fc.constantFrom('a', 'b', '%61', 'nonce', 'api_key', 'a%5B%5D', 'a[]', '', 'é', '%ff', '%');
  const value = fc.constantFrom('', '=', '=1', '=2', '=%2f', '=%41', '=x+y', '=%');
  const lists = fc.array(
    fc.tuple(name, value).map((pair) => pair.join('')),
    { maxLength: 6 },
  );

  it('the place of a parameter does not tell what is hidden in it', () => {
    expect(query('x=1&%20{"sig":"s"}')).toBe(query('x=1&{"sig":"s"}'));
  });

  it('is idempotent', () => {
    fc.assert(
      fc.property(lists, fc.constantFrom('query' as const, 'form' as const), (pieces, kind) => {
        const once = canonicalParameters(pieces.join('&'), kind, rules).text;
        expect(canonicalParameters(once, kind, rules).text).toBe(once);
      }),
      { seed: 20261120, numRuns: 1000 },
    );
  });

  it('D12: keeps the values of every name in order, as a server reads them', () => {
    const plainRules = new NameRules([]);
    const plainLists = lists.map((pieces) => pieces.filter((piece) => !piece.startsWith('api_key')));
    fc.assert(
      fc.property(plainLists, (pieces) => {
        const list = pieces.join('&');
        const before = new URLSearchParams(list);
        const after = new URLSearchParams(canonicalParameters(list, 'query', plainRules).text);
        for (const key of before.keys()) expect(after.getAll(key)).toEqual(before.getAll(key));
        expect([...after]).toHaveLength([...before].length);
      }),
      { seed: 20261120, numRuns: 1000 },
    );
  });
});

describe('redactParameters', () => {
  it.each([
    ['', ''],
    ['b=2&a=%7e&&c', 'b=2&a=%7e&&c'],
    ['b=2&api_key=s&a=1&api%5Fkey=t', 'b=2&api_key=REDACTED&a=1&api%5Fkey=REDACTED'],
    ['nonce&nonce=&nonce=1=2', 'nonce&nonce=REDACTED&nonce=REDACTED'],
  ])('%j → %j', (list, expected) => {
    expect(redactParameters(list, rules)).toBe(expected);
  });
});
