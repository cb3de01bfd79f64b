import fc from 'fast-check';
import { type FieldValue } from '../../lib/http/header-fields';
import { matchesNominated, nominate, nominatedFieldNames } from '../../lib/policy/vary';
import { fields } from './fixtures';

const plain = (_name: string, value: string): string => value;

/** The normal form of one request field. */
function presented(name: string, value: FieldValue): string | null | undefined {
  return nominate([name], fields({ [name]: value }), plain)[name];
}

describe('nominatedFieldNames (RFC 9111 section 4.1)', () => {
  it.each<[FieldValue | undefined, readonly string[] | '*' | undefined]>([
    [undefined, undefined],
    ['', undefined],
    [' , ', undefined],
    ['Accept', ['accept']],
    ['Foo, BAR ,foo', ['bar', 'foo']],
    [
      ['Foo', 'Bar, Baz'],
      ['bar', 'baz', 'foo'],
    ],
  ])('Vary: %j', (vary, expected) => {
    expect(nominatedFieldNames(fields(vary === undefined ? {} : { vary }))).toEqual(expected);
  });
});

describe('D5: a * anywhere counts', () => {
  it.each<[FieldValue]>([
    ['*'],
    ['*, *'],
    [', *'],
    ['*, Foo'],
    ['Foo, *'],
    [['*', '*']],
    [['', '*']],
    [['Foo', '*']],
  ])('Vary: %j', (vary) => {
    expect(nominatedFieldNames(fields({ vary }))).toBe('*');
  });
});

describe('nominate', () => {
  it('keeps what is presented, and null for what is absent', () => {
    const request = fields({ foo: '1', bar: '', other: 'x' });
    expect({ ...nominate(['bar', 'baz', 'foo'], request, plain) }).toEqual({ bar: '', baz: null, foo: '1' });
  });

  it('hands every value to protect, normalised, and nothing for what is absent', () => {
    const calls: [string, string][] = [];
    const protect = (name: string, value: string): string => {
      calls.push([name, value]);
      return `hash of ${name}`;
    };
    const request = fields({ authorization: ' Bearer a ', accept: 'B, A' });
    expect({ ...nominate(['accept', 'authorization', 'cookie'], request, protect) }).toEqual({
      accept: 'hash of accept',
      authorization: 'hash of authorization',
      cookie: null,
    });
    expect(calls).toEqual([
      ['accept', 'b, a'],
      ['authorization', 'Bearer a'],
    ]);
  });

  it('takes __proto__ and constructor for fields like any other', () => {
    const nominated = nominate(['__proto__', 'constructor'], fields({ ['__proto__']: 'x' }), plain);
    expect(Object.entries(nominated)).toEqual([
      ['__proto__', 'x'],
      ['constructor', null],
    ]);
    expect(matchesNominated(nominated, fields({ ['__proto__']: 'x' }), plain)).toBe(true);
    expect(matchesNominated(nominated, fields({}), plain)).toBe(false);
  });
});

describe('what means the same is the same', () => {
  it.each<[string, FieldValue, FieldValue]>([
    ['foo', '1,2', ' 1, 2 '],
    ['foo', '1, 2', ['1', '2']],
    ['foo', 'a="x, y",b', 'a="x, y" , b'],
    ['accept-language', 'en, de', 'eN ,   De'],
    ['accept-language', 'en, de', 'de, en'],
    ['accept-language', 'de;q=0.5, en', 'en, de;q=0.5'],
    ['accept-language', 'en;q=1.0, de; q=0.50', 'en,de;Q=0.5'],
    ['accept-encoding', 'gzip, br', 'br, GZIP'],
    ['accept-encoding', 'gzip;q=0.8, br', 'br;q=1, gzip;q=0.80'],
    ['accept-charset', 'utf-8, iso-8859-1;q=0.5', 'ISO-8859-1;q=0.5, UTF-8'],
    ['accept', 'Text/HTML;Level=1, */*;q=0.1', '*/*;q=0.1,text/html; level=1'],
    ['cookie', 'a=1', ' a=1 '],
    ['cookie', 'a=1; b=2', ['a=1', 'b=2']],
    ['user-agent', 'x', ' x '],
    ['accept', ';', ' ; '],
    ['accept-charset', 'a, a', 'A,a'],
  ])('%s: %j and %j', (name, a, b) => {
    expect(presented(name, a)).toBe(presented(name, b));
  });
});

describe('the order of Accept-Language (RFC 9110 section 12.5.4: it cannot be relied upon)', () => {
  it('never counts, whatever the weights', () => {
    const member = fc
      .tuple(fc.constantFrom('en', 'de', 'fr', 'pt-BR', '*'), fc.constantFrom('', ';q=1', ';q=0.5', ';q=0'))
      .map((pieces) => pieces.join(''));
    const shuffled = fc
      .array(member, { maxLength: 6 })
      .chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })));
    fc.assert(
      fc.property(shuffled, ([list, again]) => {
        expect(presented('accept-language', again.join(','))).toBe(
          presented('accept-language', list.join(', ')),
        );
      }),
      { seed: 20261120, numRuns: 500 },
    );
  });

  it('with a weight that cannot be read, it is left as it is', () => {
    expect(presented('accept-language', 'en;q=9, de')).toBe('en;q=9, de');
    expect(presented('accept-language', 'de, en;q=9')).not.toBe(presented('accept-language', 'en;q=9, de'));
  });
});

