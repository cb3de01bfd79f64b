/** Generators of `Cache-Control`, and of the texts that fields of all kinds are made of. */
import fc from 'fast-check';

export type Texts = fc.Arbitrary<string>;
/** Lines of one field; none: the field is absent. */
export type Lines = fc.Arbitrary<readonly string[]>;

/** Few numbers, so that lifetimes, ages and pauses meet exactly. */
export const SECONDS = [0, 1, 5, 9, 10, 11, 30, 59, 60, 61, 100, 3600, 86_400];

export const ANYTHING = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.string({
    unit: fc.constantFrom(...'",=;\\ \t019*-nostremaxchg', '\u00a0', '\0', '\n', '\u0131', '\uff11'),
    maxLength: 30,
  }),
  fc.string({
    unit: fc.constantFrom(
      '"',
      ',',
      '=',
      ' ',
      'no-store',
      'no-cache',
      'max-age',
      'must-revalidate',
      '60',
      '\\',
      '*',
    ),
    maxLength: 12,
  }),
);

/** Weighs in favour of the first arbitrary; of the second with a nasty focus. */
export function mostly<A, B>(
  isNasty: boolean,
  sane: fc.Arbitrary<A>,
  nasty: fc.Arbitrary<B>,
): fc.Arbitrary<A | B> {
  return fc.oneof({ weight: isNasty ? 1 : 30, arbitrary: sane }, { weight: 1, arbitrary: nasty });
}

export function maybe(weightOfPresence: number, texts: Texts): Lines {
  return fc.oneof(
    { weight: 10 - weightOfPresence, arbitrary: fc.constant([]) },
    { weight: weightOfPresence, arbitrary: texts.map((text) => [text]) },
  );
}

export const seconds = fc.constantFrom(...SECONDS);
export const secondsText = seconds.map(String);

/** What servers write where a number belongs. */
export const oddArgument = fc.oneof(
  secondsText.map((text) => `"${text}"`),
  fc.constantFrom(
    '-1',
    '-60',
    '1.5',
    '60.0',
    '1e3',
    '0x10',
    '',
    ' 10',
    '10 ',
    '"10',
    '10"',
    "'10'",
    '10s',
    '+10',
  ),
  fc.constantFrom(
    '\u0661\u0660',
    'NaN',
    'Infinity',
    '2147483647',
    '2147483648',
    '4294967296',
    '10;a=b',
    '010',
  ),
  fc.constantFrom('99999999999999999999', '9'.repeat(400), '"1\\0"', '"1 0"', '10 20', '=10', '""', '" 10 "'),
  fc.constantFrom(
    '"x"',
    '"set-cookie"',
    '"Set-Cookie, etag"',
    'set-cookie',
    '"no-store, max-age=1"',
    '","',
    '"\\"',
  ),
);

const CASES: readonly ((name: string) => string)[] = [
  (name) => name.toUpperCase(),
  (name) => name.charAt(0).toUpperCase() + name.slice(1),
  (name) => name.replace(/-[a-z]/g, (letter) => letter.toUpperCase()),
  (name) => name.replace('-', '_'),
  (name) => name.replace('-', ''),
  (name) => `${name} `,
  (name) => `\u00a0${name}`,
  (name) => `${name}\u0000`,
  (name) => `x-${name}`,
  (name) => `"${name}"`,
];

interface Vocabulary {
  /** Names that take a number. */
  readonly numbers: readonly string[];
  /** Names that stand alone. */
  readonly flags: readonly string[];
  /** Whole members. */
  readonly members: readonly string[];
}

export const RESPONSE_DIRECTIVES: Vocabulary = {
  numbers: ['max-age', 'max-age', 'max-age', 's-maxage', 'stale-while-revalidate', 'stale-if-error'],
  flags: [
    'no-store',
    'no-cache',
    'must-revalidate',
    'must-revalidate',
    'public',
    'public',
    'private',
    'immutable',
    'must-understand',
    'proxy-revalidate',
    'no-transform',
  ],
  members: [
    'no-cache="set-cookie"',
    'no-cache="cache-control, vary"',
    'private="x-a, x-b"',
    'no-store, must-understand',
    'community="UCI"',
    'pre-check=10',
  ],
};

export const REQUEST_DIRECTIVES: Vocabulary = {
  numbers: [
    'max-age',
    'max-age',
    'min-fresh',
    'max-stale',
    'max-stale',
    'stale-while-revalidate',
    'stale-if-error',
  ],
  flags: ['no-cache', 'no-store', 'max-stale', 'only-if-cached', 'no-transform', 'must-revalidate'],
  members: ['ext="no-cache, max-age=0"', 'ext'],
};

/** Members of nothing known, which hide what is known in quoted strings. */
const hidingMember = fc.constantFrom(
  'ext="no-store"',
  'ext="max-age=3600, public"',
  'ext="a, max-age=3600, b"',
  'ext="a, public, b"',
  'ext="a, max-stale, b"',
  'ext="a, must-understand, b"',
  'ext="a\\", no-store, b"',
  'ext="a\\\\", no-cache',
  'ext="no-store',
  '"no-cache"',
  'ext=no-store',
  'max-age="60, no-store"',
  "ext='a, no-store'",
  'a"b, must-revalidate, c"d',
  '"',
  'no-store;max-age=60',
  'max-age=60;no-store',
  'no-cache no-store',
  'max-age:60',
  'max-age 60',
);

export function cacheControl(isNasty: boolean, words: Vocabulary): Lines {
  const name = fc.constantFrom(...words.numbers, ...words.flags);
  const sane = fc.oneof(
    {
      weight: 5,
      arbitrary: fc
        .tuple(fc.constantFrom(...words.numbers), secondsText)
        .map(([key, text]) => `${key}=${text}`),
    },
    { weight: 3, arbitrary: fc.constantFrom(...words.flags) },
    { weight: 1, arbitrary: fc.constantFrom(...words.members) },
  );
  const odd = fc.oneof(
    fc.tuple(fc.constantFrom(...words.numbers), oddArgument).map(([key, text]) => `${key}=${text}`),
    fc.tuple(fc.constantFrom(...words.numbers), secondsText).map(([key, text]) => `${key} = ${text}`),
    fc.tuple(fc.constantFrom(...words.flags), oddArgument).map(([key, text]) => `${key}=${text}`),
    fc.tuple(name, secondsText, fc.constantFrom(...CASES)).map(([key, text, to]) => `${to(key)}=${text}`),
    fc.tuple(name, fc.constantFrom(...CASES)).map(([key, to]) => to(key)),
    fc.constantFrom(...words.numbers),
    hidingMember,
    ANYTHING,
  );
  const member = isNasty
    ? fc.oneof({ weight: 2, arbitrary: sane }, { weight: 1, arbitrary: odd })
    : fc.oneof({ weight: 40, arbitrary: sane }, { weight: 1, arbitrary: odd });
  const separator = isNasty
    ? fc.constantFrom(', ', ',', ' , ', ',,', ',\t, ', '; ', ' ', ',\u00a0')
    : fc.constantFrom(', ', ',');
  const line = fc
    .array(fc.tuple(member, separator), { minLength: 1, maxLength: isNasty ? 5 : 3 })
    .map((pairs) => pairs.map(([text, after], at) => (at < pairs.length - 1 ? text + after : text)).join(''));
  return fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    { weight: 8, arbitrary: line.map((text) => [text]) },
    { weight: isNasty ? 3 : 1, arbitrary: fc.array(line, { minLength: 2, maxLength: 3 }) },
  );
}
