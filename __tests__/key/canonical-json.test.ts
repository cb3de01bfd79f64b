import fc from 'fast-check';
import { canonicalJson } from '../../lib/key/canonical-json';
import { NameRules } from '../../lib/key/ignored-parameters';

const none = new NameRules([]);
const rules = new NameRules(['nonce', 'time']);
const canonical = (text: string, rootKey?: string): string | undefined =>
  canonicalJson(text, rules, rootKey)?.text;

describe('canonicalJson', () => {
  it.each([
    ['scalars', ' true ', 'true'],
    ['false', 'false', 'false'],
    ['null', '\tnull\r\n', 'null'],
    ['string', '"a"', '"a"'],
    ['empty containers', '[ { } , [ ] ]', '[{},[]]'],
    ['white space', ' { "b" : 1 ,\n"a" : [ 1 , 2 ] } ', '{"a":[1,2],"b":1}'],
    [
      'D13: members at every depth',
      '{"b":{"d":1,"c":[{"f":1,"e":2}]},"a":0}',
      '{"a":0,"b":{"c":[{"e":2,"f":1}],"d":1}}',
    ],
    ['D12: elements stay in order', '[2,1,[3,0]]', '[2,1,[3,0]]'],
    [
      'numbers as they are written',
      '[1,1.0,1e0,-0,0,12345678901234567890,1E+2]',
      '[1,1.0,1e0,-0,0,12345678901234567890,1E+2]',
    ],
    ['members of one name stay, in order', '{"b":1,"a":2,"a":1}', '{"a":2,"a":1,"b":1}'],
    ['escapes in strings', '"\\u0061\\/\\u00e9\\n\\""', '"a/é\\n\\""'],
    ['escapes in names', '{"b":1,"\\u0061":2}', '{"a":2,"b":1}'],
    ['escaped backslashes before a quotation mark', '["\\\\","\\\\\\""]', '["\\\\","\\\\\\""]'],
    ['names of prototypes', '{"__proto__":1,"constructor":2}', '{"__proto__":1,"constructor":2}'],
    [
      'listed names at every depth',
      '{"nonce":1,"a":[{"nonce":{"x":1},"b":2}]}',
      '{"a":[{"b":2,"nonce":"REDACTED"}],"nonce":"REDACTED"}',
    ],
    ['a listed name with escapes', '{"non\\u0063e":1}', '{"nonce":"REDACTED"}'],
    ['credentials', '{"a":{"api_key":[1]}}', '{"a":{"api_key":"REDACTED"}}'],
  ])('%s', (_title, text, expected) => {
    expect(canonical(text)).toBe(expected);
    expect(canonical(expected)).toBe(expected);
  });

  it.each([
    ...[
      '',
      ' ',
      '{',
      '[',
      '"',
      '"a',
      '"a\\"',
      '{"a"',
      '{"a":',
      '{"a":1',
      '{"a":1,',
      '{"a":1,}',
      '[1,',
      '[1,]',
      '[,1]',
      '[1 2]',
    ],
    ...[
      '{a:1}',
      '{"a" 1}',
      '{1:1}',
      "{'a':1}",
      '01',
      '1.',
      '.5',
      '+1',
      '-',
      '1e',
      'NaN',
      'tru',
      'truex',
      'undefined',
      '1 2',
      '[1]]',
      '{}}',
    ],
    ...[
      '[1}',
      '{"a":1]',
      '"\n"',
      '"\\x"',
      '"\\u12"',
      '\ufeff{}',
      '{"a":1} x',
      '// x\n1',
      '{"a\n":1}',
      '{"a":1,b}',
      '\u00a01',
    ],
  ])('is undefined for %j', (text) => {
    expect(() => JSON.parse(text) as unknown).toThrow(SyntaxError);
    expect(canonical(text)).toBeUndefined();
    expect(canonical(text, 'a')).toBeUndefined();
  });

  it('D13: does not depend on the order in which members were written', () => {
    const json = fc.json({ maxDepth: 5 });
    fc.assert(
      fc.property(json, fc.integer(), (text, seed) => {
        const value: unknown = JSON.parse(text);
        expect(canonicalJson(shuffledJson(value, seed), none)).toEqual(canonicalJson(text, none));
      }),
      { seed: 20261120, numRuns: 1000 },
    );
  });

  it('keeps the value, and is idempotent', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), (text) => {
        const once = canonicalJson(text, none)?.text as string;
        expect(JSON.parse(once)).toEqual(JSON.parse(text));
        expect(canonicalJson(once, none)?.text).toBe(once);
      }),
      { seed: 20261120, numRuns: 1000 },
    );
  });

  it('accepts what JSON.parse accepts, and nothing else', () => {
    const token = fc.constantFrom(
      ...'{ } [ ] , : " "a" 1 - . e 0 true nul \\ \\" \\u 00e9 + '.split(' '),
      ' ',
      '\n',
      '{}',
      '[]',
      '{"a":1}',
    );
    fc.assert(
      fc.property(fc.array(token, { maxLength: 8 }), (tokens) => {
        const text = tokens.join('');
        expect(canonicalJson(text, none) !== undefined).toBe(isJson(text));
      }),
      { seed: 20261120, numRuns: 5000 },
    );
  });

  it('D12: arrays in another order differ', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer(), { minLength: 2 }), (array) => {
        const text = JSON.stringify({ a: [array] });
        const reversed = JSON.stringify({ a: [[...array].reverse()] });
        expect(canonical(text)).not.toBe(canonical(reversed));
      }),
      { seed: 20261120, numRuns: 200 },
    );
  });

  it('is not overrun by depth', () => {
    const depth = 200_000;
    const arrays = `${'['.repeat(depth)}${']'.repeat(depth)}`;
    expect(canonical(arrays)).toBe(arrays);
    const objects = `${'{"b":0,"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
    expect(canonical(objects)).toBe(`${'{"a":'.repeat(depth)}1${',"b":0}'.repeat(depth)}`);
    expect(canonical('['.repeat(depth))).toBeUndefined();
    const secrets = `${'{"api_key":'.repeat(depth)}1${'}'.repeat(depth)}`;
    expect(canonical(secrets)).toBe('{"api_key":"REDACTED"}');
  });

  it('reads long strings and long runs of backslashes', () => {
    const text = JSON.stringify(['\\'.repeat(300_000), '"'.repeat(300_000), 'x'.repeat(300_000)]);
    expect(canonical(text)).toBe(text);
  });

  describe('credentials', () => {
    it('are collected in canonical order, with the place of each', () => {
      const one = canonicalJson('{"b":{"api_key":2},"a":{"api_key":1}}', rules);
      expect(one?.secrets).toBe('4:json7:api_key1:14:json7:api_key1:2');
      expect(canonicalJson('{"a":{"api_key":1},"b":{"api_key":2}}', rules)).toEqual(one);
      expect(canonicalJson('{"b":{"api_key":1},"a":{"api_key":2}}', rules)?.secrets).not.toBe(one?.secrets);
    });

    it('inside of credentials count, too', () => {
      const first = canonicalJson('[{"api_key":{"apikey":1}}]', rules);
      expect(first?.text).toBe('[{"api_key":"REDACTED"}]');
      expect(canonicalJson('[{"api_key":{"apikey":2}}]', rules)?.secrets).not.toBe(first?.secrets);
    });

    it('what the user listed is none', () => {
      expect(canonicalJson('{"nonce":{"api_key":1}}', rules)).toEqual({
        text: '{"nonce":"REDACTED"}',
        secrets: '',
        isRedacted: true,
      });
      expect(canonicalJson('{"a":1}', rules)?.isRedacted).toBe(false);
    });
  });

  describe('with a root key', () => {
    const secretsOf = (text: string): string | undefined => canonicalJson(text, rules, 'data')?.secrets;

    it('leaves listed names out below it, at every depth', () => {
      expect(canonical('{"data":{"nonce":1,"x":[{"time":2}]}}', 'data')).toBe(
        '{"data":{"nonce":"REDACTED","x":[{"time":"REDACTED"}]}}',
      );
      expect(secretsOf('{"data":{"nonce":1,"x":[{"time":2}]}}')).toBe('');
      expect(secretsOf('{"data":[{"nonce":1}]}')).toBe('');
    });

    it('counts listed names elsewhere, and redacts them all the same', () => {
      const text = '{"nonce":7,"other":{"data":{"time":8}},"data":{}}';
      expect(canonical(text, 'data')).toBe(
        '{"data":{},"nonce":"REDACTED","other":{"data":{"time":"REDACTED"}}}',
      );
      expect(secretsOf(text)).toBe('4:json5:nonce1:74:json4:time1:8');
    });

    it('sorts everywhere', () => {
      expect(canonical('{"z":{"b":1,"a":2},"data":{"b":1,"a":2}}', 'data')).toBe(
        '{"data":{"a":2,"b":1},"z":{"a":2,"b":1}}',
      );
    });

    it.each(['{"x":{"nonce":1}}', '[{"data":{"nonce":1}}]', '{"x":{"data":{"nonce":1}}}'])(
      'applies to the whole of a body without it: %s',
      (text) => {
        expect(secretsOf(text)).toBe('');
        expect(canonical(text, 'data')).toBe(text.replace('1', '"REDACTED"'));
      },
    );

    it('finds credentials everywhere', () => {
      expect(secretsOf('{"api_key":1,"data":{"api_key":2}}')).toBe('4:json7:api_key1:14:json7:api_key1:2');
    });
  });
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The same value with the members of its objects in another order. */
function shuffledJson(value: unknown, seed: number): string {
  if (Array.isArray(value)) return `[${value.map((item) => shuffledJson(item, seed)).join(' , ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value);
  const start = entries.length === 0 ? 0 : Math.abs(seed) % entries.length;
  const rotated = [...entries.slice(start), ...entries.slice(0, start)];
  if (seed % 2 === 0) rotated.reverse();
  return `{ ${rotated.map(([name, item]) => `${JSON.stringify(name)}: ${shuffledJson(item, seed)}`).join(',')} }`;
}