describe('what may mean something else stays apart', () => {
  it.each<[string, FieldValue, FieldValue]>([
    ['foo', '1, 2', '2, 1'],
    ['foo', 'A', 'a'],
    ['foo', '1 2', '12'],
    ['foo', '"a, b"', '"a,b"'],
    ['accept-language', 'en', 'en;q=0.5'],
    ['accept-language', 'en', 'en;q=0.5;q=1'],
    ['accept', 'text/html, application/json', 'application/json, text/html'],
    ['accept', 'text/html;profile="A"', 'text/html;profile="a"'],
    ['accept-encoding', 'gzip, br', 'gzip, br;q=0'],
    ['accept-encoding', '', 'gzip'],
    ['cookie', 'a=1, 2', 'a=1,2'],
    ['authorization', 'Digest a="1", b="2"', 'Digest a="1",b="2"'],
    ['user-agent', 'x (a, b)', 'x (a,b)'],
    ['accept', 'a/b;q=2, c/d', 'c/d, a/b;q=2'],
    ['accept-encoding', 'gzip;q=x, br', 'br, gzip;q=x'],
  ])('%s: %j and %j', (name, a, b) => {
    expect(presented(name, a)).not.toBe(presented(name, b));
  });
});

describe('matchesNominated', () => {
  const nominated = { foo: '1', bar: null };

  it.each<[string, Record<string, string>, boolean]>([
    ['the same', { foo: '1' }, true],
    ['another field besides', { foo: '1', other: '2' }, true],
    ['another value', { foo: '2' }, false],
    ['one absent that was there', {}, false],
    ['one there that was absent', { foo: '1', bar: '' }, false],
  ])('%s: %j', (_title, headers, expected) => {
    expect(matchesNominated(nominated, fields(headers), plain)).toBe(expected);
  });

  it('a response without Vary matches everything', () => {
    expect(matchesNominated(undefined, fields({ foo: '9' }), plain)).toBe(true);
  });

  it('compares protected values', () => {
    const hash = (_name: string, value: string): string => `#${value.length}${value.charAt(0)}`;
    const one = nominate(['cookie'], fields({ cookie: 'a=1' }), hash);
    expect(matchesNominated(one, fields({ cookie: 'a=1' }), hash)).toBe(true);
    expect(matchesNominated(one, fields({ cookie: 'b=1' }), hash)).toBe(false);
  });

  describe('Content-Language speaks for itself where the fields are given (RFC 9110 section 8.5)', () => {
    const nominatedBy = (language: string) =>
      nominate(['accept-language'], fields({ 'accept-language': language }), plain);

    it.each<[title: string, contentLanguage: FieldValue | undefined, asked: FieldValue, expected: boolean]>([
      ['the one language that is asked for', 'de', 'de', true],
      ['the language preferred to all others', 'de', 'de, en;q=0.9, fr;q=0.1', true],
      ['wherever it stands', 'de', 'en;q=0.9, de', true],
      ['on several lines', 'de', ['en;q=0.9', 'de'], true],
      ['in another case', 'DE', 'de, en;q=0.5', true],
      ['preferred with less than 1', 'de', 'de;q=0.8, en;q=0.5', true],
      ['one that is merely accepted', 'en', 'de, en;q=0.5', false],
      ['one of two that are equally good', 'de', 'de, en', false],
      ['the same language named twice', 'de', 'de, DE', false],
      ['one that is not mentioned', 'fr', 'de', false],
      ['a broader one', 'de', 'de-CH', false],
      ['a narrower one', 'de-CH', 'de', false],
      ['any language', 'de', '*', false],
      ['one that is refused', 'de', 'de;q=0', false],
      ['a weight that cannot be read', 'de', 'de, en;q=2', false],
      ['several languages at once', 'de, en', 'de', false],
      ['several lines of them', ['de', 'en'], 'de', false],
      ['none', undefined, 'de', false],
      ['an empty one', '', 'de', false],
      ['a request that accepts nothing', 'de', '', false],
    ])('%s', (_title, contentLanguage, asked, expected) => {
      const kept = fields(contentLanguage === undefined ? {} : { 'content-language': contentLanguage });
      const request = fields({ 'accept-language': asked });
      expect(matchesNominated(nominatedBy('es;q=0.3'), request, plain, kept)).toBe(expected);
      expect(matchesNominated(nominatedBy('es;q=0.3'), request, plain)).toBe(false);
    });

    it('not for a request without the field', () => {
      const kept = fields({ 'content-language': 'de' });
      expect(matchesNominated(nominatedBy('es'), fields({}), plain, kept)).toBe(false);
    });

    it('the other fields have to agree all the same', () => {
      const both = nominate(['accept-language', 'foo'], fields({ 'accept-language': 'es', foo: '1' }), plain);
      const kept = fields({ 'content-language': 'de', foo: '2' });
      const asked = (foo: string) => fields({ 'accept-language': 'de', foo });
      expect(matchesNominated(both, asked('1'), plain, kept)).toBe(true);
      expect(matchesNominated(both, asked('2'), plain, kept)).toBe(false);
    });

    it('says nothing about any other field', () => {
      const encoding = nominate(['accept-encoding'], fields({ 'accept-encoding': 'gzip' }), plain);
      const kept = fields({ 'content-language': 'de', 'content-encoding': 'br' });
      expect(
        matchesNominated(encoding, fields({ 'accept-encoding': 'br', 'accept-language': 'de' }), plain, kept),
      ).toBe(false);
    });
  });

  it('a request always matches what itself nominated', () => {
    const name = fc.constantFrom('accept', 'accept-encoding', 'cookie', 'foo', 'bar');
    const value = fc.oneof(
      fc.string(),
      fc.constantFrom('gzip;q=0.5, br', 'a;q=9', 'text/html, */*;q=0.1', '"a, b'),
    );
    fc.assert(
      fc.property(fc.dictionary(name, value), fc.array(name), (headers, names) => {
        const request = fields(headers);
        expect(matchesNominated(nominate(names, request, plain), request, plain)).toBe(true);
      }),
      { seed: 20261120, numRuns: 300 },
    );
  });
});
