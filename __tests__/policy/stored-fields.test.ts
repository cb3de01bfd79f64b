import { parseCacheControl } from '../../lib/http/cache-control';
import { type FieldValue } from '../../lib/http/header-fields';
import { isNeededByTheCache, storableFields, withoutListedFields } from '../../lib/policy/stored-fields';
import { fields } from './fixtures';

const storable = (headers: Parameters<typeof fields>[0]): object => ({ ...storableFields(fields(headers)) });

describe('storableFields (RFC 9111 section 3.1)', () => {
  it.each([
    'connection',
    'keep-alive',
    'proxy-authenticate',
    'proxy-authentication-info',
    'proxy-authorization',
    'proxy-connection',
    'te',
    'trailer',
    'transfer-encoding',
    'upgrade',
  ])('leaves %s out', (name) => {
    expect(storable({ [name]: 'x', 'x-a': '1' })).toEqual({ 'x-a': '1' });
  });

  it('leaves out what Connection lists, in any case, on any line', () => {
    const headers = { connection: ['close, A', 'b'], a: '1', b: '2', c: '3' };
    expect(storable(headers)).toEqual({ c: '3' });
  });

  it('keeps everything else, several lines as several lines', () => {
    const headers = {
      'content-length': '5',
      'content-encoding': 'gzip',
      'www-authenticate': 'Basic',
      'set-cookie': ['a=1', 'b=2'],
      te2: 'x',
    };
    expect(storable(headers)).toEqual(headers);
  });

  it('keeps a field called __proto__', () => {
    expect(Object.entries(storableFields(fields({ ['__proto__']: 'x' })))).toEqual([['__proto__', 'x']]);
  });
});

const NEEDED = [
  'age',
  'cache-control',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'date',
  'etag',
  'expires',
  'last-modified',
  'vary',
];

describe('what the cache judges by', () => {
  it.each(NEEDED)('%s is stored even where Connection lists it (RFC 9110 section 7.6.1)', (name) => {
    expect(isNeededByTheCache(name)).toBe(true);
    expect(storable({ connection: `close, ${name.toUpperCase()}, x-a`, [name]: 'v', 'x-a': '1' })).toEqual({
      [name]: 'v',
    });
  });

  it.each(['set-cookie', 'x-a', 'content-location', 'location', 'link', '', 'ETag', '__proto__'])(
    'that is not %p',
    (name) => {
      expect(isNeededByTheCache(name)).toBe(false);
    },
  );
});

describe('withoutListedFields (RFC 9111 section 5.2.2.4)', () => {
  const headers = { 'x-a': '1', 'x-b': ['2', '3'], 'set-cookie': ['c=1', 'd=2'], etag: '"e"' };
  const left = (cacheControl: FieldValue): string[] =>
    Object.keys(withoutListedFields(fields(headers), parseCacheControl(cacheControl)));

  it.each<[title: string, cacheControl: FieldValue, removed: string[]]>([
    ['one field', 'no-cache="x-a"', ['x-a']],
    ['in any case', 'No-Cache="X-A"', ['x-a']],
    ['all lines of it', 'no-cache="set-cookie"', ['set-cookie']],
    ['several', 'no-cache="x-b , Set-Cookie", max-age=5', ['x-b', 'set-cookie']],
    ['of several directives', ['no-cache="x-a"', 'no-cache="x-b"'], ['x-a', 'x-b']],
    ['what is not there', 'no-cache="x-z"', []],
    ['the plain form: nothing, since nothing may be used', 'no-cache', []],
    ['the plain form beside it', 'no-cache, no-cache="x-a"', []],
    ['a list that is none', 'no-cache="x a"', []],
    ['private is for shared caches', 'private="x-a"', []],
    ['no such directive', 'max-age=5', []],
  ])('%s', (_title, cacheControl, removed) => {
    expect(left(cacheControl)).toEqual(Object.keys(headers).filter((name) => !removed.includes(name)));
  });

  it('keeps the values of the others, and changes nothing in place', () => {
    const given = fields(headers);
    const kept = withoutListedFields(given, parseCacheControl('no-cache="x-a"'));
    expect({ ...kept }).toEqual({ 'x-b': ['2', '3'], 'set-cookie': ['c=1', 'd=2'], etag: '"e"' });
    expect({ ...given }).toEqual(headers);
  });
});
