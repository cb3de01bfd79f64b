import { NameRules } from '../../lib/key/ignored-parameters';
import {
  bytesOf,
  canonicalBody,
  type CanonicalBody,
  parseMultipart,
  textOf,
} from '../../lib/key/request-body';
import { type MultipartPart, type RequestBody } from '../../lib/key/request';

const rules = new NameRules(['nonce']);
const text = (value: string): RequestBody => ({ kind: 'text', text: value });
const bytes = (value: string | readonly number[]): RequestBody => ({
  kind: 'bytes',
  bytes: typeof value === 'string' ? Buffer.from(value) : Uint8Array.from(value),
});
const parts = (...list: MultipartPart[]): RequestBody => ({ kind: 'multipart', parts: list });
const body = (value: RequestBody, contentType?: string, rootKey?: string): CanonicalBody =>
  canonicalBody(value, contentType, rules, rootKey);
const JSON_TYPE = 'application/json';
const FORM_TYPE = 'application/x-www-form-urlencoded';

describe('canonicalBody', () => {
  it.each<[string, RequestBody, string | undefined, RequestBody, string | undefined]>([
    [
      'D13: JSON in another order',
      text('{"b":{"d":1,"c":2},"a":1}'),
      JSON_TYPE,
      text('{"a":1,"b":{"c":2,"d":1}}'),
      JSON_TYPE,
    ],
    ['text and bytes of JSON', text('{"a":"é"}'), JSON_TYPE, bytes('{ "a": "é" }'), JSON_TYPE],
    [
      'kin of JSON',
      text('{"b":1,"a":1}'),
      'application/vnd.api+json',
      text('{"a":1,"b":1}'),
      'application/vnd.api+json',
    ],
    ['forms in another order', text('b=2&a=1'), FORM_TYPE, bytes('a=1&b=2'), FORM_TYPE],
    ['forms with spaces', text('a=x+y'), FORM_TYPE, text('a=x%20y'), FORM_TYPE],
    ['text and bytes of any type', text('é'), 'text/plain', bytes('é'), 'text/plain'],
    ['text and bytes of no type', text('x'), undefined, bytes('x'), undefined],
    [
      'spellings of the content type',
      text('x'),
      'Text/Plain;Charset=UTF-8',
      text('x'),
      'text/plain; charset="utf-8"',
    ],
    [
      'parts given as text and bytes',
      parts({ name: 'a', value: 'é' }),
      undefined,
      parts({ name: 'a', value: Buffer.from('é') }),
      'multipart/form-data',
    ],
    [
      'parts and their bytes',
      parts({ name: 'a', value: '1' }),
      undefined,
      bytes(multipart('B1', '1')),
      'multipart/form-data; boundary=B1',
    ],
    [
      'random boundaries',
      bytes(multipart('B1', '1')),
      'multipart/form-data; boundary=B1',
      text(multipart('Z2', '1')),
      'multipart/form-data; boundary=Z2',
    ],
    [
      'JSON in a part',
      parts({ name: 'a', contentType: JSON_TYPE, value: '{"b":1,"a":2}' }),
      undefined,
      parts({ name: 'a', contentType: JSON_TYPE, value: '{"a":2,"b":1}' }),
      undefined,
    ],
    ['ignored values in JSON', text('{"nonce":1}'), JSON_TYPE, text('{"nonce":[2]}'), JSON_TYPE],
    ['ignored values in forms', text('nonce=1'), FORM_TYPE, text('nonce=2'), FORM_TYPE],
    [
      'ignored values in parts',
      parts({ name: 'nonce', value: '1' }),
      undefined,
      parts({ name: 'nonce', value: Buffer.from('2') }),
      undefined,
    ],
  ])('equal: %s', (_title, one, oneType, other, otherType) => {
    expect(body(one, oneType)).toEqual(body(other, otherType));
  });

  it.each<[string, RequestBody, string | undefined, RequestBody, string | undefined]>([
    ['D12: arrays in another order', text('[1,2]'), JSON_TYPE, text('[2,1]'), JSON_TYPE],
    ['numbers that one double stands for', text('[1.0]'), JSON_TYPE, text('[1]'), JSON_TYPE],
    ['D11: content types', text('{}'), JSON_TYPE, text('{}'), 'application/x+json'],
    ['D11: a content type and none', text('x'), 'text/plain', text('x'), undefined],
    ['charsets', bytes([0xe9]), 'text/plain; charset=latin1', bytes([0xe9]), 'text/plain'],
    ['D12: values of one form field', text('a=1&a=2'), FORM_TYPE, text('a=2&a=1'), FORM_TYPE],
    ['D12: blank values', text('a='), FORM_TYPE, text(''), FORM_TYPE],
    ['white space in what is no JSON', text('a'), 'text/plain', text('a '), 'text/plain'],
    ['JSON of another type', text('{"a":1}'), 'text/plain', text('{ "a":1}'), 'text/plain'],
    ['broken JSON', text('{"b":1,"a":1'), JSON_TYPE, text('{"a":1,"b":1'), JSON_TYPE],
    ['JSON that is not UTF-8', bytes([0x22, 0xff, 0x22]), JSON_TYPE, bytes([0x22, 0xfe, 0x22]), JSON_TYPE],
    ['a byte order mark', bytes([0xef, 0xbb, 0xbf, 0x31]), JSON_TYPE, bytes([0x31]), JSON_TYPE],
    ['a form that is not UTF-8', bytes([0x61, 0xff]), FORM_TYPE, bytes([0x61, 0xfe]), FORM_TYPE],
    [
      'order of parts',
      parts({ name: 'a', value: '' }, { name: 'b', value: '' }),
      undefined,
      parts({ name: 'b', value: '' }, { name: 'a', value: '' }),
      undefined,
    ],
    [
      'names of parts',
      parts({ name: 'a', value: '' }),
      undefined,
      parts({ name: 'b', value: '' }),
      undefined,
    ],
    [
      'values of parts',
      parts({ name: 'a', value: '1' }),
      undefined,
      parts({ name: 'a', value: '2' }),
      undefined,
    ],
    [
      'a file name and none',
      parts({ name: 'a', filename: '', value: '' }),
      undefined,
      parts({ name: 'a', value: '' }),
      undefined,
    ],
    [
      'file names',
      parts({ name: 'a', filename: 'x', value: '' }),
      undefined,
      parts({ name: 'a', filename: 'y', value: '' }),
      undefined,
    ],
    [
      'content types of parts',
      parts({ name: 'a', contentType: 'a/b', value: '' }),
      undefined,
      parts({ name: 'a', value: '' }),
      undefined,
    ],
    [
      'file name and content type',
      parts({ name: 'a', filename: 'x/y', value: '' }),
      undefined,
      parts({ name: 'a', contentType: 'x/y', value: '' }),
      undefined,
    ],
    [
      'boundaries between parts',
      parts({ name: 'a', value: 'b' }),
      undefined,
      parts({ name: 'a', value: '' }, { name: 'b', value: '' }),
      undefined,
    ],
    [
      'a redacted part and its marker',
      parts({ name: 'nonce', value: '' }),
      undefined,
      parts({ name: 'nonc', value: 'REDACTED' }),
      undefined,
    ],
    [
      'broken multipart',
      text(`${multipart('B1', '1')}x`),
      'multipart/form-data; boundary=B1',
      text(`${multipart('B2', '1')}x`),
      'multipart/form-data; boundary=B2',
    ],
    [
      'multipart in a part',
      parts({ name: 'a', contentType: 'multipart/mixed; boundary=B1', value: multipart('B1', '1') }),
      undefined,
      parts({ name: 'a', contentType: 'multipart/mixed; boundary=B1', value: `${multipart('B1', '1')}\r\n` }),
      undefined,
    ],
    ['an empty form and an empty text', text(''), FORM_TYPE, text(''), 'text/plain'],
  ])('different: %s', (_title, one, oneType, other, otherType) => {
    expect(body(one, oneType)).not.toEqual(body(other, otherType));
  });

  it('tells the form of what it read', () => {
    expect(body(text('{}'), JSON_TYPE).form).toBe('json');
    expect(body(text('{'), JSON_TYPE).form).toBe('raw');
    expect(body(text('a=1'), FORM_TYPE).form).toBe('form');
    expect(body(bytes([0xff]), FORM_TYPE).form).toBe('raw');
    expect(body(parts()).form).toBe('multipart');
    expect(body(text('x')).form).toBe('raw');
  });

  it.each<[string, RequestBody, string | undefined, string]>([
    ['JSON', text('[{"api_key":"S"}]'), JSON_TYPE, '4:json7:api_key3:"S"'],
    ['form', text('api_key=S'), FORM_TYPE, '4:form7:api_key1:S'],
    [
      'JSON in a part',
      parts({ name: 'a', contentType: JSON_TYPE, value: '{"api_key":1}' }),
      undefined,
      '4:json7:api_key1:1',
    ],
    ['bytes', bytes('api_key=S'), 'text/plain', ''],
    ['ignored', text('{"nonce":"S"}'), JSON_TYPE, ''],
  ])('finds credentials: %s', (_title, value, type, secrets) => {
    expect(body(value, type).secrets).toBe(secrets);
  });

  it('finds credentials in multipart fields', () => {
    const one = body(parts({ name: 'api_key', value: 'S' }));
    const other = body(parts({ name: 'api_key', value: 'T' }));
    expect(one.digest).toBe(other.digest);
    expect(one.secrets).not.toBe(other.secrets);
    expect(one.secrets).not.toBe('');
  });

  it('knows the root key', () => {
    const one = body(text('{"nonce":1,"data":{"nonce":1}}'), JSON_TYPE, 'data');
    const other = body(text('{"nonce":1,"data":{"nonce":2}}'), JSON_TYPE, 'data');
    const third = body(text('{"nonce":2,"data":{"nonce":1}}'), JSON_TYPE, 'data');
    expect(one).toEqual(other);
    expect(one).not.toEqual(third);
  });
});

it('text and bytes of a body', () => {
  expect(textOf({ kind: 'bytes', bytes: Buffer.from('é') })).toBe('é');
  expect(textOf({ kind: 'bytes', bytes: Uint8Array.of(0xff) })).toBeUndefined();
  expect(textOf({ kind: 'text', text: 'x' })).toBe('x');
  expect([...bytesOf({ kind: 'text', text: 'é' })]).toEqual([0xc3, 0xa9]);
  expect([...bytesOf({ kind: 'bytes', bytes: Uint8Array.of(1) })]).toEqual([1]);
  expect(parseMultipart(Buffer.from(multipart('B', '1')), 'multipart/form-data; boundary=B')).toHaveLength(1);
});

function multipart(boundary: string, value: string): string {
  return `--${boundary}\r\nContent-Disposition: form-data; name="a"\r\n\r\n${value}\r\n--${boundary}--\r\n`;
}
