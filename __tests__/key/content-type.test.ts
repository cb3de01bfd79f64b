import {
  canonicalContentType,
  contentTypeParameter,
  isFormType,
  isJsonType,
  isMultipartType,
  parseContentType,
} from '../../lib/key/content-type';

describe('parseContentType', () => {
  it.each([
    [undefined, '', []],
    ['', '', []],
    ['Application/JSON', 'application/json', []],
    ['text/plain; Charset=UTF-8', 'text/plain', [['charset', 'UTF-8']]],
    [
      'text/plain;a="b;c";d=e',
      'text/plain',
      [
        ['a', 'b;c'],
        ['d', 'e'],
      ],
    ],
    ['text/plain;a="b\\";c"', 'text/plain', [['a', 'b";c']]],
    [
      'text/plain;;a; =x',
      'text/plain',
      [
        ['a', ''],
        ['', 'x'],
      ],
    ],
    ['text/plain;a="b', 'text/plain', [['a', '"b']]],
    ['text/plain;a="', 'text/plain', [['a', '"']]],
    ['text/plain;a=b"c', 'text/plain', [['a', 'b"c']]],
  ] as const)('%j', (field, essence, parameters) => {
    expect(parseContentType(field)).toEqual({ essence, parameters });
  });

  it('finds a parameter', () => {
    const type = parseContentType('multipart/form-data; boundary="a b"; x=y');
    expect(contentTypeParameter(type, 'boundary')).toBe('a b');
    expect(contentTypeParameter(type, 'charset')).toBeUndefined();
  });
});

describe('canonicalContentType', () => {
  const canonical = (field: string | undefined): string => canonicalContentType(parseContentType(field));

  it.each([
    [
      ['application/json; charset=utf-8', 'Application/JSON;Charset="UTF-8"'],
      'application/json;charset="utf-8"',
    ],
    [
      ['multipart/form-data; boundary=a', 'multipart/form-data;boundary="b"', 'multipart/form-data'],
      'multipart/form-data',
    ],
    [['application/json; profile="A;B"'], 'application/json;profile="A;B"'],
    [['', undefined], ''],
  ])('%j', (fields, expected) => {
    for (const field of fields) expect(canonical(field)).toBe(expected);
  });

  it('keeps parameters apart from each other', () => {
    expect(canonical('a/b;x="1;y=2"')).not.toBe(canonical('a/b;x=1;y=2'));
    expect(canonical('a/b;x=1')).not.toBe(canonical('a/b;x=2'));
  });
});

it.each([
  ['application/json', true, false, false],
  ['application/vnd.api+json', true, false, false],
  ['model/gltf+json', true, false, false],
  ['application/x-json-stream', true, false, false],
  ['text/json', false, false, false],
  ['text/plain', false, false, false],
  ['application/x-www-form-urlencoded', false, true, false],
  ['multipart/form-data', false, false, true],
  ['multipart/mixed', false, false, true],
  ['', false, false, false],
])('kind of %j', (field, isJson, isForm, isMultipart) => {
  const type = parseContentType(`${field.toUpperCase()}; charset=utf-8`);
  expect([isJsonType(type), isFormType(type), isMultipartType(type)]).toEqual([isJson, isForm, isMultipart]);
});
