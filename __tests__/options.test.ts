import { InvalidOptionError, UnknownOptionError } from '../lib/errors.js';
import {
  expectBoolean,
  expectFunction,
  expectLimit,
  expectNonEmptyString,
  expectNonNegativeInteger,
  expectNonNegativeNumber,
  expectObject,
  expectOneOf,
  expectPositiveInteger,
  expectString,
  type OptionCheck,
  suggest,
  validateOptions,
} from '../lib/options.js';

describe('suggest', () => {
  const known = ['staleIfError', 'staleWhileRevalidate', 'expireAfter', 'maxBytes', 'wal', 'key'];

  it.each([
    ['stale_if_error', 'staleIfError'],
    ['STALEIFERROR', 'staleIfError'],
    ['stale-while-revalidate', 'staleWhileRevalidate'],
    ['expireAftr', 'expireAfter'],
    ['expireAfetr', 'expireAfter'],
    ['expiresAfter', 'expireAfter'],
    ['maxByte', 'maxBytes'],
    ['wall', 'wal'],
  ])('for %s gives %s', (name, expected) => {
    expect(suggest(name, known)).toBe(expected);
  });

  it.each(['', 'x', 'ke', 'somethingElse', 'x'.repeat(100_000)])('for %.20s gives nothing', (name) => {
    expect(suggest(name, known)).toBeUndefined();
  });

  it('gives the nearest of several, and the first of equals', () => {
    expect(suggest('maxEntrys', ['maxEntry', 'maxEntries'])).toBe('maxEntry');
    expect(suggest('abcx', ['abca', 'abcb'])).toBe('abca');
    expect(suggest('anything', [])).toBeUndefined();
  });
});

describe('validateOptions', () => {
  const schema = { wal: expectBoolean, maxBytes: expectPositiveInteger };
  const errorOf = (given: unknown, path = ''): unknown => {
    try {
      validateOptions(given, schema, path);
    } catch (error) {
      return error;
    }
    return undefined;
  };

  it.each([{}, { wal: true }, { wal: undefined, maxBytes: 1 }])('accepts %j', (given) => {
    expect(errorOf(given)).toBeUndefined();
  });

  it('D28: names a misspelt option, the nearest and all known ones', () => {
    const error = errorOf({ max_byte: 1 }, 'backend');
    expect(error).toBeInstanceOf(UnknownOptionError);
    expect(error).toMatchObject({ code: 'ERR_CACHE_INVALID_OPTION', option: 'backend.max_byte', given: 1 });
    expect((error as Error).message).toBe(
      'Unknown option "backend.max_byte". Did you mean "maxBytes"? Known options: wal, maxBytes.',
    );
  });

  it('D28: names an option of the wrong type, with its path', () => {
    const error = errorOf({ wal: 'yes' }, 'backend');
    expect(error).toBeInstanceOf(InvalidOptionError);
    expect((error as Error).message).toBe('Option "backend.wal" is "yes"; accepted: true or false.');
    expect((errorOf({ wal: 'yes' }) as Error).message).toMatch(/^Option "wal"/);
  });

  it.each(['__proto__', 'constructor', 'toString'])(
    'does not take the inherited name %s for known',
    (name) => {
      const given = JSON.parse(`{ "${name}": 1 }`) as unknown;
      expect(errorOf(given)).toMatchObject({ option: name });
    },
  );

  it.each([null, undefined, 1, 'wal', true, [[]], [() => true]])(
    'rejects %p instead of an object',
    (given) => {
      expect(errorOf(given, 'backend')).toMatchObject({ option: 'backend' });
      expect(errorOf(given)).toMatchObject({ option: 'options' });
    },
  );
});

describe('checks of values', () => {
  const oneOf = expectOneOf(['a', 'b']);
  const cases: readonly (readonly [string, OptionCheck, readonly unknown[], readonly unknown[]])[] = [
    ['expectBoolean', expectBoolean, [true, false], [0, 'true', null, {}]],
    ['expectString', expectString, ['', 'a'], [1, null, ['a'], Object('a')]],
    ['expectNonEmptyString', expectNonEmptyString, ['a'], ['', 1, null]],
    ['expectFunction', expectFunction, [() => 1, class {}], [{}, 'f', null]],
    ['expectObject', expectObject, [{}, new Map()], [null, [], 'a', () => 1]],
    [
      'expectPositiveInteger',
      expectPositiveInteger,
      [1, 2 ** 53 - 1],
      [0, -1, 1.5, NaN, Infinity, '1', 2 ** 53, 1n],
    ],
    ['expectNonNegativeInteger', expectNonNegativeInteger, [0, 7], [-1, 0.5, NaN, Infinity, '0', null]],
    ['expectNonNegativeNumber', expectNonNegativeNumber, [0, 0.5, 1e300], [-0.1, NaN, Infinity, '1']],
    ['expectLimit', expectLimit, [1, Infinity], [0, -1, -Infinity, NaN, 1.5, '1']],
    ['expectOneOf', oneOf, ['a', 'b'], ['c', 'A', ['a'], null, 0]],
  ];

  for (const [name, check, accepted, rejected] of cases) {
    it.each(accepted.map((value) => [value]))(`${name} accepts %p`, (value) => {
      expect(() => check(value, 'option')).not.toThrow();
    });
    it.each(rejected.map((value) => [value]))(`${name} rejects %p`, (value) => {
      expect(() => check(value, 'the.option')).toThrow(InvalidOptionError);
      expect(() => check(value, 'the.option')).toThrow(/^Option "the\.option" is /);
    });
  }
});
